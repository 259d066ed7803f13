-- Seen: JSON was written in Lua at thirteen times the cost of lua-cjson, indented at thirty times, and there were no ordered keys on one
-- line. It is written in C now (`make bench-json` shows the ratios), by the rules that follow here.
local core = require "studio.core"
local studio = require "studio"
local collecting = require "spec.collecting"
local same = require "spec.json_equal"

local function lone_table(depth)
  local value = 1
  for _ = 1, depth do value = { a = value } end
  return value
end

-- Each is written alone, compact, sorted and indented, and each of these is refused or accepted alike.
local function message_of(value)
  local text, message = core.encode(value)
  assert.is_nil(text)
  for _, indent in ipairs { 0, 2 } do
    local indented, other = core.encode(value, true, indent)
    assert.is_nil(indented)
    assert.are.equal(message, other)
  end
  return message
end

describe("studio.encode in order", function()
  it("writes keys by their bytes, on one line, at every level", function()
    local value = { z = true, Z = false, [""] = studio.null, ["a b"] = { "y", { d = 1, c = 2 } }, ["é"] = 0, ab = {}, aa = studio.array() }
    assert.are.equal('{"a":{"":null,"Z":false,"a b":["y",{"c":2,"d":1}],"aa":[],"ab":{},"z":true,"é":0},"b":1}',
      studio.encode({ b = 1, a = value }, { sort = true }))
  end)

  it("orders objects of every size", function()
    for _, count in ipairs { 1, 2, 15, 16, 17, 300, 5000 } do
      local value, names = {}, {}
      for i = 1, count do
        names[i] = ("key %d"):format(i * 7919 % 100003)
        value[names[i]] = { i }
      end
      table.sort(names)
      for i, name in ipairs(names) do names[i] = ('"%s":[%d]'):format(name, value[name][1]) end
      assert.are.equal("{" .. table.concat(names, ",") .. "}", studio.encode(value, { sort = true }))
    end
  end)

  it("is what indentation has, unless it is told not to", function()
    assert.are.equal('{\n "a": 1,\n "b": [\n  2\n ]\n}\n', studio.encode({ b = { 2 }, a = 1 }, { indent = 1 }))
    assert.are.equal('{\n"a": 1\n}\n', studio.encode({ a = 1 }, { indent = 0, sort = false }))
    assert.are.equal('{"a":1}', studio.encode({ a = 1 }, { sort = false }))
    assert.has_error(function() studio.encode({}, { sort = 1 }) end)
  end)

  it("compares keys that hold NUL bytes, quotes and letters beyond ASCII by what they are, not by how they are written", function()
    local value = { ["a\0b"] = 1, ["a\0a"] = 2, a = 3, ['a"'] = 4, ["a!"] = 5, ["a#"] = 6, ["a\127"] = 7, ["aé"] = 8 }
    assert.are.equal('{"a":3,"a\\u0000a":2,"a\\u0000b":1,"a!":5,"a\\"":4,"a#":6,"a\\u007f":7,"aé":8}',
      studio.encode(value, { sort = true }))
  end)
end)

describe("the writer", function()
  it("escapes what JSON and its readers need, and nothing else", function()
    assert.are.equal([["\"\\/\b\f\n\r\t\u0000\u001f\u007fé☎😀"]], core.encode('"\\/\b\f\n\r\t\0\31\127é☎😀'))
    assert.are.equal([["\ud83d \udc00\ud800"]], core.encode("\237\160\189 \237\176\128\237\160\128"))
    for length = 0, 40 do
      for _, special in ipairs { "", "é", "\n", "\127", "☎", "😀", '"' } do
        local text = ("x"):rep(length) .. special .. ("y"):rep(length % 19)
        assert.are.equal(text, core.decode(core.encode(text)))
      end
    end
    assert.are.equal("\"" .. ("\\u0001"):rep(30000) .. "\"", core.encode(("\1"):rep(30000)))
  end)

  it("writes numbers with the fewest of 15 to 17 digits that read back the same", function()
    local cases = {
      [0.1] = "0.1", [0.5] = "0.5", [-12.25] = "-12.25", [1 / 3] = "0.3333333333333333", [100] = "100",
      [1e15] = "1000000000000000",
      [1e-4] = "0.0001", [1e-5] = "1e-05", [2.5e-7] = "2.5e-07", [1e300] = "1e+300", [-1.7976931348623157e308] = "-1.7976931348623157e+308",
      [2251799813685249.5] = "2251799813685249.5", [123456.789] = "123456.789", [5e-324] = "4.94065645841247e-324",
      [2 ^ 53] = "9007199254740992",
      [2 ^ 63] = "9.223372036854776e+18", [-2 ^ 63] = "-9223372036854775808", [0.30000000000000004] = "0.30000000000000004",
      [999999.99999999988] = "999999.9999999999", [1e-11] = "1e-11", [1e17] = "100000000000000000", [1e22] = "1e+22",
    }
    for number, text in pairs(cases) do assert.are.equal(text, core.encode(number)) end
    assert.are.equal("-0", core.encode(-1 / math.huge))
    local state = 99991
    for _ = 1, 5000 do
      state = state * 16807 % 2147483647
      local exponent = state % 600 - 300
      state = state * 16807 % 2147483647
      local number = (state - 2 ^ 30) * 2 ^ exponent / 3
      assert.are.equal(number, core.decode(core.encode(number)))
    end
    for _, number in ipairs { 0 / 0, 1 / 0, -1 / 0 } do
      assert.are.equal("at .a[1]: NaN and infinity are not JSON", message_of { a = { number } })
    end
  end)

  it("tells what cannot be written and where", function()
    local circle = { {} }
    circle[1].self = circle
    local cases = {
      ["a function cannot be written as JSON"] = print,
      ["at [2]: a function cannot be written as JSON"] = { 1, print },
      ["at .a[2].b_1: a function cannot be written as JSON"] = { a = { 1, { b_1 = print } } },
      ['at ["a b"]["q\\"\\\\?"]: a function cannot be written as JSON'] = { ["a b"] = { ["q\"\\\n"] = print } },
      ["at [1].self: the table contains itself"] = circle,
      ["at .a: a boolean is a key"] = { a = { [true] = 1 } },
      ["a number that is no array index is a key"] = { [0] = 1 },
      ["at [1]: a number that is no array index is a key"] = { { [1.5] = 1 } },
      ["the array has gaps"] = { 1, [3] = 3 },
      ["at .b: the array has gaps"] = { b = { [2] = 2 } },
      ["the table has both array elements and string keys"] = { 1, x = 2 },
      ["the table is marked as an array and has string keys"] = setmetatable({ x = 1 }, core.array_mt),
      ["at .a: the string is not valid UTF-8"] = { a = "\255" },
      ["at .a: a key is not valid UTF-8"] = { a = { ["\192\128"] = 1 } },
    }
    for message, value in pairs(cases) do assert.are.equal(message, message_of(value)) end
    assert.are.equal("nil cannot be written as JSON", message_of(nil))
    assert.matches("^at %.aa.*%.%.%.: a function cannot be written as JSON$", message_of { [("a"):rep(200)] = print })
    assert.is_true(#message_of { [("é"):rep(200)] = print } < 160)
  end)

  it("takes 512 levels and refuses 513", function()
    assert.is_string(core.encode(lone_table(512)))
    assert.matches("nested deeper than 512 levels$", message_of(lone_table(513)))
    assert.are.equal(512, select(2, core.encode(lone_table(512), true):gsub("{", "")))
    assert.are.equal(2 * 512, select(2, core.encode(lone_table(512), true, 1):gsub("[{}]", "")))
  end)

  it("writes arrays whose elements are not in the table's array part", function()
    local array = {}
    for i = 300, 1, -1 do array[i] = i end
    assert.are.equal("[1,2,3", core.encode(array):sub(1, 6))
    assert.are.equal(300, #core.decode(core.encode(array)))
    assert.are.equal("[]", core.encode(studio.array {}))
    assert.are.equal("{}", core.encode {})
  end)

  it("knows the arrays and the null of the lua-cjson that the program has loaded, whichever it is", function()
    for _, module in ipairs { "cjson", "cjson.safe" } do
      local before = package.loaded[module]
      local lent = { array_mt = {}, empty_array_mt = { __index = error } }
      package.loaded[module] = lent
      local texts = {
        core.encode(setmetatable({}, lent.array_mt)), core.encode(setmetatable({}, lent.empty_array_mt)),
        core.encode(setmetatable({ 1 }, lent.array_mt)), core.encode(setmetatable({}, {})),
        core.encode(setmetatable({ x = 1 }, lent.array_mt)) or "refused",
      }
      local upvalueid = rawget(debug, "upvalueid")
      if upvalueid then -- what gives a light userdata to a Lua program
        lent.empty_array = upvalueid(message_of, 1)
        texts[#texts + 1] = core.encode { lent.empty_array }
        package.loaded[module] = "no table"
        texts[#texts + 1] = core.encode { lent.empty_array } or "refused"
      end
      package.loaded[module] = before
      local expected = { "[]", "[]", "[1]", "{}", "refused" }
      if upvalueid then expected[6], expected[7] = "[[]]", "refused" end
      assert.are.same(expected, texts)
    end
    assert.are.equal("[null]", core.encode { require("cjson").null })
  end)

  it("has array() leave what a lua-cjson has marked as it is", function()
    local before = package.loaded.cjson
    local lent = { array_mt = {}, empty_array_mt = { __index = error } }
    package.loaded.cjson = lent
    local first, second = setmetatable({}, lent.array_mt), setmetatable({}, lent.empty_array_mt)
    local ok, one, two = pcall(function() return studio.array(first), studio.array(second) end)
    local texts = { core.encode(first), core.encode(second) }
    package.loaded.cjson = before
    assert.is_true(ok, one)
    assert.is_true(rawequal(first, one) and rawequal(second, two))
    assert.are.same({ "[]", "[]" }, texts)
    assert.has_error(function() studio.array(setmetatable({}, {})) end)
  end)

  it("refuses arguments that make no sense", function()
    for _, indent in ipairs { -1, 65, 1.5, 2 ^ 63, 1 / 0, 0 / 0, "x", true } do
      assert.has_error(function() core.encode({}, true, indent) end)
    end
  end)

  it("gives one whole text while a finalizer of the program changes what is written, encodes or raises", function()
    local value, ran, is_armed = nil, 0, false
    local may_raise = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") -- in PUC 5.1 the error may come out anywhere
    local function finalizer()
      ran = ran + 1
      for key in pairs(value) do value[key] = nil end
      value["k" .. ran] = { ran }
      assert(core.encode(value, ran % 2 == 0, ran % 5))
      if is_armed and may_raise and ran % 3 == 0 then error "from a finalizer" end
    end
    local function lay_bait()
      local proxy = rawget(_G, "newproxy")
      if not proxy then return setmetatable({}, { __gc = finalizer }) end
      local bait = proxy(true)
      getmetatable(bait).__gc = finalizer
    end
    collecting.often()
    for round = 1, 120 do
      value = {}
      for i = 1, round % 30 do value["key " .. i] = { i, tostring(i) } end
      lay_bait()
      is_armed = true
      local ok, text = pcall(core.encode, value, round % 2 == 0, round % 3 == 0 and 2 or nil)
      is_armed = false
      if ok then assert.is_table(core.decode(text)) else assert.matches("from a finalizer", text) end
    end
    collecting.as_usual()
    collectgarbage()
    assert.is_true(ran > 0)
  end)

  it("gives what the decoder reads as the same value", function()
    local text = '{"big":9007199254740991,"empty":[],"list":[[],{},[null]],"none":null,"ratio":0.1,"text":"\\ud83d \\u0000","":{"a":{}}}'
    local value = core.decode(text)
    for _, form in ipairs { {}, { true }, { true, 0 }, { true, 3 }, { false, 8 } } do
      assert.is_true(same(value, core.decode(core.encode(value, form[1], form[2]))))
    end
  end)
end)
