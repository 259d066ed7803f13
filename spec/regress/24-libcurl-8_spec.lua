-- Seen with libcurl 8.21 and 8.22: in tasks an answer of HTTP/1.1 on a kept HTTP/2 connection ended only in the timeout; a create that met
-- a goodbye on a kept connection had an unknown fate; closing a client waited twenty seconds for a name server; after a name was not found
-- the retries asked nobody. And a first mend of it took a new connection wherever an HTTP/2 server had sent anything between two requests.
local child = require "spec.child"
local libcurl = require "spec.libcurl"
local support = require "spec.support"

local quote, shell = child.quote, child.shell

local FLOW = "FW" .. ("1"):rep(32)
local LONG = 20 -- seconds
local QUICK = 0.5

local prelude = [[
  local send, stream, connection, frames = ...
  local function answer(at)
    send(frames.HEADERS, frames.END_HEADERS, at, frames.fields { status = 200 })
    send(frames.DATA, frames.END_STREAM, at, '{"sid":"honest"}')
  end
  answer(stream)
]]

local function create(client)
  return client.v1.flows(FLOW).executions:create { to = "+18001234567", from = "+18007654321" }
end

describe("A kept HTTP/2 connection", function()
  local directory, certificate

  setup(function()
    directory = child.directory()
    certificate = child.certificate(directory, "own", "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2")
  end)
  teardown(function() child.remove(directory) end)

  local function serve(scenario)
    return child.server(prelude .. scenario, certificate, true)
  end

  -- A client whose connection has carried a fetch.
  local function warm_client(server, is_polled, timeout)
    local client = support.offline(nil, {
      base_url = "https://127.0.0.1:" .. server.port, ca_file = certificate.certificate, no_proxy = "*", retry = false,
      timeout = timeout or LONG,
    })
    if is_polled then client:pollfd() end
    assert.are.equal("honest", assert(client.v1.flows(FLOW):fetch()).sid)
    return client
  end

  local spoilt = {
    ["an answer of HTTP/1.1"] = [[connection:send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]],
    ["a frame longer than allowed"] = [[
      send(frames.HEADERS, frames.END_HEADERS, at, frames.fields { status = 200 })
      send(frames.DATA, frames.END_STREAM, at, (" "):rep(16385))]],
  }

  for _, is_polled in ipairs { false, true } do
    local how = is_polled and ", driven by the descriptor" or ""

    for title, scenario in pairs(spoilt) do
      it(("that brings %s ends a task's call at once%s"):format(title, how), function()
        for _ = 1, 3 do
          local server = serve("function connection.answer_next(at) " .. scenario .. " end")
          local client = warm_client(server, is_polled, libcurl.is_deaf and QUICK)
          local value, err = client:spawn(function() return client.v1.flows(FLOW):fetch() end):wait()
          assert.is_nil(value)
          assert.are.equal(libcurl.is_deaf, err.kind == "timeout", tostring(err))
          client:close()
          server:stop()
        end
      end)
    end

    it("takes one create after another while its server sends frames between them" .. how, function()
      local between = [[
        send(frames.PING, 0, 0, "12345678")
        send(frames.WINDOW_UPDATE, 0, 0, frames.word(100))
        send(frames.SETTINGS, 0, 0, "")
        connection:log("sent " .. at)]]
      local server = serve("local at = stream " .. between .. " function connection.answer_next(at) answer(at) " .. between .. " end")
      local client = warm_client(server, is_polled)
      for number = 1, 10 do
        assert.is_true(server:wait(("^sent %d "):format(2 * number - 1)))
        assert.are.equal("honest", assert(create(client)).sid)
      end
      assert.are.equal(1, server:count "^connection")
      assert.are.equal(11, server:count "^request")
      client:close()
      server:stop()
    end)

    it("whose server has said goodbye, and leaves it open, gets a create carried out elsewhere, once" .. how, function()
      local server = serve [[
        send(frames.GOAWAY, 0, 0, frames.word(stream) .. frames.word(frames.NO_ERROR))
        connection:log "said goodbye"
        function connection.answer_next() end]]
      local client = warm_client(server, is_polled)
      assert.is_true(server:wait "^said goodbye")
      local execution, err = create(client)
      assert.is_nil(err)
      assert.are.equal("honest", execution.sid)
      assert.are.equal(2, server:count "^connection")
      assert.are.equal(1, server:count "^request 2 ")
      client:close()
      server:stop()
    end)
  end
end)

describe("A name server", function()
  local directory, before

  setup(function()
    directory = child.directory()
    local said = shell(("cc -shared -fPIC -o %s/names.so spec/servers/names.c -ldl"):format(quote(directory)))
    assert.are.equal("", said)
    local preload = (os.getenv("LD_PRELOAD") or "") .. ":" .. directory .. "/names.so"
    before = ("FAULTS_NAMES=%s LD_PRELOAD=%s"):format(quote(directory), quote(preload))
  end)
  teardown(function() child.remove(directory) end)

  local function write(name, text)
    local file = assert(io.open(directory .. "/" .. name, "w"))
    file:write(text)
    file:close()
  end

  local function lookups_of(name)
    local count = 0
    for line in io.lines(directory .. "/lookups") do
      if line == name then count = count + 1 end
    end
    return count
  end

  local program = [[
    local studio, core = require "studio", require "studio.core"
    local client = studio.new {
      account_sid = "AC" .. ("0"):rep(32), auth_token = "0", base_url = "http://" .. arg[1], no_proxy = "*", timeout = tonumber(arg[2]),
      retry = { attempts = tonumber(arg[3]), base = 0.001 },
    }
    local value, err = client.v1.flows("FW" .. ("1"):rep(32)):fetch()
    local ended = core.now()
    client:close()
    print(value, err.kind, err.attempts, err.sent, core.now() - ended < 5)
  ]]

  it("that finds no such name is asked anew by each retry", function()
    write("gone.faults.test", "refuse")
    local output = child.run(program, { before = before, arguments = { "gone.faults.test:1", LONG, 3 } })
    assert.are.equal("nil\ttransport\t3\tfalse\ttrue\nstatus=0\n", output)
    local asked = lookups_of "gone.faults.test"
    -- libcurl 8 asks for each kind of address by itself.
    assert.is_true(asked == 3 or asked == 6, asked)
  end)

  it("that does not answer holds up no close", function()
    write("silent.faults.test", "silence")
    local give_up = ("(sleep %d; rm -f %s) >/dev/null 2>&1 &"):format(LONG / 2, quote(directory .. "/silent.faults.test"))
    shell(give_up)
    local output = child.run(program, { before = before, arguments = { "silent.faults.test:1", 0.2, 1 } })
    assert.are.equal("nil\ttimeout\t1\tfalse\ttrue\nstatus=0\n", output)
  end)
end)
