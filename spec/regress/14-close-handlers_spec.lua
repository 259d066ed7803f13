-- Seen: an error in a `__close` handler that ran because its task was cancelled was told to nobody; what a failed task had to close was
-- never closed.
local child = require "spec.child"
local support = require "spec.support"

if not coroutine.close then return end

local closing = load [[
  local wait, message = ...
  local one <close> = setmetatable({}, { __close = function() error(message, 0) end })
  wait()
]]

local function watched()
  local told = {}
  local client = support.offline(support.transport(), {
    -- A traceback may stand below the message.
    on_event = function(event) if event.kind == "task" then told[#told + 1] = event.message:match "[^\n]*" end end,
  })
  return client, told
end

describe("An error in what a cancelled task has to close", function()
  it("is told to on_event, once", function()
    local client, told = watched()
    local task = client:spawn(closing, coroutine.yield, "not closed")
    client:step(0)
    assert.is_true(task:cancel())
    assert.are.equal("cancelled", select(2, task:wait()).kind)
    client:close()
    assert.are.same({ "not closed" }, told)
  end)

  it("is told when the task cancels itself, or the client closes", function()
    local client, told = watched()
    local itself
    itself = client:spawn(closing, function()
      itself:cancel()
      coroutine.yield()
    end, "by itself")
    local other = client:spawn(closing, coroutine.yield, "by close") -- one that is collected is told of at once
    -- One step of no time may leave a task for the next, on a busy machine.
    for _ = 1, 5 do client:step(0) end
    assert.are.same({ "by itself" }, told)
    client:close()
    assert.are.same({ "by itself", "by close" }, told)
    assert.is_true(other:done())
  end)

  it("is told when a map is left", function()
    local client, told = watched()
    local left = 0
    for value in client:map({ 1, 2 }, function(n) if n == 2 then closing(coroutine.yield, "in a map") end end) do
      left = left + value
      if value == 1 then break end
    end
    assert.are.equal(1, left)
    assert.are.same({ "in a map" }, told)
    client:close()
  end)

  it("is told on stderr where there is no on_event", function()
    local output = child.run [==[
      local support = require "spec.support"
      local client = support.offline(support.transport())
      local task = client:spawn(load [=[
        local one <close> = setmetatable({}, { __close = function() error("not closed", 0) end })
        coroutine.yield()
      ]=])
      client:step(0)
      task:cancel()
      client:close()
    ]==]
    assert.truthy(output:find("studio: a task failed, and nobody waited for it: not closed\n", 1, true), output)
    assert.truthy(output:find("status=0", 1, true), output)
  end)
end)

describe("What a task has to close that fails", function()
  local failing = load [[
    local close, problem = ...
    local one <close> = setmetatable({}, { __close = close })
    coroutine.yield()
    error(problem, 0)
  ]]

  local client, told
  before_each(function() client, told = watched() end)
  after_each(function() client:close() end)

  it("is closed, with the error, before anybody hears of it", function()
    local closed = {}
    local task = client:spawn(failing, function(_, problem) closed[#closed + 1] = problem end, "it fails")
    local _, problem = pcall(task.wait, task)
    assert.are.same({ "it fails" }, closed)
    assert.are.equal("it fails", problem:match "[^\n]*")
    assert.truthy(problem:find("stack traceback:", 1, true), problem)
    for _, value, err in client:map({ 1 }, function() return failing(function() closed[2] = "map" end, "it fails") end) do
      assert.is_nil(value)
      assert.are.equal("it fails", err:match "[^\n]*")
    end
    assert.are.equal("map", closed[2])
    assert.are.same({}, told)
  end)

  it("gives the task its own error, as it does in pcall", function()
    local task = client:spawn(failing, function() error("not closed", 0) end, "it fails")
    assert.are.same({ false, "not closed" }, { pcall(task.wait, task) })
    local object = {}
    task = client:spawn(failing, function(_, problem) error(problem, 0) end, object)
    assert.are.equal(object, select(2, pcall(task.wait, task)))
  end)

  it("may use the client, and end the task", function()
    local fetched
    local task = client:spawn(failing, function() fetched = client.v2.flows("FW" .. ("1"):rep(32)):fetch() end, "it fails")
    pcall(task.wait, task)
    assert.is_table(fetched)
    task = client:spawn(failing, function() task:cancel() end, "and is cancelled")
    assert.are.equal("cancelled", select(2, task:wait()).kind)
    assert.are.same({ "and is cancelled" }, told)
  end)
end)
