--- The loop of one client: its multi handle, who waits for what, and whose turn it is.
--
-- Whoever waits has a *waiter*, a table that gets `done = true` when what it waits for has come. Inside a task the wait suspends
-- the task's coroutine; elsewhere it goes by a strategy: blocking, the program's own function, cqueues, or nginx.
local core = require "studio.core"
local errors = require "studio.errors"

local now = core.now
local min, max = math.min, math.max
local yield = coroutine.yield

-- Seconds. A wait without an end looks up this often.
local LONGEST_TURN = 60

local loop_methods = {}
local loop_mt = { __name = "studio.loop", __index = loop_methods }

-- The task that each coroutine belongs to. Values are weak, too: a task refers to its coroutine, and where tables are no ephemerons
-- (before 5.2) that alone would keep both alive. A task that runs is on the stack of whoever resumed it.
local task_of = setmetatable({}, { __mode = "kv" })

-- What a suspended task's coroutine yields; anything else that it yields is the program's own, and asks for another turn.
local SUSPENDED = {}

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
    timers = {}, ready = {}, first_ready = 1, last_ready = 0,
    tasks = {}, pending = 0, closed = false,
    -- Tasks that nginx runs, and ends with their requests.
    light_tasks = setmetatable({}, { __mode = "k" }),
  }, loop_mt)
end

function loop_methods:handle()
  local multi = self.multi
  if not multi then
    multi = self.make_multi()
    self.multi = multi
  end
  return multi
end

--- The task whose coroutine is running, or nil.
local function current_task()
  local thread = coroutine.running()
  local task = thread and task_of[thread]
  if task and task.nginx and not task.nginx.is_current(task) then return nil end
  return task
end

-- waking ------------------------------------------------------------------------------------------------------------------------

--- What a waiter waits for has come. Tasks run at the loop's next turn, never from here.
function loop_methods:wake(waiter)
  if waiter.done then return end
  waiter.done = true
  if waiter.task then
    self:make_ready(waiter.task)
  elseif waiter.notify then
    waiter:notify()
  end
end

function loop_methods:make_ready(task)
  self.last_ready = self.last_ready + 1
  self.ready[self.last_ready] = task
end

-- Timers are a binary heap, the earliest first.
local function push_timer(timers, timer)
  local at = #timers + 1
  while at > 1 do
    local parent = (at - at % 2) / 2
    if timers[parent].due <= timer.due then break end
    timers[at], at = timers[parent], parent
  end
  timers[at] = timer
end

local function pop_timer(timers)
  local first, last = timers[1], table.remove(timers)
  local count = #timers
  if count == 0 then return first end
  local at = 1
  while 2 * at <= count do
    local child = 2 * at
    if child < count and timers[child + 1].due < timers[child].due then child = child + 1 end
    if last.due <= timers[child].due then break end
    timers[at], at = timers[child], child
  end
  timers[at] = last
  return first
end

--- Wakes a waiter after some seconds, if nothing else has by then.
function loop_methods:wake_after(waiter, seconds)
  push_timer(self.timers, { due = now() + seconds, waiter = waiter })
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
      if waiter then self:wake(waiter) end
      told = true
      id = multi:completed()
    end
  end
  local timers = self.timers
  if timers[1] then
    local moment = now()
    while timers[1] and timers[1].due <= moment do
      local waiter = pop_timer(timers).waiter
      if not waiter.done then
        waiter.timed_out = true
        self:wake(waiter)
        told = true
      end
    end
  end
  return told
end

-- Runs the tasks that are ready now; what they make ready has its turn next time, so that one turn always ends.
local function run_ready(self)
  local last = self.last_ready
  while self.first_ready <= last do
    local at = self.first_ready
    local task = self.ready[at]
    self.ready[at] = nil
    self.first_ready = at + 1
    task:resume()
  end
  if self.first_ready > self.last_ready then self.first_ready, self.last_ready = 1, 0 end
end

-- Seconds until a timer is due, at most `seconds`; 0 while a task is ready.
local function bounded(self, seconds)
  if self.first_ready <= self.last_ready then return 0 end
  local timer = self.timers[1]
  if timer then seconds = min(seconds, max(0, timer.due - now())) end
  return seconds
end

--- One turn: drives the transfers for at most `seconds`, and runs the tasks whose time has come.
-- @tparam number seconds
-- @treturn boolean whether anything ended or ran
function loop_methods:turn(seconds)
  if self.closed then return false end
  self:handle():step(bounded(self, seconds))
  local told = tell(self)
  if self.first_ready <= self.last_ready then
    run_ready(self)
    told = true
  end
  return told
end

--- Lets libcurl send what was just started, and nothing more: no task runs.
function loop_methods:push()
  if not self.closed then self:handle():step(0) end
end

-- Nothing that could end a wait: no transfer, no timer, no task to run.
local function is_idle(self)
  return self.first_ready > self.last_ready and not self.timers[1] and self:handle():step(0) == 0 and not next(self.waiting)
end

local function wait_blocking(self, waiter)
  while not waiter.done and not self.closed do
    self:turn(LONGEST_TURN)
    if not waiter.done and waiter.for_task and is_idle(self) then
      errors.misuse("this task waits for something that nothing in flight can end")
    end
  end
end

local function wait_by_program(self, waiter)
  while not waiter.done do
    -- Whoever knows nothing but `seconds` must still come back in time for libcurl's own timers: a timeout is one.
    local seconds = min(self:timeout() or LONGEST_TURN, LONGEST_TURN)
    if seconds > 0 then self.wait(self, seconds) end
    if self.closed then return end
    self:turn(0)
  end
end

local function suspend_task(_, waiter)
  local task = current_task()
  waiter.task, task.waiter = task, waiter
  yield(SUSPENDED)
  task.waiter = nil
end

--- How tasks run and wait in nginx, where this Lua is inside it and the program does not wait by a function of its own.
-- @treturn table|nil the module `studio.waiting.nginx`
function loop_methods:inside_nginx()
  local ngx = rawget(_G, "ngx")
  if not ngx or self.wait or type(ngx) ~= "table" or not ngx.config or not ngx.get_phase then return nil end
  return require "studio.waiting.nginx"
end

--- How many tasks are not done yet.
function loop_methods:count_pending()
  local count = self.pending
  for _ in pairs(self.light_tasks) do count = count + 1 end
  return count
end

--- Chooses how to wait here.
-- @treturn function(loop, waiter) that returns when the waiter is done; or nil and a message, where nothing may wait (a phase of nginx
--   that cannot yield)
function loop_methods:way_to_wait()
  local task = current_task()
  if task and task.loop == self and not task.nginx then return suspend_task end
  if self.wait then return wait_by_program end
  local nginx = self:inside_nginx()
  if nginx then return nginx.strategy() end
  local cqueues = package.loaded.cqueues
  if cqueues and cqueues.running() then return require("studio.waiting.cqueues") end
  return wait_blocking
end

--- Waits until the waiter is done.
-- @tparam table waiter
function loop_methods:suspend(waiter)
  if waiter.done then return end
  local way, message = self:way_to_wait()
  if not way then errors.misuse("%s", message) end
  way(self, waiter)
end

--- Waits until a transfer has ended.
-- @tparam userdata transfer in flight
-- @tparam function way of `way_to_wait`
function loop_methods:wait_for(transfer, way)
  if way == wait_blocking and self.pending == 0 and not self.timers[1] then
    -- Alone on the loop, as in most scripts: nobody else has to be told of anything.
    local multi = self.multi
    multi:step(LONGEST_TURN)
    while not transfer:done() do
      tell(self)
      multi:step(LONGEST_TURN)
    end
    return
  end
  local waiter = { transfer = transfer }
  self.waiting[transfer:id()] = waiter
  way(self, waiter)
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
  return not self.closed and self:handle():pollfd() or nil
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
  if self.closed then return end
  self.closed = true
  if self.multi then
    local descriptor = self.told_descriptor
    if descriptor and package.loaded.cqueues then package.loaded.cqueues.cancel(descriptor) end
    self.multi:close()
  end
  for _, waiter in pairs(self.waiting) do self:wake(waiter) end
  for _, timer in ipairs(self.timers) do self:wake(timer.waiter) end
  self.timers = {}
  for task in pairs(self.tasks) do task:cancel() end
  for task in pairs(self.light_tasks) do task:cancel() end
  self.ready, self.first_ready, self.last_ready = {}, 1, 0
end

return { new = new, current_task = current_task, task_of = task_of, SUSPENDED = SUSPENDED }
