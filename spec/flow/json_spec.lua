-- The codec in plain Lua does what the one in C does, where the C one does not load.
local codec = require "studio.flow.codec"
local core = require "studio.core"
local json = require "studio.flow.json"

local function content_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

describe("the codec of flows", function()
  it("is the C decoder and encoder where they load, with keys in order", function()
    assert.are.equal(core.decode, codec.decode)
    assert.are.equal('{"a":[],"b":null,"c":{},"d":[1,2.5,true]}', codec.encode(codec.decode '{"d":[1,2.5,true],"c":{},"b":null,"a":[]}'))
    assert.are.equal("[]", codec.encode(codec.array()))
    assert.is_nil(codec.encode(nil))
    assert.is_nil(codec.encode(print))
  end)

  it("reads and writes the same without them", function()
    for _, name in ipairs { "order-bot", "ivr", "reminder", "flex-webchat", "every-widget" } do
      local text = content_of("spec/data/flows/sound/" .. name .. ".json")
      assert.are.equal(codec.encode(codec.decode(text)), json.encode(json.decode(text)), name)
    end
    local text = '{"a":[],"b":null,"c":{},"d":[1,2.5,true,-0.125,1e+300,9007199254740991,"\\u0001\\"\\\\/é\\n"]}'
    assert.are.equal(text, json.encode(json.decode(text)))
    assert.are.equal("[]", json.encode(json.array()))
    assert.are.equal(json.null, json.decode "null")
    assert.are.equal('"\240\159\152\128é"', json.encode(json.decode '"\\ud83d\\uDE00\\u00e9"'))
  end)

  it("refuses what is no JSON, with its place, as the C decoder does", function()
    for _, text in ipairs {
      "", " ", "[", "]", "[1,]", "[1 2]", "{", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "{'a':1}", "01",
      "1.", ".5", "+1", "1e", "-", "--1", "0x10",
      "tru", "nul", "NaN", "Infinity", '"a', '"\\x"', '"\\u12"', '"\n"', "1 1", "[]]", "\f1", ("["):rep(600),
      "1e400", "[-1e999]", '"\255"', '"\195"', '"\192\128"', '"\237\160\128"', '"\244\144\128\128"',
    } do
      local value, message = json.decode(text)
      assert.is_nil(value, text)
      assert.is_truthy(message:find "^line %d+, column %d+ %(byte %d+%): ", message)
      assert.is_nil(core.decode(text), text)
    end
    assert.are.equal("line 2, column 5 (byte 7): expected ':' after a key, got '1'", select(2, json.decode '{\n"a" 1}'))
    assert.is_truthy(json.decode(("["):rep(500) .. ("]"):rep(500)))
  end)

  it("says what cannot be written", function()
    local itself = {}
    itself.itself = itself
    for _, value in ipairs { print, { 1, x = 2 }, { [3] = 1 }, { [true] = 1 }, 0 / 0, math.huge, itself } do
      local text, message = json.encode(value)
      assert.is_nil(text)
      assert.is_string(message)
    end
  end)
end)
