-- The local service runs the flows it has: its executions are runs of their definitions, driven from outside.
local emulator = require "studio.emulator"
local every = require "spec.flow.every_widget"
local simulate = require("studio.flow.simulate").simulate
local states = require "spec.flow.states"
local studio = require "studio"
local support = require "spec.support"

local state, split, flow = states.state, states.split, states.flow

local function order_bot()
  return flow {
    state("ask", "send-and-wait-for-reply", { body = "Which order, {{flow.data.name}}?", timeout = "3600" },
      { incomingMessage = "look_up", timeout = "bye", deliveryFailure = false }),
    state("look_up", "make-http-request", { method = "GET", url = "https://shop.example/orders/{{widgets.ask.inbound.Body}}" },
      { success = "which", failed = "bye" }),
    split("which", "{{widgets.look_up.parsed.state}}", { { "equal_to", "sent", "tell" } }, "bye"),
    state("tell", "send-message", { body = "Order {{widgets.ask.inbound.Body}}: {{widgets.look_up.parsed.state}}" },
      { sent = false, failed = false }),
    state("bye", "send-message", { body = "Bye." }, { sent = false, failed = false }),
  }
end

local http = { ["GET https://shop.example/orders/42"] = { status = 200, headers = {}, body = '{"state":"sent"}' } }

describe("the emulator's executions", function()
  local service, client

  setup(function()
    service = assert(emulator.start { http = http, outcomes = { dial = "callCompleted" } })
    client = support.client(service, { retry = false })
  end)

  teardown(function()
    client:close()
    service:stop()
  end)

  before_each(function() service:reset() end)

  local function create(definition, status)
    return assert(client.v2.flows:create { friendly_name = "A flow", status = status or "published", definition = definition })
  end

  -- What the API tells of the steps, oldest first, beside what a run has.
  local function compare_steps(execution, run)
    local steps = assert(execution.steps:list())
    assert.are.equal(#run.steps, #steps)
    for number, due in ipairs(run.steps) do
      local step = steps[#steps + 1 - number]
      for _, name in ipairs { "name", "transitioned_from", "transitioned_to", "type" } do assert.are.equal(due[name], step[name]) end
      local context = assert(step.step_context:fetch()).context
      assert.are.same(due.context, context)
    end
  end

  it("have the steps and contexts of flow.simulate", function()
    local made = create(order_bot())
    local execution = assert(made.executions:create { to = "+1555", from = "+1666", parameters = { name = "Zoë", list = { 1, 2 } } })
    assert.are.equal("active", execution.status)
    local run = assert(service:message { from = "+1555", to = "+1666", body = "42" })
    assert.are.equal("ended", run.status)
    assert.are.equal(execution.sid, run.sid)
    assert.are.equal("Order 42: sent", run.output[2].text)
    assert.are.equal("ended", assert(execution:fetch()).status)

    local same = simulate(order_bot(), {
      trigger = "incomingRequest", to = "+1555", from = "+1666", parameters = { name = "Zoë", list = { 1, 2 } }, http = http,
      sid = execution.sid, flow_sid = made.sid, account_sid = service.account_sid,
    })
    same:message "42"
    compare_steps(execution, same)
    assert.are.same(same.context, assert(execution.execution_context:fetch()).context)
    assert.are.same(same.output, run.output)
    assert.are.same(same.problems, run.problems)
  end)

  it("are refused for addresses of more than 300 bytes together", function()
    local made = create(order_bot())
    local given, err = made.executions:create { to = ("+1"):rep(75), from = ("+2"):rep(75) .. "3" }
    assert.is_nil(given)
    assert.are.same({ 400, 81023 }, { err.status, err.code })
    assert(made.executions:create { to = ("+1"):rep(75), from = ("+2"):rep(75) })
    given, err = simulate(order_bot(), { trigger = "incomingRequest", to = ("+1"):rep(75), from = ("+2"):rep(75) .. "3" })
    assert.is_nil(given)
    assert.are.same({ "argument", 81023 }, { err.kind, err.code })
  end)

  it("are the same as engagements", function()
    local made = create(order_bot())
    local engagement = assert(client.v1.flows(made.sid).engagements:create { to = "+1555", from = "+1666" })
    assert(service:message { from = "+1555", to = "+1666", body = "42" })
    local steps = assert(engagement.steps:list())
    assert.are.equal("tell", steps[1].transitioned_from)
    assert.are.equal("Ended", steps[1].transitioned_to)
    assert.are.equal("42", assert(engagement.engagement_context:fetch()).context.widgets.ask.inbound.Body)
    assert.are.equal("ended", assert(engagement:fetch()).status)
  end)

  it("let their contacts begin anew when they end by themselves", function()
    local made = create(order_bot())
    local pair = { to = "+1555", from = "+1666" }
    assert(made.executions:create(pair))
    local _, err = made.executions:create(pair)
    assert.is_true(err:is_conflict())
    assert(service:message { from = "+1555", to = "+1666", body = "42" })
    assert(made.executions:create(pair))
  end)

  it("time out by the service's clock", function()
    local made = create(order_bot())
    local execution = assert(made.executions:create { to = "+1555", from = "+1666" })
    local listed = assert(made.executions:list { status = "active" })
    assert.are.equal(1, #listed)
    assert.are.equal(service, service:advance(3500))
    assert.are.equal("active", assert(execution:fetch()).status)
    service:advance(101)
    assert.are.equal(0, #assert(made.executions:list { status = "active" }))
    assert.are.equal("timeout", assert(execution.steps:list())[2].name)
    local run = assert(service:run(execution.sid))
    assert.are.equal("ended", run.status)
    assert.are.equal("Bye.", run.output[2].text)
    -- And after 30 days.
    local silent = create(flow {
      state("ask", "send-and-wait-for-reply", { body = "?", timeout = "9999999" }, { incomingMessage = false }),
    })
    execution = assert(silent.executions:create { to = "+1555", from = "+1666" })
    service:advance(30 * 86400)
    assert.are.equal("ended", assert(execution:fetch()).status)
  end)

  it("stay ended when a program ends them", function()
    local made = create(order_bot())
    local execution = assert(made.executions:create { to = "+1555", from = "+1666" })
    assert(execution:update { status = "ended" })
    service:advance(7200)
    assert.are.equal(1, #assert(execution.steps:list()))
    local given, err = service:event(execution.sid, "timeout")
    assert.is_nil(given)
    assert.is_truthy(err.message:find("has ended", 1, true), err.message)
    assert.are.equal("ended", assert(service:run(execution.sid)).status)
  end)

  it("begin with a message or a call", function()
    local bot, line = create(order_bot()), create(every.voice)
    local given, err = service:message { from = "+1555", to = "+1666", body = "hi" }
    assert.is_nil(given)
    assert.is_truthy(err.message:find("'flow'", 1, true), err.message)
    local run = assert(service:message { from = "+1555", to = "+1666", body = "hi", flow = bot.sid, data = { FromCity = "BERLIN" } })
    assert.are.equal("ask", run.waiting.widget)
    local execution = assert(client.v2.flows(bot.sid).executions(run.sid):fetch())
    assert.are.equal("+1555", execution.contact_channel_address)
    local trigger = assert(execution.execution_context:fetch()).context.trigger
    assert.are.equal("hi", trigger.message.Body)
    assert.are.equal("BERLIN", trigger.message.FromCity)
    assert.are.equal(trigger.message.MessageSid, execution.initiated_by)
    assert(service:message { from = "+1555", to = "+1666", body = "42", data = { NumMedia = "1" } })
    assert.are.equal("1", assert(execution.execution_context:fetch()).context.widgets.ask.inbound.NumMedia)

    run = assert(service:call { from = "+1555", to = "+1666", flow = line.sid })
    assert.are.equal("menu", run.waiting.widget)
    assert.is_nil((service:call { from = "+1555", to = "+1666", flow = line.sid }))
    -- The outcome of `dial` is the service's.
    assert.are.equal("menu", assert(service:digits(run.sid, "1")).waiting.widget)
    run = assert(service:speech(run.sid, "agent please"))
    assert.are.equal("agent", run.waiting.widget)
    assert.is_truthy(run.waiting.needs)
    assert.is_nil((service:digits(run.sid, "1")))
    run = assert(service:event(run.sid, "live-agent-handoff", { Reason = "x" }))
    assert.are.equal("queue", run.waiting.widget)
    assert.are.equal("x", assert(client.v2.flows(line.sid).executions(run.sid).execution_context:fetch()).context.widgets.agent.Reason)
    run = assert(service:hangup(run.sid))
    assert.are.equal("ended", run.status)
    assert.are.equal(81002, run.problems[#run.problems].code)
    assert.is_nil((service:hangup(run.sid)))
    assert.is_nil((service:hangup("FN" .. ("0"):rep(32))))
  end)

  it("run the published revision, for test users the newest", function()
    local made = create(order_bot())
    local changed = order_bot()
    changed.states[2].properties.body = "A draft?"
    assert(made:update { status = "draft", definition = changed })
    assert(made.test_users:update { test_users = { "+1999" } })
    local function first_text(to)
      local execution = assert(made.executions:create { to = to, from = "+1666", parameters = { name = "x" } })
      return assert(service:run(execution.sid)).output[1].text, execution.flow_version
    end
    assert.are.same({ "Which order, x?", 1 }, { first_text "+1555" })
    assert.are.same({ "A draft?", 2 }, { first_text "+1999" })
    assert.are.equal("A draft?", assert(service:message { from = "+1999", to = "+1777", flow = made.sid }).output[1].text)
    assert(made:update { status = "published", definition = changed })
    assert.are.same({ "A draft?", 3 }, { first_text "+1556" })
  end)

  it("run sub-flows of the service, in the revision that is named", function()
    local child = create(flow { state("set", "set-variables", { variables = { { key = "v", value = "one" } } }, { next = false }) })
    assert(child:update { status = "draft", definition = flow {
      state("set", "set-variables", { variables = { { key = "v", value = "two" } } }, { next = false }),
    } })
    local function text_with(sid, revision)
      local made = create(flow {
        state("sub", "run-subflow", { flow_sid = sid, flow_revision = revision }, { completed = "tell", failed = "tell" }),
        state("tell", "send-message", { body = "v is {{widgets.sub.v}}" }, { sent = false }),
      })
      local execution = assert(made.executions:create { to = "+1555", from = "+1666" })
      return assert(service:run(execution.sid)).output[1].text, execution
    end
    local text, execution = text_with(child.sid, "LatestPublished")
    assert.are.equal("v is one", text)
    local steps = assert(execution.steps:list())
    assert.are.equal("completed", steps[2].name)
    assert.are.equal(steps[2].sid, steps[3].parent_step_sid)
    assert.is_nil(steps[2].parent_step_sid)
    assert.are.equal("v is two", (text_with(child.sid, "LatestDraft")))
    assert.are.equal("v is one", (text_with(child.sid, "1")))
    assert.are.equal("v is ", (text_with(child.sid, "7")))
    assert.are.equal("v is ", (text_with("FW" .. ("f"):rep(32), "LatestPublished")))
  end)

  it("keep the parameters as they were sent", function()
    local raw = [=[{"large":9007199254740993,"small":1.5e-7,"list":[],"object":{},"null":null,"same":"\u00e9"}]=]
    local made = create(flow { state("tell", "send-message", { body = "{{flow.data.large}}{{flow.data.null}}" }, { sent = false }) })
    local execution = assert(made.executions:create { to = "+1555", from = "+1666", parameters = raw })
    local context = assert(execution.execution_context:fetch()).context
    for _, given in ipairs { context.flow.data, context.trigger.request.parameters } do
      assert.are.same({ "[]", "{}" }, { studio.encode(given.list), studio.encode(given.object) })
      assert.are.equal(studio.null, given.null)
      assert.are.equal(1.5e-7, given.small)
      if math.type then assert.are.equal(9007199254740993, given.large) end
    end
  end)

  it("run whatever definition is accepted", function()
    for number, definition in ipairs {
      [[{"states":[{"name":"T","type":"trigger"}],"initial_state":"T"}]],
      [[{"states":[{"name":"T","type":"odd","transitions":[{"event":"x","next":"T"}],"properties":[]}],"initial_state":"T"}]],
      [[{"states":[{"name":"T","type":"split-based-on","transitions":[{"event":"match","conditions":[null]}]}],"initial_state":"T"}]],
    } do
      local made = create(definition)
      local execution = assert(made.executions:create { to = "+155500" .. number, from = "+1666" })
      assert(execution.steps:list())
      assert(execution.execution_context:fetch())
    end
  end)

  it("hold a conversation with the seeded flows", function()
    local run = assert(service:message { from = "+1555", to = "+1666", body = "hi", flow = service.flows.survey })
    assert.are.equal("question_1", run.waiting.widget)
    run = assert(service:message { from = "+1555", to = "+1666", body = "good" })
    assert.are.same({ "ended", "Thank you!" }, { run.status, run.output[3].text })
    run = assert(service:message { from = "+1555", to = "+1666", body = "hi", flow = service.flows.orders })
    assert.are.equal("Your order is on its way.", run.output[1].text)
    run = assert(service:call { from = "+1555", to = "+1666", flow = service.flows.support })
    assert.are.equal("choose", run.waiting.widget)
  end)

  it("of the seeds have a history, which looking at does not change", function()
    local executions = client.v2.flows(service.flows.survey).executions
    local seeded = assert(executions:list { limit = 1 })[1]
    local steps = assert(seeded.steps:list())
    assert.are.equal("thanks", steps[1].transitioned_from)
    assert.are.equal("question_1", steps[2].transitioned_from)
    assert.are.equal(300, studio.timestamp(steps[1].date_created) - studio.timestamp(seeded.date_created))
    assert.are.same(seeded.date_updated, assert(seeded:fetch()).date_updated)
    assert.are.equal("It was good", assert(seeded.execution_context:fetch()).context.widgets.question_1.inbound.Body)
  end)
end)

describe("an emulator", function()
  local now = 1790000000

  it("has a time of its own, which its seeds and headers follow", function()
    local service = assert(emulator.start { now = now })
    local client = support.client(service)
    local function date()
      return assert(client:request("GET", "/v1/Flows")).headers.date
    end
    assert.are.equal("Mon, 21 Sep 2026 14:13:2", date():sub(1, 24))
    local executions = client.v2.flows(service.flows.survey).executions
    local month = assert(executions:list { date_created_from = now - 30 * 86400 })
    assert.are.equal(120, #month)
    assert.is_true(studio.timestamp(month[1].date_created) <= now)
    assert.is_true(studio.timestamp(month[1].date_created) >= now - 7200)
    assert.are.equal(0, #assert(executions:list { date_created_to = now - 30 * 86400 }))
    local execution = assert(executions:create { to = "+1555", from = "+1666" })
    assert.is_true(math.abs(studio.timestamp(execution.date_created) - now) < 60)
    service:advance(86400)
    assert.are.equal("Tue, 22 Sep 2026", date():sub(1, 16))
    assert.are.equal("Tue, 22 Sep 2026", select(2, client:request("GET", "/v1/Nothing")) and date():sub(1, 16))
    service:reset()
    assert.are.equal("Mon, 21 Sep 2026", date():sub(1, 16))
    client:close()
    service:stop()
  end)

  it("limits how many executions start in a second", function()
    local service = assert(emulator.start { now = now, starts_per_second = 3 })
    local client = support.client(service, { retry = false })
    local flow_of = client.v2.flows(service.flows.survey)
    local made, refused = 0, nil
    for number = 1, 5 do
      local execution, err = flow_of.executions:create { to = "+155500" .. number, from = "+1666" }
      made = made + (execution and 1 or 0)
      refused = refused or err
    end
    assert.are.equal(3, made)
    assert.is_true(refused:is_rate_limited())
    assert.are.equal(429, refused.status)
    assert.are.equal(20429, refused.code)
    assert.are.equal("https://www.twilio.com/docs/errors/20429", refused.more_info)
    assert(flow_of:fetch())
    service:advance(1)
    assert(flow_of.executions:create { to = "+1555", from = "+1666" })
    client:close()
    service:stop()
  end)

  it("takes faults by what the query and the body of a request say", function()
    local service = assert(emulator.start())
    local client = support.client(service, { retry = false })
    local executions = client.v2.flows(service.flows.survey).executions
    local function status_of(response, err)
      return response and 200 or err.status
    end
    service:fault { query = { PageSize = "7" }, status = 503, times = 2 }
    service:fault { query = "PageSize=8", status = 502 }
    assert.are.equal(200, status_of(executions:page { page_size = 6 }))
    assert.are.equal(503, status_of(executions:page { page_size = 7 }))
    assert.are.equal(502, status_of(executions:page { page_size = 8 }))
    service:clear_faults()
    service:fault { request_body = { To = "+1555" }, status = 503 }
    service:fault { request_body = "To=%%2B1557", status = 502 }
    assert.are.equal(200, status_of(executions:create { to = "+1556", from = "+1666" }))
    assert.are.equal(503, status_of(executions:create { to = "+1555", from = "+1666" }))
    assert.are.equal(502, status_of(executions:create { to = "+1557", from = "+1666" }))
    assert.are.equal(200, status_of(executions:create { to = "+1555", from = "+1666" }))
    client:close()
    service:stop()
  end)

  it("is misused at the caller's line", function()
    local service = assert(emulator.start())
    local cases = {
      ["option 'now' must be a number, not a string"] = function() emulator.start { now = "today" } end,
      ["option 'now' must be seconds since 1970, before the year 10000, got -1"] = function() emulator.start { now = -1 } end,
      ["seconds since 1970, before the year 10000, got 17672256"] = function() emulator.start { now = 1767225600e3 } end,
      ["option 'starts_per_second' must be 1 or more, got 0"] = function() emulator.start { starts_per_second = 0 } end,
      ["option 'starts_per_second' must be 1 or more, got"] = function() emulator.start { starts_per_second = 0 / 0 } end,
      ["option 'http' goes to another process"] = function() emulator.start { http = { ["*"] = function() end } } end,
      ["the outcome of 'dial' must be"] = function() emulator.start { outcomes = { dial = 5 } } end,
      ["the answer to * must be a table"] = function() emulator.start { http = { ["*"] = 5 } } end,
      ["call 'message' with a colon, not with a dot"] = function() service.message { from = "a", to = "b" } end,
      ["'message' takes a table"] = function() service:message("hi") end,
      ["'message' needs the field 'to'"] = function() service:message { from = "+1" } end,
      ["unknown field 'form'"] = function() service:message { form = "+1", to = "+2" } end,
      ["field 'body' must be a string, not a number"] = function() service:message { from = "+1", to = "+2", body = 5 } end,
      ["'call' needs the field 'flow'"] = function() service:call { from = "+1", to = "+2" } end,
      ["'digits' takes digits in a text, not a number"] = function() service:digits("FN1", 1) end,
      ["'event' takes the name of an event, not a nil"] = function() service:event("FN1") end,
      ["'event' takes data in a table, not a string"] = function() service:event("FN1", "x", "y") end,
      ["'advance' takes seconds, 0 or more"] = function() service:advance(-1) end,
      ["field 'query' of a fault must be a string or table, not a number"] = function() service:fault { query = 5, status = 503 } end,
    }
    for message, call in pairs(cases) do
      local fine, raised = pcall(call)
      assert.is_false(fine, message)
      assert.is_truthy(raised:find("emulator_flows_spec.lua", 1, true), raised)
      assert.is_truthy(raised:find(message, 1, true), raised)
    end
    local fine, raised = pcall(function() service:fault { query = "[", status = 503 } end)
    assert.is_false(fine)
    assert.is_truthy(raised:find("query must be a Lua pattern", 1, true), raised)
    service:stop()
  end)
end)
