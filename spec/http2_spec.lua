--- Answers over HTTP/2, piece by piece.
local child = require "spec.child"
local core = require "studio.core"

-- Seconds.
local LONG = 10

describe("An answer over HTTP/2 whose head one step reads, and the next one the rest,", function()
  local directory, server, certificate

  before_each(function()
    directory = child.directory()
    certificate = child.certificate(directory, "own", "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2")
    server = child.program_server("spec/http2/server.lua", { certificate.certificate, certificate.key })
  end)

  after_each(function()
    server:stop()
    child.remove(directory)
  end)

  -- libcurl means to look again as soon as it has read the rest, and may forget that.
  local ways = { "when nobody asks for the descriptor", "when the descriptor is asked for in between", "when it was asked for before" }
  for _, way in ipairs(ways) do
    it("ends with that one " .. way, function()
      local multi = core.multi {
        connect_timeout = 20, max_response_bytes = 1e6, ca_file = certificate.certificate, no_proxy = "*",
      }
      local transfer = multi:transfer()
      if way:find("before") then multi:pollfd() end
      for round = 1, 3 do
        local function said(event) return ("^%s %d$"):format(event, 2 * round - 1) end
        assert(transfer:start("GET", "https://127.0.0.1:" .. server.port, "/", core.headers {}, nil, 2 * LONG))
        while server:count(said("request")) == 0 do multi:step(0.01) end
        assert.is_true(server:wait(said("head")))
        multi:step(0)
        assert.is_false(transfer:done())
        assert.is_true(server:wait(said("body")))
        if way:find("between") and round == 3 then multi:pollfd() end
        local began = core.now()
        while not transfer:done() and core.now() - began < LONG do multi:step(LONG) end
        assert.is_true(core.now() - began < LONG / 2)
        assert.are.equal(200, transfer:outcome())
        assert.are.equal("honest", transfer:decode("keep").sid)
        transfer:reset()
      end
      multi:close()
    end)
  end
end)
