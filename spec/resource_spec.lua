-- The tree: handles that ask for nothing, and resources that are plain tables with methods behind them.
local cjson = require "cjson"
local dkjson = require "dkjson"
local studio = require "studio"
local support = require "spec.support"

local json = require "studio.base.json"
local known = require "studio.emulator.known"

local FW, FO = known.flows.survey, known.flex_flow
local hex = ("a"):rep(32)

local function keys(object)
  local list = {}
  for key in pairs(object) do list[#list + 1] = key end
  table.sort(list)
  return list
end

local function words(text)
  local list = {}
  for word in text:gmatch("%S+") do list[#list + 1] = word end
  table.sort(list)
  return list
end

-- Whether an object of the tree has a verb: asking for one that it does not have raises.
local function has(object, verb)
  local ok, method = pcall(function() return object[verb] end)
  return ok and method ~= nil
end

describe("a handle", function()
  it("asks for nothing, however deep it lies and whether or not its SID is one", function()
    local transport = support.transport()
    local c = support.offline(transport)
    for _, sid in ipairs { FW, "nonsense", "" } do
      local _ = c.v1.flows(sid).engagements(sid).steps(sid).step_context
      _ = c.v1.flows(sid).engagements(sid).engagement_context
      _ = c.v1.flows(sid).executions(sid).steps(sid).step_context
      _ = c.v1.flows(sid).executions(sid).execution_context
      _ = c.v2.flows(sid).executions(sid).steps(sid).step_context
      _ = c.v2.flows(sid).executions(sid).execution_context
      _ = c.v2.flows(sid).revisions("LatestPublished")
      _ = c.v2.flows(sid).test_users
      _ = c.flex.flex_flows(sid)
    end
    assert.equal(0, #transport.requests)
  end)

  it("may be used again and again, and beside others of the same collection", function()
    local transport = support.transport()
    local c = support.offline(transport)
    local flows = c.v2.flows
    local one, two = flows("FW" .. ("1"):rep(32)), flows("FW" .. ("2"):rep(32))
    assert(one:fetch())
    assert(two:fetch())
    assert(one.executions("FN" .. hex):fetch())
    assert(two.executions("FN" .. hex):fetch())
    assert(one:fetch())
    local paths = {}
    for index, request in ipairs(transport.requests) do
      paths[index] = request.url:match("Flows/FW(%d)") .. (request.url:match("/Executions") or "")
    end
    assert.same({ "1", "2", "1/Executions", "2/Executions", "1" }, paths)
  end)
end)

describe("the tree", function()
  local verbs = words "create fetch update delete validate list each pages page page_at"

  -- What there is, by the reference: a target and its verbs.
  local nodes = {
    { "v1.flows", function(c) return c.v1.flows end, "list each pages page page_at" },
    { "v1 flow", function(c) return c.v1.flows(FW) end, "fetch delete" },
    { "engagements", function(c) return c.v1.flows(FW).engagements end, "create list each pages page page_at" },
    { "engagement", function(c) return c.v1.flows(FW).engagements("") end, "fetch delete" },
    { "engagement_context", function(c) return c.v1.flows(FW).engagements("").engagement_context end, "fetch" },
    { "engagement steps", function(c) return c.v1.flows(FW).engagements("").steps end, "list each pages page page_at" },
    { "engagement step", function(c) return c.v1.flows(FW).engagements("").steps("") end, "fetch" },
    { "engagement step_context", function(c) return c.v1.flows(FW).engagements("").steps("").step_context end, "fetch" },
    { "v1 executions", function(c) return c.v1.flows(FW).executions end, "create list each pages page page_at" },
    { "v1 execution", function(c) return c.v1.flows(FW).executions("") end, "fetch update delete" },
    { "v1 execution_context", function(c) return c.v1.flows(FW).executions("").execution_context end, "fetch" },
    { "v1 execution step", function(c) return c.v1.flows(FW).executions("").steps("") end, "fetch" },
    { "v2.flows", function(c) return c.v2.flows end, "create validate list each pages page page_at" },
    { "v2 flow", function(c) return c.v2.flows(FW) end, "fetch update delete" },
    { "revisions", function(c) return c.v2.flows(FW).revisions end, "list each pages page page_at" },
    { "revision", function(c) return c.v2.flows(FW).revisions(1) end, "fetch" },
    { "test_users", function(c) return c.v2.flows(FW).test_users end, "fetch update" },
    { "v2 executions", function(c) return c.v2.flows(FW).executions end, "create list each pages page page_at" },
    { "v2 execution", function(c) return c.v2.flows(FW).executions("") end, "fetch update delete" },
    { "v2 step_context", function(c) return c.v2.flows(FW).executions("").steps("").step_context end, "fetch" },
    { "flex.flex_flows", function(c) return c.flex.flex_flows end, "create list each pages page page_at" },
    { "flex_flow", function(c) return c.flex.flex_flows(FO) end, "fetch update delete" },
  }

  for _, node in ipairs(nodes) do
    it("has at " .. node[1] .. " the verbs of the reference, and no others", function()
      local target, there = node[2](support.offline(support.transport())), {}
      for _, verb in ipairs(verbs) do
        if has(target, verb) then there[#there + 1] = verb end
      end
      assert.same(words(node[3]), there)
    end)
  end

  it("has two versions of Studio and one of Flex", function()
    local c = support.offline(support.transport())
    assert.same({ "flex", "v1", "v2" }, keys(c))
    assert.same({ "flows" }, keys(c.v1))
    assert.same({ "flows" }, keys(c.v2))
    assert.same({ "flex_flows" }, keys(c.flex))
  end)
end)

describe("a resource", function()
  local body, transport, client

  before_each(function()
    transport = support.transport(function() return { status = 200, body = body } end)
    client = support.offline(transport)
    body = '{"sid":"' .. FW .. '","friendly_name":"A","definition":{"list":[],"nothing":null,"object":{}},"gone":null,"errors":[],'
      .. '"links":{"executions":"x"},"new_field":{"deep":[1,null]}}'
  end)

  it("shows its data to pairs and next, and nothing else, also after its methods were used", function()
    local flow = assert(client.v2.flows(FW):fetch())
    local due = words "sid friendly_name definition errors links new_field"
    assert.same(due, keys(flow))
    for _, name in ipairs { "executions", "revisions", "test_users" } do assert.equal("table", type(flow[name])) end
    assert(flow:fetch())
    assert(flow.executions("FN" .. hex).steps("FT" .. hex):fetch())
    assert.same(due, keys(flow))
    local count = 0
    for _ in next, flow do count = count + 1 end
    assert.equal(#due, count)
    assert.is_nil(flow.gone)
    assert.is_nil(flow.no_such_thing)
    assert.is_nil(flow[1])
  end)

  it("may be written to like any table", function()
    local flow = assert(client.v2.flows(FW):fetch())
    flow.friendly_name, flow.mine = "B", { 1 }
    assert.equal("B", flow.friendly_name)
    assert(flow:fetch())
    assert.equal("B", flow.friendly_name)
  end)

  it("is accepted by JSON encoders, which write its data", function()
    local flow = assert(client.v2.flows(FW):fetch())
    local null = {}
    local due = dkjson.decode(body, 1, null)
    due.gone = nil
    local ours = assert(json.encode(flow))
    assert.same(due, (dkjson.decode(ours, 1, null)))
    assert.truthy(ours:find('"list":[]', 1, true))
    assert.truthy(ours:find('"object":{}', 1, true))
    assert.truthy(ours:find('"errors":[]', 1, true))
    local theirs = cjson.decode(cjson.encode(flow))
    assert.equal("A", theirs.friendly_name)
    assert.equal(cjson.null, theirs.definition.nothing)
    assert.equal(cjson.null, theirs.new_field.deep[2])
    assert.same(keys(due), keys(theirs))
    flow.definition, flow.new_field = nil, nil
    assert.equal(FW, dkjson.decode(dkjson.encode(flow)).sid)
  end)

  it("may be sent as JSON, too", function()
    local flow = assert(client.v2.flows(FW):fetch())
    transport.requests = {}
    assert(flow.executions:create { to = "a", from = "b", parameters = { flow = flow } })
    local text = transport.requests[1].body:match("Parameters=(.*)$")
    text = text:gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end)
    local null = {}
    local due = dkjson.decode(body, 1, null)
    due.gone = nil
    assert.same({ flow = due }, (dkjson.decode(text, 1, null)))
  end)

  it("has fields of its own before methods and sub-collections of the same name", function()
    body = '{"sid":"' .. FW .. '","fetch":"a","delete":1,"executions":[2],"update":false}'
    local flow = assert(client.v2.flows(FW):fetch())
    assert.equal("a", flow.fetch)
    assert.equal(1, flow.delete)
    assert.same({ 2 }, flow.executions)
    assert.equal(false, flow.update)
    assert.equal("function", type(client.v2.flows(FW).fetch))
    body = '{"sid":"' .. FW .. '","fetch":null}'
    flow = assert(client.v2.flows(FW):fetch())
    assert.equal("function", type(flow.fetch))
  end)

  it("without a SID, or with one that is none, gives an error to whoever asks through it, and asks for nothing", function()
    for _, sid in ipairs { '"../x"', '""', "null", "12", "[]", "{}", "true", '"' .. FO .. '"', '"' .. FW .. '/.."' } do
      body = '{"sid":' .. sid .. "}"
      local flow = assert(client.v2.flows(FW):fetch())
      transport.requests = {}
      for _, ask in ipairs {
        function() return flow:fetch() end,
        function() return flow:delete() end,
        function() return flow:update { status = "draft" } end,
        function() return flow.executions:list() end,
        function() return flow.test_users:fetch() end,
        function() return flow.revisions(1):fetch() end,
      } do
        local fine, value, err = pcall(ask)
        assert.is_true(fine, tostring(value))
        assert.is_nil(value)
        assert.equal("argument", err.kind)
        assert.equal(false, err.sent)
      end
      assert.equal(0, #transport.requests)
    end
  end)

  it("of a list has the methods of one that was fetched", function()
    body = ('{"meta":{"key":"flows"},"flows":[{"sid":"%s","a":null},{"sid":"FW%s"}]}'):format(FW, hex)
    local flows = assert(client.v2.flows:list())
    assert.equal(2, #flows)
    assert.same({ "sid" }, keys(flows[1]))
    body = "{}"
    transport.requests = {}
    assert(flows[2]:fetch())
    assert(flows[1]:update { status = "draft" })
    assert(flows[2].executions("FN" .. hex):fetch())
    local urls = {}
    for index, request in ipairs(transport.requests) do urls[index] = request.method .. " " .. request.url:match("/v2/.*$") end
    assert.same({
      "GET /v2/Flows/FW" .. hex, "POST /v2/Flows/" .. FW, "GET /v2/Flows/FW" .. hex .. "/Executions/FN" .. hex,
    }, urls)
  end)

  it("belongs to the client that it came from", function()
    local other = support.transport(function() return { status = 200, body = body } end)
    local mine, theirs = assert(client.v2.flows(FW):fetch()), assert(support.offline(other).v2.flows(FW):fetch())
    transport.requests, other.requests = {}, {}
    assert(mine:fetch())
    assert.equal(1, #transport.requests)
    assert.equal(0, #other.requests)
    assert(theirs:fetch())
    assert.equal(1, #other.requests)
  end)

  it("has no methods where the answer is none, as that of validate", function()
    body = '{"valid":true}'
    local answer = assert(client.v2.flows:validate { friendly_name = "a", status = "draft", definition = "{}" })
    assert.same({ valid = true }, answer)
    assert.is_nil(answer.fetch)
  end)
end)

describe("over HTTP", function()
  local service = support.emulator()
  local client

  before_each(function() client = support.client(service()) end)
  after_each(function() client:close() end)

  local function last_request()
    local requests = service():requests()
    return requests[#requests].method .. " " .. requests[#requests].path
  end

  it("each of a resource's links is a sub-collection of the same name", function()
    local engagement = assert(client.v1.flows(FW).engagements:list({ limit = 1 }))[1]
    local execution1 = assert(client.v1.flows(FW).executions:list({ limit = 1 }))[1]
    local execution2 = assert(client.v2.flows(FW).executions:list({ limit = 1 }))[1]
    local resources = {
      assert(client.v1.flows(FW):fetch()), assert(client.v2.flows(FW):fetch()), engagement, execution1, execution2,
      assert(engagement.steps:list())[1], assert(execution1.steps:list())[1], assert(execution2.steps:list())[1],
    }
    local count = 0
    for _, resource in ipairs(resources) do
      for name, url in pairs(resource.links) do
        local below = resource[name]
        assert.is_nil(rawget(resource, name))
        service():clear_log()
        assert(has(below, "list") and below:list() or below:fetch())
        assert.equal("GET " .. url:match("^%a+://[^/]+(.*)$"), last_request())
        count = count + 1
      end
    end
    assert.equal(14, count)
  end)

  it("update and fetch give a new resource; the old one stays as it was", function()
    local flow = assert(client.v2.flows(known.flows.orders):fetch())
    local before = json.encode(flow)
    local updated = assert(flow:update { status = "draft", commit_message = "Second thoughts" })
    assert.not_equal(flow, updated)
    assert.equal("draft", updated.status)
    assert.equal("Second thoughts", updated.commit_message)
    assert.equal(flow.revision + 1, updated.revision)
    assert.equal("published", flow.status)
    assert.equal(#before, #json.encode(flow))
    local again = assert(updated:fetch())
    assert.not_equal(updated, again)
    assert.equal("draft", again.status)
    assert.equal(updated.revision, again.revision)
  end)

  it("delete gives true by handle and by resource; what is gone is not found", function()
    local contact = { to = "+15005550010", from = "+15005550006" }
    local engagement = assert(client.v1.flows(FW).engagements:create(contact))
    assert.equal(true, (engagement:delete()))
    local value, err = engagement:fetch()
    assert.is_nil(value)
    assert.is_true(err:is_not_found())
    value, err = engagement:delete()
    assert.is_nil(value)
    assert.is_true(err:is_not_found())
    assert.equal(true, (client.v1.flows(FW).engagements(client.v1.flows(FW).engagements:create(contact).sid):delete()))
    assert.equal(true, (client.v2.flows(FW):delete()))
    assert.equal(true, (client.flex.flex_flows(FO):fetch():delete()))
  end)

  it("a revision is asked for by its number, whichever way it was found", function()
    local flow = assert(client.v2.flows(known.flows.orders):fetch())
    local third = assert(flow.revisions(3):fetch())
    assert.equal(3, third.revision)
    for _, name in ipairs { "LatestPublished", "LatestRevision" } do
      local revision = assert(flow.revisions(name):fetch())
      assert.equal(3, revision.revision)
      assert.equal("GET /v2/Flows/" .. flow.sid .. "/Revisions/" .. name, last_request())
      assert(revision:fetch())
      assert.equal("GET /v2/Flows/" .. flow.sid .. "/Revisions/3", last_request())
    end
    local revisions = assert(flow.revisions:list())
    assert.equal(3, #revisions)
    assert.equal(3, assert(revisions[1]:fetch()).revision)
    assert.equal("table", type(revisions[1]:fetch().definition))
  end)

  it("test users are fetched, set and cleared", function()
    local users = assert(client.v2.flows(FW).test_users:fetch())
    assert.same({}, users.test_users)
    users = assert(users:update { test_users = { "+15005550001", "+15005550002" } })
    assert.same({ "+15005550001", "+15005550002" }, users.test_users)
    assert.same({ "+15005550001", "+15005550002" }, assert(users:fetch()).test_users)
    users = assert(users:update { test_users = {} })
    assert.same({}, users.test_users)
    assert.equal("[]", json.encode(assert(client.v2.flows(FW).test_users:fetch()).test_users))
  end)

  it("an execution goes from creation to its contexts through resources alone", function()
    local flow = assert(client.v2.flows(FW):fetch())
    local execution = assert(flow.executions:create { to = "+15005550011", from = "+15005550006", parameters = { name = "Zoë" } })
    assert.equal("active", execution.status)
    assert.equal("Zoë", assert(execution.execution_context:fetch()).context.flow.data.name)
    local steps = 0
    for step in execution.steps:each() do
      local context = assert(step.step_context:fetch())
      assert.equal(step.sid, context.step_sid)
      assert.equal(execution.sid, assert(context:fetch()).execution_sid)
      steps = steps + 1
    end
    assert.is_true(steps > 0)
    local _, err = flow.executions:create { to = "+15005550011", from = "+15005550006" }
    assert.is_true(err:is_conflict())
    assert.equal("ended", assert(execution:update { status = "ended" }).status)
    assert(flow.executions:create { to = "+15005550011", from = "+15005550006" })
  end)

  it("a resource keeps what it needs when the program keeps the resource alone", function()
    local flow = support.client(service()).v2.flows(FW):fetch()
    collectgarbage()
    collectgarbage()
    assert.equal(FW, assert(flow:fetch()).sid)
    assert.equal(1, #assert(flow.executions:list { limit = 1 }))
  end)
end)

describe("a client", function()
  it("shows its account shortened, and where it goes, and no secret", function()
    local sid, token = "AC0123456789abcdef0123456789abcdef", "secret0123456789"
    local text = tostring(studio.new { account_sid = sid, auth_token = token, transport = support.transport() })
    assert.equal("studio.client AC01...cdef (https://studio.twilio.com, region us1, auth token from option 'auth_token')", text)
    text = tostring(studio.new { account_sid = sid, auth_token = token, base_url = "http://127.0.0.1:1", transport = support.transport() })
    assert.equal("studio.client AC01...cdef (http://127.0.0.1:1, auth token from option 'auth_token')", text)
    text = tostring(studio.new { api_key = "SK0123456789abcdef0123456789abcdef", api_secret = token, transport = support.transport() })
    assert.is_nil(text:find("0123456789abcdef", 1, true))
    assert.is_nil(text:find(token, 1, true))
  end)
end)
