--- The token bucket of a campaign: one for all of its workers.

-- Milliseconds, as all moments of a journal: for so long the rate is half of what it was, after the service had too many requests.
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

--- The most tokens that a bucket holds: those of a fifth of a second. A full bucket is spent at once, beside the tokens of the second that
-- follows, and the service counts requests as they arrive. It bears a quarter of a second's at once; the rest is left for requests that are
-- delayed on their way, and arrive together with later ones.
local function burst(rate)
  return math.max(1, math.floor(rate / 5))
end

return { level = level, wait = wait, burst = burst, SLOW_FOR = SLOW_FOR }
