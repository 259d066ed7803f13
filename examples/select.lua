-- A client in a loop of LuaSocket's select, beside sockets of the program's own. Any loop that can wait for a descriptor and a time
-- does the same: poll, epoll, a GUI toolkit.
--
--     lua5.4 lua/studio/emulator/main.lua -- lua5.4 examples/select.lua         against the local service
--
-- With TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment instead, it reads from Twilio; it changes nothing. `make env` prints
-- the paths that it needs in a checkout. Debian's package is lua-socket.
local socket = require "socket"
local studio = require "studio"

local client = studio.new()
local pollable = { getfd = function() return client:pollfd() end }

-- The program's own work: a server that tells whoever connects how many tasks are pending, and somebody who asks.
local server = assert(socket.bind("127.0.0.1", 0))
local host, port = server:getsockname()
local visitor = assert(socket.connect(host, port))
visitor:settimeout(0)

local function serve()
  local connection = server:accept()
  connection:send(("%d tasks are pending\n"):format(client:pending()))
  connection:close()
end

for name, collection in pairs { ["v1 Flows"] = client.v1.flows, ["v2 Flows"] = client.v2.flows, ["Flex Flows"] = client.flex.flex_flows } do
  client:spawn(function()
    local records, err = collection:list { limit = 100 }
    print(("%-12s %s"):format(name, records and #records or tostring(err)))
  end)
end

local visited = false
while client:step(0) > 0 or not visited do
  local readable = socket.select({ pollable, server, not visited and visitor or nil }, nil, client:timeout())
  if readable[server] then serve() end
  if readable[visitor] then
    print("the visitor read: " .. tostring(visitor:receive("*l")))
    visited = true
  end
end

visitor:close()
server:close()
client:close()
