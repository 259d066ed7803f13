-- TCP servers that do what scenarios say, byte by byte: for answers that no honest server gives. One program for all that a spec file
-- starts, one after the other; spec/child.lua writes to its stdin, at whose end it ends:
--
--   open NUMBER LENGTH    and LENGTH bytes of a Lua chunk, which is called with each connection and its number
--   open NUMBER LENGTH WIRE KEY CERTIFICATE    the same over TLS. WIRE is "tls", where one `send` is one record and `end_ours` ends our
--                         side of the connection without a word of TLS; or "h2", where spec/servers/h2.lua says how the chunk is called
--   close NUMBER          ends it with its connections
--
-- It answers each, in the FIFO `answers` of the directory that it is started with: the port, "closed", or why not. What a server logs is
-- in the file `log.NUMBER` there.
local h2 = require "spec.servers.h2"
local loop = require "spec.servers.loop"
local socket = require "socket"
local tls = require "spec.servers.tls"

local directory = arg[1]
local answers = assert(io.open(directory .. "/answers", "w"))
local servers = {}

-- What is buffered select() does not see.
io.stdin:setvbuf "no"

-- The TLS side of an accepted connection, which the collector closes when the coroutine is dropped before.
local function secure(server, accepted, number, context)
  local socket_of_tls = tls.shake_hands(accepted, context)
  if not socket_of_tls then return nil end
  server.sockets[coroutine.running()] = socket_of_tls
  local connection = loop.connection(socket_of_tls, number)
  function connection.end_ours()
    accepted:setfd(socket_of_tls:getfd())
    accepted:shutdown("send")
    accepted:setfd(-1)
  end
  return connection
end

local function open(number, rest)
  local length, wire, key, certificate = rest:match "^(%d+) ?(%w*) ?(%S*) ?(.*)$"
  local text = io.read(tonumber(length))
  local scenario = assert((loadstring or load)(text, "=scenario"))
  local context = wire ~= "" and tls.context(certificate, key, wire == "h2" and "h2" or nil)
  local serve = wire == "h2" and h2.serve(scenario) or function(connection) scenario(connection, connection.number) end
  local listener = assert(socket.bind("127.0.0.1", 0, 512))
  -- The sockets are those of the coroutines that go on: what a scenario that has ended leaves open is closed by the collector.
  local server = { listener = listener, sockets = setmetatable({}, { __mode = "k" }) }
  server.log = assert(io.open(directory .. "/log." .. number, "a"))
  servers[number] = server
  local count = 0
  loop.watch(listener, function(accepted)
    count = count + 1
    local routine = loop.spawn(function(of)
      loop.log_here(server.log)
      loop.log("connection", of)
      local connection = context and secure(server, accepted, of, context) or not context and loop.connection(accepted, of)
      if connection then serve(connection) end
    end, count)
    if coroutine.status(routine) ~= "dead" and not context then server.sockets[routine] = accepted end
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
  local word, number, rest = line:match "^(%w+) (%d+) ?(.*)$"
  local _, answer = pcall(word == "open" and open or close, number, rest)
  answers:write((tostring(answer):gsub("\n", " ")), "\n")
  answers:flush()
  return true
end)
os.execute("rm -rf '" .. directory .. "'")
