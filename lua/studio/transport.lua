--- One attempt of one request: over libcurl, or (`studio.custom_transport`) over an object that the program gave.
-- Both give a response with the methods `header(name)`, `headers()`, `body([most])`, `size()`, `decode(rule)`, `seconds()`, and
-- `object(rule)`: the body decoded when it is one JSON object and the headers say so, and nil otherwise, whatever the reason.
local core = require "studio.core"
local current_task = require("studio.waiting.task").current
local version = require "studio.version"

local transport = {}

local function lua_name()
  local jit_table = rawget(_G, "jit")
  return jit_table and jit_table.version:match("^LuaJIT [%d.]+") or _VERSION
end

--- The User-Agent of a client: `lua-studio/<version> (<os> <arch>) <Lua version> libcurl/<version>`.
-- @tparam string|nil addition the program's own, put behind ours
-- @treturn string
function transport.user_agent(addition)
  local arch, os_name = core.platform:match("^([^-]+)%-[^-]+%-([^-]+)")
  local text = ("lua-studio/%s (%s %s) %s libcurl/%s"):format(version, os_name or "unknown", arch or "unknown",
    (lua_name():gsub(" ", "/")), core.curl_version)
  return addition and text .. " " .. addition or text
end

-- libcurl ---------------------------------------------------------------------------------------------------------------------

local curl_methods = {}
local curl_mt = { __name = "studio.curl", __index = curl_methods }

-- Header lines are turned into libcurl's list once, and kept for as long as they stay the same. They hold credentials, so they
-- are kept in a closure. Called without any it lets go of the last.
local function header_keeper()
  local kept_for, set
  return function(headers)
    if headers ~= kept_for then
      if set then set:close() end
      kept_for, set = nil, nil
      set = headers and core.headers(headers)
      kept_for = headers
    end
    return set
  end
end

--- Makes the transport over libcurl.
-- @tparam table loop
-- @treturn table
function transport.curl(loop)
  return setmetatable({ loop = loop, header_set = header_keeper(), idle = {} }, curl_mt)
end

--- How to wait for an answer, and the task that does; or nil and the failure of a call that must not begin.
local function way_to_wait(loop)
  if loop.closed then return nil, { name = "cancelled", message = "the client is closed", sent = false } end
  local task = current_task()
  if task and task.ended then return nil, { name = "cancelled", message = "the task was cancelled", sent = false } end
  local way, waiting = loop:way_to_wait(task or false)
  if way then return way, waiting end
  return nil, { name = "context", message = waiting, sent = false }
end

transport.way_to_wait = way_to_wait

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
function curl_methods:send(method, origin, target, headers, body, timeout)
  local way, waiting = way_to_wait(self.loop)
  if not way then return nil, waiting end
  local transfer, failure = start(self, method, origin, target, headers, body, timeout)
  if not transfer then return nil, failure end
  wait(self.loop, transfer, way, waiting)
  return outcome_of(transfer)
end

--- The short way of `send`, of reading what came, and of `release`, for answers that are plainly what was asked for.
-- @tparam string method, and the rest: those of `send`
-- @tparam string rule see `transfer:take` in csrc/exchange.c
-- @return the value; or nil, and the transfer, where it was started: it has ended, see `outcome`
function curl_methods:exchange(method, origin, target, headers, body, timeout, rule)
  local loop = self.loop
  if loop.closed then return nil end
  local running = current_task() or false
  if running and running.ended then return nil end
  local way, task = loop:way_to_wait(running)
  if not way then return nil end
  local idle = self.idle
  local transfer = idle[#idle]
  if transfer then idle[#idle] = nil else transfer = loop:handle():transfer() end
  local value, id
  if not task and loop:is_free(way) then
    loop.rung = false -- see `step_alone`
    value, id = transfer:exchange(method, origin, target, self.header_set(headers), body, timeout, rule)
    if loop.is_polled then loop:ring() end
  else
    id = transfer:start(method, origin, target, self.header_set(headers), body, timeout)
  end
  if id and not transfer:done() then
    loop:wait_for(transfer, id, way, task)
    value = transfer:take(rule)
  end
  if value == nil and id then return nil, transfer end
  idle[#idle + 1] = transfer
  return value
end

--- What became of a transfer that has ended.
-- @return those of `send`
function curl_methods.outcome(_, transfer) return outcome_of(transfer) end

--- Sends a request and does not wait for its answer: `await` does. Dropped, the transfer ends.
-- @tparam string method, and the rest: those of `send`
-- @treturn userdata the transfer; or nil, where it could not be started
function curl_methods:begin(...)
  if self.loop.closed then return nil end
  local transfer = start(self, ...)
  if transfer then self.loop:push() end
  return transfer
end

--- Waits for the answer of a transfer that `begin` gave.
-- @return those of `send`
function curl_methods:await(transfer)
  local way, waiting = way_to_wait(self.loop)
  if not way then
    transfer:close()
    waiting.sent = nil
    return nil, waiting
  end
  if not transfer:done() then wait(self.loop, transfer, way, waiting) end
  return outcome_of(transfer)
end

--- Takes a response back, so that its memory and connection serve the next request.
function curl_methods:release(transfer)
  transfer:reset()
  local idle = self.idle
  idle[#idle + 1] = transfer
end

--- Closes every connection; transfers in flight end as cancelled.
function curl_methods:close()
  self.idle = {}
  self.header_set(nil)
end

return transport
