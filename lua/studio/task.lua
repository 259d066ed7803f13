--- Tasks: functions whose calls suspend instead of blocking, many at a time on one loop.
local errors = require "studio.errors"
local loop_module = require "studio.loop"

local task_of, SUSPENDED = loop_module.task_of, loop_module.SUSPENDED
local unpack = table.unpack or unpack -- luacheck: ignore 143
local close_coroutine = coroutine.close -- luacheck: ignore 143

local task_methods = {}
local task_mt = { __name = "studio.task", __index = task_methods }

local function pack(...)
  return { n = select("#", ...), ... }
end

local function cancelled_error()
  return errors.new("cancelled", "the task was cancelled")
end

-- What a task says when it is over: to those who wait for it, and to the loop that counts it.
local function finish(task)
  local loop = task.loop
  task.ended = true
  if task.thread then task_of[task.thread] = nil end
  task.thread, task.waiter = nil, nil
  loop.light_tasks[task] = nil
  if loop.tasks[task] then
    loop.tasks[task] = nil
    loop.pending = loop.pending - 1
  end
  local waiters = task.waiters
  task.waiters = {}
  for _, waiter in ipairs(waiters) do loop:wake(waiter) end
end

-- A failure that nobody waited for must not get lost: it is reported when its task is collected. What has a finalizer keeps all
-- that it refers to for one collection more, so it is a sentinel that has one, and only in a task that failed.
local function report(outcome)
  if outcome.heard or not outcome.report then return end
  outcome.heard = true
  outcome.report(outcome.problem)
end

local newproxy = rawget(_G, "newproxy") -- Lua 5.1 and LuaJIT finalize userdata only

local function make_sentinel(outcome)
  local function finalize() report(outcome) end
  if not newproxy then return setmetatable({}, { __gc = finalize }) end
  local sentinel = newproxy(true)
  getmetatable(sentinel).__gc = finalize
  return sentinel
end

local function fail(task, problem)
  task.outcome.failed, task.outcome.problem = true, problem
  task.sentinel = make_sentinel(task.outcome)
  finish(task)
end

local function settle(task, thread, fine, ...)
  if task.ended then return end
  if not fine then
    local problem = ...
    -- An error object tells by itself what happened; of a text, the way to it is what helps.
    fail(task, type(problem) == "string" and debug.traceback(thread, problem) or problem)
  elseif coroutine.status(thread) == "dead" then
    task.results = pack(...)
    finish(task)
  elseif ... ~= SUSPENDED then
    task.loop:make_ready(task)
  end
end

local function explain(problem)
  return type(problem) == "string" and debug.traceback(problem, 2) or problem
end

local function settle_light(task, fine, ...)
  if task.ended then return end
  if not fine then return fail(task, (...)) end
  task.results = pack(...)
  finish(task)
end

-- Runs a task of nginx from its beginning to its end, in a light thread of its own.
local function run_light(task)
  local thread, arguments = coroutine.running(), task.arguments
  task.arguments, task_of[thread] = nil, task
  settle_light(task, xpcall(function() return task.run(unpack(arguments, 1, arguments.n)) end, explain))
  task_of[thread] = nil
end

-- Called by the loop, when the task's turn has come.
function task_methods:resume()
  if self.ended then return end
  if self.nginx then return self.nginx.begin(self, run_light) end
  local thread, arguments = self.thread, self.arguments
  if arguments then
    self.arguments = nil
    return settle(self, thread, coroutine.resume(thread, unpack(arguments, 1, arguments.n)))
  end
  settle(self, thread, coroutine.resume(thread))
end

--- Whether the task is over: it returned, raised, or was cancelled.
-- @treturn boolean
function task_methods:done()
  return self.ended
end

-- A circle of tasks that wait for one another would never end.
local function refuse_circle(task, waiting)
  local at = task
  while at and waiting do
    if at == waiting then errors.misuse(at == task and "a task cannot wait for itself" or "these tasks wait for one another") end
    at = at.waits_for
  end
end

--- Waits for a task; inside a task this suspends, elsewhere it waits while everything in flight goes on.
-- @tparam[opt] number seconds at most
-- @return what the function returned; what it raised is raised again, with its traceback. After a cancel, nil and an error of kind
--   `"cancelled"`; when the seconds run out, nil and one of kind `"timeout"`, and the task goes on.
function task_methods:wait(seconds)
  if seconds ~= nil and (type(seconds) ~= "number" or seconds ~= seconds) then errors.misuse("wait needs a number of seconds") end
  local loop, current = self.loop, loop_module.current_task()
  if not self.ended then
    refuse_circle(self, current)
    local way, message = loop:way_to_wait()
    if not way then return nil, errors.new("context", message, { sent = false }) end
    local waiter = { for_task = true, awaits = self.nginx and self }
    self.waiters[#self.waiters + 1] = waiter
    if seconds then loop:wake_after(waiter, math.max(0, seconds)) end
    if current then current.waits_for = self end
    loop:suspend(waiter)
    if current then current.waits_for = nil end
  end
  -- The loop of a closed client gives no turn any more: what reads ahead or fetches a token has to be ended here.
  if not self.ended and loop.closed then self:cancel() end
  if not self.ended then
    return nil, errors.new("timeout", ("the task was not done after %g seconds"):format(seconds or 0))
  end
  self.outcome.heard = true
  if self.nginx then self.nginx.forget(self) end
  if self.outcome.failed then error(self.outcome.problem, 0) end
  if self.cancelled then return nil, cancelled_error() end
  return unpack(self.results, 1, self.results.n)
end

--- Ends a task: its transfer at once, its function where it waits. Safe at any moment, and again.
-- @treturn boolean whether it was still going on
function task_methods:cancel()
  if self.ended then return false end
  local thread, waiter = self.thread, self.waiter
  self.cancelled = true
  if self.nginx then
    -- Its light thread ends where it waits; elsewhere it runs on to its next call, which is refused.
    finish(self)
    if waiter then
      if waiter.transfer then waiter.transfer:close() end
      self.loop:wake(waiter)
    end
    return true
  end
  if waiter then
    waiter.done = true
    if waiter.transfer then waiter.transfer:close() end
  end
  -- One that cancels itself runs on to its next call, which is refused: its coroutine must still be known as a task's.
  local suspended = coroutine.status(thread) == "suspended"
  finish(self)
  if not suspended then
    task_of[thread] = self
  elseif close_coroutine then
    close_coroutine(thread)
  end
  return true
end

-- Called where nginx ended the light thread of a task with its request.
function task_methods:abandon()
  self.cancelled = true
  finish(self)
end

function task_mt:__tostring()
  local state = not self.ended and "going on" or self.cancelled and "cancelled" or self.outcome.failed and "failed" or "done"
  return ("studio.task (%s)"):format(state)
end

--- Makes a task and gives it a turn.
-- @tparam table loop
-- @tparam function run
-- @tparam table arguments packed: `n` and the values
-- @tparam function|nil tell (problem), for a failure that nobody waits for
-- @tparam[opt=false] boolean weak whether the loop leaves the task to whoever holds it: dropped, it ends
-- @treturn table
local function spawn(loop, run, arguments, tell, weak)
  local nginx = loop:inside_nginx()
  if nginx then
    local task = setmetatable({
      loop = loop, nginx = nginx, run = run, arguments = arguments, waiters = {}, ended = false, outcome = { report = tell }, weak = weak,
    }, task_mt)
    loop.light_tasks[task] = true
    if not weak then task:resume() end
    return task
  end
  local task = setmetatable({
    loop = loop, thread = coroutine.create(run), arguments = arguments, waiters = {}, ended = false, outcome = { report = tell },
  }, task_mt)
  task_of[task.thread] = task
  if not weak then
    loop.tasks[task] = true
    loop.pending = loop.pending + 1
    loop:make_ready(task)
  end
  return task
end

return { spawn = spawn }
