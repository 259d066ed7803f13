-- Seen: tasks shared coroutines, so what a program kept by `coroutine.running()`, and on 5.4 a hook that it had set, was found by an
-- unrelated later task. A task whose coroutine the program had closed was told to end only after "a wait inside it". One that yielded a
-- table whose `__eq` always says yes never went on. Tasks that shared the iterator of a list got records several times, errors about pages
-- that lead to themselves, and an error of Lua's at a line of the library.
local core = require "studio.core"
local studio = require "studio"
local support = require "spec.support"

describe("A task", function()
  local client

  before_each(function() client = support.offline(support.transport()) end)
  after_each(function() client:close() end)

  it("finds nothing that an earlier one kept by its coroutine", function()
    local kept, found = {}, 0
    local function visit()
      local thread = coroutine.running()
      if kept[thread] then found = found + 1 end
      kept[thread] = true
    end
    for _ = 1, 100 do client:spawn(visit):wait() end
    assert.are.equal(0, found)
    for _ in client:map(function() return client end, function()
      visit()
      if next(kept) and found == 0 then kept.count = (kept.count or 0) + 1 end
      return true
    end, { concurrency = 2 }) do
      if kept.count == 50 then break end
    end
    assert.are.equal(0, found)
    assert.are.equal(50, kept.count)
  end)

  it("runs without a hook that an earlier one set on itself", function()
    if rawget(_G, "jit") then return end -- LuaJIT has one hook for all coroutines
    local hooked = 0
    local function count() hooked = hooked + 1 end
    client:spawn(function() debug.sethook(count, "c") end):wait()
    hooked = 0
    client:spawn(function() return tostring(1) end):wait()
    for _ in client:map({ 1, 2, 3, 4 }, function(n) if n == 1 then debug.sethook(count, "c") end end, { concurrency = 1 }) do hooked = 0 end
    client:spawn(function() return tostring(1) end):wait()
    assert.are.equal(0, hooked)
  end)

  it("goes on after it has yielded what equals any table, and fails with such a one", function()
    local equal = setmetatable({}, { __eq = function() return true end })
    local task = client:spawn(function()
      coroutine.yield(equal)
      error(equal, 0)
    end)
    for _ = 1, 5 do client:step(0) end
    assert.is_true(task:done())
    local ok, problem = pcall(task.wait, task)
    assert.is_false(ok)
    assert.is_true(rawequal(equal, problem))
  end)

  -- Seen: it was told as cancelled, on LuaJIT as "cannot resume dead coroutine".
  it("gives what its function returned where the program has resumed it to its end", function()
    local thread
    local function suspend(...)
      thread = coroutine.running()
      coroutine.yield()
      return ...
    end
    local task = client:spawn(suspend, 42, nil)
    client:step(0)
    assert(coroutine.resume(thread))
    assert.are.same({ n = 2, 42 }, { n = select("#", task:wait(20)), (task:wait(20)) })
    client:spawn(suspend)
    client:step(0)
    assert(coroutine.resume(thread))
    assert.is_true(client:drain(20))
    for value, result, err in client:map({ 1 }, function(one)
      client:spawn(coroutine.resume, coroutine.running())
      coroutine.yield()
      client:sleep(0)
      return one + 1
    end) do
      assert.are.same({ 1, 2 }, { value, result, err })
    end
  end)

  it("is cancelled when the program closes its coroutine", function()
    if not coroutine.close then return end
    local thread
    local function suspend()
      thread = coroutine.running()
      coroutine.yield()
    end
    local task = client:spawn(suspend)
    client:step(0)
    assert.is_true(coroutine.close(thread))
    assert.are.equal("cancelled", select(2, task:wait(20)).kind)
    task = client:spawn(suspend)
    client:step(0)
    coroutine.close(thread)
    assert.is_true(client:drain(20))
    assert.is_true(task:done())
    for _, value, err in client:map({ 1 }, function() client:spawn(coroutine.close, coroutine.running()) coroutine.yield() end) do
      assert.is_nil(value)
      assert.are.equal("cancelled", err.kind)
    end
  end)
end)

describe("Tasks that share an iterator", function()
  local RECORDS = 25
  local client

  -- Pages of `page_size` records, whose answers come a while after they are asked for, the later ones sooner.
  local function serve(request)
    local size = tonumber(request.url:match "PageSize=(%d+)")
    local page = tonumber(request.url:match "Page=(%d+)") or 0
    client:sleep(0.002 * core.random())
    local records = {}
    for number = page * size + 1, math.min((page + 1) * size, RECORDS) do
      records[#records + 1] = { sid = "FW" .. ("%032x"):format(number) }
    end
    local url = ("https://studio.twilio.com/v2/Flows?PageSize=%d&Page=%d"):format(size, page + 1)
    local meta = { key = "flows", next_page_url = (page + 1) * size < RECORDS and url or nil }
    return { status = 200, body = studio.encode { flows = studio.array(records), meta = meta } }
  end

  before_each(function() client = support.offline(support.transport(serve)) end)
  after_each(function() client:close() end)

  local function check(iterator, visit, wanted)
    local seen, count = {}, 0
    local function take(record)
      assert.is_nil(seen[record.sid])
      seen[record.sid], count = true, count + 1
    end
    local tasks = {}
    for number = 1, 5 do
      tasks[number] = client:spawn(function()
        for one in iterator do
          visit(one, take)
          if number % 2 == 0 then client:sleep(0) end
        end
      end)
    end
    for _, task in ipairs(tasks) do task:wait(20) end
    assert.are.equal(wanted, count)
  end

  local function of_record(record, take) take(record) end

  local function of_page(page, take)
    for _, record in ipairs(page.items) do take(record) end
  end

  for _, size in ipairs { 1, 4, 25, 100 } do
    it(("get each record once, from pages of %d"):format(size), function()
      check(client.v2.flows:each { page_size = size }, of_record, RECORDS)
      check(client.v2.flows:each { page_size = size, read_ahead = false, limit = 7 }, of_record, 7)
      check(client.v2.flows:pages { page_size = size }, of_page, RECORDS)
    end)
  end

  it("go on where one of them is cancelled while it asks for a page", function()
    local iterator = client.v2.flows:each { page_size = 1 }
    local task = client:spawn(function() return iterator() end)
    client:step(0)
    task:cancel()
    check(iterator, of_record, RECORDS)
  end)

  it("all hear of an error", function()
    local failing = support.offline(support.transport(function()
      client:sleep(0.001)
      return { status = 404, body = "{}" }
    end))
    local iterator, kinds = failing.v2.flows:each(), {}
    for number = 1, 3 do
      failing:spawn(function()
        local _, err = pcall(iterator)
        kinds[number] = err.kind
      end)
    end
    assert.is_true(failing:drain(20))
    assert.are.same({ "http", "http", "http" }, kinds)
    failing:close()
  end)
end)
