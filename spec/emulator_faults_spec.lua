-- The local service fails on demand, and tells what it saw.

local emulator = require "studio.emulator"
local studio = require "studio"

describe("emulator", function()
  local service, client

  local function new_client(options)
    options = options or {}
    options.base_url = options.base_url or service.base_url
    options.account_sid, options.auth_token, options.retry = service.account_sid, service.auth_token, false
    return studio.new(options)
  end

  setup(function()
    service = assert(emulator.start())
    client = new_client()
  end)

  teardown(function()
    client:close()
    service:stop()
  end)

  before_each(function()
    service:reset()
  end)

  local function get(path, who)
    return (who or client):request("GET", path or "/v1/Flows")
  end

  local function start_execution()
    return client:request("POST", "/v2/Flows/" .. service.flows.survey .. "/Executions", {
      form = { To = "+18001234567", From = "+18007654321" },
    })
  end

  local function active_executions()
    local response = assert(client:request("GET", "/v2/Flows/" .. service.flows.survey .. "/Executions", {
      query = { status = "active" },
    }))
    return #response.body.executions
  end

  local function fails(kind, response, err)
    assert.is_nil(response)
    assert.are.equal(kind, err.kind, tostring(err))
    return err
  end

  describe("faults", function()
    it("answer with a status and headers, a number of times", function()
      service:fault { status = 429, headers = { ["Retry-After"] = "3" }, times = 2 }
      for _ = 1, 2 do
        local err = fails("http", get())
        assert.are.equal(429, err.status)
        assert.are.equal(20429, err.code)
        assert.are.equal(3, err.retry_after)
      end
      assert(get())
    end)

    it("come in the order in which they were added", function()
      service:fault { status = 503 }
      service:fault { times = 1 }
      service:fault { status = 500 }
      assert.are.equal(503, fails("http", get()).status)
      assert(get())
      assert.are.equal(500, fails("http", get()).status)
      assert(get())
    end)

    it("choose their requests by method, path and pattern", function()
      service:fault { status = 500, method = "DELETE" }
      service:fault { status = 501, path = "/v2/" }
      service:fault { status = 502, pattern = "/FlexFlows/FO%x+$", times = math.huge }
      assert(get())
      assert.are.equal(501, fails("http", get("/v2/Flows")).status)
      assert(get("/v2/Flows"))
      for _ = 1, 3 do
        assert.are.equal(502, fails("http", get("/v1/FlexFlows/" .. service.flex_flow)).status)
      end
      assert.are.equal(500, fails("http", client:request("DELETE", "/v1/Flows/" .. service.flows.values)).status)
      assert(get("/v1/Flows/" .. service.flows.values))
      service:clear_faults()
      assert(get("/v1/FlexFlows/" .. service.flex_flow))
    end)

    it("give a canned answer", function()
      service:fault { body = '{"canned":[1,null]}', headers = { ["X-Kind"] = "canned" } }
      local response = assert(get())
      assert.are.same({ canned = { 1, studio.null } }, response.body)
      assert.are.equal("canned", response.headers["x-kind"])
      service:fault { body = "<html>", headers = { ["Content-Type"] = "text/html" }, status = 502 }
      local err = select(2, get())
      assert.are.equal(502, err.status)
      assert.are.equal("<html>", err.body)
      service:fault { body = "" }
      assert.are.equal("0", assert(get()).headers["content-length"])
    end)

    it("add headers to an answer and take them away", function()
      service:fault { headers = { ["Twilio-Request-Id"] = false, ["X-New"] = "new" } }
      local response = assert(get())
      assert.is_nil(response.headers["twilio-request-id"])
      assert.are.equal("new", response.headers["x-new"])
      assert.are.equal(5, #response.body.flows)
    end)

    it("delay what is carried out nevertheless", function()
      service:fault { method = "POST", delay = 0.5 }
      local hasty = new_client { timeout = 0.2 }
      fails("timeout", hasty:request("POST", "/v2/Flows/" .. service.flows.survey .. "/Executions", {
        form = { To = "+18001234567", From = "+18007654321" },
      }))
      hasty:close()
      service:fault { delay = 0.5 }
      assert(get())
      assert.are.equal(1, active_executions())
    end)

    it("are not carried out any more where the service was reset during the delay", function()
      service:fault { method = "POST", delay = 0.3 }
      local late = client:spawn(start_execution)
      while #service:requests() == 0 do client:step(0.01) end
      service:reset()
      fails("transport", late:wait())
      assert.are.equal(0, active_executions())
    end)

    it("drop the connection before or after the operation", function()
      service:fault { method = "POST", drop = "before" }
      fails("transport", start_execution())
      assert.are.equal(0, active_executions())
      service:fault { method = "POST", drop = "after" }
      fails("transport", start_execution())
      assert.are.equal(1, active_executions())
      service:fault { drop = "before", reset = true }
      fails("transport", get())
      assert(get())
    end)

    it("cut the body short", function()
      for _, size in ipairs { 0, 1, 100 } do
        service:fault { cut = size }
        fails("transport", get())
      end
      assert(get())
    end)

    it("work over HTTP/2", function()
      local secure = new_client { base_url = service.tls_url, ca_file = service.ca_file }
      for _, fault in ipairs { { drop = "before" }, { drop = "after", reset = true }, { cut = 10 }, { cut = 0 } } do
        service:fault(fault)
        fails("transport", get(nil, secure))
      end
      service:fault { status = 503 }
      assert.are.equal(503, fails("http", get(nil, secure)).status)
      assert(get(nil, secure))
      secure:close()
    end)

    it("refuse what is no fault", function()
      local function raises(message, fault)
        local ok, raised = pcall(service.fault, service, fault)
        assert.is_false(ok)
        assert.is_truthy(tostring(raised):find(message, 1, true), tostring(raised))
      end
      raises("unknown field 'stauts'", { stauts = 503 })
      raises("field 'status' of a fault must be a number", { status = "503" })
      raises("'before' or 'after'", { drop = "now" })
      raises("goes with 'drop'", { reset = true })
      raises("must be a table", 503)
      raises("pattern", { pattern = "%" })
    end)
  end)

  describe("log", function()
    it("tells each request as it arrived, but no credentials", function()
      assert(client:request("GET", "/v1/Flows", { query = { PageSize = "2" } }))
      start_execution()
      fails("http", get("/nowhere"))
      local requests = service:requests()
      assert.are.equal(3, #requests)
      local first, second, third = requests[1], requests[2], requests[3]
      assert.are.same({ "GET", "/v1/Flows", "PageSize=2", "" }, { first.method, first.path, first.query, first.body })
      assert.are.equal("POST", second.method)
      assert.is_truthy(second.body:find("To=%2B18001234567", 1, true))
      assert.are.equal("application/x-www-form-urlencoded", second.headers["content-type"])
      assert.are.equal("/nowhere", third.path)
      for _, request in ipairs(requests) do
        assert.are.equal("Basic", request.headers.authorization)
        assert.are.equal("HTTP/1.1", request.protocol)
        assert.are.equal("number", type(request.time))
        assert.is_truthy(request.request_id:find("^RQ%x+$"))
      end
      service:clear_log()
      assert.are.same({}, service:requests())
    end)

    it("tells connections apart", function()
      assert(get())
      assert(get())
      local other = new_client()
      assert(get(nil, other))
      other:close()
      local requests = service:requests()
      assert.are.equal(requests[1].connection, requests[2].connection)
      assert.are_not.equal(requests[1].connection, requests[3].connection)
    end)

    it("tells bytes that are no text", function()
      client:request("POST", "/v2/Flows", { form = { FriendlyName = "\0\127\255é" } })
      assert.are.equal("FriendlyName=%00%7F%FF%C3%A9", service:requests()[1].body)
    end)

    it("has requests that faults answered or dropped", function()
      service:fault { status = 503 }
      service:fault { drop = "before" }
      get()
      get()
      assert.are.equal(2, #service:requests())
    end)
  end)

  it("speaks HTTP/2 over TLS, with URLs of that origin", function()
    local secure = new_client { base_url = service.tls_url, ca_file = service.ca_file }
    local response = assert(secure:request("GET", "/v1/Flows", { query = { PageSize = "1" } }))
    assert.are.equal(1, response.body.meta.next_page_url:find(service.tls_url, 1, true))
    assert.are.equal("HTTP/2.0", service:requests()[1].protocol)
    secure:close()

    local strict = new_client { base_url = service.tls_url }
    fails("transport", get(nil, strict))
    strict:close()
  end)

  it("puts back its seeds", function()
    assert(client:request("DELETE", "/v1/Flows/" .. service.flows.survey))
    assert(client:request("DELETE", "/v1/FlexFlows/" .. service.flex_flow))
    service:fault { status = 503 }
    service:reset()
    local flows = assert(get()).body.flows
    assert.are.equal(#service.flows, #flows)
    for i, flow in ipairs(flows) do
      assert.are.equal(service.flows[i], flow.sid)
      assert.are.equal("published", flow.status)
    end
    assert(get("/v1/FlexFlows/" .. service.flex_flow))
  end)
end)
