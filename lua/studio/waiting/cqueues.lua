--- Waiting inside a cqueues coroutine: the loop is polled by cqueues' own protocol (`pollfd`, `events`, `timeout`), beside a
-- condition that whoever drives the loop signals.
local cqueues = require "cqueues"
local condition = require "cqueues.condition"

local function notify(waiter)
  waiter.condition:signal()
end

--- Waits until the waiter is done.
-- @tparam table loop
-- @tparam table waiter
return function(loop, waiter)
  waiter.condition, waiter.notify = condition.new(), notify
  while not waiter.done do
    loop:turn(0)
    if waiter.done then return end
    loop.told_descriptor = loop:pollfd()
    cqueues.poll(loop, waiter.condition)
  end
end
