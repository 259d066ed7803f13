--- Answers over HTTP/2, piece by piece.
local child = require "spec.child"
local core = require "studio.core"

-- Seconds.
local LONG = 10

-- The head and the body of each answer are sent when a file in `directory` says so.
local scenario = [[
  local send, stream, connection, frames = ...
  local function wait_for(event, at)
    local file
    repeat
      connection:wait(0.005)
      file = io.open(("%s/%s %d"):format(directory, event, at))
    until file
    file:close()
  end
  function connection.answer_next(at)
    wait_for("head", at)
    send(frames.HEADERS, frames.END_HEADERS, at, frames.fields { status = 200 })
    connection:log("head " .. at)
    wait_for("body", at)
    send(frames.DATA, frames.END_STREAM, at, '{"sid":"honest"}')
    connection:log("body " .. at)
  end
  connection.answer_next(stream)]]

describe("An answer over HTTP/2 whose head one step reads, and the next one the rest,", function()
  local directory, server, certificate

  before_each(function()
    directory = child.directory()
    certificate = child.certificate(directory, "own", "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2")
    server = child.server(("local directory = %q\n"):format(directory) .. scenario, certificate, true)
  end)

  after_each(function()
    server:stop()
    child.remove(directory)
  end)

  local function let(event, stream)
    assert(io.open(("%s/%s %d"):format(directory, event, stream), "w")):close()
    assert.is_true(server:wait(("^%s %d "):format(event, stream)))
  end

  -- libcurl means to look again as soon as it has read the rest, and may forget that.
  local ways = { "when nobody asks for the descriptor", "when the descriptor is asked for in between", "when it was asked for before" }
  for _, way in ipairs(ways) do
    it("ends with that one " .. way, function()
      local multi = core.multi {
        connect_timeout = 6 * LONG, max_response_bytes = 1e6, ca_file = certificate.certificate, no_proxy = "*",
      }
      local transfer = multi:transfer()
      if way:find("before") then multi:pollfd() end
      for round = 1, 3 do
        local stream = 2 * round - 1
        assert(transfer:start("GET", "https://127.0.0.1:" .. server.port, "/", core.headers {}, nil, 6 * LONG))
        while server:count(("^request 1 %d$"):format(stream)) == 0 do multi:step(0.01) end
        let("head", stream)
        multi:step(0)
        assert.is_false(transfer:done())
        let("body", stream)
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
