-- Recorded answers of the real service come back field by field. What is due is read from the same bytes by dkjson, whose null, arrays
-- and numbers are its own.
local dkjson = require "dkjson"
local studio = require "studio"
local support = require "spec.support"

local core = require "studio.core"

local folder = "spec/data/answers/"
local null = {} -- dkjson gives this for null

local FW, FN, FT, FO = "FW" .. ("a"):rep(32), "FN" .. ("a"):rep(32), "FT" .. ("a"):rep(32), "FO" .. ("a"):rep(32)

local function engagement(c) return c.v1.flows(FW).engagements(FN) end
local function execution1(c) return c.v1.flows(FW).executions(FN) end
local function execution2(c) return c.v2.flows(FW).executions(FN) end
local contact = { to = "+15558675310", from = "+15017122661" }
local flow = { friendly_name = "friendly_name", status = "draft", definition = {} }
local flex_flow = { friendly_name = "friendly_name", chat_service_sid = "IS" .. ("a"):rep(32), channel_type = "web" }

-- A row: file, status, verb, target, parameters.
local rows = {
  { "v1-list-flow", 200, "list", function(c) return c.v1.flows end },
  { "v1-fetch-flow", 200, "fetch", function(c) return c.v1.flows(FW) end },
  { "v1-list-engagement", 200, "list", function(c) return c.v1.flows(FW).engagements end },
  { "v1-create-engagement", 201, "create", function(c) return c.v1.flows(FW).engagements end, contact },
  { "v1-fetch-engagement", 200, "fetch", engagement },
  { "v1-fetch-engagement-context", 200, "fetch", function(c) return engagement(c).engagement_context end },
  { "v1-list-step", 200, "list", function(c) return engagement(c).steps end },
  { "v1-fetch-step", 200, "fetch", function(c) return engagement(c).steps(FT) end },
  { "v1-fetch-step-context", 200, "fetch", function(c) return engagement(c).steps(FT).step_context end },
  { "v1-list-execution", 200, "list", function(c) return c.v1.flows(FW).executions end },
  { "v1-create-execution", 201, "create", function(c) return c.v1.flows(FW).executions end, contact },
  { "v1-fetch-execution", 200, "fetch", execution1 },
  { "v1-update-execution", 200, "update", execution1, { status = "ended" } },
  { "v1-fetch-execution-context", 200, "fetch", function(c) return execution1(c).execution_context end },
  { "v1-list-execution-step", 200, "list", function(c) return execution1(c).steps end },
  { "v1-fetch-execution-step", 200, "fetch", function(c) return execution1(c).steps(FT) end },
  { "v1-fetch-execution-step-context", 200, "fetch", function(c) return execution1(c).steps(FT).step_context end },
  { "v2-list-flow", 200, "list", function(c) return c.v2.flows end },
  { "v2-create-flow", 201, "create", function(c) return c.v2.flows end, flow },
  { "v2-fetch-flow", 200, "fetch", function(c) return c.v2.flows(FW) end },
  { "v2-update-flow", 200, "update", function(c) return c.v2.flows(FW) end, { status = "draft" } },
  { "v2-update-flow-validate", 200, "validate", function(c) return c.v2.flows end, flow },
  { "v2-list-flow-revision", 200, "list", function(c) return c.v2.flows(FW).revisions end },
  { "v2-fetch-flow-revision", 200, "fetch", function(c) return c.v2.flows(FW).revisions(1) end },
  { "v2-fetch-test-user", 200, "fetch", function(c) return c.v2.flows(FW).test_users end },
  { "v2-update-test-user", 200, "update", function(c) return c.v2.flows(FW).test_users end, { test_users = { "user1", "user2" } } },
  { "v2-list-execution", 200, "list", function(c) return c.v2.flows(FW).executions end },
  { "v2-create-execution", 201, "create", function(c) return c.v2.flows(FW).executions end, contact },
  { "v2-fetch-execution", 200, "fetch", execution2 },
  { "v2-update-execution", 200, "update", execution2, { status = "ended" } },
  { "v2-fetch-execution-context", 200, "fetch", function(c) return execution2(c).execution_context end },
  { "v2-list-execution-step", 200, "list", function(c) return execution2(c).steps end },
  { "v2-fetch-execution-step", 200, "fetch", function(c) return execution2(c).steps(FT) end },
  { "v2-fetch-execution-step-context", 200, "fetch", function(c) return execution2(c).steps(FT).step_context end },
  { "flex-list-flex-flow", 200, "list", function(c) return c.flex.flex_flows end },
  { "flex-list-flex-flow-empty", 200, "list", function(c) return c.flex.flex_flows end },
  { "flex-create-flex-flow", 201, "create", function(c) return c.flex.flex_flows end, flex_flow },
  { "flex-fetch-flex-flow", 200, "fetch", function(c) return c.flex.flex_flows(FO) end },
  { "flex-update-flex-flow", 200, "update", function(c) return c.flex.flex_flows(FO) end, { enabled = true } },
}

local function read(name)
  local file = assert(io.open(folder .. name .. ".json", "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local compare

local function compare_tables(due, got, path, drop_nulls)
  local is_array = getmetatable(due).__jsontype == "array"
  assert.equal(is_array, getmetatable(got) == core.array_mt, path .. " is an array, or is none")
  local left = {}
  for key in pairs(got) do left[key] = true end
  for key, value in pairs(due) do
    local at = path .. "." .. tostring(key)
    if value == null and drop_nulls then
      assert.is_nil(rawget(got, key), at)
    else
      compare(value, rawget(got, key), at)
    end
    left[key] = nil
  end
  assert.same({}, left, path .. " has nothing more")
end

-- Compares what dkjson read with what the library gave. `drop_nulls`: null fields of this object are absent, deeper ones are there.
function compare(due, got, path, drop_nulls)
  if due == null then
    assert.equal(studio.null, got, path)
  elseif type(due) == "table" then
    assert.equal("table", type(got), path)
    compare_tables(due, got, path, drop_nulls)
  else
    assert.equal(due, got, path)
    if math.type then assert.equal(math.type(due), math.type(got), path) end
  end
end

local function dkjson_read(text)
  return assert(dkjson.decode(text, 1, null))
end

-- What the library gave for the body `text`, asked for by a row.
local function check(client, row, text)
  local due = dkjson_read(text)
  local target = row[4](client)
  local given, err = target[row[3]](target, row[5])
  assert.is_nil(err)
  if row[3] ~= "list" then return compare(due, given, "body", true) end
  local records = due[due.meta.key]
  assert.equal(#records, #given)
  for index, record in ipairs(records) do compare(record, given[index], ("[%d]"):format(index), true) end
end

describe("a recorded answer", function()
  local service = support.emulator()
  local client

  before_each(function() client = support.client(service()) end)
  after_each(function() client:close() end)

  describe("comes back field by field over HTTP:", function()
    for _, row in ipairs(rows) do
      it(row[1], function()
        local text = read(row[1])
        service():fault { status = row[2], body = text }
        check(client, row, text)
        assert.equal(1, #service():requests())
      end)
    end
  end)

  describe("comes back field by field from a transport of the program's own:", function()
    for _, row in ipairs(rows) do
      it(row[1], function()
        local text = read(row[1])
        local transport = support.transport { status = row[2], headers = { ["content-type"] = "application/json" }, body = text }
        check(support.offline(transport), row, text)
      end)
    end
  end)

  it("of a list has its meta data without nulls on the page", function()
    for _, row in ipairs(rows) do
      if row[3] == "list" then
        local text = read(row[1])
        service():fault { body = text }
        local page = assert(row[4](client):page())
        compare(dkjson_read(text).meta, page.meta, "meta", true)
        assert.is_nil(page.next_page_url)
        assert.is_nil(page:next())
        assert.is_nil(page:previous())
      end
    end
  end)

  it("of a list has its records under the name of the collection when meta does not tell the key", function()
    local count = 0
    for _, row in ipairs(rows) do
      if row[3] == "list" then
        local due = dkjson_read(read(row[1]))
        local text, removed = read(row[1]):gsub(',%s*"key": "[%a_]+"', "")
        assert.equal(1, removed)
        service():fault { body = text }
        assert.equal(#due[due.meta.key], #assert(row[4](client):list()))
        count = count + 1
      end
    end
    assert.equal(11, count)
  end)

  it("is used by a row of this spec, whatever file there is", function()
    local used, there = {}, {}
    for _, row in ipairs(rows) do used[#used + 1] = row[1] end
    local pipe = assert(io.popen("ls " .. folder))
    for name in pipe:lines() do
      if name:find("%.json$") then there[#there + 1] = name:gsub("%.json$", "") end
    end
    pipe:close()
    table.sort(used)
    table.sort(there)
    assert.same(there, used)
    assert.equal(39, #used)
  end)

  it("that a resource came from is asked for again by the resource's own SID", function()
    service():fault { body = read("v2-list-flow") }
    local flows = assert(client.v2.flows:list())
    service():fault { body = read("v2-list-flow-revision") }
    local revisions = assert(flows[1].revisions:list())
    service():fault { body = read("v2-fetch-flow-revision") }
    assert(revisions[1]:fetch())
    service():fault { body = read("flex-list-flex-flow") }
    local flex_flows = assert(client.flex.flex_flows:list())
    service():fault { body = read("flex-update-flex-flow") }
    assert(flex_flows[1]:update { long_lived = true })
    local paths = {}
    for index, request in ipairs(service():requests()) do paths[index] = request.method .. " " .. request.path end
    assert.same({
      "GET /v2/Flows", "GET /v2/Flows/" .. FW .. "/Revisions", "GET /v2/Flows/" .. FW .. "/Revisions/1",
      "GET /v1/FlexFlows", "POST /v1/FlexFlows/" .. FO,
    }, paths)
  end)
end)

describe("an answer", function()
  local function fetch(body, target)
    local client = support.offline(support.transport { status = 200, headers = { ["content-type"] = "application/json" }, body = body })
    return target and target(client) or client.v2.flows(FW):fetch()
  end

  it("keeps fields that the library does not know, and their nulls below the top", function()
    local text = '{"sid":"' .. FW .. '","new_field":{"a":null,"b":[null,{"c":null}],"d":{}},"new_null":null,"new_flag":false,'
      .. '"new_list":[],"":1,"new.dot":"x"}'
    compare(dkjson_read(text), assert(fetch(text)), "body", true)
  end)

  it("keeps nulls in context, definition, integration and links", function()
    local text = '{"context":{"a":null},"definition":{"states":[null]},"integration":{"url":null},"links":{"steps":null},"errors":[null]}'
    local flow_given = assert(fetch(text))
    compare(dkjson_read(text), flow_given, "body", true)
    assert.equal(studio.null, flow_given.context.a)
    assert.equal(studio.null, flow_given.links.steps)
  end)

  it("keeps nulls below the top of each record of a list, and leaves them out at its top and in meta", function()
    local text = '{"meta":{"key":"flows","next_page_url":null,"extra":null,"deep":{"x":null}},"other":null,'
      .. '"flows":[{"a":null,"b":{"c":null},"d":[null]},{"a":1,"b":null}]}'
    local page = assert(fetch(text, function(client) return client.v2.flows:page() end))
    local due = dkjson_read(text)
    compare(due.meta, page.meta, "meta", true)
    for index = 1, 2 do compare(due.flows[index], page.items[index], "record", true) end
  end)

  it("keeps every null in the body of a raw request", function()
    local text = '{"a":null,"meta":{"b":null},"list":[{"c":null}]}'
    local response = assert(fetch(text, function(client) return client:request("GET", "/v2/Anything") end))
    compare(dkjson_read(text), response.body, "body", false)
    assert.equal(200, response.status)
  end)

  it("has integers as integers and other numbers as they were written", function()
    local given = assert(fetch('{"revision":3,"version":0,"big":9007199254740991,"negative":-12,"half":0.5,"exponent":1e3,"digits":'
      .. '0.30000000000000004,"zero":-0.0}'))
    assert.equal("3", tostring(given.revision))
    assert.equal("0", tostring(given.version))
    assert.equal(9007199254740991, given.big)
    assert.equal(-12, given.negative)
    assert.equal(0.5, given.half)
    assert.equal(1000, given.exponent)
    assert.equal(0.1 + 0.2, given.digits)
    assert.equal(0, given.zero)
    assert.equal(-math.huge, 1 / given.zero)
    if math.type then
      assert.equal("integer", math.type(given.revision))
      assert.equal("integer", math.type(given.big))
      assert.equal("float", math.type(given.half))
    end
  end)
end)
