-- The server of spec/servers/raw.lua over TLS: its scenario is called with each connection and its number, one `send` is one record.
-- Started by spec/child.lua with a directory, a certificate and its key, and the scenario in its stdin, at whose end it ends.
local tls = require "spec.servers.tls"

local text = io.read(tonumber(io.read("*l")))
local scenario = assert((loadstring or load)(text, "=scenario"))

tls.run(arg[1], { certificate = arg[2], key = arg[3] }, function(connection) scenario(connection, connection.number) end)
