--- What a call comes to whose first attempt did not plainly bring its value: the value after all, an error, or further attempts.
--
-- It is read when a first call fails, at the worst for want of a descriptor. So it requires what those below require, too, and before
-- them: a file that cannot be read has this module fail alone, which `studio.request.call` tries again, and no other.
require "studio.base.timestamp"
require "studio.waiting.turns"
local core = require "studio.core"
local errors = require "studio.base.errors"
local redaction = require "studio.request.redaction"
local retry = require "studio.request.retry"
local advice = require "studio.request.advice"
local answers = require "studio.request.answer"
local events = require "studio.request.events"

local now = core.now

local settle = {}

-- The `kind` of error that each failure of a transport becomes (see studio_failure_name in csrc/failure.c).
local kinds = {
  timeout = "timeout", resolve = "transport", connect = "transport", tls = "transport", certificate = "transport", stale = "transport",
  broken = "transport", proxy = "transport", protocol = "transport", memory = "transport", forked = "transport",
  encoding = "decode", body_limit = "limit", head_limit = "limit", cancelled = "cancelled", context = "context", url = "argument",
}

-- Failures that repeating does not change.
local final = { certificate = true, memory = true, forked = true, proxy = true }

-- Whether doing a call's work twice is the same as doing it once.
local function is_idempotent(call)
  return call.is_repeatable or (call.method ~= "POST" and call.method ~= "PATCH")
end

-- nothing was sent ------------------------------------------------------------------------------------------------------------

-- The failure of a token fetch is not the fate of the call: that was never sent.
local function without_token(cause)
  return errors.new(cause.kind, "there is no token: " .. cause.message, {
    status = cause.status, code = cause.code, request_id = cause.request_id, retry_after = cause.retry_after,
    retryable = cause.retryable, sent = false,
  })
end

-- `last`: the error of the attempt before. It says more than the deadline: also whether the request was sent.
local function without_time(last)
  return last or errors.new("timeout", "the deadline passed before the request was sent", { sent = false, retryable = true })
end

-- no answer -------------------------------------------------------------------------------------------------------------------

-- What a failure of the transport (see `studio.transport.curl`) is to the program.
local function transport_error(caller, failure, origin)
  local status = failure.status and failure.status >= 200 and failure.status or nil
  local sent = nil
  if status then sent = true elseif failure.sent == false then sent = false end
  local message = failure.message .. advice.of_failure(failure, origin, caller.ca_file)
  return errors.new(kinds[failure.name] or "transport", message, { status = status, sent = sent })
end

-- The error of an attempt that brought no answer.
local function failed(caller, call, failure)
  local shown = redaction.of(caller)
  local err = transport_error(caller, failure, caller.origins[call.service])
  if failure.response then
    err.request_id = shown.value(failure.response:header("twilio-request-id"))
    caller.transport:release(failure.response)
  end
  err.stale = failure.name == "stale" or nil
  call.is_forked = failure.name == "forked" or nil
  err.retryable = retry.is_retryable(is_idempotent(call), err, final[failure.name])
  err.message = shown.value(err.message)
  return err
end

-- answers ---------------------------------------------------------------------------------------------------------------------

-- The value of a 2xx answer; or nil and an error.
local function read_answer(caller, call, response, status)
  local rule = call.rule
  if rule == "nothing" then return true end
  local value, err
  if rule ~= "keep" then value = response:object(rule) end
  if not value then
    value, err = answers.read_closely(caller, call, status, response)
    if err then return nil, err end
  end
  local message = call.refuse and call.refuse(value)
  if message then return nil, answers.decode_error(caller, call, status, response, message) end
  return value
end

-- What an answer comes to: the value; or nil and an error. `retried`: whether an attempt before this one may have been carried out.
local function settle_answer(caller, call, response, status, attempt, retried)
  -- Before the answer is read: a finalizer that closes the client meanwhile takes its headers away.
  local receipt, request_id = response:receipt(attempt), response:header("twilio-request-id")
  local value, err
  if (status >= 200 and status < 300) or (status == 404 and retried and call.method == "DELETE") then
    value, err = read_answer(caller, call, response, status)
    if call.whole and not err then
      if response:size() == 0 then value = nil end
      value = { status = status, headers = response:headers(), body = value }
    end
  else
    err = answers.http_error(caller, call, status, response)
  end
  -- A finalizer may have closed the client while the answer was read: what was missing then, the service did send.
  if caller.loop.closed and (err or call.whole) then
    value, err = nil, errors.new("cancelled", "the client was closed while the answer was read", { status = status, sent = true })
  end
  if err then
    err.request_id = redaction.of(caller).value(request_id)
    err.retryable = retry.is_retryable(is_idempotent(call), err)
  elseif type(value) == "table" then
    caller.keep_receipt(value, receipt)
  end
  -- After the answer was read: a handler may close the client.
  if caller.on_event then
    events.tell(caller, "response", call, attempt, {
      status = status, seconds = response:seconds(), bytes = response:size(), request_id = request_id,
    })
  end
  caller.transport:release(response)
  return value, err
end

-- attempts --------------------------------------------------------------------------------------------------------------------

-- `unsure`: whether an attempt before the last may have been carried out. That the last was not sent does not change it.
local function give_up(caller, call, err, attempt, unsure)
  if unsure and err.sent == false then err.sent = nil end
  local url = caller.origins[call.service].text .. call.target
  err.method, err.url, err.attempts = call.method, redaction.of(caller).url(url), attempt
  err.stale = nil
  if caller.on_event then
    events.tell(caller, "error", call, attempt, {
      kind = err.kind, status = err.status, code = err.code, request_id = err.request_id, sent = err.sent, retryable = err.retryable,
    })
  end
  return nil, err
end

--- Goes on from the first attempt of a call, until one brings the value, or the error of one stands.
-- @tparam table caller see `studio.request.call`
-- @tparam table call
-- @tparam table policy
-- @tparam number timeout seconds of each attempt
-- @tparam number|nil deadline
-- @param authorization what stands behind the value of `caller:attempt`, as the other two
-- @param response
-- @param status
-- @return the value; or nil and an error object
function settle.go_on(caller, call, policy, timeout, deadline, authorization, response, status)
  local attempt, retried, renewed, last = 1, false, false, nil
  local value, err
  repeat
    if authorization == false then
      return give_up(caller, call, status and without_token(status) or without_time(last), attempt - 1, retried)
    end
    if response then
      value, err = settle_answer(caller, call, response, status, attempt, retried)
      if not err then break end
    else
      err = failed(caller, call, status)
    end
    if err.status == 401 and not renewed and not call.unauthenticated and caller.credentials.forget(authorization) then
      renewed = true
    else
      local delay = retry.delay(policy, caller.bucket, err, attempt, deadline and deadline - now())
      if not delay then return give_up(caller, call, err, attempt, retried) end
      if caller.on_event then
        events.tell(caller, "retry", call, attempt, {
          kind = err.kind, status = err.status, seconds = delay, request_id = err.request_id,
        })
      end
      -- Only an attempt that may have been carried out may have deleted something: then a 404 on the next one is a success.
      retried = retried or (err.sent ~= false and err.status ~= 429)
      if delay > 0 then caller.loop:sleep(delay) end
    end
    attempt, last = attempt + 1, err
    value, authorization, response, status = caller:attempt(call, timeout, deadline, attempt)
  until value ~= nil
  retry.succeeded(caller.bucket)
  return value
end

--- An error about an answer that was fine in itself, but leads where nothing may be sent.
-- @tparam table caller
-- @tparam string method of the request that brought it
-- @tparam string service that was asked
-- @tparam string target path and query
-- @tparam string message
-- @treturn nil
-- @treturn table the error
function settle.refuse_answer(caller, method, service, target, message)
  local call = { method = method, service = service, target = target }
  return give_up(caller, call, errors.new("decode", redaction.of(caller).value(message), { sent = true }), 1)
end

return settle
