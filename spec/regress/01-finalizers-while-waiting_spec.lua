-- Seen: a finalizer of the program's that closed its client inside `client:spawn` left pending at 1 for ever; one that took a turn of the
-- client between the start of a transfer and the wait for it lost the wakeup, and the call waited past its timeout (kind 2, too); `close()`
-- raised what the `__tostring` of a failed task's problem raised, and the transport stayed open; a task that was cancelled as it ended was
-- given twice by its map, and one that was waited for then was resumed once more, which is refused.
local child = require "spec.child"
local support = require "spec.support"

-- Prints "ok" after the action ran at every place of the work where something is collected. A process of its own that loads little:
-- every collection goes through the whole heap.
local program = [==[
  local core = require "studio.core"
  local finalizers = require "spec.finalizers"
  local studio = require "studio"

  local action_name, work_name, base_url, account_sid, auth_token, sid = (unpack or table.unpack)(arg)
  local client, flow, waited_for

  local function open()
    client = studio.new {
      base_url = base_url, account_sid = account_sid, auth_token = auth_token, timeout = 5, retry = { base = 0.001, cap = 0.01 },
      on_event = function() end,
    }
    flow = client.v1.flows(sid)
  end

  local function fetch() return flow:fetch() end

  local function wait(task, err)
    if not task then return nil, err end
    waited_for = task
    return task:wait(10)
  end

  local function check(value, err)
    if value == nil and (err.kind ~= "cancelled" or action_name ~= "close") then error(err, 0) end
  end

  -- Each gives what it is for, or ends as cancelled.
  local works = {}

  function works.fetch() check(fetch()) end

  function works.task() check(wait(client:spawn(fetch))) end

  function works.sleep() check(wait(client:spawn(function() return client:sleep(0.001) end))) end

  function works.failing()
    local ok, problem, err = pcall(wait, client:spawn(error, "on purpose"))
    if ok then return check(nil, err) end
    if not tostring(problem):find("on purpose", 1, true) then error(problem, 0) end
  end

  function works.drain()
    client:spawn(fetch)
    check(client:drain(10))
  end

  local function map(run)
    local count, given = 0, {}
    local ok, err = pcall(function()
      for value, one, problem in client:map({ 1, 2 }, run) do
        check(one, problem)
        if given[value] then error("a map gave a value twice", 0) end
        given[value], count = true, count + 1
      end
    end)
    if not ok then return check(nil, err) end
    if count ~= 2 then error("a map lost a value") end
  end

  function works.map() map(fetch) end

  function works.quick() map(function(value) return value end) end

  local actions = {}

  function actions.close() client:close() end

  function actions.step() client:step(0.005) end

  function actions.spawn()
    if not client:spawn(fetch) then return end
    for _ = 1, 5 do client:step(0.005) end
  end

  function actions.wait()
    if waited_for then pcall(waited_for.wait, waited_for, 0) end
  end

  local n = 0
  open()
  fetch()
  repeat
    n = n + 1 + math.floor(n / 16) -- what comes late comes again and again
    local begun = core.now()
    waited_for = nil
    local acted = finalizers.run_at(n, actions[action_name], works[work_name])
    if core.now() - begun > 8 then error("a wait went on past its timeout") end
    client:drain(8)
    if client:pending() ~= 0 then error("a task is pending for ever") end
    if tostring(client):find "closed" then open() end
  until not acted
  client:close()
  print(n > 3 and "ok" or "there were no collections")
]==]

describe("A finalizer of the program's", function()
  local emulator = support.emulator()

  local actions = {
    close = "closes the client", step = "takes a turn of it", spawn = "spawns a task and takes turns",
    wait = "waits for its task",
  }
  local works = {
    fetch = "a fetch", task = "a fetch in a task", sleep = "a sleep in a task", failing = "a task that fails", drain = "a drain",
    map = "a map", quick = "a map whose tasks do not wait",
  }

  for action, does in pairs(actions) do
    for work, what in pairs(works) do
      it(("that %s may run anywhere in %s"):format(does, what), function()
        local service = emulator()
        local output = child.run(program, { arguments = {
          action, work, service.base_url, service.account_sid, service.auth_token, service.flows.survey,
        } })
        assert.are.equal("ok\nstatus=0\n", output)
      end)
    end
  end
end)

describe("Closing a client", function()
  it("closes its connections and reports, whatever the __tostring of a failed task's problem does", function()
    local server = child.server "connection:request() connection:answer() connection:request()"
    local told = {}
    local client = support.client({ base_url = server.origin, account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32) }, {
      on_event = function(event) if event.kind == "task" then told[#told + 1] = event.message end end,
    })
    assert(client.v1.flows("FW" .. ("0"):rep(32)):fetch())
    local problem = setmetatable({}, { __tostring = function() error("raised by __tostring") end })
    for _ = 1, 2 do client:spawn(function() error(problem, 0) end) end
    while client:step(0.01) > 0 do end -- luacheck: ignore 542
    client:close()
    assert.is_true(server:wait("^eof 1"))
    assert.are.equal(2, #told)
    assert.truthy(told[1]:find("__tostring", 1, true))
    server:stop()
  end)
end)
