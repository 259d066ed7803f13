-- Seen: a task that was spawned and never driven was dropped at the program's end, its POST never sent, without a word.
local child = require "spec.child"
local support = require "spec.support"

local program = [[
  local support = require "spec.support"
  local sent = 0
  local client = support.offline(support.transport(function() sent = sent + 1 return { status = 200, body = "{}" } end), %s)
  local function create()
    return client.v2.flows("FW" .. ("0"):rep(32)).executions:create { to = "+15550001111", from = "+15550002222" }
  end
  %s
  print("sent", sent)
]]

local function run(options, text) return child.run(program:format(options, text)) end

describe("A task that never ran", function()
  it("is told of on stderr when the program ends", function()
    local output = run("{}", "client:spawn(create)")
    assert.truthy(output:find("studio: 1 task never ran before the program let go of the client", 1, true), output)
    assert.truthy(output:find("sent\t0", 1, true), output)
  end)

  it("is told of on stderr when its client is closed, together with the others, once", function()
    local output = run("{}", "client:spawn(create) client:spawn(create) client:close()")
    local _, count = output:gsub("studio: 2 tasks never ran before the client was closed", "")
    assert.are.equal(1, count, output)
    local _, lines = output:gsub("never ran", "")
    assert.are.equal(1, lines, output)
  end)

  it("is told of to on_event, where there is one", function()
    local told = {}
    local client = support.offline(support.transport(), { on_event = function(event) told[#told + 1] = event end })
    client:spawn(function() end)
    client:close()
    assert.are.equal(1, #told)
    assert.are.equal("error", told[1].type)
    assert.are.equal("task", told[1].kind)
    assert.truthy(told[1].message:find("never ran", 1, true))
  end)

  it("is told of when its client is collected", function()
    local told = {}
    local function forget()
      local client = support.offline(support.transport(), { on_event = function(event) told[#told + 1] = event.message end })
      client:spawn(function() end)
    end
    forget()
    support.collect()
    assert.are.equal(1, #told)
    assert.truthy(told[1]:find("1 task never ran", 1, true), told[1])
  end)

  it("is not told of when it was cancelled, or ran", function()
    local output = run("{}", "client:spawn(create):cancel() client:spawn(create):wait() client:close()")
    assert.are.equal("sent\t1\nstatus=0\n", output)
  end)
end)

describe("A task that did not end", function()
  it("is told of when the program ends without closing the client", function()
    local output = run("{}", "client:spawn(function() coroutine.yield() create() end) client:step(0)")
    assert.truthy(output:find("studio: 1 task did not end", 1, true), output)
    output = run("{}", "client:spawn(function() coroutine.yield() create() end) client:step(0) client:close()")
    assert.are.equal("sent\t0\nstatus=0\n", output)
  end)
end)

describe("A map that is never walked", function()
  it("is told of when it is collected, for nothing of it ran", function()
    local output = run("{}", "client:map({ 1, 2 }, create)")
    assert.truthy(output:find("studio: what client:map() gave was never asked for a result, so nothing ran: walk it", 1, true), output)
    assert.truthy(output:find("sent\t0", 1, true), output)
  end)

  it("is told from one that is left early, or walked to its end", function()
    local output = run("{}", "for _ in client:map({ 1 }, create) do break end for _ in client:map({ 1 }, create) do end client:close()")
    assert.are.equal("sent\t2\nstatus=0\n", output)
  end)
end)

describe("A task that failed with nil", function()
  it("is told of as one that failed", function()
    local output = run("{}", "client:spawn(function() error(nil) end) client:drain() client:close()")
    assert.truthy(output:find("studio: a task failed, and nobody waited for it: ", 1, true), output)
  end)
end)
