-- Seen: tasks shared coroutines, so what a program kept by `coroutine.running()`, and on 5.4 a hook that it had set, was found by an
-- unrelated later task. A task whose coroutine the program had closed was told to end only after "a wait inside it". One that yielded a
-- table whose `__eq` always says yes never went on.
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
