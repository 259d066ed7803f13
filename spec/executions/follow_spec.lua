-- executions.follow and executions.wait: what becomes of one Execution.
local core = require "studio.core"
local emulator = require "studio.emulator"
local executions = require "studio.executions"
local states = require "spec.flow.states"
local support = require "spec.support"

local state, flow = states.state, states.flow

-- Asks so many questions, one after the other.
local function questions(count)
  local all = {}
  for number = 1, count do
    local following = number < count and "ask_" .. number + 1
    all[number] = state("ask_" .. number, "send-and-wait-for-reply", { body = "And?", timeout = "3600" },
      { incomingMessage = following, timeout = false, deliveryFailure = false })
  end
  return flow(all)
end

describe("an Execution", function()
  local service, client, events

  setup(function()
    service = assert(emulator.start())
    client = support.client(service, { on_event = function(event) events[#events + 1] = event end })
  end)

  teardown(function()
    client:close()
    service:stop()
  end)

  before_each(function()
    service:reset()
    events = {}
  end)

  local function start(count)
    local made = assert(client.v2.flows:create { friendly_name = "A flow", status = "published", definition = questions(count) })
    return assert(made.executions:create { to = "+1555", from = "+1666" }), made
  end

  local function answer() assert(service:message { from = "+1555", to = "+1666", body = "So." }) end

  local function count_requests(pattern)
    local count = 0
    for _, event in ipairs(events) do
      if event.type == "request" and event.path:find(pattern) then count = count + 1 end
    end
    return count
  end

  it("is followed step by step, each once and in order, until it has ended", function()
    local execution = start(3)
    local names, statuses = {}, {}
    for step in executions.follow(execution, { interval = 0.01 }) do
      names[#names + 1] = step.transitioned_from .. ">" .. step.transitioned_to
      statuses[#statuses + 1] = assert(execution:fetch()).status
      if #names < 4 then answer() end
    end
    assert.are.same({ "Trigger>ask_1", "ask_1>ask_2", "ask_2>ask_3", "ask_3>Ended" }, names)
    assert.are.same({ "active", "active", "active", "ended" }, statuses)
  end)

  it("is followed by its handle, and as an Engagement, through more steps than a page has", function()
    local execution, made = start(60)
    for _ = 1, 60 do answer() end
    for _, handle in ipairs { made.executions(execution.sid), client.v1.flows(made.sid).engagements(execution.sid) } do
      local count, last = 0, nil
      for step in executions.follow(handle) do
        count, last = count + 1, step.transitioned_to
        local from = count == 1 and "Trigger" or "ask_" .. count - 1
        assert.are.equal(from, step.transitioned_from)
      end
      assert.are.equal(61, count)
      assert.are.equal("Ended", last)
    end
  end)

  it("is asked less and less often while nothing happens", function()
    local execution = start(1)
    local waits = {}
    local sleep = getmetatable(client).__index(client, "sleep")
    client.sleep = function(self, seconds)
      waits[#waits + 1] = seconds
      if #waits == 8 then answer() end
      return sleep(self, seconds / 1e6)
    end
    local ended = assert(executions.wait(execution, { interval = 2 }))
    client.sleep = nil
    assert.are.equal("ended", ended.status)
    assert.are.same({ 2, 3, 4.5, 6.75, 10.125, 15.1875, 20, 20 }, waits)
    assert.are.equal(9, count_requests "/Executions/FN%x+$")
    assert.are.equal(0, count_requests "/Steps")
  end)

  it("is waited for no longer than told", function()
    local execution = start(1)
    local ended, err = executions.wait(execution, { interval = 0.01, timeout = 0.05 })
    assert.is_nil(ended)
    assert.are.equal("timeout", err.kind)
    assert.are.equal("studio: timeout: the Execution had not ended after 0.05 seconds", tostring(err))
    local count = 0
    local fine, problem = pcall(function()
      for _ in executions.follow(execution, { interval = 0.01, timeout = 0.5 }) do count = count + 1 end
    end)
    assert.is_false(fine)
    assert.are.equal("timeout", problem.kind)
    assert.are.equal(1, count)
    service:fault { pattern = "/Executions/FN%x+$", delay = 5 }
    ended, err = executions.wait(execution, { timeout = 0.1 })
    assert.is_nil(ended)
    assert.are.equal("studio: timeout: the Execution had not ended after 0.1 seconds", tostring(err))
  end)

  it("may be found a moment after it was created only", function()
    local execution = start(1)
    answer()
    service:fault { pattern = "/Executions/FN%x+$", status = 404, times = 3 }
    assert.are.equal("ended", assert(executions.wait(execution, { interval = 0.001 })).status)
    assert.are.equal(4, count_requests "/Executions/FN%x+$")
    -- Once it was found, it is gone when it is not.
    local second = assert(client.v2.flows(execution.flow_sid).executions:create { to = "+1555", from = "+1666" })
    client:spawn(function()
      client:sleep(0.05)
      assert(second:delete())
    end)
    local _, err = executions.wait(second, { interval = 0.01 })
    assert.is_true(err:is_not_found())
  end)

  it("is not found, whatever the options, where there is none", function()
    local nowhere = start(1).flow_sid
    nowhere = client.v2.flows(nowhere).executions("FN" .. ("0"):rep(32))
    -- The time is over before the moment is; and it is asked again in time behind it.
    for _, options in ipairs { { timeout = 0.1 }, { timeout = 0.1, interval = 0.03 }, { timeout = 20, interval = 15 } } do
      local before = core.now()
      local found, err = executions.wait(nowhere, options)
      assert.is_nil(found)
      assert.is_true(err:is_not_found(), tostring(err))
      assert.is_true(core.now() - before < 10)
    end
  end)

  it("is followed in tasks, many at a time", function()
    local made = assert(client.v2.flows:create { friendly_name = "A flow", status = "published", definition = questions(1) })
    local pending, counts = {}, {}
    for number = 1, 5 do
      local execution = assert(made.executions:create { to = "+155" .. number, from = "+1666" })
      pending[number] = client:spawn(function()
        for _ in executions.follow(execution, { interval = 0.01 }) do counts[number] = (counts[number] or 0) + 1 end
      end)
    end
    for number = 1, 5 do assert(service:message { from = "+155" .. number, to = "+1666", body = "So." }) end
    for _, task in ipairs(pending) do task:wait() end
    assert.are.same({ 2, 2, 2, 2, 2 }, counts)
  end)

  it("is what these functions take, with options that they know", function()
    local execution, made = start(1)
    local function problem_of(call, ...)
      local fine, problem = pcall(call, ...)
      assert.is_false(fine)
      return problem
    end
    assert.truthy(problem_of(executions.wait, made.executions):find("executions.wait needs an Execution", 1, true))
    assert.truthy(problem_of(executions.follow, "FN1"):find("executions.follow needs an Execution", 1, true))
    assert.truthy(problem_of(executions.wait, execution, { intervall = 1 }):find("did you mean 'interval'?", 1, true))
    assert.truthy(problem_of(executions.wait, execution, { timeout = 0 }):find("'timeout' must be more than 0 seconds", 1, true))
  end)
end)
