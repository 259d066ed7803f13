-- Seen: with more than 128 calls in flight over HTTP/1.1 each request opened a connection of its own, for libcurl counts those in use
-- against the most that it keeps: 4,184 connections for 10,000 creates with 200 in flight. Over HTTP/2 1,000 calls at once opened 900
-- connections, where the server takes 128 calls on each.
local child = require "spec.child"
local descriptors = require "spec.descriptors"
local support = require "spec.support"

local last_number = 18000000000

describe("Over HTTP/1.1", function()
  local started = support.emulator()

  local function numbers(count)
    local list = {}
    for index = 1, count do
      last_number = last_number + 1
      list[index] = ("+%d"):format(last_number)
    end
    return list
  end

  -- Creates `count` executions, `most` of them at once; gives how many connections the service saw.
  local function create_all(client, service, count, most)
    local executions = client.v2.flows(service.flows.survey).executions
    local already, connections, seen = #service:requests(), 0, {}
    for _, execution, err in client:map(numbers(count), function(number)
      return executions:create { to = number, from = "+18007654321" }
    end, { concurrency = most }) do
      assert.is_nil(err)
      assert.is_truthy(execution)
    end
    local requests = service:requests()
    for index = already + 1, #requests do
      local number = requests[index].connection
      if not seen[number] then connections = connections + 1 end
      seen[number] = true
    end
    return connections
  end

  for _, most in ipairs { 50, 200, 400 } do
    it(("%d calls in flight take as many connections, however many calls there are"):format(most), function()
      local service = started()
      local client = support.client(service, { retry = false })
      assert.is_true(create_all(client, service, 3 * most, most) <= most)
      client:close()
    end)
  end

  it("a map runs few tasks at once that end soon, and as many as it may of those that wait", function()
    local client = support.client(started())
    local running, most
    local function run(wait)
      running, most = 0, 0
      for _, _, problem in client:map(numbers(3000), function()
        running = running + 1
        most = math.max(most, running)
        wait()
        running = running - 1
      end, { concurrency = 1000 }) do assert.is_nil(problem) end
      return most
    end
    -- Every second turn of the loop ends all that run.
    assert.is_true(run(coroutine.yield) <= 300, most)
    -- None ends before all run.
    local function wait_for_all()
      while most < 1000 do client:sleep(0.01) end
    end
    assert.are.equal(1000, run(wait_for_all))
    assert.are.equal(1000, client:spawn(run, wait_for_all):wait())
    client:close()
  end)

  -- So many calls at once; what they come to, counted: "ok", or the kind of an error.
  local function outcomes(client, count, timeout)
    local found = {}
    for _, value, err in client:map(numbers(count), function()
      return client.v1.flows("FW" .. ("1"):rep(32)):fetch(nil, { timeout = timeout })
    end, { concurrency = count }) do
      local outcome = value and "ok" or err.kind
      found[outcome] = (found[outcome] or 0) + 1
    end
    return found
  end

  it("300 calls that nobody answers end in their timeouts, and the next 300 are well", function()
    local server = child.server [[
      while connection:request() do
        if number > 300 then connection:answer() else connection:wait(30) end
      end]]
    local client = support.offline(nil, { base_url = server.origin, no_proxy = "*", retry = false })
    assert.are.same({ timeout = 300 }, outcomes(client, 300, 1))
    assert.are.same({ ok = 300 }, outcomes(client, 300, 60))
    assert.is_true(server:count "^connection" <= 600)
    client:close()
    server:stop()
  end)

  it("a client that is closed with 300 calls in flight ends them all", function()
    local server = child.server "while connection:request() do connection:wait(30) end"
    local client = support.offline(nil, { base_url = server.origin, no_proxy = "*", retry = false })
    local tasks = {}
    for index = 1, 300 do
      tasks[index] = client:spawn(function() return client.v1.flows("FW" .. ("1"):rep(32)):fetch() end)
    end
    while server:count "^request" < 300 do client:step(0.1) end
    client:close()
    for _, task in ipairs(tasks) do
      local value, err = task:wait()
      assert.is_nil(value)
      assert.are.equal("cancelled", err.kind)
    end
    server:stop()
  end)

  it("what many calls needed is closed once few are in flight", function()
    local service = started()
    local client = support.client(service, { retry = false })
    local before = descriptors.count()
    create_all(client, service, 400, 400)
    create_all(client, service, 20, 10)
    client:sleep(1.1) -- libcurl 8.22 does not look at a connection within a second of its last request
    create_all(client, service, 20, 10)
    assert.is_true(descriptors.count() - before <= 140, descriptors.count() - before)
    client:close()
  end)
end)

describe("Over TLS", function()
  local FLOW = "FW" .. ("1"):rep(32)
  local directory, certificate

  setup(function()
    directory = child.directory()
    certificate = child.certificate(directory, "own", "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2")
  end)
  teardown(function() child.remove(directory) end)

  -- So many fetches at once.
  local function fetch_all(server, count)
    local client = support.offline(nil, {
      base_url = "https://127.0.0.1:" .. server.port, ca_file = certificate.certificate, no_proxy = "*", retry = false,
    })
    local values = {}
    for index = 1, count do values[index] = FLOW end
    for _, flow, err in client:map(values, function(sid) return client.v1.flows(sid):fetch() end, { concurrency = count }) do
      assert.is_nil(err)
      assert.are.equal("honest", flow.sid)
    end
    client:close()
    local connections = server:count "^connection"
    assert.are.equal(count, server:count "^request")
    server:stop()
    return connections
  end

  local answer = [[
    local send, stream, connection, frames = ...
    function connection.answer_next(at)
      send(frames.HEADERS, frames.END_HEADERS, at, frames.fields { status = 200 })
      send(frames.DATA, frames.END_STREAM, at, '{"sid":"honest"}')
    end
    connection.answer_next(stream)]]

  it("300 calls in flight over HTTP/2 take few connections", function()
    local server = child.server(answer, certificate, true)
    assert.is_true(fetch_all(server, 300) <= 32)
  end)

  it("as many calls as are in flight over HTTP/1.1 get a connection each, before any is answered", function()
    local server = child.server([[
      local request = connection:request()
      waiting = (waiting or 0) + 1
      while waiting < 40 do connection:wait(0.01) end
      if request then connection:answer '{"sid":"honest"}' end]], certificate)
    assert.are.equal(40, fetch_all(server, 40))
  end)
end)
