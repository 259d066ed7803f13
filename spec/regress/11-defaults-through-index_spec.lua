-- Seen: defaults through `__index` of a table of parameters were dropped once there was a `limit` or `read_ahead`, and options never had
-- any. One rule holds for all tables that a program gives: where the library knows the names it asks for them, where the program makes them
-- up it reads what is there.
local emulator = require "studio.emulator"
local executions = require "studio.executions"
local studio = require "studio"
local support = require "spec.support"
local webhook = require "studio.webhook"

local FLOW = "FW" .. ("0"):rep(32)

-- A table with nothing in it but defaults, by a table and by a function.
local function ways_to(defaults)
  return {
    setmetatable({}, { __index = defaults }),
    setmetatable({}, { __index = function(_, name) return defaults[name] end }),
    setmetatable({}, { __index = setmetatable({}, { __index = defaults }), __pairs = function() error "asked" end }),
  }
end

local function target_of(request) return request.url:match("^https://[^/]*(.*)") end

describe("Defaults through __index count", function()
  local transport, client, flow
  local page = '{"executions":[],"meta":{"key":"executions"}}'

  before_each(function()
    transport = support.transport(function(request)
      local body = request.method == "GET" and page or '{"sid":"FN1"}'
      return { status = 200, headers = { ["Content-Type"] = "application/json" }, body = body }
    end)
    client = support.offline(transport)
    flow = client.v2.flows(FLOW)
  end)

  local function last() return transport.requests[#transport.requests] end

  it("in parameters", function()
    for _, parameters in ipairs(ways_to { to = "+15550001111", from = "+15550002222", parameters = { a = 1 } }) do
      assert(flow.executions:create(parameters))
      assert.are.equal("To=%2B15550001111&From=%2B15550002222&Parameters=%7B%22a%22%3A1%7D", last().body)
    end
  end)

  it("in parameters of lists, whatever else is there", function()
    for _, mine in ipairs { {}, { limit = 5 }, { read_ahead = false }, { limit = 5, read_ahead = true, page_size = 50 } } do
      for _, method in ipairs { "list", "page" } do
        local parameters = setmetatable({}, { __index = { page_size = 50, status = "active" } })
        for name, value in pairs(mine) do parameters[name] = value end
        assert(flow.executions[method](flow.executions, parameters))
        assert.truthy(target_of(last()):find("PageSize=50", 1, true), target_of(last()))
        assert.truthy(target_of(last()):lower():find("status=active", 1, true), target_of(last()))
      end
    end
    for _, parameters in ipairs(ways_to { limit = 0 }) do
      local before = #transport.requests
      assert.are.same({}, flow.executions:list(parameters))
      assert.are.equal(before, #transport.requests)
    end
    for _, parameters in ipairs(ways_to { limit = 7, read_ahead = false }) do
      for _ in flow.executions:each(parameters) do error "there are none" end
      assert.truthy(target_of(last()):find("PageSize=7", 1, true))
    end
  end)

  it("in nested parameters", function()
    for _, integration in ipairs(ways_to { flow_sid = FLOW, retry_count = 3 }) do
      assert(client.flex.flex_flows:create {
        friendly_name = "x", chat_service_sid = "IS" .. ("0"):rep(32), channel_type = "web", integration = integration,
      })
      assert.truthy(last().body:find("Integration.FlowSid=" .. FLOW, 1, true), last().body)
      assert.truthy(last().body:find("Integration.RetryCount=3", 1, true), last().body)
    end
  end)

  it("in call options, and in the tables within that have names of ours", function()
    for _, options in ipairs(ways_to { timeout = 7, headers = { ["X-A"] = "1" }, extra = { New = "x" } }) do
      assert(flow:update({ status = "draft" }, options))
      assert.are.equal(7, last().timeout)
      assert.are.equal("1", last().headers["X-A"])
      assert.truthy(last().body:find("New=x", 1, true))
    end
    local failing = support.transport { status = 503, body = "" }
    for _, retry in ipairs(ways_to { attempts = 2, base = 0.001 }) do
      local before = #failing.requests
      local answer, err = support.offline(failing).v2.flows(FLOW):fetch(nil, { retry = retry })
      assert.is_nil(answer)
      assert.are.equal(2, err.attempts)
      assert.are.equal(2, #failing.requests - before)
    end
    for _, options in ipairs(ways_to { query = { a = 1 }, service = "flex" }) do
      assert(client:request("GET", "/v1/FlexFlows", options))
      assert.are.equal("https://flex-api.twilio.com/v1/FlexFlows?a=1", last().url)
    end
  end)

  it("in options of a client", function()
    local defaults = { account_sid = "AC" .. ("1"):rep(32), auth_token = ("f"):rep(32), timeout = 3, transport = transport }
    for _, options in ipairs(ways_to(defaults)) do
      assert(studio.new(options).v2.flows(FLOW):fetch())
      assert.are.equal(3, last().timeout)
    end
    for _, oauth in ipairs(ways_to { client_id = "OQ1", client_secret = "secret-of-nobody" }) do
      assert.truthy(tostring(studio.new { oauth = oauth, transport = transport }))
    end
    for _, options in ipairs(ways_to { sort = true }) do
      assert.are.equal('{"a":1,"b":2,"c":3}', studio.encode({ c = 3, a = 1, b = 2 }, options))
    end
  end)

  it("in options and faults of the local service", function()
    for _, options in ipairs(ways_to { auth_token = ("e"):rep(32) }) do
      local service = assert(emulator.start(options))
      assert.are.equal(("e"):rep(32), service.auth_token)
      for _, fault in ipairs(ways_to { status = 418, times = 1 }) do
        service:fault(fault)
        local answer, err = support.client(service, { retry = false }).v2.flows:list()
        assert.is_nil(answer)
        assert.are.equal(418, err.status)
      end
      service:stop()
    end
  end)

  it("and are checked as what is there", function()
    assert.has_error(function() flow:fetch(nil, setmetatable({}, { __index = { timeout = "x" } })) end)
    local answer, err = flow.executions:create(setmetatable({ from = "+1" }, { __index = { to = "" } }))
    assert.is_nil(answer)
    assert.are.equal("argument", err.kind)
  end)
end)

describe("What a table has itself is all", function()
  it("where a name is unknown", function()
    local client = support.offline(support.transport())
    local shared = { __index = { colour = "red", limit = 3, timeout = 5, to = "x" } }
    assert(client.v2.flows(FLOW):fetch(nil, setmetatable({}, shared)))
    assert.has_error(function() client.v2.flows(FLOW):fetch(nil, { colour = "red" }) end)
    assert.has_error(function() client.v2.flows:list { colour = "red", limit = 1 } end)
    local hidden = setmetatable({ colour = "red" }, { __pairs = function() return next, {} end })
    assert.has_error(function() client.v2.flows(FLOW):fetch(nil, hidden) end)
  end)

  it("where the program makes up the names, and in JSON", function()
    local transport = support.transport()
    local flow = support.offline(transport).v2.flows(FLOW)
    local odd = { __index = { Other = "y" }, __pairs = function() return next, { Other = "y" } end, __len = function() return 3 end }
    assert(flow:update(
      { status = "draft", definition = setmetatable({ a = 1 }, odd) },
      { headers = setmetatable({ ["X-A"] = "1" }, odd), extra = setmetatable({ New = setmetatable({ "x" }, odd) }, odd) }))
    local request = transport.requests[1]
    assert.are.equal("Status=draft&Definition=%7B%22a%22%3A1%7D&New=x", request.body)
    assert.are.equal("1", request.headers["X-A"])
    assert.is_nil(request.headers.Other)
    local params = { To = "+1" }
    local signature = webhook.sign(("f"):rep(32), "https://example.com/", params)
    assert.is_true(webhook.valid(("f"):rep(32), signature, "https://example.com/", setmetatable(params, odd)))
  end)

  local strict_mt = { __index = function(_, key) error("no such key: " .. tostring(key)) end, __pairs = function() error "asked" end }

  it("in what a map goes through, and in the contacts of a campaign", function()
    if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then return end
    local transport = support.transport { status = 201, body = '{"sid":"FN1"}' }
    local client = support.offline(transport)
    local more = { __index = function(_, key) return key < 10 and "+1555000000" .. key or nil end, __len = function() return 9 end }
    for _, meta in ipairs { more, strict_mt } do
      local seen = {}
      local source = setmetatable({ "+15550000001", "+15550000002" }, meta)
      for value in client:map(source, function() return true end) do seen[#seen + 1] = value end
      assert.are.same({ "+15550000001", "+15550000002" }, seen)
      transport.requests = {}
      local row = setmetatable({ to = "+15550000002", name = "Ada" }, strict_mt)
      local done = assert(executions.trigger(client.v2.flows(FLOW).executions, setmetatable({ "+15550000001", row }, meta), {
        from = "+15550009999", name = "x",
      }))
      assert.are.same({ 2, 2 }, { done.created, #transport.requests })
    end
    -- What has no element of its own would run nothing, and nobody would say so.
    for _, meta in ipairs { more, { __index = { "+15550000001" } } } do
      assert.has_error(function() client:map(setmetatable({}, meta), print) end,
        "map needs an array or an iterator: this table has no element of its own, and no metatable is asked")
      local collection = client.v2.flows(FLOW).executions
      assert.has_error(function() executions.trigger(collection, setmetatable({}, meta), { from = "+15550009999" }) end)
    end
    -- A list of a class that is empty, or an empty array of lua-cjson's, is empty.
    for _, meta in ipairs { {}, strict_mt, { __index = { append = print } }, { __index = function() end } } do
      assert.is_nil((client:map(setmetatable({}, meta), print)()))
      local done = assert(executions.trigger(client.v2.flows(FLOW).executions, setmetatable({}, meta), { from = "+15550009999" }))
      assert.are.equal(0, done.total)
    end
  end)

  -- Seen: `form = { Parameters = { name = "Ada" } }` sent `Parameters=`, a webhook's signature did not cover such a field, and what stood
  -- behind a hole of an array was passed over without a word; users whose numbers came by __index were cleared.
  local proxy = setmetatable({}, { __index = { "+15550000001" } })

  it("in arrays of values, and what else is in them is refused", function()
    local transport = support.transport { status = 200, body = "{}" }
    local client = support.offline(transport)
    for _, value in ipairs { { name = "Ada" }, { "a", nil, "c" }, { "a", name = "b" }, { [0] = "a" }, { [2] = "b" }, proxy } do
      for words, call in pairs {
        ["form.P"] = function() client:request("POST", "/v2/X", { form = { P = value } }) end,
        ["query.P"] = function() client:request("GET", "/v2/X", { query = { P = value } }) end,
        ["options.extra.P"] = function() client.v2.flows(FLOW):update({ status = "draft" }, { extra = { P = value } }) end,
        ["sign: the field 'P'"] = function() webhook.sign("t", "https://example.com/", { P = value }) end,
        ["valid: the field 'P'"] = function() webhook.valid("t", "x", "https://example.com/", { P = value }) end,
        ["'test_users"] = function() client.v2.flows(FLOW).test_users:update { test_users = value } end,
      } do
        local ok, message = pcall(call)
        assert.is_false(ok, words)
        assert.truthy(message:find("^[^:]*11%-defaults"), message)
        assert.truthy(message:find(words, 1, true), message)
      end
    end
    assert.are.equal(0, #transport.requests)
  end)

  it("in what a map goes through, which has no holes", function()
    if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then return end
    local transport = support.transport { status = 201, body = '{"sid":"FN1"}' }
    local client = support.offline(transport)
    local number = "+15550000001"
    for _, source in ipairs { { number, nil, number }, { number, [0] = number }, { number, [1.5] = number } } do
      for _, call in ipairs {
        function() client:map(source, print) end,
        function() executions.trigger(client.v2.flows(FLOW).executions, source, { from = "+15550009999" }) end,
      } do
        local ok, message = pcall(call)
        assert.is_false(ok)
        assert.truthy(message:find("^[^:]*11%-defaults.*without holes"), message)
      end
    end
    assert.are.equal(0, #transport.requests)
    -- What a class keeps beside the elements, or table.pack, is none of them.
    local count = 0
    for _ in client:map({ number, number, n = 2, name = "mine" }, function() return true end) do count = count + 1 end
    assert.are.equal(2, count)
  end)

  it("in the fields that a webhook is signed with", function()
    local plain = { To = "+1", Media = { "b", "a" } }
    local strict = setmetatable({ To = "+1", Media = setmetatable({ "b", "a" }, strict_mt) }, strict_mt)
    assert.are.equal((webhook.sign("t", "https://example.com/", plain)), (webhook.sign("t", "https://example.com/", strict)))
  end)

  it("where its metatable is hidden", function()
    local client = support.offline(support.transport())
    for _, hidden in ipairs { 5, false, "locked", function() end } do
      local table_of_program = setmetatable({}, { __metatable = hidden })
      for words, call in pairs {
        ["on_event"] = function() studio.new { on_event = table_of_program } end,
        ["'wait'"] = function() studio.new { wait = table_of_program } end,
        ["this is no client"] = function() client.sleep(table_of_program, 1) end,
        ["call 'list' with a colon"] = function() client.v2.flows.list(table_of_program) end,
        ["call 'fetch' with a colon"] = function() client.v2.flows(FLOW).fetch(table_of_program) end,
      } do
        local ok, message = pcall(call)
        assert.is_false(ok)
        assert.truthy(tostring(message):find(words, 1, true), message)
        assert.truthy(tostring(message):find("^[^:]*11%-defaults"), message)
      end
    end
    local strict = setmetatable({}, strict_mt)
    for _, name in ipairs { "list", "page_at" } do
      local ok, message = pcall(function() client.v2.flows[name](strict) end)
      assert.is_false(ok)
      assert.truthy(message:find("with a colon", 1, true), message)
    end
  end)
end)
