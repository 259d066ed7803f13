--- Waiting inside a cqueues coroutine. Of the coroutines that wait under one controller one leads: it polls the loop by cqueues' own
-- protocol (`pollfd`, `events`, `timeout`) and drives it. The others sleep on conditions until their waits are over, or they are to lead.
local cqueues = require "cqueues"
local condition = require "cqueues.condition"
local core = require "studio.core"

-- In a coroutine that the program itself resumes, a wait would reach the program, not cqueues.
local function available()
  if not core.is_yieldable() then return false end
  local controller, is_immediate = cqueues.running()
  return controller ~= nil and is_immediate
end

local function notify(waiter)
  waiter.condition:signal()
end

local function lead(loop, waiter, crew)
  crew.leader = waiter
  loop:turn(0)
  if waiter.timed_out then cqueues.poll(0) end -- a sleep of no seconds gives way, too
  while not waiter.done and not loop.closed do
    loop.told_descriptor = loop:pollfd()
    loop:lie_down(waiter, loop:timeout() or math.huge)
    if not waiter.done and not loop.closed then cqueues.poll(loop, waiter.condition) end
    loop:get_up(waiter)
    loop:turn(0)
  end
  crew.leader = nil
end

local function follow(loop, waiter, crew)
  crew.followers[waiter] = true
  loop:ring()
  waiter.condition:wait()
  crew.followers[waiter] = nil
end

--- Waits until the waiter is done.
-- @tparam table loop
-- @tparam table waiter
local function wait(loop, waiter)
  local controller = cqueues.running()
  loop.crews = loop.crews or setmetatable({}, { __mode = "k" })
  local crew = loop.crews[controller]
  if not crew then
    crew = { followers = {} }
    loop.crews[controller] = crew
  end
  waiter.condition, waiter.notify = condition.new(), notify
  while not waiter.done and not loop.closed do
    if crew.leader then follow(loop, waiter, crew) else lead(loop, waiter, crew) end
  end
  -- A leader that leaves wakes a follower to lead; if that one's wait is over by then, it leaves, too, and wakes the next.
  if not crew.leader then
    for follower in pairs(crew.followers) do
      if not follower.done then return follower.condition:signal() end
    end
  end
end

return { available = available, wait = wait }
