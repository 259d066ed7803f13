--- What can be done to a run from outside.
--
-- Each method gives the run, or nil and an error (kind `"argument"`) when nothing waits for it; the run is then as it was.
-- @classmod studio.flow.run

local failure = require "studio.flow.run.failure"
local names = require "studio.base.names"
local raw = require "studio.flow.raw"

local run_methods = {}

local function machine_of(run, name)
  local meta = getmetatable(run)
  if type(meta) ~= "table" or not meta.machine then
    error(("call '%s' of a run with a colon, not with a dot"):format(name), 3)
  end
  return meta.machine
end

local function check_text(value, name, what)
  if type(value) ~= "string" then
    error(("'%s' takes %s, not a %s"):format(name, what, type(value)), 3)
  end
end

local function nothing_waits(run, due)
  local waiting = run.waiting
  local where = run.status == "ended" and "the run has ended" or run.status == "stuck" and "the run is stuck"
    or ("'%s' (%s) waits for something else"):format(waiting.widget, waiting.type)
  return nil, failure.new("argument", ("nothing waits for %s: %s"):format(due, where))
end

-- Notes what came, lets the machine take it, and goes on.
local function act(run, machine, entry, take, ...)
  machine:note(entry)
  take(...)
  machine:go()
  return run
end

--- A message from the contact.
-- @tparam string|table message its text, or fields of the webhook: `{ Body = "…", NumMedia = "1", MediaUrl0 = "…" }`
-- @treturn[1] table the run
-- @treturn[2] nil
-- @treturn[2] table error of kind `"argument"`
function run_methods:message(message)
  local machine = machine_of(self, "message")
  message = raw.of(message)
  if type(message) ~= "table" then check_text(message, "message", "a text or a table") end
  local reply = machine.wait and machine.wait.reply
  if not reply then return nothing_waits(self, "a message") end
  if type(message) == "string" then
    return act(self, machine, { kind = "message", text = message }, reply, { Body = message })
  end
  return act(self, machine, { kind = "event", name = "incomingMessage", data = message }, reply, message)
end

--- Keys pressed on the telephone.
-- @tparam string digits of 0-9, * and #
-- @treturn[1] table the run
-- @treturn[2] nil
-- @treturn[2] table error of kind `"argument"`
function run_methods:digits(digits)
  local machine = machine_of(self, "digits")
  check_text(digits, "digits", "a text")
  if not digits:find "^[%d*#]+$" then
    return nil, failure.new("argument", ("digits must be of 0-9, * and #, not '%s'"):format(digits))
  end
  local take = machine.wait and machine.wait.digits
  if not take then return nothing_waits(self, "digits") end
  return act(self, machine, { kind = "digits", text = digits }, take, digits)
end

--- What the contact says on the telephone.
-- @tparam string text as speech recognition gives it
-- @treturn[1] table the run
-- @treturn[2] nil
-- @treturn[2] table error of kind `"argument"`
function run_methods:speech(text)
  local machine = machine_of(self, "speech")
  check_text(text, "speech", "a text")
  local take = machine.wait and machine.wait.speech
  if not take then return nothing_waits(self, "speech") end
  return act(self, machine, { kind = "speech", text = text }, take, text)
end

--- The contact hangs up. A widget without an event for that ends the Execution, with a problem 81002.
-- @treturn[1] table the run
-- @treturn[2] nil
-- @treturn[2] table error of kind `"argument"`
function run_methods:hangup()
  local machine = machine_of(self, "hangup")
  if not (machine.wait and machine.wait.call) then return nothing_waits(self, "a hang-up") end
  return act(self, machine, { kind = "hangup" }, machine.hang_up, machine)
end

--- Lets time pass on the run's own clock; what times out meanwhile does so.
-- @tparam number seconds 0 or more
-- @treturn[1] table the run
-- @treturn[2] nil
-- @treturn[2] table error of kind `"argument"`
function run_methods:pass(seconds)
  local machine = machine_of(self, "pass")
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds < math.huge) then
    error("'pass' takes seconds, 0 or more", 2)
  end
  if self.status == "ended" then return nothing_waits(self, "time to pass") end
  return act(self, machine, { kind = "pass", seconds = seconds }, machine.pass, machine, seconds)
end

-- Of a type whose events are not known every name may be right.
local function is_known(state, name)
  return not state.widget.events or state.widget.has_event[name] or state.by_event[name] ~= nil
end

--- An event of the widget that waits, by its name.
-- @tparam string name `"callCompleted"`
-- @tparam[opt] table data what the widget leaves in the context, beside what it leaves by itself
-- @treturn[1] table the run
-- @treturn[2] nil
-- @treturn[2] table error of kind `"argument"`
function run_methods:event(name, data)
  local machine = machine_of(self, "event")
  check_text(name, "event", "the name of an event")
  if data ~= nil and type(data) ~= "table" then
    error(("'event' takes data in a table, not a %s"):format(type(data)), 2)
  end
  data = raw.of(data)
  local wait = machine.wait
  if not wait then return nothing_waits(self, ("the event '%s'"):format(name)) end
  local state = machine.frame.state
  if not is_known(state, name) then
    return nil, failure.new("argument", ("'%s' (%s) has no event '%s', but %s"):format(
      state.name, state.type, name, table.concat(state.widget.events, ", ")))
  end
  local entry = { kind = "event", name = name, data = data }
  if wait.reply and (name == "incomingMessage" or name == "incomingConversationMessage") then
    return act(self, machine, entry, wait.reply, data or {})
  elseif wait.deadline and name == (wait.event or "timeout") then
    return act(self, machine, entry, machine.pass, machine, math.max(0, wait.deadline - machine.now))
  end
  return act(self, machine, entry, wait.outcome, name, data)
end

return names.guard(run_methods, "a run", {
  fields = { "context", "flow_sid", "output", "problems", "sid", "status", "steps", "waiting" }, near = true,
})
