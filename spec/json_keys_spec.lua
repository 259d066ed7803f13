--- What the decoder knows of the keys of earlier texts changes what they cost, and nothing else.
local json = require "studio.base.json"
local same = require "spec.json_equal"

local function decoded(text, rule)
  local value, message = json.decode(text, rule)
  assert.is_nil(message)
  return value
end

describe("What is known of the keys of earlier texts", function()
  local rules = { "keep", "resource", "page" }

  local function check(text)
    for _, rule in ipairs(rules) do
      local first = decoded(text, rule)
      for _ = 1, 3 do assert.is_true(same(first, decoded(text, rule)), text) end
    end
    return decoded(text)
  end

  it("does not change what another text says", function()
    local fields = { '"a":"1"', '"bb": "2"', '"ccc" :"3"', '"dddd"\n:\n"4"', '"e":{"a":"5","bb":"6"}', '"":"7"', '"url": null' }
    local state = 7
    for _ = 1, 300 do
      local order = {}
      for i = 1, #fields do order[i] = fields[i] end
      for i = #order, 2, -1 do
        state = (state * 16807) % 2147483647
        local other = state % i + 1
        order[i], order[other] = order[other], order[i]
      end
      local value = check("{" .. table.concat(order, ",") .. "}")
      assert.are.same({ a = "1", bb = "2", ccc = "3", dddd = "4", e = { a = "5", bb = "6" }, [""] = "7", url = json.null }, value)
    end
  end)

  it("holds for other layouts, other places and no values", function()
    assert.are.same({ sid = "x", links = { sid = "y" } }, check('{"sid":"x","links":{"sid":"y"}}'))
    assert.are.same({ sid = "y", links = { sid = "x" } }, check('{ "sid" : "y" , "links" : { "sid" : "x" } }'))
    assert.are.same({ links = { links = { sid = "sid" } }, sid = "links" }, check('{"links":{"links":{"sid":"sid"}},"sid":"links"}'))
    assert.are.same({ sid = "", sidsid = "x" }, check('{"sid":"","sidsid":"x"}'))
    assert.are.same({ { sid = "x" }, { sid = "y" } }, check('[{"sid":"x"},{"sid":"y"}]'))
    assert.are.same({ sid = { "x" } }, check('{"sid":["x"]}'))
    assert.are.same({ sid = {} }, check('{\t"sid"' .. (" "):rep(100) .. ':{}}'))
    local long = ("k"):rep(200)
    assert.are.same({ [long] = "x", sid = "y" }, check(('{"%s":"x","sid":"y"}'):format(long)))
    assert.are.same({ ["k\0"] = "x", k = "y", ["\0"] = "z" }, check('{"k\\u0000":"x","k":"y","\\u0000":"z"}'))
    for length = 34, 40 do
      local key = ("k"):rep(length)
      assert.are.same({ [key] = "1", s = { [key] = "2" } }, check(('{"%s": "1","s":{"%s": "2"}}'):format(key, key)))
    end
  end)

  it("lets the last of equal keys win, too", function()
    for _ = 1, 3 do
      for _, rule in ipairs(rules) do
        decoded('{"a":"1","b":"2","c":"3"}', rule)
        assert.are.same({ a = "3", b = "2" }, decoded('{"a":"1","b":"2","a":"3"}', rule))
        assert.are.same({ a = "3", b = "2" }, decoded('{"a":"1","b":"2","\\u0061":"3"}', rule))
        assert.are.same({ a = "3", b = "2" }, decoded('{"\\u0061":"1","b":"2","a":"3"}', rule))
        assert.are.same({ b = "2" }, decoded('{"a":"1","b":"2","a":null}', "resource"))
        assert.are.same({ a = "1", b = "2" }, decoded('{"a":null,"b":"2","a":"1"}', "resource"))
        assert.are.same({ r = { { b = "2" } } }, decoded('{"r":[{"a":"1","b":"2","a":null}]}', "page"))
      end
    end
  end)

  it("is no worse after a text that is refused", function()
    for _, text in ipairs{ '{"a":"1","b":}', '{"a":"1","b"', '{"a":"1","b":"2"', '{"a":"1","zz":"2"]', '{"a":{"zz":nul}}', '{"a"' } do
      for _, rule in ipairs(rules) do
        local first = select(2, json.decode(text, rule))
        decoded('{"a":"1","b":"2","zz":"3"}', "resource")
        assert.are.equal(first, select(2, json.decode(text, rule)))
        assert.are.same({ a = "1", b = "2", zz = "3" }, decoded('{"a":"1","b":"2","zz":"3"}', rule))
      end
    end
  end)

  it("is bounded, whatever keys come", function()
    local function flood(from, rule)
      for i = from, from + 4999 do
        local value = decoded(('{"k%d":"v%d","l%d":{"k%d":"w"}, "k%d": "x"}'):format(i, i, i, i, i), rule)
        if value["k" .. i] ~= "x" or value["l" .. i]["k" .. i] ~= "w" then error("wrong at " .. i) end
      end
      collectgarbage() collectgarbage()
      return collectgarbage "count"
    end
    for _, rule in ipairs(rules) do
      local before = flood(0, rule)
      assert.is_true(flood(5000, rule) - before < 64)
    end
    local many = {}
    for i = 1, 5000 do many[i] = ('"m%d":"%d"'):format(i, i) end
    for _, rule in ipairs(rules) do
      local value = decoded("{" .. table.concat(many, ",") .. "}", rule)
      for i = 1, 5000 do if value["m" .. i] ~= tostring(i) then error("wrong at " .. i) end end
    end
  end)

  it("is found in no registry after texts that are not the service's own", function()
    local function strings()
      local found, seen = {}, {}
      local function walk(value)
        if type(value) == "string" then found[value] = true end
        if type(value) ~= "table" or seen[value] then return end
        seen[value] = true
        for _, inner in pairs(value) do walk(inner) end
      end
      for key, value in pairs(debug.getregistry()) do
        if type(key) == "userdata" then walk(value) end
      end
      return found
    end
    for _ = 1, 3 do
      decoded('{"learned_field":"x"}', "resource")
      decoded('{"kept_whole":"x"}', "keep")
      decoded('{"context":{"widgets":{"somebodys_own":"x"}}}', "resource")
      json.decode('{"broken_off":"x",', "resource")
      json.decode('{"learned_field":"a value"}', "resource")
    end
    local found = strings()
    assert.is_true(found.learned_field)
    assert.is_nil(found.kept_whole)
    assert.is_nil(found.somebodys_own)
    assert.is_nil(found.broken_off)
    assert.is_nil(found["a value"])
  end)

  it("is left alone by a finalizer that decodes meanwhile", function()
    local text = '{"outer_a":"1","outer_b":"2","outer_c":{"outer_d":"3"}}'
    local runs = 0
    local function litter()
      local function finalize()
        runs = runs + 1
        decoded('{"inner_a":"1","outer_c":"2","outer_a":{"outer_a":"3"}}', "resource")
      end
      if newproxy then
        getmetatable(newproxy(true)).__gc = finalize -- luacheck: ignore 113
      else
        setmetatable({}, { __gc = finalize })
      end
    end
    for _ = 1, 20000 do
      litter()
      assert.is_true(same({ outer_a = "1", outer_b = "2", outer_c = { outer_d = "3" } }, decoded(text, "resource")))
    end
    assert.is_true(runs > 0)
  end)
end)
