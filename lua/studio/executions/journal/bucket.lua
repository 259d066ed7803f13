--- The token bucket of a campaign: one for all of its workers.

-- Milliseconds for which the rate is half of what it was, after the service had too many requests.
local SLOW_FOR = 10000

--- How many tokens there are now.
-- @tparam table bucket `tokens`, `tokens_at` and `slow_until` (milliseconds), `rate` (a second; 0 or false for no limit), `burst`
-- @tparam number now milliseconds
-- @treturn number tokens; `math.huge` without a limit
-- @treturn number the rate that holds now
local function level(bucket, now)
  if not bucket.rate or bucket.rate == 0 then return math.huge, math.huge end
  local rate = bucket.slow_until > now and bucket.rate / 2 or bucket.rate
  local elapsed = math.max(0, now - bucket.tokens_at) / 1000
  return math.min(bucket.burst, bucket.tokens + elapsed * rate), rate
end

--- Seconds until there is one token.
local function wait(tokens, rate)
  return tokens >= 1 and 0 or (1 - tokens) / rate
end

--- The most that a bucket holds: the service counts what arrives, and a full second at once beside the next second's is too much. A fifth
-- of a second leaves room below a fourth for what is delayed on its way.
local function burst(rate)
  return math.max(1, math.floor(rate / 5))
end

return { level = level, wait = wait, burst = burst, SLOW_FOR = SLOW_FOR }
