--- Every request goes through here: attempts, retries, deadline, events.
local core = require "studio.core"
local errors = require "studio.base.errors"
local redaction = require "studio.request.redaction"
local responses = require "studio.request.responses"
local retry = require "studio.request.retry"

local now = core.now
local min, max = math.min, math.max

local caller_methods = {}
local caller_mt = { __name = "studio.caller", __index = caller_methods }

-- The `kind` of error that each failure of a transport becomes (see failure_name in csrc/failure.c).
local kinds = {
  timeout = "timeout", resolve = "transport", connect = "transport", tls = "transport", certificate = "transport", stale = "transport",
  broken = "transport", proxy = "transport", protocol = "transport", memory = "transport", forked = "transport",
  encoding = "decode", body_limit = "limit", head_limit = "limit", cancelled = "cancelled", context = "context", url = "argument",
}

-- Failures that repeating does not change.
local final = { certificate = true, memory = true, forked = true, proxy = true }

-- events ----------------------------------------------------------------------------------------------------------------------

-- A line on stderr is one write: the threads of a program, each with a Lua state of its own, write whole lines.
local function write_line(message)
  io.stderr:write("studio: " .. message .. "\n")
end

-- A program's mistake in on_event must not lose the answer of a request that was carried out; it is told once.
local function emit(caller, event)
  local fine, problem = pcall(caller.on_event, event)
  if not fine and not caller.warned then
    caller.warned = true
    local told, text = pcall(tostring, problem)
    write_line("on_event raised: " .. (told and text or type(problem)))
  end
end

-- An event's path may come from a page that the service gave, and its request id does: neither may show what must not be shown.
local function describe(caller, kind, call, attempt, fields)
  fields.type, fields.method, fields.path, fields.attempt = kind, call.method, caller.shown.url(call.target:match("^[^?]*")), attempt
  fields.request_id = caller.shown.value(fields.request_id)
  return fields
end

-- late: most answers are plainly what was asked for.
local function answers() return require "studio.request.answer" end

-- answers ---------------------------------------------------------------------------------------------------------------------

-- The value of a 2xx answer; or nil and an error.
local function read_answer(caller, status, response, call)
  local rule = call.rule
  if rule == "nothing" then return true end
  local value, err
  if rule ~= "keep" then value = response:object(rule) end
  if not value then
    value, err = answers().read_closely(caller, call, status, response)
    if err then return nil, err end
  end
  local message = call.refuse and call.refuse(value)
  if message then return nil, answers().decode_error(caller, call, status, response, message) end
  return value
end

-- attempts --------------------------------------------------------------------------------------------------------------------

-- Whether doing a call's work twice is the same as doing it once.
local function is_idempotent(call)
  return call.is_repeatable or (call.method ~= "POST" and call.method ~= "PATCH")
end

-- late: of most programs' calls none fails.
local function advice() return require "studio.request.advice" end

-- What a failure of the transport (see `studio.transport.curl`) is to the program.
local function transport_error(caller, failure, origin)
  local status = failure.status and failure.status >= 200 and failure.status or nil
  local sent = nil
  if status then sent = true elseif failure.sent == false then sent = false end
  local message = failure.message .. advice().of_failure(failure, origin, caller.ca_file)
  return errors.new(kinds[failure.name] or "transport", message, { status = status, sent = sent })
end

-- The error of an attempt that brought no answer.
local function failed(caller, call, failure)
  local err = transport_error(caller, failure, caller.origins[call.service])
  if failure.response then
    err.request_id = caller.shown.value(failure.response:header("twilio-request-id"))
    caller.transport:release(failure.response)
  end
  err.stale = failure.name == "stale" or nil
  err.retryable = retry.is_retryable(is_idempotent(call), err, final[failure.name])
  err.message = caller.shown.value(err.message)
  return err
end

-- What an answer comes to: the value; or nil and an error. `retried`: whether an attempt before this one may have been carried out.
local function settle_answer(caller, call, response, status, attempt, retried)
  local value, err
  if (status >= 200 and status < 300) or (status == 404 and retried and call.method == "DELETE") then
    value, err = read_answer(caller, status, response, call)
    if call.whole and not err then
      if response:size() == 0 then value = nil end
      value = { status = status, headers = response:headers(), body = value }
    end
  else
    err = answers().http_error(caller, call, status, response)
  end
  -- A finalizer may have closed the client while the answer was read: what was missing then, the service did send.
  if caller.loop.closed and (err or call.whole) then
    value, err = nil, errors.new("cancelled", "the client was closed while the answer was read", { status = status, sent = true })
  end
  if err then
    err.request_id = caller.shown.value(response:header("twilio-request-id"))
    err.retryable = retry.is_retryable(is_idempotent(call), err)
  elseif type(value) == "table" then
    responses.keep(value, response:receipt(attempt))
  end
  -- After the answer was read: a handler may close the client.
  if caller.on_event then
    emit(caller, describe(caller, "response", call, attempt, {
      status = status, seconds = response:seconds(), bytes = response:size(), request_id = response:header("twilio-request-id"),
    }))
  end
  caller.transport:release(response)
  return value, err
end

-- The failure of a token fetch is not the fate of the call: that was never sent.
local function without_token(cause)
  return errors.new(cause.kind, "there is no token: " .. cause.message, {
    status = cause.status, code = cause.code, request_id = cause.request_id, retry_after = cause.retry_after,
    retryable = cause.retryable, sent = false,
  })
end

-- The timeout of an attempt when `left` seconds are left until the deadline.
local function bounded(timeout, left)
  return min(timeout, max(left, 0.001))
end

-- What an attempt comes to that brought a response and its status, or a failure in the status's place.
local function settle(caller, call, response, status, attempt, retried)
  if response then return settle_answer(caller, call, response, status, attempt, retried) end
  return nil, failed(caller, call, status)
end

-- One attempt: the value; or nil, an error, and the authorization that was sent, false where nothing was: there was no token, or no time.
-- `last`: the error of the attempt before.
local function attempt_once(caller, call, timeout, deadline, attempt, retried, last)
  local authorization, err
  if not call.unauthenticated then
    authorization, err = caller.credentials.authorization(caller, deadline)
    if err then return nil, without_token(err), false end
  end
  if deadline then
    local left = deadline - now()
    if left <= 0 then
      -- The error of the last attempt says more than the deadline: also whether the request was sent.
      last = last or errors.new("timeout", "the deadline passed before the request was sent", { sent = false, retryable = true })
      return nil, last, false
    end
    timeout = bounded(timeout, left)
  end
  local rule = call.rule
  if caller.on_event then
    emit(caller, describe(caller, "request", call, attempt, {}))
    rule = nil
  elseif call.refuse or call.whole then
    rule = nil
  end
  -- exchange() gives a value and its receipt where the answer is plainly what `rule` says; else a response and its status; else a failure.
  local value, response, status = caller.transport:exchange(call.method, caller.origins[call.service].text, call.target,
    authorization, call.headers, call.body, timeout, rule, attempt)
  if value ~= nil then
    responses.keep(value, response)
    return value
  end
  value, err = settle(caller, call, response, status, attempt, retried)
  return value, err, authorization
end

-- The first attempt of a call, which `begin` sent: the value; or nil and an error; or nothing in the child of a fork: what was read ahead
-- is the parent's, and the child needs an answer of its own.
local function await_begun(caller, call)
  local transfer = call.begun.transfer
  call.begun = nil
  local _, response, status = caller.transport:await(transfer)
  if not response and status.name == "forked" then return nil end
  return settle(caller, call, response, status, 1, false)
end

-- `unsure`: whether an attempt before the last may have been carried out. That the last was not sent does not change it.
local function give_up(caller, call, err, attempt, unsure)
  if unsure and err.sent == false then err.sent = nil end
  local url = caller.origins[call.service].text .. call.target
  err.method, err.url, err.attempts = call.method, caller.shown.url(url), attempt
  err.stale = nil
  if caller.on_event then
    emit(caller, describe(caller, "error", call, attempt, {
      kind = err.kind, status = err.status, code = err.code, request_id = err.request_id, sent = err.sent, retryable = err.retryable,
    }))
  end
  return nil, err
end

-- A call has succeeded.
local function reward(caller)
  local bucket = caller.bucket
  if bucket.tokens < bucket.budget then retry.succeeded(bucket) end
end

-- Attempts after a first one that failed, until one brings the value, or one's error stands. The arguments behind `deadline` are what
-- `attempt_once` gave.
local function repeat_until_settled(caller, call, policy, timeout, deadline, err, authorization)
  local attempt, retried, renewed = 1, false, false
  local value
  repeat
    if authorization == false then return give_up(caller, call, err, attempt - 1, retried) end
    if err.status == 401 and not renewed and not call.unauthenticated and caller.credentials.forget(authorization) then
      renewed = true
    else
      local delay = retry.delay(policy, caller.bucket, err, attempt, deadline and deadline - now())
      if not delay then return give_up(caller, call, err, attempt, retried) end
      if caller.on_event then
        emit(caller, describe(caller, "retry", call, attempt, {
          kind = err.kind, status = err.status, seconds = delay, request_id = err.request_id,
        }))
      end
      -- Only an attempt that may have been carried out may have deleted something: then a 404 on the next one is a success.
      retried = retried or (err.sent ~= false and err.status ~= 429)
      if delay > 0 then caller.loop:sleep(delay) end
    end
    attempt = attempt + 1
    value, err, authorization = attempt_once(caller, call, timeout, deadline, attempt, retried, err)
  until err == nil
  reward(caller)
  return value
end

-- What the client and the options say of a call: its retry policy, the timeout of each attempt, its deadline or nil; the call gets the
-- program's headers. Gives nil and an error where the call may not be sent.
local function complete(caller, call, options)
  local problem = caller.origins[call.service].problem
  if problem then return nil, errors.argument("%s", problem) end
  local policy, timeout, deadline = caller.retry, caller.timeout, nil
  if options then
    call.headers = options.header_list
    policy, timeout, deadline = options.retry or policy, options.timeout or timeout, options.deadline_at
  end
  return policy, timeout, deadline or (caller.deadline and now() + caller.deadline) or nil
end

--- Carries out one call: as many attempts as the retry policy allows, within the deadline.
-- @tparam table call `method`; `service` (`"studio"`, `"flex"` or `"oauth"`); `target` (path and query); `body` (a form, or nil);
--   `rule`, what the answer is: `"resource"`, `"page"`, `"keep"` (any JSON, every null kept) or `"nothing"`;
--   `refuse(value)`, which may give a message against an answer; `unauthenticated`, to leave the credentials out;
--   `secret_answer`, to show none of it in an error; `is_repeatable`, for a POST that does no harm when it is carried out twice;
--   `whole`, to get `{ status, headers, body }`. Taken over, not copied.
-- @tparam table|nil options checked call options, see `studio.resource.call_options`
-- @return the value; or nil and an error object
function caller_methods:perform(call, options)
  local policy, timeout, deadline = self.retry, self.timeout, nil
  if options or not self.is_plain then
    policy, timeout, deadline = complete(self, call, options)
    if not policy then return nil, timeout end
  end
  local value, err, authorization = attempt_once(self, call, timeout, deadline, 1, false)
  if err ~= nil then return repeat_until_settled(self, call, policy, timeout, deadline, err, authorization) end
  reward(self)
  return value
end

--- Sends the first attempt of a call for a page whose answer is not waited for yet; `finish` with the same call goes on from there.
-- Whatever stands in the way is left to `finish`, too. A call that is dropped ends.
-- @tparam table call see `perform`
-- @tparam table|nil options
function caller_methods:begin(call, options)
  local transport, authorization = self.transport, self.credentials.authorization_at_hand()
  if not transport.begin or not authorization or self.loop.closed then return end
  local policy, timeout, deadline = complete(self, call, options)
  local left = deadline and deadline - now() or math.huge
  if not policy or left <= 0 then return end
  if self.on_event then emit(self, describe(self, "request", call, 1, {})) end
  local transfer = transport:begin(call.method, self.origins[call.service].text, call.target, authorization, call.headers, call.body,
    bounded(timeout, left))
  if not transfer then return end
  -- No program has the call, which holds a secret until its answer is taken.
  call.begun = { transfer = transfer, authorization = authorization, policy = policy, timeout = timeout, deadline = deadline }
end

--- Carries out a call that may have begun.
-- @tparam table call see `perform`
-- @tparam table|nil options
-- @return as `perform`
function caller_methods:finish(call, options)
  local begun = call.begun
  if not begun then return self:perform(call, options) end
  local value, err = await_begun(self, call)
  local authorization = begun.authorization
  if value == nil and err == nil then
    value, err, authorization = attempt_once(self, call, begun.timeout, begun.deadline, 1, false)
  end
  if err ~= nil then return repeat_until_settled(self, call, begun.policy, begun.timeout, begun.deadline, err, authorization) end
  reward(self)
  return value
end

--- An error about an answer that was fine in itself, but leads where nothing may be sent.
-- @tparam string method of the request that brought it
-- @tparam string service that was asked
-- @tparam string target path and query
-- @tparam string message
-- @treturn nil
-- @treturn table the error
function caller_methods:refuse_answer(method, service, target, message)
  local call = { method = method, service = service, target = target }
  return give_up(self, call, errors.new("decode", self.shown.value(message), { sent = true }), 1)
end

-- Tells of what became of a task and would else get lost; without on_event, where a program that forgot it will see it. `problem` is what a
-- task raised that nobody waited for; nil where `message` says what else it is.
local function tell_of_task(caller, problem, message)
  local is_failure = not message
  if is_failure then
    local ok, text = pcall(tostring, problem)
    message = caller.shown.value(ok and text or ("a %s whose __tostring raises"):format(type(problem)))
  end
  if caller.on_event then return emit(caller, { type = "error", kind = "task", message = message }) end
  write_line((is_failure and "a task failed, and nobody waited for it: " or "") .. message)
end

-- making ----------------------------------------------------------------------------------------------------------------------

-- Whether a call without options needs no more than an attempt's timeout: it has no deadline, and may be sent wherever it goes.
local function is_plain(settings)
  for _, origin in pairs(settings.origins) do
    if origin.problem then return false end
  end
  return not settings.deadline
end

--- Makes the caller of a client, through which all its requests go.
-- @tparam table settings `transport`, `loop`, `origins`, `credentials`, `timeout`, `deadline`, `retry` (a policy), `on_event`,
--   `ca_file` (words for the file of certificates, nil where none was named)
-- @treturn table
local function new(settings)
  settings.bucket = { tokens = settings.retry.budget, budget = settings.retry.budget }
  settings.shown = redaction.new(settings.credentials)
  -- What is missing is looked for among the methods, too.
  settings.on_event, settings.deadline, settings.ca_file = settings.on_event or false, settings.deadline or false, settings.ca_file or false
  settings.is_plain = is_plain(settings)
  local caller = setmetatable(settings, caller_mt)
  function caller.tell_of_task(problem, message) return tell_of_task(caller, problem, message) end
  return caller
end

--- Finds the caller of a client, for a method of the client.
-- @param client raises where this is none
-- @treturn table
local function of_client(client)
  local metatable = type(client) == "table" and getmetatable(client)
  if not metatable or metatable.__name ~= "studio.client" or not metatable.open then
    errors.misuse("this is no client: call its methods with a colon")
  end
  return metatable.open()
end

return { new = new, of_client = of_client }
