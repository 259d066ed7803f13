--- Drives the executions of a local service: what their contacts do, and what becomes of the world around them.
-- @module studio.emulator.driving

local errors = require "studio.base.errors"
local hosting = require "studio.flow.hosting"
local options_module = require "studio.base.options"

local driving = {}

--- What the runs of flows are given, as JSON, for it goes to another process.
-- @tparam table options `http` and `outcomes`
-- @tparam integer level of the caller, for errors
-- @treturn table
function driving.write_options(options, level)
  local problem = hosting.problem(options)
  if problem then error(problem, level) end
  local written = {}
  for _, name in ipairs { "http", "outcomes" } do
    if options[name] then
      local text, message = hosting.codec.encode(options[name])
      if not text then error(("option '%s' goes to another process, and cannot: %s"):format(name, message), level) end
      written[name] = text
    end
  end
  return written
end

-- Sends what is to happen to the runs; a refusal is data, not misuse.
local function drive(tools, service, method, input)
  local client = tools.open_client(service, 4)
  local text, problem = hosting.codec.encode(input)
  if not text then errors.misuse("what '%s' takes goes to another process as JSON, and cannot: %s", method, problem) end
  local response, err = client:request("POST", "/_emulator/" .. method, { form = { input = text } })
  if not response then return nil, err end
  return response.body
end

local function check_input(tools, input, method, fields)
  if type(input) ~= "table" then
    error(("'%s' takes a table such as { from = …, to = … }, not a %s"):format(method, type(input)), 3)
  end
  input = options_module.fields(input, fields)
  for name, value in next, input do
    if not fields[name] then error(tools.unknown("field", name, fields), 3) end
    if type(value) ~= fields[name] then
      error(("field '%s' must be a %s, not a %s"):format(name, fields[name], type(value)), 3)
    end
  end
  for _, name in ipairs { "from", "to" } do
    if not input[name] then error(("'%s' needs the field '%s'"):format(method, name), 3) end
  end
  return input
end

local function check_text(value, method, what)
  if type(value) ~= "string" then
    error(("'%s' takes %s, not a %s"):format(method, what, type(value)), 3)
  end
end

local message_fields = { from = "string", to = "string", body = "string", flow = "string", data = "table" }
local call_fields = { from = "string", to = "string", flow = "string", data = "table" }

--- Gives the methods to the class of services.
-- @tparam table service_methods
-- @tparam table tools `check_self`, `open_client`, `unknown`: functions of the class
function driving.install(service_methods, tools)
  local check_self = tools.check_self

  --- A message comes in from a contact: to the execution of this contact that waits for one, or else to a flow, as its start.
  --
  -- This and the methods after it give the run of the execution, a table `{ sid, flow_sid, status, waiting, output, problems }` with the
  -- fields of `flow.simulate`; or nil and an error when nothing waits for what comes.
  -- @tparam table message
  -- @tparam string message.from the contact
  -- @tparam string message.to Twilio's number
  -- @tparam[opt=""] string message.body
  -- @tparam[opt] string message.flow SID of the flow that it starts when the contact is in no execution
  -- @tparam[opt] table message.data more fields of the webhook: `{ NumMedia = "1", MediaUrl0 = "…" }`
  -- @treturn[1] table the run
  -- @treturn[2] nil
  -- @treturn[2] table error
  function service_methods:message(message)
    check_self(self, "message")
    message = check_input(tools, message, "message", message_fields)
    return drive(tools, self, "message", message)
  end

  --- A contact calls, which starts an execution of a flow.
  -- @tparam table call `{ from, to, flow, data }` as for `message`
  -- @return as `message` gives
  function service_methods:call(call)
    check_self(self, "call")
    call = check_input(tools, call, "call", call_fields)
    if not call.flow then error("'call' needs the field 'flow'", 2) end
    return drive(tools, self, "call", call)
  end

  --- The contact of an execution presses keys.
  -- @tparam string execution_sid
  -- @tparam string text of 0-9, * and #
  -- @return as `message` gives
  function service_methods:digits(execution_sid, text)
    check_self(self, "digits")
    check_text(execution_sid, "digits", "the SID of an execution")
    check_text(text, "digits", "digits in a text")
    return drive(tools, self, "digits", { sid = execution_sid, text = text })
  end

  --- The contact of an execution speaks.
  -- @tparam string execution_sid
  -- @tparam string text as speech recognition gives it
  -- @return as `message` gives
  function service_methods:speech(execution_sid, text)
    check_self(self, "speech")
    check_text(execution_sid, "speech", "the SID of an execution")
    check_text(text, "speech", "a text")
    return drive(tools, self, "speech", { sid = execution_sid, text = text })
  end

  --- The contact of an execution hangs up.
  -- @tparam string execution_sid
  -- @return as `message` gives
  function service_methods:hangup(execution_sid)
    check_self(self, "hangup")
    check_text(execution_sid, "hangup", "the SID of an execution")
    return drive(tools, self, "hangup", { sid = execution_sid })
  end

  --- The widget that an execution waits at has an event.
  -- @tparam string execution_sid
  -- @tparam string name of the event: `"callCompleted"`
  -- @tparam[opt] table data what the widget leaves in the context
  -- @return as `message` gives
  function service_methods:event(execution_sid, name, data)
    check_self(self, "event")
    check_text(execution_sid, "event", "the SID of an execution")
    check_text(name, "event", "the name of an event")
    if data ~= nil and type(data) ~= "table" then
      error(("'event' takes data in a table, not a %s"):format(type(data)), 2)
    end
    return drive(tools, self, "event", { sid = execution_sid, name = name, data = data })
  end

  --- The run of an execution as it stands.
  -- @tparam string execution_sid
  -- @return as `message` gives
  function service_methods:run(execution_sid)
    check_self(self, "run")
    check_text(execution_sid, "run", "the SID of an execution")
    return drive(tools, self, "run", { sid = execution_sid })
  end

  --- Puts the service's clock forward; what times out meanwhile does so.
  -- @tparam number seconds 0 or more
  -- @treturn table the service
  function service_methods:advance(seconds)
    check_self(self, "advance")
    if type(seconds) ~= "number" or not (seconds >= 0 and seconds < 2 ^ 40) then
      error("'advance' takes seconds, 0 or more", 2)
    end
    assert(drive(tools, self, "advance", { seconds = seconds }))
    return self
  end
end

return driving
