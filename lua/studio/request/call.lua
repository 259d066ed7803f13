--- The one door of every request.
local attempts = require "studio.request.attempts"
local core = require "studio.core"
local redaction = require "studio.request.redaction"
local retry = require "studio.request.retry"

local now = core.now
local min = math.min

local caller_methods = {}
local caller_mt = { __name = "studio.caller", __index = caller_methods }

-- Gives the header lines of a request: the same table each time for the same authorization, so that the transport can keep its
-- list. They hold a secret: in a closure it is out of the way of whoever prints the fields of a client or a resource.
local function header_lister()
  local kept, kept_for
  return function(authorization, extra)
    if kept and not extra and kept_for == authorization then return kept end
    local list = { "Accept", "application/json" }
    if authorization then
      list[#list + 1] = "Authorization"
      list[#list + 1] = authorization
    end
    if extra then
      for index = 1, #extra do list[#list + 1] = extra[index] end
    else
      kept, kept_for = list, authorization
    end
    return list
  end
end

--- Carries out a call without options, the short way as far as it goes: an answer that is plainly what was asked for ends it. Anything else
-- goes on the long way, as what became of the first attempt.
-- @tparam string method, and the rest: those of the fields of a call, see `studio.request.attempts`
-- @return the value; or nil and an error object
function caller_methods:call(method, service, target, body, rule)
  local origin, authorization = self.origins[service], self.is_plain and self.credentials.authorization_at_hand()
  if not authorization or origin.problem then
    return self:perform { method = method, service = service, target = target, body = body, rule = rule }
  end
  local timeout, deadline = self.timeout, self.deadline
  if deadline then timeout, deadline = min(timeout, deadline), now() + deadline end
  local headers = self.header_list(authorization)
  local value, transfer = self.transport:exchange(method, origin.text, target, headers, body, timeout, rule)
  if value == nil then
    local call = { method = method, service = service, target = target, body = body, rule = rule }
    return attempts.go_on(self, call, transfer, authorization, deadline)
  end
  local bucket = self.bucket
  if bucket.tokens < bucket.budget then retry.succeeded(bucket) end
  return value
end

--- See `attempts.perform`.
function caller_methods:perform(call, options) return attempts.perform(self, call, options) end

--- See `attempts.begin`.
function caller_methods:begin(call, options) return attempts.begin(self, call, options) end

--- See `attempts.refuse_answer`.
function caller_methods:refuse_answer(...) return attempts.refuse_answer(self, ...) end

-- The functions of `redaction.new`, made when the first is asked for: most programs meet no error.
local function shown_later(credentials)
  return setmetatable({}, {
    __index = function(shown, wanted)
      local made = redaction.new(credentials)
      shown.value, shown.body, shown.url = made.value, made.body, made.url
      return made[wanted]
    end,
  })
end

--- Makes the door of a client.
-- @tparam table settings `transport`, `loop`, `origins`, `credentials`, `timeout`, `deadline`, `retry` (a policy), `on_event`
-- @treturn table
local function new(settings)
  settings.bucket = { tokens = settings.retry.budget, budget = settings.retry.budget }
  settings.header_list = header_lister()
  settings.shown = shown_later(settings.credentials)
  -- A deadline may pass before a request can be sent at all: the long way looks.
  settings.is_plain = not settings.on_event and settings.transport.exchange ~= nil and (settings.deadline or 1) >= 0.001
  local caller = setmetatable(settings, caller_mt)
  function caller.tell_of_task(problem, message) return attempts.tell_of_task(caller, problem, message) end
  return caller
end

return { new = new }
