-- An HTTP/2 server for the other side of `openssl s_server`, which does its TLS: it answers `warm` requests, refuses or fails the next
-- one in the way it is told, and answers the rest. Started by spec/child.lua.
local directory, warm, action = arg[1], tonumber(arg[2]), arg[3]
io.stdout:setvbuf("no")

local log_file = assert(io.open(directory .. "/log", "a"))
local function log(...)
  log_file:write(table.concat({ ... }, " "), "\n")
  log_file:flush()
end

local DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
local END_STREAM, ACK, END_HEADERS = 1, 1, 4

local function word(number)
  return string.char(0, 0, math.floor(number / 256) % 256, number % 256)
end

local function send(kind, flags, stream, payload)
  io.write(word(#payload):sub(2), string.char(kind, flags), word(stream), payload)
end

local actions = {
  refuse = function(stream) send(RST_STREAM, 0, stream, word(7)) end,
  fail = function(stream) send(RST_STREAM, 0, stream, word(2)) end,
  cancel = function(stream) send(RST_STREAM, 0, stream, word(8)) end,
  leave = function() send(GOAWAY, 0, 0, word(0) .. word(0)) end,
  ["answer half and fail"] = function(stream)
    send(HEADERS, END_HEADERS, stream, "\136")
    send(DATA, 0, stream, "{")
    send(RST_STREAM, 0, stream, word(2))
  end,
}

local connections, requests = 0, 0

local function handle(stream)
  requests = requests + 1
  log("request", connections, stream)
  if requests == warm + 1 then return actions[action](stream) end
  send(HEADERS, END_HEADERS, stream, "\136") -- :status 200, of the static table
  send(DATA, END_STREAM, stream, "{}")
end

while true do
  local head = io.read(9)
  if not head then break end
  if head == "PRI * HTT" then
    io.read(15)
    connections = connections + 1
    log("connection", connections)
    send(SETTINGS, 0, 0, "")
  else
    local a, b, c, kind, flags, _, _, high, low = head:byte(1, 9)
    local length, stream = a * 65536 + b * 256 + c, high * 256 + low
    local payload = length > 0 and io.read(length) or ""
    if kind == SETTINGS and flags % 2 == 0 then send(SETTINGS, ACK, 0, "") end
    if kind == PING and flags % 2 == 0 then send(PING, ACK, 0, payload) end
    if (kind == HEADERS or kind == DATA) and flags % 2 == END_STREAM then handle(stream) end
  end
end
