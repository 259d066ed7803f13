-- What a run shows is a text that can be played again, and the first line that differs is shown.
local every = require "spec.flow.every_widget"
local replay = require "studio.flow.replay"
local simulate = require("studio.flow.simulate").simulate
local states = require "spec.flow.states"
local transcript = require "studio.flow.transcript"

local state, flow = states.state, states.flow

local function order_bot()
  return flow {
    state("ask", "send-and-wait-for-reply", { body = "Welcome to the *shop*", timeout = "3600" },
      { incomingMessage = "look_up", timeout = false, deliveryFailure = false }),
    state("look_up", "make-http-request", { method = "GET", url = "https://shop.example/orders/{{widgets.ask.inbound.Body}}" },
      { success = "tell", failed = "sorry" }),
    state("tell", "send-and-wait-for-reply",
      { body = "Order {{widgets.ask.inbound.Body}}: {{widgets.look_up.parsed.state}}", timeout = "60" },
      { incomingMessage = "ask", timeout = false, deliveryFailure = false }),
    state("sorry", "send-message", { body = "Sorry.\nBack\\slash" }, { sent = false, failed = false }),
  }
end

-- The one of the contract.
local written = [[
# order-bot.transcript
@ incomingMessage from +15550001111 to +15550002222
> hi
< Welcome to the *
> 42
? GET https://shop.example/orders/42 -> 200 {"state":"sent"}
< Order 42: sent
~ 3600
= ended
]]

describe("a transcript", function()
  it("is what the run shows", function()
    local run = simulate(order_bot(), {
      body = "hi", http = { ["GET https://shop.example/orders/*"] = { status = 200, body = '{"state":"sent"}' } },
    })
    run:message "42"
    run:pass(3600)
    assert.are.equal([[
@ incomingMessage from +15550001111 to +15550002222
> hi
< Welcome to the \*shop\*
> 42
? GET https://shop.example/orders/42 -> 200 {"state":"sent"}
< Order 42: sent
~ 3600
= ended
]], transcript.write(run))
    assert.is_true(replay(order_bot(), transcript.write(run)))
  end)

  it("has a line for all that can happen", function()
    local run = simulate(every.voice, { trigger = "incomingCall", from = "+1", to = "+2" })
    run:speech "agent"
    run:event("paused", { a = 1 })
    run:event "failed"
    run:event "return"
    run:pass(30.5)
    run:event("return", { Digits = "1" })
    run:digits "1"
    run:hangup()
    assert.are.equal([[
@ incomingCall from +1 to +2
< Hello +1
< One, two or three?
s> agent
! paused {"a":1}
! failed
! return
~ 30.5
! return {"Digits":"1"}
< One, two or three?
1> 1
x
= ended
]], transcript.write(run))
    assert.is_true(replay(every.voice, transcript.write(run)))
  end)

  it("tells where the run stands", function()
    local run = simulate(order_bot(), { trigger = "incomingRequest", parameters = { a = 1 }, from = "+2", to = "+1" })
    assert.are.equal('@ incomingRequest from +2 to +1 {"a":1}\n< Welcome to the \\*shop\\*\n= waiting at ask\n', transcript.write(run))
    local stuck = flow { state("hello", "send-message", { body = "x" }, {}) }
    assert.are.equal("= stuck at hello", transcript.write(simulate(stuck)):match("(= [^\n]*)\n$"))
  end)

  it("keeps texts of several lines, media, and answers of every kind", function()
    local answers = {
      { status = 200, body = "line 1\nline \\2\r\n" },
      { status = 404, headers = { ["Content-Type"] = "text/plain" }, body = '{"state":1}' },
      { error = "connection\nrefused" }, { status = 200, body = '{\n "state": "a\\nb"\n}', delay = 2.5 }, { status = 500 },
      { status = 200, headers = { ["content-type"] = "text/html" }, body = "(odd)" }, { status = 200, body = "(odd)" },
      { status = 200, body = "{}", delay = 11 },
    }
    for number, answer in ipairs(answers) do
      local run = simulate(order_bot(), { body = "a\n*\\n", http = { ["*"] = answer } })
      run:message { Body = "4 2", NumMedia = "1" }
      local text = transcript.write(run)
      assert.is_true(replay(order_bot(), text), number .. "\n" .. text)
      assert.is_truthy(text:find('! incomingMessage {"Body":"4 2","NumMedia":"1"}', 1, true))
      assert.is_truthy(text:find("> a\\n*\\\\n\n", 1, true), text)
      assert.are.equal(select(2, text:gsub("\n", "")), select(2, text:gsub("\n[@><?!~=]", "")) + 1, text)
    end
  end)

  it("is not written where JSON has no word for what it should tell", function()
    local given, err = transcript.write(simulate(order_bot(), { trigger = "incomingRequest", parameters = { note = "caf\233" } }))
    assert.is_nil(given)
    assert.are.equal("argument", err.kind)
    assert.is_truthy(err.message:find("the data of incomingRequest: at .note", 1, true), err.message)

    local run = assert(simulate(order_bot(), { body = "hi" }))
    assert(run:message { Body = "1", Note = "caf\233" })
    given, err = transcript.write(run)
    assert.is_nil(given)
    assert.is_truthy(err.message:find("the data of the event 'incomingMessage': at .Note", 1, true), err.message)
  end)

  it("keeps white space at the beginning of an answer", function()
    local definition = flow {
      state("ask", "make-http-request", { method = "GET", url = "https://shop.example/" }, { success = "tell", failed = "tell" }),
      state("tell", "send-message", { body = "[{{widgets.ask.body}}]" }, { sent = false }),
    }
    for _, body in ipairs { "\ttab", "  two", " (a, b) c", "(2 s) x", "" } do
      local run = simulate(definition, { body = "hi", http = function() return { status = 200, body = body } end })
      assert.are.same({ true }, { replay(definition, transcript.write(run)) }, transcript.write(run))
    end
  end)

  it("is of a run alone", function()
    local fine, message = pcall(function() transcript.write("a run") end)
    assert.is_false(fine)
    assert.is_truthy(message:find("transcript_spec.lua", 1, true), message)
  end)
end)

describe("a replay", function()
  local function differs(text, options)
    local given, err = replay(order_bot(), text, options)
    assert.is_nil(given)
    assert.are.equal("argument", err.kind)
    assert.are.equal(err.message, tostring(err))
    return err
  end

  it("is true when all comes as written", function()
    assert.is_true(replay(order_bot(), written))
    assert.is_true(replay(require("studio.flow.codec").encode(order_bot()), (written:gsub("\n", "\r\n"))))
  end)

  it("needs no ending, and takes stars and the bare status", function()
    assert.is_true(replay(order_bot(), "@ incomingMessage\n< *\n"))
    assert.is_true(replay(order_bot(), "@ incomingMessage\n\n< *shop*\n= waiting\n"))
    assert.is_true(replay(order_bot(), "@ incomingMessage\n< Welcome*\n= waiting at *"))
    assert.is_true(replay(order_bot(), "@ incomingMessage\n< *\n> 1\n? GET *orders/* -> 500\n< Sorry.\\nBack\\\\slash\n= ended"))
  end)

  it("answers requests from the text, or else from the option", function()
    local text = "@ incomingMessage\n< *\n> 1\n? GET https://shop.example/orders/1\n< Order 1: lost\n"
    assert.is_true(replay(order_bot(), text, { http = { ["GET *"] = { status = 200, body = '{"state":"lost"}' } } }))
    assert.is_true(replay(order_bot(), "@ incomingMessage\n< *\n> 1\n? GET https://shop.example/orders/1\n! failed\n< Sorry*\n"))
  end)

  it("shows what was due, what came, the line, and the last three steps", function()
    local err = differs((written:gsub("Order 42: sent", "Order 42: lost")))
    assert.are.equal(7, err.line)
    assert.are.equal("< Order 42: lost", err.due)
    assert.are.equal("< Order 42: sent", err.came)
    assert.are.equal([[
line 7 of the transcript differs
  due:   < Order 42: lost
  came:  < Order 42: sent
  steps: Trigger -- incomingMessage --> ask
         ask -- incomingMessage --> look_up
         look_up -- success --> tell]], err.message)
  end)

  it("differs where less, more or something else comes", function()
    assert.are.equal("= waiting at tell", differs((written:gsub("~ 3600\n", ""))).came)
    assert.are.equal("< Welcome to the \\*shop\\*", differs((written:gsub("< Welcome[^\n]*\n", ""))).came)
    assert.are.equal("? GET https://shop.example/orders/42", differs((written:gsub("orders/42", "orders/43"))).came)
    assert.are.equal("? GET https://shop.example/orders/42", differs((written:gsub("%? GET[^\n]*\n", ""))).came)
    local err = differs("@ incomingMessage\n< *\n1> 1\n")
    assert.are.equal("1> 1", err.due)
    assert.is_truthy(err.came:find("nothing waits for digits", 1, true), err.came)
    assert.is_truthy(differs("@ incomingMessage\n< *\n? GET x\n").came:find("= waiting at ask", 1, true))
    assert.are.equal(5, differs("@ incomingMessage\n< *\n= waiting\n\n> hi\n").line)
    assert.are.equal("(the end of the transcript)", differs("@ incomingMessage\n").due)
    assert.are.equal(2, differs("@ incomingMessage\n").line)
  end)

  it("tells of the last problem", function()
    local definition = order_bot()
    definition.states[2].properties.body = "{{ 1 | nosuchfilter }}"
    local _, err = replay(definition, written)
    assert.is_truthy(err.message:find("problem: 81011", 1, true), err.message)
  end)

  it("holds outcomes that were ordered against the text", function()
    local text = "@ incomingMessage\n! deliveryFailure\n= ended\n"
    assert.is_true(replay(order_bot(), text, { outcomes = { ask = "deliveryFailure" } }))
    assert.are.equal("! timeout", differs(text, { outcomes = { ask = "timeout" } }).came)
  end)

  it("needs no option for what an outcome was that the text has", function()
    local way = { ok = "x", bad = "y" }
    local function around(kind, properties, events)
      local targets = {}
      for event, target in pairs(events) do targets[event] = way[target] end
      return flow {
        state("w", kind, properties, targets),
        state("x", "send-message", { body = "x{{widgets.w.Digits}}{{widgets.w.parsed.n}}" }, { sent = false, failed = false }),
        state("y", "send-message", { body = "y" }, { sent = false, failed = false }),
      }
    end
    local url = "https://x.example/"
    local answer = { incomingMessage = "ok", timeout = "bad", deliveryFailure = "bad" }
    for _, case in ipairs {
      { around("send-message", { body = "q" }, { sent = "ok", failed = "bad" }), "failed" },
      { around("send-and-wait-for-reply", { body = "q" }, answer), { event = "incomingMessage", data = { Body = "z" } } },
      { around("send-and-wait-for-reply", { body = "q", timeout = "5" }, answer), "timeout" },
      { around("make-http-request", { method = "GET", url = url }, { success = "ok", failed = "bad" }),
        { event = "success", data = { parsed = { n = 7, m = 8 } } } },
      { around("run-function", { url = url }, { success = "ok", fail = "bad" }), "fail" },
      { around("say-play", { say = "q" }, { audioComplete = "ok" }), "audioComplete", "incomingCall" },
      { around("gather-input-on-call", { say = "q" }, { keypress = "ok", speech = "bad", timeout = "bad" }),
        { event = "keypress", data = { Digits = "5" } }, "incomingCall" },
      { around("connect-call-to", { to = "+1" }, { callCompleted = "ok", hangup = "bad" }), "hangup", "incomingCall" },
      { around("start-conversation", {}, { created = "ok", failed = "bad" }), "failed", "incomingRequest" },
      { around("run-subflow", { flow_sid = "FW1" }, { completed = "ok", failed = "bad" }), "failed" },
    } do
      local run = simulate(case[1], { trigger = case[3], outcomes = { w = case[2] } })
      assert.are.equal("ended", run.status)
      local text = transcript.write(run)
      assert.are.same({ true }, { replay(case[1], text) }, text)
      assert.are.same({ true }, { replay(case[1], (text:gsub(',"', ', "')), { outcomes = { w = case[2] } }) }, text)
    end
  end)

  it("begins with addresses of every kind", function()
    local body = "{{contact.channel.address}}>{{flow.channel.address}}"
    local definition = flow { state("m", "send-message", { body = body }, { sent = false }) }
    for _, case in ipairs {
      { "whatsapp:+1", "whatsapp:+2" }, { "Ada Lovelace", "the shop" }, { "+1", "+2", { FromCity = "A to B {x}" } },
    } do
      local run = simulate(definition, { from = case[1], to = case[2], data = case[3] })
      assert.are.same({ true }, { replay(definition, transcript.write(run)) }, transcript.write(run))
    end
    assert.is_true(replay(definition, '@ incomingMessage to +2 {"FromCity":"x"}\n< *>+2\n'))
    assert.is_true(replay(definition, "@ incomingMessage from +1\n< +1>*\n"))
  end)

  it("names a line that is none of a transcript", function()
    for text, due in pairs {
      ["< hi\n"] = "begins with a line such as", [""] = "begins with a line such as", ["# nothing\n"] = "begins with a line such as",
      ["@ incomingMessage\nhello\n"] = "line 2", ["@ incomingMessage\n~ soon\n"] = "seconds are due",
      ["@ incomingMessage\n? what\n"] = "METHOD URL is due", ["@ incomingMessage\n? GET x -> fine\n"] = "a status or",
      ["@ incomingMessage\n! a {b}\n"] = "an object in JSON", ["@ incomingMessage\n! \n"] = "a name is due",
      ["@ incomingMail\n"] = "there is no trigger 'incomingMail'", ["@ incomingMessage by mail\n"] = "'from A', 'to B'",
    } do
      local err = differs(text)
      assert.is_truthy(err.message:find(due, 1, true), err.message)
    end
  end)

  it("is misused at the caller's line, and lets errors of the program through", function()
    for _, call in ipairs {
      function() replay(5, written) end, function() replay(order_bot(), 5) end, function() replay(order_bot(), written, 5) end,
      function() replay(order_bot(), written, { htpp = {} }) end,
    } do
      local fine, message = pcall(call)
      assert.is_false(fine)
      assert.is_truthy(message:find("transcript_spec.lua", 1, true), message)
    end
    local raised = {}
    local fine, message = pcall(replay, order_bot(), "@ incomingMessage\n< *\n> 1\n? GET *\n", { http = function() error(raised) end })
    assert.is_false(fine)
    assert.are.equal(raised, message)
  end)
end)
