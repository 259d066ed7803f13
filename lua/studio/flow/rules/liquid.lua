--- Rules about the Liquid in properties and conditions.
local model_of = require "studio.flow.model"
local paths = require "studio.flow.paths"

local suggestion = model_of.suggestion

local rules = {}

-- A rule that tells what Liquid says of a text.
local function syntax(name, sentence)
  rules[#rules + 1] = {
    name = name, level = "warning", sentence = sentence, needs = "problems",
    state = function(_, state, report)
      for _, problem in ipairs(state.problems) do
        if problem.rule == name then report(state, problem.place, problem.message) end
      end
    end,
  }
end

syntax("liquid-syntax", "Liquid's braces, tags and quotation marks are closed.")
syntax("liquid-tag", "A tag of Liquid is one that there is.")
syntax("liquid-filter", "A filter of Liquid is one that there is.")
syntax("liquid-operator", "Liquid adds with the filter plus: '+' is no operator.")
syntax("liquid-name", "Names in Liquid are ASCII.")

rules[#rules + 1] = {
  name = "liquid-in-key", level = "warning", type = "set-variables",
  sentence = "The key of a variable is written out: Liquid is not rendered there.",
  state = function(_, state, report)
    local variables = state.properties.variables
    if not model_of.is_array(variables) then return end
    for position, variable in ipairs(variables) do
      local key = type(variable) == "table" and variable.key
      if type(key) == "string" and key:find "{[{%%]" then
        report(state, ("/properties/variables/%d/key"):format(position - 1), ("the key '%s' is not rendered"):format(key))
      end
    end
  end,
}

rules[#rules + 1] = {
  name = "liquid-unknown-widget", level = "warning", needs = "widgets_read",
  sentence = "Liquid reads widgets that the flow has.",
  state = function(model, state, report)
    for _, read in ipairs(state.widgets_read) do
      if not model.by_name[read.name] then
        report(state, read.place, ("Liquid reads 'widgets.%s', and no widget is called so%s"):format(
          read.name, suggestion(model, read.name, model.names)))
      end
    end
  end,
}

-- Steps of the search below in one check, for each widget: enough for any flow that people draw, and the time stays linear.
local MOST_STEPS = 20

-- Tells whether a path leads from one state to another, by one step or more; nil when that took too long to find out.
local function leads(model, from, to)
  local group_of = model.group_of
  -- Groups have lower numbers than those that lead to them, so only what lies between the two needs to be looked at.
  local highest = group_of[from]
  if group_of[to] > highest then return false end
  local seen, queue, at = {}, { to }, 1
  while queue[at] do
    local before = model.preceding[queue[at]]
    for position = 1, #before do
      local id = before[position]
      if id == from then return true end
      if not seen[id] and group_of[id] <= highest then
        seen[id] = true
        queue[#queue + 1] = id
        model.steps_left = model.steps_left - 1
      end
    end
    if model.steps_left <= 0 then return nil end
    at = at + 1
  end
  return false
end

local function is_unvisited(model, source, state)
  if not model.group_of then
    model.group_of = paths.groups(model.following, #model.states)
    model.preceding = paths.preceding(model.following)
    model.steps_left = MOST_STEPS * #model.states + 1000
  end
  return model.steps_left > 0 and leads(model, source.id, state.id) == false
end

rules[#rules + 1] = {
  name = "liquid-unvisited-widget", level = "note", needs = "widgets_read",
  sentence = "Liquid reads widgets that some path has visited before.",
  state = function(model, state, report)
    if not model.reached or not model.reached[state.id] then return end
    for _, read in ipairs(state.widgets_read) do
      local source = model.by_name[read.name]
      if source and is_unvisited(model, source, state) then
        local what = source == state and "the widget itself, which no loop leads back to"
          or ("'%s', which no path visits before"):format(source.name)
        report(state, read.place, ("Liquid reads %s: the value is empty"):format(what))
      end
    end
  end,
}

-- What is under `trigger`, and the event that puts it there.
local TRIGGERS = {
  call = "incomingCall", message = "incomingMessage", conversation = "incomingConversationMessage", request = "incomingRequest",
  parent = "incomingParent",
}

-- The Console writes `{{trigger.message.InstanceSid}}` and `…ChannelSid` here, whatever the flow is started by; empty is right for an SMS.
local CONSOLE_DEFAULTS = { ["/properties/service"] = true, ["/properties/channel"] = true }

rules[#rules + 1] = {
  name = "liquid-other-trigger", level = "note", needs = "triggers_read",
  sentence = "Liquid reads what the flow's own trigger events give.",
  state = function(model, state, report)
    local starts = model.starts
    -- A sub-flow is given what the parent was started with.
    if not starts or starts.incomingParent and starts.incomingParent.next then return end
    for _, read in ipairs(state.triggers_read) do
      local event = TRIGGERS[read.name]
      if event and not CONSOLE_DEFAULTS[read.place] and not (starts[event] and starts[event].next) then
        report(state, read.place, ("Liquid reads 'trigger.%s', and nothing follows '%s' of the trigger: the value is empty"):format(
          read.name, event))
      end
    end
  end,
}

return rules
