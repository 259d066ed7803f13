--- The loop of one client: its multi handle, who waits for what, and whose turn it is.
--
-- Whoever waits has a *waiter*, a table that gets `done = true` when what it waits for has come. Inside a task the wait suspends
-- the task's coroutine; elsewhere it goes by a strategy: blocking, the program's own function, cqueues, or nginx.
local later = require "studio.later"
local close = later "studio.closing"
local core = require "studio.core"
local errors = require "studio.errors"
local guests = later "studio.guests"
local task_waiting = require "studio.waiting.task"
local timers = later "studio.timers"

local now = core.now
local min, max = math.min, math.max
local current_task, way_of_task = task_waiting.current, task_waiting.way
local ngx = rawget(_G, "ngx")
local is_nginx = type(ngx) == "table" and ngx.config ~= nil and ngx.get_phase ~= nil
-- Not where a C function such as string.gsub called back; before 5.3 nothing tells.
local is_yieldable = coroutine.isyieldable or function() return true end -- luacheck: ignore 143

-- Seconds. A wait without an end looks up this often: a signal that comes just before the wait does not cut it short.
local LONGEST_TURN = 1

local loop_methods = {}
local loop_mt = { __name = "studio.loop", __index = loop_methods }

--- Makes a loop. The multi handle is made on first use: a client may be made where no connection may be (before a fork, say).
-- @tparam table options of `core.multi`; they may hold a proxy's password, so they stay in a closure
-- @tparam function|nil wait the program's own, (loop, seconds)
-- @treturn table
local function new(options, wait)
  return setmetatable({
    make_multi = function() return core.multi(options) end,
    wait = wait,
    -- Weak: a coroutine of the program's that is dropped in the middle of a call takes its waiter and its transfer with it.
    waiting = setmetatable({}, { __mode = "v" }),
    -- Waiters that sleep on the descriptor, in a way that needs it to be readable for them to look up.
    sleepers = setmetatable({}, { __mode = "k" }),
    timers = {}, ready = {}, first_ready = 1, last_ready = 0, guests = {},
    -- What failed tasks have to report that nobody has waited for yet; what is left to be cancelled.
    unheard = {}, left = {},
    -- Tasks that go on for as long as somebody holds them are not counted.
    weak_tasks = setmetatable({}, { __mode = "k" }),
    -- Tasks that nginx runs, and ends with their requests.
    light_tasks = setmetatable({}, { __mode = "k" }),
    tasks = {}, pending = 0, closed = false, is_polled = false, rung = false, turning = false,
  }, loop_mt)
end

function loop_methods:handle()
  if not self.multi then self.multi = self.make_multi() end
  return self.multi
end

-- waking ------------------------------------------------------------------------------------------------------------------------

local function make_ready(self, task)
  local last = self.last_ready + 1
  self.ready[last], self.last_ready = task, last
  if not self.turning then self:ring() end
end

loop_methods.make_ready = make_ready

-- What a waiter waits for has come. Tasks run at the loop's next turn, never from here.
local function wake(waiter)
  if waiter.done then return end
  waiter.done = true
  if waiter.timer then timers.remove(waiter.timer) end
  if waiter.leave then waiter:leave() end
  local task = waiter.task
  if task then
    make_ready(task.loop, task)
  elseif waiter.notify then
    waiter:notify()
  end
end

loop_methods.wake = function(_, waiter) wake(waiter) end

--- A waiter waits no longer, though what it waits for has not come.
local function let_go(waiter)
  waiter.task, waiter.notify = false, nil
  wake(waiter)
end

--- Wakes a waiter after some seconds, if nothing else has by then.
function loop_methods:wake_after(waiter, seconds)
  waiter.timer = timers.add(self.timers, now() + seconds, waiter)
  if not self.turning then self:ring() end
end

--- Makes the descriptor readable until the next step: whoever sleeps on it looks up, and asks again how long to sleep.
function loop_methods:ring()
  if self.is_polled and not self.rung and not self.closed then
    self.rung = true
    self.multi:ring()
  end
end

-- A turn of somebody else may have brought what a sleeper waits for, and taken the reason away for which the descriptor was readable;
-- or have set a timer for an earlier moment than the one it means to wake up at.
local function ring_for_sleepers(self)
  local due = now() + (self:timeout() or math.huge)
  for sleeper in pairs(self.sleepers) do
    if sleeper.done or sleeper.wakes_at > due then return self:ring() end
  end
end

local function cancel_left(self)
  local left = self.left
  self.left = {}
  for _, one in ipairs(left) do one:cancel() end
end

-- turns -------------------------------------------------------------------------------------------------------------------------

-- Tells the waiters of transfers that have ended, and those whose time has come. Gives whether there were any.
local function tell(self)
  local multi, waiting, told = self.multi, self.waiting, false
  if multi then
    local id = multi:completed()
    while id do
      local waiter = waiting[id]
      waiting[id] = nil
      if waiter then wake(waiter) end
      told = true
      id = multi:completed()
    end
  end
  local first = self.timers[1]
  if first then
    local moment = now()
    while first and first.due <= moment do
      first.waiter.timed_out = true
      wake(first.waiter)
      told = true
      first = self.timers[1]
    end
  end
  return told
end

-- Runs the tasks that are ready now; what they make ready has its turn next time, so that one turn always ends. A task may take a turn
-- itself, or close the loop.
local function run_ready(self, budget)
  local enough = budget and now() + budget
  for _ = self.first_ready, self.last_ready do
    local at = self.first_ready
    local task = self.ready[at]
    if not task then break end
    self.ready[at] = nil
    self.first_ready = at + 1
    task:resume()
    if enough and now() >= enough then break end
  end
  if self.first_ready > self.last_ready then self.first_ready, self.last_ready = 1, 0 end
end

local function has_ready(self)
  return self.first_ready <= self.last_ready
end

-- Seconds until a timer is due, at most `seconds`; 0 while a task is ready.
local function bounded(self, seconds)
  if has_ready(self) then return 0 end
  local timer = self.timers[1]
  if timer then seconds = min(seconds, max(0, timer.due - now())) end
  if self.guests[1] then seconds = guests.bounded(self, seconds) end
  return seconds
end

-- Drives the transfers; gives how many are in flight.
local function step(self, seconds, budget)
  self.rung = false
  return self:handle():step(seconds, budget)
end

--- One turn: drives the transfers for at most `seconds`, and runs the tasks whose time has come.
-- @tparam number seconds
-- @tparam[opt] number budget seconds after which no further socket is looked at, and as many after which no further task is run; what is
--   left has the next turn
-- @treturn boolean whether anything ended or ran
function loop_methods:turn(seconds, budget)
  if self.closed then return false end
  if self.left[1] then cancel_left(self) end
  self.turning = true
  step(self, bounded(self, seconds), budget)
  local told = self.guests[1] and guests.drive(self)
  told = tell(self) or told
  if has_ready(self) then
    run_ready(self, budget)
    told = true
  end
  self.turning = false
  if next(self.sleepers) then ring_for_sleepers(self) end
  return told
end

--- Lets libcurl send what was just started, and nothing more: no task runs.
function loop_methods:push()
  if self.closed then return end
  step(self, 0)
  if not self.turning then self:ring() end
end

-- Nothing that could end a wait: no transfer, no timer, no task to run, no other loop.
local function is_idle(self)
  return not has_ready(self) and not self.timers[1] and not self.guests[1] and step(self, 0) == 0 and not next(self.waiting)
end

local function wait_blocking(self, waiter)
  while not waiter.done and not self.closed do
    self:turn(LONGEST_TURN)
    if not waiter.done and waiter.for_task and is_idle(self) then
      errors.misuse("this task waits for something that nothing in flight can end")
    end
  end
  -- Whoever polls the descriptor otherwise was told to come back at a time that may be too late now.
  self:ring()
end

--- How tasks run and wait in nginx, where this Lua is inside it and the program does not wait by a function of its own.
-- @treturn table|nil the module `studio.waiting.nginx`
function loop_methods:inside_nginx()
  return is_nginx and not self.wait and require "studio.waiting.nginx" or nil
end

--- How many tasks are not done yet.
function loop_methods:count_pending()
  if self.left[1] then cancel_left(self) end
  local count = self.pending
  for task in pairs(self.light_tasks) do count = count + (task.weak and 0 or 1) end
  return count
end

--- Chooses how to wait here.
-- @tparam[opt] table|boolean task that runs, false for none; found here where it is left out
-- @treturn function(loop, waiter) that returns when the waiter is done; or nil and a message, where nothing may wait (a phase of nginx
--   that cannot yield)
-- @treturn table|nil the task, where it is suspended
function loop_methods:way_to_wait(task)
  if task == nil then task = current_task() end
  if task and not task.nginx and is_yieldable() then return way_of_task(task, self), task end
  if self.wait then return (require "studio.waiting.program") end
  if is_nginx then return self:inside_nginx().strategy() end
  local cqueues = package.loaded.cqueues
  if cqueues and is_yieldable() then
    -- In a coroutine that the program itself resumes, a wait would reach the program, not cqueues.
    local controller, is_immediate = cqueues.running()
    if controller and is_immediate then return (require "studio.waiting.cqueues") end
  end
  return wait_blocking
end

--- Waits until the waiter is done.
-- @tparam table waiter
-- @treturn boolean true; or nil and a message, where nothing may wait
function loop_methods:suspend(waiter)
  if waiter.done then return true end
  local way, message = self:way_to_wait()
  if not way then return nil, message end
  way(self, waiter)
  return true
end

--- Whether a transfer that is about to start will be alone on the loop, as in most scripts, and whoever waits for it blocks meanwhile: then
-- one step is most often all the waiting there is, and nobody else has to be told of anything.
-- @tparam function way that of `way_to_wait`
function loop_methods:is_free(way)
  return way == wait_blocking and self.pending == 0 and not self.timers[1] and self.first_ready > self.last_ready
end

--- That step. It may end early, by a signal, say.
function loop_methods:step_alone()
  self.multi:step(LONGEST_TURN)
  self:stepped()
end

--- After a step that was taken elsewhere: it has silenced the bell, and whoever polls the descriptor was told to come back at a time that
-- may be too late now.
function loop_methods:stepped()
  if not self.is_polled then return end
  self.rung = false
  self:ring()
end

--- Waits until a transfer has ended.
-- @tparam userdata transfer in flight
-- @tparam number id the transfer's
-- @tparam function way and `task`, those of `way_to_wait`
function loop_methods:wait_for(transfer, id, way, task)
  local waiter = task and task.transfer_waiter
  if waiter then
    waiter.transfer, waiter.done = transfer, false
  else
    waiter = { transfer = transfer, task = task or false, done = false }
    if task then task.transfer_waiter = waiter end
  end
  self.waiting[id] = waiter
  way(self, waiter)
end

--- Has something cancelled when the next turn begins: for finalizers, which run in the middle of the loop's own work, too. (And on LuaJIT
-- of before the end of 2023 a compiled `pairs` loop may never end in a finalizer.)
-- @tparam table left has a method `cancel`
function loop_methods:cancel_later(left)
  self.left[#self.left + 1] = left
end

--- Waits, while everything else goes on.
-- @tparam number seconds
function loop_methods:sleep(seconds)
  if self.closed then return end
  local waiter = {}
  self:wake_after(waiter, seconds)
  self:suspend(waiter)
end

-- The protocol that event loops poll by ---------------------------------------------------------------------------------------------

--- One descriptor, readable when a turn has something to do.
-- @treturn number or nil, where the system has none
function loop_methods:pollfd()
  if self.closed then return nil end
  local descriptor = self:handle():pollfd()
  self.is_polled = descriptor ~= nil
  return descriptor
end

--- What to wait for on the descriptor.
-- @treturn string `"r"`
function loop_methods.events()
  return "r"
end

--- How long to wait at most before the next turn, whatever the descriptor says.
-- @treturn number seconds, or nil
function loop_methods:timeout()
  if self.closed then return nil end
  local seconds = bounded(self, self:handle():timeout() or math.huge)
  return seconds < math.huge and seconds or nil
end

--- Ends every wait; transfers in flight end as cancelled.
function loop_methods:close()
  if not self.closed then close(self) end
end

return { new = new, let_go = let_go }
