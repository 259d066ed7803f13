-- An HTTP/2 server over TLS. It sends the head of each answer some time after the request, and its body some time after the head. Started
-- by spec/http2_spec.lua with a directory, a certificate and its key; ends at the end of its stdin.
local frames = require "spec.servers.frames"
local loop = require "spec.servers.loop"
local socket = require "socket"
local ssl = require "ssl"

local directory, certificate, key = arg[1], arg[2], arg[3]
local waits = { wantread = "read", wantwrite = "write", timeout = "read" }
local PAUSE = 0.05

local function shake_hands(accepted)
  local secure = assert(ssl.wrap(accepted, {
    mode = "server", protocol = "any", options = { "no_sslv2", "no_sslv3" }, certificate = certificate, key = key, alpn = { "h2" },
  }))
  secure:settimeout(0)
  local done, problem = secure:dohandshake()
  while not done and waits[problem] do
    loop.wait_for(secure, waits[problem])
    done, problem = secure:dohandshake()
  end
  return secure
end

local function serve(accepted, number)
  local connection = loop.connection(shake_hands(accepted), number)
  local function send(...) connection:send(frames.frame(...)) end
  connection:bytes(24) -- the client's preface
  send(frames.SETTINGS, 0, 0, "")
  while true do
    local head = connection:bytes(9)
    if not head then return end
    local kind, flags, stream, length = frames.read(head)
    local payload = connection:bytes(length)
    if not payload then return end
    if kind == frames.SETTINGS and flags % 2 == 0 then send(frames.SETTINGS, frames.ACK, 0, "") end
    if kind == frames.HEADERS then
      loop.log("request", stream)
      connection:wait(PAUSE)
      send(frames.HEADERS, frames.END_HEADERS, stream, frames.fields { status = 200 })
      loop.log("head", stream)
      connection:wait(PAUSE)
      send(frames.DATA, frames.END_STREAM, stream, '{"sid":"honest"}')
      loop.log("body", stream)
    end
  end
end

loop.log_to(directory)
local server = assert(socket.bind("127.0.0.1", 0, 16))
local count = 0
loop.watch(server, function(accepted)
  count = count + 1
  loop.spawn(serve, accepted, count)
end)
loop.tell_port(directory, server)
loop.run()
