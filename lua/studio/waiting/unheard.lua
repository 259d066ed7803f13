--- Failures of tasks that nobody has waited for. One must not get lost: it is reported when its task is collected, or its client closes.
local unheard = {}

local function report(outcome)
  if outcome.heard then return end
  outcome.heard = true
  outcome.loop.unheard[outcome] = nil
  outcome.tell(outcome.problem)
end

local newproxy = rawget(_G, "newproxy") -- Lua 5.1 and LuaJIT finalize userdata only

-- What has a finalizer keeps all that it refers to for one collection more, so it is a sentinel that has one, and only in a task that
-- failed.
local function make_sentinel(outcome)
  local function finalize() report(outcome) end
  if not newproxy then return setmetatable({}, { __gc = finalize }) end
  local sentinel = newproxy(true)
  getmetatable(sentinel).__gc = finalize
  return sentinel
end

--- Remembers the failure of a task until somebody hears of it.
-- @tparam table task with a `tell`, a function of the problem
-- @param problem what its function raised
function unheard.add(task, problem)
  local outcome = { problem = problem, tell = task.tell, loop = task.loop }
  task.outcome, task.sentinel = outcome, make_sentinel(outcome)
  task.loop.unheard[outcome] = report
end

--- Whoever asked for a task's end has learned of it.
-- @tparam table task
function unheard.hear(task)
  local outcome = task.outcome
  if not outcome then return end
  outcome.heard = true
  task.loop.unheard[outcome] = nil
end

return unheard
