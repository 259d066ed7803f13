--- One attempt of one request: over libcurl, or (`studio.transport.custom`) over an object that the program gave.
-- Both give a response with the methods `header(name)`, `headers()`, `body([most])`, `size()`, `decode(rule)`, `seconds()`, and
-- `object(rule)`: the body decoded when it is one JSON object and the headers say so, and nil otherwise, whatever the reason.
local core = require "studio.core"
local current_task = require("studio.waiting.ways.task").current
local version = require "studio.base.version"

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

-- libcurl ---------------------------------------------------------------------------------------------------------------------

local curl_methods = setmetatable({}, { __index = require "studio.transport.curl_attempt" })
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

--- The short way: sends a request, waits for its answer, and reads it, where that is plainly what was asked for. The long way is in
-- `studio.transport.curl_attempt`.
-- @tparam string method, and the rest: those of `send` there
-- @tparam string rule see `transfer:take` in csrc/exchange.c
-- @return the value; or nil, and the transfer, where it was started: it has ended, see `outcome`
function curl_methods:exchange(method, origin, target, headers, body, timeout, rule)
  local loop = self.loop
  if loop.closed then return nil end
  local running = current_task() or false
  if running and running.ended then return nil end
  local way, task = loop:choose_wait(running)
  if not way then return nil end
  local idle = self.idle
  local transfer = idle[#idle]
  if transfer then idle[#idle] = nil else transfer = loop:handle():transfer() end
  local value, id, waits
  if not task and loop:is_free(way) then
    loop.rung = false -- see `loop:step_alone`
    value, id = transfer:exchange(method, origin, target, self.header_set(headers), body, timeout, rule)
    if loop.is_polled then loop:ring() end
    waits = value == nil and id and not transfer:done()
  else
    id = transfer:start(method, origin, target, self.header_set(headers), body, timeout)
    waits = id
  end
  if waits then
    loop:wait_for(transfer, id, way, task)
    value = transfer:take(rule)
  end
  if value == nil and id then return nil, transfer end
  idle[#idle + 1] = transfer
  return value
end

--- Closes every connection; transfers in flight end as cancelled.
function curl_methods:close()
  self.idle = {}
  self.header_set(nil)
end

return transport
