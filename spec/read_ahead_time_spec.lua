-- quiet: what reading ahead saves is measured in wall time
--- Reading ahead: the service works while the program does.
local child = require "spec.child"
local core = require "studio.core"
local support = require "spec.support"

describe("Reading ahead", function()
  local emulator = support.emulator { engagements = 20 }

  it("saves time", function()
    local service = emulator()
    local client = support.client(service)
    service:fault { delay = 0.1, times = 20 }
    local function measured(read_ahead)
      local before, index = core.now(), 0
      for _ in client.v1.flows(service.flows.survey).engagements:each { page_size = 5, read_ahead = read_ahead } do
        index = index + 1
        if index % 5 == 3 then child.sleep(0.1) end
      end
      assert.are.equal(20, index)
      return core.now() - before
    end
    -- Four pages: 0.8 seconds one after the other; 0.5 with the service at work while the program is.
    local without, with = measured(false), measured(nil)
    client:close()
    assert.is_true(with < 0.85 * without, ("%.2f s with, %.2f s without"):format(with, without))
  end)
end)
