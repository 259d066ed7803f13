-- A flow runs without the service, as reference and contract say.
local codec = require "studio.flow.codec"
local simulate = require("studio.flow.simulate").simulate
local states = require "spec.flow.states"

local state, split, flow, way, texts, codes = states.state, states.split, states.flow, states.way, states.texts, states.codes

local function order_bot()
  return flow {
    state("ask", "send-and-wait-for-reply", { body = "Welcome! Which order?", timeout = "3600" },
      { incomingMessage = "look_up", timeout = "remind", deliveryFailure = false }),
    state("look_up", "make-http-request",
      { method = "GET", url = "https://shop.example/orders/{{widgets.ask.inbound.Body}}", content_type = "application/json;charset=utf-8" },
      { success = "which", failed = "sorry" }),
    split("which", "{{widgets.look_up.parsed.state}}", { { "equal_to", "Sent", "tell" } }, "sorry"),
    state("tell", "send-message", { body = "Order {{widgets.ask.inbound.Body}}: {{widgets.look_up.parsed.state}}" },
      { sent = false, failed = false }),
    state("sorry", "send-message", { body = "We do not know." }, { sent = false, failed = false }),
    state("remind", "send-message", { body = "Are you there?" }, { sent = "ask", failed = false }),
  }
end

local orders = { ["GET https://shop.example/orders/42"] = { status = 200, headers = {}, body = '{"state":" sent "}' } }

describe("a simulated flow", function()
  it("waits for a reply, and goes on to its end", function()
    local run = assert(simulate(order_bot(), { http = orders, body = "hi" }))
    assert.are.equal("waiting", run.status)
    assert.are.same({ widget = "ask", type = "send-and-wait-for-reply", timeout = 3600 }, run.waiting)
    assert.are.equal(run, run:message("42"))
    assert.are.equal("ended", run.status)
    assert.is_nil(run.waiting)
    assert.are.same({ "Welcome! Which order?", "Order 42:  sent " }, texts(run))
    assert.are.same({
      "Trigger incomingMessage ask", "ask incomingMessage look_up", "look_up success which", "which match tell", "tell sent Ended",
    }, way(run))
    assert.are.same({}, run.problems)
  end)

  it("takes its time from a clock of its own", function()
    local run = simulate(order_bot(), { http = orders })
    assert.are.equal(run, run:pass(3599))
    assert.are.equal("ask", run.waiting.widget)
    assert.are.equal(1, #run.steps)
    run:pass(1)
    assert.are.same({ "Trigger incomingMessage ask", "ask timeout remind", "remind sent ask" }, way(run))
    assert.are.equal("2026-01-01T01:00:00Z", run.steps[2].date_created)
    -- Two timeouts in one go.
    run:pass(2 * 3600)
    assert.are.equal(7, #run.steps)
    assert.are.equal("2026-01-01T03:00:00Z", run.steps[7].date_created)
  end)

  it("is ended by the service after 30 days", function()
    local run = simulate(flow { state("ask", "send-and-wait-for-reply", { body = "?", timeout = "9999999" }, { timeout = false }) })
    run:pass(30 * 86400 - 1)
    assert.are.equal("waiting", run.status)
    run:pass(1)
    assert.are.equal("ended", run.status)
    assert.are.equal(1, #run.steps)
    local patient = flow { state("ask", "send-and-wait-for-reply", { body = "?", timeout = ("9"):rep(30) }, { timeout = "ask" }) }
    assert.are.equal("ended", simulate(patient):pass(1e300).status)
    assert.are.equal(1, #simulate(patient):pass(1e300).steps)
    assert.are.equal("2026-01-31T00:00:00Z", simulate(patient, { outcomes = { ask = "timeout" } }).steps[2].date_created)
  end)

  it("is the same each time, whatever else has run", function()
    local function play()
      local run = simulate(order_bot(), { http = orders, body = "hi", now = 1800000000 })
      run:pass(10)
      run:message("42")
      return run
    end
    local first = play()
    simulate(order_bot(), { from = "+15559990000" })
    local second = play()
    -- A step has its context once it was asked for it.
    for number, step in ipairs(first.steps) do assert.are.same(step.context, second.steps[number].context) end
    assert.are.same(first.steps, second.steps)
    assert.are.same(first.output, second.output)
    assert.are.same(first.context, second.context)
    assert.are.equal(first.sid, second.sid)
    assert.are_not.equal(first.sid, simulate(order_bot(), { from = "+15559990000" }).sid)
    local seen = {}
    for _, step in ipairs(first.steps) do
      assert.is_truthy(step.sid:find("^FT" .. ("%x"):rep(32) .. "$"))
      assert.is_nil(seen[step.sid])
      seen[step.sid] = true
    end
  end)

  it("refuses what nothing waits for, and is as it was", function()
    local run = simulate(order_bot(), { http = orders })
    local before = #run.steps
    for _, call in ipairs {
      function() return run:digits("1") end, function() return run:speech("one") end, function() return run:hangup() end,
      function() return run:event("keypress") end,
    } do
      local given, err = call()
      assert.is_nil(given)
      assert.are.equal("argument", err.kind)
      assert.is_string(err.message)
      assert.are.equal(err.message, tostring(err))
    end
    assert.are.equal(before, #run.steps)
    assert.are.same({}, run.problems)
    assert.are.equal("waiting", run.status)
    run:message("42")
    for _, call in ipairs {
      function() return run:message("43") end, function() return run:pass(1) end, function() return run:event("sent") end,
    } do
      local given, err = call()
      assert.is_nil(given)
      assert.is_truthy(err.message:find("the run has ended", 1, true), err.message)
    end
  end)

  it("gives an error of the library's shape for a trigger or a time that no run can have", function()
    for message, options in pairs {
      ["unknown trigger 'incomingCal': did you mean 'incomingCall'?"] = { trigger = "incomingCal" },
      ["option 'now' must be seconds since 1970, before the year 10000"] = { now = 0 / 0 },
    } do
      local run, err = simulate(order_bot(), options)
      assert.is_nil(run)
      assert.are.equal("argument", err.kind)
      assert.are.equal(message, tostring(err))
      assert.are.equal("x: " .. message, "x: " .. err)
      assert.is_false(err.sent)
      assert.is_false(err.retryable)
      assert.is_false(err:is_conflict() or err:is_not_found() or err:is_rate_limited())
      assert.are.same({}, err:validation_errors())
    end
  end)

  it("is misused at the caller's line", function()
    local run = simulate(order_bot())
    local cases = {
      ["a definition must be a table or JSON text, not a number"] = function() simulate(5) end,
      ["options must be a table, not a string"] = function() simulate(order_bot(), "x") end,
      ["unknown option 'tigger': did you mean 'trigger'?"] = function() simulate(order_bot(), { tigger = "incomingCall" }) end,
      ["option 'now' must be a number, not a string"] = function() simulate(order_bot(), { now = "today" }) end,
      ["option 'http' must be a table or a function, not a string"] = function() simulate(order_bot(), { http = "200" }) end,
      ["the outcome of 'ask' must be the name of an event"] = function() simulate(order_bot(), { outcomes = { ask = 5 } }) end,
      ["the answer to GET * must be a table"] = function() simulate(order_bot(), { http = { ["GET *"] = "200" } }) end,
      ["the answer to GET https://shop.example/orders/42 must be a table"] = function()
        local asking = simulate(order_bot(), { http = function() return "200" end })
        asking:message("42")
      end,
      ["call 'message' of a run with a colon, not with a dot"] = function() run.message("hi") end,
      ["'message' takes a text or a table, not a number"] = function() run:message(5) end,
      ["'pass' takes seconds, 0 or more"] = function() run:pass(-1) end,
      ["'event' takes the name of an event, not a nil"] = function() run:event() end,
      ["'event' takes data in a table, not a string"] = function() run:event("timeout", "data") end,
    }
    for message, call in pairs(cases) do
      local fine, raised = pcall(call)
      assert.is_false(fine, message)
      assert.is_truthy(raised:find("simulate_spec.lua", 1, true), raised)
      assert.is_truthy(raised:find(message, 1, true), raised)
    end
  end)

  it("reads JSON text, and says what is wrong with one", function()
    local run = assert(simulate(codec.encode(order_bot())))
    assert.are.equal("ask", run.waiting.widget)
    for _, text in ipairs { "{", "[1", "5", '"flow"', "" } do
      local given, err = simulate(text)
      assert.is_nil(given)
      assert.are.equal("argument", err.kind)
    end
  end)

  describe("event without a transition", function()
    it("leaves a widget waiting", function()
      local definition = flow { state("ask", "send-and-wait-for-reply", { body = "?", timeout = "60" }, { incomingMessage = false }) }
      local run = simulate(definition)
      assert.are.equal(run, run:pass(60))
      assert.are.equal("waiting", run.status)
      assert.are.same({ 81002 }, codes(run))
      assert.are.equal("ask", run.problems[1].widget)
      assert.is_truthy(run.problems[1].message:find("'timeout'", 1, true))
      run:pass(1000)
      assert.are.same({ 81002 }, codes(run))
      run:message("there")
      assert.are.equal("ended", run.status)
    end)

    it("leaves any other widget stuck", function()
      local run = simulate(flow { state("hello", "send-message", { body = "Hello" }, { failed = false }) })
      assert.are.equal("stuck", run.status)
      assert.is_nil(run.waiting)
      assert.are.same({ 81002 }, codes(run))
      assert.are.same({ "Trigger incomingMessage hello" }, way(run))
      assert.is_nil((run:message("hi")))
      run:pass(30 * 86400)
      assert.are.equal("ended", run.status)
    end)

    it("is 81005 at a split", function()
      local run = simulate(flow { split("which", "{{trigger.message.Body}}", { { "equal_to", "a", nil } }) }, { body = "b" })
      assert.are.equal("stuck", run.status)
      assert.are.same({ 81005 }, codes(run))
    end)

    it("of the trigger ends the Execution at once", function()
      local definition = flow { state("hello", "send-message", { body = "Hello" }, { sent = false }) }
      definition.states[1].transitions = { { event = "incomingCall", next = "hello" }, { event = "incomingRequest" } }
      for _, trigger in ipairs { "incomingMessage", "incomingRequest" } do
        local run = simulate(definition, { trigger = trigger })
        assert.are.equal("ended", run.status)
        assert.are.same({ "Trigger " .. trigger .. " Ended" }, way(run))
        assert.are.equal("trigger", run.steps[1].type)
        assert.are.same({}, run.output)
      end
    end)
  end)

  describe("limit", function()
    local function counter()
      return flow {
        state("count", "set-variables", { variables = { { key = "n", value = "{{flow.variables.n | plus: 1}}" } } }, { next = "again" }),
        split("again", "{{flow.variables.n}}", { { "equal_to", "never", false } }, "count"),
      }
    end

    it("of 1,000 steps ends the Execution with 81000", function()
      local run = simulate(counter())
      assert.are.equal("ended", run.status)
      assert.are.equal(1000, #run.steps)
      assert.are.same({ 81000 }, codes(run))
      assert.are.equal(500, run.context.flow.variables.n)
    end)

    it("of ten runs of one widget in a row ends it with 81001", function()
      local definition = flow {
        state("poll", "make-http-request", { method = "GET", url = "https://shop.example/ready" }, { success = false, failed = "poll" }),
      }
      local asked = 0
      local run = simulate(definition, { http = function()
        asked = asked + 1
        return { status = 503 }
      end })
      assert.are.equal("ended", run.status)
      assert.are.equal(10, asked)
      assert.are.same({ 81001 }, codes(run))
      assert.are.equal(11, #run.steps)
      assert.are.equal("poll failed poll", way(run)[11])
      -- The tenth may succeed.
      asked = 0
      run = simulate(definition, { http = function()
        asked = asked + 1
        return { status = asked == 10 and 200 or 503 }
      end })
      assert.are.same({}, run.problems)
      assert.are.equal("poll success Ended", way(run)[11])
    end)
  end)

  describe("split", function()
    local function choose(body, rows, otherwise)
      local run = simulate(flow { split("which", "{{trigger.message.Body}}", rows, otherwise) }, { body = body })
      return run.steps[2] and run.steps[2].name, run.steps[2] and run.steps[2].transitioned_to, run
    end

    it("takes the first transition whose condition holds", function()
      local rows = { { "contains", "ord", "Trigger" }, { "equal_to", "order", false } }
      local event, target = choose(" ORDER ", rows, false)
      assert.are.equal("match", event)
      assert.are.equal("Trigger", target)
      assert.are.equal("noMatch", (choose("help", rows, false)))
    end)

    it("wants all conditions of a transition", function()
      local definition = flow { split("which", "{{trigger.message.Body}}", { { "starts_with", "a", false } }, false) }
      table.insert(definition.states[2].transitions[2].conditions, {
        friendly_name = "b", arguments = { "{{trigger.message.To}}" }, type = "equal_to", value = "+1{{trigger.message.Body}}",
      })
      assert.are.equal("noMatch", simulate(definition, { body = "ab", to = "+1b" }).steps[2].name)
      assert.are.equal("match", simulate(definition, { body = "ab", to = "+1ab" }).steps[2].name)
    end)

    it("tests what its arguments say, or else its input", function()
      local definition = flow { split("which", "{{trigger.message.Body}}", { { "equal_to", "+15550002222", false } }, false) }
      definition.states[2].transitions[2].conditions[1].arguments = { "{{trigger.message.To}}" }
      assert.are.equal("match", simulate(definition).steps[2].name)
      definition.states[2].transitions[2].conditions[1].arguments = nil
      assert.are.equal("noMatch", simulate(definition).steps[2].name)
      assert.are.equal("match", simulate(definition, { body = "+15550002222" }).steps[2].name)
    end)

    it("reports an operator that there is not, and goes on", function()
      local _, _, run = choose("a", { { "like", "a", false } }, false)
      assert.are.equal("noMatch", run.steps[2].name)
      assert.are.equal(1, #run.problems)
      assert.is_truthy(run.problems[1].message:find("like", 1, true))
    end)
  end)
end)

describe("a simulated widget", function()
  local function context_of(kind, properties, events, options)
    local all = {}
    for _, event in ipairs(events) do all[event] = false end
    local run = assert(simulate(flow { state("w", kind, properties, all) }, options))
    return run.context, run
  end

  local function assert_has(found, names)
    for name in names:gmatch "%S+" do assert.is_not_nil(found[name], name) end
  end

  it("leaves all the fields of a message, a Task and a conversation, null where nothing is known", function()
    local context = context_of("send-message", { body = "x" }, { "sent" }, { trigger = "incomingConversationMessage" })
    assert_has(context.widgets.w.outbound, [[Sid Status Body From To Direction NumMedia NumSegments Price PriceUnit ErrorCode ErrorMessage
      MessagingServiceSid AccountSid]])
    assert.are.equal(codec.null, context.widgets.w.outbound.ErrorCode)
    assert_has(context.trigger.conversation, [[Body From Author ConversationSid ChannelSid MessageSid MessagingServiceSid DateCreated
      Source]])
    assert.are.equal("2026-01-01T00:00:00Z", context.trigger.conversation.DateCreated)
    context = context_of("send-to-flex", { workflow = "WW1", channel = "TC1", attributes = "{}" }, { "callComplete" })
    assert_has(context.widgets.w, "sid attributes task_queue_sid workspace_sid")
    context = context_of("resume-conversation", {}, { "resumed" }, { trigger = "incomingRequest" })
    assert.are.equal("[]", codec.encode(context.widgets.w.conversation.participants))
  end)

  it("asks nothing for a parameter with a reserved name, nor without a URL: 81014", function()
    for _, properties in ipairs {
      { method = "POST", url = "https://x.example/", parameters = { { key = "method", value = "x" } } }, { method = "GET", url = "x" },
    } do
      local _, run = context_of("make-http-request", properties, { "success", "failed" }, { http = function() error "asked" end })
      assert.are.same({ 81014 }, codes(run))
      assert.are.equal("failed", run.steps[2].name)
    end
  end)
end)
