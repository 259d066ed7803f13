-- long
-- The console of the local service and the file of flow.page, in a real browser.
local codec = require "studio.flow.json"
local emulator = require "studio.emulator"
local flow = require "studio.flow"
local states = require "spec.flow.states"
local support = require "spec.support"
local webdriver = require "spec.webdriver"

local state = states.state

-- The page is the same whatever runs the service, and a browser takes its time: one interpreter is enough.
if support.interpreter ~= "lua5.4" then return end

local missing = webdriver.missing()

local EVIL = "<img src=x onerror=document.title=String(1337)>"

local function evil_flow()
  return states.flow {
    state(EVIL, "send-and-wait-for-reply", { body = "</script><script>document.title=1337</script>", timeout = "3600" },
      { incomingMessage = "twice", timeout = "bye", deliveryFailure = false }),
    state("twice", "set-variables", { variables = { { key = "__proto__", value = "{{flow.data.x}}" } } }, { next = "bye" }),
    state("bye", "send-message", { body = "{% nosuchtag %}" }, { sent = false, failed = false }),
  }
end

describe("The console in a browser", function()
  if missing then
    pending("is not tried: " .. missing)
    return
  end

  local service, client, browser

  setup(function()
    service = assert(emulator.start { engagements = 3, now = 1767225600 })
    client = support.client(service)
    browser = webdriver.open()
  end)

  teardown(function()
    if browser then browser:close() end
    client:close()
    service:stop()
  end)

  before_each(function()
    service:reset()
    browser:go "about:blank"
    browser:run "return 0"
    browser:requests()
    browser:complaints()
  end)

  local function open(sid)
    browser:go(("%s/console#token=%s&flow=%s"):format(service.base_url, service.control_token, sid))
    browser:wait "return location.hash.indexOf('token') < 0"
    browser:wait "return document.querySelector('.box') !== null"
  end

  local function send(text)
    browser:write("#text", text)
    browser:click "#message .main"
  end

  -- Nothing was asked of anybody else, and nothing was complained of.
  local function assert_quiet()
    assert.same({}, browser:complaints())
    local count = 0
    for _, url in ipairs(browser:requests()) do
      count = count + 1
      assert.truthy(url:sub(1, #service.base_url + 1) == service.base_url .. "/" or url:find "^blob:" or url == "data:,", url)
    end
    assert.truthy(count > 0)
  end

  it("shows a conversation with a seeded flow, and keeps it as a transcript", function()
    open(service.flows.support)
    -- The token does not stay in the address.
    assert.is_nil(browser:run("return location.href"):find(service.control_token, 1, true))
    browser:run("const select = document.getElementById('flows'); select.value = arguments[0]; select.dispatchEvent(new Event('change'))",
      service.flows.survey)
    browser:wait "return document.querySelector('.box[data-name=question_1]') !== null"
    send "hi"
    browser:wait_text(".bubble.flow", "How was your visit?")
    browser:wait "return document.querySelector('.box.waiting[data-name=question_1]') !== null"
    send "Very good </script><img src=x onerror=alert(1)>"
    browser:wait_text(".bubble.flow", "Thank you!")
    browser:wait_text(".talk .line", "The Execution has ended")

    browser:wait "return document.querySelectorAll('.steps > li').length === 5"
    local ways = browser:run "return [...document.querySelectorAll('.step')].map((each) => each.textContent)"
    assert.equal("1TriggerincomingMessage→ greeting", ways[1])
    assert.equal("5thankssent→ Ended", ways[5])
    assert.equal(4, browser:run "return document.querySelectorAll('.edge.taken').length")
    assert.same(codec.array { "1", "1", "1", "1" },
      browser:run "return [...document.querySelectorAll('.count text')].map((each) => each.textContent)")
    browser:click ".steps > li:last-child .step"
    local added = browser:run "return document.querySelector('.step-body dl').textContent"
    assert.truthy(added:find("widgets.thanks.outbound.BodyThank you!", 1, true), added)
    browser:click ".step-body summary"
    browser:wait_text(".step-body pre", "Very good </script><img src=x onerror=alert(1)>")
    assert.equal(0, browser:run "return document.querySelectorAll('img').length")

    browser:click "#transcript"
    local kept = browser:download()
    assert.equal("customer-survey.transcript", kept.name)
    local definition = assert(client.v2.flows(service.flows.survey):fetch()).definition
    assert.equal(true, assert(flow.replay(definition, kept.text)))
    assert.is_nil((flow.replay(definition, (kept.text:gsub("Thank you!", "Thanks!")))))
    assert_quiet()
  end)

  it("shows texts of strangers as texts, and problems where they happened", function()
    local made = assert(client.v2.flows:create { friendly_name = EVIL, status = "published", definition = evil_flow() })
    open(made.sid)
    browser:wait_text(".boxes .name", "<img src=x")
    browser:wait_text(".preview", "</script><script>")
    send "1337 <b>bold</b>"
    browser:wait_text(".bubble.flow", "</script><script>document.title=1337</script>")
    send "__proto__"
    browser:wait_text(".talk .problem", "81018 at bye")
    browser:wait_text(".tab-body .finding", "81018")
    browser:wait "return document.querySelector('.box[data-name=bye] .mark.error') !== null"
    browser:click ".steps > li:nth-child(2) .step"
    browser:wait_text(".step-body dt", ".inbound.Body")
    browser:click ".steps > li:nth-child(3) .step"
    browser:wait_text(".step-body dt", "flow.variables.__proto__")
    browser:click "#tab-widgets"
    browser:click ".widgets li:nth-child(2) button"
    browser:wait_text("#tab-widgets-body h2", EVIL)
    browser:wait_text("#tab-widgets-body dd", "</script><script>document.title=1337</script>")
    assert.equal("Studio console", browser:run "return document.title")
    assert.equal(0, browser:run "return document.querySelectorAll('#page img, #page script, #page b').length")
    assert_quiet()
  end)

  it("goes along with what programs do, lets time pass, and drives calls", function()
    open(service.flows.reminder)
    local execution = assert(client.v2.flows(service.flows.reminder).executions:create {
      to = "+15550003333", from = "+15550002222", parameters = { time = "noon" },
    })
    browser:wait("return document.querySelector(`[data-sid='${arguments[0]}']`) !== null", execution.sid)
    browser:click(("[data-sid='%s']"):format(execution.sid))
    browser:wait_text(".bubble.flow", "See you at noon.")
    assert(service:message { from = "+15550003333", to = "+15550002222", body = "Y" })
    browser:wait_text(".bubble.contact", "Y")
    browser:wait_text(".talk .line", "The Execution has ended")

    open(service.flows.support)
    browser:click "#call"
    browser:wait "return document.getElementById('digits').offsetHeight > 0"
    browser:click ".pad button:nth-child(3)"
    browser:click "#digits .main"
    browser:wait_text("#telephone .hint", "waits at to_agent")
    browser:wait "return document.getElementById('events').value === 'callComplete'"
    browser:click "#hangup"
    browser:wait_text(".talk .line", "The contact hangs up")
    browser:click "#another"
    browser:wait "return document.getElementById('call').offsetHeight > 0"
    assert_quiet()
  end)

  it("shows two revisions on one canvas", function()
    local old, new = evil_flow(), evil_flow()
    table.remove(new.states, 3)
    new.states[2].transitions[2].next = "bye"
    new.states[3].properties.body = "Goodbye"
    local made = assert(client.v2.flows:create { friendly_name = "Two", status = "published", definition = old })
    assert(made:update { status = "published", definition = new })
    open(made.sid)
    browser:run "const select = document.getElementById('compared'); select.value = '1'; select.dispatchEvent(new Event('change'))"
    browser:wait "return document.querySelector('.box.removed[data-name=twice]') !== null"
    browser:wait "return document.querySelector('.box.changed[data-name=bye]') !== null"
    browser:wait_text("del", "{% nosuchtag %}")
    browser:wait_text("ins", "Goodbye")
    browser:click ".change button.link"
    browser:wait "return document.querySelector('#tab-widgets-body h2') !== null"
    assert_quiet()
  end)

  it("can be used with the keyboard, and found by words", function()
    open(service.flows.survey)
    browser:press("svg.canvas", "\238\128\149")                -- Arrow down: the trigger, then what follows it.
    browser:press("svg.canvas", "\238\128\149")
    browser:wait_text("#tab-widgets-body h2", "greeting")
    assert.truthy(browser:run("return document.querySelector('#stage [aria-live]').textContent"):find("greeting, send-message", 1, true))
    browser:press("body", "/")
    browser:press("#search", "thank")
    browser:wait "return document.querySelectorAll('.widgets li').length === 1"
    browser:press("#search", "\238\128\135")                   -- Enter.
    browser:wait "return document.querySelector('.box.selected[data-name=thanks]') !== null"
    browser:press("svg.canvas", "0")
    local unnamed = browser:run [[
      return [...document.querySelectorAll("button, input, select, textarea")].filter((each) => !each.textContent.trim() &&
        !each.getAttribute("aria-label") && !each.closest("label")).map((each) => each.outerHTML);
    ]]
    assert.same(codec.array {}, unnamed)
    assert_quiet()
  end)

  it("answers for the token alone", function()
    browser:go(service.base_url .. "/console/base.js")
    browser:run "sessionStorage.clear()"
    browser:go(service.base_url .. "/console")
    browser:wait "return document.getElementById('token') !== null"
    browser:write("#token", "wrong")
    browser:click ".gate .main"
    browser:wait_text("[role=alert]", "not the token")
    browser:write("#token", service.control_token)
    browser:click ".gate .main"
    browser:wait "return document.querySelector('.box') !== null"
  end)

  it("shows the same canvas from a file, without a server", function()
    local definition = evil_flow()
    local run = assert(flow.simulate(definition, { body = "hi" }))
    run:message "x"
    local path = os.tmpname()
    local file = assert(io.open(path .. ".html", "w"))
    file:write((assert(flow.page(definition, { steps = run.steps }))))
    file:close()
    browser:go("file://" .. path .. ".html")
    browser:wait "return document.querySelector('.box') !== null"
    local script = [[
      return [...document.querySelectorAll(".box")].map((each) => each.dataset.name + " " + each.getAttribute("transform") + " " +
        each.querySelector(".frame").getAttribute("height")).sort();
    ]]
    local from_file = browser:run(script)
    assert.equal(4, #from_file)
    assert.equal(3, browser:run "return document.querySelectorAll('.edge.taken').length")
    assert.truthy(browser:run("return document.querySelector('.steps').textContent"):find("incomingMessage", 1, true))
    assert.same({}, browser:complaints())
    assert.same({ "file://" .. path .. ".html" }, browser:requests())
    os.remove(path)
    os.remove(path .. ".html")
    local made = assert(client.v2.flows:create { friendly_name = "Same", status = "published", definition = definition })
    open(made.sid)
    assert.same(from_file, browser:run(script))
  end)
end)
