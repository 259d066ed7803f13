-- TCP servers that do what scenarios say, byte by byte: for answers that no honest server gives. One program for all that a spec file
-- starts, one after the other; spec/child.lua writes to its stdin, at whose end it ends:
--
--   open NUMBER LENGTH    and LENGTH bytes of a Lua chunk, which is called with each connection and its number
--   close NUMBER          ends it with its connections
--
-- It answers each, in the FIFO `answers` of the directory that it is started with: the port, "closed", or why not. What a server logs is
-- in the file `log.NUMBER` there.
local loop = require "spec.servers.loop"
local socket = require "socket"

local directory = arg[1]
local answers = assert(io.open(directory .. "/answers", "w"))
local servers = {}

-- What is buffered select() does not see.
io.stdin:setvbuf "no"

local function open(number, length)
  local text = io.read(length)
  local scenario = assert((loadstring or load)(text, "=scenario"))
  local listener = assert(socket.bind("127.0.0.1", 0, 64))
  -- The sockets are those of the coroutines that go on: what a scenario that has ended leaves open is closed by the collector.
  local server = { listener = listener, sockets = setmetatable({}, { __mode = "k" }) }
  server.log = assert(io.open(directory .. "/log." .. number, "a"))
  servers[number] = server
  local count = 0
  loop.watch(listener, function(accepted)
    count = count + 1
    local routine = loop.spawn(function(connection)
      loop.log_here(server.log)
      loop.log("connection", connection.number)
      scenario(connection, connection.number)
    end, loop.connection(accepted, count))
    if coroutine.status(routine) ~= "dead" then server.sockets[routine] = accepted end
  end)
  return select(2, listener:getsockname())
end

local function close(number)
  local server = servers[number]
  servers[number] = nil
  loop.unwatch(server.listener)
  server.listener:close()
  for routine, accepted in pairs(server.sockets) do
    loop.drop(routine)
    accepted:close()
  end
  server.log:close()
  collectgarbage()
  return "closed"
end

loop.run(function()
  local line = io.read "*l"
  if not line then return false end
  local word, number, length = line:match "^(%w+) (%d+) ?(%d*)$"
  local _, answer = pcall(word == "open" and open or close, number, tonumber(length))
  answers:write((tostring(answer):gsub("\n", " ")), "\n")
  answers:flush()
  return true
end)
os.execute("rm -rf '" .. directory .. "'")
