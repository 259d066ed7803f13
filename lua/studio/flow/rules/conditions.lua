--- Rules about the conditions of a split.
local ascii = require "studio.base.ascii"
local dates = require "studio.flow.liquid.dates"
local model_of = require "studio.flow.model"
local regex = require "studio.flow.regex"

local suggestion = model_of.suggestion

local rules = {}

-- The operators, and what their value has to be: "text", "number", "regex", "time", "date" or, where it is ignored, nothing.
local OPERATORS = {
  equal_to = "text", not_equal_to = "text", matches_any_of = "text", does_not_match_any_of = "text", is_blank = false, is_not_blank = false,
  contains = "text", does_not_contain = "text", starts_with = "text", does_not_start_with = "text", regex = "regex",
  less_than = "number", greater_than = "number", is_before_time = "time", is_after_time = "time", is_before_date = "date",
  is_after_date = "date",
}

local OPERATOR_NAMES = {}
for name in pairs(OPERATORS) do OPERATOR_NAMES[#OPERATOR_NAMES + 1] = name end
table.sort(OPERATOR_NAMES)

-- Where a key of a condition stands.
local function place_of(transition, position, key)
  return ("/transitions/%d/conditions/%d%s"):format(transition.index, position - 1, key or "")
end

-- Calls work(condition, transition, position) for each condition of a split, whatever it is.
local function each_condition(state, work)
  local transitions = state.transitions
  for number = 1, #transitions do
    local transition = transitions[number]
    local conditions = transition.event == "match" and transition.raw.conditions
    if conditions and model_of.is_array(conditions) then
      for position = 1, #conditions do work(conditions[position], transition, position) end
    end
  end
end

-- The operator of a condition, and its value, where it is an object.
local function parts_of(condition)
  if not model_of.is_object(condition) then return nil end
  return condition.type, condition.value
end

rules[#rules + 1] = {
  name = "misplaced-conditions", level = "error",
  sentence = "Only 'match' of split-based-on has conditions; the other widgets branch by their events.",
  state = function(_, state, report)
    local is_split = state.type == "split-based-on"
    local transitions = state.transitions
    for position = 1, #transitions do
      local transition = transitions[position]
      local conditions = transition.raw.conditions
      if conditions ~= nil and transition.event and not (is_split and transition.event == "match") and state.widget then
        -- An empty array says nothing.
        if not (model_of.is_array(conditions) and conditions[1] == nil) and not model_of.is_null(conditions) then
          report(state, ("/transitions/%d/conditions"):format(transition.index), is_split
            and ("'%s' has no conditions: only 'match' has"):format(transition.event)
            or ("%s has no conditions: it branches by its events"):format(state.type))
        end
      end
    end
  end,
}

rules[#rules + 1] = {
  name = "match-without-conditions", level = "error", type = "split-based-on",
  sentence = "A 'match' has at least one condition.",
  state = function(_, state, report)
    local transitions = state.transitions
    for position = 1, #transitions do
      local transition = transitions[position]
      if transition.event == "match" then
        local conditions, place = transition.raw.conditions, ("/transitions/%d"):format(transition.index)
        if not model_of.is_array(conditions) then
          local what = conditions == nil and "'match' has no conditions"
            or ("'conditions' is %s, an array is due"):format(model_of.kind_of(conditions))
          report(state, place, what)
        elseif conditions[1] == nil then
          report(state, place .. "/conditions", "'match' has no conditions")
        end
      end
    end
  end,
}

rules[#rules + 1] = {
  name = "unknown-operator", level = "error", type = "split-based-on",
  sentence = "The type of a condition is one of the seventeen operators.",
  state = function(model, state, report)
    each_condition(state, function(condition, transition, position)
      local operator = parts_of(condition)
      if type(operator) == "string" and OPERATORS[operator] == nil then
        local mend = suggestion(model, operator, OPERATOR_NAMES)
        report(state, place_of(transition, position, "/type"), ("there is no operator '%s'%s"):format(operator, mend))
      end
    end)
  end,
}

-- The service takes a null for a key that is not there.
local function is_absent(value)
  return value == nil or model_of.is_null(value)
end

-- What a condition lacks; nil when nothing.
local function lack(condition)
  if not model_of.is_object(condition) then return ("a condition is %s, an object is due"):format(model_of.kind_of(condition)) end
  local operator, arguments = condition.type, condition.arguments
  if type(operator) ~= "string" then return "the condition has no 'type' that is a text" end
  if not model_of.is_array(arguments) or type(arguments[1]) ~= "string" then
    return "the condition has no 'arguments' that is an array with a text"
  end
  if is_absent(condition.friendly_name) then return "the condition has no 'friendly_name'" end
  if is_absent(condition.value) and OPERATORS[operator] then return ("the condition has no 'value', which '%s' needs"):format(operator) end
  return nil
end

rules[#rules + 1] = {
  name = "incomplete-condition", level = "error", type = "split-based-on",
  sentence = "A condition has the texts 'friendly_name', 'type' and 'value' and the array of texts 'arguments'.",
  state = function(_, state, report)
    each_condition(state, function(condition, transition, position)
      local message = lack(condition)
      if message then report(state, place_of(transition, position), message) end
    end)
  end,
}

-- White space within the braces makes no other text.
local function plain(text)
  return (text:gsub("%s+", ""))
end

rules[#rules + 1] = {
  name = "condition-tests-other-input", level = "warning", type = "split-based-on",
  sentence = "The argument of a condition repeats the input of its split.",
  state = function(_, state, report)
    local input = state.properties.input
    if type(input) ~= "string" then return end
    each_condition(state, function(condition, transition, position)
      local arguments = type(condition) == "table" and condition.arguments
      local tested = type(arguments) == "table" and arguments[1]
      if type(tested) == "string" and tested ~= input and plain(tested) ~= plain(input) then
        report(state, place_of(transition, position, "/arguments/0"),
          ("the condition tests '%s', but the split is based on '%s'"):format(tested, input))
      end
    end)
  end,
}

local function normal(value)
  if type(value) ~= "string" then return ascii.text(value) end
  return ascii.lower(value:match("^%s*(.-)%s*$"))
end

-- All the conditions of a transition as one text, equal where they mean the same; nil where they are not to be compared.
local function meaning(conditions)
  local parts = {}
  for position, condition in ipairs(conditions) do
    if not model_of.is_object(condition) or type(condition.type) ~= "string" then return nil end
    local arguments = type(condition.arguments) == "table" and condition.arguments[1]
    local needs_value = OPERATORS[condition.type] ~= false
    -- Letter case counts in a pattern: \d is not \D.
    local value = not needs_value and "" or condition.type == "regex" and ascii.text(condition.value) or normal(condition.value)
    parts[position] = ("%s\0%s\0%s"):format(condition.type, ascii.text(arguments), value)
  end
  return parts[1] and table.concat(parts, "\1")
end

rules[#rules + 1] = {
  name = "dead-match", level = "warning", type = "split-based-on",
  sentence = "No two 'match' of a split have the same conditions: the first counts, so the second never happens.",
  state = function(_, state, report)
    local seen
    local transitions = state.transitions
    for position = 1, #transitions do
      local transition = transitions[position]
      local conditions = transition.raw.conditions
      local text = transition.event == "match" and model_of.is_array(conditions) and meaning(conditions) or nil
      if text then
        seen = seen or {}
        if seen[text] then
          report(state, ("/transitions/%d"):format(transition.index),
            ("the 'match' at /transitions/%d has the same conditions, and the first counts"):format(seen[text]))
        else
          seen[text] = transition.index
        end
      end
    end
  end,
}

local OPERANDS = {
  regex = function(value)
    local fault = regex.fault(value)
    if fault then return ("the pattern '%s' cannot be compiled: %s"):format(value, fault) end
    return value:find "^%s*/.+/[a-z]*%s*$" and ("the slashes around '%s' count as characters"):format(value) or nil
  end,
  number = function(value)
    local number = value:match "^%s*([+-]?%d*%.?%d+%.?)%s*$"
    return not number and ("'%s' is no number, and only numbers are less or greater"):format(value)
  end,
  time = function(value)
    local hour, minute = value:match "^%s*(%d%d):(%d%d)%s*$"
    local sound = hour and tonumber(hour) < 24 and tonumber(minute) < 60
    return not sound and ("'%s' is no time as HH:MM, from 00:00 to 23:59"):format(value)
  end,
  date = function(value)
    local day = value:match "^%s*(%d%d%d%d%-%d%d%-%d%d)%s*$"
    return not (day and dates.read(day, 0)) and ("'%s' is no date as YYYY-MM-DD"):format(value)
  end,
}

rules[#rules + 1] = {
  name = "invalid-operand", level = "warning", type = "split-based-on",
  sentence = "The value of a condition is what its operator compares with: a pattern that compiles, a number, HH:MM or YYYY-MM-DD.",
  state = function(_, state, report)
    each_condition(state, function(condition, transition, position)
      local operator, value = parts_of(condition)
      local due = OPERATORS[operator or ""]
      local check, fault = OPERANDS[due or ""], nil
      if due and not is_absent(value) and type(value) ~= "string" then
        fault = ("the value is %s, a text is due"):format(model_of.kind_of(value))
      elseif check and type(value) == "string" and not value:find "{[{%%]" then
        -- What Liquid will give is not known.
        fault = check(value)
      end
      if fault then report(state, place_of(transition, position, "/value"), fault) end
    end)
  end,
}

return rules
