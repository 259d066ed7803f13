-- Seen: `studio.encode(value, { indent = n })` asked metatables (__index, __len, __pairs): a field was lost, a strict table raised, what
-- came out was no JSON; and `indent = 2^63` was a raw error of string.rep.
local studio = require "studio"

local function asked() error "a metatable was asked" end

local strict = {
  __index = asked, __newindex = asked, __len = asked, __pairs = asked, __ipairs = asked, __call = asked, __tostring = asked, __eq = asked,
}

local forms = { {}, { sort = true }, { indent = 0 }, { indent = 2 }, { indent = 64, sort = false } }

local function each_form(value, due)
  for _, form in ipairs(forms) do
    local text, err = studio.encode(value, form)
    assert.is_nil(err)
    assert.are.equal(due, studio.encode(studio.decode(text), { sort = true }))
  end
end

describe("both forms of JSON", function()
  it("read tables raw and come to the same value", function()
    each_form(setmetatable({ a = 1, b = { 2 } }, strict), '{"a":1,"b":[2]}')
    each_form(setmetatable({ 1, setmetatable({}, strict), setmetatable({ x = {} }, strict) }, strict), '[1,{},{"x":{}}]')
    each_form(setmetatable({ a = 1 }, { __index = { [1] = "one", b = 2 } }), '{"a":1}')
    each_form(setmetatable({}, { __index = { [1] = "one" }, __len = function() return 1 end }), "{}")
    each_form(setmetatable({ "x" }, { __len = function() return 3 end }), '["x"]')
    each_form(setmetatable({ a = 1, b = 2 }, { __pairs = function() return next, { a = 1 } end }), '{"a":1,"b":2}')
    each_form(setmetatable({ a = studio.array() }, { __metatable = "locked" }), '{"a":[]}')
  end)

  it("refuse the same, with the same message", function()
    for _, value in ipairs { { print }, { [1] = 1, x = 2 }, { 0 / 0 }, { [2] = 1 }, { [true] = 1 }, setmetatable({ x = print }, strict) } do
      local _, expected = studio.encode(value)
      for _, form in ipairs(forms) do
        local text, err = studio.encode(value, form)
        assert.is_nil(text)
        assert.are.equal("argument", err.kind)
        assert.are.equal(expected.message, err.message)
      end
    end
  end)
end)

describe("the option 'indent'", function()
  it("is a whole number from 0 to 64, or the caller's line is told what it must be", function()
    local not_sensible = { 2 ^ 63, 2 ^ 53, 1e9, 65, -1, 1.5, 1 / 0, -1 / 0, 0 / 0, "2", true, {} }
    for _, indent in ipairs(not_sensible) do
      local ok, message = pcall(studio.encode, {}, { indent = indent })
      assert.is_false(ok)
      assert.truthy(message:find("option 'indent' must be a whole number from 0 to 64, got ", 1, true), message)
    end
    local _, message = pcall(function() studio.encode({}, { indent = -1 }) end)
    assert.truthy(message:find("^[^:]*10%-raw_encode_spec%.lua:%d+: "), message)
    assert.are.equal('{\n' .. (" "):rep(64) .. '"a": 1\n}\n', studio.encode({ a = 1 }, { indent = 64 }))
  end)
end)
