-- What flow.read does with files: names in braces are replaced, what is missing is told at once.
local codec = require "studio.flow.codec"
local flow = require "studio.flow"

local paths = {}

local function file_with(text)
  local path = os.tmpname()
  paths[#paths + 1] = path
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

describe("flow.read", function()
  teardown(function()
    for _, path in ipairs(paths) do os.remove(path) end
  end)

  it("reads a definition as the library decodes it", function()
    local definition = assert(flow.read "spec/data/flows/sound/order-bot.json")
    assert.are.equal("Trigger", definition.initial_state)
    assert.are.equal(0, #flow.check(definition))
    definition = assert(flow.read(file_with '\239\187\191{"a":[],"b":{},"c":null,"d":3,"e":-0.5}'))
    assert.are.equal('{"a":[],"b":{},"c":null,"d":3,"e":-0.5}', codec.encode(definition))
  end)

  it("replaces names in braces within texts", function()
    local text = '{"a":"${ONE}","b":["x${TWO}y${ONE}",{"c":"$${ONE} ${ not a name } $ {} $${"}],"n":1,"t":true,"${KEY}":"k"}'
    local definition = assert(flow.read(file_with(text), { variables = { ONE = "1", TWO = 22, T = true } }))
    assert.are.equal("1", definition.a)
    assert.are.equal("x22y1", definition.b[1])
    assert.are.equal("${ONE} ${ not a name } $ {} ${", definition.b[2].c)
    assert.are.equal("k", definition["${KEY}"])
  end)

  it("puts values in as they are, not as JSON and not as names", function()
    local definition = assert(flow.read(file_with '{"a":"${A}${A}"}', { variables = { A = '"%1\\${B}' } }))
    assert.are.equal('"%1\\${B}"%1\\${B}', definition.a)
    definition = assert(flow.read(file_with '{"a":"${A}{B} $$${A}"}', { variables = { A = "$${C}$" } }))
    assert.are.equal("$${C}${B} $${A}", definition.a)
  end)

  it("asks the environment where no variables are given", function()
    local definition = assert(flow.read(file_with '{"a":"${PATH}"}'))
    assert.are.equal(os.getenv "PATH", definition.a)
    assert.is_nil(flow.read(file_with '{"a":"${PATH}"}', { variables = {} }))
  end)

  it("names everything that is missing in one error", function()
    local path = file_with '{"a":"${B_SID} ${A_SID}","b":{"c":["${B_SID}","${OK}"]}}'
    local definition, err = flow.read(path, { variables = { OK = "" } })
    assert.is_nil(definition)
    assert.are.equal("argument", err.kind)
    assert.are.equal(path .. ": the variables lack A_SID, B_SID", tostring(err))
    definition, err = flow.read(file_with '{"a":"${STUDIO_SPEC_NO_SUCH_NAME}"}')
    assert.is_nil(definition)
    assert.is_truthy(tostring(err):find "the environment lacks STUDIO_SPEC_NO_SUCH_NAME")
  end)

  it("gives an error for a file that is not there, a folder, and what is no JSON", function()
    for path, message in pairs {
      ["spec/data/flows/no-such.json"] = "No such file", ["spec/data"] = "spec/data",
      ["spec/data/flows/rules/invalid-json.json"] = "invalid%-json.json is not JSON: line 1, column",
    } do
      local definition, err = flow.read(path)
      assert.is_nil(definition)
      assert.are.equal("argument", err.kind)
      assert.is_truthy(tostring(err):find(message), tostring(err))
    end
  end)

  it("raises for what is no path, an unknown option, and a variable that is no text", function()
    for _, case in ipairs {
      { { 5 }, "path must be a string, got number" }, { { "x", { variable = {} } }, "did you mean 'variables'?" },
      { { "x", { variables = { A = {} } } }, "variable 'A' must be a string, got table" },
    } do
      local ok, message = pcall(function() flow.read(case[1][1], case[1][2]) end)
      assert.is_false(ok)
      assert.is_truthy(message:find(case[2], 1, true), message)
      assert.is_truthy(message:find("read_spec.lua:", 1, true), message)
    end
  end)
end)
