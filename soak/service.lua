--- The two servers of the soak: the emulator, whose faults come on demand, and a door behind which nobody keeps to HTTP.
local child = require "spec.child"
local emulator = require "studio.emulator"

local services = {}

--- Faults of the emulator. `kind` is that of the error of a call that is not tried again; `repeatable` says whether a GET or a DELETE is,
-- `always` whether a POST is, too. `vague`: not for a DELETE, of whose answer the status says all. `timeout` is the call's.
services.faults = {
  { name = "500", kind = "http", repeatable = true, fault = { status = 500 } },
  { name = "503", kind = "http", repeatable = true, fault = { status = 503 } },
  { name = "429", kind = "http", repeatable = true, always = true, fault = { status = 429, headers = { ["Retry-After"] = "0" } } },
  { name = "closed before", kind = "transport", repeatable = true, fault = { drop = "before" } },
  { name = "closed after", kind = "transport", repeatable = true, fault = { drop = "after" } },
  { name = "reset before", kind = "transport", repeatable = true, fault = { drop = "before", reset = true } },
  { name = "reset after", kind = "transport", repeatable = true, fault = { drop = "after", reset = true } },
  { name = "cut body", kind = "transport", repeatable = true, vague = true, fault = { cut = 10 } },
  { name = "HTML", kind = "decode", vague = true, fault = { body = "<html>" } },
  { name = "no gzip", kind = "decode", vague = true, fault = { body = '{"sid":"x"}', headers = { ["Content-Encoding"] = "gzip" } } },
  { name = "silence", kind = "timeout", repeatable = true, alone = true, timeout = 0.15, fault = { delay = 0.4 } },
}

-- What each connection to the door meets in turn. Requests carry the number of their call in the query, which the log shows.
local door = [[
  local turn = number % 6
  if turn == 1 then return connection:reset() end
  repeat
    if not connection:request() then return end
    if turn == 2 then return connection:close()
    elseif turn == 3 then connection:send(("\255\0\1\r\n"):rep(100)) return connection:close()
    elseif turn == 4 then connection:send(OK .. "Content-Length: 100\r\n\r\n{") connection:wait(0.01) return connection:reset()
    elseif turn == 5 then connection:wait(0.3) return connection:close() end
    connection:answer()
  until false]]

--- What the door may do to a call.
services.door_kinds = { transport = true, timeout = true }

local door_methods = {}
local door_mt = { __index = door_methods }

--- Opens the door.
-- @treturn table with `origin`
function services.door()
  local server = child.server(door)
  return setmetatable({ server = server, origin = server.origin, read = 0 }, door_mt)
end

--- Calls `saw(number)` for each request that has come since the last time.
function door_methods:requests(saw)
  local file = io.open(self.server.log_path, "r")
  if not file then return end
  file:seek("set", self.read)
  for line in file:lines() do
    local number = line:match("^request .*[?&]call=(%d+)")
    if number then saw(tonumber(number)) end
  end
  self.read = file:seek()
  file:close()
end

function door_methods:stop() self.server:stop() end

--- Starts the emulator.
function services.emulator() return assert(emulator.start()) end

--- Calls `saw(number)` for each request that has come to the emulator since the last time.
function services.requests(service, saw)
  for _, request in ipairs(service:requests()) do saw(tonumber(request.headers["x-call"])) end
  service:clear_log()
end

return services
