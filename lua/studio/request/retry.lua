--- When a failed attempt is repeated, and after how long.
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local errors = require "studio.base.errors"
local options = require "studio.base.options"

local min, max = math.min, math.max

local retry = {}

-- Tokens of a client's budget. A retry costs RETRY_COST, one after a timeout TIMEOUT_COST, and a success gives SUCCESS_GAIN: so a client
-- does not answer an outage with a storm of retries.
local RETRY_COST, TIMEOUT_COST, SUCCESS_GAIN = 5, 10, 1

-- Seconds. A service that asks for more is believed, but not waited for: the caller gets the error with its `retry_after`.
local LONGEST_RETRY_AFTER = 60

-- Seconds. An attempt does not begin where only this is left until the deadline: libcurl counts in milliseconds, so the deadline may have
-- ended the attempt before it so much too early.
local SHORTEST_ATTEMPT = 0.001

-- Statuses after which an idempotent request is repeated. A POST that changes something is repeated only when it surely was not carried
-- out; that for an OAuth token changes nothing, and counts as idempotent.
local repeatable_statuses = { [500] = true, [502] = true, [503] = true, [504] = true }

--- Checks the `retry` option.
-- @tparam table|boolean given `false` for none, or a table with some of the fields
-- @tparam table base the policy whose fields fill the gaps
-- @treturn table `{ attempts, base, cap, budget }`: whole number, seconds, seconds, tokens
function retry.policy(given, base)
  if given == false then return { attempts = 1, base = base.base, cap = base.cap, budget = base.budget } end
  if type(given) ~= "table" then errors.misuse("option 'retry' must be a table or false, got %s", type(given)) end
  local policy = options.check(given, { attempts = "one_or_more", base = "seconds", cap = "seconds", budget = "count" }, "retry.")
  for name, value in pairs(base) do
    if policy[name] == nil then policy[name] = value end
  end
  return policy
end

--- Whether the same request may be sent again without the risk of doing its work twice.
-- @tparam boolean idempotent whether doing the request's work twice is the same as doing it once
-- @tparam table err the failure, with `kind`, `status` and `sent` set
-- @tparam boolean refused whether the peer's certificate was refused, which repeating does not change
-- @treturn boolean
function retry.is_retryable(idempotent, err, refused)
  if err.kind == "http" then
    return err.status == 429 or (idempotent and repeatable_statuses[err.status] == true)
  elseif err.kind == "transport" or err.kind == "timeout" then
    return not refused and (err.sent == false or idempotent)
  end
  return false
end

-- So many digits may be written that they are no finite number, which JSON has not.
local MOST_SECONDS = 1e300

--- Reads a `Retry-After` header (RFC 9110 §10.2.3).
-- @tparam string|nil value seconds, which may have a fraction, or an HTTP date in any of its three forms
-- @treturn number seconds from now, 0 or more; nil when it is neither
function retry.read_after(value)
  if not value then return nil end
  local seconds = ascii.number(value)
  if seconds then return min(seconds, MOST_SECONDS) end
  local date = require("studio.base.timestamp").parse_http(value) -- late: `studio.request.settle` has read it
  -- A date is the one thing that the wall clock decides.
  return date and max(0, date - os.time())
end

--- Gives a token back to a client's bucket after a success.
-- @tparam table bucket `tokens`, as many as there are, and `budget`, how many it began with and holds at most
function retry.succeeded(bucket)
  bucket.tokens = min(bucket.budget, bucket.tokens + SUCCESS_GAIN)
end

--- Decides over one more attempt, and pays for it.
-- @tparam table policy
-- @tparam table bucket
-- @tparam table err the failure
-- @tparam number attempt how many attempts there were
-- @tparam number|nil left seconds until the deadline
-- @treturn number seconds to wait, or nil when the failure stands
function retry.delay(policy, bucket, err, attempt, left)
  if not err.retryable or attempt >= policy.attempts then return nil end
  local delay = core.random() * min(policy.cap, policy.base * 2 ^ (attempt - 1))
  if err.stale and attempt == 1 then delay = 0 end
  if err.retry_after then
    if err.retry_after > LONGEST_RETRY_AFTER and not left then return nil end
    delay = max(delay, err.retry_after)
  end
  if left and delay + SHORTEST_ATTEMPT >= left then return nil end
  local cost = err.kind == "timeout" and TIMEOUT_COST or RETRY_COST
  if bucket.tokens < cost then return nil end
  bucket.tokens = bucket.tokens - cost
  return delay
end

return retry
