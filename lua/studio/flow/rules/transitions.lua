--- Rules about the events of a widget, and about where a flow starts and what it reaches.
local ascii = require "studio.base.ascii"
local model_of = require "studio.flow.model"

local suggestion = model_of.suggestion

local rules = {}

local KEY_NAMES = { "event", "next", "conditions" }
local KEYS = { event = true, next = true, conditions = true }

-- The keys of a transition that it does not have, sorted; nil when there are none.
local function unknown_keys(transition)
  local unknown
  for key in pairs(transition.raw) do
    if not KEYS[key] then
      unknown = unknown or {}
      unknown[#unknown + 1] = ascii.text(key)
    end
  end
  if unknown then ascii.sort(unknown) end
  return unknown
end

local NONE = {}

rules[#rules + 1] = {
  name = "unknown-transition-key", level = "warning",
  sentence = "A transition has the keys 'event', 'next' and 'conditions', no others: what stands under another name leads nowhere.",
  state = function(model, state, report)
    local transitions = state.transitions
    for position = 1, #transitions do
      local transition = transitions[position]
      for _, key in ipairs(unknown_keys(transition) or NONE) do
        -- A text under another name, where nothing follows, was meant to follow.
        local leads = transition.next == nil and type(transition.raw[key]) == "string"
        local mend = leads and ": did you mean 'next'?" or suggestion(model, key, KEY_NAMES)
        report(state, ("/transitions/%d/%s"):format(transition.index, model_of.escape(key)),
          ("a transition has no key '%s'%s"):format(key, mend))
      end
    end
  end,
}

-- Captions and neighbours that are no event of the widget: what is meant.
local MEANT = {
  fail = "failed", failed = "fail", failure = "failed", incomingConversation = "incomingConversationMessage",
  noReply = "timeout", reply = "incomingMessage", noResponse = "timeout", error = "failed", returned = "return",
}

local function meant(model, widget, event)
  local other = MEANT[event]
  if other and not widget.has_event[other] and other == "failed" then other = "fail" end
  if other and widget.has_event[other] then return other end
  return model_of.near(model, event, widget.events)
end

-- The events of a state that it does not have: event → the one that is meant, or false.
local function unknown_events(model, state)
  local found, widget, transitions = NONE, state.widget, state.transitions
  for position = 1, #transitions do
    local event = transitions[position].event
    if event and not widget.has_event[event] and found[event] == nil then
      if found == NONE then found = {} end
      found[event] = meant(model, widget, event) or false
    end
  end
  return found
end

rules[#rules + 1] = {
  name = "unknown-event", level = "error",
  sentence = "The event of a transition is one that the widget has.",
  state = function(model, state, report)
    local widget = state.widget
    if not widget or not widget.events then return end
    state.unknown_events = unknown_events(model, state)
    if next(state.unknown_events) == nil then return end
    for _, transition in ipairs(state.transitions) do
      local other = state.unknown_events[transition.event or ""]
      if other ~= nil then
        report(state, ("/transitions/%d/event"):format(transition.index), ("%s has no event '%s'%s"):format(
          state.type, transition.event, other and (": did you mean '%s'?"):format(other) or ""))
      end
    end
  end,
}

local FAILURES = { failed = true, fail = true, timeout = true, hangup = true, deliveryFailure = true, noMatch = true }

local function is_listed(state, event)
  local transitions = state.transitions
  for position = 1, #transitions do
    if transitions[position].event == event then return true end
  end
  -- One that is written with a slip is no second finding.
  for _, other in pairs(state.unknown_events or NONE) do
    if other == event then return true end
  end
  return false
end

local function unlisted(state, is_failure)
  local widget = state.widget
  -- A trigger that nothing follows is told of as a whole.
  if not widget or not widget.events or state.type == "trigger" and not state.transitions[1] then return nil end
  local missing
  local events = widget.events
  for position = 1, #events do
    local event = events[position]
    if (FAILURES[event] or false) == is_failure and not is_listed(state, event) then
      missing = missing or {}
      missing[#missing + 1] = ("'%s'"):format(event)
    end
  end
  return missing and table.concat(missing, ", ")
end

rules[#rules + 1] = {
  name = "unlisted-failure", level = "warning",
  sentence = "An event that tells of a failure has a transition: without one it is ignored, and the Execution may be stuck.",
  state = function(_, state, report)
    local missing = unlisted(state, true)
    if missing then report(state, "/transitions", ("there is no transition for %s, so the Execution may be stuck"):format(missing)) end
  end,
}

rules[#rules + 1] = {
  name = "unlisted-event", level = "note",
  sentence = "Every event of a widget has a transition, be it one that leads nowhere: an event without one is ignored.",
  state = function(_, state, report)
    local missing = unlisted(state, false)
    if missing then report(state, "/transitions", ("there is no transition for %s, which is then ignored"):format(missing)) end
  end,
}

rules[#rules + 1] = {
  name = "repeated-event", level = "note",
  sentence = "Each event but 'match' has one transition: which of two counts is not documented.",
  state = function(_, state, report)
    local seen
    local transitions = state.transitions
    for position = 1, #transitions do
      local transition = transitions[position]
      local event = transition.event
      if event and event ~= "match" then
        seen = seen or {}
        if seen[event] then
          report(state, ("/transitions/%d/event"):format(transition.index), ("'%s' has a transition already"):format(event))
        end
        seen[event] = true
      end
    end
  end,
}

rules[#rules + 1] = {
  name = "missing-trigger", level = "warning",
  sentence = "A flow starts at a widget of type trigger.",
  flow = function(model, report)
    if #model.states == 0 then return end
    if #model.triggers == 0 then
      report(nil, "/states", "there is no widget of type trigger")
    elseif model.initial and model.initial.type ~= "trigger" then
      report(model.initial, "/type", "the flow starts here, and this is no trigger")
    end
  end,
}

rules[#rules + 1] = {
  name = "extra-trigger", level = "warning",
  sentence = "A flow has one trigger.",
  flow = function(model, report)
    for _, state in ipairs(model.triggers) do
      local kept = model.initial and model.initial.type == "trigger" and model.initial or model.triggers[1]
      if state ~= kept then report(state, "/type", ("there is another trigger, '%s'"):format(kept.name or "")) end
    end
  end,
}

local function leads_somewhere(state)
  for _, transition in ipairs(state.transitions) do
    if transition.next then return true end
  end
  return false
end

rules[#rules + 1] = {
  name = "idle-trigger", level = "warning",
  sentence = "Something follows the trigger.",
  flow = function(model, report)
    for _, state in ipairs(model.triggers) do
      if not leads_somewhere(state) then report(state, "/transitions", "nothing follows the trigger, so every Execution ends at once") end
    end
  end,
}

rules[#rules + 1] = {
  name = "unreachable-state", level = "warning",
  sentence = "Every widget can be reached from 'initial_state'.",
  flow = function(model, report)
    local initial = model.initial
    -- Where nothing follows the trigger, that is the finding.
    if not initial or initial.type == "trigger" and not leads_somewhere(initial) then return end
    for id, state in ipairs(model.states) do
      -- A second trigger, or a second widget of one name, is a finding of its own.
      if not model.reached[id] and state.type ~= "trigger" and model.by_name[state.name or ""] == state then
        report(state, "", "no path from the trigger leads here")
      end
    end
  end,
}

return rules
