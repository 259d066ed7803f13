--- The service's clock: it starts where it is told to, goes on with real time, and can be put forward.
-- @module studio.emulator.server.clock

local clock = {}

local first, started, ahead

--- Sets the clock back to where it started.
-- @tparam[opt] number now epoch seconds; the time of the machine by default
function clock.reset(now)
  ngx.update_time()
  first, started, ahead = now, ngx.now(), 0
end

--- The time of the service, in seconds since 1970, with a fraction.
function clock.now()
  return (first and first + ngx.now() - started or ngx.now()) + ahead
end

--- The same, in whole seconds.
function clock.time()
  return math.floor(clock.now())
end

--- Puts the clock forward.
-- @tparam number seconds
function clock.advance(seconds)
  ahead = ahead + seconds
end

return clock
