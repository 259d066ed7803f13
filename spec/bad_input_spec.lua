-- Bad parameters of every operation: an error that names the parameter and the rule, or a raise at the caller's line where the type is
-- wrong; and nothing is sent. Each call is made over a transport that records, and over HTTP to a service that counts.
local studio = require "studio"
local support = require "spec.support"

local known = require "studio.emulator.known"

local FW, FO, IS = known.flows.survey, known.flex_flow, known.chat_service
local hex = ("0"):rep(32)
local FN, FT = "FN" .. hex, "FT" .. hex
local null, nan, huge = studio.null, 0 / 0, math.huge

local get_service
local transport, clients

-- One call on each client; the line that makes it is noted, for that is where misuse must be raised.
local line
local function call(client, operation, params, options)
  local target = operation[2](client)
  line = debug.getinfo(1, "l").currentline + 1
  local value, err = target[operation[3]](target, params, options)
  return value, err
end

local function assert_nothing_sent()
  assert.equal(0, #transport.requests)
  assert.same({}, get_service():requests())
end

-- Whatever a value looks like, a message is one short line.
local function assert_words(message, words)
  for _, word in ipairs(words) do
    assert.truthy(message:find(word, 1, true), ("'%s' is missing in: %s"):format(word, message))
  end
  assert.is_nil(message:find("%c"), "a message must be one line")
  assert.is_true(#message < 300)
end

local function assert_refused(operation, params, words, options)
  for _, client in ipairs(clients) do
    local value, err = call(client, operation, params, options)
    assert.is_nil(value)
    assert.equal("argument", err.kind)
    assert.equal(false, err.sent)
    assert.equal(false, err.retryable)
    assert.is_nil(err.status)
    assert_words(err.message, words)
    assert_words(tostring(err), { "studio: argument: " })
  end
end

local function assert_raised(operation, params, words, options)
  for _, client in ipairs(clients) do
    local fine, message = pcall(call, client, operation, params, options)
    assert.is_false(fine, table.concat(words, ", "))
    assert.equal("string", type(message))
    assert.truthy(message:find(("spec/bad_input_spec.lua:%d: "):format(line), 1, true), message)
    assert_words(message, words)
  end
end

-- The parameters, by the reference -----------------------------------------------------------------------------------------------

local good = {
  to = "+18001234567", from = "+18007654321", parameters = { a = 1 }, status = "published", friendly_name = "A name",
  definition = "{}", test_users = { "a" }, chat_service_sid = IS, channel_type = "web",
}

-- A kind of parameter: values of a wrong type with the word for the right one, and values that break a rule with words of the rule.
local kinds = {
  text = { wrong = { 1, true, {}, null }, type = "a string", bad = {} },
  filled = { wrong = { 1, true, {}, null }, type = "a string", bad = { "" }, rule = "must not be empty" },
  json = {
    wrong = { 1, true, print, null }, type = "a table or a JSON string",
    bad = {
      "", " ", "{", "}", "{'a':1}", "[1,]", "{\"a\":1,}", "nul", "NaN", "[Infinity]", "\"", "{} x", "{\"a\":01}", "\239\187\191",
      "{\"a\":\"\1\"}", "{\"\255\":1}", { 1, 2, x = 3 }, { [1] = 1, [3] = 3 }, { f = print }, { n = nan }, { n = huge }, { [true] = 1 },
      { "\255" }, { [1.5] = 1 },
    }, rule = "JSON",
  },
  boolean = { wrong = { 1, "true", "false", {}, null }, type = "a boolean", bad = {} },
  datetime = {
    wrong = { true, {}, print, null }, type = "an ISO 8601 string or epoch seconds",
    bad = { "", "yesterday", "2026-02-30T00:00:00Z", "2026-11-20T08:30:00X", "2026-11-20T08:30:00Z\r\nX: y", "20.11.2026", "08:30:00Z" },
    rule = "ISO 8601",
  },
  epoch = { wrong = {}, bad = { nan, huge, -huge, 1e15, -1e15 }, rule = "years" },
  array = { wrong = { "a", 1, true, null, { 1 }, { "a", false }, { "a", {} }, { a = "b" }, { "a", x = "b" }, { [2] = "b" }, { null } },
    type = "", bad = {} },
  execution_status = { wrong = { 1, true, {}, null }, type = "a string", bad = { "", "Active", "ENDED", "done", "active ", "ended\0" },
    rule = "one of active, ended" },
  flow_status = { wrong = { 1, true, {}, null }, type = "a string", bad = { "", "Draft", "publish", "published\n" },
    rule = "one of draft, published" },
  channel_type = { wrong = { 1, true, {} }, type = "a string", bad = { "", "Web", "email", "smss" },
    rule = "one of web, sms, facebook, whatsapp, line, custom" },
  integration_type = { wrong = { 1, true, {} }, type = "a string", bad = { "", "Studio", "flow" },
    rule = "one of studio, external, task" },
  page_size = { wrong = { "50", true, {}, null }, type = "a number", bad = { 0, -1, 1001, 5000, 1.5, nan, huge, -huge, 2 ^ 53 },
    rule = "from 1 to 1000" },
  page = { wrong = { "0", true, {} }, type = "a number", bad = { -1, 0.5, nan, huge, -huge }, rule = "0 or more" },
  limit = { wrong = { "10", true, {} }, type = "a number", bad = { -1, 1.5, nan, -huge, -0.5 }, rule = "0 or more" },
  seconds = { wrong = { "0", true, {} }, type = "a number", bad = { -1, 0.5, nan, huge }, rule = "0 or more" },
  retry_count = { wrong = { "3", true, {} }, type = "a number", bad = { -1, 4, 1.5, nan, huge }, rule = "from 0 to 3" },
  table = { wrong = { "x", 1, true, print }, type = "a table", bad = {} },
}

local function bad_sids(prefix)
  local other = prefix == "FW" and "FN" or "FW"
  return {
    "", prefix, prefix .. hex:sub(2), prefix .. hex .. "0", other .. hex, prefix:lower() .. hex, prefix .. ("g"):rep(32),
    "0" .. prefix .. hex:sub(2), "../x", "..", ".", "/", prefix .. hex .. "/..", prefix .. "/../" .. hex:sub(5), "%2e%2e%2f",
    prefix .. hex .. "?a=b", prefix .. hex .. "#",
    prefix .. hex .. "\0", prefix .. hex:sub(2) .. "\0", "\0" .. prefix .. hex, prefix .. hex .. "\n", prefix .. hex .. "\r\nX: y",
    " " .. prefix .. hex, prefix .. hex .. " ", prefix .. hex:sub(3) .. "é", "ＦＷ" .. hex, prefix .. hex:sub(4) .. "０", "*", "null",
    prefix .. ("0"):rep(100000), ("/.."):rep(1000), prefix .. hex:sub(2) .. "-", prefix .. hex:sub(3) .. "%30",
  }
end

for _, prefix in ipairs { "FW", "IS", "US", "WS", "WW" } do
  kinds[prefix] = { wrong = { 1, true, {}, null }, type = "a string", bad = bad_sids(prefix), rule = prefix .. " and 32 hex digits" }
end

local function with(...)
  local all = {}
  for _, part in ipairs { ... } do
    for name, kind in pairs(part) do all[name] = kind end
  end
  return all
end

local listing = { page_size = "page_size", page = "page", page_token = "filled", limit = "limit", read_ahead = "boolean" }
local span = { date_created_from = "datetime", date_created_to = "datetime" }
local contact = { to = "filled", from = "filled" }
local flow = { friendly_name = "filled", status = "flow_status", definition = "json" }
local flex_extra = {
  contact_identity = "text", enabled = "boolean", integration_type = "integration_type", integration = "table", long_lived = "boolean",
  janitor_enabled = "boolean", ["integration.flow_sid"] = "FW", ["integration.url"] = "filled", ["integration.workspace_sid"] = "WS",
  ["integration.workflow_sid"] = "WW", ["integration.channel"] = "filled", ["integration.timeout"] = "seconds",
  ["integration.priority"] = "seconds", ["integration.creation_on_message"] = "boolean", ["integration.retry_count"] = "retry_count",
}
local flex = { friendly_name = "filled", chat_service_sid = "IS", channel_type = "channel_type" }

local function flow1(c) return c.v1.flows(FW) end
local function flow2(c) return c.v2.flows(FW) end

-- A row: name, target, verb, required parameters, optional ones.
local operations = {
  { "v1 flows list", function(c) return c.v1.flows end, "list", {}, listing },
  { "v1 flow fetch", flow1, "fetch", {}, {} },
  { "v1 flow delete", flow1, "delete", {}, {} },
  { "engagements list", function(c) return flow1(c).engagements end, "list", {}, listing },
  { "engagements create", function(c) return flow1(c).engagements end, "create", contact, { parameters = "json" } },
  { "engagement fetch", function(c) return flow1(c).engagements(FN) end, "fetch", {}, {} },
  { "engagement delete", function(c) return flow1(c).engagements(FN) end, "delete", {}, {} },
  { "engagement context fetch", function(c) return flow1(c).engagements(FN).engagement_context end, "fetch", {}, {} },
  { "engagement steps list", function(c) return flow1(c).engagements(FN).steps end, "list", {}, listing },
  { "engagement step fetch", function(c) return flow1(c).engagements(FN).steps(FT) end, "fetch", {}, {} },
  { "engagement step context fetch", function(c) return flow1(c).engagements(FN).steps(FT).step_context end, "fetch", {}, {} },
  { "v1 executions list", function(c) return flow1(c).executions end, "list", {}, with(listing, span) },
  { "v1 executions create", function(c) return flow1(c).executions end, "create", contact, { parameters = "json" } },
  { "v1 execution fetch", function(c) return flow1(c).executions(FN) end, "fetch", {}, {} },
  { "v1 execution update", function(c) return flow1(c).executions(FN) end, "update", { status = "execution_status" }, {} },
  { "v1 execution delete", function(c) return flow1(c).executions(FN) end, "delete", {}, {} },
  { "v1 execution context fetch", function(c) return flow1(c).executions(FN).execution_context end, "fetch", {}, {} },
  { "v1 execution steps list", function(c) return flow1(c).executions(FN).steps end, "list", {}, listing },
  { "v1 execution step fetch", function(c) return flow1(c).executions(FN).steps(FT) end, "fetch", {}, {} },
  { "v1 execution step context fetch", function(c) return flow1(c).executions(FN).steps(FT).step_context end, "fetch", {}, {} },
  { "v2 flows list", function(c) return c.v2.flows end, "list", {}, listing },
  { "v2 flows create", function(c) return c.v2.flows end, "create", flow, { commit_message = "filled", author_sid = "US" } },
  { "v2 flow fetch", flow2, "fetch", {}, {} },
  { "v2 flow update", flow2, "update", { status = "flow_status" },
    { friendly_name = "filled", definition = "json", commit_message = "filled", author_sid = "US" } },
  { "v2 flow delete", flow2, "delete", {}, {} },
  { "v2 flows validate", function(c) return c.v2.flows end, "validate", flow, { commit_message = "filled" } },
  { "revisions list", function(c) return flow2(c).revisions end, "list", {}, listing },
  { "revision fetch", function(c) return flow2(c).revisions(1) end, "fetch", {}, {} },
  { "test users fetch", function(c) return flow2(c).test_users end, "fetch", {}, {} },
  { "test users update", function(c) return flow2(c).test_users end, "update", { test_users = "array" }, {} },
  { "v2 executions list", function(c) return flow2(c).executions end, "list", {}, with(listing, span, { status = "execution_status" }) },
  { "v2 executions create", function(c) return flow2(c).executions end, "create", contact, { parameters = "json" } },
  { "v2 execution fetch", function(c) return flow2(c).executions(FN) end, "fetch", {}, {} },
  { "v2 execution update", function(c) return flow2(c).executions(FN) end, "update", { status = "execution_status" }, {} },
  { "v2 execution delete", function(c) return flow2(c).executions(FN) end, "delete", {}, {} },
  { "v2 execution context fetch", function(c) return flow2(c).executions(FN).execution_context end, "fetch", {}, {} },
  { "v2 execution steps list", function(c) return flow2(c).executions(FN).steps end, "list", {}, listing },
  { "v2 execution step fetch", function(c) return flow2(c).executions(FN).steps(FT) end, "fetch", {}, {} },
  { "v2 execution step context fetch", function(c) return flow2(c).executions(FN).steps(FT).step_context end, "fetch", {}, {} },
  { "flex flows list", function(c) return c.flex.flex_flows end, "list", {}, with(listing, { friendly_name = "filled" }) },
  { "flex flows create", function(c) return c.flex.flex_flows end, "create", flex, flex_extra },
  { "flex flow fetch", function(c) return c.flex.flex_flows(FO) end, "fetch", {}, {} },
  { "flex flow update", function(c) return c.flex.flex_flows(FO) end, "update", {}, with(flex, flex_extra) },
  { "flex flow delete", function(c) return c.flex.flex_flows(FO) end, "delete", {}, {} },
}

-- The required parameters, right, and one parameter more or another value of it; a name with a dot is one of a nested table.
local function params_with(operation, name, value)
  local params = {}
  for required, kind in pairs(operation[4]) do
    params[required] = kind == "execution_status" and "ended" or good[required]
  end
  if name then
    local outer, inner = name:match("^(.-)%.(.*)$")
    if outer then params[outer] = { [inner] = value } else params[name] = value end
  end
  return params
end

local function each_parameter(operation, visit)
  for _, part in ipairs { operation[4], operation[5] } do
    for name, kind in pairs(part) do visit(name, kinds[kind], kind) end
  end
end

local function camel(name)
  return (("_" .. name):gsub("_(%l)", string.upper))
end

describe("bad input:", function()
  get_service = support.emulator()

  before_each(function()
    transport = support.transport()
    clients = { support.offline(transport), support.client(get_service()) }
  end)

  after_each(function()
    clients[2]:close()
  end)

  it("there is a row here for each of the 44 operations", function() assert.equal(44, #operations) end)

  for _, operation in ipairs(operations) do
    describe(operation[1], function()
      if next(operation[4]) then
        it("needs its required parameters", function()
          for name in pairs(operation[4]) do
            local params = params_with(operation)
            params[name] = nil
            assert_refused(operation, params, { ("'%s'"):format(name), "required" })
          end
          local first = next(operation[4])
          for _, nothing in ipairs { false, {} } do
            assert_refused(operation, nothing or nil, next(operation[4], first) and { "required" } or { first, "required" })
          end
          assert_nothing_sent()
        end)
      end

      if next(operation[4]) or next(operation[5]) then
        it("raises for a value of a wrong Lua type", function()
          each_parameter(operation, function(name, kind)
            for _, value in ipairs(kind.wrong) do
              assert_raised(operation, params_with(operation, name, value), { name, kind.type })
            end
          end)
          assert_nothing_sent()
        end)

        it("gives an error for a value that breaks a rule", function()
          each_parameter(operation, function(name, kind, of)
            for _, value in ipairs(kind.bad) do
              assert_refused(operation, params_with(operation, name, value), { ("'%s'"):format(name), kind.rule })
            end
            for _, value in ipairs(of == "datetime" and kinds.epoch.bad or {}) do
              assert_refused(operation, params_with(operation, name, value), { ("'%s'"):format(name), kinds.epoch.rule })
            end
          end)
          assert_nothing_sent()
        end)

        it("raises for a name that is nearly right, and tells which was meant", function()
          each_parameter(operation, function(name)
            local prefix, last = name:match("^(.-)([^.]*)$")
            for _, wrong in ipairs { last:sub(1, -3) .. last:sub(-1) .. last:sub(-2, -2), camel(last), last .. "s" } do
              if not (operation[4][wrong] or operation[5][wrong]) then
                local words = { ("unknown parameter '%s%s'"):format(prefix, wrong), ("did you mean '%s'?"):format(last) }
                assert_raised(operation, params_with(operation, prefix .. wrong, "x"), words)
              end
            end
          end)
          assert_nothing_sent()
        end)
      end

      it("raises for parameters that it does not have, and for what is no table of parameters", function()
        for _, name in ipairs { "colour", "", "__index", "a\nb" } do
          assert_raised(operation, params_with(operation, name, "x"), { "unknown parameter" })
        end
        for _, key in ipairs { 1, true, 1.5 } do
          local params = params_with(operation)
          params[key] = "x"
          assert_raised(operation, params, { "unknown parameter '" .. tostring(key) .. "'" })
        end
        for _, params in ipairs { "to=x", 1, true, null } do
          assert_raised(operation, params, { "parameters must be a table" })
        end
        assert_nothing_sent()
      end)

      it("raises for call options that there are not, or that are wrong", function()
        assert_raised(operation, params_with(operation), { "unknown option 'timeuot': did you mean 'timeout'?" }, { timeuot = 5 })
        assert_raised(operation, params_with(operation), { "options must be a table" }, 5)
        assert_raised(operation, params_with(operation), { "'timeout'", "more than 0 seconds" }, { timeout = 0 })
        assert_raised(operation, params_with(operation), { "control character" }, { headers = { X = "a\r\nB: c" } })
        assert_raised(operation, params_with(operation), { "options.extra.A", "a string, a number or a boolean" },
          { extra = { A = print } })
        assert_nothing_sent()
      end)
    end)
  end

  -- Paths: a handle may be made of anything that is a string; whatever is asked through it is refused.
  local positions = {
    { "a v1 flow", "FW", function(c, sid) return c.v1.flows(sid) end, { "fetch", "delete" }, { "engagements", "executions" } },
    { "an engagement", "FN", function(c, sid) return flow1(c).engagements(sid) end, { "fetch", "delete" }, { "steps" },
      { "engagement_context" } },
    { "an engagement's step", "FT", function(c, sid) return flow1(c).engagements(FN).steps(sid) end, { "fetch" }, {}, { "step_context" } },
    { "a v1 execution", "FN", function(c, sid) return flow1(c).executions(sid) end, { "fetch", "delete" }, { "steps" },
      { "execution_context" } },
    { "a v1 execution's step", "FT", function(c, sid) return flow1(c).executions(FN).steps(sid) end, { "fetch" }, {}, { "step_context" } },
    { "a v2 flow", "FW", function(c, sid) return c.v2.flows(sid) end, { "fetch", "delete" }, { "revisions", "executions" },
      { "test_users" } },
    { "a v2 execution", "FN", function(c, sid) return flow2(c).executions(sid) end, { "fetch", "delete" }, { "steps" },
      { "execution_context" } },
    { "a v2 execution's step", "FT", function(c, sid) return flow2(c).executions(FN).steps(sid) end, { "fetch" }, {}, { "step_context" } },
    { "a flex flow", "FO", function(c, sid) return c.flex.flex_flows(sid) end, { "fetch", "delete" }, {} },
  }

  for _, position in ipairs(positions) do
    local label, prefix, at = position[1], position[2], position[3]

    it("a SID that is none gives an error in the place of " .. label, function()
      local words = { "'sid'", prefix .. " and 32 hex digits" }
      for _, sid in ipairs(bad_sids(prefix)) do
        for _, verb in ipairs(position[4]) do
          assert_refused({ "", function(c) return at(c, sid) end, verb }, nil, words)
        end
        for _, name in ipairs(position[5]) do
          assert_refused({ "", function(c) return at(c, sid)[name] end, "list" }, nil, words)
          assert_refused({ "", function(c) return at(c, sid)[name] end, "page" }, nil, words)
        end
        for _, name in ipairs(position[6] or {}) do
          assert_refused({ "", function(c) return at(c, sid)[name] end, "fetch" }, nil, words)
        end
      end
      assert_nothing_sent()
    end)

    it("what is no string raises in the place of " .. label, function()
      for _, value in ipairs { 1, true, {}, print, null } do
        for _, client in ipairs(clients) do
          local make = function() local _ = at(client, value) end
          local fine, message = pcall(make)
          assert.is_false(fine)
          assert_words(message, { "parameter 'sid' must be a string, got " .. type(value), "spec/bad_input_spec.lua:" })
        end
      end
      for _, client in ipairs(clients) do
        assert_words(select(2, pcall(at, client, nil)), { "needs a sid" })
      end
      assert_nothing_sent()
    end)
  end

  it("a SID that is none above a good one is refused, too, and the first of two is told", function()
    for _, verb in ipairs { "fetch", "delete" } do
      assert_refused({ "", function(c) return c.v1.flows("../x").engagements(FN) end, verb }, nil, { "FW and 32 hex digits" })
      assert_refused({ "", function(c) return c.v1.flows("../x").engagements("..") end, verb }, nil, { "FW and 32 hex digits" })
    end
    assert_refused({ "", function(c) return c.v2.flows("x").executions(FN).steps(FT).step_context end, "fetch" }, nil, { "FW and" })
    assert_refused({ "", function(c) return c.v2.flows(FW).executions("x").steps(FT).step_context end, "fetch" }, nil, { "FN and" })
    assert_refused({ "", function(c) return c.v2.flows("x").revisions(1) end, "fetch" }, nil, { "FW and" })
    assert_refused({ "", function(c) return c.v2.flows("x").test_users end, "update" }, { test_users = {} }, { "FW and" })
    assert_refused({ "", function(c) return c.v1.flows("x").engagements end, "create" }, { to = "a", from = "b" }, { "FW and" })
    assert_nothing_sent()
  end)

  it("a revision is a whole number or one of two words", function()
    local bad = {
      "", "latestpublished", "LatestPublished ", "latest", "Latest", "1.0", "-1", "+1", "0x10", "1e3", " 1", "1 ", "1\n", "1\0", "../1",
      "1/..", "1?a", "١", ("9"):rep(40), 1.5, -1, nan, huge, -huge, 2 ^ 60,
    }
    for _, value in ipairs(bad) do
      assert_refused({ "", function(c) return flow2(c).revisions(value) end, "fetch" }, nil,
        { "'revision'", "a whole number, LatestPublished or LatestRevision" })
    end
    assert_refused({ "", function(c) return flow2(c).revisions("latest") end, "fetch" }, nil, { "did you mean 'LatestRevision'" })
    for _, value in ipairs { true, {}, print } do
      assert.is_false((pcall(function() return flow2(clients[1]).revisions(value) end)))
    end
    assert_words(select(2, pcall(function() return flow2(clients[1]).revisions() end)), { "needs a revision" })
    assert_nothing_sent()
  end)

  it("a name that is unknown is found beside defaults that come through a metatable", function()
    local params = setmetatable({ stauts = "draft" }, { __index = { status = "draft" } })
    assert_raised({ "", flow2, "update" }, params, { "unknown parameter 'stauts': did you mean 'status'?" })
    assert_nothing_sent()
  end)

  it("an enum's value that is nearly right is told", function()
    assert_refused({ "", flow2, "update" }, { status = "publshed" }, { "did you mean 'published'?" })
    assert_refused({ "", function(c) return c.flex.flex_flows(FO) end, "update" }, { channel_type = "whatsap" },
      { "did you mean 'whatsapp'?" })
  end)

  describe("of an iterator:", function()
    local function collection(client) return client.v2.flows(FW).executions end

    it("each and pages raise the error object when the loop asks for the first record", function()
      for _, verb in ipairs { "each", "pages" } do
        for _, params in ipairs { { page_size = 5000 }, { limit = -1 }, { status = "x" }, { date_created_to = "x" }, { page = 0.5 } } do
          for _, client in ipairs(clients) do
            local target = collection(client)
            local iterate = target[verb](target, params)
            for _ = 1, 2 do
              local fine, err = pcall(iterate)
              assert.is_false(fine)
              assert.equal("argument", err.kind)
              assert.equal(false, err.sent)
              assert_words(err.message, { ("'%s'"):format((next(params))) })
            end
          end
        end
      end
      assert_nothing_sent()
    end)

    it("each and pages raise at the caller's line what is misuse, before the loop begins", function()
      for _, verb in ipairs { "each", "pages", "list", "page" } do
        local operation = { "", collection, verb }
        assert_raised(operation, { page_szie = 5 }, { "unknown parameter 'page_szie': did you mean 'page_size'?" })
        assert_raised(operation, { limt = 5 }, { "unknown parameter 'limt': did you mean 'limit'?" })
        assert_raised(operation, { limit = "5" }, { "'limit'", "number" })
        assert_raised(operation, { read_ahead = 1 }, { "'read_ahead'", "boolean" })
        assert_raised(operation, nil, { "unknown option 'timout'" }, { timout = 1 })
        assert_raised(operation, "x", { "parameters must be a table" })
      end
      assert_nothing_sent()
    end)

    it("a page URL of another origin is refused, and one that is no string raises", function()
      local urls = {
        "", "x", "/v2/Flows", "https://evil.example/v2/Flows", "http://studio.twilio.com/v2/Flows",
        "https://studio.twilio.com:444/v2/Flows",
        "https://studio.twilio.com@evil.example/", "https://studio.twilio.com\\@evil.example/", "https://studio.twilio.com.evil.example/",
        "//evil.example/", "file:///etc/passwd", "ftp://studio.twilio.com/", "https://studio.twilio.com/\r\nX: y", "https://[::1/",
        "https://user:pass@studio.twilio.com/v2/Flows", "https://studio.twilio.com/\0", "https:///v2/Flows",
      }
      for _, url in ipairs(urls) do
        assert_refused({ "", collection, "page_at" }, url, { "the page URL is refused: " })
      end
      for _, url in ipairs { 1, true, {} } do
        assert_raised({ "", collection, "page_at" }, url, { "the URL must be a string" })
      end
      assert_nothing_sent()
    end)

    it("a page URL of another collection is refused, however like it is", function()
      local other = ("e"):rep(32)
      local own = collection(clients[1])
      local origin = own.caller.origins[own.service].text
      for _, path in ipairs {
        "/v1/Flows", "/v2/Flows", "/v1/FlexFlows", "/v1/Flows/FW" .. other .. "/Engagements", "/v2/Flows/FW" .. other .. "/Executions",
        "/v2/Flows/FW" .. other .. "/Revisions", "/v1/Flows/FW" .. other .. "/Executions/FN" .. other .. "/Steps", own.path .. "/Flows",
      } do
        if path ~= own.path then
          local words = { "the page URL is refused: it is of " .. path:match("^/v%d/%a+"), "this collection is" }
          assert_refused({ "", collection, "page_at" }, origin .. path .. "?Page=1", words)
        end
      end
      assert_nothing_sent()
    end)
  end)
end)
