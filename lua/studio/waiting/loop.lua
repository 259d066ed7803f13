--- The loop of one client: its transfers, its tasks, and all that wait for them.
--
-- Here is what a program needs that makes one call after another: how a call waits, and the steps of a transfer that is alone. What many
-- at once need is in `studio.waiting.turns`, whose methods a loop has, too.
local core = require "studio.core"
local ways = require "studio.waiting.ways"

local find_way = ways.find

local current_task -- what `find_tasks_by` was given; nil as long as there can be no task

-- Seconds. A wait without an end looks up this often: a signal that comes just before the wait does not cut it short.
local LONGEST_STEP = 1

local loop_methods = {}
local loop_mt = { __name = "studio.loop", __index = loop_methods }

local turns -- `studio.waiting.turns`, once a method was asked for that is not here

setmetatable(loop_methods, {
  __index = function(methods, name)
    turns = require "studio.waiting.turns" -- late: most scripts never have two things going on
    setmetatable(methods, { __index = turns.methods })
    return turns.methods[name]
  end,
})

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
    ready = {}, first_ready = 1, last_ready = 0, -- see `make_ready`
    -- The tasks that the loop keeps alive until they end, and how many they are; tasks that live only as long as others hold them.
    tasks = {}, pending = 0,
    weak_tasks = setmetatable({}, weak_keys),
    -- Failures of tasks that nobody has waited for: outcome → function(outcome) that reports it.
    unhandled = {},
    -- Tasks and maps that finalizers have cancelled at the next turn, see `cancel_later`.
    to_cancel = {},
    -- function(loop) that tells of tasks that never ran, once there are tasks; see `studio.waiting.task`.
    report_dropped = false,
    -- The descriptor that cqueues was told of, see `studio.waiting.ways`.
    told_descriptor = false,
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

--- Makes the descriptor readable until the next turn, so that everything that sleeps on it wakes up and asks again how long to sleep.
function loop_methods:ring()
  if self.is_polled and not self.rung and not self.closed then
    self.rung = true
    self.multi:ring()
  end
end

--- Drives the transfers; no task runs. Where there can be no multi handle there are no transfers, and no time passes.
-- @tparam number seconds at most
-- @tparam[opt] number budget seconds after which no further socket is looked at
-- @treturn number how many are in flight
function loop_methods:drive(seconds, budget)
  local multi = self:handle()
  self.rung = false
  return multi and not self.closed and multi:step(seconds, budget) or 0
end

-- Waits until the waiter is done; the program is blocked meanwhile.
local function wait_blocking(loop, waiter) loop:block(waiter) end

loop_methods.wait_blocking = wait_blocking

--- Chooses how a call waits for its answer; it must not begin where that cannot be.
-- @treturn function way, and the task, as `choose_wait`; or nil and the failure of the call
-- @treturn boolean whether its transfer will be alone on the loop, as in most scripts, and the wait blocks: then one step is most often all
--   the waiting there is, and nobody else has to be told of anything
function loop_methods:way_for_call()
  if self.closed then return nil, { name = "cancelled", message = "the client is closed", sent = false } end
  local task = current_task and current_task()
  if task and task.ended then return nil, { name = "cancelled", message = "the task was cancelled", sent = false } end
  local wait, waiting_task = wait_blocking, nil
  if task or find_way(self) then wait, waiting_task = self:choose_wait(task) end
  if not wait then return nil, { name = "context", message = waiting_task, sent = false } end
  return wait, waiting_task, wait == wait_blocking and self.pending == 0 and self.first_ready > self.last_ready and not self.timers[1]
end

--- Waits until a transfer has ended where nothing has brought the turns, so that nobody else can be waiting.
-- @tparam userdata transfer that was started
-- @treturn boolean whether it has ended, or the loop is closed; else the wait is for `wait_for`
function loop_methods:wait_alone(transfer)
  while not transfer:done() and not self.closed do
    if turns then return false end
    self:drive(LONGEST_STEP)
    -- No step waits as long as a transfer stands among the ended ones that a call has left behind which an error broke off.
    repeat local id = not self.closed and self.multi:completed() until not id
    self:ring()
  end
  return true
end

--- The runner of this program's tasks; nil where the loop runs them. Where there is a runner, no wait may block, either.
function loop_methods:runner()
  local way = find_way(self)
  return way and way.runner
end

--- Closes the multi handle and its descriptor, on which nobody sleeps.
function loop_methods:close_multi()
  if self.told_descriptor and package.loaded.cqueues then pcall(package.loaded.cqueues.cancel, self.told_descriptor) end
  self.multi:close()
end

--- Ends every wait, safely at any moment and again; transfers in flight end as cancelled.
function loop_methods:close()
  if self.closed then return end
  self.closed = true
  if self.multi then
    if next(self.sleepers) then self.multi:close(true) else self:close_multi() end
  end
  if self.report_dropped then pcall(self.report_dropped, self) end
  if turns then self:end_waits() end -- nobody waits where nothing has brought them
end

--- Tells the loops how to find the task that runs: `studio.waiting.task` does, before it makes a first one.
-- @tparam function find () → the task, or nil
local function find_tasks_by(find) current_task = find end

return { new = new, find_tasks_by = find_tasks_by }
