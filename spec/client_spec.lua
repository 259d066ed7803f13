-- The options of a client one by one, its transport, and its life.
local core = require "studio.core"
local studio = require "studio"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)
local CONTACT = { to = "+18001234567", from = "+18007654321" }

local function refused(part, options)
  local all = { account_sid = "AC1", auth_token = "the-token", base_url = "http://localhost" }
  for name, value in pairs(options) do all[name] = value end
  local fine, message = pcall(studio.new, all)
  assert.is_false(fine, part)
  assert.is_truthy(message:find(part, 1, true), message)
  assert.is_truthy(message:find("client_spec.lua:", 1, true), message)
end

describe("studio.new", function()
  it("refuses an option that it does not know, with a suggestion", function()
    for wrong, right in pairs {
      timeot = "timeout", acount_sid = "account_sid", authToken = "auth_token", ["base-url"] = "base_url", baseurl = "base_url",
      onevent = "on_event", ca_fil = "ca_file", conect_timeout = "connect_timeout", retrys = "retry", Proxy = "proxy",
      max_response_byte = "max_response_bytes",
    } do
      refused(("unknown option '%s': did you mean '%s'?"):format(wrong, right), { [wrong] = "x" })
    end
    refused("unknown option 'nonsense'", { nonsense = 1 })
    refused("unknown option '1'", { "AC1" })
  end)

  it("refuses options of a wrong type", function()
    for _, name in ipairs { "base_url", "region", "edge", "proxy", "no_proxy", "user_agent", "ca_file" } do
      for _, bad in ipairs { 7, true, {}, "", "a\nb", "a\0b" } do refused("option '" .. name .. "'", { [name] = bad }) end
    end
    for _, name in ipairs { "on_event", "wait" } do
      for _, bad in ipairs { 7, true, {}, "print" } do refused("option '" .. name .. "'", { [name] = bad }) end
    end
    for _, bad in ipairs { -1, 1.5, 0 / 0, math.huge, "1", true } do
      refused("option 'max_response_bytes'", { max_response_bytes = bad })
      refused("option 'retry.attempts'", { retry = { attempts = bad } })
      refused("option 'retry.budget'", { retry = { budget = bad } })
    end
    for _, name in ipairs { "base", "cap" } do
      for _, bad in ipairs { -1, 0, 0 / 0, math.huge, "1", true } do
        refused("option 'retry." .. name .. "'", { retry = { [name] = bad } })
      end
    end
    refused("option 'retry.attempts' must be a whole number, 1 or more", { retry = { attempts = 0 } })
    refused("unknown option 'retry.atempts': did you mean 'attempts'?", { retry = { atempts = 1 } })
    for _, bad in ipairs { 7, true, "4" } do refused("option 'retry'", { retry = bad }) end
    for _, bad in ipairs { 7, true, "x", {}, { send = 7 } } do refused("option 'transport'", { transport = bad }) end
    local fine, message = pcall(studio.new, "AC1")
    assert.is_false(fine)
    assert.is_truthy(message:find("must be a table", 1, true))
  end)

  it("copies its options, those in tables too", function()
    local transport = support.transport { status = 503, body = "" }
    local options = {
      account_sid = "AC1", auth_token = "the-token", transport = transport, base_url = "http://first", timeout = 5,
      retry = { attempts = 2, base = 0.001, cap = 0.001 },
    }
    local client = studio.new(options)
    options.base_url, options.timeout, options.retry.attempts, options.transport = "http://second", 9, 7, nil
    local _, err = client.v1.flows(FLOW):fetch()
    assert.are.equal(2, err.attempts)
    assert.are.equal("http://first/v1/Flows/" .. FLOW, transport.requests[1].url)
    assert.are.equal(5, transport.requests[1].timeout)
  end)

  it("makes no connection", function()
    local client = support.offline(nil, { base_url = "http://127.0.0.1:1" })
    assert.is_truthy(tostring(client):find("http://127.0.0.1:1", 1, true))
    client:close()
  end)

  it("is told from what only looks like one", function()
    local client = support.offline()
    for _, other in ipairs { {}, setmetatable({}, { __name = "studio.client" }), client.v1, "client" } do
      local fine, message = pcall(client.pending, other)
      assert.is_false(fine)
      assert.is_truthy(message:find("client_spec.lua:%d+: this is no client"), message)
    end
  end)

  it("has a timeout of 30 seconds where none is given", function()
    local transport = support.transport()
    assert(support.offline(transport).v1.flows(FLOW):fetch())
    assert.are.equal(30, transport.requests[1].timeout)
  end)
end)

describe("A request", function()
  local emulator = support.emulator()

  it("says who sends it, and what it accepts", function()
    local service = emulator()
    assert(support.client(service).v1.flows(service.flows.survey):fetch())
    assert(support.client(service, { user_agent = "survey-bot/2.1 (+https://example.com)" }).v1.flows(service.flows.survey):fetch())
    local first, second = service:requests()[1].headers, service:requests()[2].headers
    local lua = rawget(_G, "jit") and "LuaJIT/2%.1%S*" or "Lua/5%.%d"
    local version = require("studio.base.version"):gsub("%p", "%%%0")
    local pattern = "^lua%-studio/" .. version .. " %([%w_]+ [%w_]+%) " .. lua .. " libcurl/[%w.-]+"
    assert.is_truthy(first["user-agent"]:find(pattern .. "$"), first["user-agent"])
    assert.is_truthy(second["user-agent"]:find(pattern .. " survey%-bot/2%.1 %(%+https://example%.com%)$"), second["user-agent"])
    assert.are.equal("application/json", first.accept)
    assert.is_truthy(first["accept-encoding"]:find("gzip", 1, true))
    assert.is_nil(first.cookie)
    assert.is_nil(first.expect)
  end)

  it("uses the connection of the one before", function()
    local service = emulator()
    for _, options in ipairs { {}, { base_url = service.tls_url, ca_file = service.ca_file } } do
      service:clear_log()
      local client = support.client(service, options)
      for _ = 1, 3 do assert(client.v1.flows(service.flows.survey):fetch()) end
      assert(client.v2.flows(service.flows.survey).executions:create({ to = "+1800" .. #service:requests(), from = "+18007654321" }))
      assert.is_true((client.v1.flows(service.flows.values):delete()))
      service:clear_faults()
      local requests = service:requests()
      assert.are.equal(5, #requests)
      for _, request in ipairs(requests) do assert.are.equal(requests[1].connection, request.connection) end
      service:reset()
    end
  end)

  it("carries no cookie that an answer set", function()
    local service = emulator()
    service:fault { headers = { ["Set-Cookie"] = "session=1; Path=/" } }
    local client = support.client(service)
    for _ = 1, 2 do assert(client.v1.flows(service.flows.survey):fetch()) end
    assert.is_nil(service:requests()[2].headers.cookie)
  end)

  it("is made over HTTP/2 where TLS offers it, with the certificate verified", function()
    local service = emulator()
    local client = support.client(service, { base_url = service.tls_url, ca_file = service.ca_file })
    assert(client.v1.flows(service.flows.survey):fetch())
    assert(client.v2.flows(service.flows.survey).executions:create(CONTACT))
    for _, request in ipairs(service:requests()) do assert.are.equal("HTTP/2.0", request.protocol) end
  end)

  it("is not sent when the file of certificates is none of certificates", function()
    local service = emulator()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
    file:close()
    local _, err = support.client(service, { base_url = service.tls_url, ca_file = path }).v1.flows(FLOW):fetch()
    os.remove(path)
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    assert.is_false(err.retryable)
    assert.are.same({}, service:requests())
    refused("option 'ca_file' cannot be read", { ca_file = "/nowhere/ca.pem" })
    refused("option 'ca_file' must be a file with certificates in PEM form", { ca_file = "README.md" })
  end)

  it("goes to the proxy where there is one, except to hosts of no_proxy", function()
    local service = emulator()
    local client = support.client(service, { base_url = "http://studio.invalid", proxy = service.base_url, no_proxy = "other.invalid" })
    assert.are.equal(service.flows.survey, assert(client.v1.flows(service.flows.survey):fetch()).sid)
    assert.are.equal("studio.invalid", service:requests()[1].headers.host)
    client = support.client(service, {
      base_url = "http://studio.invalid", proxy = service.base_url, no_proxy = "studio.invalid", retry = false,
    })
    local _, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    assert.are.equal(1, #service:requests())
  end)

  it("through a proxy that opens no tunnel was not sent", function()
    local service = emulator()
    local client = support.client(service, {
      base_url = "https://studio.invalid", proxy = service.base_url, retry = { attempts = 2, base = 0.001 },
    })
    local _, err = client.v2.flows(service.flows.survey).executions:create(CONTACT)
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    assert.is_true(err.retryable)
    assert.are.equal(2, err.attempts)
    assert.are.same({}, service:requests())
  end)
end)

describe("A transport of the program's own", function()
  it("gets what would be sent", function()
    local transport = support.transport { status = 201, body = '{"sid":"FN1"}' }
    local client = support.offline(transport, { user_agent = "mine/1" })
    assert.are.equal("FN1", assert(client.v2.flows(FLOW).executions:create(CONTACT, { headers = { ["X-Trace"] = "7" } })).sid)
    local request = transport.requests[1]
    assert.are.equal("POST", request.method)
    assert.are.equal("https://studio.twilio.com/v2/Flows/" .. FLOW .. "/Executions", request.url)
    assert.are.equal("To=%2B18001234567&From=%2B18007654321", request.body)
    assert.are.equal("application/x-www-form-urlencoded", request.headers["Content-Type"])
    assert.are.equal("application/json", request.headers.Accept)
    assert.are.equal("Basic " .. core.base64("AC" .. ("0"):rep(32) .. ":" .. ("f"):rep(32)), request.headers.Authorization)
    assert.are.equal("7", request.headers["X-Trace"])
    assert.is_truthy(request.headers["User-Agent"]:find("^lua%-studio/.* mine/1$"))
    assert.are.equal(30, request.timeout)
    assert(client.v1.flows(FLOW):fetch())
    assert.is_nil(transport.requests[2].body)
    assert.is_nil(transport.requests[2].headers["Content-Type"])
  end)

  it("answers with headers in any case of letters", function()
    local client = support.offline(support.transport {
      status = 429, headers = { ["RETRY-AFTER"] = "7", ["twilio-REQUEST-id"] = "RQ1" }, body = "",
    }, { retry = false })
    local _, err = client.v1.flows(FLOW):fetch()
    assert.are.equal(7, err.retry_after)
    assert.are.equal("RQ1", err.request_id)
  end)

  it("may fail, and what was sent then is unknown: a GET is repeated, a POST is not", function()
    for _, answer in ipairs { function() return nil, "it is down" end, function() return nil end, function() return false end } do
      local transport = support.transport(answer)
      local client = support.offline(transport, { retry = { attempts = 3, base = 0.001, cap = 0.001 } })
      local _, err = client.v1.flows(FLOW):fetch()
      assert.are.equal("transport", err.kind)
      assert.is_nil(err.sent)
      assert.are.equal(3, #transport.requests)
      _, err = client.v2.flows(FLOW).executions:create(CONTACT)
      assert.is_nil(err.sent)
      assert.is_false(err.retryable)
      assert.are.equal(4, #transport.requests)
    end
  end)

  it("that answers what is no answer has a mistake, which raises", function()
    for _, answer in ipairs { {}, { status = "OK" }, { status = 200.5 }, { status = 200, body = 7 }, "text", true, 7 } do
      local client = support.offline(support.transport(function() return answer end))
      local fine, message = pcall(function() return client.v1.flows(FLOW):fetch() end)
      assert.is_false(fine)
      assert.is_truthy(message:find("transport", 1, true), message)
    end
  end)

  it("that raises is heard", function()
    local client = support.offline(support.transport(function() error("a bug of mine", 0) end))
    local fine, message = pcall(function() return client.v1.flows(FLOW):fetch() end)
    assert.is_false(fine)
    assert.are.equal("a bug of mine", message)
  end)

  it("is bounded by max_response_bytes, too", function()
    local client = support.offline(support.transport { status = 200, body = '{"sid":"x"}' }, { max_response_bytes = 10 })
    local _, err = client.v1.flows(FLOW):fetch()
    assert.are.equal("limit", err.kind)
    assert.is_true(err.sent)
  end)

  it("may be userdata or an object of a class", function()
    local class = { send = function(self) return { status = 200, body = self.body } end }
    local object = setmetatable({ body = '{"sid":"y"}' }, { __index = class })
    assert.are.equal("y", assert(support.offline(object).v1.flows(FLOW):fetch()).sid)
  end)
end)

describe("The life of a client", function()
  local emulator = support.emulator()

  it("ends with close, after which every call is cancelled and nothing is sent", function()
    local service = emulator()
    for _, warm in ipairs { false, true } do
      service:reset()
      local client = support.client(service)
      local flow = client.v1.flows(service.flows.survey)
      if warm then assert(flow:fetch()) end
      local page = warm and assert(flow.engagements:page { page_size = 2 })
      local following = flow.engagements:each()
      local before = #service:requests()
      client:close()
      client:close()
      local failures = {
        { flow:fetch() }, { flow:delete() }, { flow.executions:create(CONTACT) }, { flow.engagements:list() }, { flow.engagements:page() },
        { client:request("GET", "/v1/Flows") }, { client.flex.flex_flows:list() },
      }
      if page then failures[#failures + 1] = { page:next() } end
      for _, failure in ipairs(failures) do
        assert.is_nil(failure[1])
        assert.are.equal("cancelled", failure[2].kind)
        assert.is_false(failure[2].sent)
        assert.is_false(failure[2].retryable)
        assert.are.equal(1, failure[2].attempts)
      end
      local fine, err = pcall(following)
      assert.is_false(fine)
      assert.are.equal("cancelled", err.kind)
      assert.are.equal(before, #service:requests())
      client:step(0)
      client:close()
      assert.is_truthy(tostring(client):find("closed", 1, true))
    end
  end)

  it("may end in the middle of a loop, while the next page is read ahead or waited for", function()
    local service = emulator()
    for _, last in ipairs { 1, 5, 6, 8, 10 } do
      for _, read_ahead in ipairs { true, false } do
        local client, count = support.client(service), 0
        local fine, err = pcall(function()
          for _ in client.v1.flows(service.flows.survey).engagements:each { page_size = 10, read_ahead = read_ahead } do
            count = count + 1
            if count == last then client:close() end
          end
        end)
        assert.is_false(fine)
        assert.are.equal("cancelled", err.kind, tostring(err))
        assert.are.equal(10, count, "the page that is there is given to its end")
      end
    end
    local client, count = nil, 0
    client = support.client(service, { wait = function() if count == 10 then client:close() end end })
    service:fault { times = 1 }
    service:fault { delay = 1 }
    local fine, err = pcall(function()
      for _ in client.v1.flows(service.flows.survey).engagements:each { page_size = 10 } do count = count + 1 end
    end)
    assert.is_false(fine)
    assert.are.equal("cancelled", err.kind, tostring(err))
  end)

  it("may end while an OAuth token is fetched", function()
    local service = emulator()
    service:fault { path = "/v2/token", delay = 1 }
    local client
    client = studio.new {
      base_url = service.base_url, oauth = { client_id = service.client_id, client_secret = service.client_secret },
      wait = function() if #service:requests() == 1 then client:close() end end,
    }
    local value, err = client.v1.flows(service.flows.survey):fetch()
    assert.is_nil(value)
    assert.are.equal("cancelled", err.kind)
    assert.are.equal(1, #service:requests())
  end)

  it("may end by <close>", function()
    local client = support.client(emulator())
    getmetatable(client).__close(client, nil)
    local _, err = client.v1.flows(FLOW):fetch()
    assert.are.equal("cancelled", err.kind)
  end)

  it("may end by <close> of a block", function()
    local load_text = loadstring or load -- luacheck: ignore 113
    local block = load_text "local client = ... do local c <close> = client end return client"
    if tonumber(_VERSION:match("%d%.%d")) >= 5.4 then assert.is_function(block) end
    local client = support.client(emulator())
    if block then block(client) else client:close() end
    assert.is_truthy(tostring(client):find("closed", 1, true))
  end)

  it("does not end while a collection, a resource or an iterator is in use", function()
    local service = emulator()
    local client = support.client(service)
    local flows, flow = client.v1.flows, assert(client.v1.flows(service.flows.survey):fetch())
    local following = flow.engagements:each { page_size = 10 }
    client = nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    local count = 0
    for _ in following do
      count = count + 1
      if count % 10 == 1 then collectgarbage() end
    end
    assert.are.equal(120, count)
    assert.are.equal(flow.sid, assert(flows(flow.sid):fetch()).sid)
    assert.are.equal(flow.sid, assert(flow:fetch()).sid)
  end)

  it("may end by garbage collection, with requests made and without", function()
    local service = emulator()
    for index = 1, 20 do
      local client = support.client(service)
      if index % 2 == 0 then assert(client.v1.flows(service.flows.survey):fetch()) end
    end
    collectgarbage()
    collectgarbage()
    assert.are.equal(10, #service:requests())
  end)

  it("is apart from that of other clients", function()
    local service = emulator()
    local one, other = support.client(service), support.client(service)
    assert(one.v1.flows(service.flows.survey):fetch())
    assert(other.v1.flows(service.flows.survey):fetch())
    one:close()
    assert(other.v1.flows(service.flows.survey):fetch())
    local requests = service:requests()
    assert.are_not.equal(requests[1].connection, requests[2].connection)
    assert.are.equal(requests[2].connection, requests[3].connection)
  end)

  it("is told by tostring, with the account shortened", function()
    local client = support.offline(support.transport(), { account_sid = "AC0123456789abcdef0123456789abcdef" })
    local words = "studio.client AC01...cdef (https://studio.twilio.com, region us1, auth token from option 'auth_token'%s)"
    assert.are.equal(words:format "", tostring(client))
    client:close()
    assert.are.equal(words:format ", closed", tostring(client))
  end)

  it("can be driven by an event loop, with nothing in flight", function()
    local service = emulator()
    local client = support.client(service)
    assert.is_number(client:pollfd())
    assert.are.equal("r", client:events())
    client:step(0)
    client:step()
    assert(client.v1.flows(service.flows.survey):fetch())
    local timeout = client:timeout()
    assert.is_true(timeout == nil or timeout >= 0)
    client:close()
    assert.is_nil(client:pollfd())
    assert.is_nil(client:timeout())
  end)
end)
