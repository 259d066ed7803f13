--- The page at /console: its files, and the operations by which it looks at flows and executions. Those that drive an execution are in
-- `driving`; all but the files ask for the service's token.
-- @module studio.emulator.server.console

local clock = require "studio.emulator.server.clock"
local codec = require("studio.flow.hosting").codec
local errors = require "studio.emulator.server.errors"
local executions = require "studio.emulator.server.executions"
local files = require "studio.console.files"
local form = require "studio.emulator.server.form"
local runs = require "studio.emulator.server.runs"
local showing = require "studio.flow.showing"
local store = require "studio.emulator.server.store"

local console = {}

local most_listed = 200

local types = { css = "text/css; charset=utf-8", js = "text/javascript; charset=utf-8", html = "text/html; charset=utf-8" }

-- Nothing but what comes from here runs, shows or is asked; no other page holds this one in a frame.
local headers = {
  ["Content-Security-Policy"] = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    .. "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ["X-Content-Type-Options"] = "nosniff", ["Referrer-Policy"] = "no-referrer", ["Cache-Control"] = "no-store",
  ["Cross-Origin-Opener-Policy"] = "same-origin", ["Cross-Origin-Resource-Policy"] = "same-origin",
}

local local_names = { ["127.0.0.1"] = true, ["localhost"] = true, ["[::1]"] = true }

-- A name of somebody else's that leads to this machine is not this service's.
local function check_host(request)
  local host = request.headers.host
  local name = type(host) == "string" and host:gsub(":%d+$", ""):lower()
  if not local_names[name] then errors.refuse(403, 20003, "The console is at 127.0.0.1 alone") end
end

--- Whether a request is for the page or a file of it.
function console.is_page(request)
  return request.path == "/console" or request.path:find("^/console/") ~= nil
end

--- Answers it.
-- @treturn table `{ status, body, type, headers }`
function console.page(request)
  check_host(request)
  if request.method ~= "GET" and request.method ~= "HEAD" then errors.refuse(405, 20004, "Method not allowed") end
  local name = request.path:match "^/console/([%w.]+)$" or request.path:find "^/console/?$" and "console.html"
  for _, known in ipairs(files.names) do
    local body = known == name and files.read(name)
    if body then return { status = 200, body = body, type = types[name:match "%a+$"], headers = headers } end
  end
  errors.not_found(request.path)
end

local function find_flow(sid)
  local flow = store.flows.by_sid[sid or ""]
  if not flow then errors.refuse(404, 20404, "There is no Flow " .. tostring(sid)) end
  return flow
end

local function find_execution(flow, sid)
  local execution = flow.executions.by_sid[sid or ""]
  if not execution then errors.refuse(404, 20404, "There is no Execution " .. tostring(sid)) end
  return execution
end

local function definition_of(flow, number)
  local revision = number and flow.revisions.by_sid[number] or not number and (flow.published or flow.revisions.list[#flow.revisions.list])
  if not revision then errors.refuse(404, 20404, ("The Flow %s has no revision %s"):format(flow.sid, tostring(number))) end
  return codec.decode(revision.definition) or {}, revision
end

local function list_flows()
  local list = {}
  for position = #store.flows.list, 1, -1 do
    local flow = store.flows.list[position]
    list[#list + 1] = {
      sid = flow.sid, name = flow.friendly_name, revision = flow.revision, published = flow.published and flow.published.revision,
      executions = #flow.executions.list,
    }
  end
  return codec.array(list)
end

local function list_executions(flow)
  local all, list = flow.executions.list, {}
  for position = #all, math.max(1, #all - most_listed + 1), -1 do
    local execution = all[position]
    list[#list + 1] = {
      sid = execution.sid, contact = execution.contact_channel_address, status = execution.status, date = execution.date_created,
      trigger = execution.start.trigger,
    }
  end
  return codec.array(list)
end

local function at_least_1(value)
  return type(value) == "number" and math.max(1, math.floor(value)) or 1
end

-- How an execution stands: all of it, or what has come since the page has `seen` so many steps and entries.
local function show_run(execution, seen)
  local run = runs.of(execution)
  local is_active = execution.status == "active"
  local status = is_active and run.status or "ended"
  local waiting = is_active and run.waiting or nil
  local from_step, from_entry = at_least_1(seen.steps), at_least_1(seen.entries)
  local history, entries = showing.history(run, from_entry)
  local mark = ("%s %s %d %d %d"):format(status, waiting and waiting.widget or "-", entries, #run.steps, #run.problems)
  if seen.mark == mark then return { same = true } end
  local start = execution.start
  return {
    sid = execution.sid, flow = execution.flow_sid, revision = execution.flow_version, status = status, mark = mark,
    trigger = start.trigger, from = start.from, to = start.to, body = start.body, contact = execution.contact_channel_address,
    service = execution.from, parameters = execution.parameters, waiting = waiting,
    due = waiting and waiting.timeout and execution.due or nil, takes = is_active and showing.takes(run) or nil,
    entries = entries, history = history, first_step = from_step, steps = showing.steps(run.steps, from_step),
    problems = codec.array(run.problems),
  }
end

local operations = {
  -- What there is, and what has come since it was asked before.
  watch = function(input)
    runs.tick()
    local flow = store.flows.by_sid[input.flow or ""]
    local execution = flow and flow.executions.by_sid[input.execution or ""]
    return {
      now = clock.time(), flows = list_flows(), executions = flow and list_executions(flow) or nil,
      run = execution and show_run(execution, type(input.seen) == "table" and input.seen or {}) or nil,
    }
  end,
  picture = function(input)
    local flow = find_flow(input.flow)
    local definition, revision = definition_of(flow, input.revision)
    local revisions = {}
    for position, each in ipairs(flow.revisions.list) do
      revisions[position] = { revision = each.revision, status = each.status, message = each.commit_message }
    end
    return {
      flow = flow.sid, name = flow.friendly_name, revision = revision.revision, revisions = codec.array(revisions),
      picture = showing.picture(definition),
    }
  end,
  compare = function(input)
    local flow = find_flow(input.flow)
    local new, revision = definition_of(flow, input.revision)
    local changes = showing.diff(definition_of(flow, input.with), new)
    return { flow = flow.sid, name = flow.friendly_name, revision = revision.revision, picture = showing.picture(new, changes) }
  end,
  transcript = function(input)
    return { text = showing.transcript(runs.of(find_execution(find_flow(input.flow), input.execution))) }
  end,
  -- An execution over REST, as a program would start it.
  request = function(input, request)
    local execution = executions.create({ Flow = find_flow(input.flow) }, {
      To = tostring(input.to), From = tostring(input.from), Parameters = input.parameters and assert(codec.encode(input.parameters)),
    }, request)
    return { sid = execution.sid }
  end,
}

--- The operations by method and path, each function(request) → body.
console.operations = {}
for name, operation in pairs(operations) do
  console.operations["POST /_emulator/console/" .. name] = function(request)
    check_host(request)
    local texts = form.parse(request.body).input
    local input = texts and codec.decode(texts[1])
    if type(input) ~= "table" then errors.refuse(400, 20001, "Invalid parameter input: must be a JSON object") end
    return assert(codec.encode(operation(input, request)))
  end
end

return console
