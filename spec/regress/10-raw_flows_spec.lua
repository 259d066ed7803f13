-- Seen: studio.flow asked the metatables of what it was given, where studio.encode and the calls read tables raw. A strict table raised
-- from within the library, and of a proxy with nothing in it something else was checked than sent.
local emulator = require "studio.emulator"
local flow = require "studio.flow"
local raw = require "studio.flow.raw"
local studio = require "studio"
local support = require "spec.support"

local function asked() error "a metatable was asked" end

local strict = {
  __index = asked, __newindex = asked, __len = asked, __pairs = asked, __ipairs = asked, __call = asked, __tostring = asked, __eq = asked,
  __concat = asked, __lt = asked, __le = asked,
}

local SUB = "FW" .. ("1"):rep(32)

-- Each time another table.
local function definition()
  return {
    description = "A question", initial_state = "Trigger", flags = { allow_concurrent_calls = true },
    states = {
      {
        name = "Trigger", type = "trigger", properties = { offset = { x = 0, y = 0.5 } },
        transitions = {
          { event = "incomingMessage", next = "ask" }, { event = "incomingCall" }, { event = "incomingConversationMessage" },
          { event = "incomingRequest" }, { event = "incomingParent" },
        },
      },
      {
        name = "ask", type = "send-and-wait-for-reply",
        properties = {
          body = "Who? {{ widgets.fetch.body }}", from = "{{flow.channel.address}}", timeout = "3600", service = "{{trigger.message.X}}",
        },
        transitions = { { event = "incomingMessage", next = "fetch" }, { event = "timeout" }, { event = "deliveryFailure" } },
      },
      {
        name = "fetch", type = "make-http-request",
        properties = { method = "GET", url = "https://shop.example/1", content_type = "application/json", offset = { x = 1, y = 2 } },
        transitions = { { event = "success", next = "split" }, { event = "failed" } },
      },
      {
        name = "split", type = "split-based-on", properties = { input = "{{widgets.ask.inbound.Body}}" },
        transitions = {
          { event = "noMatch", next = "child" },
          {
            event = "match", next = "ask",
            conditions = {
              { friendly_name = "x", arguments = { "{{widgets.ask.inbound.Body}}" }, type = "equal_to", value = "again" },
            },
          },
        },
      },
      {
        name = "child", type = "run-subflow", properties = { flow_sid = SUB, flow_revision = "LatestPublished", parameters = {} },
        transitions = { { event = "completed", next = "thanks" }, { event = "failed" } },
      },
      {
        name = "thanks", type = "send-message",
        properties = { body = "{{widgets.fetch.parsed.word}}", from = "{{flow.channel.address}}", to = "{{contact.channel.address}}" },
        transitions = { { event = "sent" }, { event = "failed" } },
      },
    },
  }
end

local function child()
  return {
    initial_state = "Trigger", states = {
      { name = "Trigger", type = "trigger", properties = {}, transitions = { { event = "incomingParent" } } },
    },
  }
end

-- Gives every table within a value, itself included, a metatable.
local function all_with(metatable, value)
  if getmetatable(value) ~= nil then return value end
  for _, inner in next, value do
    if type(inner) == "table" then all_with(metatable, inner) end
  end
  return setmetatable(value, metatable)
end

local function with_own(metatable, value) return setmetatable(value, metatable) end

local function in_first_state(metatable, value)
  setmetatable(value.states[1], metatable)
  return value
end

local function in_a_transition(metatable, value)
  setmetatable(value.states[2].transitions[1], metatable)
  return value
end

local ways = { all = all_with, itself = with_own, ["a state"] = in_first_state, ["a transition"] = in_a_transition }

-- Metatables whose tables say something else to those who ask.
local liars = {
  strict = strict,
  lying = {
    __index = function(_, key) return key == 1 and "one" or "x" end, __len = function() return 7 end,
    __pairs = function() return next, { states = {}, body = "y" } end, __eq = function() return true end,
  },
  locked = { __metatable = "locked", __index = asked, __pairs = asked, __len = asked },
}

local function lines(findings)
  local texts = {}
  for position, finding in ipairs(findings) do texts[position] = tostring(finding) end
  return table.concat(texts, "\n")
end

local function each(test)
  for _, metatable in pairs(liars) do
    for name, give in pairs(ways) do test(function(value) return give(metatable, value) end, name) end
  end
end

-- Slips, so that there is something to find and to compare.
local function changed()
  local value = definition()
  value.descripton, value.description = value.description, nil
  value.states[2].properties.body = "{{ widgets.asked.body }} {{ oops"
  value.states[2].properties.timeout = 2.5
  value.states[2].transitions[2].next = "fetsh"
  value.states[4].transitions[2].conditions[1].value = { 1 }
  value.states[4].transitions[2].name = "x"
  return value
end

describe("A definition is read raw", function()
  it("by check and graph", function()
    each(function(with)
      for _, make in ipairs { definition, changed } do
        assert.are.equal(lines(flow.check(make())), lines(flow.check(with(make()))))
        for _, format in ipairs { "dot", "mermaid" } do
          assert.are.equal(flow.graph(make(), { format = format }), flow.graph(with(make()), { format = format }))
        end
      end
    end)
  end)

  it("by page", function()
    local due = assert(flow.page(changed()))
    for _, metatable in pairs(liars) do assert.are.equal(due, assert(flow.page(all_with(metatable, changed())))) end
  end)

  it("by diff", function()
    local due = tostring(flow.diff(definition(), changed()))
    assert.truthy(due:find("2.5", 1, true), due)
    each(function(with)
      assert.are.equal(due, tostring(flow.diff(with(definition()), changed())))
      assert.are.equal(due, tostring(flow.diff(definition(), with(changed()))))
    end)
  end)

  it("as it is written: what an empty table stands for is not there", function()
    local full = definition()
    local proxy = setmetatable({}, {
      __index = full, __pairs = function() return pairs(full) end, __len = function() return 0 end,
    })
    assert.are.equal("{}", studio.encode(proxy))
    assert.are.equal(lines(flow.check {}), lines(flow.check(proxy)))
    assert.are.same(flow.diff({}, full), flow.diff(proxy, full))
    assert.are.equal("ended", flow.simulate(proxy).status)
  end)

  it("that holds itself: the answer is the same", function()
    local function circle(metatable)
      local value = definition()
      value.states[1].flow, value.states[2].properties.own = value, value.states[2].properties
      return setmetatable(value, metatable)
    end
    assert.are.equal(lines(flow.check(circle())), lines(flow.check(circle(strict))))
    assert.are.equal(flow.graph(circle()), flow.graph(circle(strict)))
    assert.are.equal(flow.simulate(circle()).sid, flow.simulate(circle(strict)).sid)
  end)

  it("without a copy where nothing in it would be asked", function()
    local decoded = studio.decode(studio.encode(definition()))
    assert.are.equal(decoded, raw.of(decoded))
    local marked = definition()
    marked.states = setmetatable(marked.states, {})
    assert.are.equal(marked, raw.of(marked))
    marked.states[3] = setmetatable(marked.states[3], { __name = "mine" })
    local copy = raw.of(marked)
    assert.are_not.equal(marked, copy)
    assert.are.equal(getmetatable(marked.states), getmetatable(copy.states))
    assert.are.same(marked.states[2], copy.states[2])
  end)

  it("by deploy, which checks what it sends", function()
    local sent = {}
    local transport = support.transport(function(request)
      sent[#sent + 1] = request
      local is_read = request.method == "GET"
      local body = is_read and '{"sid":"FW1","revision":1,"status":"published","definition":{}}' or '{"sid":"FW1","valid":true}'
      return { status = 200, headers = { ["Content-Type"] = "application/json" }, body = body }
    end)
    local client = support.offline(transport)
    each(function(with)
      local options = { friendly_name = "x", sid = "FW" .. ("0"):rep(32), dry_run = true, offsets = true }
      local result = assert(flow.deploy(client, with(definition()), options))
      assert.are.equal("updated", result.action)
    end)
    local proxy = setmetatable({}, { __index = definition(), __pairs = function() return pairs(definition()) end })
    local before = #sent
    local result, err = flow.deploy(client, proxy, { friendly_name = "x" })
    assert.is_nil(result)
    assert.truthy(err.findings)
    assert.are.equal(before, #sent)
  end)

  it("when a flow that was fetched is given as a whole", function()
    local transport = support.transport(function()
      local body = studio.encode { sid = "FW1", definition = definition(), revision = 2 }
      return { status = 200, headers = { ["Content-Type"] = "application/json" }, body = body }
    end)
    local fetched = assert(support.offline(transport).v2.flows("FW" .. ("0"):rep(32)):fetch())
    assert.are.equal(lines(flow.check { sid = "FW1", definition = definition(), revision = 2 }), lines(flow.check(fetched)))
    assert.are.equal(lines(flow.check(definition())), lines(flow.check(fetched.definition)))
    assert.are.equal(fetched.definition, raw.of(fetched.definition))
    assert.is_nil(fetched.states)
  end)
end)

describe("What goes with a definition is read raw", function()
  local function options_of(with)
    return {
      body = "Hi", data = with { FromCity = "BERLIN" }, parameters = with { a = with { 1 } },
      http = with {
        ["GET https://shop.example/*"] = with { status = 200, headers = with { ["X-A"] = "1" }, body = with { word = "Thanks" } },
      },
      outcomes = with { thanks = with { with { event = "sent" }, "failed" } },
      flows = with { [SUB] = with(child()) },
    }
  end

  local function play(given, message)
    local run = assert(flow.simulate(definition(), given))
    assert(run:message(message))
    return flow.transcript(run), run
  end

  local function plain(value) return value end
  local due, told = play(options_of(plain), { Body = "Bob", NumMedia = "0" })

  it("by simulate, its runs and replay", function()
    assert.truthy(due:find("= ended", 1, true), due)
    for _, metatable in pairs(liars) do
      local function with(value) return all_with(metatable, value) end
      assert.are.equal(due, (play(options_of(with), with { Body = "Bob", NumMedia = "0" })))
      assert.is_true(flow.replay(with(definition()), due, options_of(with)))
      local run = assert(flow.simulate(with(definition())))
      assert(run:event("incomingMessage", with { Body = "Bob" }))
      assert.are.equal("fetch", run.waiting.widget)
      assert(run:event("success", with { body = "x", parsed = with { word = "Thanks" } }))
      assert.are.equal("Thanks", run.context.widgets.fetch.parsed.word)
    end
  end)

  it("also where functions give it", function()
    for _, metatable in pairs(liars) do
      local function with(value) return all_with(metatable, value) end
      local given = options_of(with)
      local tables = { http = given.http["GET https://shop.example/*"], outcome = given.outcomes, flow = given.flows }
      given.http = function() return tables.http end
      given.flows = function() return all_with(metatable, child()) end
      given.outcomes = function(name) return name == "thanks" and with { event = "sent" } or nil end
      assert.are.equal(due, (play(given, { Body = "Bob", NumMedia = "0" })))
      given.http = with { ["GET https://shop.example/1"] = function() return tables.http end }
      given.outcomes = with { thanks = function() return with { event = "sent" } end }
      assert.are.equal(due, (play(given, { Body = "Bob", NumMedia = "0" })))
    end
  end)

  it("by check: the sub-flows", function()
    local flows = { [SUB] = { initial_state = "Trigger", states = { { name = "inner", type = "run-subflow", properties = {} } } } }
    local findings = lines(flow.check(definition(), { flows = flows }))
    assert.truthy(findings:find("nested%-subflow"), findings)
    for _, metatable in pairs(liars) do
      assert.are.equal(findings, lines(flow.check(definition(), { flows = all_with(metatable, flows) })))
    end
  end)

  it("by graph and page: steps and changes", function()
    local function steps()
      return {
        { name = "incomingMessage", transitioned_from = "Trigger", transitioned_to = "ask", context = { flow = { a = 1 } } },
        { name = "incomingMessage", transitioned_from = "ask", context = {} },
      }
    end
    local function changes()
      local list = {}
      for position, change in ipairs(flow.diff(definition(), changed())) do list[position] = change end
      return list
    end
    for _, write in ipairs { flow.graph, flow.page } do
      local with_steps, with_changes = write(definition(), { steps = steps() }), write(changed(), { changes = changes() })
      for _, metatable in pairs(liars) do
        assert.are.equal(with_steps, write(definition(), { steps = all_with(metatable, steps()) }))
        assert.are.equal(with_changes, write(changed(), { changes = all_with(metatable, changes()) }))
      end
    end
  end)

  it("and the steps of a run keep the contexts that they make when they are asked for", function()
    local page = flow.page(definition(), { steps = told.steps })
    local listed = {}
    for position, step in ipairs(told.steps) do listed[position] = step end
    assert.are.equal(page, flow.page(definition(), { steps = setmetatable(listed, strict) }))
    assert.truthy(page:find("Thanks", 1, true))
  end)

  it("by read: the variables that are there, and each that the file names as variables[name]", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write '{"a":"${A}"}'
    file:close()
    assert.are.same({ a = "1" }, flow.read(path, { variables = setmetatable({ A = 1 }, strict) }))
    assert.are.same({ a = "1.5" }, flow.read(path, { variables = setmetatable({}, { __index = { A = 1.5 }, __pairs = asked }) }))
    for _, variables in ipairs { setmetatable({}, { __index = { A = {} } }), setmetatable({ A = {} }, strict) } do
      local ok, message = pcall(function() flow.read(path, { variables = variables }) end)
      assert.is_false(ok)
      assert.truthy(message:find("10%-raw_flows_spec%.lua:%d+: variable 'A' must be a string, got table"), message)
    end
    os.remove(path)
  end)

  it("by the local service: 'http' and 'outcomes'", function()
    local with = function(value) return all_with(strict, value) end
    local given = options_of(with)
    local service = assert(emulator.start { http = given.http, outcomes = given.outcomes })
    service:stop()
    assert.has_error(function() emulator.start { http = setmetatable({ x = 1 }, strict) } end)
  end)
end)

describe("Options have names of ours, so defaults may come through __index", function()
  it("in every function", function()
    local by_default = function(options) return setmetatable({}, { __index = options, __pairs = asked }) end
    assert.are.equal(flow.graph(definition(), { format = "mermaid" }), flow.graph(definition(), by_default { format = "mermaid" }))
    local run = assert(flow.simulate(definition(), by_default { from = "+15550003333", trigger = "incomingMessage" }))
    assert.are.equal("+15550003333", run.context.contact.channel.address)
    local findings = flow.check(definition(), by_default { flows = { [SUB] = "{" } })
    assert.truthy(lines(findings):find("is not JSON", 1, true))
    assert.has_error(function() flow.graph(definition(), setmetatable({ formt = "dot" }, { __pairs = function() return next, {} end })) end)
  end)
end)
