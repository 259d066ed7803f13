-- Each of the 44 operations, written from the reference of the API and not from the declarations: what a call sends, byte for byte.
local dkjson = require "dkjson"
local studio = require "studio"
local support = require "spec.support"

local known = require "studio.emulator.known"

local MS = "MG00000000000000000000000000000001"
local definition_text = '{"description":"a b+c","states":[{"name":"Trigger","type":"trigger","transitions":[]}],'
  .. '"initial_state":"Trigger","flags":{}}'
local definition_table = {
  description = "a & b", initial_state = "Trigger", flags = {},
  states = { { name = "Trigger", type = "trigger", transitions = studio.array() } },
}
local definition_value = {
  description = "a & b", initial_state = "Trigger", flags = {}, states = { { name = "Trigger", type = "trigger", transitions = {} } },
}

-- What is to be compared as JSON, for the order of keys is free.
local function json(value) return { json = value } end

local paging_params = { page_size = 1000, page = 3, page_token = "PA c3+/=&" }
local paging_wire = { { "PageSize", "1000" }, { "Page", "3" }, { "PageToken", "PA c3+/=&" } }

local function with_paging(params, wire)
  for name, value in pairs(paging_params) do params[name] = value end
  for _, pair in ipairs(paging_wire) do wire[#wire + 1] = pair end
  return { params, wire }
end

local contact = { { to = "+18001234567", from = "+18007654321" }, { { "To", "+18001234567" }, { "From", "+18007654321" } } }
local contact_full = {
  { to = "client:Jane Doe", from = MS, parameters = { first_name = "Zoë & co", visits = { 1, 2 } } },
  { { "To", "client:Jane Doe" }, { "From", MS }, { "Parameters", json { first_name = "Zoë & co", visits = { 1, 2 } } } },
}
local contact_text = {
  { to = "+18001234567", from = "+18007654321", parameters = '{"a": [ ], "b+c":1.0}' },
  { { "To", "+18001234567" }, { "From", "+18007654321" }, { "Parameters", '{"a": [ ], "b+c":1.0}' } },
}
local ended = { { status = "ended" }, { { "Status", "ended" } } }
local nothing = { nil, {} }
local lists = with_paging({}, {})
local span = with_paging(
  { date_created_from = "2024-01-01T00:00:00-08:00", date_created_to = 1735689600 },
  { { "DateCreatedFrom", "2024-01-01T00:00:00-08:00" }, { "DateCreatedTo", "2025-01-01T00:00:00Z" } })
local span_and_status = with_paging(
  { status = "active", date_created_from = "2024-01-01T00:00:00+05:30", date_created_to = "2024-12-31T23:59:59Z" },
  { { "status", "active" }, { "DateCreatedFrom", "2024-01-01T00:00:00+05:30" }, { "DateCreatedTo", "2024-12-31T23:59:59Z" } })
local flow = {
  { friendly_name = "A flow", status = "draft", definition = definition_text },
  { { "FriendlyName", "A flow" }, { "Status", "draft" }, { "Definition", definition_text } },
}
local validate_full = {
  { friendly_name = "A/flow", status = "published", definition = definition_table, commit_message = "Why? Because: 100%" },
  { { "FriendlyName", "A/flow" }, { "Status", "published" }, { "Definition", json(definition_value) },
    { "CommitMessage", "Why? Because: 100%" } },
}
local flow_full = {
  { friendly_name = "A/flow", status = "published", definition = definition_table, commit_message = "Why? Because: 100%",
    author_sid = known.author },
  { { "FriendlyName", "A/flow" }, { "Status", "published" }, { "Definition", json(definition_value) },
    { "CommitMessage", "Why? Because: 100%" }, { "AuthorSid", known.author } },
}
local flex_flow = {
  { friendly_name = "Web chat", chat_service_sid = known.chat_service, channel_type = "custom" },
  { { "FriendlyName", "Web chat" }, { "ChatServiceSid", known.chat_service }, { "ChannelType", "custom" } },
}
local flex_flow_full = {
  {
    friendly_name = "Web chat", chat_service_sid = known.chat_service, channel_type = "whatsapp", contact_identity = "a@b",
    enabled = true, integration_type = "task",
    integration = {
      flow_sid = known.flows.survey, url = "https://example.com/hook?a=1&b=%20c", workspace_sid = "WS" .. ("1"):rep(32),
      workflow_sid = "WW" .. ("2"):rep(32), channel = "TC" .. ("3"):rep(32), timeout = 3600, priority = 0,
      creation_on_message = false, retry_count = 3,
    },
    long_lived = false, janitor_enabled = true,
  },
  {
    { "FriendlyName", "Web chat" }, { "ChatServiceSid", known.chat_service }, { "ChannelType", "whatsapp" },
    { "ContactIdentity", "a@b" }, { "Enabled", "true" }, { "IntegrationType", "task" },
    { "Integration.FlowSid", known.flows.survey }, { "Integration.Url", "https://example.com/hook?a=1&b=%20c" },
    { "Integration.WorkspaceSid", "WS" .. ("1"):rep(32) }, { "Integration.WorkflowSid", "WW" .. ("2"):rep(32) },
    { "Integration.Channel", "TC" .. ("3"):rep(32) }, { "Integration.Timeout", "3600" }, { "Integration.Priority", "0" },
    { "Integration.CreationOnMessage", "false" }, { "Integration.RetryCount", "3" },
    { "LongLived", "false" }, { "JanitorEnabled", "true" },
  },
}

-- The targets of the calls: by handles from the client `c`, and by what a fetch gave, `r`.
local function flows1(c) return c.v1.flows end
local function flow1(c, id) return c.v1.flows(id.FW) end
local function engagements(c, id) return flow1(c, id).engagements end
local function engagement(c, id) return engagements(c, id)(id.FN) end
local function executions1(c, id) return flow1(c, id).executions end
local function execution1(c, id) return executions1(c, id)(id.FN) end
local function flows2(c) return c.v2.flows end
local function flow2(c, id) return c.v2.flows(id.FW) end
local function executions2(c, id) return flow2(c, id).executions end
local function execution2(c, id) return executions2(c, id)(id.FN) end
local function flex_flows(c) return c.flex.flex_flows end
local function flex_flow_of(c, id) return c.flex.flex_flows(id.FO) end

local E1 = "/v1/Flows/{FW}/Engagements"
local X1 = "/v1/Flows/{FW}/Executions"
local X2 = "/v2/Flows/{FW}/Executions"

-- A row: number in the reference, verb, the target by handles, the target through a resource (nil where none leads there), method, path,
-- status of success, { parameters, what they are on the wire } with the required parameters alone, and with all.
local rows = {
  { 1, "list", flows1, nil, "GET", "/v1/Flows", 200, nothing, lists },
  { 2, "fetch", flow1, function(r) return r.flow1 end, "GET", "/v1/Flows/{FW}", 200, nothing, nothing },
  { 3, "delete", flow1, function(r) return r.flow1 end, "DELETE", "/v1/Flows/{FW}", 204, nothing, nothing },
  { 4, "list", engagements, function(r) return r.flow1.engagements end, "GET", E1, 200, nothing, lists },
  { 5, "create", engagements, function(r) return r.flow1.engagements end, "POST", E1, 200, contact, contact_full },
  { 6, "fetch", engagement, function(r) return r.engagement end, "GET", E1 .. "/{FN}", 200, nothing, nothing },
  { 7, "delete", engagement, function(r) return r.engagement end, "DELETE", E1 .. "/{FN}", 204, nothing, nothing },
  { 8, "fetch", function(c, id) return engagement(c, id).engagement_context end,
    function(r) return r.engagement.engagement_context end, "GET", E1 .. "/{FN}/Context", 200, nothing, nothing },
  { 9, "list", function(c, id) return engagement(c, id).steps end, function(r) return r.engagement.steps end,
    "GET", E1 .. "/{FN}/Steps", 200, nothing, lists },
  { 10, "fetch", function(c, id) return engagement(c, id).steps(id.FT) end, function(r) return r.engagement.steps:list()[1] end,
    "GET", E1 .. "/{FN}/Steps/{FT}", 200, nothing, nothing },
  { 11, "fetch", function(c, id) return engagement(c, id).steps(id.FT).step_context end,
    function(r) return r.engagement.steps:list()[1].step_context end,
    "GET", E1 .. "/{FN}/Steps/{FT}/Context", 200, nothing, nothing },
  { 12, "list", executions1, function(r) return r.flow1.executions end, "GET", X1, 200, nothing, span },
  { 13, "create", executions1, function(r) return r.flow1.executions end, "POST", X1, 200, contact, contact_text },
  { 14, "fetch", execution1, function(r) return r.execution1 end, "GET", X1 .. "/{FN}", 200, nothing, nothing },
  { 15, "update", execution1, function(r) return r.execution1 end, "POST", X1 .. "/{FN}", 200, ended, ended },
  { 16, "delete", execution1, function(r) return r.execution1 end, "DELETE", X1 .. "/{FN}", 204, nothing, nothing },
  { 17, "fetch", function(c, id) return execution1(c, id).execution_context end, function(r) return r.execution1.execution_context end,
    "GET", X1 .. "/{FN}/Context", 200, nothing, nothing },
  { 18, "list", function(c, id) return execution1(c, id).steps end, function(r) return r.execution1.steps end,
    "GET", X1 .. "/{FN}/Steps", 200, nothing, lists },
  { 19, "fetch", function(c, id) return execution1(c, id).steps(id.FT) end, function(r) return r.execution1.steps:list()[1] end,
    "GET", X1 .. "/{FN}/Steps/{FT}", 200, nothing, nothing },
  { 20, "fetch", function(c, id) return execution1(c, id).steps(id.FT).step_context end,
    function(r) return r.execution1.steps:list()[1].step_context end,
    "GET", X1 .. "/{FN}/Steps/{FT}/Context", 200, nothing, nothing },
  { 21, "list", flows2, nil, "GET", "/v2/Flows", 200, nothing, lists },
  { 22, "create", flows2, nil, "POST", "/v2/Flows", 201, flow, flow_full },
  { 23, "fetch", flow2, function(r) return r.flow2 end, "GET", "/v2/Flows/{FW}", 200, nothing, nothing },
  { 24, "update", flow2, function(r) return r.flow2 end, "POST", "/v2/Flows/{FW}", 200,
    { { status = "draft" }, { { "Status", "draft" } } }, flow_full },
  { 25, "delete", flow2, function(r) return r.flow2 end, "DELETE", "/v2/Flows/{FW}", 204, nothing, nothing },
  { 26, "validate", flows2, nil, "POST", "/v2/Flows/Validate", 200, flow, validate_full },
  { 27, "list", function(c, id) return flow2(c, id).revisions end, function(r) return r.flow2.revisions end,
    "GET", "/v2/Flows/{FW}/Revisions", 200, nothing, lists },
  { 28, "fetch", function(c, id) return flow2(c, id).revisions(1) end, function(r) return r.flow2.revisions:list()[1] end,
    "GET", "/v2/Flows/{FW}/Revisions/1", 200, nothing, nothing },
  { 29, "fetch", function(c, id) return flow2(c, id).test_users end, function(r) return r.flow2.test_users:fetch() end,
    "GET", "/v2/Flows/{FW}/TestUsers", 200, nothing, nothing },
  { 30, "update", function(c, id) return flow2(c, id).test_users end, function(r) return r.flow2.test_users:fetch() end,
    "POST", "/v2/Flows/{FW}/TestUsers", 200, { { test_users = {} }, { { "TestUsers", "" } } },
    { { test_users = { "+18001234567", "Jane Doe", "+18001234567" } },
      { { "TestUsers", "+18001234567" }, { "TestUsers", "Jane Doe" }, { "TestUsers", "+18001234567" } } } },
  { 31, "list", executions2, function(r) return r.flow2.executions end, "GET", X2, 200, nothing, span_and_status },
  { 32, "create", executions2, function(r) return r.flow2.executions end, "POST", X2, 201, contact, contact_full },
  { 33, "fetch", execution2, function(r) return r.execution2 end, "GET", X2 .. "/{FN}", 200, nothing, nothing },
  { 34, "update", execution2, function(r) return r.execution2 end, "POST", X2 .. "/{FN}", 200, ended, ended },
  { 35, "delete", execution2, function(r) return r.execution2 end, "DELETE", X2 .. "/{FN}", 204, nothing, nothing },
  { 36, "fetch", function(c, id) return execution2(c, id).execution_context end, function(r) return r.execution2.execution_context end,
    "GET", X2 .. "/{FN}/Context", 200, nothing, nothing },
  { 37, "list", function(c, id) return execution2(c, id).steps end, function(r) return r.execution2.steps end,
    "GET", X2 .. "/{FN}/Steps", 200, nothing, lists },
  { 38, "fetch", function(c, id) return execution2(c, id).steps(id.FT) end, function(r) return r.execution2.steps:list()[1] end,
    "GET", X2 .. "/{FN}/Steps/{FT}", 200, nothing, nothing },
  { 39, "fetch", function(c, id) return execution2(c, id).steps(id.FT).step_context end,
    function(r) return r.execution2.steps:list()[1].step_context end,
    "GET", X2 .. "/{FN}/Steps/{FT}/Context", 200, nothing, nothing },
  { 40, "list", flex_flows, nil, "GET", "/v1/FlexFlows", 200, nothing,
    with_paging({ friendly_name = "Web chat" }, { { "FriendlyName", "Web chat" } }) },
  { 41, "create", flex_flows, nil, "POST", "/v1/FlexFlows", 201, flex_flow, flex_flow_full },
  { 42, "fetch", flex_flow_of, function(r) return r.flex_flow end, "GET", "/v1/FlexFlows/{FO}", 200, nothing, nothing },
  { 43, "update", flex_flow_of, function(r) return r.flex_flow end, "POST", "/v1/FlexFlows/{FO}", 200, nothing, flex_flow_full },
  { 44, "delete", flex_flow_of, function(r) return r.flex_flow end, "DELETE", "/v1/FlexFlows/{FO}", 204, nothing, nothing },
}

local function title(row) return ("%d %s %s"):format(row[1], row[5], row[6]) end

-- What arrives ------------------------------------------------------------------------------------------------------------------

-- RFC 3986: letters, digits and -._~ as they are, every other byte as %XX; a space is %20.
local function encode(text)
  return (text:gsub("[^%w%-%._~]", function(char) return ("%%%02X"):format(char:byte()) end))
end

local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function split(raw)
  local list = {}
  for pair in raw:gmatch("[^&]+") do list[#list + 1] = pair end
  return list
end

-- Checks raw pairs against what is due, whatever their order; of a repeated key the order counts.
local function assert_pairs(due, raw)
  local arrived, wanted = split(raw), {}
  for index, pair in ipairs(due) do
    local name, value = encode(pair[1]), pair[2]
    if type(value) == "table" then
      for at, text in ipairs(arrived) do
        if text:sub(1, #name + 1) == name .. "=" then
          assert.same(value.json, (assert(dkjson.decode(decode(text:sub(#name + 2))))))
          assert.equal(encode(decode(text:sub(#name + 2))), text:sub(#name + 2))
          wanted[index] = text
          arrived[at] = text
        end
      end
      assert.truthy(wanted[index], name .. " is missing in " .. raw)
    else
      wanted[index] = name .. "=" .. encode(value)
    end
  end
  local order = {}
  for _, text in ipairs(wanted) do
    local name = text:match("^[^=]*")
    order[name] = (order[name] or "") .. "\n" .. text
  end
  for name, texts in pairs(order) do
    local there = ""
    for _, text in ipairs(arrived) do
      if text:match("^[^=]*") == name then there = there .. "\n" .. text end
    end
    assert.equal(texts, there)
  end
  assert.equal(#wanted, #arrived, "nothing more than is due: " .. raw)
end

local function filled(path, id)
  return (path:gsub("{(%u%u)}", id))
end

local function assert_request(row, id, due, request)
  assert.equal(row[5], request.method)
  assert.equal(filled(row[6], id), request.path)
  assert_pairs(row[5] == "POST" and {} or due, request.query)
  assert_pairs(row[5] == "POST" and due or {}, request.body)
  assert.equal("application/json", request.headers.accept)
  assert.equal("Basic", request.headers.authorization)
  local form = row[5] == "POST" and "application/x-www-form-urlencoded" or nil
  assert.equal(form, request.headers["content-type"])
  assert.equal(row[5] == "POST" and tostring(#request.body) or nil, request.headers["content-length"])
end

-- What may be asked for ---------------------------------------------------------------------------------------------------------

-- Operations as "METHOD path", ids as "*".
local function declared(version)
  local found = {}
  local function note(method, path) found[#found + 1] = method .. " " .. path end
  local function addressed(declaration, path)
    if declaration.fetch then note("GET", path) end
    if declaration.update then note("POST", path) end
    if declaration.delete then note("DELETE", path) end
    for _, child in pairs(declaration.children or {}) do
      local below = path .. "/" .. child.path
      if child.create then note("POST", below) end
      if child.validate then note("POST", below .. "/" .. child.validate.path) end
      if child.list then note("GET", below) end
      addressed(child.member or child, below .. (child.member and "/*" or ""))
    end
  end
  local top = {}
  for name, outline in pairs(version.collections) do
    top[name] = setmetatable({ path = outline.path }, { __index = version.declarations()[name] })
  end
  addressed({ children = top }, version.path)
  return found
end

describe("the table of operations", function()
  it("has a row for each of the reference's 44", function()
    assert.equal(44, #rows)
    for number, row in ipairs(rows) do assert.equal(number, row[1]) end
  end)

  it("has a row for each declared operation, and every row is declared", function()
    local all = {}
    for _, version in pairs(require("studio.api").versions) do
      for _, operation in ipairs(declared(version)) do all[#all + 1] = operation end
    end
    local written = {}
    for _, row in ipairs(rows) do
      written[#written + 1] = row[5] .. " " .. row[6]:gsub("{%u%u}", "*"):gsub("Revisions/1$", "Revisions/*")
    end
    table.sort(all)
    table.sort(written)
    assert.same(written, all)
  end)
end)

describe("an operation", function()
  -- Every list of the seeds fits on one page.
  local service = support.emulator { page_size = 500 }
  local id, status
  local client

  before_each(function()
    client = support.client(service(), {
      on_event = function(event) if event.type == "response" then status = event.status end end,
    })
    id = { FW = known.flows.survey, FO = known.flex_flow }
    id.FN = client.v1.flows(id.FW).engagements:list({ limit = 1 })[1].sid
    id.FT = client.v1.flows(id.FW).engagements(id.FN).steps:list({ limit = 1 })[1].sid
    service():clear_log()
  end)

  after_each(function() client:close() end)

  -- A token of our own making is none of the service's, so a list of them all gets an answer that was written beforehand.
  local function canned(row)
    local key = row[6] == "/v1/FlexFlows" and "flex_flows" or row[6]:match("(%a+)$"):lower()
    service():fault { body = ('{"meta":{"key":"%s","page":3,"page_size":1000},"%s":[]}'):format(key, key) }
  end

  local function run(row, case, options, target)
    target = target or row[3](client, id)
    local value, err = target[row[2]](target, case[1], options)
    assert.is_nil(err)
    local requests = service():requests()
    assert.equal(1, #requests)
    return value, requests[1]
  end

  describe("with the parameters it needs alone sends exactly what the reference says:", function()
    for _, row in ipairs(rows) do
      it(title(row), function()
        local value, request = run(row, row[8])
        assert_request(row, id, row[8][2], request)
        assert.equal(row[7], status)
        assert.equal(row[2] == "delete" and "boolean" or "table", type(value))
      end)
    end
  end)

  describe("with all parameters sends exactly what the reference says:", function()
    for _, row in ipairs(rows) do
      it(title(row), function()
        if row[2] == "list" then canned(row) end
        local _, request = run(row, row[9])
        assert_request(row, id, row[9][2], request)
        assert.equal(row[7], status)
      end)
    end
  end)

  describe("takes call options, and what the library does not know goes through 'extra':", function()
    for _, row in ipairs(rows) do
      it(title(row), function()
        local due = { { "New.Param", "x y+z" }, { "Many", "1" }, { "Many", "true" }, { "None", "" } }
        for _, pair in ipairs(row[8][2]) do table.insert(due, pair) end
        local options = {
          timeout = 5, headers = { ["X-Trace"] = "t-1" },
          extra = { ["New.Param"] = "x y+z", Many = { 1, true }, None = {} },
        }
        local _, request = run(row, row[8], options)
        assert_request(row, id, due, request)
        assert.equal("t-1", request.headers["x-trace"])
      end)
    end
  end)

  describe("is reached through the resources that answers gave, too:", function()
    for _, row in ipairs(rows) do
      if row[4] then
        it(title(row), function()
          local resources = {
            flow1 = flow1(client, id):fetch(), engagement = engagement(client, id):fetch(), execution1 = execution1(client, id):fetch(),
            flow2 = flow2(client, id):fetch(), execution2 = execution2(client, id):fetch(), flex_flow = flex_flow_of(client, id):fetch(),
          }
          local target = row[4](resources)
          service():clear_log()
          local _, request = run(row, row[8], nil, target)
          assert_request(row, id, row[8][2], request)
        end)
      end
    end
  end)

  describe("that lists sends the same for one page, for all pages and for all records:", function()
    for _, row in ipairs(rows) do
      if row[2] == "list" then
        it(title(row), function()
          for _, verb in ipairs { "page", "pages", "each" } do
            service():clear_log()
            canned(row)
            local target = row[3](client, id)
            local found = assert(target[verb](target, row[9][1]))
            if verb ~= "page" then found() end
            local requests = service():requests()
            assert.equal(1, #requests)
            assert_request(row, id, row[9][2], requests[1])
          end
        end)
      end
    end
  end)

  describe("goes to the host of its service:", function()
    for _, row in ipairs(rows) do
      it(title(row), function()
        local transport = support.transport { status = 200, body = '{"meta":{},"flows":[]}' }
        local target = row[3](support.offline(transport), id)
        target[row[2]](target, row[8][1])
        local host = row[1] >= 40 and "https://flex-api.twilio.com" or "https://studio.twilio.com"
        assert.equal(1, #transport.requests)
        assert.equal(host .. filled(row[6], id), transport.requests[1].url)
        assert.equal(row[5], transport.requests[1].method)
      end)
    end
  end)
end)

describe("a list of three pages", function()
  local service = support.emulator()
  local client, collection

  before_each(function()
    client = support.client(service())
    collection = client.v1.flows(known.flows.survey).engagements
  end)

  after_each(function() client:close() end)

  -- 120 records, each once; the second and third request are the URLs that the answers gave.
  local function assert_walk(sids)
    local seen, count = {}, 0
    for _, sid in ipairs(sids) do
      if not seen[sid] then seen[sid], count = true, count + 1 end
    end
    assert.equal(120, #sids)
    assert.equal(120, count)
    local requests = service():requests()
    assert.equal(3, #requests)
    assert.equal("PageSize=50", requests[1].query)
    for index = 2, 3 do
      assert.equal("GET", requests[index].method)
      assert.equal(requests[1].path, requests[index].path)
      assert.truthy(requests[index].query:find("^PageSize=50&Page=" .. index - 1 .. "&PageToken=PA[%w_-]+$"))
    end
    assert.not_equal(requests[2].query, requests[3].query)
    assert.equal(requests[1].connection, requests[3].connection)
  end

  it("takes exactly three requests with list", function()
    local sids = {}
    for _, record in ipairs(assert(collection:list { page_size = 50 })) do sids[#sids + 1] = record.sid end
    assert_walk(sids)
  end)

  it("takes exactly three requests with each", function()
    local sids = {}
    for record in collection:each { page_size = 50 } do sids[#sids + 1] = record.sid end
    assert_walk(sids)
  end)

  it("takes exactly three requests with pages", function()
    local sids = {}
    for page in collection:pages { page_size = 50 } do
      for _, record in ipairs(page.items) do sids[#sids + 1] = record.sid end
    end
    assert_walk(sids)
  end)

  it("takes exactly three requests from page to page", function()
    local sids, page = {}, assert(collection:page { page_size = 50 })
    while page do
      for _, record in ipairs(page.items) do sids[#sids + 1] = record.sid end
      page = page:next()
    end
    assert_walk(sids)
  end)

  it("asks for no page that a limit makes needless", function()
    assert.equal(100, #assert(collection:list { page_size = 50, limit = 100 }))
    assert.equal(2, #service():requests())
    service():clear_log()
    assert.equal(7, #assert(collection:list { limit = 7 }))
    assert.equal("PageSize=7", service():requests()[1].query)
    assert.equal(1, #service():requests())
    service():clear_log()
    assert.same({}, (collection:list { limit = 0 }))
    assert.equal(0, #service():requests())
  end)

  it("asks for no page that a loop left early does not need", function()
    local count = 0
    for _ in collection:each { page_size = 50, read_ahead = false } do
      count = count + 1
      if count == 60 then break end
    end
    assert.equal(2, #service():requests())
  end)
end)
