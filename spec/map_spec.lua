--- client:map: what it gives and when, what it starts and when, and what becomes of the rest.
local child = require "spec.child"
local core = require "studio.core"
local support = require "spec.support"

local function pack(...)
  return { n = select("#", ...), ... }
end

local function numbers(count)
  local list = {}
  for index = 1, count do list[index] = index end
  return list
end

-- Counts how many requests are in hand at once, and answers each after some time.
local counting_server = [[
  while true do
    local request = connection:request()
    if not request then return end
    busy = (busy or 0) + 1
    connection:log("busy " .. busy)
    connection:wait(0.05)
    busy = busy - 1
    connection:answer('{"sid":"FW00000000000000000000000000000001"}')
  end]]

describe("A map", function()
  local emulator = support.emulator()
  local service, client, flow

  before_each(function()
    service = emulator()
    client = support.client(service)
    flow = client.v1.flows(service.flows.survey)
  end)

  after_each(function() client:close() end)

  -- All that a map gives, as a list of packed results.
  local function gather(...)
    local all = {}
    local iterate = client:map(...)
    while true do
      local result = pack(iterate())
      if result[1] == nil then return all, result end
      all[#all + 1] = result
    end
  end

  it("gives each value with what the function returned for it", function()
    local found = {}
    for number, sid, double in client:map(numbers(10), function(number) return assert(flow:fetch()).sid, 2 * number end) do
      assert.are.equal(service.flows.survey, sid)
      assert.are.equal(2 * number, double)
      found[#found + 1] = number
    end
    table.sort(found)
    assert.are.same(numbers(10), found)
    assert.are.equal(10, #service:requests())
  end)

  it("gives results in the order of completion", function()
    service:fault { pattern = service.flows.survey, delay = 0.5 }
    service:fault { pattern = service.flows.reminder, delay = 0.2 }
    local order = {}
    for name in client:map({ "survey", "reminder", "support" }, function(name)
      return assert(client.v1.flows(service.flows[name]):fetch())
    end) do order[#order + 1] = name end
    assert.are.same({ "support", "reminder", "survey" }, order)
  end)

  it("takes an array, an iterator, a table that can be called, and each()", function()
    local function sum(source)
      local total = 0
      for _, number in client:map(source, function(number) return number end) do total = total + number end
      return total
    end
    local function counter()
      local at = 0
      return function()
        at = at + 1
        if at <= 4 then return at end
      end
    end
    assert.are.equal(10, sum { 1, 2, 3, 4 })
    assert.are.equal(10, sum(counter()))
    assert.are.equal(10, sum(setmetatable({}, { __call = counter() })))
    local sids = {}
    for engagement, again in client:map(flow.engagements:each { page_size = 5, limit = 17 }, function(e) return assert(e:fetch()) end) do
      assert.are.equal(engagement.sid, again.sid)
      sids[engagement.sid] = true
    end
    local count = 0
    for _ in pairs(sids) do count = count + 1 end
    assert.are.equal(17, count)
  end)

  it("hands the function all that an iterator gives", function()
    local function source(_, at)
      at = (at or 0) + 1
      if at <= 3 then return at, nil, "third" end
    end
    local at = 0
    local all = gather(function()
      at = at + 1
      return source(nil, at - 1)
    end, function(...) return pack(...) end)
    assert.are.equal(3, #all)
    for _, result in ipairs(all) do assert.are.same({ n = 3, result[1], nil, "third" }, result[2]) end
  end)

  it("gives nothing for nothing, again and again", function()
    local iterate = client:map({}, function() end)
    assert.is_nil(iterate())
    assert.is_nil(iterate())
    for _ in client:map(function() end, error) do error("there is nothing") end
  end)

  it("gives nil and false as the function returned them", function()
    local all = gather({ 1 }, function() return nil, "reason" end)
    assert.are.same({ { n = 3, 1, nil, "reason" } }, all)
    assert.are.same({ { n = 1, 1 } }, (gather({ 1 }, function() end)))
    assert.are.same({ { n = 4, 1, false, nil, nil } }, (gather({ 1 }, function() return false, nil, nil end)))
  end)

  it("takes false for a value like any other", function()
    local all = gather({ true, false, true }, function(value) return not value end)
    assert.are.equal(3, #all)
    for _, result in ipairs(all) do assert.are.equal(not result[1], result[2]) end
  end)

  it("gives nil and what was raised where the function raised, and goes on", function()
    local object = setmetatable({}, { __tostring = function() return "mine" end })
    local problems, good = {}, 0
    for number, value, problem in client:map(numbers(6), function(number)
      if number == 2 then error("two is too many") end
      if number == 4 then error(object) end
      return number
    end) do
      if problem then problems[number] = problem else good = good + value end
    end
    assert.are.equal(1 + 3 + 5 + 6, good)
    assert.truthy(problems[2]:find("two is too many\nstack traceback:", 1, true))
    assert.are.equal(object, problems[4])
  end)

  it("gives errors of calls as the function returned them", function()
    local all = gather({ 1 }, function() return client.v1.flows("FW" .. ("9"):rep(32)):fetch() end)
    assert.is_nil(all[1][2])
    assert.are.equal(404, all[1][3].status)
  end)

  it("pulls from its source as far as there is room, and no further", function()
    local pulled = 0
    local iterate = client:map(function()
      pulled = pulled + 1
      return pulled
    end, function(number) return number end, { concurrency = 3 })
    assert.are.equal(0, pulled)
    for turn = 1, 20 do
      iterate()
      assert.is_true(pulled < turn + 6, pulled .. " pulled for " .. turn)
    end
  end)

  it("does not run ahead of a loop that is slow", function()
    local pulled, given = 0, 0
    for _ in client:map(function()
      pulled = pulled + 1
      if pulled <= 60 then return pulled end
    end, function(number) return number end, { concurrency = 5 }) do
      given = given + 1
      assert.is_true(pulled - given <= 10, pulled .. " pulled, " .. given .. " given")
      if given % 10 == 0 then assert(flow:fetch()) end
    end
    assert.are.equal(60, given)
  end)

  it("raises its source's error when all results have been given", function()
    service:fault { delay = 0.1, times = 2 }
    local object, results = {}, {}
    local at = 0
    local fine, problem = pcall(function()
      for number, sid in client:map(function()
        at = at + 1
        if at == 3 then error(object) end
        return at
      end, function() return assert(flow:fetch()).sid end) do results[number] = sid end
    end)
    assert.is_false(fine)
    assert.are.equal(object, problem)
    assert.are.same({ service.flows.survey, service.flows.survey }, results)
    assert.are.equal(3, at)
    assert.are.equal(0, client:pending())
  end)

  it("raises the error object of a list that breaks off", function()
    service:fault { times = 1, pattern = "Engagements$" }
    service:fault { times = 1, pattern = "Engagements$", status = 400 }
    local count = 0
    local fine, err = pcall(function()
      for _ in client:map(flow.engagements:each { page_size = 10 }, function() end) do count = count + 1 end
    end)
    assert.is_false(fine)
    assert.are.equal(400, err.status)
    assert.are.equal(10, count)
  end)

  it("has never more in hand than concurrency says", function()
    local server = child.server(counting_server)
    local counted = support.client { base_url = server.origin, account_sid = service.account_sid, auth_token = service.auth_token }
    for _ in counted:map(numbers(40), function()
      return assert(counted.v1.flows(service.flows.survey):fetch())
    end, { concurrency = 7 }) do assert.is_true(counted:pending() <= 7) end
    local most = 0
    for _, line in ipairs(server:log()) do most = math.max(most, tonumber(line:match("^busy (%d+)") or 0)) end
    assert.are.equal(7, most)
    assert.are.equal(40, server:count("^request"))
    assert.is_true(server:count("^connection") <= 7)
    counted:close()
    server:stop()
  end)

  -- Values, and the moments at which a map asked for each: the task begins at once then, but on a slow machine it is a while until it
  -- looks at the clock.
  local function timed(count)
    local moments = {}
    return moments, function()
      if #moments == count then return nil end
      moments[#moments + 1] = core.now()
      return #moments
    end
  end

  local ROUNDING = 1e-6

  it("starts evenly at the rate that it is given", function()
    local starts, source = timed(15)
    local began = core.now()
    for _, flow_or_nil in client:map(source, function() return flow:fetch() end, { rate = 30 }) do assert.truthy(flow_or_nil) end
    assert.is_true(starts[15] - began >= 14 / 30 - ROUNDING)
    local hasty = 0
    for index = 3, 15 do
      if starts[index] - starts[index - 2] < 1 / 30 - ROUNDING then hasty = hasty + 1 end
    end
    assert.are.equal(0, hasty)
  end)

  it("keeps the rate however slow its loop is, and makes up for nothing", function()
    local starts, source = timed(8)
    for number in client:map(source, function() end, { rate = 50 }) do
      if number == 3 then os.execute("sleep 0.3") end
    end
    assert.is_true(starts[8] - starts[5] >= 2 / 50 - ROUNDING)
  end)

  it("starts less often than once a second, too", function()
    local began, last = core.now(), nil
    for _ in client:map(numbers(2), function() last = core.now() end, { rate = 0.8 }) do end -- luacheck: ignore 542
    assert.is_true(last - began >= 1 / 0.8 - ROUNDING)
  end)

  it("works inside tasks, and inside the function of another map", function()
    local task = client:spawn(function()
      local total = 0
      for _, sum in client:map({ 10, 20, 30 }, function(base)
        local inner = 0
        for _, value in client:map({ 1, 2 }, function(more)
          assert(flow:fetch())
          return base + more
        end) do inner = inner + value end
        return inner
      end, { concurrency = 2 }) do total = total + sum end
      return total
    end)
    assert.are.equal(2 * 60 + 3 * 3, task:wait())
    assert.are.equal(6, #service:requests())
  end)

  it("may be shared by several tasks", function()
    local iterate = client:map(numbers(30), function(number)
      assert(flow:fetch())
      return number
    end, { concurrency = 6 })
    local seen, tasks = {}, {}
    for index = 1, 4 do
      tasks[index] = client:spawn(function()
        for number in iterate do seen[#seen + 1] = number end
        return true
      end)
    end
    for index = 1, 4 do assert.is_true(tasks[index]:wait()) end
    table.sort(seen)
    assert.are.same(numbers(30), seen)
  end)

  it("counts as pending what is in hand", function()
    service:fault { delay = 0.2, times = 5 }
    local iterate = client:map(numbers(5), function() return assert(flow:fetch()) end, { concurrency = 3 })
    assert.are.equal(0, client:pending())
    assert.is_number(iterate())
    assert.is_true(client:pending() <= 3)
    while iterate() do end -- luacheck: ignore 542
    assert.are.equal(0, client:pending())
  end)

  it("ends the rest when its loop is left early", function()
    local server = child.server [[
      local request = connection:request()
      if number == 1 then return connection:answer('{"sid":"FW00000000000000000000000000000001"}') end
      connection:request()]]
    local left = support.client { base_url = server.origin, account_sid = service.account_sid, auth_token = service.auth_token }
    local function leave()
      local started = 0
      for _ in left:map(numbers(10), function() -- luacheck: ignore 512
        started = started + 1
        return left.v1.flows(service.flows.survey):fetch()
      end, { concurrency = 4 }) do
        assert.is_true(server:wait("^request 4"))
        break
      end
      return started
    end
    assert.are.equal(4, leave())
    -- Lua 5.4 closes what a loop leaves, elsewhere the collector finds it.
    if not coroutine.close then
      support.collect()
    end
    assert.are.equal(0, left:pending())
    for index = 2, 4 do assert.is_true(server:wait("^eof " .. index)) end
    left:step(0)
    assert.are.equal(4, server:count("^request"))
    left:close()
    server:stop()
  end)

  it("ends the rest when its loop is left early, although what is closed then spawns tasks", function()
    if not coroutine.close then return end
    local run = assert(load [[
      local client, number = ...
      local closes <close> = setmetatable({}, { __close = function()
        for _ = 1, 40 do client:spawn(function() end) end
      end })
      while number > 1 do coroutine.yield() end
      return number]])
    for number in client:map(numbers(12), function(number) return run(client, number) end) do -- luacheck: ignore 512
      assert.are.equal(1, number)
      break
    end
    assert.are.equal(12 * 40, client:pending())
    assert.are.equal(0, client:step(1))
  end)

  it("ends the rest when an error leaves its loop", function()
    service:fault { delay = 5, times = 3 }
    service:fault { times = 100 }
    local fine = pcall(function()
      for number in client:map(numbers(4), function() return flow:fetch() end) do assert(number > 4, "enough") end
    end)
    assert.is_false(fine)
    support.collect()
    assert.are.equal(0, client:pending())
  end)

  it("never ends silently when the client closes", function()
    service:fault { delay = 5, times = 10 }
    service:fault { times = 100 }
    local kinds, first = {}, true
    local fine, problem = pcall(function()
      for _, value, err in client:map(numbers(30), function(number)
        if number == 1 then return "first" end
        return flow:fetch()
      end, { concurrency = 4 }) do
        if first then client:close() end
        first = false
        kinds[#kinds + 1] = value or err.kind
      end
    end)
    assert.is_false(fine)
    assert.are.equal("cancelled", problem.kind)
    assert.are.equal("first", kinds[1])
    for index = 2, #kinds do assert.are.equal("cancelled", kinds[index]) end
    assert.are.equal("cancelled", select(2, pcall(client:map({ 1 }, error))).kind)
  end)

  it("is collected with what it has in hand, while the client lives on", function()
    service:fault { delay = 5, times = 4 }
    local function begin()
      local iterate = client:map(numbers(4), function() return flow:fetch() end)
      local task = client:spawn(function() return iterate() end)
      client:step(0.05)
      assert.are.equal(5, client:pending())
      task:cancel()
    end
    begin()
    support.collect()
    assert.are.equal(0, client:pending())
  end)

  -- A finalizer runs in the middle of anything, the loop's own work included.
  it("is ended by the client's next turn, not by the collector, when its iterator is dropped", function()
    local server = child.server "connection:request() connection:request()"
    local lonely = support.client({ base_url = server.origin, account_sid = service.account_sid, auth_token = service.auth_token })
    local went_on = false
    local function begin()
      local iterate = lonely:map(numbers(2), function(number)
        if number == 1 then return number end
        lonely.v1.flows(service.flows.survey):fetch()
        went_on = true
      end)
      assert.are.equal(1, iterate())
      while server:count("^request 1") == 0 do lonely:step(0.01) end
    end
    begin()
    support.collect()
    child.shell("sleep 0.1")
    assert.are.equal(0, server:count("^eof"))
    lonely:step(0)
    assert.is_true(server:wait("^eof 1"))
    assert.are.equal(0, lonely:pending())
    assert.is_false(went_on)
    lonely:close()
    server:stop()
  end)

  -- Its tasks serve one value after the other.
  it("gives each value what belongs to it, however the function ended for those before", function()
    local count, at = 400, 0
    local function source()
      at = at + 1
      if at > count then return nil end
      if at % 3 == 0 then return at, nil, at * 2, nil end
      return at
    end
    local function run(...)
      local given, number = pack(...), (...)
      assert(given.n == (number % 3 == 0 and 4 or 1) and (given.n == 1 or given[3] == number * 2))
      if number % 2 == 0 then assert(flow:fetch()) end
      if number % 5 == 0 then coroutine.yield() end
      if number % 7 == 0 then error("on purpose " .. number, 0) end
      if number % 11 == 0 then return end
      if number % 13 == 0 then return nil, number, nil end
      return -number
    end
    local seen = 0
    for _, result in ipairs(gather(source, run, { concurrency = 7 })) do
      local number = result[1]
      local expected = { n = 2, number, -number }
      if number % 7 == 0 then
        expected = { n = 3, number, nil, "on purpose " .. number }
        result[3] = result[3]:match("^on purpose %d+")
      elseif number % 11 == 0 then
        expected = { n = 1, number }
      elseif number % 13 == 0 then
        expected = { n = 4, number, nil, number, nil }
      end
      assert.are.same(expected, result)
      seen = seen + 1
    end
    assert.are.equal(count, seen)
  end)

  it("keeps nothing of what it has given", function()
    local alive = setmetatable({}, { __mode = "k" })
    local function source()
      local value = {}
      alive[value] = true
      return value
    end
    local function run()
      local result = {}
      alive[result] = true
      return result, result
    end
    local iterate = client:map(source, run, { concurrency = 3 })
    local function take() for _ = 1, 20 do assert(iterate()) end end
    take()
    support.collect()
    local count = 0
    for _ in pairs(alive) do count = count + 1 end
    -- Those that it has in hand: as many values, their results, and a value that a coroutine met last.
    assert.is_true(count <= 5, count)
    iterate = nil -- luacheck: ignore 311
  end)

  it("leaves nothing in the client when it is over, left early or dropped", function()
    local alive = setmetatable({}, { __mode = "k" })
    local function begin(most, is_left)
      local function run(number) return number end
      alive[run] = true
      local iterate, _, _, guard = client:map(numbers(10), run, { concurrency = 2 })
      for _ = 1, most do iterate() end
      if is_left and type(guard) == "table" then getmetatable(guard).__close(guard) end
    end
    begin(11)
    begin(5, true)
    begin(5, false)
    begin(2, true)
    begin(2, false)
    for _ = 1, 3 do -- a step has a budget of time, and leaves the rest to the next
      support.collect()
      client:step(0)
    end
    support.collect()
    assert.is_nil(next(alive))
    assert.are.equal(0, client:pending())
  end)

  it("of what is an empty array runs nothing", function()
    for _, source in ipairs { {}, { n = 0 }, require("studio").array() } do
      assert.is_nil((client:map(source, function() error("it ran") end)()))
    end
  end)

  it("is misused at the line of the program", function()
    local function refused(run, pattern)
      local fine, problem = pcall(run)
      assert.is_false(fine)
      assert.truthy(problem:find("^spec/map_spec.lua:" .. debug.getinfo(run, "S").linedefined .. ": " .. pattern), problem)
    end
    refused(function() client:map(nil, print) end, "map needs an array or an iterator, got nil")
    refused(function() client:map("text", print) end, "map needs an array or an iterator, got string")
    refused(function() client:map({ a = 1 }, print) end, "map needs an array or an iterator: .* no element 1, but has the key 'a'")
    refused(function() client:map({ nil, "x" }, print) end, "map needs an array or an iterator: .* no element 1, but has the key '2'")
    refused(function() client:map({}, nil) end, "map needs a function, got nil")
    refused(function() client:map({}, print, { concurrency = 0 }) end, "option 'concurrency' must be a whole number, 1 or more")
    refused(function() client:map({}, print, { concurrency = 1.5 }) end, "option 'concurrency'")
    refused(function() client:map({}, print, { rate = 0 }) end, "option 'rate' must be a number more than 0")
    refused(function() client:map({}, print, { rate = 0 / 0 }) end, "option 'rate' must be a number")
    refused(function() client:map({}, print, { rates = 1 }) end, "unknown option 'rates': did you mean 'rate'%?")
  end)
end)
