--- Every request goes through here: who asks, until when, and one attempt, whose answer is the value where it is plainly what was asked
-- for. Everything else, failures and further attempts too, is for `studio.request.settle`.
local core = require "studio.core"
local errors = require "studio.base.errors"

local now = core.now
local min, max = math.min, math.max

-- Value → the receipt of the answer that it came in, a resource or a page, see `transfer:receipt` in C; or a table, where a transport of
-- the program's brought it. An answer that was to be empty has none. No field of a client leads here, for one that brought a token has one.
local receipts = setmetatable({}, { __mode = "k" })

local caller_methods = {}
local caller_mt = { __name = "studio.caller", __index = caller_methods }

-- The timeout of an attempt when `left` seconds are left until the deadline.
local function bounded(timeout, left)
  return min(timeout, max(left, 0.001))
end

-- One attempt. Gives the value, where the answer is plainly what was asked for; else nil, the authorization that was sent, the response or
-- nil, and its status or the failure. Where nothing could be sent the authorization is false: there was no token, and why not stands in
-- the failure's place, or no time.
local function attempt_once(caller, call, timeout, deadline, attempt)
  local authorization, err
  if not call.unauthenticated then
    authorization, err = caller.credentials.authorization(caller, deadline)
    if err then return nil, false, nil, err end
  end
  if deadline then
    local left = deadline - now()
    if left <= 0 then return nil, false end
    timeout = bounded(timeout, left)
  end
  local rule = call.rule
  if caller.events then
    caller.events.tell(caller, "request", call, attempt, {})
    rule = nil
  elseif call.refuse or call.whole then
    rule = nil
  end
  -- exchange() gives a value and its receipt where the answer is plainly what `rule` says; else a response and its status; else a failure.
  local value, response, status = caller.transport:exchange(call.method, caller.origins[call.service].text, call.target,
    authorization, call.headers, call.body, timeout, rule, attempt)
  if value == nil then return nil, authorization, response, status end
  if response then receipts[value] = response end
  return value
end

caller_methods.attempt = attempt_once

--- Keeps the receipt of an answer, for `studio.response_of`.
-- @tparam table value what came in it
-- @tparam string|table receipt
function caller_methods.keep_receipt(value, receipt) receipts[value] = receipt end

-- What a call comes to whose outcome nobody can settle: the module that does cannot be read, for want of a descriptor, say. Whether the
-- request was sent is told all the same; where it went only if it can be told without a secret.
local function unsettled(caller, call, authorization, response, status, problem)
  local sent, held = nil, response or status and status.response
  if held then caller.transport:release(held) end
  if response then
    sent = true
  elseif authorization == false or (status and status.sent == false) then
    sent = false
  end
  local is_there, redaction = pcall(require, "studio.request.redaction") -- late: as `studio.request.settle`
  return nil, errors.new(response and "http" or "transport", "this was not plainly answered, and no more can be said: " .. problem, {
    status = response and status or nil, sent = sent, attempts = 1,
    method = call.method, url = is_there and redaction.of(caller).url(caller.origins[call.service].text .. call.target) or nil,
  })
end

--- Goes on from the first attempt of a call that brought no value: settles what it came to, and repeats it where that may be done.
-- @tparam table call see `perform`
-- @tparam table policy of retries
-- @tparam number timeout seconds of each attempt
-- @tparam number|nil deadline on the monotonic clock
-- @param authorization what stands behind the value of `attempt`, as the other two
-- @param response
-- @param status
-- @return as `perform`
function caller_methods:go_on(call, policy, timeout, deadline, authorization, response, status)
  local is_there, settle = pcall(require, "studio.request.settle") -- late: of most programs' calls none fails
  if not is_there then
    package.loaded["studio.request.settle"] = nil -- LuaJIT would not try again to read a module that failed as it was run
    return unsettled(self, call, authorization, response, status, tostring(settle):match "^[^\n]*")
  end
  return settle.go_on(self, call, policy, timeout, deadline, authorization, response, status)
end

--- What the client and the options say of a call; the call gets the program's headers.
-- @tparam table call see `perform`
-- @tparam table|nil options checked call options
-- @treturn table its retry policy; or nil, where the call may not be sent
-- @treturn number seconds, the timeout of each attempt; or the error
-- @treturn number|nil its deadline
function caller_methods:terms(call, options)
  local problem = self.origins[call.service].problem
  if problem then return nil, errors.argument("%s", problem) end
  local policy, timeout, deadline = self.retry, self.timeout, nil
  if options then
    call.headers = options.header_list
    policy, timeout, deadline = options.retry or policy, options.timeout or timeout, options.deadline_at
  end
  return policy, timeout, deadline or (self.deadline and now() + self.deadline) or nil
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
    policy, timeout, deadline = self:terms(call, options)
    if not policy then return nil, timeout end
  end
  local value, authorization, response, status = attempt_once(self, call, timeout, deadline, 1)
  if value == nil then return self:go_on(call, policy, timeout, deadline, authorization, response, status) end
  local bucket = self.bucket
  if bucket.tokens < bucket.budget then require("studio.request.retry").succeeded(bucket) end -- late: a retry was paid for
  return value
end

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
  -- What is missing is looked for among the methods, too.
  settings.on_event, settings.deadline, settings.ca_file = settings.on_event or false, settings.deadline or false, settings.ca_file or false
  settings.events = settings.on_event and require "studio.request.events" -- late: few programs listen
  -- Made when they are first needed, see `studio.request.redaction` and `studio.request.events`.
  settings.shown, settings.tell_of_task = false, false
  settings.is_plain = is_plain(settings)
  return setmetatable(settings, caller_mt)
end

--- Finds the caller of a client, for a method of the client.
-- @param client raises where this is none
-- @treturn table
local function of_client(client)
  local metatable = type(client) == "table" and getmetatable(client)
  if type(metatable) ~= "table" or rawget(metatable, "__name") ~= "studio.client" or not rawget(metatable, "open") then
    errors.misuse("this is no client: call its methods with a colon")
  end
  return metatable.open()
end

return { new = new, of_client = of_client, bounded = bounded, receipts = receipts }
