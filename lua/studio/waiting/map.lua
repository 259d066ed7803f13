--- A function over many values at once, the results in order of completion.
local arrays = require "studio.base.arrays"
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local errors = require "studio.base.errors"
local options_module = require "studio.base.options"
local task_module = require "studio.waiting.task"

local misuse = errors.misuse
local now = core.now
local unpack = table.unpack or unpack -- luacheck: ignore 143

local DEFAULT_CONCURRENCY = 20
-- A map begins so many tasks, and as many more whenever none has ended for a moment. The first such pause after as many have ended as run
-- at once does not count: it came by chance. As long as answers keep coming, more calls would only wait in this program's own queue, each
-- with a connection of its own, where one that is kept could serve.
local AT_ONCE = 64
-- That moment, in seconds: at first, when connections have to be made, and once a task has ended.
local FIRST_MOMENT, MOMENT = 0.005, 0.001

local known = { concurrency = "one_or_more", rate = "rate" }

-- Refuses an array with holes, and a table without an element 1 that is not empty (keys that are names, or an array that begins with nil):
-- what is behind a hole would not run, and nobody would say so. The table that `table.pack()` gives counts as empty.
local function refuse_names(source)
  if rawget(source, 1) ~= nil then
    local stray = arrays.stray_key(source, true)
    if stray ~= nil then
      misuse("map needs an array without holes, or an iterator: the key %s is none of its elements", ascii.text(stray))
    end
    return
  end
  for key in next, source do
    if key ~= "n" or rawget(source, "n") ~= 0 then
      misuse("map needs an array or an iterator: this table has no element 1, but has the key '%s'", ascii.text(key))
    end
  end
  if options_module.is_proxy(source) then
    misuse "map needs an array or an iterator: this table has no element of its own, and no metatable is asked"
  end
end

-- A function that gives the next value each time, whatever the source is: an array, or an iterator.
local function puller(source)
  if options_module.is_callable(source) and getmetatable(source) ~= core.array_mt then return source end
  if type(source) ~= "table" then misuse("map needs an array or an iterator, got %s", type(source)) end
  refuse_names(source)
  local index = 0
  return function()
    index = index + 1
    return rawget(source, index)
  end
end

local function wake_all(state)
  local waiters = state.waiters
  state.is_waited_for = false
  for waiter in pairs(waiters) do
    waiters[waiter] = nil
    state.loop:wake(waiter)
  end
end

-- Takes what a call of the source gave: returns the first value and, where there are more, a table of all. An error of the source is kept,
-- and raised when the results of all that was started have been given, so that none is lost.
local function pulled(state, ok, value, ...)
  state.is_pulling = false
  if ok and value ~= nil then
    local more = select("#", ...)
    if more == 0 then return value end
    return value, { n = more + 1, value, ... }
  end
  state.exhausted = true
  if not ok then state.problem = { value } end
  wake_all(state)
end

-- Whether there is room for one more task. Results that were not asked for yet take up room, too: a program that is slow to ask does not
-- make the source run far ahead.
local function has_room(state)
  local most = state.most
  return state.running < most and not state.exhausted and not state.is_pulling and state.last - state.first + 1 < most
end

-- Starts what may be started: as many as `most` allows, no faster than `rate`.
local function start_more(state)
  local interval = state.interval
  while has_room(state) and not (interval and now() < state.next_start) do
    state.is_pulling = true
    local value, all = pulled(state, pcall(state.pull))
    if value == nil then return end
    if interval then state.next_start = math.max(state.next_start, now() - interval) + interval end
    state.running = state.running + 1
    task_module.spawn(state.loop, state.run, value, all, state.task_options)
    if state.running == state.most then return end -- which `has_room` would say, too
  end
end

-- Makes the function that takes a task which has ended. It may be called again for the same one, where a hook has raised in it.
local function file_ended(state)
  return function(task)
    local last = state.last
    if state.done[last] ~= task then
      state.done[last + 1] = task
      state.running, state.last = state.running - 1, last + 1
      state.moment, state.ended = MOMENT, state.ended + 1
    end
    if state.is_waited_for then wake_all(state) end
  end
end

-- Whether all run that may, but not yet all that the program allows.
local function may_grow(state)
  return state.running == state.most and state.most < state.concurrency and not state.exhausted
end

-- Waits until a task has ended, or the next may start; where more may run at once, no longer than a moment.
local function wait_for_news(state)
  local waiter, grows = { for_task = true }, may_grow(state)
  state.waiters[waiter], state.is_waited_for = true, true
  if grows or has_room(state) then
    state.loop:wake_after(waiter, grows and state.moment or math.max(0, state.next_start - now()))
  end
  local waited, message = true, nil
  if state.first > state.last then waited, message = state.loop:suspend(waiter) end
  state.waiters[waiter] = nil
  if grows and state.first > state.last then
    if state.ended < state.most then state.most = math.min(state.most + AT_ONCE, state.concurrency) end
    state.ended = 0
  end
  if not waited then error(errors.new("context", message, { sent = false }), 0) end
end

local function give(state, task)
  local value, result, results, finished = task.argument, task.result, task.results, task.runner.finished
  if finished then finished(task) end
  if task.failed then return value, nil, task.problem end
  if task.cancelled then return value, nil, errors.new("cancelled", "the task was cancelled") end
  local idle = state.task_options.idle
  if idle then
    -- The task serves again, for no program can refer to it; it must not keep the program's values alive meanwhile.
    task.argument, task.result, task.results = nil, false, false
    idle[#idle + 1] = task
  end
  if results then return value, unpack(results, 1, results.n) end
  return value, result
end

-- The tasks of a map that have not ended. Only a map that is left early needs them, so it keeps no list: they are those of the loop that
-- have the map's `on_end`.
local function tasks_of(state)
  local found = {}
  for _, tasks in ipairs { state.loop.tasks, state.loop.weak_tasks } do
    for task in pairs(tasks) do
      if task.on_end == state.task_options.on_end then found[#found + 1] = task end
    end
  end
  return found
end

local function cancel_rest(state)
  state.exhausted = true
  -- Cancelling runs the program's <close> variables, which may spawn tasks.
  for _, task in ipairs(tasks_of(state)) do task:cancel() end
  wake_all(state)
end

local NEVER_WALKED = "what client:map() gave was never asked for a result, so nothing ran: walk it, as in "
  .. "`for value, result, err in client:map(…) do`"

-- Cancels what is left when a loop is left: 5.4 closes the fourth value of its generic `for`; elsewhere, and for an iterator that is
-- called by hand, it is seen when the iterator is collected. A finalizer runs wherever something is allocated, in the middle of the
-- loop's own work, too: it leaves the cancelling to the loop.
local function make_guard(state)
  local loop, tell = state.loop, state.task_options.tell
  local function finalize()
    if state.running > 0 then loop:cancel_later(state) end
    if not state.is_begun then pcall(tell, nil, NEVER_WALKED) end
  end
  local newproxy = rawget(_G, "newproxy")
  if not newproxy then return setmetatable({}, { __close = function() cancel_rest(state) end, __gc = finalize }) end
  local guard = newproxy(true)
  getmetatable(guard).__gc = finalize
  return guard
end

--- Runs a function over many values, several at a time.
-- @tparam table loop
-- @tparam table|function source an array or an iterator; pulled as far as there is room, no further
-- @tparam function run called in a task with what the source gave
-- @tparam table|nil options `concurrency` (tasks at a time at most, 20), `rate` (starts per second, evenly spaced)
-- @tparam function tell of the problem, for an error in what a cancelled task has to close
-- @treturn function an iterator: the value, then what the function returned; for one that raised nil and what it raised. Leaving the
--   loop early cancels what is left.
local function map(loop, source, run, options, tell)
  task_module.refuse_old_lua "map"
  options = options_module.check(options, known)
  if type(run) ~= "function" then misuse("map needs a function, got %s", type(run)) end
  local wait, message = loop:choose_wait()
  if not wait then error(errors.new("context", message, { sent = false }), 0) end
  local concurrency = options.concurrency or DEFAULT_CONCURRENCY
  local state = {
    loop = loop, run = run, pull = puller(source), concurrency = concurrency, most = math.min(concurrency, AT_ONCE),
    interval = options.rate and 1 / options.rate, next_start = now(), running = 0, exhausted = false, is_pulling = false,
    cancel = cancel_rest, is_begun = false, moment = FIRST_MOMENT, ended = 0,
    done = {}, first = 1, last = 0,
    -- Weak keys: a coroutine that waits may be dropped, and its waiter with it.
    waiters = setmetatable({}, { __mode = "k" }), is_waited_for = false,
  }
  state.task_options = { on_end = file_ended(state), tell = tell, idle = not loop:runner() and {} or nil }
  local guard = make_guard(state)
  local function iterate()
    -- The guard lives as long as the iterator, and no longer: nothing else may refer to it.
    state.is_begun = true
    while guard do
      if state.running < state.most and not loop.closed then start_more(state) end
      if state.first <= state.last then
        local task = state.done[state.first]
        state.done[state.first] = nil
        state.first = state.first + 1
        if state.first > state.last then state.first, state.last = 1, 0 end
        return give(state, task)
      end
      if state.exhausted and state.running == 0 then
        local problem = state.problem
        state.problem = nil
        if problem then error(problem[1], 0) end
        return nil
      end
      if loop.closed then error(errors.new("cancelled", "the client is closed", { sent = false }), 0) end
      wait_for_news(state)
    end
  end
  return iterate, nil, nil, guard
end

return map
