-- Seen: a finalizer of the program's that closed its client inside `client:spawn` left pending at 1 for ever; one that took a turn of the
-- client between the start of a transfer and the wait for it lost the wakeup, and the call waited past its timeout (kind 2, too); `close()`
-- raised what the `__tostring` of a failed task's problem raised, and the transport stayed open.
local core = require "studio.core"
local child = require "spec.child"
local finalizers = require "spec.finalizers"
local support = require "spec.support"

local MOST = 400 -- collections in one work, by far

describe("A finalizer of the program's", function()
  local emulator = support.emulator()
  local service, client, flow

  local function open()
    client = support.client(service, { timeout = 5 })
    flow = client.v1.flows(service.flows.survey)
  end

  before_each(function()
    service = emulator()
    open()
    assert(flow:fetch())
  end)

  after_each(function() client:close() end)

  local function is_fine(value, err)
    if value ~= nil then return true end
    return err.kind == "cancelled"
  end

  -- Each gives whether it ended as it may: with what it is for, or as cancelled.
  local works = {
    ["a fetch in a task"] = function()
      local task, err = client:spawn(function() return flow:fetch() end)
      if not task then return is_fine(nil, err) end
      return is_fine(task:wait(10))
    end,
    ["a fetch"] = function() return is_fine(flow:fetch()) end,
    ["a sleep in a task"] = function()
      local task, err = client:spawn(function() return client:sleep(0.001) end)
      if not task then return is_fine(nil, err) end
      return is_fine(task:wait(10))
    end,
    ["a task that waits for another"] = function()
      local task, err = client:spawn(function()
        local other, problem = client:spawn(function() return flow:fetch() end)
        if not other then return nil, problem end
        return other:wait(10)
      end)
      if not task then return is_fine(nil, err) end
      return is_fine(task:wait(10))
    end,
    ["a map"] = function()
      local ok, err = pcall(function()
        local count = 0
        for _, one, problem in client:map({ 1, 2, 3 }, function() return flow:fetch() end) do
          assert(is_fine(one, problem))
          count = count + 1
        end
        assert.are.equal(3, count)
      end)
      return ok or type(err) == "table" and err.kind == "cancelled", err
    end,
  }

  local actions = {
    ["closes the client"] = function() client:close() end,
    ["takes a turn of it"] = function() client:step(0.02) end,
    ["spawns a task and takes turns"] = function()
      if not client:spawn(function() return flow:fetch() end) then return end
      for _ = 1, 5 do client:step(0.005) end
    end,
    ["makes a call"] = function() flow:fetch() end,
  }

  for name, action in pairs(actions) do
    for work_name, work in pairs(works) do
      it(("that %s may run anywhere in %s"):format(name, work_name), function()
        local n = 0
        repeat
          n = n + 1
          local begun = core.now()
          local acted, ended_well, problem = finalizers.run_at(n, action, work)
          assert.is_true(ended_well, ("at collection %d: %s"):format(n, tostring(problem)))
          assert.is_true(core.now() - begun < 8, "the wait went on past its timeout")
          for _ = 1, 200 do
            if client:step(0.05) == 0 then break end
          end
          assert.are.equal(0, client:pending())
          if tostring(client):find("closed") then open() end
        until not acted or n == MOST
        assert.is_true(n > 3 and n < MOST, ("%d collections"):format(n))
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
    while client:step(0.01) > 0 do end
    client:close()
    assert.is_true(server:wait("^eof 1"))
    assert.are.equal(2, #told)
    assert.truthy(told[1]:find("__tostring", 1, true))
    server:stop()
  end)
end)
