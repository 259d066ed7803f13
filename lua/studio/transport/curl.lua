--- One attempt of one request over libcurl.
--
-- A transport, this one or `studio.transport.custom`, gives a response with the methods `header(name)`, `headers()`, `receipt(attempt)`,
-- `body([most])`, `size()`, `decode(rule)`, `seconds()`, and `object(rule)`: what the answer brought, where it is plainly that, and nil
-- otherwise, whatever the reason. A failure is a table `{ name, message, sent, status, response }`.
local core = require "studio.core"
local version = require "studio.base.version"

local remove = table.remove

local transport = {}

local function lua_name()
  local jit_table = rawget(_G, "jit")
  return jit_table and jit_table.version:match("^LuaJIT [%d.]+") or _VERSION
end

--- The User-Agent of a client: `lua-studio/<version> (<os> <arch>) <Lua version> libcurl/<version>`.
-- @tparam string|nil addition the program's own, put behind ours
-- @treturn string
function transport.user_agent(addition)
  local text = ("lua-studio/%s (%s) %s libcurl/%s"):format(version, core.platform,
    (lua_name():gsub(" ", "/")), core.curl_version)
  return addition and text .. " " .. addition or text
end

local curl_methods = {}
local curl_mt = { __name = "studio.curl", __index = curl_methods }

-- Makes two functions. The first gives libcurl's list of the header lines of a request, which is kept for as long as they stay the same:
-- they hold credentials, and in a closure no program prints those with the fields of a client. The second lets go of it.
local function header_keeper()
  local set, kept_for
  local function let_go()
    local last = set
    set, kept_for = nil, nil
    if last then last:close() end
  end
  local function header_set(authorization, extra)
    if set and kept_for == authorization and not extra then return set end
    set, kept_for = nil, nil -- a call may have it in hand: the collector closes it
    local list = { "Accept", "application/json" }
    if authorization then list[3], list[4] = "Authorization", authorization end
    for index = 1, extra and #extra or 0 do list[#list + 1] = extra[index] end
    set = core.headers(list)
    kept_for = not extra and authorization -- false where there are more: then it serves once
    return set
  end
  return header_set, let_go
end

--- Makes the transport over libcurl.
-- @tparam table loop
-- @treturn table
function transport.curl(loop)
  local header_set, let_go = header_keeper()
  return setmetatable({ loop = loop, header_set = header_set, let_go = let_go, idle = {} }, curl_mt)
end

-- A transfer where none is idle; or nil and a failure, where no descriptor is left.
local function new_transfer(self)
  local multi, problem = self.loop:handle()
  if not multi then return nil, { name = "connect", message = problem, sent = false } end
  return multi:transfer()
end

-- The outcome of a transfer: response and status; or nil and a failure. Where the loop was closed, it may not have ended: it ends here.
local function outcome_of(transfer)
  if not transfer:done() then transfer:cancel() end
  local status, text, name, sent, partial = transfer:outcome()
  if status then return transfer, status end
  return nil, { name = name, message = text, sent = sent, status = partial, response = transfer }
end

-- Reads the answer of a transfer that has ended, where a rule is given: gives what `exchange` does.
local function read_answer(self, transfer, rule, attempt)
  if not rule then return nil, outcome_of(transfer) end
  local value, receipt = transfer:take(rule, attempt)
  if value == nil then return nil, outcome_of(transfer) end
  self.idle[#self.idle + 1] = transfer
  return value, receipt
end

-- Waits until a transfer has ended, and reads its answer.
local function await_answer(self, transfer, id, way, task, rule, attempt)
  self.loop:wait_for(transfer, id, way, task)
  return read_answer(self, transfer, rule, attempt)
end

--- Sends a request, waits for its answer, and reads it where it is plainly what it should be.
-- @tparam string method
-- @tparam string origin scheme, host and port
-- @tparam string target path and query
-- @tparam string|nil authorization value of that header
-- @tparam {string,...}|nil extra headers of the program's: name, value, name, value, …
-- @tparam string|nil body
-- @tparam number timeout seconds
-- @tparam string|nil rule of `transfer:object`; nil where the answer is to be looked at, whatever it is
-- @tparam number attempt how often the request is sent now
-- @return the value of a plain answer, or nil
-- @return the answer's receipt, where there is a value; else the response, to be given to `release`, or nil
-- @treturn number|table|nil the response's status, where there is no value; where there is no response either, the failure
function curl_methods:exchange(method, origin, target, authorization, extra, body, timeout, rule, attempt)
  local loop = self.loop
  local way, task_or_failure, is_free = loop:way_for_call()
  if not way then return nil, nil, task_or_failure end
  local idle = self.idle
  local transfer = remove(idle)
  if not transfer then
    local failure
    transfer, failure = new_transfer(self)
    if not transfer then return nil, nil, failure end
  end
  local set, id = self.header_set(authorization, extra), nil
  if is_free and rule then
    loop.rung = false -- as in a turn
    local value, receipt = transfer:exchange(method, origin, target, set, body, timeout, rule, attempt)
    if loop.is_polled then loop:ring() end
    if value ~= nil then
      idle[#idle + 1] = transfer
      return value, receipt
    end
    id = receipt -- of what it has started
  end
  if not id then
    local message, reason
    id, message, reason = transfer:start(method, origin, target, set, body, timeout)
    if not id then return nil, nil, { name = reason, message = message, sent = false } end
  end
  if is_free and loop:wait_alone(transfer) then return read_answer(self, transfer, rule, attempt) end
  -- What waits keeps no more of a task's stack than it needs: a tail call.
  return await_answer(self, transfer, id, way, task_or_failure, rule, attempt)
end

--- Sends a request and does not wait for its answer: `await` does. Dropped, the transfer ends.
-- @tparam string method
-- @tparam string origin scheme, host and port
-- @tparam string target path and query
-- @tparam string|nil authorization as for `exchange`
-- @tparam {string,...}|nil extra as for `exchange`
-- @tparam string|nil body
-- @tparam number timeout seconds
-- @treturn userdata the transfer; or nil, where it could not be started
function curl_methods:begin(method, origin, target, authorization, extra, body, timeout)
  if self.loop.closed then return nil end
  local transfer = remove(self.idle) or new_transfer(self)
  if not transfer then return nil end
  local set = self.header_set(authorization, extra)
  if not transfer:start(method, origin, target, set, body, timeout) then return nil end
  self.loop:push()
  return transfer
end

--- Waits for the answer of a transfer that `begin` gave.
-- @tparam userdata transfer
-- @treturn nil
-- @return the response, or nil
-- @treturn number|table the status, or the failure
function curl_methods:await(transfer)
  local way, task_or_failure = self.loop:way_for_call()
  if not way then
    transfer:close()
    task_or_failure.sent = nil
    return nil, nil, task_or_failure
  end
  if not self.loop:wait_alone(transfer) then self.loop:wait_for(transfer, transfer:id(), way, task_or_failure) end
  return nil, outcome_of(transfer)
end

--- Takes a response back, so that its memory and connection serve the next request.
-- @tparam userdata transfer
function curl_methods:release(transfer)
  transfer:reset()
  self.idle[#self.idle + 1] = transfer
end

--- Closes every connection; transfers in flight end as cancelled.
function curl_methods:close()
  self.idle = {}
  self.let_go()
end

return transport
