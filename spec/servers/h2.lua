--- HTTP/2 on a connection of spec/servers/raw.lua: the first request to a server is answered as its scenario says, all others honestly,
-- but for those that the scenario takes for `connection.answer_next`, a function(stream). The scenario is called with `send(kind, flags,
-- stream, payload)`, the stream, the connection and spec/servers/frames.lua.
local frames = require "spec.servers.frames"
local loop = require "spec.servers.loop"

local h2 = {}

local PREFACE = 24 -- bytes that a client begins with

--- @treturn function(connection)
function h2.serve(scenario)
  local is_first = true
  return function(connection)
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
  end
end

return h2
