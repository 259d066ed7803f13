--- `studio executions trigger FLOW CONTACTS` and `studio executions report JOURNAL`, and the same of engagements.
local collections = require "studio.cli.collections"
local executions = require "studio.executions"
local failure = require "studio.cli.failure"
local files = require "studio.cli.files"
local json = require "studio.base.json"
local pages = require "studio.console.report"
local progress = require "studio.cli.progress"

local commands = {}

-- More contacts than these are asked about first.
local ASKED_ABOUT = 10

local summary_spec = { columns = { "total", "created", "skipped", "refused", "doubtful", "waiting" } }

-- More doubled contacts than these are not told one by one.
local TOLD_DOUBLES = 10

-- How many contacts a file may have: its lines, less the header of CSV; and its first character, which tells JSON Lines.
local function count_lines(file, name)
  local count, first = 0, nil
  local line, problem
  repeat
    line, problem = file:read "*l"
    first = first or line
    if line and line:find "%S" then count = count + 1 end
  until not line
  if problem then failure.usage("the contacts cannot be read: %s: %s", name, problem) end
  local beginning = (first or ""):gsub("^\239\187\191", ""):match "^%s*(.?)"
  return math.max(0, beginning == "{" and count or count - 1), beginning
end

-- The contacts of a file: `given()` is what `executions.trigger` takes.
local function contacts_in(path)
  local file, problem = io.open(path, "rb")
  if not file then failure.usage("the contacts cannot be read: %s", problem) end
  local count = count_lines(file, path)
  file:close()
  return { name = path, count = count, given = function() return path end, double = "line %d: %s is the contact of line %d" }
end

-- The contacts that come from stdin or another pipe. They are read more than once, so a file without a name has them.
local function contacts_of_pipe(context, path, name)
  local file, problem = io.tmpfile()
  local is_kept = file
  if file then is_kept, problem = file:write(context:read_file(path, "CONTACTS")) end
  if is_kept then is_kept, problem = file:seek "set" end
  if not is_kept then error(failure.new(1, ("the contacts from %s cannot be kept: %s"):format(name, problem)), 0) end
  local count, beginning = count_lines(file, name)
  if beginning == "[" then
    failure.usage("the contacts cannot be read: %s begins as a JSON array; JSON Lines, an object a line, is due", name)
  end
  local function given()
    file:seek "set"
    if beginning == "{" then return require("studio.executions.contacts.json_lines").rows(file) end -- late: by what comes
    return require("studio.executions.contacts.csv").rows(file) -- late: by what comes
  end
  return { name = name, count = count, given = given, double = "contact %d: %s is contact %d" }
end

-- The contacts of the command: `name`, for messages; `count`, how many there may be; `given()`; `double`, words for a double.
local function read_contacts(context, arguments)
  local path = arguments.contacts
  local is_stdin = path == "-"
  if not is_stdin and not files.is_pipe(path) then return contacts_in(path) end
  local name = is_stdin and "stdin" or path
  if is_stdin and (arguments.parameters == "-" or arguments.parameters == "@-") then
    failure.usage("%s: CONTACTS and --parameters cannot both come from stdin", context.called)
  elseif not (arguments.journal or arguments.no_journal or arguments.dry_run) then
    failure.usage("%s: contacts from %s need --journal JOURNAL, which says where it is written down who was started, or --no-journal",
      context.called, name)
  end
  return contacts_of_pipe(context, path, name)
end

-- How many contacts there are, each counted once, and how many of them the campaign does not have; nil where that cannot be told.
local function compare_contacts(contacts, journal, name)
  local rows = executions.report(journal, name)
  local source = rows and require("studio.executions.contacts").open(contacts.given()) -- late: a campaign that goes on
  if not source then return nil end
  local held, seen, count, others = {}, {}, 0, 0
  for row in rows do held[row.to] = true end
  local contact, err
  repeat
    contact, err = source.next()
    if contact and not seen[contact.to] then
      seen[contact.to], count = true, count + 1
      if not held[contact.to] then others = others + 1 end
    end
  until not contact
  source.close()
  if not err then return count, others end
end

local function tell_doubles(context, contacts, doubles)
  for index = 1, math.min(#doubles, TOLD_DOUBLES) do
    local double = doubles[index]
    context:note("%s, %s, and counts once", contacts.name, contacts.double:format(double.n, double.to, double.first))
  end
  if #doubles > TOLD_DOUBLES then context:note("%s has %d more that it had already", contacts.name, #doubles - TOLD_DOUBLES) end
end

-- What every contact gets: the JSON of --parameters, and what -p names over it.
local function parameters_of(context, arguments)
  local parameters
  if arguments.parameters then
    local value, problem = json.decode(context:read(arguments.parameters, "--parameters"))
    if type(value) ~= "table" then
      failure.usage("%s: --parameters must be a JSON object%s", context.called, problem and ": " .. problem or "")
    end
    parameters = value
  end
  for _, pair in ipairs(arguments.parameter) do
    local name, value = pair:match "^([^=]+)=(.*)$"
    if not name then failure.usage("%s: -p takes NAME=VALUE, got '%s'", context.called, pair) end
    parameters = parameters or {}
    parameters[name] = value
  end
  return parameters
end

-- All contacts through the real code, and nothing on the wire: each request is answered here, the first one is shown.
local function rehearse(context, arguments, group, contacts, options)
  local first
  local function answer(_, request)
    if not first and request.method == "POST" then first = request end
    return { status = 201, headers = { ["Content-Type"] = "application/json" },
      body = ('{"sid":"FN%s","status":"active"}'):format(("0"):rep(32)) }
  end
  options.rate, options.journal, options.interruptible = math.huge, nil, nil
  local client = context:stand_in(answer)
  local done, doubles = executions.trigger(collections.of(client, arguments, group), contacts.given(), options)
  if not done then return nil, doubles end
  tell_doubles(context, contacts, doubles)
  if first then context:show_request(first) end
  context:note("nothing was sent: %d contacts, %d of them would be started", done.total, done.created)
  return done.refused > 0 and 9 or 0
end

local function exit_of(done)
  if done.waiting > 0 then return 130 end
  return (done.refused > 0 or done.doubtful > 0) and 9 or 0
end

--- Starts one for each contact.
-- @tparam string group
function commands.trigger(group)
  return {
    examples = {
      ("studio %s trigger FWxxxx contacts.csv --from +15550002222"):format(group),
      ("studio %s trigger FWxxxx contacts.jsonl --from MGxxxx --rate 5 -p campaign=may --dry-run"):format(group),
    },
    describe = function(parser, add)
      collections.describe(parser, group)
      parser:argument("contacts", "CSV with a header line and a column 'to', or JSON Lines; other columns become parameters. - for stdin.")
        :argname "CONTACTS"
      parser:option("--from", "The account's own number or address, or a Messaging Service SID."):argname("SENDER"):count "1"
      parser:option("--parameters", "What the flow reads as flow.data, for every contact. JSON, @FILE or - for stdin."):argname "JSON"
      parser:option("-p --parameter", "One of them."):argname("NAME=VALUE"):count "*"
      parser:option("--journal", "Where it is written down who was started: a file (SQLite) or postgresql://…; CONTACTS.journal unless "
        .. "given. The same command again goes on there."):argname "JOURNAL"
      parser:flag("--no-journal", "Keeps it in memory: what is broken off cannot go on.")
      parser:option("--name", "Of the campaign in the journal; the flow's SID unless given."):argname "NAME"
      parser:option("--rate", "Starts a second at most (20)."):argname("N"):convert(add.whole("--rate", 1))
      parser:option("--concurrency", "Requests at a time (20)."):argname("N"):convert(add.whole("--concurrency", 1))
      local policies = group == "executions" and { "skip", "end", "fail" } or { "skip", "fail" }
      parser:option("--on-active", "What becomes of a contact that is in one already: skip it (unless given), end that one and start, "
        .. "or fail."):choices(policies):argname "WHAT"
      add.change()
      add.output()
      add.connection()
    end,
    run = function(context, arguments)
      local contacts = read_contacts(context, arguments)
      local options = {
        from = arguments.from, parameters = parameters_of(context, arguments), name = arguments.name, rate = arguments.rate,
        concurrency = arguments.concurrency, on_active = arguments.on_active, interruptible = true,
      }
      local count = contacts.count
      if arguments.dry_run then return rehearse(context, arguments, group, contacts, options) end
      context:confirm(("start up to %d %s, which may cost money"):format(count, group), { always = count > ASKED_ABOUT, count = count })
      if not arguments.no_journal then options.journal = arguments.journal or arguments.contacts .. ".journal" end
      local tell, clear = context:progress "contacts"
      options.on_progress = tell
      local collection = collections.of(context:client(), arguments, group)
      local watch = progress.watch_interrupts(context, context:client())
      local done, doubles, were_read = executions.trigger(collection, contacts.given(), options)
      watch:cancel()
      clear()
      if not done then
        local err = doubles
        if not arguments.journal and tostring(err):find("luasql", 1, true) then
          err.hint = "--no-journal keeps it in memory, where what is broken off cannot go on"
        end
        return nil, err
      end
      tell_doubles(context, contacts, doubles)
      context:out():record(done, summary_spec)
      if not were_read then
        local now, others = compare_contacts(contacts, options.journal, arguments.name or arguments.flow)
        if others and others > 0 then
          context:note("%s has %d contact%s now; the campaign keeps those that it began with, %d; --name NAME begins another one, for the "
            .. "%d that it does not have", contacts.name, now, now == 1 and "" or "s", done.total, others)
        end
      end
      if done.waiting > 0 then
        context:note(options.journal and "stopped; the same command goes on with the %d that wait"
          or "stopped; %d were not started, and without a journal nothing goes on", done.waiting)
      elseif exit_of(done) == 9 and options.journal then
        context:note("'studio %s report %s %s' shows which were refused or are doubtful", group, options.journal,
          arguments.name or arguments.flow)
      end
      return exit_of(done)
    end,
  }
end

--- Reads a campaign in a journal.
-- @tparam string group
function commands.report(group)
  local spec = {
    columns = { "n", "to", "state", "sid", "code", "message" }, id_field = "sid", what = "contacts",
    fields = { n = "integer", to = "string", state = "string", sid = "string", code = "integer", message = "string", attempts = "integer",
      started = "number" },
  }
  return {
    examples = {
      ("studio %s report contacts.csv.journal --state refused -o csv"):format(group),
      ("studio %s report contacts.csv.journal --page campaign.html"):format(group),
    },
    describe = function(parser, add)
      parser:argument("journal", "A file or postgresql://…"):argname "JOURNAL"
      parser:argument("name", "Of the campaign, where the journal has several: the flow's SID, unless it was given another one.")
        :argname("NAME"):args "?"
      parser:option("--state", "Only those that are waiting, created, skipped, refused or doubtful."):choices {
        "waiting", "sending", "created", "skipped", "refused", "doubtful",
      }:argname "STATE"
      parser:option("--page", "Writes a page for a browser to this file instead: counts over time, by state and by code, and the doubtful "
        .. "ones."):argname "FILE"
      add.output()
    end,
    run = function(context, arguments)
      local out = context:out()
      if out:is_help(spec) then return 0 end
      local rows, summary, name = executions.report(arguments.journal, arguments.name)
      if not rows then return nil, summary end
      local function wanted()
        for row in rows do
          if not arguments.state or row.state == arguments.state then return row end
        end
      end
      if arguments.page then
        files.replace(arguments.page, assert(pages.page(wanted, { title = name })))
        if arguments.page ~= "-" then context:note("the page is in %s", arguments.page) end
      else
        out:list(wanted, spec)
      end
      context:note("%d contacts: %d created, %d skipped, %d refused, %d doubtful, %d waiting", summary.total, summary.created,
        summary.skipped, summary.refused, summary.doubtful, summary.waiting)
      return 0
    end,
  }
end

return commands
