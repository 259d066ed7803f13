--- Calls whose first attempt is sent before anybody waits for its answer: pages that are read ahead.
local call_module = require "studio.request.call"
local core = require "studio.core"
local events = require "studio.request.events"

local ahead = {}

--- Sends the first attempt of a call for a page; `finish` with the same call goes on from there. Whatever stands in the way is left to
-- `finish`, too. A call that is dropped ends.
-- @tparam table caller see `studio.request.call`
-- @tparam table call see `perform` there
-- @tparam table|nil options checked call options
function ahead.begin(caller, call, options)
  local transport, authorization = caller.transport, caller.credentials.authorization_at_hand()
  if not transport.begin or not authorization or caller.loop.closed then return end
  local policy, timeout, deadline = caller:terms(call, options)
  local left = deadline and deadline - core.now() or math.huge
  if not policy or left <= 0 then return end
  if caller.on_event then events.tell(caller, "request", call, 1, {}) end
  local transfer = transport:begin(call.method, caller.origins[call.service].text, call.target, authorization, call.headers, call.body,
    call_module.bounded(timeout, left))
  if not transfer then return end
  -- No program has the call, which holds a secret until its answer is taken.
  call.begun = { transfer = transfer, authorization = authorization, policy = policy, timeout = timeout, deadline = deadline }
end

--- Carries out a call that may have begun.
-- @tparam table caller
-- @tparam table call
-- @tparam table|nil options
-- @return as `perform`
function ahead.finish(caller, call, options)
  local begun = call.begun
  if not begun then return caller:perform(call, options) end
  call.begun = nil
  local _, response, status = caller.transport:await(begun.transfer)
  -- In the child of a fork: what was read ahead is the parent's, and the child needs an answer of its own.
  if not response and status.name == "forked" then return caller:perform(call, options) end
  return caller:go_on(call, begun.policy, begun.timeout, begun.deadline, begun.authorization, response, status)
end

return ahead
