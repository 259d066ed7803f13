--- Tasks: functions whose calls suspend instead of blocking, many at a time on one loop.
--
-- A task is run by a *runner*, `{ start(task, run), cancel(task, waiter), is_current(task), finished(task) }`. Most often that is the one
-- here, which makes a task a coroutine that the loop resumes; a way of waiting may bring another, see `studio.waiting.ways`.
--
-- - `start(task, run)` has `run(task)` called, not before it has returned itself. `run` does all that the task does, and never raises.
-- - `cancel(task, waiter)`: the task was cancelled, and is to end where it waits; `waiter` is that of its wait, if it waits.
-- - `is_current(task)`: whether the coroutine that runs, which is known as the task's, still is.
-- - `finished(task)`, where a runner has it, is called when a wait for the task's end, or a map, has been told of it.
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local each = require "studio.waiting.each"
local errors = require "studio.base.errors"
local names = require "studio.base.names"
local task_waiting = require "studio.waiting.ways.task"
local turns = require "studio.waiting.turns"
local unhandled = require "studio.waiting.unhandled"

local task_of, SUSPENDED = task_waiting.task_of, task_waiting.SUSPENDED
local now = core.now
local create, resume, status = coroutine.create, coroutine.resume, coroutine.status
local unpack = table.unpack or unpack -- luacheck: ignore 143
local close_coroutine = coroutine.close -- luacheck: ignore 143
-- A program may have no debug library.
local traceback = debug and debug.traceback or function(first, second) return second or first end

local task_methods = {}
local task_mt = { __name = "studio.task", __index = task_methods }

require("studio.waiting.loop").find_tasks_by(task_waiting.current)

-- The end of a task ----------------------------------------------------------------------------------------------------------------

local function pack(...)
  return { n = select("#", ...), ... }
end

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

-- What the function of a task returned that has ended, and neither failed nor was cancelled.
local function results_of(task)
  local results = task.results
  if results then return unpack(results, 1, results.n) end
  return task.result
end

-- Has the loop count its tasks anew.
local function recount(loop)
  local count = 0
  each(loop.tasks, function() count = count + 1 end)
  loop.pending = count
end

-- Tells those who wait for a task that it is over, and the loop that counts it. (A finalizer may cancel a task that is about to end.) The
-- loop forgets it last: where a hook of the program's has raised in here, all of it is done again.
local function finish(task)
  local loop, again = task.loop, task.ended
  if again and not (loop.tasks[task] or loop.weak_tasks[task]) then return end
  task.ended = true
  if task.thread then task_of[task.thread] = nil end
  task.thread, task.waiter = false, false
  local waiters, on_end = task.waiters, task.on_end
  if waiters then
    for _, waiter in ipairs(waiters) do loop:wake(waiter) end
    task.waiters = false
  end
  if on_end then
    on_end(task)
    task.on_end = false
  end
  if loop.tasks[task] then
    loop.pending = loop.pending - 1
    loop.tasks[task] = nil
  else
    loop.weak_tasks[task] = nil
  end
  if again then recount(loop) end
end

local function fail(task, problem)
  local on_end = task.on_end
  task.failed, task.problem = true, problem
  finish(task)
  if task.tell and not on_end then unhandled.remember(task, problem) end
end

-- Coroutines -----------------------------------------------------------------------------------------------------------------------

-- Each task has a coroutine of its own: the program may keep things by `coroutine.running()`, or set a hook on it.
local coroutines = {}

-- What `resume` says where the program has closed the coroutine of a task, which ends it as `cancel` does.
local CLOSED = "cannot resume dead coroutine"

-- Ends a coroutine where it is suspended, and runs what is to be closed. An error of that is a failure that nobody can wait for.
local function close_suspended(task, thread)
  if not close_coroutine or status(thread) ~= "suspended" then return end
  local ok, problem = close_coroutine(thread)
  if not ok and task.tell then pcall(task.tell, problem) end
end

-- What the coroutine of a task gives that has come to the end of its function; a function, as SUSPENDED is.
local function ENDED() end

local function work(task)
  keep_results(task, call(task))
  task.returned = true
  return ENDED
end

function coroutines.start(task)
  local thread = create(work)
  task.thread, task_of[thread] = thread, task
  if task.weak then task:resume() else task.loop:make_ready(task) end
end

function coroutines.cancel(task, waiter, thread)
  if waiter then turns.let_go(waiter) end
  if not thread or status(thread) == "dead" then return end
  if status(thread) == "suspended" then return close_suspended(task, thread) end
  -- A task that cancels itself runs on to its next call, which is refused: so its coroutine is still known as the task's.
  task.thread, task_of[thread] = thread, task
end

-- Runs what a function that has raised had to close; an error of that takes the place of the first, as in pcall.
local function fail_coroutine(task, thread, problem)
  -- An error object says by itself what happened; a text gets the traceback.
  local shown = problem
  if type(problem) == "string" then
    local fine, text = pcall(traceback, thread, problem)
    if fine then shown = text end
  end
  if close_coroutine then
    local ok, last = close_coroutine(thread)
    if ok and problem == CLOSED then return task:cancel() end
    if not ok and not rawequal(last, problem) then shown = last end
  end
  task.thread, task_of[thread] = false, nil
  if not task.ended then return fail(task, shown) end
  -- It has cancelled itself meanwhile.
  if task.tell then pcall(task.tell, shown) end
end

function coroutines.is_current() return true end

-- Takes the thread from a task before it asks for that one's status: a finalizer that waits for the task would resume the dead thread.
local function settle(task, thread, ok, problem)
  if task.ended then
    -- The task has cancelled itself while it ran, and has suspended since: nothing would ever resume it.
    task.thread, task_of[thread] = false, nil
    close_suspended(task, thread)
  elseif problem == ENDED or task.returned then -- the program may have resumed it itself
    finish(task)
  elseif not ok then
    task.thread = false
    if status(thread) == "dead" then return fail_coroutine(task, thread, problem) end
    -- A finalizer may have the loop take a turn while a task of it runs, which is not resumed then.
    task.thread = thread
  else
    -- The program's own yield gives way to the others.
    task.loop:make_ready(task)
  end
end

-- Called by the loop, when the turn of a task has come that is a coroutine.
function task_methods:resume()
  local thread = self.thread
  if self.ended or not thread then return end
  local ok, yielded
  if self.run then ok, yielded = resume(thread, self) else ok, yielded = resume(thread) end
  -- A task that has suspended to wait for an answer, as most have, needs nothing more.
  if yielded ~= SUSPENDED or not ok or self.ended then settle(self, thread, ok, yielded) end
end

-- Other runners --------------------------------------------------------------------------------------------------------------------

local function explain(problem)
  return type(problem) == "string" and traceback(problem, 2) or problem
end

local function settle_run(task, ok, ...)
  if task.ended then return end
  if not ok then return fail(task, (...)) end
  keep_results(task, ...)
  finish(task)
end

-- All that a task does, for a runner that calls it.
local function run_to_end(task)
  settle_run(task, xpcall(function() return call(task) end, explain))
end

-- Methods --------------------------------------------------------------------------------------------------------------------------

-- Raises where a method was called as `task.wait(…)`, with a dot: then its first argument is the program's, or nothing.
local function check_self(task, name)
  if getmetatable(task) ~= task_mt then errors.misuse("call '%s' with a colon, not with a dot", name) end
end

--- Whether the task is over: it returned, raised, or was cancelled.
-- @treturn boolean
function task_methods:done()
  check_self(self, "done")
  return self.ended
end

-- A circle of tasks that wait for one another, each without an end of its own, would never end.
local function refuse_circle(task, waiting)
  local at = task
  while at and waiting do
    if at == waiting then errors.misuse(at == task and "a task cannot wait for itself" or "these tasks wait for one another") end
    at = at.waits_for
  end
end

-- Waits until the task has ended or the seconds are over. Gives true; or nil and a message, where nothing may wait.
local function await(task, seconds)
  local loop, current = task.loop, task_waiting.current()
  if not seconds or task == current then refuse_circle(task, current) end
  if task.thread and status(task.thread) == "dead" then task:resume() end
  if not current and task.thread and status(task.thread) ~= "suspended" then
    errors.misuse("a task cannot end before a wait inside it does")
  end
  local waiter = { for_task = true, awaits = task }
  local waiters = task.waiters or {}
  if task.ended then return true end
  task.waiters = waiters
  waiters[#waiters + 1] = waiter
  if seconds then loop:wake_after(waiter, math.max(0, seconds)) end
  if current and not seconds then current.waits_for = task end
  local waited, message = loop:suspend(waiter)
  if current then current.waits_for = nil end
  if not waited then turns.let_go(waiter) end
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
  -- The loop of a closed client takes no turns: a task that is left, such as one that reads ahead or fetches a token, is ended here.
  if not self.ended and self.loop.closed then self:cancel() end
  if not self.ended then
    return nil, errors.new("timeout", ("the task was not done after %s seconds"):format(ascii.format("%g", seconds or 0)))
  end
  if self.failed then unhandled.handle(self) end
  if self.runner.finished then self.runner.finished(self) end
  if self.failed then error(self.problem, 0) end
  if self.cancelled then return nil, errors.new("cancelled", "the task was cancelled") end
  return results_of(self)
end

--- Ends a task: its transfer at once, its function where it waits. Safe at any moment, and again.
-- @treturn boolean whether it was still going on
function task_methods:cancel()
  check_self(self, "cancel")
  if self.ended then
    finish(self)
    return false
  end
  local thread, waiter, unfinished = self.thread, self.waiter, self.loop.to_cancel
  -- A hook that raises in here leaves the rest to the next turn.
  unfinished[#unfinished + 1] = self
  self.cancelled = true
  finish(self)
  if waiter and waiter.transfer then waiter.transfer:close() end
  self.runner.cancel(self, waiter, thread)
  if unfinished[#unfinished] == self then unfinished[#unfinished] = nil end
  return true
end

-- Called by a runner whose task will never go on.
function task_methods:abandon()
  self.cancelled = true
  finish(self)
end

function task_mt:__tostring()
  local state = not self.ended and "going on" or self.cancelled and "cancelled" or self.failed and "failed" or "done"
  return ("studio.task (%s)"):format(state)
end

-- What is hidden the runners of tasks write and read.
names.guard(task_methods, "a task", {
  hidden = { "waits_for", "coroutines", "made", "begin", "begun", "request", "slot", "outcome", "sentinel", "resume", "abandon" },
  near = true,
})

task_mt.__call = names.refuse_call "a task is not called: :wait() gives what its function returned"

--- Raises on PUC Lua 5.1: a call in a task suspends its function wherever it stands, inside a pcall or in an iterator.
-- @tparam string name of the function that needs tasks
local function refuse_old_lua(name)
  if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then
    errors.misuse("%s needs a Lua that can yield across pcall and iterators: LuaJIT, or Lua 5.2 or newer, not this Lua 5.1", name)
  end
end

--- Begins a task that `spawn` made with the option `weak`.
-- @tparam table task
local function start(task)
  task.runner.start(task, run_to_end)
end

--- Makes a task and gives it a turn.
-- @tparam table loop
-- @tparam function run
-- @param argument what it is called with
-- @tparam table|nil arguments the same, where it is not one value: packed, `n` and the values
-- @tparam table options `tell` (a function of the problem, for a failure that nobody waits for); `on_end` (a function of the task,
--   which then handles a failure); `idle`, where the loop runs the tasks: an array of those that returned and that nobody else refers to,
--   of which one serves again, in a new coroutine; `weak`, whether the loop does not keep the task (dropped, it ends) and `start` begins it
-- @treturn table
local function spawn(loop, run, argument, arguments, options)
  local idle = options.idle
  local runner, task = not idle and loop:runner() or nil, idle and idle[#idle]
  if task then
    idle[#idle] = nil
    task.run, task.argument, task.arguments, task.on_end = run, argument, arguments or false, options.on_end
    task.ended, task.returned = false, false
  else
    -- As many fields as most tasks come to have: a table that grows costs more, and what is missing is looked for in the metatable, too.
    task = setmetatable({
      loop = loop, runner = runner or coroutines, run = run, argument = argument, arguments = arguments or false,
      result = false, results = false, ended = false, failed = false, cancelled = false, waiter = false, spare_waiter = false,
      waiters = false, thread = false, on_end = options.on_end or false, tell = options.tell or false, weak = options.weak or false,
      drains = false, returned = false,
    }, task_mt)
  end
  if runner or options.weak then
    loop.weak_tasks[task] = true
    if not options.weak then runner.start(task, run_to_end) end
  else
    if not loop.report_dropped then unhandled.watch(loop) end
    coroutines.start(task)
    -- A hook of the program's may have had the loop take a turn meanwhile.
    if not task.ended then loop.tasks[task], loop.pending = true, loop.pending + 1 end
  end
  -- A finalizer of the program's may have closed the client meanwhile.
  if loop.closed then task:cancel() end
  return task
end

-- A task that is pending, or nil; where a task of the loop drains it, one that does not drain it, too.
local function find_pending(loop, current)
  local is_inside = current and current.loop == loop
  for _, tasks in ipairs { loop.tasks, loop.weak_tasks } do
    for task in pairs(tasks) do
      if not (task.weak or task.ended or is_inside and task.drains) then return task end
    end
  end
end

--- Waits until no task is pending; inside a task of the loop: none but those that wait so.
-- @tparam table loop
-- @tparam[opt] number seconds at most
-- @treturn boolean whether that came; or nil and an error, where nothing may wait
local function drain(loop, seconds)
  local deadline, current = seconds and now() + seconds, task_waiting.current()
  loop:count_pending() -- finalizers may have left something to be cancelled
  if current then current.drains = true end
  local task, waited, message, is_late = find_pending(loop, current), true, nil, false
  while task and waited and not is_late do
    waited, message = await(task, deadline and deadline - now())
    is_late = deadline ~= nil and now() >= deadline
    task = find_pending(loop, current)
  end
  if current then current.drains = false end
  if not waited then return nil, errors.new("context", message) end
  return task == nil
end

return { refuse_old_lua = refuse_old_lua, spawn = spawn, start = start, drain = drain }
