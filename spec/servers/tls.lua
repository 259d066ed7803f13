--- Servers for specs that speak TLS.
local loop = require "spec.servers.loop"
local socket = require "socket"
local ssl = require "ssl"

local tls = {}

local waits = { wantread = "read", wantwrite = "write", timeout = "read" }

--- The secure side of an accepted connection; nil when the peer leaves in the middle of the handshake.
function tls.shake_hands(accepted, context)
  local secure = assert(ssl.wrap(accepted, context))
  secure:settimeout(0)
  local done, problem = secure:dohandshake()
  while not done and waits[problem] do
    loop.wait_for(secure, waits[problem])
    done, problem = secure:dohandshake()
  end
  return done and secure or nil
end

--- Serves connections until standard input ends; each is logged as `connection <number>` and given to `serve`, in a coroutine of its own.
-- @tparam string directory for the log and the port
-- @tparam table options `certificate`, `key`; `alpn`, the protocol to agree on, if any
-- @tparam function(connection) serve see spec/servers/loop.lua
function tls.run(directory, options, serve)
  local context = assert(ssl.newcontext {
    mode = "server", protocol = "any", options = { "no_sslv2", "no_sslv3" }, certificate = options.certificate, key = options.key,
    alpn = options.alpn and function() return options.alpn end or nil,
  })
  loop.log_to(directory)
  local server = assert(socket.bind("127.0.0.1", 0, 16))
  local count = 0
  loop.watch(server, function(accepted)
    count = count + 1
    local number = count
    loop.log("connection", number)
    loop.spawn(function()
      local secure = tls.shake_hands(accepted, context)
      if not secure then return end
      local connection = loop.connection(secure, number)
      --- Ends our side of the TCP connection, without a word of TLS, and goes on reading.
      function connection.end_ours()
        accepted:setfd(secure:getfd())
        accepted:shutdown("send")
        accepted:setfd(-1)
      end
      serve(connection)
    end)
  end)
  loop.tell_port(directory, server)
  loop.run()
end

return tls
