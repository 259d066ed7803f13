--- What drives executions from outside: contacts that write, press keys, speak and hang up, events of widgets, time that passes.
-- @module studio.emulator.server.driving

local clock = require "studio.emulator.server.clock"
local codec = require("studio.flow.hosting").codec
local errors = require "studio.emulator.server.errors"
local executions = require "studio.emulator.server.executions"
local form = require "studio.emulator.server.form"
local runs = require "studio.emulator.server.runs"
local store = require "studio.emulator.server.store"

local driving = {}

local function input_of(request)
  local texts = form.parse(request.body).input
  local input = texts and codec.decode(texts[1])
  if type(input) ~= "table" then
    errors.refuse(400, 20001, "Invalid parameter input: must be a JSON object")
  end
  return input
end

local function find_flow(sid)
  local flow = store.flows.by_sid[sid]
  if not flow then errors.refuse(404, 20404, "There is no Flow " .. tostring(sid)) end
  return flow
end

local function find_execution(sid)
  for _, flow in ipairs(store.flows.list) do
    local execution = flow.executions.by_sid[sid]
    if execution then return execution end
  end
  errors.refuse(404, 20404, "There is no Execution " .. tostring(sid))
end

-- How a run stands, for the program.
local function describe(execution)
  local run = runs.of(execution)
  return assert(codec.encode {
    sid = execution.sid, flow_sid = execution.flow_sid, status = execution.status == "ended" and "ended" or run.status,
    waiting = execution.status == "active" and run.waiting or nil, output = codec.array(run.output),
    problems = codec.array(run.problems),
  })
end

local function act(execution, name, ...)
  if execution.status == "ended" then
    errors.refuse(409, 20001, "Execution " .. execution.sid .. " has ended")
  end
  local run, err = runs.act(execution, name, ...)
  if not run then errors.refuse(409, 20001, "Execution " .. execution.sid .. ": " .. err.message) end
  return describe(execution)
end

-- What the flow is told of the message or call that starts it, and whose SID the execution is initiated by.
local sources = {
  incomingMessage = function(trigger) return trigger.message.MessageSid end,
  incomingCall = function(trigger) return trigger.call.CallSid end,
}

local function start(trigger, input)
  local execution = executions.add(find_flow(input.flow), {
    trigger = trigger, from = input.from, to = input.to, body = input.body, data = input.data,
  }, {})
  execution.initiated_by = sources[trigger](runs.of(execution).context.trigger)
  return describe(execution)
end

local operations = {
  message = function(input)
    local active = store.active_execution(input.from, input.to)
    if active then
      local message = input.data or {}
      if next(message) == nil then return act(active, "message", input.body or "") end
      message.Body = message.Body or input.body
      return act(active, "message", message)
    elseif not input.flow then
      errors.refuse(409, 20001, ("no active Execution of %s waits for a message to %s, and 'flow' does not say which Flow one starts")
        :format(input.from, input.to))
    end
    return start("incomingMessage", input)
  end,
  call = function(input)
    local active = store.active_execution(input.from, input.to)
    if active then
      errors.refuse(409, 20001, "Execution " .. active.sid .. " is already active for this contact")
    end
    return start("incomingCall", input)
  end,
  digits = function(input) return act(find_execution(input.sid), "digits", input.text) end,
  speech = function(input) return act(find_execution(input.sid), "speech", input.text) end,
  hangup = function(input) return act(find_execution(input.sid), "hangup") end,
  event = function(input) return act(find_execution(input.sid), "event", input.name, input.data) end,
  run = function(input) return describe(find_execution(input.sid)) end,
  advance = function(input)
    clock.advance(input.seconds)
    runs.tick()
    return '{"done":true}'
  end,
}

--- The operations by method and path, each function(request) → body.
driving.operations = {}
for name, operation in pairs(operations) do
  driving.operations["POST /_emulator/" .. name] = function(request) return operation(input_of(request)) end
end

return driving
