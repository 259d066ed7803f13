-- What becomes of values on their way to the service.
local cjson = require "cjson"
local dkjson = require "dkjson"
local studio = require "studio"
local support = require "spec.support"

local known = require "studio.emulator.known"

local FW, FO, IS = known.flows.survey, known.flex_flow, known.chat_service

local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function pairs_of(text)
  local found = {}
  for name, value in text:gmatch("([^&=]*)=([^&]*)") do found[#found + 1] = { decode(name), decode(value) } end
  return found
end

local transport, client
local page_body = '{"meta":{"key":"x"},"x":[]}'

-- What one call sends: the pairs of its form, or of its query.
local function sent(target, verb, params, options)
  transport.requests = {}
  assert(target[verb](target, params, options))
  assert.equal(1, #transport.requests)
  local request = transport.requests[1]
  return pairs_of(request.body or request.url:match("%?(.*)$") or ""), request
end

local function one(target, verb, params, name)
  local found
  for _, pair in ipairs((sent(target, verb, params))) do
    if pair[1] == name then
      assert.is_nil(found, "once only")
      found = pair[2]
    end
  end
  return found
end

local function parameters_sent(value)
  return one(client.v2.flows(FW).executions, "create", { to = "a", from = "b", parameters = value }, "Parameters")
end

describe("a value", function()
  before_each(function()
    transport = support.transport { status = 200, body = page_body }
    client = support.offline(transport)
  end)

  describe("that is JSON", function()
    it("goes out as it is when it is a string of JSON", function()
      for _, text in ipairs {
        "{}", "[]", ' { "a" : [ 1 , 2.0 , 1e5 ] } ', '"text"', "null", "1", "true", '{"a":{"a":1,"a":2}}', "\n[]\t",
        '{"caf\\u00e9":"é \\/ /"}', '{"n":12345678901234567890123}', "-0",
      } do
        assert.equal(text, parameters_sent(text))
      end
    end)

    it("is encoded once when it is a table", function()
      assert.equal('{"first_name":"Foo"}', parameters_sent { first_name = "Foo" })
      assert.equal('{"text":"{\\"a\\":1}"}', parameters_sent { text = '{"a":1}' })
      assert.equal("[1,2,3]", parameters_sent { 1, 2, 3 })
      assert.equal('{"url":"https://a/b?c=d&e"}', parameters_sent { url = "https://a/b?c=d&e" })
      assert.equal('{"name":"Zoë 😀"}', parameters_sent { name = "Zoë 😀" })
      assert.equal('{"flag":false}', parameters_sent { flag = false })
    end)

    it("is an object when the table is empty, and an array when it is marked", function()
      assert.equal("{}", parameters_sent {})
      assert.equal("[]", parameters_sent(studio.array()))
      assert.equal("[]", parameters_sent(studio.array {}))
      assert.equal('{"list":[]}', parameters_sent { list = studio.array() })
      assert.equal("[[],{}]", parameters_sent { studio.array(), {} })
    end)

    it("has null for studio.null, which is that of cjson", function()
      assert.equal(cjson.null, studio.null)
      assert.equal('{"a":null}', parameters_sent { a = studio.null })
      assert.equal("[null,null]", parameters_sent { cjson.null, studio.null })
    end)

    it("has integers without exponent or fraction, and doubles with all their digits", function()
      local cases = {
        { 3, "3" }, { 3.0, "3" }, { 0, "0" }, { -7, "-7" }, { 1e14, "100000000000000" }, { 1e15, "1000000000000000" },
        { 123456789012345, "123456789012345" }, { 2 ^ 53, "9007199254740992" }, { -2 ^ 53, "-9007199254740992" },
        { 2 ^ 53 - 1, "9007199254740991" }, { 0.1, "0.1" }, { 0.5, "0.5" },
      }
      for _, case in ipairs(cases) do assert.equal(('{"n":%s}'):format(case[2]), parameters_sent { n = case[1] }) end
      for _, number in ipairs { 0.1 + 0.2, 1 / 3, 1.5e-7, 1e300, 5e-324, 1.7976931348623157e308, -2 / 3, 123456789.123456789 } do
        assert.equal(number, (dkjson.decode(parameters_sent { n = number }).n))
      end
    end)

    if math.type then
      it("has integers of 64 bits exact where Lua has them", function()
        for _, number in ipairs { math.maxinteger, math.mininteger, 9007199254740993, -9007199254740993, 1000000000000000001 } do
          assert.equal(('{"n":%d}'):format(number), parameters_sent { n = number })
        end
      end)
    end

    it("is a definition of any size", function()
      local states = {}
      for index = 1, 2000 do states[index] = { name = ("state_%d"):format(index), text = ("x%d é "):format(index):rep(20) } end
      local params = { friendly_name = "Large", status = "draft", definition = { states = states } }
      local text = one(client.v2.flows, "create", params, "Definition")
      assert.is_true(#text > 300000)
      assert.same({ states = states }, (dkjson.decode(text)))
    end)

    it("may hold the same table twice", function()
      local shared = { a = 1 }
      assert.equal('[{"a":1},{"a":1}]', parameters_sent { shared, shared })
    end)
  end)

  it("that is a boolean is true or false", function()
    local flex = client.flex.flex_flows(FO)
    assert.same({ { "Enabled", "true" }, { "Integration.CreationOnMessage", "false" }, { "LongLived", "false" } },
      (sent(flex, "update", { enabled = true, long_lived = false, integration = { creation_on_message = false } })))
  end)

  it("that is an array repeats its key, in order; an empty one sends the key once, without a value", function()
    local users = client.v2.flows(FW).test_users
    assert.same({ { "TestUsers", "b" }, { "TestUsers", "a" }, { "TestUsers", "b" } },
      (sent(users, "update", { test_users = { "b", "a", "b" } })))
    local _, request = sent(users, "update", { test_users = {} })
    assert.equal("TestUsers=", request.body)
    _, request = sent(users, "update", { test_users = studio.array() })
    assert.equal("TestUsers=", request.body)
    assert.same({ { "TestUsers", "" } }, (sent(users, "update", { test_users = { "" } })))
  end)

  it("that is a whole number has no fraction, whatever subtype it has", function()
    local flex = client.flex.flex_flows(FO)
    assert.equal("86400", one(flex, "update", { integration = { timeout = 86400.0 } }, "Integration.Timeout"))
    assert.equal("0", one(flex, "update", { integration = { priority = -0.0 } }, "Integration.Priority"))
    assert.equal("3", one(flex, "update", { integration = { retry_count = 3 } }, "Integration.RetryCount"))
    assert.equal("1000", one(client.v2.flows, "page", { page_size = 1000 }, "PageSize"))
    assert.equal("1", one(client.v2.flows, "page", { page_size = 2 - 1.0 }, "PageSize"))
    assert.equal("9007199254740992", one(client.v2.flows, "page", { page = 2 ^ 53 }, "Page"))
  end)

  it("that is a SID goes out as it was given, large and small letters alike", function()
    for _, hex in ipairs { "0123456789abcdef0123456789ABCDEF", ("a"):rep(32), ("F"):rep(32) } do
      assert.equal("IS" .. hex, one(client.flex.flex_flows(FO), "update", { chat_service_sid = "IS" .. hex }, "ChatServiceSid"))
      local _, request = sent(client.v2.flows("FW" .. hex).executions("FN" .. hex).steps("FT" .. hex), "fetch")
      assert.equal(("https://studio.twilio.com/v2/Flows/FW%s/Executions/FN%s/Steps/FT%s"):format(hex, hex, hex), request.url)
    end
  end)

  it("that is a revision is a number in decimal, or a word", function()
    local cases = {
      { 3, "3" }, { 3.0, "3" }, { "3", "3" }, { 0, "0" }, { 1000000, "1000000" }, { 2 ^ 40, "1099511627776" },
      { "LatestPublished", "LatestPublished" }, { "LatestRevision", "LatestRevision" },
    }
    for _, case in ipairs(cases) do
      local _, request = sent(client.v2.flows(FW).revisions(case[1]), "fetch")
      assert.equal("https://studio.twilio.com/v2/Flows/" .. FW .. "/Revisions/" .. case[2], request.url)
    end
  end)

  it("that is text keeps every byte", function()
    local bytes = {}
    for byte = 0, 255 do bytes[#bytes + 1] = string.char(byte) end
    local text = table.concat(bytes)
    local _, request = sent(client.flex.flex_flows(FO), "update", { contact_identity = text })
    assert.is_nil(request.body:find("[^%w%-%._~%%=]"))
    assert.equal(text, decode(request.body:match("^ContactIdentity=(.*)$")))
    local _, plain = sent(client.flex.flex_flows(FO), "update", { contact_identity = "a-b.c_d~e" })
    assert.equal("ContactIdentity=a-b.c_d~e", plain.body)
  end)

  it("that is optional text may be empty where the service does not mind", function()
    local _, request = sent(client.flex.flex_flows(FO), "update", { contact_identity = "" })
    assert.equal("ContactIdentity=", request.body)
  end)

  it("is nothing on the wire when it is nil, or a nested table without fields", function()
    local _, request = sent(client.flex.flex_flows(FO), "update", { integration = {} })
    assert.equal("", request.body)
    _, request = sent(client.flex.flex_flows(FO), "update")
    assert.equal("", request.body)
    _, request = sent(client.v2.flows, "page", { read_ahead = false, limit = math.huge })
    assert.equal("https://studio.twilio.com/v2/Flows", request.url)
  end)

  it("in the program's table stays as it was, and the table is not kept", function()
    local integration = { flow_sid = FW, retry_count = 3 }
    local params = { friendly_name = "A", chat_service_sid = IS, channel_type = "web", integration = integration }
    local extra = { Extra = { "a", "b" } }
    local options = { extra = extra, headers = { ["X-A"] = "b" }, retry = { attempts = 2 } }
    local first = sent(client.flex.flex_flows, "create", params, options)
    assert.same({
      friendly_name = "A", chat_service_sid = IS, channel_type = "web", integration = { flow_sid = FW, retry_count = 3 },
    }, params)
    assert.same({ extra = { Extra = { "a", "b" } }, headers = { ["X-A"] = "b" }, retry = { attempts = 2 } }, options)
    assert.same(first, (sent(client.flex.flex_flows, "create", params, options)))
    local listing = { page_size = 5, limit = 3 }
    local collection = client.v2.flows
    local iterate = collection:each(listing)
    listing.page_size, listing.limit = 99, 0
    transport.requests = {}
    iterate()
    assert.equal("https://studio.twilio.com/v2/Flows?PageSize=5", transport.requests[1].url)
    assert.same({ page_size = 99, limit = 0 }, listing)
  end)

  it("may come through a metatable", function()
    local defaults = setmetatable({ to = "+1" }, { __index = { from = "+2" } })
    assert.same({ { "To", "+1" }, { "From", "+2" } }, (sent(client.v1.flows(FW).executions, "create", defaults)))
  end)
end)

describe("options.extra", function()
  before_each(function()
    transport = support.transport { status = 200, body = page_body }
    client = support.offline(transport)
  end)

  it("writes numbers, booleans and arrays as parameters have them", function()
    local extra = {
      A = 1, B = 0.1, C = true, D = { 1, "x", false }, E = {}, F = 1e15, G = 2 ^ 53, H = "", I = -3.0, ["j.k l"] = "+",
    }
    assert.same({
      { "A", "1" }, { "B", "0.1" }, { "C", "true" }, { "D", "1" }, { "D", "x" }, { "D", "false" }, { "E", "" }, { "F", "1000000000000000" },
      { "G", "9007199254740992" }, { "H", "" }, { "I", "-3" }, { "j.k l", "+" },
    }, (sent(client.flex.flex_flows(FO), "update", nil, { extra = extra })))
  end)

  it("goes behind the parameters, to the query of what has no body", function()
    local _, request = sent(client.v2.flows, "page", { page_size = 2 }, { extra = { ["Order By"] = "x" } })
    assert.equal("https://studio.twilio.com/v2/Flows?PageSize=2&Order%20By=x", request.url)
    _, request = sent(client.v2.flows(FW), "fetch", nil, { extra = { A = 1 } })
    assert.equal("https://studio.twilio.com/v2/Flows/" .. FW .. "?A=1", request.url)
    _, request = sent(client.v2.flows(FW), "update", { status = "draft" }, { extra = { A = 1 } })
    assert.equal("Status=draft&A=1", request.body)
    assert.equal("https://studio.twilio.com/v2/Flows/" .. FW, request.url)
  end)

  it("raises for what cannot be written", function()
    for _, extra in ipairs { { [1] = "x" }, { [""] = "x" }, { A = print }, { A = { {} } }, { A = studio.null } } do
      assert.is_false((pcall(client.v2.flows.page, client.v2.flows, nil, { extra = extra })))
    end
    assert.is_false((pcall(client.v2.flows.page, client.v2.flows, nil, { extra = { A = 0 / 0 } })))
    assert.is_false((pcall(client.v2.flows.page, client.v2.flows, nil, { extra = { A = math.huge } })))
    assert.equal(0, #transport.requests)
  end)
end)

describe("over HTTP", function()
  local service = support.emulator()

  it("a definition of a megabyte and text of every byte arrive whole", function()
    local real = support.client(service(), { retry = false })
    local bytes = {}
    for byte = 0, 255 do bytes[#bytes + 1] = string.char(byte) end
    local text = table.concat(bytes)
    real.flex.flex_flows(FO):update { contact_identity = text }
    local definition = '{"a":"' .. ("0123456789abcdef"):rep(65536) .. '"}'
    real.v2.flows(FW):update { status = "draft", definition = definition }
    local requests = service():requests()
    assert.equal("ContactIdentity=", requests[1].body:sub(1, 16))
    assert.equal(text, decode(requests[1].body:sub(17)))
    local arrived = pairs_of(requests[2].body)
    assert.same({ "Status", "draft" }, arrived[1])
    assert.equal(#definition, #arrived[2][2])
    assert.is_true(definition == arrived[2][2])
    real:close()
  end)
end)
