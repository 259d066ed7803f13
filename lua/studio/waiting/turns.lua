--- The turns of a loop, for programs in which several things go on at once; the methods of `studio.waiting.loop` that it takes.
--
-- Each wait has a *waiter*, a table that gets `done = true` when the wait is over. Inside a task the wait suspends the
-- task's coroutine; elsewhere it goes by one of `studio.waiting.ways`, or blocks. A *turn* drives the transfers, wakes waiters, and runs
-- the tasks that are ready.
--
-- Wherever something is allocated, the collector may run a finalizer of the program's that uses the same client: takes a turn, or closes
-- it. So each wait, once its waiter can be found, looks whether it is over already.
local core = require "studio.core"
local each = require "studio.waiting.each"
local errors = require "studio.base.errors"
local task_waiting = require "studio.waiting.ways.task"
local timers = require "studio.waiting.timers"
local ways = require "studio.waiting.ways"

local current_task, is_yieldable = task_waiting.current, task_waiting.is_yieldable
local wait_in_task, wait_as_host = task_waiting.wait, task_waiting.wait_as_host
local now = core.now
local find_way = ways.find
local min, max = math.min, math.max

-- Seconds. A wait without an end looks up this often: a signal that comes just before the wait does not cut it short.
local LONGEST_TURN = 1
-- Seconds by which one may sleep beyond a timer. Two that ask the clock one after the other differ by less.
local OVERSLEPT = 0.001

local turn_methods = {}

-- late: few programs have a task of one client wait for another client.
local function nested() return require "studio.waiting.nested" end

-- waking ------------------------------------------------------------------------------------------------------------------------

--- Lets a task go on at the next turn. The tasks that are to stand in the loop's `ready`, from `first_ready` to `last_ready`; one may stand
-- there twice, and for nothing: it looks whether its wait is over.
function turn_methods:make_ready(task)
  local last = self.last_ready + 1
  self.ready[last], self.last_ready = task, last
  if self.is_polled and not self.turning then self:ring() end
end

--- Tells a waiter that what it waits for has come. A task goes on at its loop's next turn, not from here.
local function wake(_, waiter)
  if waiter.done then return end
  waiter.done = true
  if waiter.timer then timers.remove(waiter.timer) end
  if waiter.leave then waiter:leave() end
  local task = waiter.task
  if task then
    task.loop:make_ready(task)
  elseif waiter.notify then
    waiter:notify()
  end
end

turn_methods.wake = wake

--- Ends a wait before its time, without letting its task or program go on.
local function let_go(waiter)
  waiter.task, waiter.notify = false, nil
  wake(nil, waiter)
end

-- Wakes sleepers that another one's turn would leave asleep: that turn may have ended their wait and made the descriptor unreadable, or
-- have set a timer for an earlier moment than the one at which they wake up.
local function ring_for_sleepers(loop)
  local due = now() + (loop:timeout() or math.huge) + OVERSLEPT
  for sleeper in pairs(loop.sleepers) do
    if sleeper.done or sleeper.wakes_at > due then return loop:ring() end
  end
end

--- Notes that a waiter is about to sleep on the descriptor.
-- @tparam table waiter
-- @tparam number seconds after which it wakes by itself
function turn_methods:lie_down(waiter, seconds)
  self.sleepers[waiter], waiter.wakes_at = true, now() + seconds
end

--- Notes that it is awake. Of a loop that was closed meanwhile the last one closes the descriptor, which had to wake the others, too.
-- @tparam table waiter
function turn_methods:get_up(waiter)
  self.sleepers[waiter] = nil
  if self.closed and self.multi and not next(self.sleepers) then self:close_multi() end
end

-- turns -------------------------------------------------------------------------------------------------------------------------

--- Has a task or map cancelled at the next turn, for finalizers: they may run in the middle of the loop's own work. (On LuaJIT of before
-- the end of 2023 a compiled `pairs` loop may also never end in a finalizer.)
-- @tparam table one has a method `cancel`
function turn_methods:cancel_later(one)
  self.to_cancel[#self.to_cancel + 1] = one
  self:ring()
end

local function cancel_all(loop)
  local list = loop.to_cancel
  loop.to_cancel = {}
  for _, one in ipairs(list) do one:cancel() end
end

-- Wakes the waiters of transfers that have ended, and those whose time has come. Gives whether there were any.
local function wake_waiters(loop)
  local multi, waiting, woken = loop.multi, loop.waiting, false
  local id = not loop.closed and multi and multi:completed()
  while id do
    local waiter = waiting[id]
    if waiter then wake(loop, waiter) end
    waiting[id] = nil
    woken = true
    id = not loop.closed and multi:completed()
  end
  local first = loop.timers[1]
  local moment = first and now()
  while first and first.due <= moment do
    first.waiter.timed_out, woken = true, true
    wake(loop, first.waiter)
    timers.remove(first)
    first = loop.timers[1]
  end
  return woken
end

local function has_ready(loop) return loop.first_ready <= loop.last_ready end

-- Runs the tasks that are ready now; those that become ready meanwhile have the next turn, so that one turn always ends. A task may take a
-- turn itself, or close the loop. After `budget` seconds no further one is run.
local function run_ready(loop, budget)
  local enough, ready = budget and now() + budget, loop.ready
  for _ = loop.first_ready, loop.last_ready do
    local at = loop.first_ready
    if at > loop.last_ready then break end
    local task = ready[at]
    loop.first_ready = at + 1
    ready[at] = nil
    if task then task:resume() end
    if enough and now() >= enough then break end
  end
  if loop.first_ready > loop.last_ready then loop.first_ready, loop.last_ready = 1, 0 end
end

-- Seconds until a timer is due, at most `seconds`; 0 while a task is ready, or is to be cancelled.
local function bounded(loop, seconds)
  if has_ready(loop) or loop.to_cancel[1] then return 0 end
  local timer = loop.timers[1]
  if timer then seconds = min(seconds, max(0, timer.due - now())) end
  if loop.guests[1] then seconds = nested().bounded(loop, seconds) end
  return seconds
end

local function take_turn(loop, seconds, budget)
  if loop.to_cancel[1] then
    cancel_all(loop)
    seconds = 0 -- the wait that this turn is for may be over
  end
  loop.turning, loop.driving = true, true
  loop:drive(bounded(loop, seconds), budget)
  local woken = loop.guests[1] and nested().drive(loop)
  loop.driving = false
  woken = wake_waiters(loop) or woken
  if has_ready(loop) then
    run_ready(loop, budget)
    woken = true
  end
  return woken
end

--- One turn: drives the transfers for at most `seconds`, and runs the tasks whose time has come. A hook of the program's may raise in the
-- middle of it (Ctrl-C does): the next turn goes on where this one was.
-- @tparam number seconds
-- @tparam[opt] number budget seconds after which no further socket is looked at, and as many after which no further task is run; the rest
--   has the next turn
-- @treturn boolean whether anything ended or ran
function turn_methods:turn(seconds, budget)
  if self.closed then return false end
  local fine, woken = pcall(take_turn, self, seconds, budget)
  self.turning, self.driving = false, false
  if not fine then
    require "studio.waiting.recovery"(self) -- late: a turn that raised
    error(woken, 0)
  end
  if next(self.sleepers) then ring_for_sleepers(self) end
  return woken
end

--- Lets libcurl send what was just started, and nothing more: no task runs.
function turn_methods:push()
  if self.closed then return end
  self:drive(0)
  if not self.turning then self:ring() end
end

-- Whether nothing could end a wait: no transfer, no timer, no task to run, no other loop.
local function is_idle(loop)
  return not has_ready(loop) and not loop.timers[1] and not loop.guests[1] and loop:drive(0) == 0 and not next(loop.waiting)
end

--- Waits until the waiter is done; the program is blocked meanwhile.
-- @tparam table waiter
function turn_methods:block(waiter)
  while not waiter.done and not self.closed do
    self:turn(LONGEST_TURN)
    if not waiter.done and waiter.for_task and not self.closed and is_idle(self) then
      errors.misuse("this task waits for something that nothing in flight can end")
    end
  end
  -- A program may have asked for `timeout` before these turns, to poll the descriptor: a timer that was set since may be due earlier.
  self:ring()
end

-- waiting -----------------------------------------------------------------------------------------------------------------------

--- Chooses how the caller waits.
-- @tparam[opt] table running the task that runs, from a caller that has looked
-- @treturn function(loop, waiter) that returns when the waiter is done or the loop is closed; or nil and a message, where nothing may wait
-- @treturn table|nil the task, where the wait suspends it
function turn_methods:choose_wait(running)
  local task = running or current_task()
  if task and task.thread and is_yieldable() then return task.loop == self and wait_in_task or wait_as_host, task end
  local way = find_way(self)
  if not way then return self.wait_blocking end
  local is_available, message = way.available(self)
  if is_available then return way.wait end
  if message then return nil, message end
  return self.wait_blocking
end

--- Waits until a transfer has ended; not at all, where it has.
-- @tparam userdata transfer that was started
-- @tparam number id the transfer's
-- @tparam function wait that `way_for_call` gave
-- @tparam table|nil task that `way_for_call` gave
function turn_methods:wait_for(transfer, id, wait, task)
  local waiter = task and task.spare_waiter
  if waiter then
    -- Where the wait raises, this waiter does not serve again: what it waited for may still come.
    task.spare_waiter = false
    waiter.transfer, waiter.done = transfer, false
  else
    waiter = { transfer = transfer, task = task or false, done = false }
  end
  self.waiting[id] = waiter
  if transfer:done() or self.closed then
    self.waiting[id] = nil
  else
    wait(self, waiter)
  end
  if task then task.spare_waiter = waiter end
end

--- Waits until the waiter is done.
-- @tparam table waiter
-- @treturn boolean true; or nil and a message, where nothing may wait
function turn_methods:suspend(waiter)
  if waiter.done or self.closed then return true end
  local wait, message = self:choose_wait()
  if not wait then return nil, message end
  wait(self, waiter)
  return true
end

--- Wakes a waiter after some seconds, if nothing else has by then.
-- @tparam table waiter
-- @tparam number seconds
function turn_methods:wake_after(waiter, seconds)
  local timer = timers.add(self.timers, now() + seconds, waiter)
  waiter.timer = timer
  if waiter.done then timers.remove(timer) end
  if not self.turning then self:ring() end
end

--- Waits, while everything else goes on.
-- @tparam number seconds
-- @tparam[opt] boolean gives_way whether others run even where the time is over at once
-- @treturn boolean true; or nil and the failure, as `way_for_call`
function turn_methods:sleep(seconds, gives_way)
  local wait, failure = self:way_for_call()
  if not wait then return nil, failure end
  local waiter = { gives_way = gives_way }
  self:wake_after(waiter, seconds)
  if not waiter.done and not self.closed then wait(self, waiter) end
  if self.closed then return nil, { name = "cancelled", message = "the client is closed" } end
  return true
end

--- How many tasks are not done yet.
-- @treturn number
function turn_methods:count_pending()
  if self.to_cancel[1] then cancel_all(self) end
  local count = self.pending
  for task in pairs(self.weak_tasks) do count = count + (task.weak and 0 or 1) end
  return count
end

-- the end ------------------------------------------------------------------------------------------------------------------------

local function cancel(task) task:cancel() end

local function report(outcome, tell) tell(outcome) end

--- Ends every wait, once the loop is closed.
function turn_methods:end_waits()
  each(self.waiting, wake)
  local timer = self.timers[1]
  while timer do
    timers.remove(timer) -- `wake` does nothing for a waiter that is done
    pcall(wake, self, timer.waiter)
    timer = self.timers[1]
  end
  each(self.tasks, cancel)
  each(self.weak_tasks, cancel)
  each(self.unhandled, report)
  self.first_ready, self.last_ready = 1, 0
  self.ready = {}
end

-- The protocol that event loops poll by -----------------------------------------------------------------------------------------

--- One descriptor, readable when a turn has something to do; and when the loop was closed, for as long as somebody sleeps on it.
-- @treturn number|nil nil where the system has none
function turn_methods:pollfd()
  local multi = not self.closed and self:handle()
  if self.closed then return self.multi and self.multi:pollfd() or nil end
  local descriptor, was_polled = multi and multi:pollfd() or nil, self.is_polled
  self.is_polled = descriptor ~= nil
  -- Making the descriptor drives the transfers: what one has brought then makes nothing readable, and the caller may have asked for
  -- `timeout` before.
  if not was_polled and next(self.waiting) then self:ring() end
  return descriptor
end

--- The condition to wait for on the descriptor.
-- @treturn string `"r"`
function turn_methods.events() return "r" end

--- How long to wait at most before the next turn, whatever the descriptor says.
-- @treturn number|nil seconds; nil for as long as the caller likes
function turn_methods:timeout()
  local multi = not self.closed and self:handle()
  if self.closed then return nil end
  local seconds = bounded(self, multi and multi:timeout() or math.huge)
  return seconds < math.huge and seconds or nil
end

return { methods = turn_methods, let_go = let_go }
