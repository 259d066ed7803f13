-- What flow.page writes: one file with all that it needs, in which texts are texts.
local codec = require "studio.flow.codec"
local crypto = require "studio.crypto"
local files = require "studio.console.files"
local flow = require "studio.flow"
local states = require "spec.flow.states"

local state = states.state

local function question(name)
  return states.flow {
    state(name or "ask", "send-and-wait-for-reply", { body = "Hello {{flow.data.name}}", timeout = "60" },
      { incomingMessage = "keep", timeout = false }),
    state("keep", "set-variables", { variables = { { key = "answer", value = "{{widgets.ask.inbound.Body}}" } } }, { next = false }),
  }
end

local function data_of(html)
  return assert(codec.decode((assert(html:match '<script id="data" type="application/json">(.-)</script>'))))
end

describe("flow.page", function()
  it("gives one file that asks for nothing else", function()
    local html = assert(flow.page(question()))
    assert.equal("<!doctype html>", html:match "^[^\n]*")
    for _, word in ipairs { "<link", "<img", "<iframe", "src=", "href=", "url(http", "@import", "fetch(", "XMLHttpRequest", "import(" } do
      assert.is_nil(html:find(word, 1, true), word)
    end
    -- The names of the namespaces of XML are the only addresses.
    for address in html:gmatch "https?://[^\"'%s<]*" do assert.equal("http://www.w3.org/2000/svg", address) end
    assert.is_true(#html < 100 * 1024)
  end)

  it("lets run and look alone what is in it", function()
    local html = assert(flow.page(question()))
    local policy = assert(html:match 'http%-equiv="Content%-Security%-Policy" content="([^"]*)"')
    assert.truthy(policy:find("default-src 'none'", 1, true))
    assert.is_nil(policy:find("unsafe", 1, true))
    local hashes, count = require "studio.console.hashes", 0
    for _, name in ipairs(files.names) do
      local text = hashes[name] and files.read(name)
      if text and (html:find("<script>" .. text .. "</script>", 1, true) or html:find("<style>" .. text .. "</style>", 1, true)) then
        assert.truthy(policy:find("'sha256-" .. hashes[name] .. "'", 1, true), name)
        count = count + 1
      end
    end
    local _, elements = html:gsub("<s[ct][ry][il][pe]t?>", "")
    assert.equal(count, elements)
    assert.is_true(count >= 5)
  end)

  it("knows its files by the hashes that they have", function()
    for name, hash in pairs(require "studio.console.hashes") do
      local hex = crypto.sha256(assert(files.read(name)))
      local pipe = assert(io.popen(("echo %s | openssl base64 -d | od -An -v -tx1"):format(hash)))
      local written = pipe:read("*a"):gsub("%s", "")
      pipe:close()
      assert.equal(hex, written, name .. ": 'make generate' writes the hashes anew")
    end
  end)

  it("keeps texts of strangers texts", function()
    local definition = question "<img src=x onerror=alert(1)>"
    definition.description = "</title><script>alert(1)</script>"
    definition.states[2].properties.body = "</script><script>alert(1)</script><!--"
    local html = assert(flow.page(definition))
    assert.is_nil(html:find("<script>alert", 1, true))
    assert.is_nil(html:find("<img", 1, true))
    assert.is_nil(html:find("<!--", 1, true))
    local data = data_of(html)
    assert.equal(definition.description, data.title)
    assert.equal("<img src=x onerror=alert(1)>", data.picture.nodes[2].name)
    assert.equal("</script><script>alert(1)</script><!--", data.picture.nodes[2].properties.body)
  end)

  it("has the widgets, their transitions and what the checker finds", function()
    local definition = question()
    definition.states[2].transitions[1].next = "kept"
    local picture = data_of(assert(flow.page(definition))).picture
    assert.equal("Trigger", picture.initial)
    local names = {}
    for position, node in ipairs(picture.nodes) do names[position] = node.name .. " " .. node.group end
    assert.same({ "Trigger trigger", "ask message", "keep data", "kept missing" }, names)
    assert.same({ { event = "timeout", label = "timeout" } }, picture.nodes[2].open)
    local last = picture.edges[#picture.edges]
    assert.same({ 1, 3, "incomingMessage" }, { last.from, last.to, last.event })
    local found = flow.check(definition)
    assert.equal(#found, #picture.findings)
    assert.equal(found[1].message, picture.findings[1].message)
  end)

  it("shows a run with what each step added to its context", function()
    local definition = question()
    local run = assert(flow.simulate(definition, { body = "hi" }))
    run:message "yes"
    local steps = data_of(assert(flow.page(definition, { steps = run.steps }))).steps
    assert.same({ "Trigger", "ask", "keep" }, { steps[1].from, steps[2].from, steps[3].from })
    assert.equal("hi", steps[1].added.set.trigger.message.Body)
    assert.equal("yes", steps[2].added.set.widgets.ask.inbound.Body)
    assert.is_nil(steps[2].added.set.trigger)
    assert.same({ flow = { variables = { answer = "yes" } }, widgets = { keep = { answer = "yes" } } }, steps[3].added.set)
    -- Lists of the API begin with the newest.
    local backwards = { run.steps[3], run.steps[2], run.steps[1] }
    assert.same(steps, data_of(assert(flow.page(definition, { steps = backwards }))).steps)
    -- Their contexts are empty.
    local listed = {}
    for number, step in ipairs(run.steps) do
      listed[number] = {
        name = step.name, transitioned_from = step.transitioned_from, transitioned_to = step.transitioned_to, context = {},
      }
    end
    assert.is_nil(data_of(assert(flow.page(definition, { steps = listed }))).steps[2].added)
  end)

  it("shows what is gone from a context", function()
    local steps = {
      {
        name = "next", transitioned_from = "a", type = "trigger",
        context = { flow = { x = 1, y = { 1, 2 } }, widgets = { a = { b = 1 } } },
      },
      { name = "next", transitioned_from = "b", context = { flow = { y = { 1, 2 } }, widgets = { a = 1 } } },
    }
    local shown = data_of(assert(flow.page(question(), { steps = steps }))).steps
    assert.same({ set = { widgets = { a = 1 } }, gone = { "flow\0x" } }, shown[2].added)
  end)

  it("shows a comparison", function()
    local old, new = question(), question()
    table.remove(new.states, 3)
    new.states[2].transitions[1].next = nil
    new.states[2].properties.body = "Good day"
    local picture = data_of(assert(flow.page(new, { changes = assert(flow.diff(old, new)) }))).picture
    local marked = {}
    for _, node in ipairs(picture.nodes) do marked[node.name] = node.change end
    assert.same({ ask = "changed", keep = "removed" }, marked)
    local by_path = {}
    for _, change in ipairs(picture.changes) do by_path[change.path] = change end
    assert.equal("Hello {{flow.data.name}}", by_path["/states/ask/properties/body"].from)
    assert.equal("Good day", by_path["/states/ask/properties/body"].to)
  end)

  it("is the same file for the same definition", function()
    assert.equal(flow.page(question()), flow.page(question()))
    assert.equal(flow.page(question()), flow.page(assert(codec.encode(question()))))
  end)

  it("says what it cannot show", function()
    local html, err = flow.page "{"
    assert.is_nil(html)
    assert.equal("argument", err.kind)
    assert.truthy(err.message:find("the definition is not JSON", 1, true))
    html, err = flow.page "[1]"
    assert.is_nil(html)
    assert.truthy(err.message:find("no JSON object", 1, true))
    html, err = flow.page { states = { { name = "a", type = "trigger", properties = { x = print } } } }
    assert.is_nil(html)
    assert.truthy(err.message:find("cannot be written as JSON", 1, true), err.message)
    local _, raised = pcall(function() flow.page(5) end)
    assert.truthy(raised:find "page_spec%.lua:%d+: the definition must be a table or JSON text")
    _, raised = pcall(function() flow.page({}, { step = {} }) end)
    assert.truthy(raised:find "page_spec%.lua:%d+: unknown option 'step': did you mean 'steps'")
    assert.truthy(flow.page {})
  end)
end)
