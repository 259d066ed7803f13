-- Seen: a finalizer of the program's that closed its client inside `client:spawn` left pending at 1 for ever; one that took a turn of the
-- client between the start of a transfer and the wait for it lost the wakeup, and the call waited past its timeout (kind 2, too); `close()`
-- raised what the `__tostring` of a failed task's problem raised, and the transport stayed open; a task that was cancelled as it ended was
-- given twice by its map, and one that was waited for then was resumed once more, which is refused. One that took a turn of a client for
-- which a task of another began to wait left that other driving it for good.
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

  it("that has a wait for another client end before it has begun leaves nothing of it", function()
    local service = emulator()
    local output = child.run([==[
      local finalizers = require "spec.finalizers"
      local studio = require "studio"
      local base_url, account_sid, auth_token, sid = arg[1], arg[2], arg[3], arg[4]
      local function new()
        return studio.new { base_url = base_url, account_sid = account_sid, auth_token = auth_token, timeout = 5 }
      end
      local host, guest = new(), new()
      local function fetch(client) return assert(client.v1.flows(sid):fetch()) end
      fetch(host) fetch(guest)
      local actions = { function() host:step(0.005) guest:step(0.005) end, function() fetch(guest) end }
      for _, action in ipairs(actions) do
        local number, acted = 0, nil
        repeat
          number = number + 1
          local slept
          acted = finalizers.run_at(number, action, function()
            local task = host:spawn(function() return guest:sleep(0.001) end)
            slept = task:wait(5)
          end)
          local last = host:spawn(function() end)
          last:wait()
          assert(slept, "the sleep ended in no time")
          assert(#last.loop.guests == 0, "the host drives a guest for which nothing waits")
        until not acted
        assert(number > 3)
      end
      print "ok"
    ]==], { arguments = { service.base_url, service.account_sid, service.auth_token, service.flows.survey } })
    assert.are.equal("ok\nstatus=0\n", output)
  end)

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

-- The files of a failure are read when a first call fails, in the middle of which a finalizer's call may fail, too. LuaJIT does not read a
-- file again that failed as it was run.
describe("A finalizer's call that fails while the files of a first failure are read", function()
  local reading = [==[
    local studio = require "studio"
    local answer = { status = 404, headers = { ["Content-Type"] = "application/json" }, body = '{"code":20404,"message":"gone"}' }
    local client = studio.new {
      account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32), retry = false, transport = { send = function() return answer end },
    }
    local flow = client.v2.flows("FW" .. ("0"):rep(32))
    local ran = false
    local function finalizer() ran = pcall(flow.fetch, flow) end
    local name = arg[1]
    local path = assert(package.searchpath(name, package.path))
    package.preload[name] = function(...)
      finalizer()
      return assert(loadfile(path))(...)
    end
    flow:fetch()
    for _ = 1, 2 do
      local value, err = flow:fetch()
      assert(value == nil and err.code == 20404 and err.kind == "http" and err.sent == true, tostring(err))
    end
    print(ran and "ok" or "nothing ran")
  ]==]

  for _, name in ipairs { "request.settle", "request.answer", "request.advice", "request.events", "base.timestamp" } do
    it("leaves later ones as they are: " .. name, function()
      if not package.searchpath then return pending "package.searchpath, which Lua 5.1 has not" end
      assert.equal("ok\nstatus=0\n", child.run(reading, { arguments = { "studio." .. name } }))
    end)
  end
end)

-- A program's hook may run where nothing is allocated, too.
describe("A hook of the program's", function()
  local first_use = [==[
    local action_name, most = arg[1], 4000
    local answer = {
      status = 200, headers = { ["Content-Type"] = "application/json" }, body = '{"sid":"FW00000000000000000000000000000000"}',
    }
    local function fresh()
      for name in pairs(package.loaded) do
        if name:find "^studio" and name ~= "studio.core" then package.loaded[name] = nil end
      end
      return require "studio".new {
        account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32), retry = false, transport = { send = function() return answer end },
      }
    end
    local actions = {}
    function actions.fetch(client) assert(client.v2.flows("FW" .. ("0"):rep(32)):fetch()) end
    function actions.close(client) client:close() end
    local at, reached = 1, true
    while reached and at < most do
      local client, count = fresh(), 0
      reached = false
      local function hook()
        count = count + 1
        if count < at or reached then return end
        debug.sethook()
        reached = true
        -- LuaJIT refuses to read a file while it reads it: so may the hook's own call be.
        local ok, problem = pcall(actions[action_name], client)
        assert(ok or tostring(problem):find("loop or previous error", 1, true), problem)
      end
      debug.sethook(hook, "", 1)
      local value, err = client.v2.flows("FW" .. ("0"):rep(32)):fetch()
      debug.sethook()
      if not value then assert(action_name == "close" and err.kind == "cancelled", tostring(err)) end
      at = at + 1 + math.floor(at / 50)
    end
    print(at > 100 and "ok" or "no hook ran")
  ]==]

  for action, does in pairs { fetch = "fetches", close = "closes the client" } do
    it(("that %s may run anywhere in a first fetch"):format(does), function()
      assert.equal("ok\nstatus=0\n", child.run(first_use, { arguments = { action } }))
    end)
  end

  it("that closes the client ends a sleep, wherever it runs", function()
    local sleeping = [==[
      local studio = require "studio"
      local at, reached = 1, true
      while reached and at < 3000 do
        local client = studio.new {
          account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32), transport = { send = function() end },
        }
        client:sleep(0)
        local count = 0
        reached = false
        debug.sethook(function()
          count = count + 1
          -- The heap of timers is no heap while it changes. Nothing is allocated there, so that no finalizer can meet it so.
          if count < at or reached or debug.getinfo(2, "S").source:find("timers.lua", 1, true) then return end
          debug.sethook()
          reached = true
          client:close()
        end, "", 1)
        local slept, err = client:sleep(0.001)
        debug.sethook()
        assert(slept or err.kind == "cancelled", tostring(err))
        at = at + 1 + math.floor(at / 50)
      end
      print(at > 100 and "ok" or "no hook ran")
    ]==]
    assert.equal("ok\nstatus=0\n", child.run(sleeping, { before = "timeout 60 env" }))
  end)
end)
