-- Who a client is: account SID and auth token, API keys, OAuth; from the program or from the environment.
local core = require "studio.core"
local studio = require "studio"
local support = require "spec.support"

local huge = math.huge
local FLOW = "FW" .. ("1"):rep(32)
local CONTACT = { to = "+18001234567", from = "+18007654321" }

describe("Credentials", function()
  local getenv = os.getenv
  local environment

  before_each(function()
    environment = {}
    os.getenv = function(name) return environment[name] end -- luacheck: ignore 122
  end)
  after_each(function() os.getenv = getenv end) -- luacheck: ignore 122

  -- What a client with these options sends as its authorization, in plain text.
  local function identity(options)
    local transport = support.transport()
    local all = { transport = transport }
    for name, value in pairs(options or {}) do all[name] = value end
    assert(studio.new(all).v1.flows(FLOW):fetch())
    local scheme, text = transport.requests[1].headers.Authorization:match("^(%S+) (%S+)$")
    assert.are.equal("Basic", scheme)
    for _, candidate in ipairs {
      "AC1:token1", "AC2:token2", "SK1:secret1", "SK2:secret2", "AC1:token2", "AC2:token1", "SK1:secret2", "AC1:a:b:c", "AC1:pä ss",
    } do
      if core.base64(candidate) == text then return candidate end
    end
    return "something else"
  end

  local function refused(part, options)
    local fine, message = pcall(studio.new, options)
    assert.is_false(fine)
    assert.is_truthy(message:find(part, 1, true), message)
  end

  it("are an account SID and an auth token", function()
    assert.are.equal("AC1:token1", identity { account_sid = "AC1", auth_token = "token1" })
    assert.are.equal("AC1:a:b:c", identity { account_sid = "AC1", auth_token = "a:b:c" })
    assert.are.equal("AC1:pä ss", identity { account_sid = "AC1", auth_token = "pä ss" })
  end)

  it("are an API key and its secret, which win over the token", function()
    assert.are.equal("SK1:secret1", identity { api_key = "SK1", api_secret = "secret1" })
    assert.are.equal("SK1:secret1", identity { account_sid = "AC1", api_key = "SK1", api_secret = "secret1" })
    assert.are.equal("SK1:secret1", identity { account_sid = "AC1", auth_token = "token1", api_key = "SK1", api_secret = "secret1" })
  end)

  it("come from the environment where the program gives none", function()
    environment = { TWILIO_ACCOUNT_SID = "AC2", TWILIO_AUTH_TOKEN = "token2" }
    assert.are.equal("AC2:token2", identity())
    environment.TWILIO_API_KEY, environment.TWILIO_API_SECRET = "SK2", "secret2"
    assert.are.equal("SK2:secret2", identity())
    assert.are.equal("AC1:token1", identity { account_sid = "AC1", auth_token = "token1" })
    assert.are.equal("SK1:secret1", identity { api_key = "SK1", api_secret = "secret1" })
    assert.are.equal("SK1:secret2", identity { api_key = "SK1" })
    environment.TWILIO_API_KEY = nil
    assert.are.equal("AC2:token2", identity(), "half an API key is none")
    assert.are.equal("AC1:token2", identity { account_sid = "AC1" })
    assert.are.equal("AC2:token1", identity { auth_token = "token1" })
  end)

  it("do not come from empty variables", function()
    environment = {
      TWILIO_ACCOUNT_SID = "AC2", TWILIO_AUTH_TOKEN = "token2", TWILIO_API_KEY = "", TWILIO_API_SECRET = "", TWILIO_REGION = "",
    }
    assert.are.equal("AC2:token2", identity())
    environment = { TWILIO_ACCOUNT_SID = "", TWILIO_AUTH_TOKEN = "" }
    refused("no credentials", {})
  end)

  it("that are missing, or half of them, raise", function()
    refused("no credentials", {})
    refused("no credentials", nil)
    refused("auth_token", { account_sid = "AC1" })
    refused("account_sid", { auth_token = "token1" })
    refused("api_secret", { api_key = "SK1" })
    refused("api_key", { api_secret = "secret1" })
    refused("client_secret", { oauth = { client_id = "OQ1" } })
    refused("client_id", { oauth = { client_secret = "secret1" } })
    refused("client_id", { oauth = {} })
  end)

  it("of a wrong type, empty, or with what cannot be sent raise", function()
    for _, name in ipairs { "account_sid", "auth_token", "api_key", "api_secret" } do
      for _, bad in ipairs { 7, true, {}, "", "a\r\nX-Header: b", "a\0b", "a\127" } do
        refused("option '" .. name .. "'", { account_sid = "AC1", auth_token = "token1", [name] = bad })
      end
    end
    refused("colon", { account_sid = "AC:1", auth_token = "token1" })
    refused("oauth", { oauth = "secret" })
    refused("oauth.client_id", { oauth = { client_id = 1, client_secret = "x" } })
    refused("unknown option 'oauth.client_secrt': did you mean 'client_secret'", { oauth = { client_id = "x", client_secrt = "x" } })
    environment = { TWILIO_ACCOUNT_SID = "AC2", TWILIO_AUTH_TOKEN = "token2\n" }
    refused("control characters", {})
  end)

  it("are kept: a program that changes its table later changes nothing", function()
    local transport = support.transport()
    local options = { account_sid = "AC1", auth_token = "token1", transport = transport }
    local client = studio.new(options)
    options.account_sid, options.auth_token = "AC2", "token2"
    assert(client.v1.flows(FLOW):fetch())
    assert.are.equal("Basic " .. core.base64("AC1:token1"), transport.requests[1].headers.Authorization)
  end)
end)

describe("The service", function()
  local emulator = support.emulator()

  it("accepts an auth token and an API key, and refuses others with 20003", function()
    local service = emulator()
    assert(support.client(service).v1.flows(service.flows.survey):fetch())
    assert(support.client(service, { api_key = service.api_key, api_secret = service.api_secret }).v1.flows(service.flows.survey):fetch())
    for _, options in ipairs { { auth_token = "wrong-token" }, { api_key = service.api_key, api_secret = "wrong-secret" } } do
      service:clear_log()
      local _, err = support.client(service, options).v1.flows(service.flows.survey):fetch()
      assert.are.equal(401, err.status)
      assert.are.equal(20003, err.code)
      assert.is_false(err.retryable)
      assert.are.equal(1, err.attempts)
      assert.are.equal(1, #service:requests())
    end
  end)
end)

describe("OAuth", function()
  local emulator = support.emulator()
  local short_lived = support.emulator { token_lifetime = 30 }

  local function new_client(service, options)
    local all = {
      base_url = service.base_url, oauth = { client_id = service.client_id, client_secret = service.client_secret },
      retry = { base = 0.001, cap = 0.002 },
    }
    for name, value in pairs(options or {}) do all[name] = value end
    return studio.new(all)
  end

  -- Method, path and scheme of each request.
  local function seen(service)
    local list = {}
    for index, request in ipairs(service:requests()) do
      list[index] = ("%s %s %s"):format(request.method, request.path:match("^/v2/token$") or request.path:match("^/v%d/%a+"),
        request.headers.authorization or "-")
    end
    return list
  end

  it("fetches a token on first use, sends it, and uses it again", function()
    local service = emulator()
    local client = new_client(service)
    assert.are.same({}, seen(service))
    assert(client.v1.flows(service.flows.survey):fetch())
    assert(client.v2.flows(service.flows.survey):fetch())
    assert(client.flex.flex_flows(service.flex_flow):fetch())
    assert.are.same({ "POST /v2/token -", "GET /v1/Flows Bearer", "GET /v2/Flows Bearer", "GET /v1/FlexFlows Bearer" }, seen(service))
    local token_request = service:requests()[1]
    assert.are.equal("grant_type=client_credentials&client_id=" .. service.client_id .. "&client_secret=" .. service.client_secret,
      token_request.body)
    assert.are.equal("application/x-www-form-urlencoded", token_request.headers["content-type"])
    assert.are.equal("", token_request.query)
  end)

  it("sends nothing when a call's arguments are wrong, not even for a token", function()
    local service = emulator()
    local client = new_client(service)
    assert.is_nil((client.v1.flows("nonsense"):fetch()))
    assert.is_nil((client.v1.flows:list { page_size = 0 }))
    assert.are.same({}, seen(service))
  end)

  it("renews a token that is refused, once, and repeats the call", function()
    local service = emulator()
    local client = new_client(service)
    assert(client.v1.flows(service.flows.survey):fetch())
    service:reset()
    assert(client.v1.flows(service.flows.survey):fetch())
    assert.are.same({ "GET /v1/Flows Bearer", "POST /v2/token -", "GET /v1/Flows Bearer" }, seen(service))
  end)

  it("renews also for a POST, which is carried out once, and without retries", function()
    local service = emulator()
    local client = new_client(service, { retry = false })
    assert(client.v1.flows(service.flows.survey):fetch())
    service:reset()
    assert(client.v2.flows(service.flows.survey).executions:create(CONTACT))
    assert.are.same({ "POST /v2/Flows Bearer", "POST /v2/token -", "POST /v2/Flows Bearer" }, seen(service))
    assert.are.equal(1, #assert(client.v2.flows(service.flows.survey).executions:list { status = "active" }))
  end)

  it("gives up when the new token is refused, too", function()
    local service = emulator()
    local client = new_client(service)
    service:fault { path = "/v1/", status = 401, times = huge }
    local _, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal(401, err.status)
    assert.are.equal(2, err.attempts)
    assert.is_true(err.url:find("/v1/Flows", 1, true) ~= nil)
    assert.are.same({ "POST /v2/token -", "GET /v1/Flows Bearer", "POST /v2/token -", "GET /v1/Flows Bearer" }, seen(service))
  end)

  it("does not take a renewal for a retry: a DELETE that finds nothing then has failed", function()
    local service = emulator()
    local client = new_client(service)
    assert(client.v1.flows(service.flows.survey):fetch())
    service:reset()
    local value, err = client.v1.flows("FW" .. ("9"):rep(32)):delete()
    assert.is_nil(value)
    assert.is_true(err:is_not_found())
    assert.are.equal(2, err.attempts)
  end)

  it("sends nothing without a token when there is none to be had", function()
    local service = emulator()
    for _, fault in ipairs {
      { status = 401 }, { status = 503 }, { status = 429, headers = { ["Retry-After"] = "3600" } }, { drop = "after" }, { body = "{}" },
      { body = "" }, { body = "<html>" }, { body = '{"access_token":""}' }, { body = '{"access_token":null}' },
      { body = '{"access_token":7}' }, { body = '{"access_token":"a b"}' }, { body = '{"access_token":"a\\r\\nX-Header: b"}' },
      { body = '{"access_token":"' .. "\195\169" .. '"}' },
    } do
      service:reset()
      fault.path, fault.times = "/v2/token", huge
      service:fault(fault)
      local value, err = new_client(service).v2.flows(service.flows.survey).executions:create(CONTACT)
      assert.is_nil(value)
      assert.is_table(err)
      -- The error is the call's: that was never sent, whatever became of the token's fetch.
      assert.is_false(err.sent)
      assert.truthy(err.message:find("there is no token: ", 1, true))
      assert.truthy(err.url:find("/Executions$"))
      for _, line in ipairs(seen(service)) do assert.are.equal("POST /v2/token -", line) end
      assert.is_true(#seen(service) >= 1)
    end
  end)

  it("gives the endpoint's error when a refused token cannot be renewed, and sends the call no more", function()
    local service = emulator()
    local events = {}
    local client = new_client(service, {
      on_event = function(event) events[#events + 1] = event.type .. " " .. event.path:match("%a+$") end,
    })
    assert(client:request("GET", "/v2/Flows"))
    service:reset()
    events = {}
    service:fault { path = "/v2/token", status = 403, times = huge }
    local value, err = client:request("POST", "/v2/Flows")
    assert.is_nil(value)
    assert.are.equal(403, err.status)
    assert.is_false(err.sent)
    assert.are.equal(service.base_url .. "/v2/Flows", err.url)
    assert.are.same({ "POST /v2/Flows Bearer", "POST /v2/token -" }, seen(service))
    assert.are.same({ "request Flows", "response Flows", "request token", "response token", "error token", "error Flows" }, events)
  end)

  it("tells that the client's credentials are wrong", function()
    local service = emulator()
    local client = new_client(service, { oauth = { client_id = service.client_id, client_secret = "wrong-secret" } })
    local _, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal(401, err.status)
    assert.are.equal(20003, err.code)
    assert.are.same({ "POST /v2/token -" }, seen(service))
  end)

  it("asks the token endpoint again like a GET, for a token too many does no harm, and again on the next call", function()
    local service = emulator()
    local client = new_client(service)
    service:fault { path = "/v2/token", status = 503 }
    service:fault { path = "/v2/token", drop = "after" }
    assert(client.v1.flows(service.flows.survey):fetch())
    assert.are.same({ "POST /v2/token -", "POST /v2/token -", "POST /v2/token -", "GET /v1/Flows Bearer" }, seen(service))
    client = new_client(service)
    service:fault { path = "/v2/token", status = 503, times = 4 }
    assert.is_nil((client.v1.flows(service.flows.survey):fetch()))
    assert(client.v1.flows(service.flows.survey):fetch())
  end)

  it("renews a token a minute before its end", function()
    local service = short_lived()
    local client = new_client(service)
    assert(client.v1.flows(service.flows.survey):fetch())
    assert(client.v1.flows(service.flows.survey):fetch())
    assert.are.same({ "POST /v2/token -", "GET /v1/Flows Bearer", "POST /v2/token -", "GET /v1/Flows Bearer" }, seen(service))
  end)

  it("lives with any expiry that an endpoint tells", function()
    for expiry, fetches in pairs {
      ["null"] = 1, ["3600"] = 1, ['"3600"'] = 1, ['"soon"'] = 1, ["-5"] = 2, ["0"] = 2, ["1e300"] = 1, ["{}"] = 1,
    } do
      local count = 0
      local client = studio.new {
        oauth = { client_id = "OQ1", client_secret = "the-secret" }, region = "us1",
        transport = support.transport(function(request)
          if not request.url:find("/v2/token", 1, true) then return { status = 200, body = "{}" } end
          count = count + 1
          return { status = 200, body = '{"access_token":"the-token","expires_in":' .. expiry .. "}" }
        end),
      }
      assert(client.v1.flows(FLOW):fetch())
      assert(client.v1.flows(FLOW):fetch())
      assert.are.equal(fetches, count, expiry)
    end
  end)

  it("asks one endpoint for every region", function()
    for _, region in ipairs { "us1", "ie1", "au1" } do
      local transport = support.transport(function(request)
        if request.url:find("/v2/token", 1, true) then return { status = 200, body = '{"access_token":"the-token"}' } end
        return { status = 200, body = "{}" }
      end)
      local client = studio.new { oauth = { client_id = "OQ1", client_secret = "a+b&c=d%" }, region = region, transport = transport }
      assert(client.v1.flows(FLOW):fetch())
      local request = transport.requests[1]
      assert.are.equal("https://oauth.twilio.com/v2/token", request.url)
      assert.are.equal("grant_type=client_credentials&client_id=OQ1&client_secret=a%2Bb%26c%3Dd%25", request.body)
      assert.is_nil(request.headers.Authorization)
      assert.are.equal("Bearer the-token", transport.requests[2].headers.Authorization)
    end
  end)

  it("wins over other credentials of the program", function()
    local service = emulator()
    local client = new_client(service, { account_sid = service.account_sid, auth_token = service.auth_token })
    assert(client.v1.flows(service.flows.survey):fetch())
    assert.are.same({ "POST /v2/token -", "GET /v1/Flows Bearer" }, seen(service))
  end)
end)
