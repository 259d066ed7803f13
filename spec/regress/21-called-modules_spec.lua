-- Seen: `require "studio.flow"()` was "attempt to call a table value", where `studio()` says what to write.
local modules = {
  studio = "studio.new { ... } makes a client",
  ["studio.flow"] = "flow.read(path) reads a definition, flow.check(definition) checks one",
  ["studio.emulator"] = "emulator.start { ... } starts a service",
  ["studio.executions"] = "executions.trigger(…) starts Executions",
  ["studio.webhook"] = "webhook.valid(…) tells whether a request is Twilio's",
}

describe("A module that is called", function()
  for name, words in pairs(modules) do
    it("says what to write: " .. name, function()
      local module = require(name)
      local ok, message = pcall(function() module() end)
      assert.is_false(ok)
      assert.truthy(message:find("^[^:]*21%-called%-modules_spec%.lua:%d+: the module is not called: "), message)
      assert.truthy(message:find(words, 1, true), message)
    end)
  end
end)
