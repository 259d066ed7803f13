--- Tasks: what they give and raise, who waits for whom.
local child = require "spec.child"
local core = require "studio.core"
local socket = require "socket"
local support = require "spec.support"

local function pack(...)
  return { n = select("#", ...), ... }
end

-- What a function raises.
local function problem_of(run, ...)
  local outcome = pack(pcall(run, ...))
  assert.is_false(outcome[1])
  return outcome[2]
end

local function drain(client)
  repeat until client:step(5) == 0
end

describe("A task", function()
  local emulator = support.emulator()
  local service, client, flow

  before_each(function()
    service = emulator()
    client = support.client(service)
    flow = client.v1.flows(service.flows.survey)
  end)

  after_each(function() client:close() end)

  it("gives what its function returned, nils included", function()
    local results = pack(client:spawn(function() return nil, 2, nil end):wait())
    assert.are.same({ n = 3, nil, 2, nil }, results)
    assert.are.equal(0, pack(client:spawn(function() end):wait()).n)
    assert.are.equal(false, client:spawn(function() return false end):wait())
  end)

  it("is called with what spawn was given, nils included", function()
    local given
    client:spawn(function(...) given = pack(...) end, nil, "b", nil):wait()
    assert.are.same({ n = 3, nil, "b", nil }, given)
  end)

  it("begins when something of the client waits, not before", function()
    local begun = false
    local task = client:spawn(function() begun = true end)
    assert.is_false(begun)
    assert.is_false(task:done())
    assert.are.equal(0, client:step(0))
    assert.is_true(begun)
    assert.is_true(task:done())
  end)

  it("makes calls as a script does", function()
    local task = client:spawn(function()
      local engagement = assert(flow.engagements:create { to = "+15550000001", from = "+15550000002" })
      assert(engagement:fetch())
      assert.is_true(engagement:delete())
      local gone, err = engagement:fetch()
      return gone, err.kind, err.status
    end)
    assert.are.same({ n = 3, nil, "http", 404 }, pack(task:wait()))
    assert.are.equal(4, #service:requests())
  end)

  it("goes on while a script makes a call", function()
    service:fault { method = "GET", pattern = "Engagements", delay = 0.3 }
    local task = client:spawn(function() return flow:fetch() end)
    assert(flow.engagements:page { page_size = 1 })
    assert.is_true(task:done())
    assert.are.equal(service.flows.survey, task:wait().sid)
  end)

  it("shares its time with others", function()
    service:fault { delay = 0.5, times = 10 }
    local before, tasks = core.now(), {}
    for index = 1, 10 do
      tasks[index] = client:spawn(function() return assert(flow:fetch()) end)
    end
    assert.are.equal(10, client:pending())
    for _, task in ipairs(tasks) do assert.are.equal(service.flows.survey, task:wait().sid) end
    assert.is_true(core.now() - before < 4, "ten calls of 0.5 seconds took " .. core.now() - before)
    assert.are.equal(0, client:pending())
  end)

  it("wakes nobody for a wait that ended because the program's own function raised", function()
    local is_broken = true
    local waits = support.client(service, { wait = function(loop, seconds)
      if is_broken then error("on purpose", 0) end
      socket.select({ { getfd = function() return loop:pollfd() end } }, nil, seconds)
    end })
    local loop = getmetatable(waits).open().loop
    collectgarbage "stop" -- which would take away what is forgotten
    local problem = problem_of(function() return waits.v1.flows(service.flows.survey):fetch() end)
    local sleeper = next(loop.sleepers)
    collectgarbage "restart"
    assert.are.equal("on purpose", problem)
    assert.is_nil(sleeper)
    is_broken = false
    assert.are.equal(service.flows.survey, assert(waits.v1.flows(service.flows.survey):fetch()).sid)
    waits:close()
  end)

  it("gives the same to everybody and again", function()
    service:fault { delay = 0.1 }
    local task = client:spawn(function() return assert(flow:fetch()), "second" end)
    local waiting = {}
    for index = 1, 3 do
      waiting[index] = client:spawn(function() return task:wait() end)
    end
    local first, second = task:wait()
    assert.are.equal("second", second)
    for _, other in ipairs(waiting) do assert.are.equal(first, (other:wait())) end
    assert.are.equal(first, (task:wait()))
    assert.are.equal(1, #service:requests())
  end)

  it("raises in wait what its function raised, with the way to it", function()
    local function innermost() error("the sky is falling") end
    local task = client:spawn(function()
      assert(flow:fetch())
      innermost()
    end)
    local problem = problem_of(task.wait, task)
    assert.truthy(problem:find("^spec/tasks_spec.lua:%d+: the sky is falling\nstack traceback:\n"), problem)
    assert.truthy(problem:find("innermost", 1, true), problem)
    assert.are.equal(problem, problem_of(task.wait, task))
  end)

  it("raises error objects, and whatever else is no text, as they are", function()
    for _, value in ipairs { setmetatable({}, { __tostring = function() return "mine" end }), true, 42 } do
      local task = client:spawn(function() error(value, 0) end)
      assert.are.equal(value, problem_of(task.wait, task))
    end
    local task = client:spawn(function() error() end)
    local problem = problem_of(task.wait, task)
    -- Lua 5.5 makes a text of an error that is nothing, and so it gets the traceback.
    assert.are.equal(select(2, pcall(error)), problem and problem:match "^[^\n]*")
  end)

  it("raises the error object that an iterator raised", function()
    service:fault { method = "GET", status = 400 }
    local task = client:spawn(function()
      for _ in flow.engagements:each() do error("there is no page") end
    end)
    local problem = problem_of(task.wait, task)
    assert.are.equal("http", problem.kind)
    assert.are.equal(400, problem.status)
  end)

  it("that fails takes no other along", function()
    service:fault { delay = 0.2, times = 3 }
    local tasks = {}
    for index = 1, 3 do
      tasks[index] = client:spawn(function() return assert(flow:fetch()).sid end)
      tasks[index + 3] = client:spawn(function() error("no " .. index) end)
    end
    for index = 1, 3 do
      assert.are.equal(service.flows.survey, tasks[index]:wait())
      assert.truthy(problem_of(tasks[index + 3].wait, tasks[index + 3]):find("no " .. index, 1, true))
    end
  end)

  it("may be waited for no longer than some seconds, and goes on", function()
    service:fault { delay = 0.4 }
    local task = client:spawn(function() return assert(flow:fetch()).sid end)
    for _ = 1, 3 do
      local value, err = task:wait(0.02)
      assert.is_nil(value)
      assert.are.equal("timeout", err.kind)
      assert.is_false(task:done())
    end
    local inside = client:spawn(function() return task:wait(0) end)
    assert.are.equal("timeout", select(2, inside:wait()).kind)
    assert.are.equal(service.flows.survey, task:wait(30))
    assert.are.equal(1, #service:requests())
  end)

  it("that was waited for in vain leaves nothing behind", function()
    service:fault { delay = 0.3 }
    local task = client:spawn(function() return assert(flow:fetch()).sid end)
    for _ = 1, 50 do task:wait(0) end
    assert.are.equal(0, #(task.waiters or {}))
    assert.are.equal(service.flows.survey, task:wait(1e6))
    assert.are.equal(0, #task.loop.timers)
  end)

  it("cannot wait for itself, nor in a circle", function()
    local task
    task = client:spawn(function() return task:wait() end)
    assert.truthy(problem_of(task.wait, task):find("a task cannot wait for itself", 1, true))

    local ring = {}
    for index = 1, 3 do
      ring[index] = client:spawn(function() return ring[index % 3 + 1]:wait() end)
    end
    for index = 1, 3 do
      assert.truthy(problem_of(ring[index].wait, ring[index]):find("these tasks wait for one another", 1, true))
    end

    local generating
    generating = client:spawn(function()
      return coroutine.wrap(function() coroutine.yield(generating:wait()) end)()
    end)
    assert.truthy(problem_of(generating.wait, generating):find("a task cannot end before a wait inside it does", 1, true))
  end)

  it("cannot wait for itself through a map: that is an error, not a hang", function()
    local task
    task = client:spawn(function()
      return client:map({ 1 }, function() return task:wait() end)()
    end)
    assert.truthy(problem_of(task.wait, task):find("waits for something that nothing in flight can end", 1, true))
  end)

  it("may spawn others and wait for them", function()
    local function count_down(depth)
      if depth == 0 then return assert(flow:fetch()).sid, 0 end
      local sid, below = client:spawn(count_down, depth - 1):wait()
      return sid, below + 1
    end
    assert.are.same({ n = 2, service.flows.survey, 20 }, pack(client:spawn(count_down, 20):wait()))
  end)

  it("has its own yields as turns for the others", function()
    local order = {}
    local function run(name)
      for step = 1, 3 do
        order[#order + 1] = name .. step
        coroutine.yield()
      end
    end
    local a, b = client:spawn(run, "a"), client:spawn(run, "b")
    a:wait()
    b:wait()
    assert.are.equal("a1 b1 a2 b2 a3 b3", table.concat(order, " "))
  end)

  it("is not led astray by a program that resumes its coroutine", function()
    service:fault { delay = 0.2 }
    local thread
    local task = client:spawn(function()
      thread = coroutine.running()
      return assert(flow:fetch()).sid
    end)
    client:step(0)
    for _ = 1, 3 do assert.is_true(coroutine.resume(thread)) end
    assert.are.equal(service.flows.survey, task:wait())
  end)

  it("may use coroutines of its own, in which calls wait in place while others go on", function()
    service:fault { delay = 0.1, times = 12 }
    local function generate()
      return coroutine.wrap(function()
        for _ = 1, 3 do coroutine.yield(assert(flow:fetch()).sid) end
      end)
    end
    local function run()
      local sids = {}
      for sid in generate() do sids[#sids + 1] = sid end
      return #sids
    end
    local tasks = {}
    for index = 1, 3 do tasks[index] = client:spawn(run) end
    local plain = client:spawn(function()
      for _ = 1, 3 do assert(flow:fetch()) end
      return "plain"
    end)
    for index = 1, 3 do assert.are.equal(3, tasks[index]:wait()) end
    assert.are.equal("plain", plain:wait())
    assert.are.equal(12, #service:requests())
  end)

  it("may make calls where a C function has called it back", function()
    if not coroutine.isyieldable then return end -- nothing tells there, before 5.3
    local other = client:spawn(function() return assert(flow:fetch()).sid end)
    local task = client:spawn(function()
      return (("sid"):gsub("%w+", function() return assert(flow:fetch()).sid end))
    end)
    assert.are.equal(service.flows.survey, task:wait())
    assert.are.equal(service.flows.survey, other:wait())
  end)

  it("waits for a retry without keeping others waiting", function()
    service:fault { pattern = "Engagements", status = 503, headers = { ["Retry-After"] = "1" } }
    local order = {}
    local slow = client:spawn(function()
      assert(flow.engagements:page { page_size = 1 })
      order[#order + 1] = "slow"
    end)
    local quick = client:spawn(function()
      for _ = 1, 5 do assert(flow:fetch()) end
      order[#order + 1] = "quick"
    end)
    slow:wait()
    quick:wait()
    assert.are.same({ "quick", "slow" }, order)
    local times = {}
    for _, request in ipairs(service:requests()) do
      if request.path:find("Engagements", 1, true) then times[#times + 1] = request.time end
    end
    assert.is_true(times[2] - times[1] >= 0.99)
  end)

  it("keeps the deadline of each of its calls", function()
    service:fault { delay = 5, times = 2 }
    local before = core.now()
    local tasks = {
      client:spawn(function() return flow:fetch(nil, { deadline = 0.2 }) end),
      client:spawn(function() return flow:fetch(nil, { timeout = 0.2, retry = false }) end),
      client:spawn(function() return flow:fetch() end),
    }
    assert.are.equal("timeout", select(2, tasks[1]:wait()).kind)
    assert.are.equal("timeout", select(2, tasks[2]:wait()).kind)
    assert.are.equal(service.flows.survey, tasks[3]:wait().sid)
    assert.is_true(core.now() - before < 4)
  end)

  it("is one of those that are pending until it is done", function()
    service:fault { delay = 0.1, times = 2 }
    assert.are.equal(0, client:pending())
    client:spawn(function() return flow:fetch() end)
    client:spawn(function() return flow:fetch() end)
    assert.are.equal(2, client:pending())
    assert.are.equal(2, client:step(0))
    drain(client)
    assert.are.equal(0, client:pending())
    assert.are.equal(2, #service:requests())
  end)

  it("tells in one word how it is", function()
    local good, bad = client:spawn(function() end), client:spawn(function() error("bad", 0) end)
    assert.are.equal("studio.task (going on)", tostring(good))
    drain(client)
    assert.are.equal("studio.task (done)", tostring(good))
    assert.are.equal("studio.task (failed)", tostring(bad))
    pcall(bad.wait, bad)
    local ended = client:spawn(function() end)
    ended:cancel()
    assert.are.equal("studio.task (cancelled)", tostring(ended))
  end)

  it("is misused at the line of the program", function()
    local function refused(run, message)
      assert.are.equal("spec/tasks_spec.lua:" .. debug.getinfo(run, "S").linedefined .. ": " .. message, problem_of(run))
    end
    refused(function() client:spawn("no function") end, "spawn needs a function, got string")
    refused(function() client:spawn() end, "spawn needs a function, got nil")
    refused(function() client:spawn(function() end):wait("soon") end, "wait needs a number of seconds")
    refused(function() client:step("now") end, "step needs a number of seconds")
  end)

  -- As a watchdog's hook may end it.
  it("is not woken by what an earlier wait of it was for, when that wait raised", function()
    local loop = require("studio.waiting.loop").new({}, nil)
    local transfer = { done = function() return false end }
    local met, task = {}, { loop = loop, spare_waiter = false }
    local function raise(_, waiter) met[1] = waiter error("on purpose") end
    local function wait(_, waiter) met[#met + 1] = waiter end
    assert.has_error(function() loop:wait_for(transfer, 1, raise, task) end)
    for id = 2, 4 do loop:wait_for(transfer, id, wait, task) end
    assert.are_not.equal(met[1], met[2])
    assert.are.equal(met[2], met[3])
    assert.are.equal(met[2], met[4])
  end)

  it("may run for ever without using up anything", function()
    local transport = support.transport { status = 200, headers = {}, body = [[{"sid":"FW00000000000000000000000000000001"}]] }
    local offline = support.offline(transport)
    local function run() return offline.v1.flows("FW00000000000000000000000000000001"):fetch().sid end
    local least = support.left_behind(function()
      for _ = 1, 2000 do
        offline:spawn(run):wait()
        transport.requests = {}
      end
    end)
    assert.is_true(least < 20, ("the memory grew by %.0f KiB in each round"):format(least))
  end)
end)

describe("A failure that nobody waited for", function()
  local emulator = support.emulator()

  local function watched()
    local told = {}
    local client = support.client(emulator(), { on_event = function(event) told[#told + 1] = event end })
    return client, told
  end

  it("is told to on_event when its task is forgotten", function()
    local client, told = watched()
    client:spawn(function() error("forgotten") end)
    drain(client)
    support.collect()
    assert.are.equal(1, #told)
    assert.are.equal("error", told[1].type)
    assert.are.equal("task", told[1].kind)
    assert.truthy(told[1].message:find("forgotten", 1, true))
    client:close()
    assert.are.equal(1, #told)
  end)

  it("is told to on_event when the client closes, although the task is still known", function()
    local client, told = watched()
    local task = client:spawn(function() error("not yet forgotten") end)
    drain(client)
    assert.are.equal(0, #told)
    client:close()
    assert.are.equal(1, #told)
    assert.truthy(problem_of(task.wait, task):find("not yet forgotten", 1, true))
    task = nil -- luacheck: ignore 311
    support.collect()
    assert.are.equal(1, #told)
  end)

  it("is not told when somebody has waited", function()
    local client, told = watched()
    local task = client:spawn(function() error("heard") end)
    pcall(task.wait, task)
    task = nil -- luacheck: ignore 311
    for _, _, problem in client:map({ 1 }, function() error("given") end) do assert.is_string(problem) end
    support.collect()
    client:close()
    assert.are.equal(0, #told)
  end)

  it("is told when somebody has waited, but not long enough", function()
    local client, told = watched()
    emulator():fault { delay = 0.1 }
    local task = client:spawn(function()
      assert(client.v1.flows(emulator().flows.survey):fetch())
      error("late")
    end)
    task:wait(0)
    drain(client)
    client:close()
    assert.truthy(told[#told].message:find("late", 1, true))
  end)

  it("shows no secret", function()
    local client, told = watched()
    local token = emulator().auth_token
    client:spawn(function() error("the token is " .. token) end)
    drain(client)
    client:close()
    assert.truthy(told[1].message:find("the token is [redacted]", 1, true))
  end)

  it("is told on stderr where there is no on_event, of a text with the way to it", function()
    local output = child.run([[
      local studio = require "studio"
      local client = studio.new {
        account_sid = "AC00000000000000000000000000000000", auth_token = "not-a-real-token", base_url = "http://127.0.0.1:9",
      }
      client:spawn(function() error("lost in the woods") end)
      client:step(0)
    ]])
    assert.truthy(output:find("studio: a task failed, and nobody waited for it: ", 1, true), output)
    assert.truthy(output:find("lost in the woods", 1, true), output)
    assert.truthy(output:find("stack traceback", 1, true), output)
    assert.truthy(output:find("status=0", 1, true), output)
  end)
end)

describe("A task that takes turns itself", function()
  local emulator = support.emulator()

  it("does not confuse the others", function()
    local service = emulator()
    local client = support.client(service)
    local flow = client.v1.flows(service.flows.survey)
    local finished = 0
    for _ = 1, 6 do
      client:spawn(function()
        client:step(0)
        assert(flow:fetch())
        client:step(0)
        finished = finished + 1
      end)
    end
    drain(client)
    assert.are.equal(6, finished)
    client:close()
  end)
end)
