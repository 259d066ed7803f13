--- One attempt over libcurl, the long way: the methods that `studio.request.attempts` takes of the transport. A module of its own, for a
-- call that
-- is answered with what it asked for takes the short way.

local curl_attempt = {}

-- A transfer that was started; or nil and a failure.
local function start(self, method, origin, target, headers, body, timeout)
  local idle = self.idle
  local transfer = idle[#idle] or self.loop:handle():transfer()
  idle[#idle] = nil
  local id, message, reason = transfer:start(method, origin, target, self.header_set(headers), body, timeout)
  if id then return transfer end
  return nil, { name = reason, message = message, sent = false }
end

local function wait(loop, transfer, way, task)
  if not task and loop:is_free(way) then loop:step_alone() end
  if not transfer:done() then loop:wait_for(transfer, transfer:id(), way, task) end
end

-- What became of a transfer that has ended; see `send`.
local function outcome_of(transfer)
  local status, text, name, sent, partial = transfer:outcome()
  if status then return status, transfer end
  local failure = { name = name, message = text, sent = sent, status = partial, seconds = transfer:seconds(), response = transfer }
  return nil, failure
end

--- Sends a request and waits for its answer.
-- @tparam string method
-- @tparam string origin scheme, host and port
-- @tparam string target path and query
-- @tparam {string,...} headers name, value, name, value, …; the same table again costs nothing
-- @tparam string|nil body
-- @tparam number timeout seconds
-- @treturn number status, or nil
-- @return the response, to be given to `release`; or a failure `{ name, message, sent, status }`
function curl_attempt:send(method, origin, target, headers, body, timeout)
  local way, waiting = self.loop:way_for_call()
  if not way then return nil, waiting end
  local transfer, failure = start(self, method, origin, target, headers, body, timeout)
  if not transfer then return nil, failure end
  wait(self.loop, transfer, way, waiting)
  return outcome_of(transfer)
end

--- What became of a transfer that has ended.
-- @return those of `send`
function curl_attempt.outcome(_, transfer) return outcome_of(transfer) end

--- Sends a request and does not wait for its answer: `await` does. Dropped, the transfer ends.
-- @tparam string method, and the rest: those of `send`
-- @treturn userdata the transfer; or nil, where it could not be started
function curl_attempt:begin(...)
  if self.loop.closed then return nil end
  local transfer = start(self, ...)
  if transfer then self.loop:push() end
  return transfer
end

--- Waits for the answer of a transfer that `begin` gave.
-- @return those of `send`
function curl_attempt:await(transfer)
  local way, waiting = self.loop:way_for_call()
  if not way then
    transfer:close()
    waiting.sent = nil
    return nil, waiting
  end
  if not transfer:done() then wait(self.loop, transfer, way, waiting) end
  return outcome_of(transfer)
end

--- Takes a response back, so that its memory and connection serve the next request.
function curl_attempt:release(transfer)
  transfer:reset()
  local idle = self.idle
  idle[#idle + 1] = transfer
end

return curl_attempt
