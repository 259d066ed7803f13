-- A server that speaks HTTP/1.1 over TLS; on its first connection each answer is followed by one that nobody asked for. Started by
-- spec/hostile_spec.lua with a directory, a certificate and its key; ends at the end of its stdin.
local loop = require "spec.servers.loop"
local socket = require "socket"
local ssl = require "ssl"

local directory, certificate, key = arg[1], arg[2], arg[3]
local waits = { wantread = "read", wantwrite = "write", timeout = "read" }

local function serve(accepted, number)
  local secure = assert(ssl.wrap(accepted, {
    mode = "server", protocol = "any", options = { "no_sslv2", "no_sslv3" }, certificate = certificate, key = key,
  }))
  secure:settimeout(0)
  local done, problem = secure:dohandshake()
  while not done and waits[problem] do
    loop.wait_for(secure, waits[problem])
    done, problem = secure:dohandshake()
  end
  local connection = loop.connection(secure, number)
  while connection:request() do
    connection:answer('{"sid":"asked for"}')
    if number == 1 then
      connection:wait(0.05)
      connection:answer('{"sid":"not asked for"}')
      connection:log("unasked")
    end
  end
end

loop.log_to(directory)
local server = assert(socket.bind("127.0.0.1", 0, 16))
local count = 0
loop.watch(server, function(accepted)
  count = count + 1
  loop.log("connection", count)
  loop.spawn(serve, accepted, count)
end)
loop.tell_port(directory, server)
loop.run()
