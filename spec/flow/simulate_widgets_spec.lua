-- What each type of widget does, and what it leaves in the context: the tables of the reference on contexts and running.
local codec = require "studio.flow.codec"
local simulate = require("studio.flow.simulate").simulate
local states = require "spec.flow.states"

local state, flow, way, texts, codes = states.state, states.flow, states.way, states.texts, states.codes

-- A flow of one widget, all of whose events end it.
local function one(name, kind, properties, events)
  local all = {}
  for _, event in ipairs(events) do all[event] = false end
  return flow { state(name, kind, properties, all) }
end

local function run_one(kind, properties, events, options)
  local run = assert(simulate(one("w", kind, properties, events), options))
  return run, run.context.widgets.w
end

describe("the context", function()
  it("of a message", function()
    local run = run_one("send-message", { body = "x" }, { "sent" }, {
      from = "+1", to = "+2", body = "hi", data = { NumMedia = "1", MediaUrl0 = "https://m.example/1", FromCity = "BERLIN" },
      sid = "FN" .. ("1"):rep(32), flow_sid = "FW" .. ("2"):rep(32), account_sid = "AC" .. ("3"):rep(32),
    })
    local context = run.context
    assert.are.same({
      sid = "FN" .. ("1"):rep(32), flow_sid = "FW" .. ("2"):rep(32), channel = { address = "+2" }, data = {}, variables = {},
    }, context.flow)
    assert.are.same({ channel = { address = "+1" } }, context.contact)
    local message = context.trigger.message
    for name, value in pairs {
      From = "+1", To = "+2", Body = "hi", NumMedia = "1", MediaUrl0 = "https://m.example/1", FromCity = "BERLIN",
      AccountSid = "AC" .. ("3"):rep(32),
    } do
      assert.are.equal(value, message[name], name)
    end
    assert.is_truthy(message.MessageSid:find("^SM%x+$") and #message.MessageSid == 34)
    for name, value in pairs(message) do assert.are.equal("string", type(value), name) end
    assert.is_nil(context.trigger.call)
  end)

  it("of a request", function()
    local parameters = { name = "Zoë", n = 3 }
    local run = run_one("send-message", { body = "{{flow.data.name}} {{trigger.request.parameters.n}}" }, { "sent" }, {
      trigger = "incomingRequest", from = "+2", to = "+1", parameters = parameters,
    })
    assert.are.same({ from = "+2", to = "+1", parameters = parameters }, run.context.trigger.request)
    assert.are.same(parameters, run.context.flow.data)
    assert.are.equal("+2", run.context.flow.channel.address)
    assert.are.equal("+1", run.context.contact.channel.address)
    assert.are.equal("Zoë 3", run.output[1].text)
    assert.are.equal("+1", run.output[1].to)
    local first = run.steps[1]
    assert.are.same({ "incomingRequest", "Trigger", "w", "trigger" },
      { first.name, first.transitioned_from, first.transitioned_to, first.type })
  end)

  it("of a call", function()
    local run = run_one("say-play", { say = "Hello {{trigger.call.From}}" }, { "audioComplete" }, { trigger = "incomingCall", from = "+1" })
    local call = run.context.trigger.call
    assert.are.equal("+1", call.From)
    assert.are.equal("+1", call.Caller)
    assert.are.equal("inbound", call.Direction)
    assert.are.equal("ringing", call.CallStatus)
    assert.is_truthy(call.CallSid:find("^CA%x+$"))
    assert.are.same({ widget = "w", kind = "say", text = "Hello +1" }, run.output[1])
  end)

  it("of a conversation", function()
    local properties = { body = "?", from = "{{flow.channel.address}}" }
    local definition = one("w", "send-and-wait-for-reply", properties, { "incomingMessage", "timeout" })
    local options = {
      trigger = "incomingConversationMessage", body = "hi", from = "+1",
      data = { ConversationSid = "CH1", ChannelAttributes = '{"pre":{"name":"x"}}', AddOns = '{"status":"successful"}' },
    }
    local run = simulate(definition, options)
    local conversation = run.context.trigger.conversation
    assert.are.equal("hi", conversation.Body)
    assert.are.equal("+1", conversation.Author)
    assert.are.equal("x", conversation.ChannelAttributes.pre.name)
    assert.are.equal("successful", run.context.flow.add_ons.status)
    assert.are.equal("CH1", run.context.flow.channel.address)
    run:message { Body = "yes", ChannelAttributes = '{"a":1}' }
    assert.are.equal("incomingMessage", run.steps[2].name)
    assert.are.equal("yes", run.context.trigger.conversation.Body)
    assert.are.equal('{"a":1}', run.context.widgets.w.inbound.ChannelAttributes)
    -- A widget that lists the event of its own has that.
    table.insert(definition.states[2].transitions, { event = "incomingConversationMessage" })
    run = simulate(definition, options)
    run:message "yes"
    assert.are.equal("incomingConversationMessage", run.steps[2].name)
  end)

  it("of each step is what the step saw, and stays so", function()
    local definition = flow {
      state("first", "set-variables", { variables = { { key = "n", value = "1" } } }, { next = "second" }),
      state("second", "set-variables", { variables = { { key = "n", value = "2" } } }, { next = false }),
    }
    local run = simulate(definition)
    assert.are.same({}, run.steps[1].context.flow.variables)
    assert.are.equal(1, run.steps[2].context.flow.variables.n)
    assert.is_nil(run.steps[2].context.widgets.second)
    assert.are.equal(2, run.steps[3].context.flow.variables.n)
    assert.are.same(run.context, run.steps[3].context)
    -- Made once, its parts shared with the others.
    assert.are.equal(run.steps[3].context, run.steps[3].context)
    assert.are.equal(run.steps[2].context.widgets.first, run.context.widgets.first)
  end)

  it("of the run is another one when the run has gone on", function()
    local run = simulate(flow {
      state("ask", "send-and-wait-for-reply", { body = "?" }, { incomingMessage = "ask", timeout = false, deliveryFailure = false }),
    })
    local before = run.context
    assert.are.equal(before, run.context)
    assert.is_truthy(run:message "yes")
    assert.is_nil(before.widgets.ask.inbound)
    assert.are.equal("yes", run.context.widgets.ask.inbound.Body)
  end)

  it("that an outcome is decided by stays as it was", function()
    local seen = {}
    simulate(flow {
      state("first", "set-variables", { variables = { { key = "n", value = "1" } } }, { next = "second" }),
      state("second", "split-based-on", { input = "x" }, { noMatch = "third" }),
      state("third", "split-based-on", { input = "x" }, { noMatch = false }),
    }, { outcomes = function(name, context)
      seen[name] = context
      return nil
    end })
    assert.is_nil(seen.first.widgets.first)
    assert.are.equal(1, seen.second.widgets.first.n)
    assert.is_nil(seen.second.widgets.second)
    assert.is_not_nil(seen.third.widgets.second)
  end)
end)

describe("set-variables", function()
  local function set(value, more)
    local variable = { key = "v", value = value }
    for key, inner in pairs(more or {}) do variable[key] = inner end
    local run, left = run_one("set-variables", { variables = { variable } }, { "next" }, { body = "12" })
    assert.are.equal(left.v, run.context.flow.variables.v)
    return left.v, run
  end

  it("makes numbers of what is written like one, unless it is in quotes", function()
    for text, due in pairs {
      ["5"] = 5, ["-5"] = -5, ["0"] = 0, ["2.5"] = 2.5, ["\n  7\n"] = 7, ["{{trigger.message.Body}}"] = 12, ['"5"'] = "5", five = "five",
      ["007"] = "007", ["+15550001111"] = "+15550001111", ["5.0"] = "5.0", ["9007199254740993"] = "9007199254740993", ["1e5"] = "1e5",
      ["5."] = "5.", ["0.5"] = 0.5, ["1.50"] = "1.50", ["-0"] = "-0", [""] = "", ["-"] = "-", ["true"] = "true",
    } do
      local value = set(text)
      assert.are.equal(due, value, text)
      assert.are.equal(type(due), type(value), text)
    end
  end)

  it("reads JSON where it is told to", function()
    local value = set('{"a": [1, {"b": null}], "n": {{trigger.message.Body}}}', { type = "json_object" })
    assert.are.equal(12, value.n)
    assert.are.equal(1, value.a[1])
    assert.are.equal(5, set("5", { parse_as_json = true }))
    assert.are.equal("", set("null", { type = "json_object" }))
    local text, run = set("{broken", { type = "json_object" })
    assert.are.equal("{broken", text)
    assert.are.equal(1, #run.problems)
  end)

  it("sets all at the end of the step, and again when it runs again", function()
    local run = run_one("set-variables", {
      variables = {
        { key = "a", value = "1" }, { key = "b", value = "{{flow.variables.a}}" }, { key = "a", value = "2" }, { value = "3" },
      },
    }, { "next" })
    assert.are.same({ a = 2, b = "" }, run.context.flow.variables)
  end)

  it("gives empty text and a problem for Liquid that fails", function()
    local value, run = set("a{{ 1 | nosuchfilter }}")
    assert.are.equal("", value)
    assert.are.same({ 81018 }, codes(run))
    assert.are.equal("w", run.problems[1].widget)
  end)
end)

describe("send-message", function()
  local events = { "sent", "failed" }

  it("leaves what was sent", function()
    local run, left = run_one("send-message", {
      from = "{{flow.channel.address}}", to = "+49", body = "Hello", service = "MG" .. ("1"):rep(32), media_url = "https://m.example/a.png",
    }, events)
    local outbound = left.outbound
    assert.are.same({ "sent", "Hello", "+49", run.context.flow.channel.address, "1", "outbound-api", "MG" .. ("1"):rep(32) },
      { outbound.Status, outbound.Body, outbound.To, outbound.From, outbound.NumMedia, outbound.Direction, outbound.MessagingServiceSid })
    assert.is_truthy(outbound.Sid:find("^MM%x+$"))
    assert.are.same({
      widget = "w", kind = "message", text = "Hello", to = "+49", from = run.context.flow.channel.address,
      media_url = "https://m.example/a.png",
    }, run.output[1])
    assert.are.equal("sent", run.steps[2].name)
  end)

  it("fails without a body, media or template, or on order", function()
    local run, left = run_one("send-message", { body = "{{flow.variables.none}}" }, events)
    assert.are.same({ 81011 }, codes(run))
    assert.are.equal("failed", run.steps[2].name)
    assert.are.equal("failed", left.outbound.Status)
    assert.are.same({}, run.output)
    run, left = run_one("send-message", { body = "x" }, events, {
      outcomes = { w = { event = "failed", data = { error = "30007" } } },
    })
    assert.are.equal("failed", run.steps[2].name)
    assert.are.equal("30007", left.error)
    assert.are.equal("failed", left.outbound.Status)
    assert.are.same({}, run.output)
  end)

  it("sends media, and templates with their variables", function()
    local run = run_one("send-message", { media_url = "https://m.example/a.png" }, events)
    assert.are.same({ "https://m.example/a.png" }, texts(run))
    run = run_one("send-message", {
      message_type = "content_template", content_sid = "HX1", content_variables = { { key = "{{1}}", value = "{{trigger.message.Body}}" } },
    }, events, { body = "Zoë" })
    assert.are.equal("HX1", run.output[1].content_sid)
    assert.are.same({ ["{{1}}"] = "Zoë" }, run.output[1].content_variables)
    assert.are.same({}, run.problems)
  end)
end)

describe("send-and-wait-for-reply", function()
  local events = { "incomingMessage", "timeout", "deliveryFailure" }

  it("leaves what went out and what came in", function()
    local run = run_one("send-and-wait-for-reply", { body = "Well?", timeout = 60 }, events)
    assert.are.equal(60, run.waiting.timeout)
    assert.are.equal("Well?", run.context.widgets.w.outbound.Body)
    run:message { Body = "Yes", NumMedia = "1", MediaUrl0 = "https://m.example/1" }
    local left = run.context.widgets.w
    assert.are.equal("Yes", left.inbound.Body)
    assert.are.equal("https://m.example/1", left.inbound.MediaUrl0)
    assert.are.equal(run.context.contact.channel.address, left.inbound.From)
    assert.are.equal("Well?", left.outbound.Body)
    assert.are.equal("incomingMessage", run.steps[2].name)
  end)

  it("times out after an hour unless told otherwise", function()
    local run = run_one("send-and-wait-for-reply", { body = "Well?" }, events)
    assert.are.equal(3600, run.waiting.timeout)
    run:event "timeout"
    assert.are.equal("timeout", run.steps[2].name)
    assert.are.equal("2026-01-01T01:00:00Z", run.steps[2].date_created)
    assert.is_nil(run.context.widgets.w.inbound)
  end)

  it("fails without anything to send, or on order", function()
    local run = run_one("send-and-wait-for-reply", {}, events)
    assert.are.equal("deliveryFailure", run.steps[2].name)
    assert.are.same({ 81011 }, codes(run))
    run = run_one("send-and-wait-for-reply", { body = "x" }, events, { outcomes = { w = "deliveryFailure" } })
    assert.are.equal("deliveryFailure", run.steps[2].name)
    run = run_one("send-and-wait-for-reply", { body = "x" }, events, {
      outcomes = { w = { event = "incomingMessage", data = { Body = "from the outcome" } } },
    })
    assert.are.equal("from the outcome", run.context.widgets.w.inbound.Body)
  end)
end)

describe("HTTP widgets", function()
  local function ask(properties, answer, kind)
    local asked = {}
    local events = kind == "run-function" and { "success", "fail" } or { "success", "failed" }
    local run, left = run_one(kind or "make-http-request", properties, events, {
      body = "a b", http = function(request)
        asked[#asked + 1] = request
        if type(answer) == "function" then return answer(request) end
        return answer
      end,
    })
    return run, left, asked[1], asked
  end

  it("say what they ask", function()
    local ok = { status = 200, body = "{}" }
    local parameters = { { key = "q", value = "{{trigger.message.Body}}" }, { key = "ü", value = "&" } }
    local _, _, request = ask({ method = "GET", url = "https://x.example/a?b=1#c", parameters = parameters }, ok)
    assert.are.same({
      widget = "w", method = "GET", url = "https://x.example/a?b=1&q=a+b&%C3%BC=%26#c", headers = {}, body = "",
      parameters = { q = "a b", ["ü"] = "&" },
    }, request)
    local form = "application/x-www-form-urlencoded;charset=utf-8"
    _, _, request = ask({ method = "POST", url = "https://x.example/", content_type = form, body = "a=1", parameters = parameters }, ok)
    assert.are.equal("a=1&q=a+b&%C3%BC=%26", request.body)
    assert.are.equal(form, request.headers["Content-Type"])
    local json = "application/json;charset=utf-8"
    _, _, request = ask({ method = "POST", url = "https://x.example/", content_type = json, body = '{"t":"{{trigger.message.Body}}"}' }, ok)
    assert.are.equal('{"t":"a b"}', request.body)
    assert.are.equal(json, request.headers["Content-Type"])
    _, _, request = ask({ url = "https://f.example/", parameters = parameters }, ok, "run-function")
    assert.are.same({ "POST", "q=a+b&%C3%BC=%26" }, { request.method, request.body })
  end)

  it("leave the answer, and an object in JSON parsed", function()
    local run, left = ask({ method = "GET", url = "https://x.example/" }, {
      status = 201, headers = { ["content-type"] = "application/json; charset=utf-8" }, body = '{"n":1,"list":[]}',
    })
    assert.are.equal("success", run.steps[2].name)
    assert.are.equal(201, left.status_code)
    assert.are.equal("application/json; charset=utf-8", left.content_type)
    assert.are.equal('{"n":1,"list":[]}', left.body)
    assert.are.equal(1, left.parsed.n)
    assert.is_nil(left.headers)
    for _, answer in ipairs {
      { status = 200, body = "[1]" }, { status = 200, headers = { ["Content-Type"] = "text/plain" }, body = '{"n":1}' },
      { status = 200, body = "{broken", headers = { ["Content-Type"] = "application/json" } },
    } do
      left = select(2, ask({ method = "GET", url = "https://x.example/" }, answer))
      assert.is_nil(left.parsed)
      assert.are.equal(answer.body, left.body)
    end
    left = select(2, ask({ method = "GET", url = "https://x.example/" }, { status = 200, body = { n = 5 } }))
    assert.are.equal(5, left.parsed.n)
    assert.are.equal('{"n":5}', left.body)
    left = select(2, ask({ url = "https://f.example/" }, {
      status = 200, headers = { ["X-Twilio-Function-Concurrency"] = "3", Other = "x" }, body = "",
    }, "run-function"))
    assert.are.same({ ["x-twilio-function-concurrency"] = "3" }, left.headers)
  end)

  it("fail by status, time, size and connection; a redirect is a success of functions alone", function()
    local get = { method = "GET", url = "https://x.example/" }
    for status, due in pairs {
      [200] = "success", [299] = "success", [304] = "failed", [400] = "failed", [404] = "failed", [500] = "failed",
    } do
      local run, left = ask(get, { status = status, body = "b" })
      assert.are.equal(due, run.steps[2].name, status)
      assert.are.equal(status, left.status_code)
    end
    for status, due in pairs { [200] = "success", [302] = "success", [404] = "fail", [500] = "fail" } do
      assert.are.equal(due, ask({ url = "https://f.example/" }, { status = status }, "run-function").steps[2].name, status)
    end
    for _, answer in ipairs {
      { status = 200, body = "{}", delay = 10.5 }, { status = 200, body = ("x"):rep(65537) }, { error = "connection refused" },
    } do
      local run, left = ask(get, answer)
      assert.are.equal("failed", run.steps[2].name)
      assert.are.same({}, left)
    end
    assert.are.equal("success", ask(get, { status = 200, body = ("x"):rep(65536), delay = 10 }).steps[2].name)
    assert.are.equal("2026-01-01T00:00:10Z", ask(get, { status = 200, delay = 15 }).steps[2].date_created)
  end)

  it("follow redirects", function()
    local run, left, _, asked = ask({ method = "POST", url = "https://x.example/a/b", body = "x" }, function(request)
      if request.url == "https://x.example/c" then return { status = 200, body = "there" } end
      return { status = 302, headers = { location = "/c" } }
    end)
    assert.are.equal("success", run.steps[2].name)
    assert.are.equal("there", left.body)
    assert.are.equal("GET", asked[2].method)
    run = ask({ method = "GET", url = "https://x.example/" }, { status = 301, headers = { Location = "https://x.example/" } })
    assert.are.equal("failed", run.steps[2].name)
  end)

  it("do not ask with Twilio's credentials elsewhere, nor without a URL", function()
    for url, due in pairs {
      ["https://api.twilio.com/x"] = 1, ["https://twilio.com.evil.example/"] = 0, ["http://api.twilio.com/"] = 0,
      ["https://x.example/"] = 0,
    } do
      local run, _, _, asked = ask({ method = "GET", url = url, add_twilio_auth = true }, { status = 200 })
      assert.are.equal(due, #asked, url)
      assert.are.equal(due == 1 and "success" or "failed", run.steps[2].name)
    end
    local run, _, _, asked = ask({ method = "GET", url = "{{flow.variables.none}}" }, { status = 200 })
    assert.are.same({}, asked)
    assert.are.equal("failed", run.steps[2].name)
    assert.are.equal(1, #run.problems)
  end)

  it("wait where no answer is given", function()
    local definition = one("w", "make-http-request", { method = "GET", url = "https://x.example/1" }, { "success", "failed" })
    for _, http in ipairs { { ["GET https://other.example/*"] = { status = 200 } }, function() return nil end } do
      local run = simulate(definition, { http = http })
      assert.are.equal("waiting", run.status)
      assert.is_truthy(run.waiting.needs:find("GET https://x.example/1", 1, true))
      run:event("success", { parsed = { n = 1 } })
      assert.are.equal("ended", run.status)
      assert.are.equal(1, run.context.widgets.w.parsed.n)
    end
    assert.is_truthy(simulate(definition).waiting.needs)
  end)

  it("are answered by the most telling key of a table", function()
    local definition = one("w", "make-http-request", { method = "GET", url = "https://x.example/a-b/1?q=2" }, { "success", "failed" })
    local function body_of(http)
      return simulate(definition, { http = http }).context.widgets.w.body
    end
    local any, exact = { status = 200, body = "any" }, { status = 200, body = "exact" }
    assert.are.equal("exact", body_of { ["GET *"] = any, ["GET https://x.example/a-b/1?q=2"] = exact })
    assert.are.equal("exact", body_of { ["GET *"] = any, ["GET https://x.example/a-b/1"] = exact })
    assert.are.equal("any", body_of { ["POST https://x.example/a-b/1"] = exact, ["*"] = any })
    assert.are.equal("exact", body_of { ["GET https://x%.example/a%-b/%d+"] = exact })
    assert.are.equal("exact", body_of { ["https://x.example/*/1"] = exact })
    assert.are.equal("1", body_of { ["GET *"] = function(request) return { status = 200, body = request.url:match "(%d)%?" } end })
    assert.is_nil(simulate(definition, { http = { ["GET https://x.example/a-b"] = exact } }).context.widgets.w)
  end)

  -- The table of three runs in the service's documentation of run-function.
  it("merge what they have parsed when they run again", function()
    local answers = {
      { status = 200, body = '{"a":1,"b":{"c":2}}' }, { status = 200, body = '{"b":3,"d":4}' },
      { status = 500, headers = { ["Content-Type"] = "text/html" }, body = "<p>" },
    }
    local definition = flow {
      state("f1", "run-function", { url = "https://f.example/" }, { success = "again", fail = false }),
      state("again", "set-variables", { variables = { { key = "n", value = "{{flow.variables.n | plus: 1}}" } } }, { next = "f1" }),
    }
    local n = 0
    local run = simulate(definition, { http = function()
      n = n + 1
      return answers[n]
    end })
    assert.are.equal("ended", run.status)
    local seen = {}
    for _, step in ipairs(run.steps) do
      if step.transitioned_from == "f1" then seen[#seen + 1] = step.context.widgets.f1 end
    end
    assert.are.same({ a = 1, b = { c = 2 } }, seen[1].parsed)
    assert.are.same({ a = 1, b = 3, d = 4 }, seen[2].parsed)
    assert.are.same({ a = 1, b = 3, d = 4 }, seen[3].parsed)
    assert.are.same({ "<p>", "text/html", 500 }, { seen[3].body, seen[3].content_type, seen[3].status_code })
  end)
end)

describe("outcomes", function()
  local dial = { noun = "number", to = "+3", caller_id = "+1" }
  local events = { "callCompleted", "hangup" }

  it("are by name, by visit, or from a function", function()
    local definition = flow { state("dial", "connect-call-to", dial, { callCompleted = "dial", hangup = false }) }
    local function names(outcomes)
      local run = simulate(definition, { trigger = "incomingCall", outcomes = outcomes })
      local list = {}
      for i, step in ipairs(run.steps) do list[i] = step.name end
      return table.concat(list, " ", 2)
    end
    assert.are.equal("hangup", names { dial = "hangup" })
    assert.are.equal("callCompleted callCompleted hangup", names { dial = { "callCompleted", { event = "callCompleted" }, "hangup" } })
    assert.are.equal("hangup", names { dial = function() return "hangup" end })
    assert.are.equal("hangup", names(function(widget, context, kind)
      assert.are.same({ "dial", "connect-call-to" }, { widget, kind })
      assert.is_table(context.widgets)
      return { event = "hangup" }
    end))
  end)

  it("that are missing stop the run, which names what it needs", function()
    local run = run_one("connect-call-to", dial, events, { trigger = "incomingCall" })
    assert.are.equal("waiting", run.status)
    assert.are.same({ widget = "w", type = "connect-call-to", needs = run.waiting.needs }, run.waiting)
    for _, word in ipairs { 'outcomes["w"]', "run:event", "callCompleted", "hangup" } do
      assert.is_truthy(run.waiting.needs:find(word, 1, true), run.waiting.needs)
    end
    local given, err = run:event("answered")
    assert.is_nil(given)
    assert.is_truthy(err.message:find("callCompleted, hangup", 1, true), err.message)
    run:event("callCompleted", { DialCallStatus = "busy", Extra = 1 })
    assert.are.equal("busy", run.context.widgets.w.DialCallStatus)
    assert.are.equal(1, run.context.widgets.w.Extra)
    assert.is_truthy(run.context.widgets.w.DialCallSid:find("^CA"))
  end)

  it("leave what the service leaves", function()
    local call = { trigger = "incomingCall", from = "+1" }
    local function left_by(kind, properties, event, options)
      options = options or call
      local run, left = run_one(kind, properties, { event }, {
        trigger = options.trigger, from = options.from, to = options.to, outcomes = { w = event },
      })
      assert.are.equal(event, run.steps[2].name)
      return left, run
    end
    assert.is_truthy(left_by("connect-call-to", { record = true }, "callCompleted").RecordingUrl:find("^https://api.twilio.com/.*/RE%x+$"))
    assert.is_nil(left_by("connect-call-to", {}, "callCompleted").RecordingUrl)
    local left = left_by("record-voicemail", {}, "recordingComplete")
    for _, name in ipairs { "RecordingUrl", "RecordingSid", "RecordingDuration", "Digits", "CallStatus", "From" } do
      assert.is_string(left[name], name)
    end
    assert.are.same({}, left_by("record-voicemail", {}, "noAudio"))
    local uri = left_by("record-call", { record_call = true }, "success").Uri
    assert.is_truthy(uri:find("^/2010%-04%-01/Accounts/AC%x+/Recordings/RE%x+%.json$"), uri)
    assert.are.same({}, left_by("record-call", { record_call = true }, "failed"))
    left = left_by("enqueue-call", { queue_name = "q" }, "callComplete")
    assert.are.same({ "bridged", "+1" }, { left.QueueResult, left.From })
    assert.is_string(left.QueueSid)
    left = left_by("capture-payments", { payment_amount = "1" }, "success")
    assert.are.equal("success", left.Result)
    assert.is_string(left.PaymentConfirmationCode)
    assert.are.same({ Result = "too-many-failed-attempts" }, left_by("capture-payments", {}, "maxFailedAttempts"))
    local request = { trigger = "incomingRequest", from = "+2", to = "+1" }
    local properties = { from = "{{flow.channel.address}}", to = "{{contact.channel.address}}", detect_answering_machine = true }
    local run
    left, run = left_by("make-outgoing-call-v2", properties, "answered", request)
    assert.are.same({ "+2", "+1", "in-progress", "human" }, { left.From, left.To, left.CallStatus, left.AnsweredBy })
    assert.are.same({ widget = "w", kind = "call", to = "+1", from = "+2" }, run.output[1])
    assert.are.equal("no-answer", left_by("make-outgoing-call-v2", properties, "noAnswer", request).CallStatus)
    assert.are.equal("machine_start", left_by("make-outgoing-call-v1", properties, "answeredByMachine", request).AnsweredBy)
    for _, kind in ipairs { "connect-virtual-agent-v2", "run-conversation-relay" } do
      assert.are.same({}, left_by(kind, {}, "failed"))
    end
  end)
end)

describe("gather-input-on-call", function()
  local properties = { say = "One or two?", timeout = 4, finish_on_key = "#", number_of_digits = 3 }
  local events = { "keypress", "speech", "timeout" }
  local function gather(more)
    local all = {}
    for name, value in pairs(properties) do all[name] = value end
    for name, value in pairs(more or {}) do all[name] = value end
    return run_one("gather-input-on-call", all, events, { trigger = "incomingCall", from = "+1" })
  end

  it("takes digits, without the key that ends them, and no more than are due", function()
    for digits, due in pairs { ["1"] = "1", ["12#"] = "12", ["1234"] = "123", ["#"] = "", ["1*"] = "1*" } do
      local run = gather()
      assert.are.same({ widget = "w", type = "gather-input-on-call", timeout = 4 }, run.waiting)
      assert.are.equal(run, run:digits(digits))
      assert.are.equal("keypress", run.steps[2].name)
      assert.are.equal(due, run.context.widgets.w.Digits)
      assert.are.equal("+1", run.context.widgets.w.From)
    end
    local run = gather { finish_on_key = "", number_of_digits = 0 }
    run:digits "12#45"
    assert.are.equal("12#45", run.context.widgets.w.Digits)
    run = gather { finish_on_key = "{{flow.variables.none | default: '*'}}" }
    run:digits "1*2"
    assert.are.equal("1", run.context.widgets.w.Digits)
    run = gather { number_of_digits = 2.5 }
    run:digits "1234"
    assert.are.equal("12", run.context.widgets.w.Digits)
    run = gather { number_of_digits = "99999999999999999999" }
    run:digits "1234"
    assert.are.equal("1234", run.context.widgets.w.Digits)
    local given, err = gather():digits "one"
    assert.is_nil(given)
    assert.are.equal("argument", err.kind)
  end)

  it("takes speech, silence and a hang-up", function()
    local run = gather()
    run:speech "two please"
    assert.are.equal("speech", run.steps[2].name)
    assert.are.equal("two please", run.context.widgets.w.SpeechResult)
    assert.is_string(run.context.widgets.w.Confidence)
    run = gather()
    run:pass(4)
    assert.are.equal("timeout", run.steps[2].name)
    assert.is_nil(run.context.widgets.w.Digits)
    assert.are.equal("+1", run.context.widgets.w.From)
    run = gather()
    assert.are.equal(run, run:hangup())
    assert.are.equal("ended", run.status)
    assert.are.same({ 81002 }, codes(run))
    assert.are.equal(1, #run.steps)
  end)

  it("asks by voice or by sound", function()
    assert.are.same({ widget = "w", kind = "say", text = "One or two?" }, gather().output[1])
    local sound = { widget = "w", kind = "play", text = "https://s.example/a" }
    assert.are.same(sound, gather { say = "", play = "https://s.example/a" }.output[1])
  end)
end)

describe("a call", function()
  it("that hangs up is an event where there is one", function()
    local run = run_one("record-voicemail", {}, { "recordingComplete", "noAudio", "hangup" }, { trigger = "incomingCall" })
    run:hangup()
    assert.are.equal("hangup", run.steps[2].name)
    assert.are.same({}, run.problems)
  end)

  it("is missed by widgets that need one", function()
    local run = run_one("say-play", { say = "Hello" }, { "audioComplete" })
    assert.are.same({ 81020 }, codes(run))
    assert.are.equal("ended", run.status)
    run = run_one("start-conversation", { participants = {} }, { "created", "failed" })
    assert.are.same({ 81020 }, codes(run))
  end)

  it("plays sounds and tones, and is streamed", function()
    local options = { trigger = "incomingCall" }
    assert.are.same({ "https://s.example/a" }, texts(run_one("say-play", { play = "https://s.example/a" }, { "audioComplete" }, options)))
    assert.are.equal("digits", run_one("say-play", { digits = "12" }, { "audioComplete" }, options).output[1].kind)
    local run = run_one("fork-stream", { stream_action = "start", stream_url = "wss://s.example" }, { "next" }, options)
    assert.are.same({ widget = "w", kind = "stream", text = "start", to = "wss://s.example" }, run.output[1])
    assert.are.equal("next", run.steps[2].name)
  end)
end)

describe("other products", function()
  it("get a Task, and the run waits for what becomes of it", function()
    local properties = { workflow = "WW1", channel = "TC1", attributes = '{"name":"{{contact.channel.address}}"}' }
    local events = { "callComplete", "failedToEnqueue", "callFailure" }
    local run = run_one("send-to-flex", properties, events, { from = "+1" })
    assert.are.same({ widget = "w", kind = "task", text = '{"name":"+1"}', to = "WW1", channel = "TC1" }, run.output[1])
    assert.is_truthy(run.context.widgets.w.sid:find("^WT%x+$"))
    assert.is_truthy(run.waiting.needs)
    run:event("failedToEnqueue")
    assert.are.equal("ended", run.status)
    run = run_one("send-to-flex", properties, events, { trigger = "incomingCall", outcomes = { w = "callComplete" } })
    assert.are.equal("bridged", run.context.widgets.w.QueueResult)
    properties.attributes = ("x"):rep(1025)
    assert.are.equal(1, #run_one("send-to-flex", properties, events).problems)
  end)

  it("start and resume conversations", function()
    local definition = flow {
      state("w", "start-conversation", {
        participants = {
          { type = "messaging", messaging_binding_address = "{{contact.channel.address}}" }, { type = "chat", identity = "a" },
        },
      }, { created = "r", failed = false }),
      state("r", "resume-conversation", { conversation_sid = "{{widgets.w.conversation.sid}}" }, { resumed = false, failed = false }),
    }
    local run = simulate(definition, { trigger = "incomingRequest", to = "+1" })
    assert.are.same({ "Trigger incomingRequest w", "w created r", "r resumed Ended" }, way(run))
    local left = run.context.widgets.w
    assert.is_truthy(left.conversation.sid:find("^CH%x+$"))
    assert.are.equal("+1", left.conversation.participants[1].messaging_binding_address)
    assert.are.equal("a", left.conversation.participants[2].identity)
    assert.is_string(left.webhook_sid)
    assert.are.equal(left.conversation.sid, run.context.widgets.r.conversation.sid)
    assert.are.equal(left.conversation.sid, run.context.flow.channel.conversation.sid)
    run = simulate(definition, { trigger = "incomingRequest", outcomes = { w = "failed" } })
    assert.are.same({ "Trigger incomingRequest w", "w failed Ended" }, way(run))
  end)

  it("take over and come back", function()
    local events = { "return", "timeout", "fail" }
    local run = run_one("add-twiml-redirect", { url = "https://t.example/" }, events, { trigger = "incomingCall" })
    assert.are.equal(14400, run.waiting.timeout)
    run:event("return", { Choice = "b" })
    assert.are.equal("return", run.steps[2].name)
    assert.are.equal("b", run.context.widgets.w.Choice)
    run = run_one("add-twiml-redirect", { url = "https://t.example/", timeout = "60" }, events, { trigger = "incomingCall" })
    run:pass(60)
    assert.are.equal("timeout", run.steps[2].name)
    assert.are.equal("timeout", run_one("add-twiml-redirect", { url = "https://t.example/", timeout = "0" }, events).steps[2].name)
    assert.are.equal("fail", run_one("add-twiml-redirect", { url = "no url" }, events).steps[2].name)
  end)

  it("that nobody knows wait for an event by name", function()
    local run = run_one("brand-new", { a = 1 }, { "done" })
    assert.are.equal("waiting", run.status)
    assert.is_truthy(run.waiting.needs:find('"done"', 1, true), run.waiting.needs)
    run:event("done", { x = 1 })
    assert.are.equal("ended", run.status)
    assert.are.equal(1, run.context.widgets.w.x)
    assert.are.equal("ended", run_one("create-task", {}, { "ok" }, { outcomes = { w = "ok" } }).status)
    run = run_one("send-to-auto-pilot", { body = "x" }, { "sessionEnded" })
    assert.is_truthy(run.waiting.needs:find("sessionEnded", 1, true))
  end)

  it("are none of them left out", function()
    for kind, widget in pairs(require("studio.flow.widgets").types) do
      for _, event in ipairs(widget.events or { "done" }) do
        if widget.happens ~= "start" and widget.happens ~= "condition" then
          local run = run_one(kind, { body = "x", url = "https://x.example" }, { event }, {
            trigger = widget.under == "request" and "incomingRequest" or "incomingCall", outcomes = { w = event },
          })
          assert.are.same({ "Trigger " .. (run.steps[1].name) .. " w", "w " .. event .. " Ended" }, way(run), kind)
          assert.is_string(codec.encode(run.context))
        end
      end
    end
  end)
end)
