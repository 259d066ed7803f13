--- Waiting inside a task that is a coroutine: it is suspended, and resumed by the loop.
local core = require "studio.core"

local running, yield = coroutine.running, coroutine.yield

-- Coroutine → its task. Values are weak, too: a task refers to its coroutine, and where tables are no ephemerons (before 5.2) that alone
-- would keep both alive. A task that runs is kept by the stack of the loop that resumed it.
local task_of = setmetatable({}, { __mode = "kv" })

-- The value that a task's coroutine yields when a call in it waits. A yield of anything else is the program's own: the task is ready again.
-- A function, for a program's table with an `__eq` may equal any table.
local function SUSPENDED() end

--- The task that runs, or nil.
local function current()
  local thread = running()
  local task = thread and task_of[thread]
  if task and not task.thread and not task.runner.is_current(task) then return nil end
  return task
end

--- How a task waits for something of its own loop.
-- @tparam table loop
-- @tparam table waiter
local function wait(loop, waiter)
  local task = waiter.task or current()
  waiter.task, task.waiter = task, waiter
  -- A program that resumes a task's coroutine itself does not end the wait.
  while not waiter.done and not loop.closed do yield(SUSPENDED) end
  task.waiter = false
end

--- How a task waits for something of another loop.
-- @tparam table loop the other one
-- @tparam table waiter
local function wait_as_host(loop, waiter)
  local nested = require "studio.waiting.nested" -- late:
  local host = current().loop
  local function leave()
    waiter.leave = nil
    nested.leave(host, loop)
  end
  nested.enter(host, loop)
  loop:ring()
  waiter.leave = leave
  wait(loop, waiter)
  -- A finalizer may have had the wait end before `leave` was there to be called.
  if waiter.leave then leave() end
end

return {
  current = current, wait = wait, wait_as_host = wait_as_host, task_of = task_of, SUSPENDED = SUSPENDED, is_yieldable = core.is_yieldable,
}
