--- Runs a flow without the service: same steps, same contexts, same Liquid, same limits, and a clock of its own.
--
-- Nothing is sent anywhere, and nothing but what is given decides what happens: the same definition and options give the same run.
-- @module studio.flow.simulate

local arguments = require "studio.flow.arguments"
local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local contexts = require "studio.flow.run.contexts"
local driver = require "studio.flow.run.driver"
local failure = require "studio.flow.run.failure"
local machines = require "studio.flow.run.machine"
local nearest = require("studio.base.nearest").find
local options_module = require "studio.base.options"
local outcomes = require "studio.flow.run.outcomes"
local plan = require "studio.flow.run.plan"
local raw = require "studio.flow.raw"
local sids = require "studio.flow.run.sids"
local sorted = require("studio.base.names").sorted
local start = require "studio.flow.run.start"

local contact, twilio = "+15550001111", "+15550002222"
-- 2026-01-01T00:00:00Z
local default_now = 1767225600

-- Options with a false type take a table or a function.
local option_types = {
  trigger = "string", from = "string", to = "string", body = "string", parameters = "table", data = "table", now = "number",
  sid = "string", flow_sid = "string", account_sid = "string", http = false, outcomes = false, flows = false,
}

local function unknown(what, name, known)
  local names = sorted(known)
  local meant = nearest(ascii.text(name), names)
  local hint = meant and ("did you mean '%s'?"):format(meant) or "there are " .. table.concat(names, ", ")
  return ("unknown %s '%s': %s"):format(what, ascii.text(name), hint)
end

-- Copies the options; what is in them is read raw. Raises for misuse; for a value that no run can have it gives nil and an error.
local function read_options(given, level)
  local options = options_module.fields(given, option_types)
  for name, value in next, options do
    local due = option_types[name]
    if due == nil then
      error(unknown("option", name, option_types), level + 1)
    elseif due and type(value) ~= due then
      error(("option '%s' must be a %s, not a %s"):format(name, due, type(value)), level + 1)
    elseif not due and type(value) ~= "table" and type(value) ~= "function" then
      error(("option '%s' must be a table or a function, not a %s"):format(name, type(value)), level + 1)
    end
    options[name] = raw.of(value)
  end
  local problem = outcomes.problem(options.outcomes) or outcomes.answer_problem(options.http)
  if problem then error(problem, level + 1) end
  -- As far as dates are written with four digits of a year.
  if options.now and not (options.now >= 0 and options.now < 253402300800) then
    return nil, failure.new("argument", "option 'now' must be seconds since 1970, before the year 10000")
  elseif options.trigger and not start.triggers[options.trigger] then
    return nil, failure.new("argument", unknown("trigger", options.trigger, start.triggers))
  elseif options.trigger == "incomingRequest" and start.is_too_long(options.to or contact, options.from or twilio) then
    return nil, failure.new("argument", start.too_long, { code = 81023 })
  end
  return options
end

-- A definition as a table, from a table, which is read raw, or JSON text.
local function read_definition(definition)
  if type(definition) == "table" then return raw.of(definition) end
  local value, message = codec.decode(definition)
  if type(value) ~= "table" then
    return nil, failure.new("argument", "the definition is no JSON object" .. (message and ": " .. message or ""))
  end
  return value
end

-- A function(sid, revision) → the definition of a sub-flow; nil when nothing is known of it, false when it is missing.
local function finder(flows)
  return function(sid, revision)
    local found
    if type(flows) == "function" then
      found = flows(sid, revision)
    elseif flows and sid ~= nil then
      found = flows[sid]
    end
    if type(found) ~= "string" and type(found) ~= "table" then return found end
    return read_definition(found) or false
  end
end

-- What decides the SIDs of a run.
local function seed(options)
  if options.sid then return options.sid end
  local words = { options.trigger, options.from, options.to, options.body, ascii.text(options.now), codec.encode(options.parameters) or "" }
  return table.concat(words, "\0")
end

local function with_defaults(given)
  local options = {}
  for name, value in pairs(given) do options[name] = value end
  options.trigger = options.trigger or "incomingMessage"
  local by_request = options.trigger == "incomingRequest"
  options.from = options.from or by_request and twilio or contact
  options.to = options.to or by_request and contact or twilio
  options.body, options.now = options.body or "", options.now or default_now
  options.parameters = options.parameters or {}
  return options
end

--- Makes a run that has not started, for other modules: a definition that was read, options that were checked.
-- @tparam table definition
-- @tparam table given as for `simulate`
-- @tparam[opt] function listener called with each entry of the run's history as it happens
-- @treturn table the run
-- @treturn table its machine; `machine:start()` starts it
local function prepare(definition, given, listener)
  local options = with_defaults(given)
  local text = seed(options)
  local run = {
    sid = options.sid or "FN" .. sids.digest(text), flow_sid = options.flow_sid or "FW" .. sids.digest "flow", status = "running",
    output = {}, steps = {}, problems = {},
  }
  local machine = machines.new {
    run = run, plan = plan.read(definition), codec = codec, next_sid = sids.source(text), now = options.now, listener = listener,
    account_sid = options.account_sid or "AC" .. sids.digest "account", options = options, trigger = options.trigger,
    http = outcomes.answerer(options.http), outcome = outcomes.reader(options.outcomes), find_flow = finder(options.flows),
  }
  contexts.open(machine.frame, start.context(machine, options))
  setmetatable(run, {
    __name = "studio.flow.run", machine = machine,
    __index = function(_, name)
      if name == "context" then return machine:context() end
      return driver[name]
    end,
  })
  return run, machine
end

--- Runs a flow until it waits for somebody, or ends.
--
-- A run has `status` (`"waiting"`, `"ended"`, or `"stuck"`: an event without a transition at a widget that does not wait), `waiting`
-- (`{ widget, type, timeout, needs }`: `timeout` in seconds; `needs` tells what to give where only the world knows the outcome),
-- `output` (`{ widget, kind, text, to, from }`, what went out, in order), `steps` (oldest first, as the service notes them; `context` of a
-- step, the one after it, is made when it is first asked for, so that `pairs` does not show it before), `context`, `problems`
-- (`{ code, widget, message }`: what the service would warn of) and `sid`, `flow_sid`. It goes on with `run:message(text)`,
-- `:digits(text)`, `:speech(text)`, `:hangup()`, `:pass(seconds)` and `:event(name, data)`. Contexts share what is alike in them and are
-- for reading.
-- @tparam table|string definition a table as `studio.decode` gives it, or JSON text. One that the service would refuse is run as far as
--   it goes, with problems.
-- @tparam[opt] table options
-- @tparam[opt="incomingMessage"] string options.trigger `"incomingMessage"`, `"incomingCall"`, `"incomingConversationMessage"`,
--   `"incomingRequest"` (over REST), `"incomingParent"`
-- @tparam[opt] string options.from who writes or calls; of a request Twilio's side
-- @tparam[opt] string options.to Twilio's side; of a request the contact
-- @tparam[opt=""] string options.body the message that starts it
-- @tparam[opt] table options.parameters of a request, or of the parent
-- @tparam[opt] table options.data more fields of the trigger's webhook: `{ FromCity = "BERLIN" }`
-- @tparam[opt] table|function options.http what make-http-request and run-function are answered: a function(request) → answer, or a table
--   of answers by `"METHOD URL"`, where `*` in the URL stands for anything, or the URL is a Lua pattern. The longest key that fits counts.
--   A request is `{ widget, method, url, headers, body, parameters }`, an answer `{ status, headers, body, delay, error }`: `delay` in
--   seconds, `error` for a request that got none; a `body` that is a table is sent as JSON. Without an answer the run waits for one.
-- @tparam[opt] table|function options.outcomes of widgets by name, each the name of an event, `{ event, data }`, a list of those for one
--   visit after the other, or a function(widget, context, type) that gives one; or one such function for all widgets
-- @tparam[opt] table|function options.flows definitions of sub-flows by SID, or a function(sid, revision); false for one that is missing
-- @tparam[opt=1767225600] number options.now epoch seconds at the start
-- @tparam[opt] string options.sid of the Execution, `flow_sid` and `account_sid`: made up, always alike, unless given
-- @treturn[1] table the run
-- @treturn[2] nil
-- @treturn[2] table error of kind `"argument"`: the text is no JSON object, or `trigger` or `now` is none that a run can have
-- @function simulate
local function simulate(definition, options)
  arguments.refuse_colon(definition, 2)
  if type(definition) ~= "table" and type(definition) ~= "string" then
    error(("a definition must be a table or JSON text, not a %s"):format(type(definition)), 2)
  end
  if options ~= nil and type(options) ~= "table" then
    error(("options must be a table, not a %s"):format(type(options)), 2)
  end
  local read, given, err
  given, err = read_options(options or {}, 2)
  if not given then return nil, err end
  read, err = read_definition(definition)
  if not read then return nil, err end
  local run, machine = prepare(read, given)
  machine:start()
  return run
end

return {
  simulate = simulate, prepare = prepare, triggers = start.triggers, read_definition = read_definition, read_options = read_options,
}
