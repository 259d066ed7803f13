-- Seen: flow.diff showed null as "userdata: (nil)" (on LuaJIT "userdata: NULL") and told two numbers that differ by the same digits; a run
-- spoke of the operator 'userdata: (nil)' or 'table: 0x...', and wrote a number of sixteen digits as 1e+15.
local flow = require "studio.flow"
local studio = require "studio"

local null = studio.null

-- Of a widget with these properties, behind a trigger.
local function definition(kind, properties, conditions)
  return {
    initial_state = "Trigger",
    states = {
      { name = "Trigger", type = "trigger", properties = {}, transitions = { { event = "incomingMessage", next = "a" } } },
      {
        name = "a", type = kind, properties = properties,
        transitions = { { event = "sent" }, { event = "noMatch" }, { event = "match", conditions = conditions }, { event = "next" } },
      },
    },
  }
end

local function difference(old, new)
  return tostring(flow.diff(definition("send-message", { body = old }), definition("send-message", { body = new })))
end

describe("A value of a definition in words", function()
  it("is null where it is null", function()
    assert.are.equal("~ a (send-message)\n    ~ body: \"x\" -> null", difference("x", null))
    assert.are.equal("~ a (send-message)\n    - body: null", difference(null, nil))
    assert.are.equal("~ a (send-message)\n    ~ body: null -> [null]", difference(null, { null }))
  end)

  it("has digits that tell numbers apart", function()
    assert.truthy(difference(0.1, 0.1 + 2 ^ -55):find("0.1 -> 0.10000000000000003", 1, true), difference(0.1, 0.1 + 2 ^ -55))
    assert.truthy(difference(2 ^ 53, 2 ^ 53 - 1):find("9007199254740992 -> 9007199254740991", 1, true))
    assert.truthy(difference(2, "2"):find("2 -> \"2\"", 1, true))
  end)

  it("is told of an operator that is none, whatever it is", function()
    for word, operator in pairs { null = null, ["[1]"] = { 1 }, ["2.5"] = 2.5, ["no such"] = "no such" } do
      local conditions = { { type = operator, value = "x", arguments = { "x" } } }
      local run = flow.simulate(definition("split-based-on", { input = "x" }, conditions))
      assert.are.equal(("unknown operator '%s'"):format(word), run.problems[1].message)
    end
  end)

  it("is told of a sub-flow that has no SID", function()
    local run = flow.simulate(definition("run-subflow", { flow_sid = null }))
    assert.truthy(run.waiting.needs:find('flows["null"]', 1, true), run.waiting.needs)
  end)

  it("goes out with all its digits", function()
    for text, number in pairs { ["1000000000000000"] = 1e15, ["491701234567890"] = 491701234567890, ["0.1"] = 0.1, ["5"] = 5 } do
      local run = flow.simulate(definition("send-message", { body = number }))
      assert.are.equal(text, run.output[1].text)
    end
  end)
end)
