-- `make soak`, short: every call is accounted for, as it is over the 100,000 of the whole run.
local child = require "spec.child"

describe("Three thousand calls, one in a hundred into a fault,", function()
  for _, protocol in ipairs { "http1", "http2" } do
    it("are each answered, or an error whose sent is true to what the server saw, and leave no descriptor: " .. protocol, function()
      local output = child.shell(("env SOAK_PROTOCOL=%s REQUESTS=3000 SEED=7 %s soak/run.lua; echo status=$?"):format(
        protocol, child.interpreter()))
      assert.is_truthy(output:find("\n0 problems\nstatus=0\n$"), output)
      assert.is_truthy(output:find("3000 calls", 1, true), output)
      for _, fate in ipairs { "sent true: %d", "sent unknown: %d", "sent false: %d", "silence: %d", "no HTTP: %d", "refused: %d" } do
        assert.is_truthy(output:find(fate), output)
      end
    end)
  end
end)
