-- Seen: on PUC Lua 5.1 `spawn` and `map` made tasks whose first call in a pcall or an iterator failed far from the cause, and a program
-- that waited for them hung. `executions.trigger` made a journal, and `executions.end_active` asked for lists, before they said so.
local child = require "spec.child"

-- What tells PUC 5.1 from the others.
local as_puc = [[ _VERSION = "Lua 5.1" jit = nil ]]

describe("On PUC Lua 5.1", function()
  for name, call in pairs {
    spawn = "client:spawn(print)", map = "client:map({ 1 }, print)",
    ["executions.trigger"] = 'executions.trigger(collection, {}, { from = "+15550001111", journal = "/nowhere/at/all" })',
    ["executions.export"] = 'executions.export(collection, { out = "/nowhere/at/all" })',
    ["executions.end_active"] = "executions.end_active(collection)",
  } do
    it(name .. " raises at the program's line, and says which Lua it takes", function()
      local output = child.run(as_puc .. ([[
        local support = require "spec.support"
        local executions = require "studio.executions"
        local client = support.offline(support.transport())
        local collection = client.v2.flows("FW" .. ("0"):rep(32)).executions
        print(pcall(function()
          local value = %s
        end))
        print("fetched", client.v1.flows("FW" .. ("0"):rep(32)):fetch() ~= nil)
      ]]):format(call))
      assert.truthy(output:find("^false\t[^\n]*program%.lua:%d+: " .. name .. " needs a Lua that can yield"), output)
      assert.truthy(output:find("LuaJIT", 1, true), output)
      assert.truthy(output:find("fetched\ttrue\n", 1, true), output)
      assert.truthy(output:find("status=0", 1, true), output)
    end)
  end
end)
