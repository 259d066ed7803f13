-- Seen: a program had to write `while client:step(1) > 0 do end` to see its tasks end, and had no way to wait a second in a task.
local core = require "studio.core"
local support = require "spec.support"

describe("client:sleep", function()
  local client

  before_each(function() client = support.offline(support.transport()) end)
  after_each(function() client:close() end)

  it("waits while tasks go on", function()
    local order = {}
    client:spawn(function()
      assert.is_true(client:sleep(0.02))
      order[#order + 1] = "slept"
    end)
    client:spawn(function() order[#order + 1] = "ran" end)
    local begun = core.now()
    assert.is_true(client:sleep(0.05))
    assert.is_true(core.now() - begun >= 0.05)
    assert.are.same({ "ran", "slept" }, order)
  end)

  it("ends as cancelled when the client closes, and does not begin when it is closed", function()
    local err
    local other = support.offline(support.transport())
    client:spawn(function() err = select(2, other:sleep(10)) end)
    client:step(0)
    other:close()
    client:drain()
    assert.are.equal("cancelled", err.kind)
    assert.are.equal("cancelled", select(2, other:sleep(10)).kind)
  end)

  -- Seen: `while not flag do client:sleep(0) end` in a coroutine of cqueues, or in a light thread of nginx, let nothing else run.
  local function sleep_until(is_so)
    local sleeps = 0
    while not is_so() and sleeps < 1e6 do
      client:sleep(0)
      sleeps = sleeps + 1
    end
    return is_so()
  end

  local has_cqueues, cqueues = pcall(require, "cqueues")

  if has_cqueues then
    it("gives way for no seconds, too, in cqueues", function()
      local controller, flag, seen = cqueues.new(), false, nil
      controller:wrap(function() seen = sleep_until(function() return flag end) end)
      controller:wrap(function()
        cqueues.sleep(0.01)
        flag = true
      end)
      assert(controller:loop())
      assert.is_true(seen)
    end)
  end

  it("gives way for no seconds, too, by a function of the program's", function()
    local calls = 0
    client:close()
    client = support.offline(support.transport(), { wait = function(_, seconds)
      assert.are.equal(0, seconds)
      calls = calls + 1
    end })
    assert.is_true(sleep_until(function() return calls == 3 end))
  end)

  it("is refused without a number of seconds", function()
    for _, wrong in ipairs { "1", {}, -1, 0 / 0, math.huge } do
      local ok, message = pcall(function() return client:sleep(wrong) and nil end)
      assert.is_false(ok)
      assert.truthy(message:find("spec.lua:%d+: sleep needs "), message)
    end
  end)
end)

describe("client:drain", function()
  local client

  before_each(function() client = support.offline(support.transport()) end)
  after_each(function() client:close() end)

  it("gives true when no task is pending any more, those that tasks spawned included", function()
    local ended = 0
    for _ = 1, 3 do
      client:spawn(function()
        client:sleep(0.01)
        client:spawn(function()
          client:sleep(0.01)
          ended = ended + 1
        end)
      end)
    end
    assert.is_true(client:drain())
    assert.are.equal(3, ended)
    assert.are.equal(0, client:pending())
    assert.is_true(client:drain(0))
  end)

  it("gives false when the time is over, and the tasks go on", function()
    local task = client:spawn(function()
      client:sleep(0.2)
      return "ended"
    end)
    assert.is_false(client:drain(0.01))
    assert.are.equal(1, client:pending())
    assert.are.equal("ended", task:wait())
  end)

  it("in tasks waits for all but those that drain", function()
    local order = {}
    local function drain()
      local drained = client:drain()
      order[#order + 1] = drained and "drained"
    end
    client:spawn(drain)
    client:spawn(drain)
    client:spawn(function()
      client:sleep(0.01)
      order[#order + 1] = "slept"
    end)
    assert.is_true(client:drain(10))
    assert.are.same({ "slept", "drained", "drained" }, order)
  end)

  -- Seen: a wait with an end of its own raised, as one in a circle that never ends does.
  it("in tasks that wait for one another gives false when the time is over", function()
    local other = support.offline(support.transport())
    local one = client:spawn(function() return other:drain(0.02) end)
    local two = other:spawn(function() return client:drain(10) end)
    assert.is_false(one:wait(10))
    assert.is_true(two:wait(10))
    other:close()
    local draining = client:spawn(function() return client:drain(0.02) end)
    local waiting = client:spawn(function() return draining:wait(10) end)
    assert.is_false(draining:wait(10))
    assert.is_false(waiting:wait(10))
    local first, second
    first = client:spawn(function() return select(2, second:wait(0.02)) end)
    second = client:spawn(function() return (first:wait(10)) end)
    assert.are.equal("timeout", second:wait(10).kind)
  end)

  it("leaves failures to be told as ever", function()
    local told = 0
    local watched = support.offline(support.transport(), {
      on_event = function(event) if event.kind == "task" then told = told + 1 end end,
    })
    watched:spawn(error, "on purpose")
    assert.is_true(watched:drain())
    watched:close()
    assert.are.equal(1, told)
  end)

  it("is refused without a number", function()
    local ok, message = pcall(function() return client:drain("soon") and nil end)
    assert.is_false(ok)
    assert.truthy(message:find("spec.lua:%d+: drain needs a number of seconds"), message)
  end)
end)
