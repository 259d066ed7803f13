--- The methods of a loop that a script which makes one call after the other never needs, and does not compile: its turns (driving its
-- transfers, telling who waits, running the tasks that are ready), and what else waits or is waited for.
local core = require "studio.core"
local errors = require "studio.base.errors"
local guests = require "studio.waiting.nested"
local timers = require "studio.waiting.timers"
local current_task = require("studio.waiting.ways.task").current

local now = core.now
local min, max = math.min, math.max

-- Seconds. A wait without an end looks up this often: a signal that comes just before the wait does not cut it short.
local LONGEST_TURN = 1

local turns = {}

-- A turn of somebody else may have brought what a sleeper waits for, and taken the reason away for which the descriptor was readable;
-- or have set a timer for an earlier moment than the one it means to wake up at.
local function ring_for_sleepers(loop)
  local due = now() + (turns.timeout(loop) or math.huge)
  for sleeper in pairs(loop.sleepers) do
    if sleeper.done or sleeper.wakes_at > due then return loop:ring() end
  end
end

--- Cancels what finalizers left to be cancelled.
-- @tparam table loop
function turns.cancel_left(loop)
  local left = loop.left
  loop.left = {}
  for _, one in ipairs(left) do one:cancel() end
end

-- Tells the waiters of transfers that have ended, and those whose time has come. Gives whether there were any.
local function tell(loop)
  local multi, waiting, wake, told = loop.multi, loop.waiting, loop.wake, false
  if multi then
    local id = multi:completed()
    while id do
      local waiter = waiting[id]
      waiting[id] = nil
      if waiter then wake(loop, waiter) end
      told = true
      id = multi:completed()
    end
  end
  local first = loop.timers[1]
  if first then
    local moment = now()
    while first and first.due <= moment do
      first.waiter.timed_out = true
      wake(loop, first.waiter)
      told = true
      first = loop.timers[1]
    end
  end
  return told
end

-- Runs the tasks that are ready now; what they make ready has its turn next time, so that one turn always ends. A task may take a turn
-- itself, or close the loop.
local function run_ready(loop, budget)
  local enough = budget and now() + budget
  for _ = loop.first_ready, loop.last_ready do
    local at = loop.first_ready
    local task = loop.ready[at]
    if not task then break end
    loop.ready[at] = nil
    loop.first_ready = at + 1
    task:resume()
    if enough and now() >= enough then break end
  end
  if loop.first_ready > loop.last_ready then loop.first_ready, loop.last_ready = 1, 0 end
end

local function has_ready(loop)
  return loop.first_ready <= loop.last_ready
end

-- Seconds until a timer is due, at most `seconds`; 0 while a task is ready.
local function bounded(loop, seconds)
  if has_ready(loop) then return 0 end
  local timer = loop.timers[1]
  if timer then seconds = min(seconds, max(0, timer.due - now())) end
  if loop.guests[1] then seconds = guests.bounded(loop, seconds) end
  return seconds
end

-- Drives the transfers; gives how many are in flight.
local function step(loop, seconds, budget)
  loop.rung = false
  return loop:handle():step(seconds, budget)
end

--- One turn: drives the transfers for at most `seconds`, and runs the tasks whose time has come.
-- @tparam table loop
-- @tparam number seconds
-- @tparam[opt] number budget seconds after which no further socket is looked at, and as many after which no further task is run; what is
--   left has the next turn
-- @treturn boolean whether anything ended or ran
function turns.turn(loop, seconds, budget)
  if loop.closed then return false end
  if loop.left[1] then turns.cancel_left(loop) end
  loop.turning = true
  step(loop, bounded(loop, seconds), budget)
  local told = loop.guests[1] and guests.drive(loop)
  -- A task of a guest may have closed it.
  if not loop.closed then told = tell(loop) or told end
  if has_ready(loop) then
    run_ready(loop, budget)
    told = true
  end
  loop.turning = false
  if next(loop.sleepers) then ring_for_sleepers(loop) end
  return told
end

--- Lets libcurl send what was just started, and nothing more: no task runs.
-- @tparam table loop
function turns.push(loop)
  if loop.closed then return end
  step(loop, 0)
  if not loop.turning then loop:ring() end
end

-- Nothing that could end a wait: no transfer, no timer, no task to run, no other loop.
local function is_idle(loop)
  return not has_ready(loop) and not loop.timers[1] and not loop.guests[1] and step(loop, 0) == 0 and not next(loop.waiting)
end

--- Waits until the waiter is done; whoever runs this Lua is blocked meanwhile.
-- @tparam table loop
-- @tparam table waiter
function turns.wait_blocking(loop, waiter)
  while not waiter.done and not loop.closed do
    turns.turn(loop, LONGEST_TURN)
    if not waiter.done and waiter.for_task and is_idle(loop) then
      errors.misuse("this task waits for something that nothing in flight can end")
    end
  end
  -- Whoever polls the descriptor otherwise was told to come back at a time that may be too late now.
  loop:ring()
end

--- How long to wait at most before the next turn, whatever the descriptor says.
-- @tparam table loop
-- @treturn number seconds, or nil
function turns.timeout(loop)
  if loop.closed then return nil end
  local seconds = bounded(loop, loop:handle():timeout() or math.huge)
  return seconds < math.huge and seconds or nil
end

--- Ends every wait, safely at any moment and again; transfers in flight end as cancelled.
-- @tparam table loop
function turns.close(loop)
  if loop.closed then return end
  loop.closed = true
  if loop.multi then
    local descriptor = loop.told_descriptor
    if descriptor and package.loaded.cqueues then package.loaded.cqueues.cancel(descriptor) end
    loop.multi:close()
  end
  for _, waiter in pairs(loop.waiting) do loop:wake(waiter) end
  while loop.timers[1] do loop:wake(loop.timers[1].waiter) end
  for task in pairs(loop.tasks) do task:cancel() end
  for task in pairs(loop.light_tasks) do task:cancel() end
  for task in pairs(loop.weak_tasks) do task:cancel() end
  for outcome, report in pairs(loop.unheard) do report(outcome) end
  loop.unheard = {}
  loop.ready, loop.first_ready, loop.last_ready = {}, 1, 0
end

-- Waiting ---------------------------------------------------------------------------------------------------------------------------

--- Chooses how a call waits for its answer, which may not begin where it cannot.
-- @tparam table loop
-- @treturn function way, and the task, as `way_to_wait`; or nil and the failure of the call
function turns.way_for_call(loop)
  if loop.closed then return nil, { name = "cancelled", message = "the client is closed", sent = false } end
  local task = current_task()
  if task and task.ended then return nil, { name = "cancelled", message = "the task was cancelled", sent = false } end
  local way, waiting = loop:way_to_wait(task or false)
  if way then return way, waiting end
  return nil, { name = "context", message = waiting, sent = false }
end

--- The one step that a transfer takes which is alone on the loop, see `is_free`. It may end early, by a signal, say.
-- @tparam table loop
function turns.step_alone(loop)
  loop.rung = false
  loop.multi:step(LONGEST_TURN)
  -- Whoever polls the descriptor was told to come back at a time that may be too late now.
  loop:ring()
end

--- Waits until the waiter is done.
-- @tparam table loop
-- @tparam table waiter
-- @treturn boolean true; or nil and a message, where nothing may wait
function turns.suspend(loop, waiter)
  if waiter.done then return true end
  local way, message = loop:way_to_wait()
  if not way then return nil, message end
  way(loop, waiter)
  return true
end

--- Wakes a waiter after some seconds, if nothing else has by then.
-- @tparam table loop
-- @tparam table waiter
-- @tparam number seconds
function turns.wake_after(loop, waiter, seconds)
  waiter.timer = timers.add(loop.timers, now() + seconds, waiter)
  if not loop.turning then loop:ring() end
end

--- Waits, while everything else goes on.
-- @tparam table loop
-- @tparam number seconds
function turns.sleep(loop, seconds)
  if loop.closed then return end
  local waiter = {}
  turns.wake_after(loop, waiter, seconds)
  turns.suspend(loop, waiter)
end

--- How many tasks are not done yet.
-- @tparam table loop
-- @treturn number
function turns.count_pending(loop)
  if loop.left[1] then turns.cancel_left(loop) end
  local count = loop.pending
  for task in pairs(loop.light_tasks) do count = count + (task.weak and 0 or 1) end
  return count
end

-- The protocol that event loops poll by ---------------------------------------------------------------------------------------------

--- One descriptor, readable when a turn has something to do.
-- @tparam table loop
-- @treturn number or nil, where the system has none
function turns.pollfd(loop)
  if loop.closed then return nil end
  local descriptor = loop:handle():pollfd()
  loop.is_polled = descriptor ~= nil
  return descriptor
end

--- What to wait for on the descriptor.
-- @treturn string `"r"`
function turns.events()
  return "r"
end

return turns
