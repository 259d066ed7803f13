-- long
--- The same scenarios, however a program waits.
local core = require "studio.core"
local scenarios = require "spec.scenario"
local support = require "spec.support"
local ways = require "spec.ways"

for _, way in ipairs(ways) do
  describe("Waiting " .. way.name .. ",", function()
    local emulator = support.emulator()

    for _, scenario in ipairs(scenarios) do
      it("a program " .. scenario.name, function()
        local service = emulator()
        local function new_client(options)
          local all = { wait = way.wait }
          for name, value in pairs(options or {}) do all[name] = value end
          return support.client(service, all)
        end
        local client = new_client()
        local finished = false
        way.run(client, function()
          scenario.run {
            client = client, new_client = new_client, flows = service.flows, now = core.now,
            fault = function(fault) service:fault(fault) end, requests = function() return service:requests() end,
          }
          finished = true
        end)
        assert.is_true(finished)
        assert.are.equal(0, client:pending())
        client:close()
      end)
    end
  end)
end

describe("The ways to wait", function()
  it("are all there", function()
    local missing = 0
    for module, count in pairs { cqueues = 2, luv = 2 } do
      if not pcall(require, module) then missing = missing + count end
    end
    assert.is_true(#ways >= 9 - missing)
    assert.is_true(#scenarios >= 12)
  end)
end)
