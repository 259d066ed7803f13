-- What flow.diff tells: what means something, once, and nothing else.
local codec = require "studio.flow.codec"
local flow = require "studio.flow"

local function content_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function load(name)
  return assert(codec.decode(content_of("spec/data/flows/sound/" .. name .. ".json")))
end

local function state_called(definition, name)
  for position, state in ipairs(definition.states) do
    if state.name == name then return state, position end
  end
end

local function transition_of(definition, name, event, number)
  for _, transition in ipairs(state_called(definition, name).transitions) do
    if transition.event == event then
      number = (number or 1) - 1
      if number == 0 then return transition end
    end
  end
end

-- The changes that an edit makes: `op path from to` each, values as JSON.
local function told(edit, name)
  local old, new = load(name or "order-bot"), load(name or "order-bot")
  new = edit(new) or new
  local lines = {}
  for position, change in ipairs(assert(flow.diff(old, new))) do
    local from = type(change.from) == "table" and "{}" or change.from
    local to = type(change.to) == "table" and "{}" or change.to
    lines[position] = ("%s %s %s %s"):format(change.op, change.path, tostring(from), tostring(to))
  end
  return table.concat(lines, "\n")
end

-- A flow of 200 widgets: the one above, again and again.
local function large()
  local all = load "order-bot"
  for round = 2, 16 do
    local text = content_of "spec/data/flows/sound/order-bot.json"
    for _, state in ipairs(load("order-bot").states) do
      local name = state.name
      text = text:gsub(('"%s"'):format(name), ('"%s_%d"'):format(name, round))
      text = text:gsub(("widgets%%.%s%%."):format(name), ("widgets.%s_%d."):format(name, round))
    end
    for _, state in ipairs(assert(codec.decode(text)).states) do
      if state.type ~= "trigger" then table.insert(all.states, state) end
    end
  end
  return all
end

local function renamed(definition, old, new)
  local text = assert(codec.encode(definition))
  text = text:gsub(('"%s"'):format(old), ('"%s"'):format(new)):gsub(("widgets%%.%s%%f[%%W]"):format(old), "widgets." .. new)
  return assert(codec.decode(text))
end

describe("flow.diff", function()
  it("tells nothing of a definition and itself", function()
    for _, name in ipairs { "order-bot", "ivr", "reminder", "parent", "flex-webchat", "every-widget" } do
      assert.are.equal(0, #flow.diff(load(name), load(name)))
      local text = content_of("spec/data/flows/sound/" .. name .. ".json")
      assert.are.equal(0, #flow.diff(text, text:gsub("%s*\n%s*", "")))
    end
  end)

  it("looks past places, order, and the ways to say that nothing follows", function()
    assert.are.equal("", told(function(new)
      local states = new.states
      for position = #states, 2, -1 do
        local other = (position * 7) % position + 1
        states[position], states[other] = states[other], states[position]
      end
      for position, state in ipairs(states) do
        state.properties.offset = position % 2 == 0 and { x = position * 10, y = 5.5 } or nil
        local transitions = state.transitions
        -- The others are swapped; matches keep their order among each other.
        if state.type ~= "split-based-on" then
          transitions[1], transitions[#transitions] = transitions[#transitions], transitions[1]
        else
          table.insert(transitions, table.remove(transitions, 1))
        end
        for number, transition in ipairs(transitions) do
          if transition.next == nil then transition.next = number % 2 == 0 and "" or codec.null end
        end
      end
    end))
  end)

  it("takes 3 for 3.0, but not for \"3\"", function()
    assert.are.equal("", told(function(new) state_called(new, "voicemail").properties.timeout = 5.0 end, "ivr"))
    assert.are.equal("change /states/voicemail/properties/timeout 5 5",
      told(function(new) state_called(new, "voicemail").properties.timeout = "5" end, "ivr"))
  end)

  it("tells one change of each kind, of 200 widgets, and nothing else", function()
    local old = large()
    assert.is_true(#old.states > 200)
    local kinds = {
      { "change /description Answers questions about orders New", function(new) new.description = "New" end },
      { "change /initial_state Trigger ask", function(new) new.initial_state = "ask" end },
      { "change /flags/allow_concurrent_calls true false", function(new) new.flags.allow_concurrent_calls = false end },
      { "remove /flags {} nil", function(new) new.flags = nil end },
      { "change /states/is_open_7/type send-message say-play", function(new) state_called(new, "is_open_7").type = "say-play" end },
      { "change /states/not_found_3/properties/body", function(new) state_called(new, "not_found_3").properties.body = "No." end },
      { "add /states/not_found_3/properties/media_url nil x",
        function(new) state_called(new, "not_found_3").properties.media_url = "x" end },
      { "remove /states/ask_9/properties/timeout 3600 nil", function(new) state_called(new, "ask_9").properties.timeout = nil end },
      { "change /states/ask_9/transitions/timeout/next too_late_9 ask_9",
        function(new) transition_of(new, "ask_9", "timeout").next = "ask_9" end },
      { "remove /states/ask_9/transitions/timeout/next too_late_9 nil",
        function(new) transition_of(new, "ask_9", "timeout").next = nil end },
      { "add /states/is_sent_4/transitions/failed/next nil ask",
        function(new) transition_of(new, "is_sent_4", "failed").next = "ask" end },
      { "change /states/is_human_5/transitions/match/1/conditions/0/value",
        function(new) transition_of(new, "is_human_5", "match", 2).conditions[1].value = "[0-9]+" end },
      { "change /states/is_human_5/transitions/match/0/conditions/0/type matches_any_of equal_to",
        function(new) transition_of(new, "is_human_5", "match").conditions[1].type = "equal_to" end },
      { "change /states/is_human_5/transitions/match/2/next ask_5 too_late_5",
        function(new) transition_of(new, "is_human_5", "match", 3).next = "too_late_5" end },
      { "remove /states/is_human_5/transitions/match/1 {} nil",
        function(new) table.remove(state_called(new, "is_human_5").transitions, 3) end },
      { "change /states/count_failures_2/properties/variables/0/value",
        function(new) state_called(new, "count_failures_2").properties.variables[1].value = "1" end },
      { "add /states/count_failures_2/properties/variables/1 nil {}", function(new)
        table.insert(state_called(new, "count_failures_2").properties.variables, { key = "b", value = "2" })
      end },
      { "remove /states/note_failure_8/properties/parameters/0 {} nil",
        function(new) table.remove(state_called(new, "note_failure_8").properties.parameters) end },
      { "remove /states/not_found_6 {} nil", function(new)
        local _, position = state_called(new, "not_found_6")
        table.remove(new.states, position)
      end },
      { "add /states/another nil {}", function(new)
        table.insert(new.states, { name = "another", type = "say-play", properties = {}, transitions = {} })
      end },
      { "rename /states/look_up_6 look_up_6 find_order", function(new) return renamed(new, "look_up_6", "find_order") end },
    }
    for _, kind in ipairs(kinds) do
      local expected, edit = kind[1], kind[2]
      local new = large()
      new = edit(new) or new
      local changes = flow.diff(old, new)
      assert.are.equal(1, #changes, expected .. "\n" .. tostring(changes))
      local change = changes[1]
      local from = type(change.from) == "table" and "{}" or tostring(change.from)
      local to = type(change.to) == "table" and "{}" or tostring(change.to)
      local line = ("%s %s %s %s"):format(change.op, change.path, from, to)
      assert.are.equal(expected, line:sub(1, #expected))
      assert.are.equal(change.path:match "^/states/([^/]*)" ~= nil, change.widget ~= nil)
    end
  end)

  it("keeps the order of matches and of variables, and tells another one as one change", function()
    local function swapped(list) list[1], list[2] = list[2], list[1] end
    local old = load "order-bot"
    local new = load "order-bot"
    local transitions = state_called(new, "state_of_order").transitions
    transitions[2], transitions[3] = transitions[3], transitions[2]
    local changes = flow.diff(old, new)
    assert.are.equal(1, #changes, tostring(changes))
    assert.are.same({ "change", "/states/state_of_order/transitions/match" }, { changes[1].op, changes[1].path })
    assert.are.equal(changes[1].from[1].next, changes[1].to[2].next)
    assert.are.equal("~ state_of_order (split-based-on)\n    ~ matches: in another order", tostring(changes))
    local line = "change /states/keep/properties/variables {} {}"
    assert.are.equal(line, told(function(edited) swapped(state_called(edited, "keep").properties.variables) end, "reminder"))
    -- Moved and changed as well: told one by one.
    assert.is_truthy(told(function(edited)
      local variables = state_called(edited, "keep").properties.variables
      swapped(variables)
      variables[1].value = "other"
    end, "reminder"):find "/variables/0/key name visit")
  end)

  it("knows several renames at once, in targets and in Liquid", function()
    assert.are.equal("rename /states/ask ask question\nrename /states/look_up look_up find_order", told(function(new)
      return renamed(renamed(new, "ask", "question"), "look_up", "find_order")
    end))
  end)

  it("takes a rename that left references behind for what it is: one widget gone, another come", function()
    local lines = told(function(new) state_called(new, "is_sent").name = "was_sent" end)
    assert.are.equal("add /states/was_sent nil {}\nremove /states/is_sent {} nil", lines)
  end)

  it("tells a new target under a rename by the names both had", function()
    local expected = "change /states/ask/transitions/timeout/next too_late is_sent\nrename /states/too_late too_late late"
    assert.are.equal(expected, told(function(new)
      new = renamed(new, "too_late", "late")
      transition_of(new, "ask", "timeout").next = "is_sent"
      return new
    end))
  end)

  it("does not take a text that is the name of a widget for a reference", function()
    assert.are.equal("", told(function(new) return new end))
    local old, new = load "order-bot", load "order-bot"
    state_called(old, "too_late").properties.body = "look_up"
    new = renamed(new, "look_up", "find_order")
    state_called(new, "too_late").properties.body = "look_up"
    assert.are.equal("> look_up -> find_order (make-http-request)", tostring(flow.diff(old, new)))
  end)

  it("says when a change may mean nothing", function()
    local old, new = load "order-bot", load "order-bot"
    state_called(old, "to_agent").properties.attributes = '{"a": 1, "b": [true]}'
    state_called(new, "to_agent").properties.attributes = '{"b":[true],"a":1}'
    local changes = flow.diff(old, new)
    assert.are.equal(1, #changes)
    assert.are.equal("the same as JSON", changes[1].note)
    new = load "order-bot"
    table.remove(state_called(new, "too_late").transitions)
    changes = flow.diff(load "order-bot", new)
    assert.are.equal(1, #changes)
    assert.are.equal("remove", changes[1].op)
    assert.are.equal("/states/too_late/transitions/failed", changes[1].path)
    assert.is_truthy(changes[1].note:find "ignored")
  end)

  it("is text for people", function()
    local old, new = load "order-bot", load "order-bot"
    new = renamed(new, "look_up", "find_order")
    new.description = "Orders"
    state_called(new, "ask").properties.body = "Which order?\nThanks."
    transition_of(new, "ask", "timeout").next = nil
    transition_of(new, "state_of_order", "match").conditions[1].value = "gone"
    table.insert(new.states, 3, { name = "tell", type = "say-play", properties = {}, transitions = {} })
    table.remove(new.states, (select(2, state_called(new, "not_understood"))))
    assert.are.equal(table.concat({
      '~ description: "Answers questions about orders" -> "Orders"',
      "~ ask (send-and-wait-for-reply)",
      '    ~ body: "Welcome! Send the number of your order, or *human* to talk to us." -> "Which order?\\nThanks."',
      "    ~ on timeout: too_late -> end",
      "+ tell (say-play)",
      "> look_up -> find_order (make-http-request)",
      "~ state_of_order (split-based-on)",
      '    ~ match 0/conditions/0/value: "sent" -> "gone"',
      "- not_understood (send-message)",
    }, "\n"), tostring(flow.diff(old, new)))
    assert.are.equal("", tostring(flow.diff(old, old)))
  end)

  it("compares what has no shape of a flow as it can", function()
    local changes = flow.diff({ states = { { name = "a" }, { name = "a" }, { type = "b" }, "c" } }, { states = { { name = "a" } } })
    assert.are.equal(2, #changes)
    for _, change in ipairs(changes) do assert.are.equal("remove", change.op) end
    local itself = {}
    itself.itself = itself
    assert.are.equal(0, #flow.diff({ x = itself }, { x = itself }))
  end)

  it("gives an error for a text that is no JSON object, and raises for what is no definition", function()
    local changes, err = flow.diff("{", "{}")
    assert.is_nil(changes)
    assert.are.equal("argument", err.kind)
    assert.is_truthy(tostring(err):find "the old definition is not JSON: line 1")
    changes, err = flow.diff("{}", "[1]")
    assert.is_nil(changes)
    assert.is_truthy(tostring(err):find "the new definition is no JSON object")
    assert.has_error(function() flow.diff({}, 5) end)
  end)
end)
