-- Secrets, and what else must not be shown: whatever a service answers, and whatever is printed.
local studio = require "studio"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)
local ACCOUNT = "AC0123456789abcdef0123456789abcdef"
local AUTH_TOKEN = "5ecre7a07b70ken0123456789abcdef0"
local KEY = "SK0123456789abcdef0123456789abcdef"
local KEY_SECRET = "Api-5ecre7.with%magic^chars$0123"
local CLIENT_ID = "OQ0123456789abcdef0123456789abcdef"
local CLIENT_SECRET = "0auth-c1ient-5ecre7-0123456789ab"
local TOKEN = "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.0123456789-_"
local PROXY_PASSWORD = "pr0xy-pa55word"

local function base64(text)
  return (require("studio.core").base64(text))
end

-- Options, and the texts that must not be seen anywhere.
local identities = {
  ["an auth token"] = {
    { account_sid = ACCOUNT, auth_token = AUTH_TOKEN }, { AUTH_TOKEN, base64(ACCOUNT .. ":" .. AUTH_TOKEN), ACCOUNT },
  },
  ["an API key"] = {
    { account_sid = ACCOUNT, api_key = KEY, api_secret = KEY_SECRET }, { KEY_SECRET, base64(KEY .. ":" .. KEY_SECRET), ACCOUNT },
  },
  ["OAuth"] = {
    { oauth = { client_id = CLIENT_ID, client_secret = CLIENT_SECRET } }, { CLIENT_SECRET, TOKEN, CLIENT_ID },
  },
}

-- Every text in a value, keys included, as often as tables lead to it.
local function each_text(value, visit, seen)
  if type(value) == "string" then return visit(value) end
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for key, entry in next, value do
    each_text(key, visit, seen)
    each_text(entry, visit, seen)
  end
  each_text(getmetatable(value), visit, seen)
end

local function check_hidden(hidden, value, what)
  each_text(value, function(text)
    for _, secret in ipairs(hidden) do
      assert.is_nil(text:find(secret, 1, true), ("%s shows %s"):format(what, secret))
      assert.is_nil(text:lower():find(secret:lower(), 1, true), ("%s shows %s in another case"):format(what, secret))
      local plain = text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
      assert.is_nil(plain:find(secret, 1, true), ("%s shows %s percent-encoded"):format(what, secret))
    end
  end, {})
end

-- A client whose service answers the token endpoint as it should and everything else with `answer`; with a list of its events.
local function client_of(options, answer)
  local all, events = { retry = { attempts = 2, base = 0.001, cap = 0.001 } }, {}
  for name, value in pairs(options) do all[name] = value end
  all.transport = {
    send = function(_, request)
      if request.url:find("/v2/token", 1, true) then
        return { status = 200, body = '{"access_token":"' .. TOKEN .. '","expires_in":3600}' }
      end
      return answer(request)
    end,
  }
  all.on_event = function(event) events[#events + 1] = event end
  return studio.new(all), events
end

-- Where a service may write a text: an answer for each.
local places = {
  ["a message"] = function(text) return { status = 400, body = '{"code":20001,"message":"you sent ' .. text .. '!"}' } end,
  ["more_info"] = function(text) return { status = 400, body = '{"more_info":"https://x.example/' .. text .. '"}' } end,
  ["details"] = function(text)
    local body = '{"details":{"errors":[{"message":"%s","%s":["%s"]}],"a":{"b":{"c":"x%sx"}}}}'
    return { status = 400, body = body:format(text, text, text, text) }
  end,
  ["an escaped message"] = function(text)
    return { status = 400, body = '{"message":"' .. text:gsub("%w", function(char) return ("\\u%04x"):format(char:byte()) end) .. '"}' }
  end,
  ["a body that is not JSON"] = function(text) return { status = 502, body = "<html>" .. text .. "</html>" } end,
  ["a success's body that is not JSON"] = function(text) return { status = 200, body = "<html>" .. text .. text .. "</html>" } end,
  ["a truncated body"] = function(text) return { status = 200, body = '{"a":"' .. text } end,
  ["the request id"] = function(text) return { status = 500, headers = { ["Twilio-Request-Id"] = "RQ" .. text }, body = "" } end,
  ["Retry-After"] = function(text) return { status = 429, headers = { ["Retry-After"] = text }, body = "" } end,
  ["the content type"] = function(text) return { status = 200, headers = { ["Content-Type"] = "text/" .. text }, body = "x" } end,
  ["a redirect"] = function(text) return { status = 302, headers = { Location = "https://evil.example/" .. text }, body = text } end,
  ["a transport's message"] = function(text) return nil, "cannot reach " .. text end,
  ["the key of a page"] = function(text) return { status = 200, body = '{"meta":{"key":"' .. text .. '"},"flows":[]}' } end,
  ["the host of the next page"] = function(text)
    return { status = 200, body = '{"meta":{"next_page_url":"https://' .. text:gsub("%W", "") .. "." .. text .. '.example/"},"flows":[]}' }
  end,
  ["the path of the next page, percent-encoded"] = function(text, request)
    if request.url:find("Page=1", 1, true) then return { status = 500, body = "" } end
    local encoded = text:gsub(".", function(char) return ("%%%02x"):format(char:byte()) end)
    return { status = 200, body = '{"meta":{"next_page_url":"https://studio.twilio.com/' .. encoded .. "/%0a?Page=1&x=" .. encoded
      .. '"},"flows":[]}' }
  end,
  ["the path of the next page"] = function(text, request)
    if request.url:find("Page=1", 1, true) then return { status = 500, body = "" } end
    return { status = 200, body = '{"meta":{"next_page_url":"https://studio.twilio.com/' .. text:gsub("[%^=]", "") .. "/"
      .. text:gsub("%^", "") .. '?Page=1"},"flows":[]}' }
  end,
}

for identity, given in pairs(identities) do
  describe("A client with " .. identity, function()
    local options, hidden = given[1], given[2]

    for place, answer in pairs(places) do
      it("shows no secret that a service writes into " .. place, function()
        for _, secret in ipairs(hidden) do
          local client, events = client_of(options, function(request) return answer(secret, request) end)
          for _, call in ipairs {
            function() return client.v1.flows:list() end,
            function() return client.v1.flows(FLOW):fetch() end,
            function() return client.v2.flows(FLOW).executions:create { to = "+18001234567", from = "+18007654321" } end,
            function() return client:request("DELETE", "/v1/Flows/" .. FLOW) end,
          } do
            local value, err = call()
            if not value then
              check_hidden(hidden, err, "the error")
              check_hidden(hidden, tostring(err), "the error's text")
            end
          end
          assert.is_true(#events > 0)
          check_hidden(hidden, events, "an event")
        end
      end)
    end

    it("shows none when it is printed, nor when its fields are, all the way down", function()
      local client = client_of(options, function()
        return { status = 200, body = '{"sid":"' .. FLOW .. '","meta":{"key":"flows"},"flows":[{"sid":"' .. FLOW .. '"}]}' }
      end)
      local flow = assert(client.v1.flows(FLOW):fetch())
      local page = assert(client.v1.flows:page())
      local following = client.v1.flows:each()
      following()
      assert(client.v1.flows(FLOW):fetch(nil, { headers = { ["X-Trace"] = "1" } }))
      for what, value in pairs {
        ["the client"] = client, ["a collection"] = client.v1.flows, ["a handle"] = client.v1.flows(FLOW), ["a resource"] = flow,
        ["a page"] = page, ["a record of a page"] = page.items[1], ["a sub-collection"] = flow.executions,
      } do
        if what ~= "the client" then value = { value, tostring(value) } end
        -- The account SID is no secret to the program that gave it; what is printed as a text shortens it.
        check_hidden({ hidden[1], hidden[2] ~= CLIENT_ID and hidden[2] or nil }, value, what)
      end
      check_hidden(hidden, tostring(client), "the client's text")
      assert.is_truthy(tostring(client):find("^studio%.client %u%u%w%w%.%.%.cdef "), tostring(client))
      client:close()
      check_hidden(hidden, tostring(client), "the closed client's text")
      assert.is_truthy(tostring(client):find("closed", 1, true))
    end)

    it("shows none in two parts where a body is cut", function()
      for _, secret in ipairs { hidden[1], hidden[2] } do
        for _, begin in ipairs { 4097 - #secret, 4098 - #secret, 4100 - #secret, 4090, 4095, 4096, 4097 } do
          for _, status in ipairs { 200, 502 } do
            local body = ("."):rep(begin - 1) .. secret .. ("."):rep(200)
            local client = client_of(options, function() return { status = status, body = body } end)
            local _, err = client.v1.flows(FLOW):fetch(nil, { retry = false })
            local rest = err.body:gsub("%[redacted%]?", ""):gsub("%.", "")
            assert.are.equal("", rest, ("from byte %d"):format(begin))
            assert.is_true(#err.body <= 4096)
          end
        end
      end
    end)
  end)
end

describe("A token endpoint", function()
  local function failure(answer)
    local client = studio.new {
      oauth = identities.OAuth[1].oauth, retry = false, transport = support.transport(function() return answer end),
    }
    local _, err = client.v1.flows(FLOW):fetch()
    return err
  end

  it("that answers with a token in a way that cannot be used shows it to nobody", function()
    for _, answer in ipairs {
      { status = 200, headers = { ["Content-Type"] = "text/plain" }, body = '{"access_token":"' .. TOKEN .. '"}' },
      { status = 200, body = '[{"access_token":"' .. TOKEN .. '"}]' },
      { status = 200, body = '{"access_token":"' .. TOKEN .. '"' },
      { status = 200, body = '{"access_token":"' .. TOKEN .. ' ' .. TOKEN .. '"}' },
      { status = 200, body = '{"access_token":["' .. TOKEN .. '"]}' },
      { status = 200, body = "access_token=" .. TOKEN },
    } do
      local err = failure(answer)
      assert.are.equal("decode", err.kind)
      check_hidden({ TOKEN, CLIENT_SECRET }, err, "the error")
      check_hidden({ TOKEN, CLIENT_SECRET }, tostring(err), "the error's text")
    end
  end)
end)

describe("A client that has made requests over the network", function()
  local emulator = support.emulator()

  -- The collector rests: what it would take soon is a field all the same.
  before_each(function() collectgarbage "stop" end)
  after_each(function() collectgarbage "restart" end)

  it("shows no secret in its fields, all the way down", function()
    local service = emulator()
    local basic = base64(service.account_sid .. ":" .. service.auth_token)
    local client = support.client(service)
    local flow = assert(client.v1.flows(service.flows.survey):fetch())
    assert(flow.engagements:list({ limit = 1 }, { headers = { ["X-Trace"] = "1" } }))
    check_hidden({ service.auth_token, basic }, { client, flow, flow.engagements }, "the client")
    local bearer = studio.new {
      base_url = service.base_url, oauth = { client_id = service.client_id, client_secret = service.client_secret },
    }
    assert(bearer.v1.flows(service.flows.survey):fetch())
    check_hidden({ service.client_secret, "emulator-token-" }, { bearer, bearer.v1.flows }, "the client")
  end)
end)

describe("An event", function()
  local emulator = support.emulator()

  it("has no phone number, no parameter, no context and no body", function()
    local service = emulator()
    local events = {}
    local client = support.client(service, { on_event = function(event) events[#events + 1] = event end })
    local flow = client.v1.flows(service.flows.survey)
    local engagement = assert(flow.engagements:create {
      to = "+18001234567", from = "+18007654321", parameters = { first_name = "Wilhelmina" },
    })
    assert(engagement.engagement_context:fetch())
    assert(flow.engagements:list { page_size = 100 })
    flow.engagements:create { to = "+18001234567", from = "+18007654321", parameters = { first_name = "Wilhelmina" } }
    service:fault { drop = "before", times = 4 }
    flow.executions:list { date_created_from = "2026-01-02T03:04:05Z" }
    assert.is_true(#events > 8)
    check_hidden({ "18001234567", "18007654321", "Wilhelmina", "2026-01-02", "PageSize", service.auth_token, service.account_sid }, events,
      "an event")
  end)
end)

describe("A proxy's password", function()
  it("is shown neither by the client nor by an error", function()
    local client = studio.new {
      account_sid = ACCOUNT, auth_token = AUTH_TOKEN, base_url = "http://studio.invalid", retry = false,
      proxy = "http://user:" .. PROXY_PASSWORD .. "@127.0.0.1:1",
    }
    local _, err = client.v1.flows(FLOW):fetch()
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    check_hidden({ PROXY_PASSWORD }, { err, tostring(err), client, tostring(client) }, "something")
  end)
end)

describe("Misuse of credentials", function()
  it("does not tell them", function()
    for _, options in ipairs {
      { account_sid = ACCOUNT, auth_token = AUTH_TOKEN .. "\n" }, { account_sid = ACCOUNT .. ":", auth_token = AUTH_TOKEN },
      { account_sid = ACCOUNT, auth_token = AUTH_TOKEN, timeot = 1 }, { api_key = KEY, api_secret = KEY_SECRET .. "\0" },
      { oauth = { client_id = CLIENT_ID, client_secret = CLIENT_SECRET, scope = 1 } }, { oauth = { client_secret = CLIENT_SECRET } },
      { oauth = { client_id = CLIENT_ID, client_secret = CLIENT_SECRET .. "\r\n" } },
    } do
      local fine, message = pcall(studio.new, options)
      assert.is_false(fine)
      check_hidden({ AUTH_TOKEN, KEY_SECRET, CLIENT_SECRET }, message, "the message")
      assert.is_nil(message:find("%c"))
    end
  end)
end)
