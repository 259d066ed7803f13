-- A flow definition that is fetched, changed in one place and sent back differs in that place alone. What is due is read by dkjson.
local cjson = require "cjson"
local dkjson = require "dkjson"
local studio = require "studio"
local support = require "spec.support"

local json = require "studio.base.json"
local known = require "studio.emulator.known"

local null = {} -- dkjson gives this for null

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local definition_text = read("spec/data/round_trip/definition.json")

local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function due_of(text)
  return assert(dkjson.decode(text, 1, null))
end

local function kind(value)
  if value == null then return "null" end
  if type(value) == "table" then return getmetatable(value).__jsontype end
  return type(value)
end

-- Both read by dkjson: the same JSON value, an empty array being no empty object, and numbers the same double.
local function assert_same(due, got, path)
  path = path or "$"
  assert.equal(kind(due), kind(got), path)
  if type(due) ~= "table" or due == null then return assert.equal(due, got, path) end
  for key, value in pairs(due) do assert_same(value, got[key], path .. "." .. tostring(key)) end
  for key in pairs(got) do assert.not_nil(due[key], path .. "." .. tostring(key) .. " is new") end
end

-- Numbers as they are written: an integer has neither fraction nor exponent.
local function assert_integers_stay(text)
  local without_strings = text:gsub('\\.', ""):gsub('"[^"]*"', '""')
  assert.is_nil(without_strings:find("%d%.0[,}%]]"), "3.0 where an integer was")
  for number in without_strings:gmatch("[%d.+-]+[eE][%d+-]+") do
    local value = assert(tonumber(number))
    assert.is_true(value ~= math.floor(value) or value >= 2 ^ 63, number .. " where an integer was")
  end
end

-- The changes, each in one place, made alike to the table of the library and to that of dkjson.
local changes = {
  ["nothing"] = function() end,
  ["a text"] = function(definition) definition.states[3].properties.body = "Hi — \"you\" \\ /" end,
  ["a number"] = function(definition) definition.states[1].properties.offset.y = 12.75 end,
  ["an element of an array that goes"] = function(definition) table.remove(definition.states[7].transitions, 2) end,
  ["an array that is emptied"] = function(definition) while table.remove(definition.states[6].transitions) do end end,
  ["an empty array that is filled"] = function(definition) table.insert(definition.states[4].properties.parameters, "x") end,
  ["a new key"] = function(definition) definition.states[7].properties.note = "new" end,
  ["a key that goes"] = function(definition) definition.states[4].properties.headers["1"] = nil end,
}

describe("a flow definition", function()
  local service = support.emulator()
  local client

  before_each(function() client = support.client(service()) end)
  after_each(function() client:close() end)

  local function sent_definition()
    local requests = service():requests()
    local body = requests[#requests].body
    assert.equal("POST", requests[#requests].method)
    return decode(body:match("Definition=([^&]*)"))
  end

  local function create(text)
    local flow = assert(client.v2.flows:create { friendly_name = "Round trip", status = "draft", definition = text })
    assert.equal(text, sent_definition())
    return flow
  end

  for name, change in pairs(changes) do
    it("changed in " .. name .. " comes back the same but for that", function()
      local flow = create(definition_text)
      local fetched = assert(client.v2.flows(flow.sid):fetch())
      change(fetched.definition)
      local updated = assert(fetched:update { status = "draft", definition = fetched.definition })
      local due = due_of(definition_text)
      change(due)
      local text = sent_definition()
      assert_same(due, due_of(text))
      assert_integers_stay(text)
      -- What the service keeps is what was sent, and a second trip adds nothing.
      local again = assert(updated:fetch())
      assert_same(due, due_of(assert(json.encode(again.definition))))
      assert(again:update { status = "published", definition = again.definition })
      assert_same(due, due_of(sent_definition()))
      assert_same(due, due_of(assert(json.encode(assert(flow.revisions("LatestPublished"):fetch()).definition))))
    end)
  end

  it("goes to validate as it goes to update", function()
    local flow = create(definition_text)
    local fetched = assert(flow:fetch())
    assert.is_true(assert(client.v2.flows:validate {
      friendly_name = fetched.friendly_name, status = "draft", definition = fetched.definition,
    }).valid)
    assert_same(due_of(definition_text), due_of(sent_definition()))
  end)

  it("that the service has from the start comes back the same", function()
    local text
    local flow = client.v2.flows(known.flows.values)
    local raw = assert(client:request("GET", "/v2/Flows/" .. known.flows.values))
    local fetched = assert(flow:fetch())
    assert(fetched:update { status = "draft", definition = fetched.definition })
    text = sent_definition()
    assert_same(due_of(assert(json.encode(raw.body.definition))), due_of(text))
    local properties = due_of(text).states[1].properties
    assert.equal("array", kind(properties.empty_array))
    assert.equal("object", kind(properties.empty_object))
    assert.equal(null, properties["null"])
    assert.equal(0.1 + 0.2, properties.digits)
    assert.equal("café 😀 / \"quoted\"", properties.text)
    if math.type then assert.equal(9007199254740993, properties.large) end
  end)

  it("reads as tables, arrays, integers, doubles and nulls of Lua", function()
    local definition = assert(create(definition_text):fetch()).definition
    local values = {}
    for _, variable in ipairs(definition.states[2].properties.variables) do values[variable.key] = variable.value end
    assert.equal(studio.null, values.nothing)
    assert.equal(false, values.flag)
    assert.equal(9007199254740991, values.account_number)
    assert.equal("9007199254740991", ("%.0f"):format(values.account_number))
    assert.equal(0.1 + 0.2, values.threshold)
    assert.equal(5e-324, values.smallest)
    assert.equal(1 / 3, values.third)
    assert.equal(math.pi, values.pi)
    assert.equal(10, #values.mixed)
    assert.equal(studio.null, values.mixed[5])
    assert.equal("empty name", definition.states[4].properties.headers[""])
    assert.equal("no metatable", rawget(definition.states[4].properties.headers, "__index"))
    if math.type then
      assert.equal("integer", math.type(values.account_number))
      assert.equal("integer", math.type(values.negative))
      assert.equal("integer", math.type(definition.states[1].properties.offset.x))
      assert.equal("float", math.type(definition.states[1].properties.offset.y))
    end
  end)

  if math.type then
    it("keeps integers of 64 bits where Lua has them", function()
      local text = definition_text:gsub("9007199254740991", "9223372036854775807", 1):gsub("%-9007199254740991", "-9223372036854775808")
      local fetched = assert(create(text):fetch())
      assert(fetched:update { status = "draft", definition = fetched.definition })
      local sent = sent_definition()
      assert.truthy(sent:find("9223372036854775807", 1, true))
      assert.truthy(sent:find("-9223372036854775808", 1, true))
    end)
  end

  it("of an execution's context comes back the same as parameters", function()
    local flow = client.v2.flows(known.flows.survey)
    local first = assert(flow.executions:create { to = "+15005550020", from = "+15005550006", parameters = definition_text })
    local data = assert(first.execution_context:fetch()).context.flow.data
    assert(flow.executions:create { to = "+15005550021", from = "+15005550006", parameters = data })
    local requests = service():requests()
    local text = decode(requests[#requests].body:match("Parameters=([^&]*)"))
    assert_same(due_of(definition_text), due_of(text))
  end)
end)

-- The program's own cjson -----------------------------------------------------------------------------------------------------------

local settings = {
  "encode_sparse_array", "encode_max_depth", "decode_max_depth", "encode_number_precision", "encode_keep_buffer",
  "encode_invalid_numbers", "decode_invalid_numbers", "encode_escape_forward_slash", "encode_empty_table_as_object",
  "decode_array_with_array_mt", "encode_skip_unsupported_value_types", "encode_indent", "decode_allow_comment",
}

-- What each setting is; only the lineage of OpenResty has all of them, and some of its give nothing when they are asked.
local program = [[
local cjson = require "cjson"
local settings = { %s }
local function told()
  local all = {}
  for _, name in ipairs(settings) do
    if cjson[name] then
      local values = {}
      for index, value in ipairs { pcall(cjson[name]) } do values[index] = tostring(value) end
      all[#all + 1] = name .. "=" .. table.concat(values, "/")
    end
  end
  all[#all + 1] = cjson.encode { a = { 1 / 3 } } .. cjson.encode "/" .. cjson.encode {} .. tostring(cjson.decode("[1.5]")[1])
  return table.concat(all, " ")
end

if arg[1] == "changed" then
  cjson.encode_number_precision(3)
  cjson.encode_sparse_array(true, 1, 1)
  cjson.encode_max_depth(4)
  cjson.decode_max_depth(4)
  cjson.encode_invalid_numbers(true)
  cjson.decode_invalid_numbers(true)
  cjson.encode_keep_buffer(false)
  if cjson.encode_escape_forward_slash then cjson.encode_escape_forward_slash(false) end
  if cjson.encode_empty_table_as_object then cjson.encode_empty_table_as_object(false) end
  if cjson.decode_array_with_array_mt then cjson.decode_array_with_array_mt(true) end
end
local before = told()

local studio = require "studio"
local file = assert(io.open(arg[2], "rb"))
local text = file:read("*a")
file:close()
local sent
local client = studio.new {
  account_sid = "AC1", auth_token = "token-of-nobody",
  transport = {
    send = function(_, request)
      sent = request.body or sent
      return { status = 200, body = '{"sid":"FW' .. ("0"):rep(32) .. '","definition":' .. text .. "}" }
    end,
  },
}
local flow = assert(client.v2.flows("FW" .. ("0"):rep(32)):fetch())
assert(flow:update { status = "draft", definition = flow.definition })
local value, err = client.v2.flows("FW" .. ("0"):rep(32)):update { status = "draft", definition = { 0 / 0 } }
assert(value == nil and err.kind == "argument", "NaN is no JSON")
value, err = client.v2.flows("FW" .. ("0"):rep(32)):update { status = "draft", definition = "[NaN]" }
assert(value == nil and err.kind == "argument", "NaN is no JSON")
assert(before == told(), before .. " became " .. told())
io.write(sent)
]]

describe("the program's own cjson", function()
  local file

  setup(function()
    local names = {}
    for index, name in ipairs(settings) do names[index] = ("%q"):format(name) end
    file = os.tmpname()
    local handle = assert(io.open(file, "w"))
    handle:write((program:gsub("{ %%s }", "{ " .. table.concat(names, ", ") .. " }", 1)))
    handle:close()
  end)

  teardown(function() os.remove(file) end)

  for _, state in ipairs { "untouched", "changed" } do
    it(("keeps its settings and does not matter when it is %s before studio is required"):format(state), function()
      local command = ("LUA_PATH='%s' LUA_CPATH='%s' %s %s %s spec/data/round_trip/definition.json 2>&1"):format(
        package.path, package.cpath, support.interpreter, file, state)
      local pipe = assert(io.popen(command))
      local said = pipe:read("*a")
      pipe:close()
      local text = said:match("Definition=([^&]*)$")
      assert.truthy(text, said)
      text = decode(text)
      assert_same(due_of(definition_text), due_of(text))
      assert_integers_stay(text)
    end)
  end

  it("lends its null, and encodes and decodes as it did", function()
    assert.equal(cjson.null, studio.null)
    assert.equal("{}", cjson.encode({}))
    assert.equal(cjson.null, cjson.decode("[null]")[1])
  end)
end)
