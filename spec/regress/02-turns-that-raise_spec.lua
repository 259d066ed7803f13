-- Seen: a task of one client that waited, where nothing can yield, for a task of another client that called the first one, waited for
-- ever, past timeout and deadline. An error in the middle of a turn (Ctrl-C in a REPL, the hook of a watchdog) left the client as one that
-- takes a turn, so that waits inside other clients' tasks ended in their timeout, or its queue of tasks stuck for good. On LuaJIT, where
-- the error of a finalizer comes out at any allocation, such a one left a failing task pending, or a client half closed. One in the middle
-- of the end of a task left it pending for ever, and one in `task:cancel()` a task that nothing would wake.
local child = require "spec.child"
local support = require "spec.support"

local prelude = [==[
  local core = require "studio.core"
  local studio = require "studio"
  local base_url, account_sid, auth_token, sid = arg[1], arg[2], arg[3], arg[4]
  local function new()
    return studio.new {
      base_url = base_url, account_sid = account_sid, auth_token = auth_token, timeout = 2, deadline = 3, retry = false,
      on_event = function() end,
    }
  end
  local function fetch(client) return client.v1.flows(sid):fetch() end
  local jit_library = rawget(_G, "jit")
]==]

describe("A turn", function()
  local emulator = support.emulator()

  local function run(program, ...)
    local service = emulator()
    return child.run(prelude .. program, {
      arguments = { service.base_url, service.account_sid, service.auth_token, service.flows.survey, ... },
    })
  end

  local places = {
    ["string.gsub"] = '("x"):gsub(".", function() value, err = inner() end)',
    ["table.sort"] = "table.sort({ 2, 1 }, function() if not value then value, err = inner() end return false end)",
    ["coroutine.wrap"] = "value, err = coroutine.wrap(inner)()",
    ["__tostring"] = 'tostring(setmetatable({}, { __tostring = function() value, err = inner() return "" end }))',
    ["a task, where it can yield"] = "value, err = inner()",
  }
  for name, place in pairs(places) do
    it("brings what a task of another client waits for that this one's task waits for, inside " .. name, function()
      local said = run(([[
        local a, b = new(), new()
        local function inner() return b:spawn(function() return fetch(a) end):wait(5) end
        local value, err
        a:spawn(function()
          %s
        end):wait(8)
        print(value and value.sid == sid and "answered" or err)
        local other
        a:spawn(function()
          b:spawn(function() other = fetch(a) end)
          ;("x"):gsub(".", function() fetch(b) b:sleep(0.2) end)
        end):wait(8)
        print(other and "driven")
        print(a:pending(), b:pending(), a:drain(1), b:drain(1))
      ]]):format(place))
      assert.equal("answered\ndriven\n0\t0\ttrue\ttrue\nstatus=0\n", said)
    end)
  end

  it("that raises leaves everything to the next one, wherever that was", function()
    local said = run [[
      if jit_library then jit_library.off() end
      local function raise_at(number, work)
        local count, raised = 0, false
        local function hook()
          local source = debug.getinfo(2, "S").source
          local name = source:match "waiting/([a-z]+)%.lua$"
          if name ~= "loop" and name ~= "turns" then return end
          count = count + 1
          if count < number or raised then return end
          raised = true
          debug.sethook()
          error("on purpose", 0)
        end
        debug.sethook(hook, "l")
        pcall(work)
        debug.sethook()
        return raised
      end
      local number, bad = 0, 0
      local a, b = new(), new()
      fetch(a) fetch(b)
      a:spawn(fetch, b):wait() -- a file of which the reading was broken off stays unreadable in LuaJIT
      repeat
        number = number + 1
        local raised = raise_at(number, function() a:spawn(function() return fetch(a) end):wait(2) end)
        local value = a:spawn(function() return fetch(a) end):wait(4)
        local nested = b:spawn(function() return fetch(a) end):wait(4)
        local drained = a:drain(4)
        if not (value and nested and drained and a:pending() == 0) then
          bad = bad + 1
          print("place", number, value, nested, drained, a:pending())
        end
      until not raised or bad == 3
      print(number > 50, bad)
    ]]
    assert.equal("true\t0\nstatus=0\n", said)
  end)

  it("that raises in the middle of a task's end or beginning leaves none pending", function()
    local said = run [[
      require "studio.all" -- a file of which the reading was broken off stays unreadable in LuaJIT
      if jit_library then jit_library.off() end
      local function raise_at(number, work)
        local count, raised = 0, false
        debug.sethook(function()
          if raised or not debug.getinfo(2, "S").source:find("waiting/task.lua", 1, true) then return end
          count = count + 1
          if count < number then return end
          raised = true
          debug.sethook()
          error("on purpose", 0)
        end, "l")
        pcall(work)
        debug.sethook()
        return raised
      end
      local a = new()
      fetch(a)
      local function go() return fetch(a) end
      local works = {}
      function works.wait() a:spawn(go):wait(2) end
      function works.fail() pcall(a:spawn(error, "on purpose").wait) a:drain(2) end
      function works.cancel()
        local task = a:spawn(go)
        a:step(0)
        task:cancel()
      end
      function works.cancel_unbegun() a:spawn(go):cancel() end
      function works.cancel_in_task()
        a:spawn(function()
          local task = a:spawn(go)
          a:sleep(0)
          task:cancel()
        end)
        a:drain(2)
      end
      function works.map() for _ in a:map({ 1, 2 }, go) do end end
      function works.map_in_task() a:spawn(works.map) a:drain(2) end
      for name, work in pairs(works) do
        local number, bad, raised = 0, 0, nil
        repeat
          number = number + 1
          raised = raise_at(number, work)
          local began = core.now()
          a:step(0)
          local drained = a:drain(1)
          if not drained or a:pending() ~= 0 or core.now() - began > 0.9 then
            bad = bad + 1
            print(name, number, drained, a:pending())
            a:close()
            a = new()
          end
        until not raised or bad == 3
        if number < 5 or bad > 0 then print(name, number, bad) end
      end
      print "done"
    ]]
    assert.truthy(said:find("done\nstatus=0\n$"), said)
    assert.is_nil(said:find("^[a-z_]+\t%d"), said)
    assert.is_nil(said:find("\n[a-z_]+\t%d"), said)
  end)

  it("is not needed behind a call that an error has broken off: the next one waits, and does not ask again and again", function()
    local service = emulator()
    service:fault { delay = 1.2 }
    service:fault { delay = 2.5 }
    local said = run [[
      if jit_library then jit_library.off() end
      collectgarbage "stop"
      local client = studio.new { base_url = base_url, account_sid = account_sid, auth_token = auth_token, retry = false }
      local began, steps = core.now(), 0
      debug.sethook(function()
        if core.now() - began < 0.9 then return end
        debug.sethook()
        error("on purpose", 0)
      end, "l")
      print(pcall(fetch, client))
      debug.sethook(function() if debug.getinfo(2, "n").name == "drive" then steps = steps + 1 end end, "c")
      local value = fetch(client)
      debug.sethook()
      print(value and value.sid == sid, steps < 20)
    ]]
    assert.equal("false\ton purpose\ntrue\ttrue\nstatus=0\n", said)
  end)

  it("of LuaJIT leaves no task and no client half done, wherever a finalizer raises", function()
    if not rawget(_G, "jit") then return pending "an error of a finalizer is a warning in this Lua, or comes out of the collector alone" end
    local said = run [[
      require "studio.all" -- a file of which the reading was broken off stays unreadable in LuaJIT
      local finalizers = require "spec.finalizers"
      local works = {}
      function works.failing(client) client:spawn(error, "a failure"):wait(1) end
      function works.failing_with_a_table(client) client:spawn(error, {}):wait(1) end
      function works.close(client)
        for _ = 1, 3 do client:spawn(function() return client:sleep(1) end) end
        client:spawn(error, "x")
        client:step(0)
        client:step(0)
        client:close()
      end
      for name, work in pairs(works) do
        local number, bad = 0, 0
        repeat
          number = number + 1
          local client, acted = new(), false
          fetch(client)
          pcall(finalizers.run_at, number, function() acted = true error("on purpose", 0) end, function() work(client) end)
          if name == "close" then client:close() else client:drain(0.5) end
          if client:pending() ~= 0 then
            bad = bad + 1
            print(name, number, client:pending())
          end
          client:close()
        until not acted or bad == 3
        print(number > 10, bad)
      end
    ]]
    assert.equal(("true\t0\n"):rep(3) .. "status=0\n", said)
  end)
end)
