--- `studio.encode` and `studio.decode`: JSON as people keep it in files.
local studio = require "studio"

describe("studio.encode", function()
  it("writes compact JSON, and JSON with keys in order and line breaks", function()
    local value = { b = studio.array(), a = { 1, 2.5, { x = studio.null } }, c = {}, d = "x/y" }
    assert.are.equal('{"a":[1]}', studio.encode { a = { 1 } })
    assert.are.equal([[
{
  "a": [
    1,
    2.5,
    {
      "x": null
    }
  ],
  "b": [],
  "c": {},
  "d": "x/y"
}
]], studio.encode(value, { indent = 2 }))
    assert.are.equal("[]\n", studio.encode(studio.array(), { indent = 2 }))
    assert.are.equal('"text"\n', studio.encode("text", { indent = 0 }))
  end)

  it("loses nothing on the way to a file and back", function()
    local text = '{"big":9007199254740991,"empty":[],"list":[[],{},[null]],"none":null,"ratio":0.1,"text":"\\ud83d \\u0000"}'
    local value = studio.decode(text)
    local again = studio.decode(studio.encode(value, { indent = 4 }))
    assert.are.equal(studio.encode(value, { indent = 2 }), studio.encode(again, { indent = 2 }))
    assert.are.same(value, studio.decode(studio.encode(value, { indent = 2 })))
    local compact = studio.encode(value, { indent = 0 }):gsub("\n", ""):gsub(": ", ":")
    assert.are.equal(text, compact)
  end)

  it("gives an error for what JSON cannot hold", function()
    local circle = {}
    circle.self = circle
    for _, value in ipairs { circle, { print }, { [1] = 1, x = 2 }, { 0 / 0 } } do
      for _, options in ipairs { {}, { indent = 2 } } do
        local text, err = studio.encode(value, options)
        assert.is_nil(text)
        assert.are.equal("argument", err.kind)
      end
    end
    assert.has_error(function() studio.encode({}, { indnt = 2 }) end)
  end)
end)

describe("studio.decode", function()
  it("keeps null, tells false from a failure, and says where the text breaks", function()
    assert.are.equal(studio.null, studio.decode("null"))
    assert.is_false(studio.decode("false"))
    local value, err = studio.decode('{"a":}')
    assert.is_nil(value)
    assert.truthy(tostring(err):find("column 6", 1, true), tostring(err))
    assert.has_error(function() studio.decode(nil) end)
  end)
end)
