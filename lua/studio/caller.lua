--- The one door of every request: attempts, retries, deadline, events, and what an answer means.
local core = require "studio.core"
local errors = require "studio.errors"
local json = require "studio.json"
local retry = require "studio.retry"

local now = core.now
local min, max = math.min, math.max

-- An error carries this much of a body that was not JSON.
local BODY_SHOWN = 4096

local caller_methods = {}
local caller_mt = { __name = "studio.caller", __index = caller_methods }

-- What each failure of the transport (see failure_name in csrc/multi.c) is to the program.
local kinds = {
  timeout = "timeout", resolve = "transport", connect = "transport", tls = "transport", certificate = "transport", stale = "transport",
  broken = "transport", protocol = "transport", memory = "transport", forked = "transport",
  encoding = "decode", body_limit = "limit", head_limit = "limit", cancelled = "cancelled", context = "context", url = "argument",
}

-- Repeating does not change them.
local final = { certificate = true, memory = true, forked = true }

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

-- events ----------------------------------------------------------------------------------------------------------------------

-- A program's mistake in on_event must not lose the answer of a request that was carried out; it is told once.
local function emit(self, event)
  local fine, problem = pcall(self.on_event, event)
  if not fine and not self.warned then
    self.warned = true
    local told, text = pcall(tostring, problem)
    io.stderr:write("studio: on_event raised: ", told and text or type(problem), "\n")
  end
end

-- what must not be shown ------------------------------------------------------------------------------------------------------

-- A shorter secret is none, and taking it for one would blot out words.
local SHORTEST_SECRET = 6

-- In any case of letters: a host, for one, is told in lower case.
local function replace_plain(text, secret, instead)
  if #secret < SHORTEST_SECRET then return text end
  local searched, wanted = text:lower(), secret:lower()
  local from, to = searched:find(wanted, 1, true)
  if not from then return text end
  local parts, last = {}, 0
  while from do
    parts[#parts + 1] = text:sub(last + 1, from - 1)
    parts[#parts + 1] = instead
    last = to
    from, to = searched:find(wanted, last + 1, true)
  end
  parts[#parts + 1] = text:sub(last + 1)
  return table.concat(parts)
end

-- Secrets that an answer echoes do not get into an error; the account SID is shortened.
local function redact(self, value)
  if type(value) == "string" then
    for _, secret in ipairs(self.credentials.secrets()) do value = replace_plain(value, secret, "[redacted]") end
    return replace_plain(value, self.credentials.name, self.shown_name)
  elseif type(value) == "table" then
    local copy = setmetatable({}, getmetatable(value))
    for key, entry in pairs(value) do copy[redact(self, key)] = redact(self, entry) end
    return copy
  end
  return value
end

--- A text that a service wrote, fit to be shown.
-- @tparam string text
-- @treturn string
function caller_methods:without_secrets(text)
  return redact(self, text)
end

-- The start of a body. Where a secret would be cut in two, the text ends before it: half of it is too much.
local function shown_body(self, response)
  local text = response:body(BODY_SHOWN)
  for _, secret in ipairs(self.credentials.secrets()) do
    local from, to = response:body(BODY_SHOWN + #secret):lower():find(secret:lower(), max(1, BODY_SHOWN - #secret + 2), true)
    if from and from <= BODY_SHOWN and to > BODY_SHOWN then text = text:sub(1, from - 1) end
  end
  return redact(self, text)
end

local function byte_of(hex) return string.char(tonumber(hex, 16)) end

-- A path or URL may come from a page that the service gave; percent-encoding hides no secret from its reader.
local function shown_url(self, url)
  local plain = url:gsub("%%(%x%x)", byte_of)
  local shown = redact(self, plain)
  return shown == plain and url or (shown:gsub("%c", "?"))
end

-- An event's path may come from a page that the service gave, and its request id does: neither may show what must not be shown.
local function describe(self, kind, call, attempt, fields)
  fields.type, fields.method, fields.path, fields.attempt = kind, call.method, shown_url(self, call.target:match("^[^?]*")), attempt
  fields.request_id = redact(self, fields.request_id)
  return fields
end

-- answers ---------------------------------------------------------------------------------------------------------------------

local function is_json_type(content_type)
  return content_type == "application/json" or content_type == nil or content_type:lower():find("json", 1, true) ~= nil
end

local function http_error(self, status, response)
  local body = json.null
  if response:size() > 0 then body = response:decode("keep") end
  local err = { status = status, sent = true, retry_after = retry.read_after(response:header("retry-after")) }
  local message
  if type(body) == "table" then
    body = redact(self, body)
    message = type(body.message) == "string" and body.message or nil
    if type(body.code) == "number" then err.code = body.code end
    if type(body.more_info) == "string" then err.more_info = body.more_info end
    if body.details ~= json.null then err.details = body.details end
  elseif response:size() > 0 then
    err.body = shown_body(self, response)
  end
  if not message and status >= 300 and status < 400 then message = "the service answered with a redirect, which is not followed" end
  return errors.new("http", message or ("the service answered with status %d and no message"):format(status), err)
end

local function decode_error(self, status, response, message, call)
  local body = not call.secret_answer and shown_body(self, response) or nil
  return errors.new("decode", redact(self, message), { status = status, sent = true, body = body })
end

-- What an answer is that is not plainly a JSON object: its value, or nil and an error.
local function read_closely(self, status, response, call)
  local rule = call.rule
  if response:size() == 0 then
    if rule == "keep" then return json.null end
    return nil, decode_error(self, status, response, "the body is empty where JSON is due", call)
  end
  local content_type = response:header("content-type")
  if not is_json_type(content_type) then
    local shown = content_type:gsub("[%c\127-\255]", "?"):sub(1, 80)
    return nil, decode_error(self, status, response, ("the body is %s where JSON is due"):format(shown), call)
  end
  local value, message = response:decode(rule)
  if value == nil then return nil, decode_error(self, status, response, "the body is not JSON: " .. message, call) end
  if rule ~= "keep" and (type(value) ~= "table" or getmetatable(value) == core.array_mt) then
    return nil, decode_error(self, status, response, "the body is JSON, but not an object", call)
  end
  return value
end

-- The value of a 2xx answer; or nil and an error.
local function read_answer(self, status, response, call)
  local rule = call.rule
  if rule == "nothing" then return true end
  local value, err
  if rule ~= "keep" then value = response:object(rule) end
  if not value then
    value, err = read_closely(self, status, response, call)
    if err then return nil, err end
  end
  local message = call.refuse and call.refuse(value)
  if message then return nil, decode_error(self, status, response, message, call) end
  return value
end

local function transport_error(failure)
  local status = failure.status and failure.status >= 200 and failure.status or nil
  local sent = nil
  if status then sent = true elseif failure.sent == false then sent = false end
  return errors.new(kinds[failure.name] or "transport", failure.message, { status = status, sent = sent })
end

-- attempts --------------------------------------------------------------------------------------------------------------------

-- One attempt: the value; or nil and an error. `retried`: whether an attempt before it may have been carried out.
local function attempt_once(self, call, authorization, timeout, attempt, retried)
  local transport = self.transport
  local on_event = self.on_event
  if on_event then emit(self, describe(self, "request", call, attempt, {})) end
  local headers = self.header_list(authorization, call.headers)
  local status, response = transport:send(call.method, call.origin.text, call.target, headers, call.body, timeout)
  if not status then
    local failure = response
    local err = transport_error(failure)
    if failure.response then
      err.request_id = redact(self, failure.response:header("twilio-request-id"))
      transport:release(failure.response)
    end
    err.stale = failure.name == "stale" or nil
    err.retryable = retry.is_retryable(call.method, err, final[failure.name])
    err.message = redact(self, err.message)
    return nil, err
  end
  local value, err
  if (status >= 200 and status < 300) or (status == 404 and retried and call.method == "DELETE") then
    value, err = read_answer(self, status, response, call)
    if call.whole and not err then
      if response:size() == 0 then value = nil end
      value = { status = status, headers = response:headers(), body = value }
    end
  else
    err = http_error(self, status, response)
  end
  if err then
    err.request_id = redact(self, response:header("twilio-request-id"))
    err.retryable = retry.is_retryable(call.method, err)
  end
  -- After the answer was read: a handler may close the client.
  if on_event then
    emit(self, describe(self, "response", call, attempt, {
      status = status, seconds = response:seconds(), bytes = response:size(), request_id = response:header("twilio-request-id"),
    }))
  end
  transport:release(response)
  return value, err
end

local function give_up(self, call, err, attempt)
  err.method, err.url, err.attempts = call.method, shown_url(self, call.origin.text .. call.target), attempt
  err.stale = nil
  if self.on_event then
    emit(self, describe(self, "error", call, attempt, {
      kind = err.kind, status = err.status, code = err.code, request_id = err.request_id, sent = err.sent, retryable = err.retryable,
    }))
  end
  return nil, err
end

local function authorize(self, call, deadline)
  if call.unauthenticated then return nil end
  return self.credentials.authorization(self, deadline)
end

local function repeat_until_settled(self, call, policy, deadline)
  local attempt, retried, renewed = 0, false, false
  local value, err
  while true do
    local authorization, problem = authorize(self, call, deadline)
    if problem then
      -- What the token endpoint answered has been told of already; that there was no time for it has not.
      if problem.url then return nil, problem end
      return give_up(self, call, problem, attempt)
    end
    local left = deadline and deadline - now()
    if left and left <= 0 then
      -- What the last attempt met says more, and whether it was sent.
      err = err or errors.new("timeout", "the deadline passed before the request was sent", { sent = false, retryable = true })
      return give_up(self, call, err, attempt)
    end
    attempt = attempt + 1
    value, err = attempt_once(self, call, authorization, left and min(call.timeout, max(left, 0.001)) or call.timeout, attempt, retried)
    if err == nil then
      retry.succeeded(self.bucket)
      return value
    end
    if err.status == 401 and not renewed and not call.unauthenticated and self.credentials.forget(authorization) then
      renewed = true
    else
      left = deadline and deadline - now()
      local delay = retry.delay(policy, self.bucket, err, attempt, left)
      if not delay then return give_up(self, call, err, attempt) end
      if self.on_event then
        emit(self, describe(self, "retry", call, attempt, {
          kind = err.kind, status = err.status, seconds = delay, request_id = err.request_id,
        }))
      end
      retried = true
      if delay > 0 then self.loop:sleep(delay) end
    end
  end
end

--- Carries out one call: as many attempts as the retry policy allows, within the deadline.
-- @tparam table call `method`; `service` (`"studio"`, `"flex"` or `"oauth"`); `target` (path and query); `body` (a form, or nil);
--   `rule`, what the answer is: `"resource"`, `"page"`, `"keep"` (any JSON, every null kept) or `"nothing"`;
--   `refuse(value)`, which may give a message against an answer; `unauthenticated`, to leave the credentials out;
--   `secret_answer`, to show none of it in an error;
--   `whole`, to get `{ status, headers, body }`. Taken over, not copied.
-- @tparam table|nil options checked call options, see `studio.call_options`
-- @return the value; or nil and an error object
function caller_methods:perform(call, options)
  local origin = self.origins[call.service]
  if origin.problem then return nil, errors.argument("%s", origin.problem) end
  local policy, deadline = self.retry, nil
  call.origin, call.timeout = origin, self.timeout
  if options then
    call.timeout = options.timeout or call.timeout
    call.headers = options.header_list
    policy = options.retry or policy
    deadline = options.deadline_at
  end
  if not deadline and self.deadline then deadline = now() + self.deadline end
  return repeat_until_settled(self, call, policy, deadline)
end

-- Tells of a task that failed and that nobody waited for; without on_event, where a program that forgot it will see it.
local function task_teller(caller)
  return function(problem)
    local message = redact(caller, tostring(problem))
    if caller.on_event then return emit(caller, { type = "error", kind = "task", message = message }) end
    io.stderr:write("studio: a task failed, and nobody waited for it: ", message, "\n")
  end
end

--- Makes the door of a client.
-- @tparam table settings `transport`, `loop`, `origins`, `credentials`, `shown_name`, `timeout`, `deadline`, `retry` (a policy), `on_event`
-- @treturn table
local function new(settings)
  settings.bucket = retry.bucket(settings.retry.budget)
  settings.header_list = header_lister()
  local caller = setmetatable(settings, caller_mt)
  caller.tell_of_task = task_teller(caller)
  return caller
end

return { new = new }
