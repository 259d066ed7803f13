-- Time: the timeout of one attempt, the deadline of a whole call, waits, and closing in the middle of them.
local core = require "studio.core"
local socket = require "socket"
local support = require "spec.support"

local huge = math.huge
local CONTACT = { to = "+18001234567", from = "+18007654321" }

describe("The timeout", function()
  local emulator = support.emulator()

  it("bounds one attempt, for the client and for a call", function()
    local service = emulator()
    service:fault { delay = 2, times = huge }
    local client = support.client(service, { timeout = 0.3, retry = { attempts = 3, base = 0.001, cap = 0.001 } })
    local _, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal("timeout", err.kind)
    assert.are.equal(3, err.attempts)
    assert.are.equal(3, #service:requests())
    client = support.client(service, { retry = { attempts = 2, base = 0.001, cap = 0.001 } })
    _, err = client.v1.flows(service.flows.survey):fetch(nil, { timeout = 0.3 })
    assert.are.equal("timeout", err.kind)
    assert.are.equal(2, err.attempts)
    assert.are.equal(5, #service:requests())
  end)

  it("of one attempt leaves the next its whole time", function()
    local service = emulator()
    service:fault { delay = 3 }
    service:fault { delay = 0.2 }
    local client = support.client(service, { timeout = 0.7 })
    assert(client.v1.flows(service.flows.survey):fetch())
    assert.are.equal(2, #service:requests())
  end)

  it("does not close the door to what follows", function()
    local service = emulator()
    local client = support.client(service, { retry = false })
    for _ = 1, 3 do
      service:fault { delay = 0.3 }
      local _, err = client.v1.flows(service.flows.survey):fetch(nil, { timeout = 0.02 })
      assert.are.equal("timeout", err.kind)
      assert.are.equal(service.flows.survey, assert(client.v1.flows(service.flows.survey):fetch()).sid)
    end
  end)

  it("tells of a POST that its fate is unknown", function()
    local service = emulator()
    service:fault { delay = 2 }
    local client = support.client(service)
    local _, err = client.v2.flows(service.flows.survey).executions:create(CONTACT, { timeout = 0.3 })
    assert.are.equal("timeout", err.kind)
    assert.is_nil(err.sent)
    assert.is_false(err.retryable)
    assert.are.equal(1, #service:requests())
  end)

  it("of connecting is of a request that was not sent", function()
    -- Nobody answers at an address that is for documentation; a machine without a route says so at once, which is as good.
    local client = support.client(emulator(), {
      base_url = "http://192.0.2.1:9", connect_timeout = 0.1, timeout = 5, retry = { attempts = 2, base = 0.001 }, no_proxy = "*",
    })
    local _, err = client.v1.flows(emulator().flows.survey).executions:create(CONTACT)
    assert.is_true(err.kind == "timeout" or err.kind == "transport", err.kind)
    assert.is_false(err.sent)
    assert.is_true(err.retryable)
    assert.are.equal(2, err.attempts)
  end)
end)

describe("A server that accepts connections and says nothing", function()
  local listener, port

  before_each(function()
    listener = assert(socket.bind("127.0.0.1", 0))
    listener:settimeout(0)
    port = select(2, listener:getsockname())
  end)
  after_each(function() listener:close() end)

  -- What each connection brought.
  local function received()
    local all = {}
    local connection = listener:accept()
    while connection do
      connection:settimeout(0)
      local data, _, partial = connection:receive("*a")
      all[#all + 1] = data or partial
      connection:close()
      connection = listener:accept()
    end
    return all
  end

  local function create(scheme, options)
    local client = support.offline(nil, {
      base_url = ("%s://127.0.0.1:%d"):format(scheme, port), retry = { attempts = 2, base = 0.001, cap = 0.002 }, no_proxy = "*",
    })
    return client.v2.flows("FW" .. ("1"):rep(32)).executions:create(CONTACT, options)
  end

  it("leaves the fate of a POST unknown: it was sent once", function()
    local _, err = create("http", { timeout = 0.3 })
    assert.are.equal("timeout", err.kind)
    assert.is_nil(err.sent)
    assert.is_false(err.retryable)
    assert.are.equal(1, err.attempts)
    local brought = received()
    assert.are.equal(1, #brought)
    assert.is_truthy(brought[1]:find("^POST /v2/Flows/"))
  end)

  it("in the TLS handshake has surely not got a POST: it is tried again, and not one byte of it leaves", function()
    local _, err = create("https", { timeout = 0.3 })
    assert.are.equal("timeout", err.kind)
    assert.is_false(err.sent)
    assert.is_true(err.retryable)
    assert.are.equal(2, err.attempts)
    local brought = received()
    assert.are.equal(2, #brought)
    for _, data in ipairs(brought) do
      assert.is_nil(data:find("POST", 1, true))
      assert.is_nil(data:find("8001234567", 1, true))
    end
  end)

  it("and takes in only a part of a large POST leaves its fate unknown, too", function()
    local client = support.offline(nil, { base_url = ("http://127.0.0.1:%d"):format(port), no_proxy = "*" })
    local _, err = client:request("POST", "/v1/x", { form = { a = ("x"):rep(20000000) }, timeout = 0.5 })
    assert.are.equal("timeout", err.kind)
    assert.is_nil(err.sent)
    assert.are.equal(1, err.attempts)
    assert.are.equal(1, #received())
  end)
end)

describe("The deadline", function()
  local emulator = support.emulator { engagements = 12 }

  it("ends the attempt that would pass it", function()
    local service = emulator()
    service:fault { delay = 20, times = huge }
    for _, options in ipairs { { {}, { deadline = 0.3 } }, { { deadline = 0.3 } } } do
      service:clear_log()
      local client = support.client(service, options[1])
      local started = core.now()
      local _, err = client.v1.flows(service.flows.survey):fetch(nil, options[2])
      assert.are.equal("timeout", err.kind)
      assert.is_nil(err.sent)
      assert.are.equal(1, err.attempts)
      assert.are.equal(1, #service:requests())
      assert.is_true(core.now() - started < 15, "the timeout of 30 seconds did not count")
    end
  end)

  it("bounds all retries and the waits between them", function()
    local service = emulator()
    service:fault { status = 503, times = huge }
    local client = support.client(service, { retry = { attempts = 1000000, base = 0.01, cap = 0.02, budget = 10000000 } })
    local started = core.now()
    local _, err = client.v1.flows(service.flows.survey):fetch(nil, { deadline = 0.6 })
    local elapsed = core.now() - started
    local arrived = #service:requests()
    assert.is_true(err.retryable)
    assert.is_true(err.attempts > 1)
    if err.kind == "timeout" then -- the deadline has come in the middle of an attempt, which may not have arrived
      assert.is_true(arrived == err.attempts or arrived == err.attempts - 1, arrived)
    else
      assert.are.equal(503, err.status)
      assert.are.equal(err.attempts, arrived)
    end
    assert.is_true(elapsed < 15, tostring(elapsed))
  end)

  it("is not waited up to when the wait alone would pass it", function()
    local service = emulator()
    service:fault { status = 503, headers = { ["Retry-After"] = "5" }, times = huge }
    local _, err = support.client(service).v1.flows(service.flows.survey):fetch(nil, { deadline = 4 })
    assert.are.equal(503, err.status)
    assert.are.equal(1, #service:requests())
    assert.are.equal(5, err.retry_after)
  end)

  it("that has passed already lets nothing out", function()
    local service = emulator()
    local client = support.client(service)
    local engagements = client.v1.flows(service.flows.survey).engagements
    local following = engagements:pages({ page_size = 5 }, { deadline = 1 })
    local began = core.now()
    assert.is_table(following())
    while core.now() - began < 1 do client:step(0.01) end
    local fine, err = pcall(following)
    assert.is_false(fine)
    assert.are.equal("timeout", err.kind)
    assert.is_false(err.sent)
    assert.are.equal(0, err.attempts)
    assert.are.equal(1, #service:requests())
  end)

  it("that passes in a wait leaves the failure that was met, not the claim that nothing was sent", function()
    local service = emulator()
    service:fault { method = "DELETE", drop = "before", times = huge }
    local late
    local client = support.client(service, {
      retry = { attempts = 10, base = 0.001, cap = 0.001 },
      on_event = function(event)
        if event.type ~= "retry" or late then return end
        late = true
        socket.sleep(1)
      end,
    })
    local _, err = client.v1.flows(service.flows.survey):delete(nil, { deadline = 1 })
    assert.are.equal("transport", err.kind)
    assert.is_nil(err.sent)
    assert.are.equal(1, err.attempts)
    assert.are.equal(1, #service:requests())
  end)

  it("of a list is one for all of its pages, be it the call's or the client's", function()
    local service = emulator()
    for _, options in ipairs { { {}, { deadline = 0.4 } }, { { deadline = 0.4 } } } do
      service:reset()
      service:fault { delay = 0.15, times = huge }
      local client = support.client(service, options[1])
      local found, err = client.v1.flows(service.flows.survey).engagements:list({ page_size = 1 }, options[2])
      assert.is_nil(found)
      assert.are.equal("timeout", err.kind)
      assert.is_true(#service:requests() <= 4)
    end
  end)

  it("of a call wins over the client's", function()
    local service = emulator()
    service:fault { delay = 0.3 }
    local client = support.client(service, { deadline = 0.05 })
    assert(client.v1.flows(service.flows.survey):fetch(nil, { deadline = 20 }))
  end)

  it("bounds the fetch of an OAuth token, too", function()
    local service = emulator()
    service:fault { path = "/v2/token", delay = 20, times = huge }
    local studio = require "studio"
    local client = studio.new {
      base_url = service.base_url, oauth = { client_id = service.client_id, client_secret = service.client_secret },
    }
    local started = core.now()
    local _, err = client.v1.flows(service.flows.survey):fetch(nil, { deadline = 0.2 })
    assert.are.equal("timeout", err.kind)
    assert.is_false(err.sent)
    assert.are.equal("GET", err.method)
    assert.is_truthy(err.url:find("/v1/Flows", 1, true))
    assert.are.equal(0, err.attempts)
    assert.is_true(core.now() - started < 15)
    for _, request in ipairs(service:requests()) do assert.are.equal("/v2/token", request.path) end
  end)
end)

describe("Time options", function()
  it("are positive, finite numbers of seconds", function()
    local transport = support.transport()
    local client = support.offline(transport)
    for _, name in ipairs { "timeout", "connect_timeout", "deadline" } do
      for _, bad in ipairs { 0, -1, huge, 0 / 0, "5", true, {} } do
        local fine, message = pcall(support.offline, transport, { [name] = bad })
        assert.is_false(fine, name .. " = " .. tostring(bad))
        assert.is_truthy(message:find("option '" .. name .. "'", 1, true), message)
        if name ~= "connect_timeout" then
          fine = pcall(function() return client.v1.flows("FW" .. ("1"):rep(32)):fetch(nil, { [name] = bad }) end)
          assert.is_false(fine)
        end
      end
    end
    assert.are.equal(0, #transport.requests)
  end)

  it("reach a transport of the program's own, cut to what the deadline leaves", function()
    local transport = support.transport()
    local flow = support.offline(transport, { timeout = 7 }).v1.flows("FW" .. ("1"):rep(32))
    assert(flow:fetch())
    assert(flow:fetch(nil, { timeout = 3 }))
    assert(flow:fetch(nil, { deadline = 2 }))
    assert(flow:fetch(nil, { timeout = 1, deadline = 2 }))
    local seen = {}
    for index, request in ipairs(transport.requests) do seen[index] = request.timeout end
    assert.are.equal(7, seen[1])
    assert.are.equal(3, seen[2])
    assert.is_true(seen[3] <= 2 and seen[3] > 0)
    assert.are.equal(1, seen[4])
  end)
end)

describe("A wait function of the program's", function()
  local emulator = support.emulator()

  it("is called whenever a call waits, with something to poll and the longest time", function()
    local service = emulator()
    service:fault { status = 503, delay = 0.2 }
    local calls = 0
    local client = support.client(service, {
      wait = function(pollable, seconds)
        calls = calls + 1
        assert(seconds > 0)
        assert(type(pollable:pollfd()) == "number")
        assert(pollable:events() == "r")
        local timeout = pollable:timeout()
        assert(timeout == nil or timeout >= 0)
      end,
    })
    assert(client.v1.flows(service.flows.survey):fetch())
    assert.is_true(calls > 1)
    assert.are.equal(2, #service:requests())
  end)

  it("is given no wait of 0 seconds by a call, however soon a retry is due", function()
    local waits = 0
    for _ = 1, 20 do
      local client = support.client({ base_url = "http://127.0.0.1:9", account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32) }, {
        retry = { base = 1e-7, cap = 1e-6, attempts = 3 },
        wait = function(_, seconds)
          waits = waits + 1
          assert(seconds > 0)
        end,
      })
      local value, err = client.v1.flows("FW" .. ("1"):rep(32)):fetch()
      assert.are.same({ nil, "transport", 3 }, { value, err.kind, err.attempts })
    end
    assert.is_true(waits > 0)
  end)

  it("is called for the wait before a retry, too", function()
    local service = emulator()
    service:fault { status = 503, headers = { ["Retry-After"] = "30" } }
    local retrying, longest = false, 0
    local client
    client = support.client(service, {
      on_event = function(event) retrying = retrying or event.type == "retry" end,
      wait = function(_, seconds)
        if not retrying then return end
        longest = math.max(longest, seconds)
        client:close()
      end,
    })
    local _, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal("cancelled", err.kind)
    assert.is_true(longest > 25 and longest <= 30.1, tostring(longest))
    assert.are.equal(1, #service:requests())
  end)

  it("is never told to wait for longer than the call may take", function()
    local service = emulator()
    service:fault { delay = 3, times = huge }
    local longest = 0
    local client = support.client(service, {
      retry = false,
      wait = function(pollable, seconds)
        longest = math.max(longest, seconds)
        assert(pollable:pollfd())
        socket.sleep(math.min(seconds, 1))
      end,
    })
    local _, err = client.v1.flows(service.flows.survey):fetch(nil, { timeout = 0.3 })
    assert.are.equal("timeout", err.kind)
    assert.is_true(longest > 0 and longest <= 0.31, tostring(longest))
  end)

  it("that raises is heard, and the client goes on", function()
    local service = emulator()
    local broken = true
    local client = support.client(service, { wait = function() if broken then error("no waiting today", 0) end end })
    local fine, message = pcall(function() return client.v1.flows(service.flows.survey):fetch() end)
    assert.is_false(fine)
    assert.are.equal("no waiting today", message)
    broken = false
    assert.are.equal(service.flows.orders, assert(client.v1.flows(service.flows.orders):fetch()).sid)
    client:close()
  end)
end)

describe("Closing a client", function()
  local emulator = support.emulator()

  it("in the middle of a request ends it as cancelled; what was sent may have been carried out", function()
    local service = emulator()
    service:fault { delay = 2 }
    local client, count = nil, 0
    client = support.client(service, {
      wait = function()
        count = count + 1
        if #service:requests() > 0 then client:close() end
      end,
    })
    local value, err = client.v2.flows(service.flows.survey).executions:create(CONTACT)
    assert.is_nil(value)
    assert.are.equal("cancelled", err.kind)
    assert.is_nil(err.sent)
    assert.is_false(err.retryable)
    assert.are.equal(1, err.attempts)
    assert.is_true(count > 0)
  end)

  it("in a handler of events is safe at each of them", function()
    for _, moment in ipairs { "request", "response", "retry", "error" } do
      local service = emulator()
      service:reset()
      service:fault { status = 503 }
      service:fault { status = 400 }
      local client
      client = support.client(service, { on_event = function(event) if event.type == moment then client:close() end end })
      local value, err = client.v1.flows(service.flows.survey):fetch()
      assert.is_nil(value)
      assert.is_table(err, moment)
      local after, problem = client.v1.flows(service.flows.survey):fetch()
      assert.is_nil(after)
      assert.are.equal("cancelled", problem.kind)
      assert.is_false(problem.sent)
      assert.is_true(#service:requests() <= 2)
    end
  end)

  it("in a handler does not lose an answer that is there", function()
    local service = emulator()
    local client
    client = support.client(service, { on_event = function(event) if event.type == "response" then client:close() end end })
    local flow, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal(service.flows.survey, flow and flow.sid, tostring(err))
  end)
end)
