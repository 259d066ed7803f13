--- Tasks: functions whose calls suspend instead of blocking, many at a time on one loop.
local errors = require "studio.base.errors"
local loop_module = require "studio.waiting.loop"
local task_waiting = require "studio.waiting.ways.task"

local task_of, SUSPENDED = task_waiting.task_of, task_waiting.SUSPENDED
local resume, status, yield = coroutine.resume, coroutine.status, coroutine.yield
local unpack = table.unpack or unpack -- luacheck: ignore 143
local close_coroutine = coroutine.close -- luacheck: ignore 143

local task_methods = {}
local task_mt = { __name = "studio.task", __index = task_methods }

local function pack(...)
  return { n = select("#", ...), ... }
end

-- Coroutines -----------------------------------------------------------------------------------------------------------------------

-- A coroutine costs more to make and to collect than all the rest of a task, so one whose task has returned serves the next. Not in nginx,
-- where a coroutine belongs to a request.
local MOST_IDLE = rawget(_G, "ngx") and 0 or 64
local idle, idle_count = {}, 0

-- What a coroutine yields whose task has returned.
local RETURNED = {}

-- Most functions take one value and give one: those need no table.
local function call(task)
  local run, arguments = task.run, task.arguments
  task.run = false
  if not arguments then return run(task.argument) end
  task.arguments = false
  return run(unpack(arguments, 1, arguments.n))
end

local function keep_results(task, ...)
  if select("#", ...) == 1 then
    task.result = ...
  else
    task.results = pack(...)
  end
end

--- What a task's function returned.
-- @tparam table task that has ended, and neither failed nor was cancelled
-- @return the values
local function results_of(task)
  local results = task.results
  if results then return unpack(results, 1, results.n) end
  return task.result
end

local function work(task)
  while true do
    keep_results(task, call(task))
    task = nil -- luacheck: ignore 311 (what is idle keeps nothing alive)
    task = yield(RETURNED)
  end
end

local function take_coroutine()
  if idle_count == 0 then return coroutine.create(work) end
  local thread = idle[idle_count]
  idle[idle_count], idle_count = nil, idle_count - 1
  return thread
end

local function give_back(thread)
  if idle_count == MOST_IDLE then return end
  idle_count = idle_count + 1
  idle[idle_count] = thread
end

-- Failures that nobody has waited for --------------------------------------------------------------------------------------------

-- The failure of a task must not get lost: it is reported when its task is collected, or its client closes.
local function report_unhandled(outcome)
  if outcome.heard then return end
  outcome.heard = true
  outcome.loop.unheard[outcome] = nil
  outcome.tell(outcome.problem)
end

local newproxy = rawget(_G, "newproxy") -- Lua 5.1 and LuaJIT finalize userdata only

-- What has a finalizer keeps all that it refers to for one collection more, so it is a sentinel that has one, and only in a task that
-- failed.
local function make_sentinel(outcome)
  local function finalize() report_unhandled(outcome) end
  if not newproxy then return setmetatable({}, { __gc = finalize }) end
  local sentinel = newproxy(true)
  getmetatable(sentinel).__gc = finalize
  return sentinel
end

-- Remembers the failure of a task until somebody hears of it.
local function remember_failure(task, problem)
  local outcome = { problem = problem, tell = task.tell, loop = task.loop }
  task.outcome, task.sentinel = outcome, make_sentinel(outcome)
  task.loop.unheard[outcome] = report_unhandled
end

-- Whoever asked for a task's end has learned of it.
local function hear_failure(task)
  local outcome = task.outcome
  if not outcome then return end
  outcome.heard = true
  task.loop.unheard[outcome] = nil
end

-- The end of a task ----------------------------------------------------------------------------------------------------------------

-- What a task says when it is over: to those who wait for it, and to the loop that counts it.
local function finish(task)
  local loop = task.loop
  task.ended = true
  if task.thread then task_of[task.thread] = nil end
  task.thread, task.waiter = false, false
  if loop.tasks[task] then
    loop.tasks[task] = nil
    loop.pending = loop.pending - 1
  else
    loop.weak_tasks[task], loop.light_tasks[task] = nil, nil
  end
  local waiters, on_end = task.waiters, task.on_end
  if waiters then
    task.waiters = false
    for _, waiter in ipairs(waiters) do loop:wake(waiter) end
  end
  if on_end then on_end(task) end
end

local function fail(task, thread, problem)
  -- An error object tells by itself what happened; of a text, the way to it is what helps.
  if thread and type(problem) == "string" then problem = debug.traceback(thread, problem) end
  task.failed, task.problem = true, problem
  if task.tell then remember_failure(task, problem) end
  finish(task)
end

local function settle(task, thread, fine, yielded)
  if task.ended then
    -- It cancelled itself, and whatever it waits for now will not come.
    if close_coroutine and status(thread) == "suspended" then close_coroutine(thread) end
  elseif not fine then
    fail(task, thread, yielded)
  elseif yielded == RETURNED then
    if task.on_end then
      -- It is kept.
      local loop = task.loop
      task.ended, task.waiter, loop.pending = true, false, loop.pending - 1
      return task.on_end(task)
    end
    finish(task)
    give_back(thread)
  elseif yielded ~= SUSPENDED then
    -- The program's own yield gives way to the others.
    task.loop:make_ready(task)
  end
end

local function explain(problem)
  return type(problem) == "string" and debug.traceback(problem, 2) or problem
end

local function settle_light(task, fine, ...)
  if task.ended then return end
  if not fine then return fail(task, nil, (...)) end
  keep_results(task, ...)
  finish(task)
end

-- Runs a task of nginx from its beginning to its end, in a light thread of its own.
local function run_light(task)
  local thread = coroutine.running()
  task_of[thread] = task
  settle_light(task, xpcall(function() return call(task) end, explain))
  task_of[thread] = nil
end

-- Called by the loop, when the task's turn has come.
function task_methods:resume()
  if self.ended then return end
  if self.nginx then return self.nginx.begin(self, run_light) end
  local thread = self.thread
  local fine, yielded
  if self.run then fine, yielded = resume(thread, self) else fine, yielded = resume(thread) end
  -- Most often it waits for an answer now.
  if yielded ~= SUSPENDED or not fine or self.ended then settle(self, thread, fine, yielded) end
end

-- With a dot for the colon the first argument is the program's, or nothing.
local function check_self(task, name)
  if getmetatable(task) ~= task_mt then errors.misuse("call '%s' with a colon, not with a dot", name) end
end

--- Whether the task is over: it returned, raised, or was cancelled.
-- @treturn boolean
function task_methods:done()
  check_self(self, "done")
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

local function cancelled_error()
  return errors.new("cancelled", "the task was cancelled")
end

-- Suspends whoever waits until the task has ended, or the seconds are over. Gives true; or nil and a message, where nothing may wait.
local function await(task, seconds)
  local loop, current = task.loop, task_waiting.current()
  refuse_circle(task, current)
  if not current and task.thread and status(task.thread) ~= "suspended" then
    errors.misuse("a task cannot end before a wait inside it does")
  end
  local waiter = { for_task = true, awaits = task.nginx and task }
  task.waiters = task.waiters or {}
  table.insert(task.waiters, waiter)
  if seconds then loop:wake_after(waiter, math.max(0, seconds)) end
  if current then current.waits_for = task end
  local waited, message = loop:suspend(waiter)
  if current then current.waits_for = nil end
  if not waited then loop_module.let_go(waiter) end
  for index, other in ipairs(task.waiters or {}) do
    if other == waiter then table.remove(task.waiters, index) end
  end
  return waited, message
end

--- Waits for a task; inside a task this suspends, elsewhere it waits while everything in flight goes on.
-- @tparam[opt] number seconds at most
-- @return what the function returned; what it raised is raised again, with its traceback. After a cancel, nil and an error of kind
--   `"cancelled"`; when the seconds run out, nil and one of kind `"timeout"`, and the task goes on; where nothing may wait, nil and one
--   of kind `"context"`.
function task_methods:wait(seconds)
  check_self(self, "wait")
  if seconds ~= nil and (type(seconds) ~= "number" or seconds ~= seconds) then errors.misuse("wait needs a number of seconds") end
  if not self.ended and not self.loop.closed then
    local waited, message = await(self, seconds)
    if not waited then return nil, errors.new("context", message) end
  end
  -- The loop of a closed client gives no turn any more: what reads ahead or fetches a token has to be ended here.
  if not self.ended and self.loop.closed then self:cancel() end
  if not self.ended then
    return nil, errors.new("timeout", ("the task was not done after %g seconds"):format(seconds or 0))
  end
  if self.failed then hear_failure(self) end
  if self.nginx then self.nginx.forget(self) end
  if self.failed then error(self.problem, 0) end
  if self.cancelled then return nil, cancelled_error() end
  return results_of(self)
end

--- Ends a task: its transfer at once, its function where it waits. Safe at any moment, and again.
-- @treturn boolean whether it was still going on
function task_methods:cancel()
  check_self(self, "cancel")
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
    loop_module.let_go(waiter)
    if waiter.transfer then waiter.transfer:close() end
  end
  -- One that cancels itself runs on to its next call, which is refused: its coroutine must still be known as a task's.
  local suspended = status(thread) == "suspended"
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
  local state = not self.ended and "going on" or self.cancelled and "cancelled" or self.failed and "failed" or "done"
  return ("studio.task (%s)"):format(state)
end

--- Makes a task and gives it a turn.
-- @tparam table loop
-- @tparam function run
-- @param argument what it is called with
-- @tparam table|nil arguments the same, where it is not one value: packed, `n` and the values
-- @tparam table options `tell` (a function of the problem, for a failure that nobody waits for); `on_end` (a function of the task,
--   which is kept then when it returns: see `rerun`); `weak`, whether the loop leaves the task to whoever holds it: dropped, it ends
-- @treturn table
local function spawn(loop, run, argument, arguments, options)
  local weak = options.weak
  local nginx = loop:inside_nginx()
  local thread = not nginx and take_coroutine()
  -- As many fields as most tasks come to have: a table that grows costs more, and what is missing is looked for in the metatable, too.
  local task = setmetatable({
    loop = loop, thread = thread, run = run, argument = argument, arguments = arguments or false, result = false, results = false,
    ended = false, failed = false, cancelled = false, waiter = false, spare_waiter = false, waiters = false, nginx = false,
    on_end = options.on_end or false, tell = options.tell or false,
  }, task_mt)
  if nginx then
    task.nginx, task.weak = nginx, weak
    loop.light_tasks[task] = true
    if not weak then task:resume() end
    return task
  end
  task_of[thread] = task
  if weak then
    loop.weak_tasks[task] = true
  else
    loop.tasks[task] = true
    loop.pending = loop.pending + 1
    loop:make_ready(task)
  end
  return task
end

--- Runs a task that was kept once more, with another value: making one anew costs more than all that a call does. Only for whoever never
-- gave it out of hand.
-- @tparam table task that has returned
-- @param argument and `arguments`, those of `spawn`
local function rerun(task, run, argument, arguments)
  local loop = task.loop
  task.run, task.argument, task.ended, loop.pending = run, argument, false, loop.pending + 1
  if arguments then task.arguments = arguments end
  loop:make_ready(task)
end

--- Lets go of a task that was kept and has returned.
local function retire(task)
  local thread = task.thread
  if not thread then return end
  task.loop.tasks[task], task_of[thread], task.thread = nil, nil, false
  give_back(thread)
end

return { spawn = spawn, results_of = results_of, rerun = rerun, retire = retire }
