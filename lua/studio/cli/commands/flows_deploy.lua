--- `studio flows deploy FILE` and `studio flows rollback SID`.
local definitions = require "studio.cli.definitions"
local failure = require "studio.cli.failure"
local flow = require "studio.flow"

local commands = {}

local spec = {
  columns = { "action", "sid", "status", "revision", "previous", "changes" },
  fields = {
    action = "string", sid = "string", friendly_name = "string", status = "string", revision = "integer", previous = "integer",
    changes = "table", dry_run = "boolean",
  },
}

-- Tells what a deployment did, or would do.
local function show(context, result)
  local out, flow_now, arguments = context:out(), result.flow or {}, context.arguments
  if arguments.output then
    local changes = {}
    for index, change in ipairs(result.changes) do changes[index] = change end
    out:record({
      action = result.action, sid = flow_now.sid, friendly_name = flow_now.friendly_name, status = flow_now.status,
      revision = flow_now.revision, previous = result.previous, dry_run = arguments.dry_run or false,
      changes = require("studio.base.json").array(changes), -- late: -o
    }, spec)
    return 0
  end
  if #result.changes > 0 and result.previous then context:lines(tostring(result.changes)) end
  local verb = result.action == "unchanged" and "unchanged" or arguments.dry_run and "would be " .. result.action or result.action
  local revision = flow_now.revision and not (arguments.dry_run and result.action ~= "unchanged")
    and (" revision %d"):format(flow_now.revision) or ""
  out:write(("%s%s%s\n"):format(verb, flow_now.sid and " " .. flow_now.sid or "", revision))
  return 0
end

-- An error that has findings shows all of them; its line has the first.
local function fail(context, err)
  for _, finding in ipairs(err.findings or {}) do context:note("%s", tostring(finding)) end
  if not err.findings and err.validation_errors then
    for _, problem in ipairs(err:validation_errors()) do
      context:note("%s: %s", tostring(problem.property_path or "definition"), tostring(problem.message))
    end
  end
  return nil, err
end

commands.deploy = {
  examples = {
    "studio flows deploy flow.json --sid FWxxxx --commit-message 'Shorter greeting'",
    "studio flows deploy flow.json --friendly-name 'Order bot'            a new flow",
    "studio flows deploy flow.json --sid FWxxxx --dry-run                 what it would do; the service is asked whether it is valid",
  },
  describe = function(parser, add)
    parser:argument("file", "A definition as JSON; - for stdin."):argname "FILE"
    parser:option("--sid", "The flow to bring it to; without it a new one is created."):argname "SID"
    parser:option("--friendly-name", "The name that people see; a new flow needs one."):argname "TEXT"
    parser:option("--status", "published (unless given) or draft."):choices { "published", "draft" }:argname "STATUS"
    parser:option("--commit-message", "What this revision changes."):argname "TEXT"
    parser:flag("--no-check", "Leaves out the check before; the service looks at it all the same.")
    parser:flag("--offsets", "A widget that was only moved is a change, too.")
    definitions.describe(parser)
    add.change()
    add.output()
    add.connection()
  end,
  run = function(context, arguments)
    if not arguments.sid and not arguments.friendly_name then
      failure.usage("%s: --sid names the flow to change, --friendly-name a new one", context.called)
    end
    local definition, err = definitions.read(context, arguments.file)
    if not definition then return nil, err end
    if not arguments.dry_run then
      context:confirm(arguments.sid and ("deploy %s to %s"):format(arguments.file, arguments.sid)
        or ("create the flow '%s'"):format(arguments.friendly_name))
    end
    local result
    result, err = flow.deploy(context:client(), definition, {
      sid = arguments.sid, friendly_name = arguments.friendly_name, status = arguments.status, commit_message = arguments.commit_message,
      dry_run = arguments.dry_run, check = not arguments.no_check, offsets = arguments.offsets,
    })
    if not result then return fail(context, err) end
    return show(context, result)
  end,
}

commands.rollback = {
  examples = {
    "studio flows rollback FWxxxx              the published revision before the present one",
    "studio flows rollback FWxxxx --to 7",
  },
  describe = function(parser, add)
    parser:argument("sid", "The flow, FW and 32 hex digits."):argname "SID"
    parser:option("--to", "The number of the revision to go back to."):argname("REVISION"):convert(add.whole("--to", 1))
    parser:option("--commit-message", "What this revision changes."):argname "TEXT"
    add.change()
    add.output()
    add.connection()
  end,
  run = function(context, arguments)
    if not arguments.dry_run then
      local revision = arguments.to and "revision " .. arguments.to or "the revision before"
      context:confirm(("publish %s of %s again"):format(revision, arguments.sid))
    end
    local result, err = flow.rollback(context:client(), arguments.sid, {
      to = arguments.to, commit_message = arguments.commit_message, dry_run = arguments.dry_run,
    })
    if not result then return fail(context, err) end
    return show(context, result)
  end,
}

commands.validate = {
  examples = { "studio flows validate flow.json" },
  describe = function(parser, add)
    parser:argument("file", "A definition as JSON; - for stdin."):argname "FILE"
    parser:option("--friendly-name", "The name that people see; 'studio' unless given."):argname "TEXT"
    parser:option("--status", "published (unless given) or draft."):choices { "published", "draft" }:argname "STATUS"
    parser:option("--commit-message", "What the revision would change."):argname "TEXT"
    definitions.describe(parser)
    parser:flag("--dry-run", "Shows what would be sent, and sends nothing.")
    add.output()
    add.connection()
  end,
  run = function(context, arguments)
    local definition, err = definitions.read(context, arguments.file)
    if not definition then return nil, err end
    local function call(client)
      return client.v2.flows:validate {
        definition = definition, friendly_name = arguments.friendly_name or "studio", status = arguments.status or "published",
        commit_message = arguments.commit_message,
      }
    end
    if arguments.dry_run then return context:preview(call) end
    local answer
    answer, err = call(context:client())
    if not answer then return fail(context, err) end
    if arguments.output then
      context:out():record(answer, { columns = { "valid" }, fields = { valid = "boolean" } })
    else
      context:note("%s", answer.valid == false and "the definition is not valid" or "the definition is valid")
    end
    return answer.valid == false and 3 or 0
  end,
}

commands.pull = {
  examples = { "studio flows pull FWxxxx flows/survey.json", "studio flows pull FWxxxx --revision LatestPublished > flow.json" },
  describe = function(parser, add)
    parser:argument("sid", "The flow, FW and 32 hex digits."):argname "SID"
    parser:argument("file", "The file to write, in a form that changes where the flow does; - or nothing for stdout.")
      :argname("FILE"):args "?"
    parser:option("--revision", "The number of a revision, LatestPublished or LatestRevision; the newest unless given."):argname "REVISION"
    definitions.describe(parser)
    add.connection()
  end,
  run = function(context, arguments)
    local files = require "studio.cli.files" -- late: few of these commands write
    local path = arguments.file ~= "-" and arguments.file or nil
    if path then files.check_place(path) end
    local handle = context:client().v2.flows(arguments.sid)
    if arguments.revision then handle = handle.revisions(tonumber(arguments.revision) or arguments.revision) end
    local found, err = handle:fetch()
    if not found then return nil, err end
    definitions.to_file(context, found.definition, path)
    local text = require("studio.base.json").encode(found.definition, true, 2) -- late: it came
    if not path then
      context:out():write(text)
      return 0
    end
    files.replace(path, text)
    context:note("%s: revision %s of %s", path, tostring(found.revision), arguments.sid)
    return 0
  end,
}

return commands
