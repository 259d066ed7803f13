-- A TCP server that does what a scenario says, byte by byte: for answers that no honest server gives. Started by spec/child.lua, which
-- sends the scenario (a Lua chunk, called with each connection and its number); ends at the end of its stdin.
local loop = require "spec.servers.loop"
local socket = require "socket"

local directory = arg[1]
local length = tonumber(io.read("*l"))
local scenario = assert((loadstring or load)(io.read(length), "=scenario"))

loop.log_to(directory)
local server = assert(socket.bind("127.0.0.1", 0, 64))
local count = 0
loop.watch(server, function(accepted)
  count = count + 1
  loop.log("connection", count)
  loop.spawn(scenario, loop.connection(accepted, count), count)
end)
loop.tell_port(directory, server)
loop.run()
