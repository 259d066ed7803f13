-- Seen: three files of the library assigned to the variable of a `for`, which Lua 5.5 refuses as it compiles: a client with a proxy,
-- `flow.replay` and `studio flows run` ended there in "attempt to assign to const variable". No interpreter of the suite refuses it. Lua
-- 5.4 has constants, too: a copy of the variable that is one, behind each `do`, has it say the same.
local child = require "spec.child"

local compiles = load or loadstring -- luacheck: ignore 143

-- The first variable of each `for`, which is the one that 5.5 guards, becomes a constant.
local function with_constants(text)
  local behind = " local %1 <const> = %1 "
  local code = text:gsub("\n[ \t]*%-%-[^\n]*", "\n")
  return (code:gsub("%f[%w_]for%s+([%a_][%w_]*)%s+in%s[^\n]-%f[%w_]do%f[^%w_]", "%0" .. behind)
    :gsub("%f[%w_]for%s+([%a_][%w_]*)%s*,[%w_%s,]-%sin%s[^\n]-%f[%w_]do%f[^%w_]", "%0" .. behind)
    :gsub("%f[%w_]for%s+([%a_][%w_]*)%s*=[^\n]-%f[%w_]do%f[^%w_]", "%0" .. behind))
end

describe("The variable of a loop", function()
  if not compiles "local constant <const> = 1" then return end

  it("is found out where it is assigned to", function()
    for _, text in ipairs {
      "for name in pairs(t) do name = 1 end", "for _, value in ipairs(t) do\n  _ = value + 1\nend", "for i = 1, 2 do i = 3 end",
      "for a,\n b in next, t do while b do a = f(b) end end",
    } do
      assert.truthy(compiles(text) or _VERSION ~= "Lua 5.4", text)
      local compiled, problem = compiles(with_constants(text))
      assert.is_nil(compiled, text)
      assert.truthy(problem:find("attempt to assign to const variable", 1, true), problem)
    end
    assert.truthy(compiles(with_constants "for name in pairs(t) do local other = name; name.field = 1; t[name] = other end"))
  end)

  it("is assigned to in no file", function()
    local count, refused = 0, {}
    for path in child.shell("find lua spec examples bench docs fuzz bin build-aux -name '*.lua' | LC_ALL=C sort"):gmatch "[^\n]+" do
      local file = assert(io.open(path, "rb"))
      local compiled, problem = compiles(with_constants((file:read "*a":gsub("^#[^\n]*", ""))), "@" .. path)
      file:close()
      count = count + 1
      if not compiled then refused[#refused + 1] = problem end
    end
    assert.same({}, refused)
    assert.is_true(count > 300, tostring(count))
  end)
end)
