--- Servers for specs that speak TLS.
local loop = require "spec.servers.loop"
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

local contexts = {}

--- What a server over TLS needs.
-- @tparam string certificate path
-- @tparam string key path
-- @tparam[opt] string alpn the protocol to agree on
function tls.context(certificate, key, alpn)
  local name = table.concat({ certificate, key, alpn }, "\n")
  contexts[name] = contexts[name] or assert(ssl.newcontext {
    mode = "server", protocol = "any", options = { "no_sslv2", "no_sslv3" }, certificate = certificate, key = key,
    alpn = alpn and function() return alpn end or nil,
  })
  return contexts[name]
end

return tls
