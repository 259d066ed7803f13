-- An HTTP/2 server over TLS that answers its first request as a scenario says, and all others honestly, but for those that the scenario
-- takes for `connection.answer_next`. Started by spec/hostile_http2_spec.lua and spec/http2_spec.lua with a directory, a certificate and
-- its key, and the scenario in its stdin, at whose end it ends.
local frames = require "spec.servers.frames"
local loop = require "spec.servers.loop"
local tls = require "spec.servers.tls"

local text = io.read(tonumber(io.read("*l")))
local scenario = assert((loadstring or load)(text, "=scenario"))

local PREFACE = 24 -- bytes that a client begins with
local is_first = true

tls.run(arg[1], { certificate = arg[2], key = arg[3], alpn = "h2" }, function(connection)
  local is_open = true
  -- LuaSec does not come back from reading a connection that could not be written to.
  local function send(...)
    is_open = is_open and connection:send(frames.frame(...))
    return is_open
  end
  local function answer(stream)
    loop.log("request", connection.number, stream)
    if is_first then
      is_first = false
      return scenario(send, stream, connection, frames)
    end
    if connection.answer_next then return connection.answer_next(stream) end
    send(frames.HEADERS, frames.END_HEADERS, stream, frames.fields { status = 200 })
    send(frames.DATA, frames.END_STREAM, stream, '{"sid":"honest"}')
  end
  connection:bytes(PREFACE)
  send(frames.SETTINGS, 0, 0, "")
  for head in function() return is_open and connection:bytes(9) or nil end do
    local kind, flags, stream, length = frames.read(head)
    local payload = connection:bytes(length)
    if not payload then return end
    if kind == frames.SETTINGS and flags % 2 == 0 then send(frames.SETTINGS, frames.ACK, 0, "") end
    if kind == frames.PING and flags % 2 == 0 then send(frames.PING, frames.ACK, 0, payload) end
    if (kind == frames.HEADERS or kind == frames.DATA) and flags % 2 == frames.END_STREAM then answer(stream) end
  end
end)
