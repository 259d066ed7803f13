-- A sub-flow runs as a part of its parent's Execution.
local simulate = require("studio.flow.simulate").simulate
local states = require "spec.flow.states"

local state, flow, way, codes = states.state, states.flow, states.way, states.codes

local sid = "FW" .. ("a"):rep(32)

local function parent(more)
  return flow {
    state("before", "set-variables", { variables = { { key = "n", value = "5" } } }, { next = "sub" }),
    state("sub", "run-subflow", {
      flow_sid = sid, flow_revision = "LatestPublished",
      parameters = {
        { key = "n", value = "{{flow.variables.n}}", type = "string" }, { key = "o", value = '{"a":1}', type = "json_object" },
      },
    }, { completed = "after", failed = "failed" }),
    state("after", "send-message", { body = "{{widgets.sub.answer}} {{widgets.sub.rich}}" }, { sent = false, failed = false }),
    state("failed", "send-message", { body = "failed" }, { sent = more or false, failed = false }),
  }
end

local child = flow {
  state("ask", "send-and-wait-for-reply", { body = "{{trigger.parent.parameters.n}} {{trigger.parent.parameters.o.a}}?", timeout = "60" },
    { incomingMessage = "keep", timeout = "keep" }),
  state("keep", "set-variables", {
    variables = { { key = "answer", value = "{{widgets.ask.inbound.Body}}" }, { key = "rich", value = "{}", type = "json_object" } },
  }, { next = false }),
}

describe("run-subflow", function()
  it("runs the steps of another flow, and takes over its simple variables", function()
    local run = assert(simulate(parent(), { flows = { [sid] = child }, body = "hi", flow_sid = "FW1" }))
    assert.are.same({ widget = "ask", type = "send-and-wait-for-reply", timeout = 60 }, run.waiting)
    assert.are.equal("5 1?", run.output[1].text)
    run:message "yes"
    assert.are.equal("ended", run.status)
    assert.are.same({
      "Trigger incomingMessage before", "before next sub", "Trigger incomingParent ask", "ask incomingMessage keep", "keep next Ended",
      "sub completed after", "after sent Ended",
    }, way(run))
    assert.are.same({ answer = "yes" }, run.context.widgets.sub)
    assert.are.equal("yes ", run.output[2].text)
    assert.are.same({}, run.problems)
  end)

  it("says of each step whose it is", function()
    local run = simulate(parent(), { flows = { [sid] = child }, outcomes = { ask = { event = "incomingMessage", data = { Body = "x" } } } })
    local steps = run.steps
    for number, due in ipairs { false, false, true, true, true, false, false } do
      assert.are.equal(due and steps[6].sid or nil, steps[number].parent_step_sid, number)
    end
    local context = steps[3].context
    assert.are.equal(sid, context.flow.flow_sid)
    assert.are.equal(run.sid, context.flow.sid)
    assert.are.same({}, context.flow.variables)
    assert.are.same(run.context.contact, context.contact)
    assert.are.same(run.context.trigger.message, context.trigger.message)
    assert.are.same({
      parameters = { n = 5, o = { a = 1 } }, step_sid = steps[6].sid, execution_sid = run.sid, flow_sid = run.flow_sid,
      trigger_type = "incomingMessage",
    }, context.trigger.parent)
    assert.is_nil(run.context.trigger.parent)
    assert.is_nil(run.context.widgets.ask)
  end)

  it("asks for the revision that is due", function()
    local asked
    local run = simulate(parent(), { flows = function(given, revision)
      asked = { given, revision }
      return child
    end })
    assert.are.same({ sid, "LatestPublished" }, asked)
    assert.are.equal("ask", run.waiting.widget)
  end)

  it("waits for a definition that is not given, and fails without one that is missing", function()
    local run = simulate(parent())
    assert.are.equal("sub", run.waiting.widget)
    assert.is_truthy(run.waiting.needs:find(sid, 1, true), run.waiting.needs)
    run:event("completed", { answer = "given" })
    assert.are.equal("given ", run.output[1].text)
    run = simulate(parent(), { flows = { [sid] = false } })
    assert.are.equal("failed", run.output[1].text)
    assert.are.same({ 81024 }, codes(run))
    assert.are.equal("failed", simulate(parent(), { flows = { [sid] = "{no JSON" } }).output[1].text)
    assert.are.equal("failed", simulate(parent(), { outcomes = { sub = "failed" } }).output[1].text)
  end)

  it("fails in a sub-flow, which goes on", function()
    local run = simulate(parent(), { flows = { [sid] = parent() } })
    assert.are.equal("ended", run.status)
    assert.are.same({ 81024 }, codes(run))
    assert.are.equal("failed", run.output[1].text)
    assert.are.equal("sub failed failed", way(run)[5])
    assert.are.equal("sub completed after", way(run)[7])
  end)

  it("fails where both have over 2,000 widgets", function()
    local large = flow {}
    for number = 1, 1996 do large.states[number + 1] = state("s" .. number, "say-play", {}, {}) end
    local run = simulate(parent(), { flows = { [sid] = large } })
    assert.are.same({ 81026 }, codes(run))
    assert.are.equal("failed", run.output[1].text)
    table.remove(large.states)
    table.remove(large.states)
    assert.are.same({}, codes(simulate(parent(), { flows = { [sid] = large } })))
  end)

  it("counts its steps with those of the parent", function()
    local loop = flow {
      state("a", "set-variables", { variables = { { key = "x", value = "1" } } }, { next = "b" }),
      state("b", "set-variables", { variables = { { key = "x", value = "2" } } }, { next = "a" }),
    }
    local run = simulate(parent(), { flows = { [sid] = loop } })
    assert.are.equal("ended", run.status)
    assert.are.equal(1000, #run.steps)
    assert.are.same({ 81000 }, codes(run))
  end)

  it("leaves the run stuck, or waiting in the parent, as it does itself", function()
    local stuck = flow { state("hello", "send-message", { body = "x" }, { failed = false }) }
    assert.are.equal("stuck", simulate(parent(), { flows = { [sid] = stuck } }).status)
    local loop = simulate(parent("sub"), { flows = { [sid] = false } })
    assert.are.equal("ended", loop.status)
    assert.are.equal(1000, #loop.steps)
  end)
end)
