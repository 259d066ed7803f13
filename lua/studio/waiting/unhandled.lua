--- What tasks leave that nobody waits for: failures, and tasks that are dropped.
local newproxy = rawget(_G, "newproxy") -- Lua 5.1 and LuaJIT finalize userdata only

-- Gives a value whose collection calls a function. A value with a finalizer keeps all that it refers to for one collection more, so the
-- sentinel is separate from the task, and made only where it is needed.
local function make_sentinel(finalize)
  if not newproxy then return setmetatable({}, { __gc = finalize }) end
  local sentinel = newproxy(true)
  getmetatable(sentinel).__gc = finalize
  return sentinel
end

-- The failure of a task must not get lost: it is reported when its task is collected, or its client closes. Neither may fail because the
-- program's on_event does, or the `__tostring` of what was raised.
local function report_unhandled(outcome)
  if outcome.is_handled then return end
  outcome.is_handled = true
  outcome.loop.unhandled[outcome] = nil
  pcall(outcome.tell, outcome.problem)
end

--- Remembers the failure of a task until somebody waits for it.
-- @tparam table task
-- @param problem what its function raised
local function remember(task, problem)
  local outcome = { problem = problem, tell = task.tell, loop = task.loop }
  task.outcome = outcome
  task.sentinel = make_sentinel(function() report_unhandled(outcome) end)
  task.loop.unhandled[outcome] = report_unhandled
end

--- Marks a task's failure as handled, for a wait has raised it.
-- @tparam table task
local function handle(task)
  local outcome = task.outcome
  if not outcome then return end
  outcome.is_handled = true
  task.loop.unhandled[outcome] = nil
end

local function count_tasks(count)
  return ("%d task%s"):format(count, count == 1 and "" or "s")
end

-- Tells of the tasks that never ran when their client is closed; when it is collected, of those that were still going on, too.
local function report_dropped(loop, is_collected)
  local unbegun, unfinished, tell, task = 0, 0, nil, next(loop.tasks)
  while task do -- no `pairs`: see `studio.waiting.each`
    if task.tell and not task.on_end and not task.ended and (is_collected or task.run) then
      tell = task.tell
      if task.run then unbegun = unbegun + 1 else unfinished = unfinished + 1 end
    end
    task = next(loop.tasks, task)
  end
  if not tell then return end
  local parts = {}
  if unbegun > 0 then parts[1] = count_tasks(unbegun) .. " never ran" end
  if unfinished > 0 then parts[#parts + 1] = count_tasks(unfinished) .. " did not end" end
  local when = is_collected and "before the program let go of the client" or "before the client was closed"
  pcall(tell, nil, ("%s %s: wait for a task, or call client:drain()"):format(table.concat(parts, ", and "), when))
end

--- Has the loop tell of the tasks that it drops.
-- @tparam table loop
local function watch(loop)
  loop.report_dropped = report_dropped
  loop.sentinel = make_sentinel(function()
    if not loop.closed then report_dropped(loop, true) end
  end)
end

return { remember = remember, handle = handle, watch = watch }
