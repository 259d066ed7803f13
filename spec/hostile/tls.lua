-- A server that speaks HTTP/1.1 over TLS; on its first connection each answer is followed by one that nobody asked for. Started by
-- spec/hostile_spec.lua with a directory, a certificate and its key; ends at the end of its stdin.
local tls = require "spec.servers.tls"

tls.run(arg[1], { certificate = arg[2], key = arg[3] }, function(connection)
  while connection:request() do
    connection:answer('{"sid":"asked for"}')
    if connection.number == 1 then
      connection:wait(0.05)
      connection:answer('{"sid":"not asked for"}')
      connection:log("unasked")
    end
  end
end)
