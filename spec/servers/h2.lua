-- An HTTP/2 server for the other side of `openssl s_server`, which does its TLS: it answers `warm` requests, refuses or fails the next
-- one in the way it is told, and answers the rest. Started by spec/child.lua.
local frames = require "spec.servers.frames"

local directory, warm, action = arg[1], tonumber(arg[2]), arg[3]
io.stdout:setvbuf("no")

local log_file = assert(io.open(directory .. "/log", "a"))
local function log(...)
  log_file:write(table.concat({ ... }, " "), "\n")
  log_file:flush()
end

local function send(...) io.write(frames.frame(...)) end

local function reset(code)
  return function(stream) send(frames.RST_STREAM, 0, stream, frames.word(code)) end
end

local actions = {
  refuse = reset(frames.REFUSED_STREAM),
  fail = reset(frames.INTERNAL_ERROR),
  cancel = reset(frames.CANCEL),
  leave = function() send(frames.GOAWAY, 0, 0, frames.word(0) .. frames.word(frames.NO_ERROR)) end,
  ["answer half and fail"] = function(stream)
    send(frames.HEADERS, frames.END_HEADERS, stream, frames.fields { status = 200 })
    send(frames.DATA, 0, stream, "{")
    send(frames.RST_STREAM, 0, stream, frames.word(frames.INTERNAL_ERROR))
  end,
}

local connections, requests = 0, 0

local function handle(stream)
  requests = requests + 1
  log("request", connections, stream)
  if requests == warm + 1 then return actions[action](stream) end
  send(frames.HEADERS, frames.END_HEADERS, stream, frames.fields { status = 200 })
  send(frames.DATA, frames.END_STREAM, stream, "{}")
end

while true do
  local head = io.read(9)
  if not head then break end
  if head == "PRI * HTT" then
    io.read(15)
    connections = connections + 1
    log("connection", connections)
    send(frames.SETTINGS, 0, 0, "")
  else
    local kind, flags, stream, length = frames.read(head)
    local payload = length > 0 and io.read(length) or ""
    if kind == frames.SETTINGS and flags % 2 == 0 then send(frames.SETTINGS, frames.ACK, 0, "") end
    if kind == frames.PING and flags % 2 == 0 then send(frames.PING, frames.ACK, 0, payload) end
    if (kind == frames.HEADERS or kind == frames.DATA) and flags % 2 == frames.END_STREAM then handle(stream) end
  end
end
