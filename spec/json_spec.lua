local json = require "studio.base.json"
local core = require "studio.core"
local lfs = require "lfs"
local same = require "spec.json_equal"

local has_integers = math.type ~= nil

local function decoded(text, nulls)
  local value, message = json.decode(text, nulls)
  assert.is_nil(message)
  return value
end

local function message_of(text)
  local value, message = json.decode(text)
  assert.is_nil(value)
  assert.is_string(message)
  return message
end

-- A second, slow and simple judge of what is JSON: RFC 8259 section by section. Returns where a value ends, or nil.
local judge = {}

local function skip(text, at)
  return text:match("^[ \t\r\n]*()", at)
end

local utf8_forms = {
  "^[^%z\1-\31\"\\\128-\255]()", "^[\194-\223][\128-\191]()", "^\224[\160-\191][\128-\191]()",
  "^[\225-\236\238\239][\128-\191][\128-\191]()", "^\237[\128-\159][\128-\191]()",
  "^\240[\144-\191][\128-\191][\128-\191]()", "^[\241-\243][\128-\191][\128-\191][\128-\191]()",
  "^\244[\128-\143][\128-\191][\128-\191]()", '^\\["\\/bfnrt]()', "^\\u%x%x%x%x()",
}
if _VERSION ~= "Lua 5.1" then utf8_forms[1] = "^[^\0-\31\"\\\128-\255]()" end -- which has no %z

function judge.string(text, at)
  at = text:match('^"()', at)
  while at do
    local stop = text:match('^"()', at)
    if stop then return stop end
    local after
    for _, form in ipairs(utf8_forms) do
      after = after or text:match(form, at)
    end
    at = after
  end
end

function judge.number(text, at)
  at = text:match("^%-?()", at)
  at = text:match("^0()", at) or text:match("^[1-9]%d*()", at)
  if not at then return nil end
  at = text:match("^%.%d+()", at) or at
  return text:match("^[eE][+-]?%d+()", at) or at
end

function judge.value(text, at)
  at = skip(text, at)
  local first = text:sub(at, at)
  if first == '"' then return judge.string(text, at) end
  if first ~= "[" and first ~= "{" then
    return text:match("^true()", at) or text:match("^false()", at) or text:match("^null()", at) or judge.number(text, at)
  end
  local last = first == "[" and "]" or "}"
  at = skip(text, at + 1)
  if text:sub(at, at) == last then return at + 1 end
  repeat
    if first == "{" then
      at = judge.string(text, skip(text, at))
      at = at and text:match("^[ \t\r\n]*:()", at)
      if not at then return nil end
    end
    at = judge.value(text, at)
    if not at then return nil end
    at = skip(text, at)
    local mark = text:sub(at, at)
    at = at + 1
    if mark == last then return at end
  until mark ~= ","
end

local function is_json(text)
  local stop = judge.value(text, 1)
  return stop ~= nil and skip(text, stop) == #text + 1
end

local flow_definition = [==[
{
  "description": "Ça marche ☎ \ud83d\ude00 — a \"flow\" with C:\\paths and https:\/\/example.com/a?b=c",
  "flags": { "allow_concurrent_calls": true, "beta": false },
  "initial_state": "Trigger",
  "states": [
    {
      "name": "Trigger", "type": "trigger",
      "properties": { "offset": { "x": 0, "y": -40.5 } },
      "transitions": [ { "event": "incomingMessage", "next": "ask" }, { "event": "incomingCall" }, {} ]
    },
    {
      "name": "ask", "type": "send-and-wait-for-reply",
      "properties": {
        "offset": { "x": 9007199254740991, "y": 0.1 }, "timeout": "3600",
        "from": "{{flow.channel.address}}", "body": "Hi,\n\ttell us!\u0000\u001f\u007f",
        "attributes": {}, "media": [], "nested": [ [], {}, [ [ ] ], null, [ null ] ], "lone": "\ud800 \udc00",
        "digits": [ 0.30000000000000004, 1.7976931348623157e308, 5e-324 ],
        "numbers": [ 123456789012345, 100000000000000, 1e15, 2.5e-7, -0.0, 2251799813685249.5 ]
      },
      "transitions": []
    }
  ],
  "": null
}
]==]

describe("json.decode", function()
  it("takes any value at the top", function()
    assert.are.equal(true, decoded(" true\n"))
    assert.are.equal(false, decoded("false"))
    assert.are.equal(json.null, decoded("\tnull\r\n"))
    assert.are.equal("a", decoded('"a"'))
    assert.are.equal(-12.5, decoded("-12.5"))
    assert.are.same({}, decoded("{}"))
    assert.are.same({}, decoded("[]"))
  end)

  it("makes tables of objects and arrays", function()
    local value = decoded('{"a":{"b":[1,"two",[3,{"c":true}],{}]},"":0}')
    assert.are.same({ a = { b = { 1, "two", { 3, { c = true } }, {} } }, [""] = 0 }, value)
    assert.are.equal(4, #value.a.b)
  end)

  it("marks arrays and nothing else", function()
    local value = decoded('{"a":[],"o":{},"n":[[{}]]}')
    assert.are.equal(core.array_mt, getmetatable(value.a))
    assert.are.equal(core.array_mt, getmetatable(value.n[1]))
    assert.is_nil(getmetatable(value))
    assert.is_nil(getmetatable(value.o))
    assert.is_nil(getmetatable(value.n[1][1]))
    assert.are.equal("studio.array", core.array_mt.__name)
  end)

  it("resolves every escape", function()
    assert.are.equal('"\\/\b\f\n\r\t', decoded([["\"\\\/\b\f\n\r\t"]]))
    assert.are.equal("A\0é€😀", decoded([["\u0041\u0000\u00e9\u20AC\uD83d\uDe00"]]))
    assert.are.equal("a\0b", decoded([[{"k\u0000":"a\u0000b"}]])["k\0"])
  end)

  it("keeps a lone surrogate as its three bytes", function()
    assert.are.equal("\237\160\189", decoded([["\ud83d"]]))
    assert.are.equal("\237\184\128x", decoded([["\ude00x"]]))
    assert.are.equal("\237\160\189\237\160\189", decoded([["\ud83d\ud83d"]]))
    assert.are.equal("\237\184\128\237\160\189", decoded([["\ude00\ud83d"]]))
    assert.are.equal("\237\160\189A", decoded([["\ud83d\u0041"]]))
  end)

  it("reads strings of every length and place alike", function()
    for length = 0, 70 do
      for _, tail in ipairs{ "", "é", "\\n", "😀" } do
        local body = ("x"):rep(length)
        assert.are.equal(body .. tail:gsub("\\n", "\n") .. "y", decoded((" "):rep(length % 8) .. '"' .. body .. tail .. 'y"'))
      end
    end
    local long = ("\\u00e9\\\\"):rep(40000)
    assert.are.equal(("é\\"):rep(40000), decoded('["' .. long .. '"]')[1])
  end)

  it("lets the last of equal keys win", function()
    assert.are.equal(3, decoded('{"a":1,"b":2,"a":3}').a)
    assert.are.equal(3, decoded('{"a":1,"\\u0061":3}').a)
    assert.are.equal(3, decoded('{"\\u0061":1,"a":3}').a)
    assert.are.equal(4, decoded('{"a":{"a":1},"b":{"a":2},"a":4}').a)
    assert.are.equal(json.null, decoded('{"a":1,"a":null}').a)
    local many = {}
    for i = 1, 300 do many[i] = ('"k%d":%d'):format(i % 150, i) end
    local value = decoded("[{" .. table.concat(many, ",") .. "}, {" .. table.concat(many, ",") .. "}]")
    for i = 151, 300 do
      assert.are.equal(i, value[1]["k" .. i % 150])
      assert.are.equal(i, value[2]["k" .. i % 150])
    end
  end)

  it("is not misled by records that almost repeat", function()
    assert.are.same({ { a = 1, b = "x" }, { a = 2, b = "x" }, { b = "xy", a = 3 }, { a = 4, c = "x", b = "" } },
      decoded('[{"a":1,"b":"x"},{"a":2,"b":"x"},{"b":"xy","a":3},{ "a" : 4 , "c":"x","b":""}]'))
    assert.are.same({ { ab = "s" }, { a = "s" }, { abc = "st" } }, decoded('[{"ab":"s"},{"a":"s"},{"abc":"st"}]'))
    for _, text in ipairs{
      '[{"b":1,"a":1,"b":2},{,"b":3}]', '[{"a":1,"b":2},{"b":3},{"a":1"b":2}]', '[{"a":1},{"a"1}]', '[{"a":"x"},{"a":"x}]',
    } do
      assert.is_nil((json.decode(text)))
    end
  end)

  it("reads a page of records as it reads each of them", function()
    local records = {}
    for i = 1, 1000 do
      records[i] = ('{"sid": "FN%032x", "account_sid": "AC0", "status": "%s", "n": %d, "links": {"steps": "/%d"}, '
        .. '"context": {}, "tags": [%s]}'):format(i * 7919, i % 3 == 0 and "active" or "ended", i, i, i % 2 == 0 and '"a", "b"' or "")
    end
    local page = decoded("[" .. table.concat(records, ", ") .. "]")
    assert.are.equal(1000, #page)
    for i = 1, 1000 do assert.is_true(same(decoded(records[i]), page[i])) end
  end)

  it("takes arrays and objects of any length", function()
    for _, length in ipairs{ 1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 100000 } do
      local elements, pairs_of = {}, {}
      for i = 1, length do
        elements[i] = i
        pairs_of[i] = ('"%d":%d'):format(i, i)
      end
      local array = decoded("[" .. table.concat(elements, ",") .. "]")
      local object = decoded("{" .. table.concat(pairs_of, ",") .. "}")
      assert.are.equal(length, #array)
      for i = 1, length do
        if array[i] ~= i or object[tostring(i)] ~= i then error("wrong at " .. i) end
      end
    end
  end)

  it("takes 512 levels and refuses 513", function()
    for _, mark in ipairs{ { "[", "]", "1" }, { '{"a":', "}", "1" } } do
      assert.is_table(decoded(mark[1]:rep(512) .. mark[3] .. mark[2]:rep(512)))
      assert.matches("512 levels", message_of(mark[1]:rep(513) .. mark[3] .. mark[2]:rep(513)), 1, true)
    end
    assert.is_table(decoded(('[{"a":'):rep(256) .. "1" .. ("}]"):rep(256)))
    assert.matches("512 levels", message_of(('[{"a":'):rep(1000000)), 1, true)
    for _, width in ipairs{ 10, 40, 70 } do
      local value = decoded(("[" .. ("0,"):rep(width)):rep(512) .. "1" .. ("]"):rep(512))
      for _ = 1, 511 do
        assert.are.equal(width + 1, #value)
        value = value[width + 1]
      end
      assert.are.equal(1, value[width + 1])
      local object = decoded(('{"a":0,"b":0,' .. ('"c":0,'):rep(width) .. '"d":'):rep(512) .. "1" .. ("}"):rep(512))
      for _ = 1, 512 do object = object.d end
      assert.are.equal(1, object)
    end
  end)

  it("raises for what is not a string or not a rule", function()
    assert.has_error(function() json.decode() end)
    assert.has_error(function() json.decode(12) end)
    assert.has_error(function() json.decode("1", "drop") end)
  end)
end)

describe("numbers", function()
  it("are integers, exact to 64 bits where Lua has them", function()
    for _, text in ipairs{ "0", "-1", "42", "9007199254740991", "-9007199254740991", "123456789012345" } do
      assert.are.equal(text, json.encode(decoded(text)))
    end
    if has_integers then
      assert.are.equal("integer", math.type(decoded("0")))
      assert.are.equal(math.maxinteger, decoded("9223372036854775807"))
      assert.are.equal(math.mininteger, decoded("-9223372036854775808"))
      assert.are.equal("integer", math.type(decoded("-9223372036854775808")))
      assert.are.equal("float", math.type(decoded("9223372036854775808")))
      assert.are.equal("float", math.type(decoded("-9223372036854775809")))
      assert.are.equal("float", math.type(decoded("1.0")))
      assert.are.equal("float", math.type(decoded("1e2")))
      assert.are.equal("9223372036854775807", json.encode(decoded("9223372036854775807")))
    end
    assert.are.equal(2 ^ 63, decoded("9223372036854775808"))
    assert.are.equal(2 ^ 64, decoded("18446744073709551616"))
  end)

  it("keep a negative zero", function()
    for _, text in ipairs{ "-0", "-0.0", "-0e5", "-1e-400" } do
      assert.are.equal(-math.huge, 1 / decoded(text))
      assert.are.equal("-0", json.encode(decoded(text)))
    end
    assert.are.equal(math.huge, 1 / decoded("0.0"))
  end)

  it("are the nearest double, to the last bit", function()
    local hard = {
      ["2.2250738585072011e-308"] = "0x0.fffffffffffffp-1022", ["2.2250738585072012e-308"] = "0x1p-1022",
      ["2.2250738585072014e-308"] = "0x1p-1022", ["4.9406564584124654e-324"] = "0x0.0000000000001p-1022",
      ["5e-324"] = "0x0.0000000000001p-1022", ["2.4703282292062327e-324"] = "0x0p0",
      ["2.4703282292062328e-324"] = "0x0.0000000000001p-1022", ["1e-400"] = "0x0p0",
      ["1.7976931348623157e308"] = "0x1.fffffffffffffp+1023", ["1.7976931348623158e+308"] = "0x1.fffffffffffffp+1023",
      ["9007199254740993.0"] = "0x1p+53", ["9007199254740993." .. ("0"):rep(800) .. "1"] = "0x1.0000000000001p+53",
      ["9007199254740992.999999999999999999"] = "0x1p+53", ["1e23"] = "0x1.52d02c7e14af6p+76",
      ["8.41E21"] = "0x1.c7e83209e90b2p+72", ["0.1"] = "0x1.999999999999ap-4", ["1e22"] = "0x1.0f0cf064dd592p+73",
      ["6.929001713869936e236"] = "0x1.b3d8d3c0bad8bp+786", ["72057594037927933.0"] = "0x1p+56",
      ["1.00000000000000011102230246251565404236316680908203124"] = "0x1p+0",
      ["1.00000000000000011102230246251565404236316680908203125"] = "0x1p+0",
      ["1.00000000000000011102230246251565404236316680908203126"] = "0x1.0000000000001p+0",
      ["123456789012345678901234567890"] = "0x1.8ee90ff6c373ep+96", ["1.8446744073709551615e19"] = "0x1p+64",
      ["0.000001"] = "0x1.0c6f7a0b5ed8dp-20", ["1e-22"] = "0x1.e392010175ee6p-74",
      ["3.14159265358979323846264338327950288"] = "0x1.921fb54442d18p+1", ["9.5367431640625e-7"] = "0x1p-20",
      ["0." .. ("0"):rep(400) .. "1e400"] = "0x1.999999999999ap-4", ["1" .. ("0"):rep(400) .. "e-400"] = "0x1p+0",
      ["0e99999999999999999999"] = "0x0p0", ["1e-99999999999999999999"] = "0x0p0",
    }
    for text, bits in pairs(hard) do
      local expected = tonumber(bits)
      if expected then -- PUC Lua 5.1 does not know such numerals
        assert.are.equal(expected, decoded(text), text:sub(1, 40))
        assert.are.equal(-expected, decoded("-" .. text), text:sub(1, 40))
      end
    end
  end)

  it("beyond all doubles are refused", function()
    for _, text in ipairs{ "1e309", "-1e309", "1.7976931348623159e308", "1e99999999999999999999", ("9"):rep(400) } do
      assert.are.equal("line 1, column 2 (byte 2): number out of range", message_of("[" .. text .. "]"))
    end
  end)

  it("do not depend on the locale", function()
    local before = os.setlocale(nil, "numeric")
    for _, name in ipairs{ "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "C" } do
      if os.setlocale(name, "numeric") then
        local value, text = json.decode("[0.1,2.2250738585072011e-308]"), json.encode{ 0.1, 1 / 3, 1e300 }
        os.setlocale(before, "numeric")
        assert.are.equal("[0.1,0.3333333333333333,1e+300]", text)
        assert.are.equal(1 / 10, value[1])
        assert.is_true(value[2] > 0)
      end
    end
  end)

  it("come back the same from text of at most 17 digits", function()
    local state = 12345
    for _ = 1, 2000 do
      local parts = {}
      for i = 1, 3 do
        state = (state * 16807) % 2147483647
        parts[i] = state
      end
      local number = (parts[1] / 2147483647 + parts[2]) * 10 ^ (parts[3] % 500 - 250)
      local text = json.encode(number)
      assert.are.equal(number, decoded(text))
      assert.is_true(#text:gsub("e.*", ""):gsub("%D", ""):gsub("^0+", "") <= 19)
    end
  end)
end)

describe("nulls", function()
  local page = '{"r":[{"a":null,"x":{"n":null},"l":[null]},{"a":1,"a":null},null],"meta":{"k":null,"z":1,"d":{"q":null}},"t":null}'

  it("stay where nothing else is asked for", function()
    local value = decoded(page)
    assert.are.equal(json.null, value.t)
    assert.are.equal(json.null, value.r[1].a)
    assert.are.equal(json.null, value.meta.k)
    assert.is_true(same(value, decoded(page, "keep")))
    assert.are.equal(require("cjson").null, value.t)
  end)

  it("leave the fields of a resource but not what is deeper", function()
    local value = decoded('{"a":null,"b":{"c":null},"d":[null],"e":1,"e":null}', "resource")
    assert.is_true(same(decoded('{"b":{"c":null},"d":[null]}'), value))
    assert.are.equal(json.null, decoded("null", "resource"))
    assert.are.equal(json.null, decoded("[null]", "resource")[1])
  end)

  it("leave meta and the records of a page but not what is deeper", function()
    local value = decoded(page, "page")
    local expected = '{"r":[{"x":{"n":null},"l":[null]},{},null],"meta":{"z":1,"d":{"q":null}},"t":null}'
    assert.is_true(same(decoded(expected), value))
  end)

  it("leave a large object too", function()
    local fields = {}
    for i = 1, 100 do fields[i] = ('"k%d":%s'):format(i, i % 2 == 0 and "null" or i) end
    local value = decoded("{" .. table.concat(fields, ",") .. ',"k1":null}', "resource")
    for i = 1, 100 do assert.are.equal(i > 1 and i % 2 == 1 and i or nil, value["k" .. i]) end
  end)
end)

describe("errors", function()
  it("say where and what", function()
    local cases = {
      [""] = "line 1, column 1 (byte 1): expected a value, got the end of the text",
      ["{\n\n  \"a\": 1 x}"] = "line 3, column 10 (byte 13): expected ',' or '}' after a value, got 'x'",
      ['["é☎😀" 1]'] = "line 1, column 8 (byte 14): expected ',' or ']' after a value, got '1'",
      ["[1,]"] = "line 1, column 4 (byte 4): expected a value, got ']'",
      ['{"a":1,}'] = "line 1, column 8 (byte 8): expected a key in double quotes, got '}'",
      ['{"a" 1}'] = "line 1, column 6 (byte 6): expected ':' after a key, got '1'",
      ["nulL"] = "line 1, column 4 (byte 4): expected true, false or null, got 'L'",
      ['"a\nb"'] = "line 1, column 3 (byte 3): expected no unescaped control character in a string, got 0x0A",
      ['"\255"'] = "line 1, column 2 (byte 2): expected valid UTF-8 in a string, got 0xFF",
      ['"\\x"'] = 'line 1, column 3 (byte 3): expected one of " \\ / b f n r t u after a backslash, got \'x\'',
      ['"\\u12g4"'] = "line 1, column 6 (byte 6): expected four hexadecimal digits after \\u, got 'g'",
      ['"abc'] = "line 1, column 5 (byte 5): the text ends inside a string",
      ["01"] = "line 1, column 1 (byte 1): expected no leading zero in a number",
      ["-a"] = "line 1, column 2 (byte 2): expected a digit, got 'a'",
      ["1.e1"] = "line 1, column 3 (byte 3): expected a digit after a decimal point, got 'e'",
      ["1e+"] = "line 1, column 4 (byte 4): expected a digit in an exponent, got the end of the text",
      ["{}\n{}"] = "line 2, column 1 (byte 4): expected the end of the text, got '{'",
      ["\239\187\191{} x"] = "line 1, column 4 (byte 7): expected the end of the text, got 'x'",
      ["\239\187\191"] = "line 1, column 1 (byte 4): expected a value, got the end of the text",
      ["\255\254{\0}\0"] = "line 1, column 1 (byte 1): expected UTF-8, got UTF-16 (little-endian)",
    }
    for text, expected in pairs(cases) do assert.are.equal(expected, message_of(text)) end
  end)

  it("are one short line and show no more than a byte of the text", function()
    for _, text in ipairs{ '{"phone": "+15551234567" "x"}', '["+15551234567\n"]', "+15551234567", ("{"):rep(9999) } do
      local message = message_of(text)
      assert.is_nil(message:find("555", 1, true))
      assert.is_nil(message:find("\n", 1, true))
      assert.is_true(#message < 160)
    end
  end)
end)

describe("hostile text", function()
  it("is refused at every truncation", function()
    for stop = 0, #flow_definition - 2 do
      local text = flow_definition:sub(1, stop)
      assert.is_nil((json.decode(text)), stop)
    end
  end)

  it("is judged as the grammar says at every change of one byte", function()
    local document = '{"a":[1,-2.5e3,"b\\n\\u00e9é",{"c":null,"a":true}],"a":[{"c":"é","d":{}},{"c":"é","d":{}}]}'
    assert.is_true(is_json(document))
    local changed = 0
    for at = 1, #document do
      for byte = 0, 255 do
        local text = document:sub(1, at - 1) .. string.char(byte) .. document:sub(at + 1)
        local _, message = json.decode(text)
        if (message == nil) ~= is_json(text) then
          error(("byte %d as 0x%02X: %s"):format(at, byte, message or "accepted"))
        end
        changed = changed + 1
      end
    end
    assert.are.equal(#document * 256, changed)
  end)

  it("is judged as the grammar says where a byte is lost or doubled", function()
    local document = '[{"a": "x", "b": {"c": [1, 2.0]}}, {"a": "x", "b": {"c": []}}, {"b": null, "a": "xy"}]'
    for at = 1, #document do
      for _, text in ipairs{ document:sub(1, at - 1) .. document:sub(at + 1), document:sub(1, at) .. document:sub(at) } do
        local _, message = json.decode(text)
        assert.are.equal(is_json(text), message == nil, text)
      end
    end
  end)

  it("of numbers is judged as the grammar says", function()
    for _, text in ipairs{
      "00", "-00", "-00.0", "00e0", "0x10", "1.", ".5", "+1", "- 1", "1e", "1e+", "1E5", "1e-5", "0.0", "-0.0e-0", "NaN",
      "-NaN", "Infinity", "-Infinity", "inf", "1_000", "1,5", "0e", "--1", "1.5.5", "1e5.5", "1\0", "123\0", "٣", "1 2",
    } do
      local _, message = json.decode(text)
      assert.are.equal(is_json(text), message == nil, text)
    end
  end)
end)

describe("the JSON Parsing Test Suite", function()
  local folder = debug.getinfo(1, "S").source:match("^@(.*)json_spec%.lua$") .. "data/json/JSONTestSuite/"

  -- What RFC 8259 leaves open: escapes of lone surrogates (section 7) and numbers that lose precision (6) are accepted;
  -- a byte order mark before UTF-8 (8.1) is skipped; text that is not UTF-8, and numbers that no double can hold, are refused.
  local open = {}
  for name in ([[number_double_huge_neg_exp number_real_underflow number_too_big_neg_int number_too_big_pos_int
    number_very_big_negative_int object_key_lone_2nd_surrogate string_1st_surrogate_but_2nd_missing
    string_1st_valid_surrogate_2nd_invalid string_incomplete_surrogate_and_escape_valid
    string_incomplete_surrogate_pair string_incomplete_surrogates_escape_valid string_invalid_lonely_surrogate
    string_invalid_surrogate string_inverted_surrogates_U+1D11E string_lone_second_surrogate
    structure_500_nested_arrays structure_UTF-8_BOM_empty_object]]):gmatch("%S+") do
    open["i_" .. name .. ".json"] = true
  end

  local counts = { y = 0, n = 0, i = 0 }
  for name in lfs.dir(folder) do
    local kind = name:match("^([yni])_.*%.json$")
    if kind then
      counts[kind] = counts[kind] + 1
      local accepted = kind == "y" or kind == "i" and open[name] == true
      it((accepted and "accepts " or "refuses ") .. name, function()
        local file = assert(io.open(folder .. name, "rb"))
        local text = file:read("*a")
        file:close()
        local value, message = json.decode(text)
        assert.are.equal(accepted, message == nil, message)
        assert.are.equal(accepted, json.check(text) == true)
        if accepted then
          local again = assert(json.encode(value))
          assert.is_true(same(value, decoded(again)))
        else
          assert.is_nil(value)
        end
      end)
    end
  end

  it("is complete", function()
    assert.are.same({ y = 95, n = 189, i = 35 }, counts)
  end)
end)

describe("json.encode", function()
  local function encoded(value)
    local text, message = json.encode(value)
    assert.is_nil(message)
    return text
  end

  it("gives back a flow definition as the same JSON value", function()
    local value = decoded(flow_definition)
    local text = encoded(value)
    assert.is_true(same(value, decoded(text)))
    assert.is_nil(text:find("\\/", 1, true))
    assert.is_truthy(text:find('"lone":"\\ud800 \\udc00"', 1, true))
    assert.is_truthy(text:find('"media":[]', 1, true))
    assert.is_truthy(text:find('"attributes":{}', 1, true))
    assert.is_truthy(text:find('"nested":[[],{},[[]],null,[null]]', 1, true))
    assert.is_truthy(text:find("[0.30000000000000004,1.7976931348623157e+308,4.94065645841247e-324]", 1, true))
    assert.is_truthy(text:find("[123456789012345,100000000000000,1000000000000000,2.5e-07,-0,2251799813685249.5]", 1, true))
  end)

  it("changes a flow definition in the changed place alone", function()
    local value, expected = decoded(flow_definition), decoded(flow_definition)
    value.states[2].properties.timeout = "60"
    local result = decoded(encoded(value))
    assert.is_false(same(expected, result))
    expected.states[2].properties.timeout = "60"
    assert.is_true(same(expected, result))
  end)

  it("leaves the value as it was", function()
    local value, before = decoded(flow_definition), decoded(flow_definition)
    encoded(value)
    assert.is_true(same(before, value))
  end)

  it("tells arrays from objects", function()
    assert.are.equal("{}", encoded{})
    assert.are.equal("[]", encoded(json.array()))
    assert.are.equal("[1,[2,[]]]", encoded{ 1, { 2, json.array{} } })
    assert.are.equal('{"1":2}', encoded{ ["1"] = 2 })
    assert.are.equal("[null,false]", encoded{ json.null, false })
  end)

  it("writes numbers with all their digits and none too many", function()
    local numbers = {
      [0] = "0", [3.0] = "3", [1e14] = "100000000000000", [-1e15] = "-1000000000000000", [2 ^ 53] = "9007199254740992",
      [2 ^ 62] = "4611686018427387904", [-2 ^ 63] = "-9223372036854775808", [2 ^ 63] = "9.223372036854776e+18",
      [0.5] = "0.5", [0.1] = "0.1", [0.1 + 0.2] = "0.30000000000000004", [1 / 3] = "0.3333333333333333", [1e300] = "1e+300",
    }
    for number, text in pairs(numbers) do
      assert.are.equal(text, encoded(number))
      assert.are.equal('{"a":[' .. text .. "]}", encoded{ a = { number } })
    end
    if has_integers then
      assert.are.equal("[9223372036854775807,-9223372036854775808]", encoded{ math.maxinteger, math.mininteger })
    end
  end)

  it("writes strings that are hard to write", function()
    for _, text in ipairs{
      "", "/", "\\/", "\\", "//\\\\/", "a\0b\1\31\127", '"', "é☎😀", "\239\191\191", "\237\160\189", "x\237\191\191y", "</script>",
      "\244\143\191\191", '\\"\\u0041', "\238\128\128[]",
    } do
      assert.are.equal(text, decoded(encoded(text)))
      assert.are.equal(text, decoded(encoded{ [text] = { text, 1e20 } })[text][1])
      assert.is_true(is_json(encoded{ text }))
    end
    assert.are.equal('"\\ud800\\udbff\\udc00\\udfff"', encoded("\237\160\128\237\175\191\237\176\128\237\191\191"))
  end)

  it("names the place of what it cannot write", function()
    local cycle = { name = "x" }
    cycle.list = { 1, cycle }
    local nan = 0 / 0
    local cases = {
      { { a = { 1, print } }, "at .a[2]: a function cannot be written as JSON" },
      { { ["a b"] = { c = { nan } } }, 'at ["a b"].c[1]: NaN and infinity are not JSON' },
      { { -math.huge }, "at [1]: NaN and infinity are not JSON" },
      { cycle, "at .list[2]: the table contains itself" },
      { { a = { 1, x = 2 } }, "at .a: the table has both array elements and string keys" },
      { { a = { [1] = 1, [3] = 3 } }, "at .a: the array has gaps" },
      { { [true] = 1 }, "a boolean is a key" },
      { { [1.5] = 1 }, "a number that is no array index is a key" },
      { { [0] = 1 }, "a number that is no array index is a key" },
      { { a = { "\255" } }, "at .a[1]: the string is not valid UTF-8" },
      { "\192\128", "the string is not valid UTF-8" },
      { "\237\160", "the string is not valid UTF-8" },
      { "\195\"\169", "the string is not valid UTF-8" },
      { { a = { ["\254"] = 1 } }, "at .a: a key is not valid UTF-8" },
      { { a = json.array{ 1 } }, nil },
      { print, "a function cannot be written as JSON" },
      { coroutine.create(function() end), "a thread cannot be written as JSON" },
      { io.stdout, "a userdata cannot be written as JSON" },
    }
    for _, case in ipairs(cases) do
      local text, message = json.encode(case[1])
      assert.are.equal(case[2], message)
      assert.are.equal(case[2] == nil, text ~= nil)
    end
    assert.are.same({ n = 2, nil, "nil cannot be written as JSON" }, { n = select("#", json.encode(nil)), json.encode(nil) })
    local marked = json.array()
    marked.x = 1
    assert.are.equal("at [1]: the table is marked as an array and has string keys", select(2, json.encode{ marked }))
  end)

  it("takes 512 levels, refuses 513, and does not mind a table that stands in two places", function()
    local top = {}
    local deepest = top
    for _ = 1, 511 do
      deepest[1] = {}
      deepest = deepest[1]
    end
    assert.are.equal(1024, #encoded(top))
    deepest[1] = {}
    assert.matches("nested deeper than 512", select(2, json.encode(top)), 1, true)
    local shared = { 1 }
    assert.are.equal("[[1],[1]]", encoded{ shared, shared })
  end)

  it("asks no metamethods", function()
    local loud = setmetatable({ a = 1e20, b = {} }, {
      __index = function() error("asked") end, __eq = function() error("asked") end, __len = function() error("asked") end,
      __pairs = function() error("asked") end, __metatable = "hidden",
    })
    assert.is_true(same(decoded('[{"a":1e20,"b":{}}]'), decoded(encoded{ loud })))
  end)

  it("neither heeds nor changes the settings of the program's cjson", function()
    local cjson = require "cjson"
    local before = cjson.encode_number_precision()
    local sparse = { cjson.encode_sparse_array() }
    cjson.encode_number_precision(3)
    cjson.encode_invalid_numbers(true)
    cjson.encode_max_depth(2)
    local deep = encoded{ { { { 12345678.5, 1234567 } } } }
    local nan = json.encode(0 / 0)
    local settings = { cjson.encode_number_precision(), cjson.encode_invalid_numbers(), cjson.encode_max_depth() }
    cjson.encode_number_precision(before)
    cjson.encode_invalid_numbers(false)
    cjson.encode_max_depth(1000)
    assert.are.equal("[[[[12345678.5,1234567]]]]", deep)
    assert.is_nil(nan)
    assert.are.same({ 3, true, 2 }, settings)
    assert.are.same(sparse, { cjson.encode_sparse_array() })
    assert.are.equal("{}", cjson.encode{})
  end)
end)

describe("json.array", function()
  it("marks a table, harmlessly", function()
    local list = json.array{ "a", "b" }
    local seen = {}
    for i, value in ipairs(list) do seen[i] = value end
    for key, value in pairs(list) do assert.are.equal(value, seen[key]) end
    assert.are.equal(2, #list)
    assert.are.equal("a, b", table.concat(list, ", "))
    assert.are.equal(list, json.array(list))
    table.insert(list, "c")
    assert.are.equal('["a","b","c"]', json.encode(list))
  end)

  it("refuses what it cannot mark, at the caller's line", function()
    local function misuse(value)
      local _, message = pcall(function() json.array(value) end)
      return message
    end
    assert.matches("json_spec.lua:%d+: array needs a table, got string", misuse("x"))
    assert.matches("json_spec.lua:%d+: a table that has a metatable", misuse(setmetatable({}, {})))
  end)
end)

describe("json.check", function()
  it("says whether a text is JSON, and if not why not", function()
    for _, text in ipairs{ "null", "false", "0", '""', "[]", flow_definition } do assert.is_true(json.check(text)) end
    local result, message = json.check("{'a':1}")
    assert.is_nil(result)
    assert.are.equal("line 1, column 2 (byte 2): expected a key in double quotes, got '''", message)
    assert.has_error(function() json.check{} end)
  end)
end)
