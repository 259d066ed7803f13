--- What must be so however a program waits: in a script, in a task, in cqueues, luv and LuaSocket's select, by a function of the
-- program's own, in nginx. A list of { name, run }; each `run` is called where the waiting happens, raises where something is not so,
-- and uses nothing but Lua and the environment that it is given:
--
--   client              a client of an emulator with its seeds, no faults and an empty log, quick to retry
--   new_client(options) one more, with these options of studio.new besides
--   flows               the SIDs of the emulator's flows, by name
--   fault(fault), requests()   as the methods of the emulator
--   now()               seconds
local scenarios = {}

local function scenario(name, run)
  scenarios[#scenarios + 1] = { name = name, run = run }
end

local function equal(expected, value, what)
  if expected ~= value then error(("%s: %s expected, got %s"):format(what or "value", tostring(expected), tostring(value)), 2) end
end

local function raised(run, ...)
  local fine, problem = pcall(run, ...)
  equal(false, fine, "success")
  return problem
end

local CONTACT = { to = "+15550000001", from = "+15550000002", parameters = { first_name = "Foo", orders = { 1, 2 } } }
local MISSING = "FW" .. ("9"):rep(32)

scenario("creates, reads and deletes", function(env)
  local engagement = assert(env.client.v1.flows(env.flows.survey).engagements:create(CONTACT))
  local context = assert(engagement.engagement_context:fetch()).context
  equal("Foo", context.flow.data.first_name)
  equal(2, #context.flow.data.orders)
  equal(engagement.sid, assert(engagement:fetch()).sid)
  equal(true, engagement:delete())
  equal(true, select(2, engagement:fetch()):is_not_found())
  equal(5, #env.requests())
end)

scenario("sends and gets what is big", function(env)
  local definition = { description = ("x"):rep(200000), initial_state = "Trigger", states = { { name = "Trigger", type = "trigger" } } }
  definition.states[1].transitions = { { event = "incomingMessage" } }
  definition.states[1].properties = { offset = { x = 0, y = 0 } }
  local flow = assert(env.client.v2.flows:create { friendly_name = "Big", status = "draft", definition = definition })
  equal(200000, #assert(flow:fetch()).definition.description)
end)

scenario("lists, with pages read ahead and without", function(env)
  local engagements = env.client.v1.flows(env.flows.survey).engagements
  local with, without = {}, {}
  for e in engagements:each { page_size = 7, limit = 40 } do with[#with + 1] = e.sid end
  for e in engagements:each { page_size = 9, limit = 40, read_ahead = false } do without[#without + 1] = e.sid end
  equal(40, #with)
  equal(table.concat(without), table.concat(with))
  equal(6 + 5, #env.requests())
  equal(40, #assert(engagements:list { limit = 40 }))
end)

scenario("leaves a list early, and goes on", function(env)
  for _ = 1, 5 do
    local count = 0
    for _ in env.client.v1.flows(env.flows.survey).engagements:each { page_size = 4 } do
      count = count + 1
      if count == 3 then break end
    end
    assert(env.client.v1.flows(env.flows.survey):fetch())
  end
end)

scenario("gives errors as values, and raises misuse", function(env)
  local flow, err = env.client.v1.flows(MISSING):fetch()
  equal(nil, flow)
  equal(404, err.status)
  equal("argument", select(2, env.client.v1.flows("FW1"):fetch()).kind)
  local problem = raised(function() env.client.v1.flows:page { page_szie = 1 } end)
  equal(true, problem:find("did you mean 'page_size'", 1, true) ~= nil)
  problem = raised(function()
    for _ in env.client.v1.flows(MISSING).engagements:each() do error("there is no page") end
  end)
  equal(404, problem.status)
end)

scenario("repeats what may be repeated, and nothing else", function(env)
  env.fault { method = "GET", status = 503, times = 2 }
  assert(env.client.v1.flows(env.flows.survey):fetch())
  equal(3, #env.requests())
  env.fault { method = "POST", drop = "after" }
  local execution, err = env.client.v2.flows(env.flows.reminder).executions:create { to = CONTACT.to, from = CONTACT.from }
  equal(nil, execution)
  equal("transport", err.kind)
  equal(nil, err.sent)
  equal(4, #env.requests())
end)

scenario("waits for Retry-After", function(env)
  env.fault { status = 429, headers = { ["Retry-After"] = "1" } }
  local before = env.now()
  assert(env.client.v1.flows(env.flows.survey):fetch())
  equal(true, env.now() - before >= 0.99, "a second's wait")
end)

scenario("gives up at the timeout, and at the deadline", function(env)
  local before = env.now()
  env.fault { delay = 8, times = 2 }
  local _, err = env.client.v1.flows(env.flows.survey):fetch(nil, { timeout = 0.2, retry = false })
  equal("timeout", err.kind)
  -- A timer may be early by a part of a millisecond: time enough for one more attempt, and its answer.
  _, err = env.client.v1.flows(env.flows.survey):fetch(nil, { deadline = 0.2, retry = false })
  equal("timeout", err.kind)
  equal(true, env.now() - before < 7, "in time")
  assert(env.client.v1.flows(env.flows.survey):fetch())
end)

scenario("does many things at once", function(env)
  env.fault { delay = 0.3, times = 20 }
  local before, sum = env.now(), 0
  local source = {}
  for index = 1, 20 do source[index] = index end
  for number, flow in env.client:map(source, function() return assert(env.client.v1.flows(env.flows.survey):fetch()) end) do
    equal(env.flows.survey, flow.sid)
    sum = sum + number
  end
  equal(210, sum)
  equal(true, env.now() - before < 3, "at once")
end)

scenario("starts at the rate that it is given", function(env)
  local before, starts = env.now(), {}
  for _ in env.client:map({ 1, 2, 3, 4, 5 }, function() starts[#starts + 1] = env.now() end, { rate = 20 }) do end -- luacheck: ignore 542
  equal(5, #starts)
  equal(true, starts[5] - before >= 0.199, "evenly")
end)

scenario("runs tasks, which wait for one another, fail and are cancelled", function(env)
  local client, flow = env.client, env.client.v1.flows(env.flows.survey)
  env.fault { pattern = env.flows.reminder, delay = 8 }
  local good = assert(client:spawn(function(x) return assert(flow:fetch()).sid, x end, 7))
  local waiting = assert(client:spawn(function() return (good:wait()) end))
  local bad = assert(client:spawn(function() error("bad luck") end))
  local slow = assert(client:spawn(function() return client.v1.flows(env.flows.reminder):fetch() end))
  local sid, x = good:wait()
  equal(env.flows.survey, sid)
  equal(7, x)
  equal(env.flows.survey, (waiting:wait()))
  equal(true, raised(bad.wait, bad):find("bad luck", 1, true) ~= nil)
  equal("timeout", select(2, slow:wait(0.05)).kind)
  equal(true, slow:cancel())
  equal("cancelled", select(2, slow:wait()).kind)
  equal(true, slow:done())
end)

scenario("calls two clients, each from a task of the other", function(env)
  local other = env.new_client()
  local function crossing(client, target)
    return client:spawn(function() return assert(target.v1.flows(env.flows.survey):fetch()).sid end)
  end
  local one, two = crossing(env.client, other), crossing(other, env.client)
  equal(env.flows.survey, (one:wait()))
  equal(env.flows.survey, (two:wait()))
  other:close()
end)

scenario("ends calls when their client is closed by a task", function(env)
  local other = env.new_client()
  env.fault { pattern = env.flows.reminder, delay = 8 }
  local before = env.now()
  other:spawn(function()
    assert(other.v1.flows(env.flows.survey):fetch())
    other:close()
  end)
  local _, err = other.v1.flows(env.flows.reminder):fetch()
  equal("cancelled", err.kind)
  equal("cancelled", select(2, other.v1.flows(env.flows.survey):fetch()).kind)
  equal(true, env.now() - before < 7, "at once")
  assert(env.client.v1.flows(env.flows.survey):fetch())
end)

scenario("makes a client, uses it and drops it, again and again", function(env)
  for _ = 1, 8 do
    local other = env.new_client()
    equal(env.flows.survey, assert(other.v1.flows(env.flows.survey):fetch()).sid)
    other = nil -- luacheck: ignore 311
    collectgarbage()
  end
end)

return scenarios
