--- One descriptor for everything: when it is readable, when to step without, and at home in cqueues and luv.
local child = require "spec.child"
local core = require "studio.core"
local descriptors = require "spec.descriptors"
local socket = require "socket"
local support = require "spec.support"

local test_in_cqueues, cqueues = support.test_with "cqueues"
local test_in_luv, uv = support.test_with "luv"

describe("The descriptor", function()
  local emulator = support.emulator()
  local service, client, flow

  before_each(function()
    service = emulator()
    client = support.client(service)
    flow = client.v1.flows(service.flows.survey)
  end)

  after_each(function() client:close() end)

  local function is_readable(seconds)
    local descriptor = client:pollfd()
    local pollable = { getfd = function() return descriptor end }
    return socket.select({ pollable }, nil, seconds or 0)[1] == pollable
  end

  -- As an event loop does: sleeps on the descriptor for as long as it may, and steps.
  local function drive(condition)
    local turns, give_up = 0, core.now() + 10
    while not condition() do
      turns = turns + 1
      assert.is_true(core.now() < give_up, "what was waited for did not come")
      is_readable(math.min(client:timeout() or 5, 5))
      client:step(0)
    end
    return turns
  end

  it("is one and the same, to be read, for all the client's life", function()
    local descriptor = client:pollfd()
    assert.is_true(descriptor > 2)
    assert.are.equal("r", client:events())
    assert(flow:fetch())
    assert.are.equal(descriptor, client:pollfd())
    client:close()
    assert.is_nil(client:pollfd())
    assert.are.equal("r", client:events())
  end)

  it("is quiet, and there is no time to keep, while nothing goes on", function()
    client:pollfd()
    client:step(0)
    assert.is_false(is_readable())
    assert.is_nil(client:timeout())
    assert(flow:fetch())
    client:step(0)
    assert.is_false(is_readable())
  end)

  -- It is watched between two calls, too, for that costs least; a socket at its end would be readable for ever.
  it("falls quiet with the next step when the other side ends a connection that nobody uses", function()
    local server = child.server [[
      connection:request()
      connection:answer('{"sid":"FW00000000000000000000000000000001"}')
      connection:close()]]
    client:close()
    client = support.client { base_url = server.origin, account_sid = service.account_sid, auth_token = service.auth_token }
    client:pollfd()
    for _ = 1, 3 do
      assert(client.v1.flows(service.flows.survey):fetch())
      assert.is_true(server:wait_for_close())
      client:step(0)
      assert.is_false(is_readable())
      assert.is_nil(client:timeout())
    end
    assert.are.equal(3, server:count("^request"))
    server:stop()
  end)

  it("tells of an answer", function()
    service:fault { delay = 0.3 }
    local task = client:spawn(function() return assert(flow:fetch()).sid end)
    local turns = drive(function() return task:done() end)
    assert.are.equal(service.flows.survey, task:wait())
    assert.is_true(turns < 30, turns .. " turns for one call")
  end)

  it("tells of a task that was just spawned, and of one that was woken", function()
    client:pollfd()
    client:step(0)
    local first = client:spawn(function() coroutine.yield() end)
    assert.is_true(is_readable())
    assert.are.equal(0, client:timeout())
    service:fault { delay = 5 }
    local slow = client:spawn(function() return flow:fetch() end)
    local waiting = client:spawn(function() return select(2, slow:wait()).kind end)
    drive(function() return first:done() and #service:requests() == 1 end)
    while is_readable() do client:step(0) end
    slow:cancel()
    assert.is_true(is_readable())
    drive(function() return waiting:done() end)
    assert.are.equal("cancelled", waiting:wait())
  end)

  it("keeps the time of retries and of waits that end", function()
    service:fault { status = 503, headers = { ["Retry-After"] = "1" } }
    local before = core.now()
    local task = client:spawn(function() return assert(flow:fetch()).sid end)
    local impatient = client:spawn(function() return select(2, task:wait(0.2)).kind end)
    local turns = drive(function() return task:done() end)
    assert.are.equal("timeout", impatient:wait())
    assert.is_true(core.now() - before >= 0.99)
    assert.is_true(turns < 40, turns .. " turns for two requests")
  end)

  it("keeps the time of a request that is not answered", function()
    service:fault { delay = 8 }
    local task = client:spawn(function() return flow:fetch(nil, { timeout = 0.3, retry = false }) end)
    local turns = drive(function() return task:done() end)
    assert.are.equal("timeout", select(2, task:wait()).kind)
    assert.is_true(turns < 30, turns .. " turns for one call")
  end)

  it("is told of transfers that began before anybody asked for it", function()
    service:fault { delay = 0.3, times = 5 }
    local tasks = {}
    for index = 1, 5 do tasks[index] = client:spawn(function() return assert(flow:fetch()).sid end) end
    client:step(0)
    drive(function() return client:pending() == 0 end)
    for index = 1, 5 do assert.are.equal(service.flows.survey, tasks[index]:wait()) end
  end)

  it("looks up again after a blocking call that had tasks go on", function()
    client:pollfd()
    service:fault { pattern = service.flows.reminder, status = 503, headers = { ["Retry-After"] = "1" } }
    local task = client:spawn(function() return assert(client.v1.flows(service.flows.reminder):fetch()) end)
    client:step(0)
    service:fault { delay = 0.2 }
    assert(flow:fetch())
    assert.is_true(is_readable(5))
    drive(function() return task:done() end)
  end)

  it("serves a hundred transfers at once", function()
    service:fault { delay = 0.1, times = 100 }
    for _ = 1, 100 do client:spawn(function() assert(flow:fetch()) end) end
    drive(function() return client:pending() == 0 end)
    assert.are.equal(100, #service:requests())
  end)

  it("is closed with its client, and so is what it needs", function()
    collectgarbage()
    collectgarbage()
    local before = descriptors.count()
    for _ = 1, 3 do
      local other = support.client(service)
      other:pollfd()
      other:spawn(function() return other.v1.flows(service.flows.survey):fetch() end)
      other:step(0)
      assert.is_true(descriptors.count() >= before + 3)
      other:close()
      assert.are.equal(before, descriptors.count())
    end
  end)

  describe("in cqueues", function()
    local function in_cqueues(...)
      local controller = cqueues.new()
      for _, run in ipairs { ... } do controller:wrap(run) end
      assert(controller:loop())
    end

    test_in_cqueues("is polled natively: a client is a pollable object", function()
      service:fault { delay = 0.2, times = 3 }
      local tasks, ticks = {}, 0
      for index = 1, 3 do tasks[index] = client:spawn(function() return assert(flow:fetch()).sid end) end
      in_cqueues(function()
        while client:step(0) > 0 do cqueues.poll(client) end
      end, function()
        while client:pending() > 0 do
          cqueues.sleep(0.01)
          ticks = ticks + 1
        end
      end)
      for index = 1, 3 do assert.are.equal(service.flows.survey, tasks[index]:wait()) end
      assert.is_true(ticks >= 5, "the other coroutine had " .. ticks .. " turns")
    end)

    test_in_cqueues("lets other coroutines run while calls wait", function()
      service:fault { delay = 0.3, times = 20 }
      local ticks, finished = 0, 0
      local runs = { function()
        while finished < 20 do
          cqueues.sleep(0.01)
          ticks = ticks + 1
        end
      end }
      local before = core.now()
      for _ = 1, 20 do
        runs[#runs + 1] = function()
          assert(flow:fetch())
          finished = finished + 1
        end
      end
      in_cqueues((table.unpack or unpack)(runs)) -- luacheck: ignore 143
      assert.is_true(core.now() - before < 3)
      assert.is_true(ticks >= 10, "the other coroutine had " .. ticks .. " turns")
    end)

    test_in_cqueues("has somebody lead, whoever comes and goes", function()
      local finished = 0
      local runs = {}
      for index = 1, 30 do
        runs[index] = function()
          for _ = 1, index % 7 do assert(flow:fetch()) end
          if index % 3 == 0 then client:spawn(function() return assert(flow:fetch()) end):wait() end
          finished = finished + 1
        end
      end
      in_cqueues((table.unpack or unpack)(runs)) -- luacheck: ignore 143
      assert.are.equal(30, finished)
    end)

    test_in_cqueues("gives a task its turn that one coroutine spawned while another waits", function()
      service:fault { pattern = service.flows.reminder, delay = 1 }
      local order = {}
      in_cqueues(function()
        assert(client.v1.flows(service.flows.reminder):fetch())
        order[#order + 1] = "slow"
      end, function()
        cqueues.sleep(0.1)
        client:spawn(function()
          assert(flow:fetch())
          order[#order + 1] = "spawned"
        end)
        cqueues.sleep(1.5)
      end)
      assert.are.same({ "spawned", "slow" }, order)
    end)

    test_in_cqueues("keeps time when another coroutine steps the client", function()
      service:fault { pattern = service.flows.reminder, delay = 4 }
      service:fault { pattern = service.flows.survey, status = 503, headers = { ["Retry-After"] = "1" } }
      local task, before, took
      in_cqueues(function()
        client.v1.flows(service.flows.reminder):fetch(nil, { timeout = 3, retry = false })
      end, function()
        cqueues.sleep(0.1)
        task = client:spawn(function()
          assert(flow:fetch())
          took = core.now() - before
        end)
        before = core.now()
        while #service:requests() < 2 do client:step(0.01) end
        client:step(0.05)
      end)
      assert.is_true(task:done())
      assert.is_true(took < 2.5, "the retry took " .. took .. " seconds")
    end)

    test_in_cqueues("works under two controllers, one of which is stepped no more", function()
      service:fault { delay = 0.1, times = 4 }
      local first, second = cqueues.new(), cqueues.new()
      local finished = 0
      for _, controller in ipairs { first, second } do
        for _ = 1, 2 do
          controller:wrap(function()
            assert(flow:fetch())
            finished = finished + 1
          end)
        end
        controller:step(0)
      end
      assert(second:loop())
      assert.are.equal(2, finished)
      assert(first:loop())
      assert.are.equal(4, finished)
    end)

    test_in_cqueues("waits in place in a coroutine that the program resumes itself", function()
      local sids = {}
      in_cqueues(function()
        for sid in coroutine.wrap(function()
          for _ = 1, 3 do coroutine.yield(assert(flow:fetch()).sid) end
        end) do sids[#sids + 1] = sid end
      end)
      assert.are.equal(3, #sids)
    end)

    test_in_cqueues("survives clients that are closed or dropped, whose numbers others get", function()
      in_cqueues(function()
        for round = 1, 20 do
          local other = support.client(service)
          service:fault { delay = 0.01 }
          assert(other.v1.flows(service.flows.survey):fetch())
          if round % 2 == 0 then other:close() end
          other = nil -- luacheck: ignore 311
          collectgarbage()
          collectgarbage()
        end
      end)
    end)

    test_in_cqueues("ends waits when a coroutine closes the client", function()
      service:fault { delay = 8, times = 5 }
      local kinds = {}
      local runs = {}
      for index = 1, 5 do
        runs[index] = function() kinds[index] = select(2, flow:fetch()).kind end
      end
      runs[6] = function()
        while #service:requests() < 5 do cqueues.sleep(0.01) end
        client:close()
      end
      in_cqueues((table.unpack or unpack)(runs)) -- luacheck: ignore 143
      assert.are.same({ "cancelled", "cancelled", "cancelled", "cancelled", "cancelled" }, kinds)
    end)
  end)

  describe("in luv", function()
    test_in_luv("needs a poll handle and a timer, which are told anew after each step", function()
      service:fault { status = 503, headers = { ["Retry-After"] = "1" } }
      service:fault { delay = 0.2, times = 10 }
      local poll, timer, ticker = uv.new_poll(client:pollfd()), uv.new_timer(), uv.new_timer()
      local ticks, steps = 0, 0
      local function step()
        steps = steps + 1
        if client:step(0) == 0 then
          poll:close()
          timer:close()
          return ticker:close()
        end
        local seconds = client:timeout()
        if seconds then timer:start(math.ceil(seconds * 1000), 0, step) else timer:stop() end
      end
      for _ = 1, 10 do client:spawn(function() return assert(flow:fetch()) end) end
      poll:start("r", step)
      ticker:start(10, 10, function() ticks = ticks + 1 end)
      uv.run()
      assert.are.equal(0, client:pending())
      assert.are.equal(11, #service:requests())
      assert.is_true(ticks >= 20, "the other timer had " .. ticks .. " turns")
      assert.is_true(steps < 200, steps .. " steps for eleven requests")
    end)

    test_in_luv("learns of tasks that other callbacks spawn", function()
      local poll, timer = uv.new_poll(client:pollfd()), uv.new_timer()
      local later, watchdog = uv.new_timer(), uv.new_timer()
      local task, late
      local function step()
        client:step(0)
        if late or task and task:done() then
          for _, handle in ipairs { poll, timer, watchdog } do handle:close() end
          return
        end
        local seconds = client:timeout()
        if seconds then timer:start(math.ceil(seconds * 1000), 0, step) else timer:stop() end
      end
      poll:start("r", step)
      step()
      later:start(50, 0, function()
        task = client:spawn(function() return assert(flow:fetch()).sid end)
        later:close()
      end)
      watchdog:start(8000, 0, function()
        late = true
        step()
      end)
      uv.run()
      assert.is_nil(late)
      assert.are.equal(service.flows.survey, task:wait())
    end)
  end)
end)
