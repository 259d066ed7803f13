-- What on_event tells, in which order, and that it can lose nothing.
local support = require "spec.support"

local CONTACT = { to = "+18001234567", from = "+18007654321" }

describe("on_event", function()
  local emulator = support.emulator()
  local events, client

  before_each(function()
    events = {}
    client = support.client(emulator(), { on_event = function(event) events[#events + 1] = event end })
  end)

  local function types()
    local list = {}
    for index, event in ipairs(events) do list[index] = event.type end
    return table.concat(list, " ")
  end

  it("tells of a request and of its response", function()
    local service = emulator()
    assert(client.v1.flows(service.flows.survey):fetch())
    assert.are.equal("request response", types())
    local request, response = events[1], events[2]
    assert.are.same({ type = "request", method = "GET", path = "/v1/Flows/" .. service.flows.survey, attempt = 1 }, request)
    assert.are.equal("GET", response.method)
    assert.are.equal(request.path, response.path)
    assert.are.equal(200, response.status)
    assert.are.equal(1, response.attempt)
    assert.is_true(response.bytes > 100)
    assert.is_true(response.seconds > 0 and response.seconds < 60)
    assert.are.equal(service:requests()[1].request_id, response.request_id)
  end)

  it("tells of each retry and its wait, and nothing of an error that was overcome", function()
    local service = emulator()
    service:fault { status = 503 }
    service:fault { drop = "before" }
    assert(client.v1.flows(service.flows.survey):fetch())
    assert.are.equal("request response retry request retry request response", types())
    local after_503, after_drop = events[3], events[5]
    assert.are.equal("http", after_503.kind)
    assert.are.equal(503, after_503.status)
    assert.are.equal(1, after_503.attempt)
    assert.is_true(after_503.seconds >= 0 and after_503.seconds <= 0.01)
    assert.are.equal(service:requests()[1].request_id, after_503.request_id)
    assert.are.equal("transport", after_drop.kind)
    assert.is_nil(after_drop.status)
    assert.are.equal(2, after_drop.attempt)
    assert.are.equal(3, events[6].attempt)
    assert.are.equal(3, events[7].attempt)
  end)

  it("tells once of a call that failed for good", function()
    local service = emulator()
    service:fault { status = 503, times = 4 }
    local _, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal("request response retry request response retry request response retry request response error", types())
    local event = events[#events]
    assert.are.equal("http", event.kind)
    assert.are.equal(503, event.status)
    assert.are.equal(20503, event.code)
    assert.are.equal(4, event.attempt)
    assert.are.equal("GET", event.method)
    assert.are.equal(err.request_id, event.request_id)
    assert.is_true(event.sent)
    assert.is_true(event.retryable)
  end)

  it("tells of any status as a response, and of a lost answer as an error without one", function()
    local service = emulator()
    client.v1.flows("FW" .. ("9"):rep(32)):fetch()
    assert.are.equal("request response error", types())
    assert.are.equal(404, events[2].status)
    events = {}
    service:fault { method = "POST", drop = "after" }
    client.v2.flows(service.flows.survey).executions:create(CONTACT)
    assert.are.equal("request error", types())
    assert.are.equal("transport", events[2].kind)
    assert.is_nil(events[2].sent)
    assert.is_false(events[2].retryable)
  end)

  it("tells of an answer that cannot be read as a response and an error", function()
    emulator():fault { body = "<html>" }
    client.v1.flows(emulator().flows.survey):fetch()
    assert.are.equal("request response error", types())
    assert.are.equal(200, events[2].status)
    assert.are.equal(6, events[2].bytes)
    assert.are.equal("decode", events[3].kind)
  end)

  it("tells of each page", function()
    assert(client.v1.flows(emulator().flows.survey).engagements:list { page_size = 50 })
    assert.are.equal("request response request response request response", types())
    for _, event in ipairs(events) do assert.is_nil(event.path:find("?", 1, true)) end
  end)

  it("tells of a DELETE whose retry finds nothing as of a success", function()
    local service = emulator()
    service:fault { method = "DELETE", drop = "after" }
    assert(client.v1.flows(service.flows.survey):delete())
    assert.are.equal("request retry request response", types())
    assert.are.equal(404, events[4].status)
  end)

  it("tells nothing of a call that sends nothing", function()
    client.v1.flows("nonsense"):fetch()
    client.v1.flows:list { limit = 0 }
    client.v1.flows:list { page_size = 0 }
    assert.are.equal("", types())
  end)

  it("gives each event as a table of its own with known fields alone", function()
    local service = emulator()
    service:fault { status = 503 }
    service:fault { status = 400 }
    client.v1.flows(service.flows.survey):fetch()
    local known = {
      request = { "type", "method", "path", "attempt" },
      response = { "type", "method", "path", "attempt", "status", "seconds", "bytes", "request_id" },
      retry = { "type", "method", "path", "attempt", "kind", "status", "seconds", "request_id" },
      error = { "type", "method", "path", "attempt", "kind", "status", "code", "request_id", "sent", "retryable" },
    }
    local seen = {}
    for _, event in ipairs(events) do
      assert.is_nil(seen[event])
      seen[event] = true
      local count = 0
      for _ in pairs(event) do count = count + 1 end
      for _, name in ipairs(known[event.type]) do
        assert.is_not_nil(event[name], event.type .. "." .. name)
      end
      assert.are.equal(#known[event.type], count, event.type)
    end
  end)

  it("may be an object that can be called", function()
    local count = 0
    local counter = setmetatable({}, { __call = function() count = count + 1 end })
    assert(support.client(emulator(), { on_event = counter }).v1.flows(emulator().flows.survey):fetch())
    assert.are.equal(2, count)
    assert.has_error(function() support.client(emulator(), { on_event = "print" }) end)
  end)

  it("may make calls of its own with the same client", function()
    local service = emulator()
    local inner, done
    client = support.client(service, {
      on_event = function(event)
        if event.type ~= "response" or done then return end
        done = true
        inner = assert(client.v1.flows(service.flows.orders):fetch())
      end,
    })
    local outer = assert(client.v1.flows(service.flows.survey):fetch())
    assert.are.equal(service.flows.survey, outer.sid)
    assert.are.equal(service.flows.orders, inner.sid)
    assert.are.equal(2, #service:requests())
  end)
end)

describe("An on_event that raises", function()
  local emulator = support.emulator()
  local stderr = io.stderr
  local written

  before_each(function()
    written = {}
    io.stderr = { write = function(_, ...) written[#written + 1] = table.concat { ... } end } -- luacheck: ignore 122
  end)
  after_each(function() io.stderr = stderr end) -- luacheck: ignore 122

  it("loses no answer, changes no error, and is told of once", function()
    local service = emulator()
    local client = support.client(service, { on_event = function() error("oh no") end })
    local execution = assert(client.v2.flows(service.flows.survey).executions:create(CONTACT))
    assert.are.equal("active", execution.status)
    service:fault { status = 503 }
    assert(client.v1.flows(service.flows.survey):fetch())
    local _, err = client.v1.flows("FW" .. ("9"):rep(32)):fetch()
    assert.is_true(err:is_not_found())
    assert.are.equal(4, #service:requests())
    assert.are.equal(1, #written)
    assert.is_truthy(written[1]:find("on_event", 1, true))
    assert.is_truthy(written[1]:find("oh no", 1, true))
  end)

  it("may raise anything", function()
    local named = setmetatable({}, { __tostring = function() return "x" end })
    local worse = setmetatable({}, { __tostring = function() error("worse") end })
    for _, problem in ipairs { named, worse, {}, false, 7, print } do
      local client = support.client(emulator(), { on_event = function() error(problem) end })
      assert(client.v1.flows(emulator().flows.survey):fetch())
    end
    local client = support.client(emulator(), { on_event = function() error() end })
    assert(client.v1.flows(emulator().flows.survey):fetch())
    assert.are.equal(7, #written)
  end)

  it("leaves the event that was changed out of what is sent", function()
    local service = emulator()
    local client = support.client(service, {
      on_event = function(event)
        event.method, event.path, event.attempt, event.status = "DELETE", "/v1/Flows/" .. service.flows.survey, 99, 200
      end,
    })
    service:fault { status = 503 }
    assert(client.v1.flows(service.flows.orders):fetch())
    for _, request in ipairs(service:requests()) do
      assert.are.equal("GET", request.method)
      assert.are.equal("/v1/Flows/" .. service.flows.orders, request.path)
    end
  end)
end)
