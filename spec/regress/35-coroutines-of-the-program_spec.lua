-- Seen with the option `wait`, under luv and select(): a coroutine that waited for a task or for an answer found out after its sleep, up to
-- ten seconds later, that another one had cancelled the task or closed the client; the descriptor that it slept on was closed under it; and
-- two that slept woke each other all the time.
local core = require "studio.core"
local descriptors = require "spec.descriptors"
local socket = require "socket"
local support = require "spec.support"

-- Seconds: when a wait is ended, how long it takes else, and what is early enough.
local ENDED_AFTER, DELAY, EARLY = 0.1, 5, 2.5

local sleeps_so_far = 0

-- What a coroutine yields that sleeps.
local function sleep_on(pollable, seconds)
  sleeps_so_far = sleeps_so_far + 1
  coroutine.yield { getfd = function() return pollable:pollfd() end, wakes_at = core.now() + seconds }
end

-- Runs functions as coroutines that `sleep_on` suspends, by select(), until all have returned.
local function run_all(...)
  local sleeps = {}
  local function go_on(thread)
    local ok, sleep = coroutine.resume(thread)
    if not ok then error(sleep, 0) end
    sleeps[thread] = coroutine.status(thread) == "suspended" and sleep or nil
  end
  for _, run in ipairs { ... } do go_on(coroutine.create(run)) end
  while next(sleeps) do
    local first, polled = math.huge, {}
    for _, sleep in pairs(sleeps) do
      first = math.min(first, sleep.wakes_at)
      if sleep.getfd then polled[#polled + 1] = sleep end
    end
    local readable = socket.select(polled, nil, math.max(0, first - core.now()))
    local woken = {}
    for thread, sleep in pairs(sleeps) do
      -- All have the same descriptor, and select() names but one of them.
      if readable[1] and sleep.getfd or sleep.wakes_at <= core.now() then woken[#woken + 1] = thread end
    end
    for _, thread in ipairs(woken) do go_on(thread) end
  end
end

describe("A wait by a function of the program's", function()
  local emulator = support.emulator()

  local waits = {}

  function waits.call(_, fetch) return fetch() end

  function waits.sleep(client) return client:sleep(DELAY) end

  function waits.task(client, fetch, keep)
    local task = client:spawn(fetch)
    keep(task)
    return task:wait()
  end

  function waits.sleeping_task(client, _, keep)
    local task = client:spawn(function() return client:sleep(DELAY) end)
    keep(task)
    return task:wait()
  end

  function waits.drain(client, fetch, keep)
    keep(client:spawn(fetch))
    assert.is_true(client:drain())
    return nil, { kind = "cancelled" }
  end

  function waits.map(client, fetch)
    local _, value, err = client:map({ 1, 2 }, fetch)()
    return value, err
  end

  for name, wait in pairs(waits) do
    for _, how in ipairs { "cancels its task", "closes the client" } do
      local can_be = how == "closes the client" or name == "drain" or name:find "task"
      local title = ("for a %s is over as soon as another coroutine %s"):format(name:gsub("_", " "), how)
      if can_be then it(title, function()
        local service = emulator()
        local client = support.client(service, { retry = false, wait = sleep_on })
        local function fetch() return client.v1.flows(service.flows.survey):fetch() end
        local task, took, value, err
        local before = descriptors.count()
        service:fault { path = "/v1/", delay = DELAY, times = 2 }
        run_all(function()
          local began = core.now()
          value, err = wait(client, fetch, function(one) task = one end)
          took = core.now() - began
        end, function()
          coroutine.yield { wakes_at = core.now() + ENDED_AFTER }
          if how == "closes the client" then client:close() else task:cancel() end
        end)
        assert.is_nil(value)
        assert.are.equal("cancelled", err.kind)
        assert.is_true(took < EARLY, took)
        client:close()
        assert.are.equal(before, descriptors.count())
      end) end
    end
  end

  for _, name in ipairs { "call", "sleep" } do
    it(("for a %s lets several coroutines sleep"):format(name), function()
      local service = emulator()
      local client = support.client(service, { retry = false, wait = sleep_on })
      local function fetch() return assert(client.v1.flows(service.flows.survey):fetch()) end
      run_all(fetch)
      service:fault { path = "/v1/", delay = 0.3, times = 3 }
      sleeps_so_far = 0
      local function wait()
        if name == "call" then fetch() else assert(client:sleep(0.3)) end
      end
      run_all(wait, wait, wait)
      assert.is_true(sleeps_so_far < 100, sleeps_so_far)
      client:close()
    end)
  end

  it("leaves the descriptor to the others that sleep on it", function()
    local service = emulator()
    local client = support.client(service, { retry = false, wait = sleep_on })
    local ended = 0
    local function sleep()
      local value, err = client:sleep(DELAY)
      assert.is_nil(value)
      assert.are.equal("cancelled", err.kind)
      ended = ended + 1
    end
    local before, began = descriptors.count(), core.now()
    run_all(sleep, sleep, sleep, function()
      coroutine.yield { wakes_at = core.now() + ENDED_AFTER }
      client:close()
    end)
    assert.are.equal(3, ended)
    assert.is_true(core.now() - began < EARLY)
    assert.is_nil(client:pollfd())
    assert.are.equal(before, descriptors.count())
  end)
end)
