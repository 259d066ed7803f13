--- What on_event hears of, and where it is told without one.
local ascii = require "studio.base.ascii"
local redaction = require "studio.request.redaction"

local events = {}

-- A line on stderr is one write: the threads of a program, each with a Lua state of its own, write whole lines.
local function write_line(message)
  io.stderr:write("studio: " .. message .. "\n")
end

-- What was raised, as it may be shown.
local function words_of(caller, problem)
  local told, text = pcall(tostring, problem)
  return redaction.of(caller).value(told and text or ("a %s whose __tostring raises"):format(type(problem)))
end

-- A program's mistake in on_event must not lose the answer of a request that was carried out; it is told once.
local function emit(caller, event)
  local fine, problem = pcall(caller.on_event, event)
  if not fine and not caller.warned then
    caller.warned = true
    write_line("on_event raised: " .. ascii.one_line(words_of(caller, problem)))
  end
end

--- Tells a client's on_event of what became of a call. The path may come from a page that the service gave, and the request id
-- does: neither shows what must not be shown.
-- @tparam table caller see `studio.request.call`
-- @tparam string kind `"request"`, `"response"`, `"retry"` or `"error"`
-- @tparam table call
-- @tparam number attempt
-- @tparam table fields the event's others; taken over
function events.tell(caller, kind, call, attempt, fields)
  local shown = redaction.of(caller)
  fields.type, fields.method, fields.path, fields.attempt = kind, call.method, shown.url(call.target:match("^[^?]*")), attempt
  fields.request_id = shown.value(fields.request_id)
  emit(caller, fields)
end

-- Tells of what became of a task and would else get lost; without on_event, where a program that forgot it will see it. `problem` is what a
-- task raised that nobody waited for; nil where `message` says what else it is.
local function tell_of_task(caller, problem, message)
  local is_failure = not message
  if is_failure then message = words_of(caller, problem) end
  if caller.on_event then emit(caller, { type = "error", kind = "task", message = message }) end
  -- What STUDIO_LOG shows of a task is not what became of it.
  if not caller.program_listens then
    write_line((is_failure and "a task failed, and nobody waited for it: " or "") .. message)
  end
end

--- The function that tells of a client's tasks: of a failure that nobody waited for, or nil and a message.
-- @tparam table caller
-- @treturn function
function events.teller_of_tasks(caller)
  local tell = caller.tell_of_task
  if not tell then
    tell = function(problem, message) return tell_of_task(caller, problem, message) end
    caller.tell_of_task = tell
  end
  return tell
end

return events
