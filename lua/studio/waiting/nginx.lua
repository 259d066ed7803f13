--- Waiting inside nginx (OpenResty, or nginx with the Lua module): light threads wait, the worker never does.
--
-- One of the waiting light threads leads: it drives the loop and naps in between. The others sleep on a semaphore until the leader
-- tells them, or hands over. A leader whose request was aborted or whose thread was killed stops without a word, so each follower
-- looks now and then whether the leader's last beat is too old.
local core = require "studio.core"

local now = core.now
local min = math.min

-- Seconds. A nap begins short, so that a quick answer is not kept waiting, and grows while nothing happens.
local SHORTEST_NAP, LONGEST_NAP, NAP_GROWTH = 0.001, 0.02, 1.25
-- Seconds without a beat after which a leader is taken for dead, and how often a follower looks.
local DEAD_AFTER, LOOK_EVERY = 0.25, 0.1

-- The phases in which the Lua module lets a light thread yield.
local yielding = {
  rewrite = true, server_rewrite = true, access = true, content = true, timer = true, ssl_cert = true, ssl_client_hello = true,
}

local nginx = {}

--- Whether this Lua runs inside nginx; `ngx` alone could be a table of the program's.
function nginx.is_inside()
  local ngx = rawget(_G, "ngx")
  return type(ngx) == "table" and type(ngx.get_phase) == "function" and type(ngx.sleep) == "function"
end

local function hand_over(loop)
  for follower in pairs(loop.followers) do
    loop.followers[follower] = nil
    if not follower.done then
      follower.semaphore:post(1)
      return
    end
  end
end

local function lead(loop, waiter, sleep)
  local nap = SHORTEST_NAP
  loop.leader = waiter
  while true do
    loop.beat = now()
    if loop:turn(0) then nap = SHORTEST_NAP end
    if waiter.done or loop.leader ~= waiter then break end
    local due = loop:timeout()
    sleep(due and min(nap, math.max(due, SHORTEST_NAP)) or nap)
    if waiter.done or loop.leader ~= waiter then break end
    nap = min(nap * NAP_GROWTH, LONGEST_NAP)
  end
  if loop.leader == waiter then
    loop.leader = nil
    hand_over(loop)
  end
end

local function has_leader(loop)
  return loop.leader and not loop.leader.done and now() - loop.beat < DEAD_AFTER
end

local function notify(waiter)
  if waiter.semaphore then waiter.semaphore:post(1) end
end

local function wait(loop, waiter)
  local ngx = rawget(_G, "ngx")
  loop.followers = loop.followers or setmetatable({}, { __mode = "k" })
  waiter.notify = notify
  while not waiter.done and not loop.closed do
    if has_leader(loop) then
      waiter.semaphore = waiter.semaphore or require("ngx.semaphore").new()
      loop.followers[waiter] = true
      waiter.semaphore:wait(LOOK_EVERY)
      loop.followers[waiter] = nil
    else
      lead(loop, waiter, ngx.sleep)
    end
  end
end

--- The strategy for the present phase.
-- @treturn function(loop, waiter); or nil and a message, where the phase cannot yield
function nginx.strategy()
  local phase = rawget(_G, "ngx").get_phase()
  if yielding[phase] then return wait end
  return nil, ("a call would block the nginx worker in the phase '%s': make it in rewrite, access, content or a timer"):format(phase)
end

return nginx
