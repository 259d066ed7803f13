--- The loop of one client: its multi handle, who waits for what, and whose turn it is.
--
-- Whoever waits has a *waiter*, a table that gets `done = true` when what it waits for has come. Inside a task the wait suspends
-- the task's coroutine; elsewhere it goes by a strategy: blocking, the program's own function, cqueues, or nginx.
local core = require "studio.core"
local task_waiting = require "studio.waiting.ways.task"
local timers = require "studio.waiting.timers"
local turns = require "studio.waiting.turns"

local current_task, wait_in_task, wait_as_host = task_waiting.current, task_waiting.wait, task_waiting.wait_as_host
local ngx = rawget(_G, "ngx")
local is_nginx = type(ngx) == "table" and ngx.config ~= nil and ngx.get_phase ~= nil
-- Not where a C function such as string.gsub called back; before 5.3 nothing tells.
local is_yieldable = coroutine.isyieldable or function() return true end -- luacheck: ignore 143

-- Each of `turns` is a method of the loop, too.
local loop_methods = setmetatable({}, { __index = turns })
local loop_mt = { __name = "studio.loop", __index = loop_methods }

local function wait_blocking(self, waiter) return turns.wait_blocking(self, waiter) end

--- Makes a loop. The multi handle is made on first use: a client may be made where no connection may be (before a fork, say).
-- @tparam table options of `core.multi`; they may hold a proxy's password, so they stay in a closure
-- @tparam function|nil wait the program's own, (loop, seconds)
-- @treturn table
local function new(options, wait)
  return setmetatable({
    make_multi = function() return core.multi(options) end,
    wait = wait or false,
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
    multi = false, tasks = {}, pending = 0, closed = false, is_polled = false, rung = false, turning = false,
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
  if self.is_polled and not self.turning then self:ring() end
end

loop_methods.make_ready = make_ready

--- What a waiter waits for has come. Tasks run at the loop's next turn, never from here.
local function wake(_, waiter)
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

loop_methods.wake = wake

--- A waiter waits no longer, though what it waits for has not come.
local function let_go(waiter)
  waiter.task, waiter.notify = false, nil
  wake(nil, waiter)
end

--- Makes the descriptor readable until the next step: whoever sleeps on it looks up, and asks again how long to sleep.
function loop_methods:ring()
  if self.is_polled and not self.rung and not self.closed then
    self.rung = true
    self.multi:ring()
  end
end

--- How tasks run and wait in nginx, where this Lua is inside it and the program does not wait by a function of its own.
-- @treturn table|nil the module `studio.waiting.ways.nginx`
function loop_methods:inside_nginx()
  return is_nginx and not self.wait and require "studio.waiting.ways.nginx" or nil -- late:
end

--- Chooses how to wait here.
-- @tparam[opt] table|boolean task that runs, false for none; found here where it is left out
-- @treturn function(loop, waiter) that returns when the waiter is done; or nil and a message, where nothing may wait (a phase of nginx
--   that cannot yield)
-- @treturn table|nil the task, where it is suspended
function loop_methods:way_to_wait(task)
  if task == nil then task = current_task() end
  if task and not task.nginx and is_yieldable() then return task.loop == self and wait_in_task or wait_as_host, task end
  if self.wait then return (require "studio.waiting.ways.program") end -- late:
  if is_nginx then return self:inside_nginx().strategy() end
  local cqueues = package.loaded.cqueues
  if cqueues and is_yieldable() then
    -- In a coroutine that the program itself resumes, a wait would reach the program, not cqueues.
    local controller, is_immediate = cqueues.running()
    if controller and is_immediate then return (require "studio.waiting.ways.cqueues") end -- late:
  end
  return wait_blocking
end

--- Whether a transfer that is about to start will be alone on the loop, as in most scripts, and whoever waits for it blocks meanwhile: then
-- one step is most often all the waiting there is, and nobody else has to be told of anything.
-- @tparam function way that of `way_to_wait`
function loop_methods:is_free(way)
  return way == wait_blocking and self.pending == 0 and not self.timers[1] and self.first_ready > self.last_ready
end

--- Waits until a transfer has ended.
-- @tparam userdata transfer in flight
-- @tparam number id the transfer's
-- @tparam function way and `task`, those of `way_to_wait`
function loop_methods:wait_for(transfer, id, way, task)
  local waiter = task and task.spare_waiter
  if waiter then
    -- Where the wait raises it does not serve again: what it waited for may still come.
    task.spare_waiter = false
    waiter.transfer, waiter.done = transfer, false
  else
    waiter = { transfer = transfer, task = task or false, done = false }
  end
  self.waiting[id] = waiter
  way(self, waiter)
  if task then task.spare_waiter = waiter end
end

--- Has something cancelled when the next turn begins: for finalizers, which run in the middle of the loop's own work, too. (And on LuaJIT
-- of before the end of 2023 a compiled `pairs` loop may never end in a finalizer.)
-- @tparam table left has a method `cancel`
function loop_methods:cancel_later(left)
  self.left[#self.left + 1] = left
end

return { new = new, let_go = let_go }
