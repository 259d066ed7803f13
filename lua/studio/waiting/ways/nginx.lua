--- Waiting inside nginx (OpenResty, or nginx with the Lua module): light threads wait, the worker never does.
--
-- Each light thread sleeps on a semaphore of its own, while one drives the loop for all. That is done in one of two ways:
--
-- Where the configuration has a `thread_pool studio`, by a *driver* in a timer: a thread of the pool waits for the loop's descriptor, the
-- driver for that thread. It takes a turn when something has happened, at once.
--
-- Elsewhere by a *leader*, one of the light threads that wait: its sleeps are naps, with turns in between. nginx may end a light thread in
-- its sleep without a word (its request was aborted, say). Then nothing sleeps on its semaphore: by that the others, which look now and
-- then, tell a leader that is gone from one that naps.
--
-- Tasks are light threads too, so that the program's own functions may use all of nginx. A coroutine would not do: the Lua module
-- resumes one only in the request that made it, and the leader may be of another request.
local core = require "studio.core"
local semaphore = require "ngx.semaphore"
local task_waiting = require "studio.waiting.ways.task"

local now = core.now
local task_of = task_waiting.task_of
local min, max = math.min, math.max
local ngx = rawget(_G, "ngx")

-- A leader's nap lasts NAP_SHARE of the time that has passed since it last had something to do, and from SHORTEST_NAP to LONGEST_NAP
-- (seconds): so an answer waits for the leader a twentieth of the time that it took to come, and 1 ms where it was quick.
local SHORTEST_NAP, LONGEST_NAP, NAP_SHARE = 0.001, 0.02, 0.05
-- POOL is the name of the thread pool; GONE_AFTER are seconds after which a driver that should have been back counts as gone. (nginx drops
-- timers when there are too many.)
local POOL, GONE_AFTER = "studio", 0.2
-- Seconds. How often a follower looks whether there is a leader, and whether the task that it waits for is still there.
local LOOK_EVERY = 0.1
-- Seconds after which a task that has not begun is begun by a light thread that waits for it: nginx drops timers when there are too many.
local BEGIN_WITHIN = 0.5

-- The phases in which the Lua module lets a light thread yield. In those of the client's hello and of the TLS session it does, too, but
-- an nginx without OpenResty's patches then drops the connection.
local yielding = {
  rewrite = true, server_rewrite = true, access = true, content = true, timer = true, ssl_cert = true, preread = true,
}

-- Raised in a light thread whose task was cancelled, to end it where it waits.
local STOPPED = setmetatable({}, { __tostring = function() return "the task was cancelled" end })

local runner = {}

-- Whether a light thread sleeps on the waiter's semaphore at this moment. (One light thread runs at a time: the one that asks.)
local function is_asleep(waiter)
  return waiter.semaphore:count() < 0
end

-- The contexts (`ngx.ctx`) of all requests that go on, where the Lua module keeps them; its resty.core looks there, too.
local contexts = debug and debug.getregistry().ngx_lua_ctx_tables or {}

-- Where the present request's context is kept. The program may put another table there: the place stays the request's.
local function own_slot()
  local own = ngx.ctx
  for slot, context in pairs(contexts) do
    if context == own then return slot end
  end
end

-- Whether the request that a task runs in is surely over: there is no context where its own was. Where another request's is there by now,
-- the wait for the task finds out later.
local function is_request_over(task)
  return task.slot ~= nil and type(contexts[task.slot]) ~= "table"
end

-- Whether a task will never go on, for its light thread ended with its request.
local function is_lost(task)
  local waiter = task.waiter
  if not waiter then return task.coroutines.own == nil or is_request_over(task) end
  return not waiter.done and not waiter.called and not is_asleep(waiter)
end

local function look_after(task)
  if task.ended or task.runner ~= runner then return end
  if task.begun then
    if is_lost(task) then task:abandon() end
  elseif now() - task.made > BEGIN_WITHIN then
    task.made = now()
    ngx.thread.spawn(task.begin)
  end
end

local function sleep(waiter, seconds)
  local woken, problem = waiter.semaphore:wait(seconds)
  waiter.called, waiter.has_slept = nil, true
  if not woken and problem ~= "timeout" then error("studio: nginx cannot wait here: " .. tostring(problem), 0) end
  if waiter.awaits then look_after(waiter.awaits) end
end

local function has_leader(loop)
  local driver, leader = loop.driver, loop.leader
  return driver and now() < driver.back_by or leader and not leader.done and is_asleep(leader)
end

local function hand_over(loop)
  local followers = loop.followers
  for follower in pairs(followers) do
    followers[follower] = nil
    if not follower.done and is_asleep(follower) then
      follower.called = true
      follower.semaphore:post(1)
      return
    end
  end
end

-- Seconds until the next turn, at most.
local function pause(loop, seconds)
  return max(SHORTEST_NAP, min(seconds, loop:timeout() or seconds))
end

local function lead(loop, waiter)
  local quiet_since = now()
  loop.leader, loop.driver = waiter, nil
  while true do
    local woken = loop:turn(0)
    if waiter.done or loop.closed then break end
    local moment = now()
    if woken or loop.multi:moved() then quiet_since = moment end
    sleep(waiter, pause(loop, min((moment - quiet_since) * NAP_SHARE, LONGEST_NAP)))
    if loop.leader ~= waiter then return end
    if waiter.done or loop.closed then break end
  end
  loop.leader = nil
  hand_over(loop)
end

local function retire_leader(loop)
  if loop.leader then loop.followers[loop.leader], loop.leader = true, nil end
end

local function is_waited_for(loop)
  for follower in pairs(loop.followers) do
    if not follower.done and is_asleep(follower) then return true end
    loop.followers[follower] = nil
  end
  return false
end

-- Takes turns for as long as light threads wait, and a little longer: the next call may come soon.
local function drive(loop, driver)
  local waited_for = true
  while loop.driver == driver and not loop.closed do
    loop:turn(0)
    local still = is_waited_for(loop)
    if loop.closed or not (still or waited_for) then return end
    waited_for = still
    local seconds = pause(loop, LONGEST_NAP)
    driver.wakes_at = now() + seconds
    driver.back_by = driver.wakes_at + GONE_AFTER
    local milliseconds = math.ceil(seconds * 1000)
    local waited, problem = ngx.run_worker_thread(POOL, "studio.waiting.ways.nginx_poll", "wait", loop.descriptor, milliseconds)
    if not waited then
      loop.has_pool = tostring(problem):find("not found", 1, true) == nil -- if it is not in the configuration it never will be
      if loop.has_pool then error(problem, 0) end
      return
    end
  end
end

local function start_driver(loop)
  local driver = { wakes_at = 0, back_by = now() + GONE_AFTER }
  retire_leader(loop)
  loop.driver = driver
  local started = ngx.timer.at(0, function()
    local ok, problem = pcall(drive, loop, driver)
    if not ok then ngx.log(ngx.ERR, "studio: ", problem) end
    if loop.driver ~= driver then return end
    loop.driver = nil
    hand_over(loop)
  end)
  if not started then loop.driver = nil end
end

local function follow(loop, waiter)
  loop.followers[waiter] = true
  sleep(waiter, LOOK_EVERY)
  loop.followers[waiter] = nil
end

local function notify(waiter)
  waiter.semaphore:post(1)
end

-- Wakes a driver that would sleep for longer than the waiter.
local function hurry(loop, waiter)
  local timer, driver = waiter.timer, loop.driver
  if timer and driver and timer.due < driver.wakes_at and not loop.closed then loop.multi:ring() end
end

-- Begins a wait, so that what was just started is sent at once.
local function come(loop, waiter)
  waiter.semaphore, waiter.notify = semaphore.new(), notify
  if not loop.followers then
    loop.followers = setmetatable({}, { __mode = "k" })
    local multi = loop:handle()
    loop.descriptor = multi and multi:pollfd() or nil -- from here on a turn costs what happened, and not what is in flight
    loop.has_pool = loop.descriptor ~= nil and ngx.run_worker_thread ~= nil
  end
  if loop.has_pool then
    loop:push()
    if has_leader(loop) then hurry(loop, waiter) else start_driver(loop) end
  else
    retire_leader(loop) -- the newest waiter leads: its turn sends the request, and its naps begin short
  end
end

-- See `studio.waiting.ways`.
local function wait(loop, waiter)
  local task = task_waiting.current()
  if task then task.waiter = waiter end
  come(loop, waiter)
  while not waiter.done and not loop.closed do
    if has_leader(loop) then follow(loop, waiter) else lead(loop, waiter) end
  end
  loop.followers[waiter] = nil
  if task then task.waiter = false end
  -- A sleep of no seconds gives way, too. (nginx's own takes many in one go, before it wakes others.)
  if waiter.timed_out and not waiter.has_slept then ngx.sleep(SHORTEST_NAP) end
  if task and task.cancelled then error(STOPPED, 0) end
end

-- A call that could not wait must not be sent, for nobody would learn of its answer.
local function available()
  local phase = ngx.get_phase()
  if not yielding[phase] then
    return false, ("a call would block the nginx worker in the phase '%s': make it in rewrite, access, content or a timer"):format(phase)
  end
  if core.is_yieldable() then return true end
  return false, "a call would block the nginx worker here, where nothing can yield: inside string.gsub, table.sort or require, say"
end

-- Tasks -------------------------------------------------------------------------------------------------------------------------------

local weak_values = { __mode = "v" }

--- Begins a task: in a light thread of the present request, or, if it is to outlive that, in a timer.
-- @tparam table task
-- @tparam function run (task), which runs it to its end
function runner.start(task, run)
  task.made, task.coroutines = now(), setmetatable({}, weak_values)
  task.begin = function()
    if task.ended or task.begun then return end
    local thread = coroutine.running()
    task.begun, task.request, task.coroutines.own, task.slot = true, ngx.ctx, thread, own_slot()
    task_of[thread] = task
    run(task)
    task_of[thread] = nil
  end
  if task.weak and ngx.timer.at(0, task.begin) then return end
  local gate = semaphore.new() -- no task runs before `spawn` has returned
  task.coroutines.parent = coroutine.running()
  task.coroutines.light_thread = ngx.thread.spawn(function()
    gate:wait(1)
    task.begin()
  end)
  gate:post(1)
end

--- Whether the light thread that runs is still the task's: nginx uses the coroutines of finished ones again.
function runner.is_current(task)
  return task.request == ngx.ctx
end

--- Ends a task where it waits; one that runs goes on to its next call, which is refused.
function runner.cancel(task, waiter)
  if waiter then task.loop:wake(waiter) end
end

--- Lets nginx forget a light thread that has come to its end; until the one that spawned it asks, it is kept.
function runner.finished(task)
  local coroutines = task.coroutines
  if coroutines.light_thread and not task.cancelled and coroutines.parent == coroutine.running() then
    ngx.thread.wait(coroutines.light_thread)
    coroutines.light_thread = nil
  end
end

return { available = available, wait = wait, runner = runner }
