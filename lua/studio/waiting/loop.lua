--- The loop of one client: its transfers, its tasks, and all that wait for them.
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
local queue = require "studio.waiting.queue"
local task_waiting = require "studio.waiting.ways.task"
local timers = require "studio.waiting.timers"
local ways = require "studio.waiting.ways"

local current_task, is_yieldable = task_waiting.current, task_waiting.is_yieldable
local wait_in_task, wait_as_host = task_waiting.wait, task_waiting.wait_as_host
local now = core.now
local find_way, has_ready = ways.find, queue.has
local min, max = math.min, math.max

-- Seconds. A wait without an end looks up this often: a signal that comes just before the wait does not cut it short.
local LONGEST_TURN = 1

local loop_methods = {}
local loop_mt = { __name = "studio.loop", __index = loop_methods }

-- late: few programs have a task of one client wait for another client.
local function nested() return require "studio.waiting.nested" end

local weak_keys, weak_values = { __mode = "k" }, { __mode = "v" }

--- Makes a loop. The multi handle is made on first use: a client may be made where no connection may be (before a fork, say).
-- @tparam table options of `core.multi`; they may hold a proxy's password, so they stay in a closure
-- @tparam function|nil wait the program's own, (loop, seconds)
-- @treturn table
local function new(options, wait)
  return setmetatable({
    make_multi = function() return core.multi(options) end,
    wait = wait or false,
    multi = false, closed = false,
    -- Whether a turn goes on, and whether it is at its first half, which drives the transfers.
    turning = false, driving = false,
    -- The waiter of each transfer, by the transfer's id. A coroutine of the program's that is dropped in the middle of a call takes its
    -- waiter and its transfer with it.
    waiting = setmetatable({}, weak_values),
    -- Waiters that sleep on the descriptor, and look up only when it is readable.
    sleepers = setmetatable({}, weak_keys),
    is_polled = false, rung = false,
    timers = {}, guests = {},
    ready = {}, first_ready = 1, last_ready = 0, -- see `studio.waiting.queue`
    -- The tasks that the loop keeps alive until they end, and how many they are; tasks that live only as long as others hold them.
    tasks = {}, pending = 0,
    weak_tasks = setmetatable({}, weak_keys),
    -- Failures of tasks that nobody has waited for: outcome → function(outcome) that reports it.
    unhandled = {},
    -- Tasks and maps that finalizers have cancelled at the next turn, see `cancel_later`.
    to_cancel = {},
    -- function(loop) that tells of tasks that never ran, once there are tasks; see `studio.waiting.task`.
    report_dropped = false,
  }, loop_mt)
end

--- The multi handle, which is made when it is first needed.
-- @treturn userdata or nil and a message, where the process has no descriptor left: then nothing can be in flight
function loop_methods:handle()
  if not self.multi then
    local made, problem = self.make_multi()
    if not made and not self.multi then return nil, problem end
    self.multi = self.multi or made
    if self.closed then self.multi:close() end
  end
  return self.multi
end

-- waking ------------------------------------------------------------------------------------------------------------------------

--- Lets a task go on at the next turn.
function loop_methods:make_ready(task)
  queue.add(self, task)
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

loop_methods.wake = wake

--- Ends a wait before its time, without letting its task or program go on.
local function let_go(waiter)
  waiter.task, waiter.notify = false, nil
  wake(nil, waiter)
end

--- Makes the descriptor readable until the next turn, so that everything that sleeps on it wakes up and asks again how long to sleep.
function loop_methods:ring()
  if self.is_polled and not self.rung and not self.closed then
    self.rung = true
    self.multi:ring()
  end
end

-- Wakes sleepers that another one's turn would leave asleep: that turn may have ended their wait and made the descriptor unreadable, or
-- have set a timer for an earlier moment than the one at which they wake up.
local function ring_for_sleepers(loop)
  local due = now() + (loop:timeout() or math.huge)
  for sleeper in pairs(loop.sleepers) do
    if sleeper.done or sleeper.wakes_at > due then return loop:ring() end
  end
end

-- turns -------------------------------------------------------------------------------------------------------------------------

--- Has a task or map cancelled at the next turn, for finalizers: they may run in the middle of the loop's own work. (On LuaJIT of before
-- the end of 2023 a compiled `pairs` loop may also never end in a finalizer.)
-- @tparam table one has a method `cancel`
function loop_methods:cancel_later(one) self.to_cancel[#self.to_cancel + 1] = one end

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

-- Seconds until a timer is due, at most `seconds`; 0 while a task is ready.
local function bounded(loop, seconds)
  if has_ready(loop) then return 0 end
  local timer = loop.timers[1]
  if timer then seconds = min(seconds, max(0, timer.due - now())) end
  if loop.guests[1] then seconds = nested().bounded(loop, seconds) end
  return seconds
end

-- Drives the transfers; gives how many are in flight. Where there can be no multi handle there are none, and no time passes.
local function step(loop, seconds, budget)
  local multi = loop:handle()
  loop.rung = false
  return multi and not loop.closed and multi:step(seconds, budget) or 0
end

local function take_turn(loop, seconds, budget)
  if loop.to_cancel[1] then cancel_all(loop) end
  loop.turning, loop.driving = true, true
  step(loop, bounded(loop, seconds), budget)
  local woken = loop.guests[1] and nested().drive(loop)
  loop.driving = false
  woken = wake_waiters(loop) or woken
  if has_ready(loop) then
    queue.run(loop, budget)
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
function loop_methods:turn(seconds, budget)
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
function loop_methods:push()
  if self.closed then return end
  step(self, 0)
  if not self.turning then self:ring() end
end

-- Whether nothing could end a wait: no transfer, no timer, no task to run, no other loop.
local function is_idle(loop)
  return not has_ready(loop) and not loop.timers[1] and not loop.guests[1] and step(loop, 0) == 0 and not next(loop.waiting)
end

--- Waits until the waiter is done; the program is blocked meanwhile.
local function wait_blocking(loop, waiter)
  while not waiter.done and not loop.closed do
    loop:turn(LONGEST_TURN)
    if not waiter.done and waiter.for_task and not loop.closed and is_idle(loop) then
      errors.misuse("this task waits for something that nothing in flight can end")
    end
  end
  -- A program may have asked for `timeout` before these turns, to poll the descriptor: a timer that was set since may be due earlier.
  loop:ring()
end

local function cancel(task) task:cancel() end

local function report(outcome, tell) tell(outcome) end

--- Ends every wait, safely at any moment and again; transfers in flight end as cancelled.
function loop_methods:close()
  if self.closed then return end
  self.closed = true
  if self.multi then
    local descriptor = self.told_descriptor
    if descriptor and package.loaded.cqueues then pcall(package.loaded.cqueues.cancel, descriptor) end
    self.multi:close()
  end
  if self.report_dropped then pcall(self.report_dropped, self) end
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
  queue.clear(self)
end

-- waiting -----------------------------------------------------------------------------------------------------------------------

local function choose_wait(loop, task)
  if task and task.thread and is_yieldable() then return task.loop == loop and wait_in_task or wait_as_host, task end
  local way = find_way(loop)
  if not way then return wait_blocking end
  local is_available, message = way.available(loop)
  if is_available then return way.wait end
  if message then return nil, message end
  return wait_blocking
end

--- Chooses how the caller waits.
-- @treturn function(loop, waiter) that returns when the waiter is done or the loop is closed; or nil and a message, where nothing may wait
-- @treturn table|nil the task, where the wait suspends it
function loop_methods:choose_wait()
  return choose_wait(self, current_task())
end

--- Chooses how a call waits for its answer; it must not begin where that cannot be.
-- @treturn function way, and the task, as `choose_wait`; or nil and the failure of the call
function loop_methods:way_for_call()
  if self.closed then return nil, { name = "cancelled", message = "the client is closed", sent = false } end
  local task = current_task()
  if task and task.ended then return nil, { name = "cancelled", message = "the task was cancelled", sent = false } end
  local wait, waiting_task = wait_blocking, nil
  if task or find_way(self) then wait, waiting_task = choose_wait(self, task) end
  if wait then return wait, waiting_task end
  return nil, { name = "context", message = waiting_task, sent = false }
end

--- The runner of this program's tasks; nil where the loop runs them. Where there is a runner, no wait may block, either.
function loop_methods:runner()
  local way = find_way(self)
  return way and way.runner
end

--- Whether a transfer that is about to start will be alone on the loop, as in most scripts, and its wait blocks: then one step is most
-- often all the waiting there is, and nobody else has to be told of anything.
-- @tparam function wait that of `choose_wait`
function loop_methods:is_free(wait)
  return wait == wait_blocking and self.pending == 0 and self.first_ready > self.last_ready and not self.timers[1]
end

--- The one step that a transfer takes which is alone on the loop, see `is_free`. It may end early, by a signal, say.
function loop_methods:step_alone()
  step(self, LONGEST_TURN)
  self:ring()
end

--- Waits until a transfer has ended; not at all, where it has.
-- @tparam userdata transfer that was started
-- @tparam number id the transfer's
-- @tparam function wait that `choose_wait` gave
-- @tparam table|nil task that `choose_wait` gave
function loop_methods:wait_for(transfer, id, wait, task)
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
function loop_methods:suspend(waiter)
  if waiter.done or self.closed then return true end
  local wait, message = self:choose_wait()
  if not wait then return nil, message end
  wait(self, waiter)
  return true
end

--- Wakes a waiter after some seconds, if nothing else has by then.
-- @tparam table waiter
-- @tparam number seconds
function loop_methods:wake_after(waiter, seconds)
  local timer = timers.add(self.timers, now() + seconds, waiter)
  waiter.timer = timer
  if waiter.done then timers.remove(timer) end
  if not self.turning then self:ring() end
end

--- Waits, while everything else goes on.
-- @tparam number seconds
-- @tparam[opt] boolean gives_way whether others run even where the time is over at once
-- @treturn boolean true; or nil and the failure, as `way_for_call`
function loop_methods:sleep(seconds, gives_way)
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
function loop_methods:count_pending()
  if self.to_cancel[1] then cancel_all(self) end
  local count = self.pending
  for task in pairs(self.weak_tasks) do count = count + (task.weak and 0 or 1) end
  return count
end

-- The protocol that event loops poll by -----------------------------------------------------------------------------------------

--- One descriptor, readable when a turn has something to do.
-- @treturn number|nil nil where the system has none
function loop_methods:pollfd()
  local multi = not self.closed and self:handle()
  if self.closed then return nil end
  local descriptor = multi and multi:pollfd() or nil
  self.is_polled = descriptor ~= nil
  return descriptor
end

--- The condition to wait for on the descriptor.
-- @treturn string `"r"`
function loop_methods.events() return "r" end

--- How long to wait at most before the next turn, whatever the descriptor says.
-- @treturn number|nil seconds; nil for as long as the caller likes
function loop_methods:timeout()
  local multi = not self.closed and self:handle()
  if self.closed then return nil end
  local seconds = bounded(self, multi and multi:timeout() or math.huge)
  return seconds < math.huge and seconds or nil
end

return { new = new, let_go = let_go }
