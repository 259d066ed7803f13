--- Rules about what an Execution has to be for a widget to work: a call, messages, a start over REST.
local paths = require "studio.flow.paths"

local rules = {}

-- Types whose event means that there is a call now.
local CALLING = { ["make-outgoing-call-v1"] = true, ["make-outgoing-call-v2"] = true }

-- What can be reached from some events of the trigger.
local function reached_from(model, events)
  local targets = {}
  for _, event in ipairs(events) do
    local transition = model.starts[event]
    if transition and transition.target then targets[#targets + 1] = transition.target.id end
  end
  return paths.reach(model.following, targets)
end

-- The numbers of what follows widgets that make a call.
local function after_calls(model)
  local targets = {}
  for id, state in ipairs(model.states) do
    if CALLING[state.type] and model.reached[id] then
      for _, target in ipairs(model.following[id]) do targets[#targets + 1] = target end
    end
  end
  return paths.reach(model.following, targets)
end

-- Reports the widgets that these events lead to, those others do not, and of which `is_odd(state)` holds.
local function tell(model, events, others, is_odd, message, report)
  if not model.starts then return end
  local odd = {}
  for id, state in ipairs(model.states) do
    if model.reached[id] and is_odd(state) then odd[#odd + 1] = state end
  end
  if not odd[1] then return end
  local reached, elsewhere, called = reached_from(model, events), reached_from(model, others), after_calls(model)
  for _, state in ipairs(odd) do
    local id = state.id
    if reached[id] and not elsewhere[id] and not (called[id] and state.widget.under == "call") then
      report(state, "/type", message:format(state.type))
    end
  end
end

local TEXTING = { "incomingMessage", "incomingConversationMessage" }
local CALLING_OR_REQUEST = { "incomingCall", "incomingRequest", "incomingParent" }

rules[#rules + 1] = {
  name = "voice-without-call", level = "warning",
  sentence = "A widget of a call can be reached by a call, not by messages alone.",
  flow = function(model, report)
    tell(model, TEXTING, CALLING_OR_REQUEST, function(state) return state.widget and state.widget.under == "call" end,
      "%s works in a call, and only messages lead here", report)
  end,
}

rules[#rules + 1] = {
  name = "reply-within-call", level = "warning",
  sentence = "A widget that waits for a message can be reached by messages or over REST, not by calls alone.",
  flow = function(model, report)
    tell(model, { "incomingCall" }, { "incomingMessage", "incomingConversationMessage", "incomingRequest", "incomingParent" },
      function(state) return state.type == "send-and-wait-for-reply" end,
      "%s works with messages, and only calls lead here", report)
  end,
}

rules[#rules + 1] = {
  name = "conversation-without-request", level = "warning",
  sentence = "Widgets that start or resume a Conversation can be reached by a start over REST.",
  flow = function(model, report)
    tell(model, { "incomingMessage", "incomingConversationMessage", "incomingCall" }, { "incomingRequest", "incomingParent" },
      function(state) return state.widget and state.widget.under == "request" end,
      "%s works in flows that are started over REST, and nothing of that kind leads here", report)
  end,
}

return rules
