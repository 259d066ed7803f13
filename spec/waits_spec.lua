-- Waits of every kind, chosen at random and many at once, in every way there is to wait: none takes longer than it should.
local core = require "studio.core"
local support = require "spec.support"
local ways = require "spec.ways"

-- Seconds: how long each way is tried, and how much too long a wait may be: less than a turn in which nothing happens.
local TRIED, EXCESS = 1, 0.8
local WORKERS, DELAYS, STEP = 8, 6, 0.05
-- Seconds, of an answer that nobody waits for as long.
local VERY_LATE = 3

-- The same on every interpreter.
local state
local function random(count)
  state = state * 16807 % 2147483647
  return state % count + 1
end

-- Starts a task that another one may cancel, and gives it and a function: how long it has to end, given how long it would take.
local function start(try, run)
  local one = { task = try.client:spawn(run), began = core.now() }
  try.tasks[random(WORKERS)] = one
  return one.task, function(seconds) return math.min(seconds, one.cancelled and one.cancelled - one.began or seconds) end
end

-- Each is given a delay: seconds; a function that makes a call of which the answer takes as long; and one of which it takes far longer. It
-- gives how long it may take.
local works = {}

function works.call(_, delay, call)
  call()
  return delay
end

function works.timeout(_, delay, _, call_in_vain)
  call_in_vain { timeout = delay }
  return delay
end

function works.sleep(try, delay)
  try.client:sleep(delay)
  return delay
end

function works.task(try, delay, call)
  local task, at_most = start(try, call)
  task:wait()
  return at_most(delay)
end

function works.task_in_task(try, delay, call)
  local task, at_most = start(try, function() return try.client:spawn(call):wait() end)
  task:wait()
  return at_most(delay)
end

function works.task_for_a_while(try, delay, _, call_in_vain)
  local task, at_most = start(try, call_in_vain)
  task:wait(delay)
  task:cancel()
  return at_most(delay)
end

function works.cancelled_task(try, delay, _, call_in_vain)
  local task = try.client:spawn(call_in_vain)
  try.client:spawn(function()
    try.client:sleep(delay)
    task:cancel()
  end)
  task:wait()
  return delay
end

function works.cancel(try)
  local place = random(WORKERS)
  local one = try.tasks[place]
  if one and not one.task:done() then
    one.cancelled = core.now()
    one.task:cancel()
  end
  return 0
end

function works.map(try, delay, call)
  local function either(number)
    if number == 1 then return call() end
    return try.client:sleep(delay)
  end
  for _ in try.client:map({ 1, 2, 3 }, either, { concurrency = random(3) }) do
    if random(4) == 1 then break end
  end
  return 3 * delay
end

function works.dropped_map(try, delay, call, call_in_vain)
  local iterate = try.client:map({ 1, 2 }, function(number)
    if number == 1 then return call() end
    return call_in_vain()
  end)
  iterate()
  iterate = nil -- luacheck: ignore
  if random(2) == 1 then collectgarbage() end
  return delay
end

local names = {}
for name in pairs(works) do names[#names + 1] = name end
table.sort(names)

-- Works until the time is over, and notes what took too long.
local function work(try)
  local client = try.client
  repeat
    local name, number, began = names[random(#names)], random(DELAYS), core.now()
    local function call(options) return client:request("GET", ("/v1/delayed-%d/"):format(number), options) end
    local function call_in_vain(options) return client:request("GET", "/v1/very-late/", options) end
    local most = works[name](try, number * STEP, call, call_in_vain)
    local took = core.now() - began
    try.count = try.count + 1
    if took > most + EXCESS then try.late[#try.late + 1] = ("%s: %.3f seconds, %.3f at most"):format(name, took, most) end
  until core.now() > try.ends_at
end

describe("No wait is too long", function()
  local emulator = support.emulator()

  for index, way in ipairs(ways) do
    -- The protocol that LuaJIT does not try in a way Lua does.
    local is_http2 = (index % 2 == 0) == (rawget(_G, "jit") == nil)
    it(("%s, over %s"):format(way.name, is_http2 and "HTTP/2" or "HTTP/1.1"), function()
      local service = emulator()
      for number = 1, DELAYS do
        service:fault { path = ("/v1/delayed-%d/"):format(number), delay = number * STEP, times = math.huge }
      end
      service:fault { path = "/v1/very-late/", delay = VERY_LATE, times = math.huge }
      state = 100 * index
      local client = support.client(service, {
        base_url = is_http2 and service.tls_url or service.base_url, ca_file = is_http2 and service.ca_file or nil, retry = false,
        wait = way.wait,
      })
      local try = { client = client, tasks = {}, late = {}, count = 0, ends_at = core.now() + TRIED }
      way.run(client, function()
        local workers = {}
        for number = 1, WORKERS do workers[number] = client:spawn(work, try) end
        for _, worker in ipairs(workers) do worker:wait() end
      end)
      assert.are.same({}, try.late)
      assert.is_true(try.count > WORKERS)
      client:close()
    end)
  end
end)
