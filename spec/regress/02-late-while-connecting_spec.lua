-- Seen with libcurl 7.88, and with 8.22 where the descriptor is polled: a call over TLS waits for the connection that another call opens,
-- so that both share it, and its timeout and deadline passed unheard until that one gave up.
local child = require "spec.child"
local core = require "studio.core"
local socket = require "socket"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)
-- Seconds.
local LONG = 20

describe("A call that waits for another's connection", function()
  local server

  before_each(function() server = child.server "connection:drain()" end)
  after_each(function() server:stop() end)

  local function client_of(options)
    options.base_url, options.no_proxy = "https://127.0.0.1:" .. server.port, "*"
    options.connect_timeout, options.retry = LONG, options.retry or false
    return support.offline(nil, options)
  end

  for _, is_polled in ipairs { false, true } do
    for name, seconds in pairs { timeout = 0.2, deadline = 0.2 } do
      local how = is_polled and " where the descriptor is polled" or ""
      it(("ends by its own %s%s"):format(name, how), function()
        local client = client_of { timeout = LONG }
        if is_polled then client:pollfd() end
        local first = client:spawn(function() return client.v1.flows(FLOW):fetch() end)
        client:step(0)
        local began = core.now()
        local second = client:spawn(function() return client.v1.flows(FLOW):fetch(nil, { [name] = seconds }) end)
        local value, err = second:wait()
        assert.is_nil(value)
        assert.are.equal("timeout", err.kind)
        assert.is_false(err.sent)
        assert.is_true(core.now() - began < LONG / 2)
        assert.is_false(first:done())
        client:close()
      end)
    end
  end

  it("tells a loop when to come back", function()
    local client = client_of { timeout = LONG }
    client:pollfd()
    client:spawn(function() return client.v1.flows(FLOW):fetch() end)
    local second = client:spawn(function() return client.v1.flows(FLOW):fetch(nil, { timeout = 0.2 }) end)
    local began = core.now()
    while not second:done() and core.now() - began < LONG / 2 do
      client:step(0)
      local seconds = client:timeout()
      assert.is_true(second:done() or seconds < LONG / 2)
      socket.sleep(math.min(seconds, 0.05))
    end
    assert.is_true(second:done())
    client:close()
  end)
end)
