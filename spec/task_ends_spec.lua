--- Tasks that are cancelled, clients that close, and tasks of two clients.
local child = require "spec.child"
local core = require "studio.core"
local descriptors = require "spec.descriptors"
local support = require "spec.support"

local huge = math.huge
local MISSING = "FW" .. ("9"):rep(32)

local function drain(client)
  repeat until client:step(5) == 0
end

-- Runs until something is so, ten seconds at most.
local function run_until(client, condition)
  local give_up = core.now() + 10
  while not condition() do
    assert.is_true(core.now() < give_up, "what was waited for did not come")
    client:step(0.05)
  end
end

describe("Tasks of two clients", function()
  local emulator = support.emulator()
  local service, a, b, flow_a, flow_b

  before_each(function()
    service = emulator()
    a, b = support.client(service), support.client(service)
    flow_a, flow_b = a.v1.flows(service.flows.survey), b.v1.flows(service.flows.reminder)
  end)

  after_each(function()
    a:close()
    b:close()
  end)

  it("go on while one of them calls the other client", function()
    service:fault { pattern = service.flows.reminder, delay = 0.5 }
    local order = {}
    local crossing = a:spawn(function()
      local other = assert(flow_b:fetch())
      order[#order + 1] = other.sid
      return "crossed"
    end)
    local plain = a:spawn(function()
      for _ = 1, 5 do assert(flow_a:fetch()) end
      order[#order + 1] = "plain"
    end)
    assert.are.equal("crossed", crossing:wait())
    plain:wait()
    assert.are.same({ "plain", service.flows.reminder }, order)
  end)

  it("run when the other client's task waits for them", function()
    local of_b = b:spawn(function() return assert(flow_b:fetch()).sid end)
    local of_a = a:spawn(function() return of_b:wait() end)
    assert.are.equal(service.flows.reminder, of_a:wait())
  end)

  it("may call one another's clients at the same time, whoever is waited for", function()
    service:fault { delay = 0.1, times = 8 }
    local function calls(first, second)
      return function()
        for _ = 1, 2 do
          assert(first:fetch())
          assert(second:fetch())
        end
        return "done"
      end
    end
    local one, two = a:spawn(calls(flow_b, flow_a)), b:spawn(calls(flow_a, flow_b))
    local both = a:spawn(function() return one:wait(), two:wait() end)
    assert.are.same({ "done", "done" }, { both:wait() })
    assert.are.equal(8, #service:requests())
  end)

  it("give up in time", function()
    service:fault { pattern = service.flows.reminder, delay = 5 }
    local task = a:spawn(function() return flow_b:fetch(nil, { deadline = 0.2 }) end)
    assert.are.equal("timeout", select(2, task:wait()).kind)
    service:fault { pattern = service.flows.reminder, delay = 5 }
    local of_b = b:spawn(function() return flow_b:fetch() end)
    task = a:spawn(function() return of_b:wait(0.1) end)
    assert.are.equal("timeout", select(2, task:wait()).kind)
  end)

  it("retry in time", function()
    service:fault { pattern = service.flows.reminder, status = 503, times = 2 }
    assert.are.equal(service.flows.reminder, a:spawn(function() return assert(flow_b:fetch()).sid end):wait())
    assert.are.equal(3, #service:requests())
  end)

  it("end when the other client closes", function()
    service:fault { pattern = service.flows.reminder, delay = 5 }
    local crossing = a:spawn(function() return flow_b:fetch() end)
    a:spawn(function()
      assert(flow_a:fetch())
      b:close()
    end)
    assert.are.equal("cancelled", select(2, crossing:wait()).kind)
    assert.are.equal(service.flows.survey, a:spawn(function() return assert(flow_a:fetch()).sid end):wait())
  end)

  it("end when a task of the other client closes theirs", function()
    b:spawn(function()
      flow_b:fetch()
      a:close()
    end)
    local value, err = a:spawn(function() repeat until not flow_b:fetch() end):wait()
    assert.is_nil(value)
    assert.are.equal("cancelled", err.kind)
    assert.are.equal(service.flows.reminder, assert(flow_b:fetch()).sid)
  end)

  it("end where they are when one closes its own client and then waits for the other", function()
    local went_on = false
    a:spawn(function()
      a:close()
      b:spawn(function() return flow_b:fetch() end):wait()
      went_on = true
    end)
    a:step(0)
    while b:step(1) > 0 do end
    assert.is_false(went_on)
    assert.are.equal(service.flows.reminder, assert(flow_b:fetch()).sid)
  end)

  it("leave the other client as it was when they are cancelled", function()
    service:fault { pattern = service.flows.reminder, delay = 5 }
    local crossing = a:spawn(function() return flow_b:fetch() end)
    run_until(a, function() return #service:requests() == 1 end)
    assert.is_true(crossing:cancel())
    assert.are.equal("cancelled", select(2, crossing:wait()).kind)
    assert(flow_b:fetch(nil, { timeout = 10 }))
    assert.are.equal(0, a:step(0))
  end)

  it("may drive the other client by map", function()
    local task = a:spawn(function()
      local sids = {}
      for _, sid in b:map({ 1, 2, 3 }, function() return assert(flow_b:fetch()).sid end) do sids[#sids + 1] = sid end
      return #sids
    end)
    assert.are.equal(3, task:wait())
  end)
end)

describe("Cancelling", function()
  local emulator = support.emulator()
  local service, client, flow

  before_each(function()
    service = emulator()
    client = support.client(service)
    flow = client.v1.flows(service.flows.survey)
  end)

  after_each(function() client:close() end)

  it("ends a transfer at once, and frees its connection", function()
    local server = child.server "connection:request() connection:request()"
    local lonely = support.client({ base_url = server.origin, account_sid = service.account_sid, auth_token = service.auth_token })
    local task = lonely:spawn(function() return lonely.v1.flows(service.flows.survey):fetch() end)
    run_until(lonely, function() return server:count("^request") == 1 end)
    assert.is_true(task:cancel())
    assert.is_true(server:wait("^eof 1"))
    assert.is_true(task:done())
    assert.are.equal(0, lonely:pending())
    local value, err = task:wait()
    assert.is_nil(value)
    assert.are.equal("cancelled", err.kind)
    lonely:close()
    server:stop()
  end)

  it("leaves no descriptor behind", function()
    assert(flow:fetch())
    client:step(0)
    client:pollfd()
    support.collect() -- what tests before this one left open would close in the middle
    local before = descriptors.count()
    for _ = 1, 3 do
      service:fault { delay = 5, times = 20 }
      local tasks = {}
      for index = 1, 20 do tasks[index] = client:spawn(function() return flow:fetch() end) end
      run_until(client, function() return #service:requests() >= 20 end)
      assert.is_true(descriptors.count() >= before + 19)
      for _, task in ipairs(tasks) do assert.is_true(task:cancel()) end
      assert.is_true(descriptors.count() <= before + 1)
      service:reset()
    end
    assert(flow:fetch())
  end)

  it("before it began keeps a task from beginning", function()
    local begun = false
    local task = client:spawn(function() begun = true end)
    assert.is_true(task:cancel())
    drain(client)
    assert.is_false(begun)
    assert.are.equal("cancelled", select(2, task:wait()).kind)
  end)

  it("of what is done changes nothing", function()
    local task = client:spawn(function() return "fine" end)
    task:wait()
    assert.is_false(task:cancel())
    assert.are.equal("fine", task:wait())
    local cancelled = client:spawn(function() end)
    assert.is_true(cancelled:cancel())
    assert.is_false(cancelled:cancel())
  end)

  it("of oneself has the next call refused", function()
    local err, after
    local task
    task = client:spawn(function()
      task:cancel()
      err = select(2, flow:fetch())
      task:cancel()
      after = true
      return "never heard"
    end)
    drain(client)
    assert.are.equal("cancelled", err.kind)
    assert.is_false(err.sent)
    assert.is_true(after)
    assert.are.equal("cancelled", select(2, task:wait()).kind)
    assert.are.equal(0, #service:requests())
    assert.are.equal(0, client:pending())
  end)

  it("of oneself ends a wait that follows", function()
    local reached = false
    local task
    task = client:spawn(function()
      task:cancel()
      coroutine.yield()
      reached = true
    end)
    drain(client)
    client:step(0)
    assert.is_false(reached)
    assert.are.equal("cancelled", select(2, task:wait()).kind)
  end)

  it("ends the wait for a retry, and there is no other attempt", function()
    service:fault { status = 503, headers = { ["Retry-After"] = "30" }, times = huge }
    local task = client:spawn(function() return flow:fetch() end)
    run_until(client, function() return #service:requests() == 1 end)
    client:step(0.05)
    assert.is_true(task:cancel())
    assert.are.equal(0, #task.loop.timers)
    assert.are.equal(0, client:step(0.05))
    assert.are.equal(1, #service:requests())
  end)

  it("of one that waits for another leaves the other alone", function()
    service:fault { delay = 0.2 }
    local task = client:spawn(function() return assert(flow:fetch()).sid end)
    local waiting = client:spawn(function() return task:wait() end)
    client:step(0)
    assert.is_true(waiting:cancel())
    assert.are.equal(service.flows.survey, task:wait())
  end)

  it("wakes those that wait", function()
    service:fault { pattern = service.flows.survey, delay = 5 }
    local task = client:spawn(function() return flow:fetch() end)
    local waiting = client:spawn(function() return select(2, task:wait()).kind end)
    client:spawn(function()
      assert(client.v1.flows(service.flows.reminder):fetch())
      task:cancel()
    end)
    assert.are.equal("cancelled", waiting:wait())
  end)

  it("closes what the task has to close, where Lua can", function()
    if not coroutine.close then return end
    service:fault { delay = 5 }
    local closed = {}
    local run = load([[
      local flow, closed = ...
      local one <close> = setmetatable({}, { __close = function() closed[1] = "one" end })
      return (flow:fetch())
    ]])
    local task = client:spawn(run, flow, closed)
    client:step(0)
    task:cancel()
    assert.are.same({ "one" }, closed)
  end)

  it("of a task whose error nobody hears of any more reports none", function()
    local told = {}
    local watched = support.client(service, { on_event = function(event) told[#told + 1] = event.kind end })
    local task
    task = watched:spawn(function()
      task:cancel()
      error("after the end")
    end)
    drain(watched)
    watched:close()
    assert.are.same({}, told)
  end)
end)

describe("Closing a client", function()
  local emulator = support.emulator()
  local service, client, flow

  before_each(function()
    service = emulator()
    client = support.client(service)
    flow = client.v1.flows(service.flows.survey)
  end)

  it("cancels its tasks, and their waits end", function()
    service:fault { delay = 5, times = 5 }
    local tasks = {}
    for index = 1, 5 do tasks[index] = client:spawn(function() return flow:fetch() end) end
    tasks[6] = client:spawn(function() return tasks[1]:wait() end)
    run_until(client, function() return #service:requests() == 5 end)
    client:close()
    assert.are.equal(0, client:pending())
    for _, task in ipairs(tasks) do
      assert.is_true(task:done())
      assert.are.equal("cancelled", select(2, task:wait()).kind)
    end
    assert.are.equal(0, client:step(0))
    assert.is_nil(client:pollfd())
    assert.is_nil(client:timeout())
    local task, err = client:spawn(function() end)
    assert.is_nil(task)
    assert.are.equal("cancelled", err.kind)
  end)

  it("may be done by one of its tasks, in the middle of a turn", function()
    local order = {}
    for index = 1, 5 do
      client:spawn(function()
        order[#order + 1] = index
        if index == 2 then client:close() end
        order[#order + 1] = select(2, flow:fetch()).kind
      end)
    end
    client:step(0.001)
    assert.are.same({ 1, 2, "cancelled" }, order)
    assert.are.equal(0, client:pending())
  end)

  it("ends a wait outside of tasks, too", function()
    service:fault { pattern = service.flows.survey, delay = 5 }
    local task = client:spawn(function() return flow:fetch() end)
    client:spawn(function()
      assert(client.v1.flows(service.flows.reminder):fetch())
      client:close()
    end)
    assert.are.equal("cancelled", select(2, task:wait()).kind)
  end)

  it("is not needed: a client that is dropped takes its tasks and connections along", function()
    local server = child.server "connection:request() connection:request()"
    local function run()
      local lonely = support.client({ base_url = server.origin, account_sid = service.account_sid, auth_token = service.auth_token })
      for _ = 1, 3 do lonely:spawn(function() return lonely.v1.flows(MISSING):fetch() end) end
      run_until(lonely, function() return server:count("^request") == 3 end)
    end
    run()
    support.collect()
    assert.is_true(server:wait("^eof 1"))
    assert.is_true(server:wait("^eof 2"))
    assert.is_true(server:wait("^eof 3"))
    server:stop()
  end)
end)
