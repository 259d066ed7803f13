--- Waiting by the program's own function, `wait(pollable, seconds)`: called again and again, with turns of the loop between.
local min = math.min

-- PUC 5.1 cannot yield inside a pcall, as the program's function may.
local call = (_VERSION ~= "Lua 5.1" or rawget(_G, "jit")) and pcall or function(run, ...) return true, run(...) end

-- Seconds at most, and where there is no descriptor that could tell of anything before.
local LONGEST_WAIT, LOOK_EVERY = 60, 0.01

-- Wakes a waiter whose wait has been ended by a coroutine that runs meanwhile, which has cancelled what it waits for, say. Where a turn
-- has ended it, the loop looks after those that sleep.
local function notify(waiter)
  local loop = waiter.loop
  if not loop.turning then loop:ring() end
end

--- Waits until the waiter is done.
-- @tparam table loop
-- @tparam table waiter
local function wait(loop, waiter)
  waiter.loop, waiter.notify = loop, notify
  loop:turn(0)
  if waiter.timed_out and waiter.gives_way then loop.wait(loop, 0) end
  while not waiter.done and not loop.closed do
    -- A function that looks at `seconds` alone must still come back in time for libcurl's own timers, the timeout of a call among them.
    local seconds = min(loop:timeout() or LONGEST_WAIT, loop:pollfd() and LONGEST_WAIT or LOOK_EVERY)
    loop:lie_down(waiter, seconds)
    local ok, err = true, nil
    if seconds > 0 and not waiter.done and not loop.closed then ok, err = call(loop.wait, loop, seconds) end
    loop:get_up(waiter)
    if not ok then error(err, 0) end
    loop:turn(0)
  end
  -- Others that sleep on the descriptor may have been told to sleep for longer than the loop's timers allow by now.
  if next(loop.sleepers) then loop:ring() end
end

return { available = function() return true end, wait = wait }
