-- Seen: `require "studio.flow"()` was "attempt to call a table value", where `studio()` says what to write.
local modules = {
  studio = "studio.new { ... } makes a client",
  ["studio.flow"] = "flow.read(path) reads a definition, flow.check(definition) checks one",
  ["studio.emulator"] = "emulator.start { ... } starts a service",
  ["studio.executions"] = "executions.trigger(…) starts Executions",
  ["studio.webhook"] = "webhook.valid(…) tells whether a request is Twilio's",
}

-- Seen: `flow:simulate(definition)` was "unknown option 'states'", `executions:trigger(…)` "needs a collection", `studio:array {}` "a table
-- that has a metatable".
describe("A function of a module that is called with a colon", function()
  for name, functions in pairs {
    studio = { "new", "array", "encode", "decode", "timestamp", "response_of" },
    ["studio.flow"] = { "read", "check", "diff", "graph", "page", "simulate", "transcript", "replay", "deploy", "rollback" },
    ["studio.executions"] = { "trigger", "report", "export", "end_active", "follow", "wait" },
    ["studio.webhook"] = { "valid", "sign", "fields" },
    ["studio.emulator"] = { "start" },
  } do
    local module = require(name)
    for _, word in ipairs(functions) do
      it("is told to have a dot: " .. name .. ":" .. word, function()
        for _, argument in ipairs { "text", { states = {} } } do
          local ok, message = pcall(function()
            local given = module[word](module, argument)
            return given
          end)
          assert.is_false(ok)
          assert.truthy(message:find("^[^:]*21%-called%-modules_spec%.lua:%d+: [^\n]* with a dot, not with a colon"), message)
        end
      end)
    end
  end
end)

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
