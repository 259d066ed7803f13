-- What flow.check finds, and above all what it does not find: nothing is said of definitions that are right.
local codec = require "studio.flow.codec"
local flow = require "studio.flow"
local rules = require "studio.flow.rules"

local function content_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function load(path)
  return assert(codec.decode(content_of(path)))
end

local function lines_of(findings)
  local lines = {}
  for position, finding in ipairs(findings) do lines[position] = tostring(finding) end
  return table.concat(lines, "\n")
end

-- A message flow: a question, a split, two answers.
local function base()
  return load "spec/data/flows/sound/order-bot.json"
end

local function state_called(definition, name)
  for _, state in ipairs(definition.states) do
    if state.name == name then return state end
  end
end

local function only(findings)
  assert.are.equal(1, #findings, lines_of(findings))
  return findings[1]
end

-- Definitions that are too large for a file.
local built = {}

local function chain(count)
  local states = { { name = "Trigger", type = "trigger", properties = {}, transitions = {} } }
  for _, event in ipairs { "incomingMessage", "incomingCall", "incomingConversationMessage", "incomingRequest", "incomingParent" } do
    table.insert(states[1].transitions, { event = event, next = event == "incomingMessage" and "w2" or nil })
  end
  for number = 2, count do
    states[number] = {
      name = "w" .. number, type = "set-variables", properties = { variables = { { key = "n", value = tostring(number) } } },
      transitions = { { event = "next", next = number < count and "w" .. number + 1 or nil } },
    }
  end
  return { description = "A chain", states = states, initial_state = "Trigger" }
end

built["many-states"] = function() return chain(1001) end
built["too-many-states"] = function() return chain(2001) end
built["too-many-subflows"] = function()
  local definition = chain(200)
  for number = 2, 152 do
    local state = definition.states[number]
    state.type = "run-subflow"
    state.properties = { flow_sid = "FW" .. ("0"):rep(32), flow_revision = "LatestPublished" }
    state.transitions = { { event = "completed", next = "w" .. number + 1 }, { event = "failed" } }
  end
  return definition
end

local subflows = { ["FW" .. ("1"):rep(32)] = load "spec/data/flows/sound/parent.json" }

describe("flow.check", function()
  it("finds nothing in definitions that are right", function()
    for _, name in ipairs { "order-bot", "ivr", "reminder", "survey-subflow", "parent", "flex-webchat", "every-widget" } do
      local text = content_of("spec/data/flows/sound/" .. name .. ".json")
      assert.are.equal("", lines_of(flow.check(text)), name)
      assert.are.equal("", lines_of(flow.check(assert(codec.decode(text)))), name)
    end
  end)

  it("has a definition that breaks each rule, and finds that and nothing else", function()
    for _, rule in ipairs(rules.list) do
      local name = rule.name
      local definition = built[name] and built[name]() or content_of("spec/data/flows/rules/" .. name .. ".json")
      local findings = flow.check(definition, { flows = name == "nested-subflow" and subflows or nil })
      assert.are.equal(1, #findings, name .. ":\n" .. lines_of(findings))
      assert.are.equal(name, findings[1].rule)
      assert.are.equal(rule.level, findings[1].level)
    end
  end)

  it("lists its rules with level and sentence", function()
    local count = 0
    for name, rule in pairs(flow.rules) do
      count = count + 1
      assert.is_truthy(name:find "^%l[%l-]*%l$", name)
      assert.is_truthy(rule.level == "error" or rule.level == "warning" or rule.level == "note", name)
      assert.is_truthy(rule.sentence:find "^%u.*%.$" or rule.sentence:find "^'.*%.$", name)
    end
    assert.are.equal(#rules.list, count)
  end)

  it("tells of a finding on one line, with widget and place", function()
    local finding = only(flow.check(content_of "spec/data/flows/rules/dangling-transition.json"))
    assert.are.equal("go_on", finding.widget)
    assert.are.equal("/states/3/transitions/0/next", finding.path)
    assert.are.equal("error: go_on: 'sent' leads to 'byee', and no widget is called so: did you mean 'bye'?"
      .. " (dangling-transition, /states/3/transitions/0/next)", tostring(finding))
    local fields = {}
    for name in pairs(finding) do fields[#fields + 1] = name end
    table.sort(fields)
    assert.are.same({ "level", "message", "path", "rule", "widget" }, fields)
  end)

  it("says what was meant", function()
    local function message(name) return only(flow.check(content_of("spec/data/flows/rules/" .. name .. ".json"))).message end
    assert.is_truthy(message "unknown-transition-key":find("did you mean 'next'?", 1, true))
    assert.is_truthy(message "unknown-event":find("did you mean 'failed'?", 1, true))
    assert.is_truthy(message "unknown-operator":find("did you mean 'equal_to'?", 1, true))
    assert.is_truthy(message "unknown-property":find("did you mean 'number_of_digits'?", 1, true))
    assert.is_truthy(message "unknown-initial-state":find("did you mean 'Trigger'?", 1, true))
    assert.is_truthy(message "liquid-unknown-widget":find("did you mean 'ask'?", 1, true))
    assert.is_truthy(message "unknown-widget":find("did you mean 'send-message'?", 1, true))
  end)

  it("tells findings in the order of the states, those of the flow first", function()
    local definition = base()
    definition.initial_state = nil
    state_called(definition, "to_agent").type = "create-task"
    state_called(definition, "ask").properties.timeout = 5
    local findings = flow.check(definition)
    local places = {}
    for position, finding in ipairs(findings) do places[position] = finding.widget or "flow" end
    assert.are.same({ "flow", "ask", "to_agent" }, places)
  end)

  it("says what text is no JSON, and what JSON is no flow", function()
    assert.are.equal("invalid-json", only(flow.check "{").rule)
    assert.are.equal("invalid-json", only(flow.check "").rule)
    for _, text in ipairs { "[]", "1", "null", "true", '"flow"', "[{}]" } do
      local finding = flow.check(text)[1]
      assert.are.equal("invalid-shape", finding.rule, text)
      assert.are.equal("error", finding.level)
    end
    local findings = flow.check '{"state":[],"inital_state":"Trigger"}'
    assert.is_truthy(lines_of(findings):find("did you mean 'states' where 'state' stands?", 1, true))
    assert.is_truthy(lines_of(findings):find("did you mean 'initial_state' where 'inital_state' stands?", 1, true))
    assert.are.equal("invalid-shape", flow.check(codec.null)[1].rule)
  end)

  it("raises where the program slips, at its line", function()
    local function raised(...)
      local ok, message = pcall(flow.check, ...)
      assert.is_false(ok)
      return message
    end
    for _, value in ipairs { 5, true, print } do
      assert.is_truthy(raised(value):find("the definition must be a table or JSON text, got a? ?" .. type(value)), raised(value))
    end
    assert.is_truthy(raised(nil):find "the definition must be a table or JSON text, got nil")
    assert.is_truthy(raised({}, { flow = {} }):find "unknown option 'flow': did you mean 'flows'%?")
    assert.is_truthy(raised({}, { flows = 1 }):find "option 'flows' must be a table")
    local ok, message = pcall(function() flow.check({}, { flow = {} }) end)
    assert.is_false(ok)
    assert.is_truthy(message:find("check_spec.lua:", 1, true), message)
  end)

  it("takes a transition without 'next', with an empty one or with null for one that ends there", function()
    for _, nothing in ipairs { "", codec.null } do
      local definition = base()
      state_called(definition, "too_late").transitions[1].next = nothing
      assert.are.equal("", lines_of(flow.check(definition)))
    end
  end)

  it("counts the widgets of sub-flows, and does not ask those that are not JSON", function()
    local parent = load "spec/data/flows/sound/parent.json"
    local sid = "FW" .. ("1"):rep(32)
    assert.are.equal("too-many-states", only(flow.check(parent, { flows = { [sid] = chain(1996) } })).rule)
    assert.are.equal("", lines_of(flow.check(parent, { flows = { [sid] = chain(1990) } })))
    local unread = only(flow.check(parent, { flows = { [sid] = "{" } }))
    assert.are.equal("invalid-json", unread.rule)
    assert.is_truthy(unread.message:find("the definition given for its flow is not JSON: line 1", 1, true), unread.message)
    local nested = only(flow.check(parent, { flows = { [sid] = content_of "spec/data/flows/sound/parent.json" } }))
    assert.are.equal("nested-subflow", nested.rule)
    assert.are.equal("survey", nested.widget)
  end)

  it("names more than 50 different sub-flows", function()
    local definition = built["too-many-subflows"]()
    for number = 2, 152 do
      definition.states[number].properties.flow_sid = ("FW%032x"):format(number)
    end
    local findings = flow.check(definition)
    assert.are.equal(2, #findings)
    assert.is_truthy(findings[2].message:find "151 different sub%-flows: at most 50")
  end)

  it("lets a loop be that waits or counts", function()
    local definition = load "spec/data/flows/rules/busy-loop.json"
    assert.are.equal("busy-loop", only(flow.check(definition)).rule)
    local tell = state_called(definition, "tell")
    tell.type = "send-and-wait-for-reply"
    tell.properties.to = nil
    tell.transitions = { { event = "incomingMessage", next = "which" }, { event = "timeout" }, { event = "deliveryFailure" } }
    assert.are.equal("", lines_of(flow.check(definition)))

    definition = load "spec/data/flows/rules/busy-loop.json"
    table.insert(definition.states, {
      name = "count", type = "set-variables", properties = { variables = { { key = "n", value = "{{flow.variables.n | plus: 1}}" } } },
      transitions = { { event = "next", next = "tell" } },
    })
    local which = state_called(definition, "which")
    which.properties.input = "{{flow.variables.n}}"
    which.transitions[2].conditions[1].arguments[1] = "{{flow.variables.n}}"
    which.transitions[1].next = "count"
    assert.are.equal("", lines_of(flow.check(definition)))
  end)

  it("knows that a call may come of an outgoing call", function()
    local definition = load "spec/data/flows/rules/voice-without-call.json"
    assert.are.equal("voice-without-call", only(flow.check(definition)).rule)
    state_called(definition, "go_on").transitions[2].next = "ring"
    table.insert(definition.states, {
      name = "ring", type = "make-outgoing-call-v2",
      properties = { from = "{{flow.channel.address}}", to = "{{contact.channel.address}}" },
      transitions = { { event = "answered", next = "speak" }, { event = "busy" }, { event = "noAnswer" }, { event = "failed" } },
    })
    assert.are.equal("", lines_of(flow.check(definition)))
  end)

  it("does not judge values that Liquid or a placeholder will give", function()
    local definition = base()
    local look_up = state_called(definition, "look_up")
    look_up.properties.method = "{{flow.data.method}}"
    state_called(definition, "to_agent").properties.attributes = "${ATTRIBUTES}"
    local condition = state_called(definition, "too_many").transitions[2].conditions[1]
    condition.value = "{{flow.data.most}}"
    assert.are.equal("", lines_of(flow.check(definition)))
  end)

  it("checks what operators compare with", function()
    local function found(operator, value)
      local definition = base()
      local condition = state_called(definition, "too_many").transitions[2].conditions[1]
      condition.type, condition.value = operator, value
      local findings = flow.check(definition)
      return findings[1] and only(findings).rule
    end
    for _, right in ipairs {
      { "greater_than", "3" }, { "less_than", " -2.5 " }, { "is_before_time", "09:30" }, { "is_after_date", "2026-02-28" },
      { "regex", "[]x]" }, { "regex", "a{,2}" }, { "regex", "[a-z-A_9]|[\\z-a]" }, { "regex", "(?i-s:a)(?>b)(?x)" },
      { "regex", "a/b/" }, { "is_blank", "Is Blank" }, { "matches_any_of", "a,b" },
      { "regex", [==[^(?=.*blocked)(?!.*x)(a|b)*?[^\]a-z[:digit:]]{2,3}+\w\Q(\E(?<name>x)(?i)y$]==] },
    } do
      assert.is_nil(found(right[1], right[2]), right[1] .. " " .. right[2])
    end
    for _, wrong in ipairs {
      { "greater_than", "three" }, { "less_than", "" }, { "is_before_time", "9:30" }, { "is_after_time", "24:00" },
      { "is_before_date", "2026-13-01" }, { "is_after_date", "28.02.2026" }, { "is_after_date", "2026-02-29" }, { "regex", "(a" },
      { "regex", "[z-a]" }, { "regex", "[0-9a-z-A]|[9-0]" }, { "regex", "(?z)a" }, { "regex", "/^a+$/" }, { "regex", "/a/i" },
      { "regex", "a)" }, { "regex", "[a" },
      { "regex", "*a" }, { "regex", "a\\" }, { "regex", "a{3,2}" }, { "regex", "(|+)" },
    } do
      assert.are.equal("invalid-operand", found(wrong[1], wrong[2]), wrong[1] .. " " .. wrong[2])
    end
  end)

  it("checks each word where there may be several", function()
    local definition = load "spec/data/flows/sound/every-widget.json"
    local call, pay
    for _, state in ipairs(definition.states) do
      if state.type == "record-call" then call = state.properties elseif state.type == "capture-payments" then pay = state.properties end
    end
    call.recording_status_callback_events, pay.valid_card_types = "in-progress  completed {{flow.data.x}} absent", { "visa", "mastercard" }
    assert.are.equal("", lines_of(flow.check(definition)))
    call.recording_status_callback_events, pay.valid_card_types = "in-progress complete", { "visa", "master-cards" }
    local findings = flow.check(definition)
    assert.are.equal(2, #findings, lines_of(findings))
    for _, finding in ipairs(findings) do
      assert.are.equal("property-value", finding.rule)
      assert.is_truthy(finding.message:find "'completed'%?" or finding.message:find "'master%-card'%?", finding.message)
    end
  end)

  it("tells of one slip once", function()
    local function rules_of(edit)
      local definition = base()
      edit(definition)
      local names = {}
      for position, finding in ipairs(flow.check(definition)) do names[position] = finding.rule end
      return table.concat(names, " ")
    end
    local cases = {
      ["dangling-transition"] = function(definition) state_called(definition, "ask").transitions[1].next = "is_humann" end,
      ["unknown-event"] = function(definition) state_called(definition, "look_up").transitions[2].event = "fail" end,
      ["idle-trigger"] = function(definition)
        for _, transition in ipairs(definition.states[1].transitions) do transition.next = nil end
      end,
      ["invalid-shape"] = function(definition) state_called(definition, "is_sent").properties = { 1 } end,
      ["invalid-shape "] = function(definition) state_called(definition, "is_sent").transitions = { sent = "ask" } end,
      ["personal-data-in-name"] = function(definition)
        state_called(definition, "is_sent").name = "ada@example"
        for _, transition in ipairs(state_called(definition, "state_of_order").transitions) do
          if transition.next == "is_sent" then transition.next = "ada@example" end
        end
      end,
    }
    for rule, edit in pairs(cases) do assert.are.equal((rule:gsub(" ", "")), rules_of(edit)) end
    local finding = flow.check({ states = {}, initial_state = "a", flag = {} })[2]
    assert.are.same({ "unknown-key", "/flag" }, { finding.rule, finding.path })
    assert.is_truthy(finding.message:find("did you mean 'flags'?", 1, true))
    -- A trigger whose ways have a slip is not idle.
    assert.are.equal("dangling-transition dangling-transition", rules_of(function(definition)
      for _, transition in ipairs(definition.states[1].transitions) do
        if transition.next then transition.next = "askk" end
      end
    end))
  end)

  it("takes a null in a condition for what is missing, and says nothing of conditions without an event", function()
    for _, key in ipairs { "value", "friendly_name", "arguments", "type" } do
      local definition = base()
      state_called(definition, "too_many").transitions[2].conditions[1][key] = codec.null
      local finding = only(flow.check(definition))
      assert.are.same({ "incomplete-condition", "error" }, { finding.rule, finding.level })
      assert.is_truthy(finding.message:find("'" .. key .. "'", 1, true), finding.message)
    end
    local definition = base()
    state_called(definition, "too_many").transitions[2].event = nil
    for _, finding in ipairs(flow.check(definition)) do assert.are_not.equal("misplaced-conditions", finding.rule) end
  end)

  it("reads Liquid as the service does", function()
    local function found(text)
      local definition = base()
      state_called(definition, "is_sent").properties.body = text
      local names = {}
      for position, finding in ipairs(flow.check(definition)) do names[position] = finding.rule end
      return table.concat(names, " ")
    end
    for _, right in ipairs {
      "{{widgets. \n ask . inbound.Body}}", '{{widgets["ask"].inbound["Body"]}}', "{{- flow.data.x -}}{%- if a -%}{%- endif -%}",
      "{% for i in (1..3) %}{{ forloop.index }}{% break %}{% endfor %}", "{% raw %}{{ broken {% endraw %}", "a } b }} c %} d",
      '{"a":{"b":"{{flow.data.x}}"}}', '{"a":{{flow.data.x | to_json}}}', "{% if a contains 'x' and b != \"}\" %}1{% else %}2{% endif %}",
      "{{ 'a + b' | append: \"é\" }}", "{{ flow.data['prénom'] }}", "{% unless x %}{% elsif y %}{% endunless %}",
      "{{flow.data.list[0].name | split: ',' | first}}", "{{ widgets }}", "{{ local.widgets.nobody }}",
    } do
      assert.are.equal("", found(right), right)
    end
    for text, rule in pairs {
      ["{{ a } b }}"] = "liquid-syntax", ["{% if a %}"] = "liquid-syntax", ["{% endif %}"] = "liquid-syntax",
      ["{% else %}"] = "liquid-syntax", ["{% %}"] = "liquid-syntax", ["{{ 'a }}"] = "liquid-syntax", ["{% comment %}"] = "liquid-syntax",
      ["{% render 'x' %}"] = "liquid-tag", ["{{ a | sum }}"] = "liquid-filter", ["{% assign x = 1 + 2 %}"] = "liquid-operator",
      ["{{ ключ }}"] = "liquid-name", ["{{widgets.nobody.x}} {{widgets.nobody.x}}"] = "liquid-unknown-widget",
      ['{{widgets["nobody"]}}'] = "liquid-unknown-widget", ["{% if widgets.nobody.x %}{% endif %}"] = "liquid-unknown-widget",
      ["{{ list[widgets.nobody.n] }}"] = "liquid-unknown-widget", ["{{trigger.request.x}}"] = "liquid-other-trigger",
    } do
      assert.are.equal(rule, found(text), text)
    end
  end)

  it("says of Liquid what the runner says", function()
    local liquid = require "studio.flow.liquid"
    local data = require "spec.data.liquid"
    local scan = require("studio.flow.templates").scanner()
    local texts = {
      "{% include 'a' %}", "{% echo a %}", "{% liquid a %}", "{% break %}", "{{ a | }}", "{{ a | append }}", "{{ a | upcase | upcaes }}",
      "{{ a b }}", "{{ a - 1 }}", "{{a..b}}", "{{a.}}", "{{ '}}' }}", "{% # remark %}", "{{ a }", "{{}}", "{{ a-b.c-d }}", "{{ _a }}",
    }
    for _, row in ipairs(data.same) do texts[#texts + 1] = row[1] end
    for _, row in ipairs(data.different) do texts[#texts + 1] = row[2] end
    local wrong = 0
    for _, text in ipairs(texts) do
      local problem, found = liquid.check(text), scan(text)
      assert.are.equal(problem and tostring(problem), found.problems and found.problems[1].message, text)
      wrong = wrong + (problem and 1 or 0)
      local read = {}
      for _, each in ipairs(liquid.paths(text)) do
        local root = each.path[1]
        if not each.own and (root == "widgets" or root == "trigger" or root == "flow" or root == "contact") then
          read[#read + 1] = each.path
        end
      end
      assert.are.same(read, found.references or {}, text)
    end
    assert.is_true(#texts > 180 and wrong > 10)
  end)

  it("does not mind long chains and deep values", function()
    local definition = chain(20000)
    assert.are.equal("too-many-states", only(flow.check(definition)).rule)
    local deep = {}
    local inner = deep
    for _ = 1, 100000 do
      inner.x = {}
      inner = inner.x
    end
    definition = base()
    definition.states[2].properties.deep = deep
    assert.are.equal("unknown-property", only(flow.check(definition)).rule)
    local itself = {}
    itself.itself = itself
    definition.states[2].properties.deep = itself
    assert.are.equal("unknown-property", only(flow.check(definition)).rule)
  end)
end)
