-- Seen with libcurl 8.22, now and then, where a program waits by a function of its own: an answer that came while pollfd() made the
-- descriptor was read there, nothing became readable any more, and the wait lasted until a timer of libcurl's, for ten seconds.
local socket = require "socket"
local support = require "spec.support"

describe("An answer that comes before the descriptor is asked for", function()
  local emulator = support.emulator()

  it("makes it readable", function()
    local service = emulator()
    local client = support.client(service)
    service:fault { delay = 0.5 }
    local task = client:spawn(function() return client.v1.flows(service.flows.survey):fetch() end)
    for _ = 1, 10 do
      client:step(0)
      socket.sleep(0.01)
    end
    socket.sleep(0.7) -- the answer lies in the socket
    local descriptor = client:pollfd()
    local readable = socket.select({ { getfd = function() return descriptor end } }, nil, 1)
    assert.equal(1, #readable)
    client:step(0)
    client:step(0)
    assert.is_true(task:done())
    client:close()
  end)
end)
