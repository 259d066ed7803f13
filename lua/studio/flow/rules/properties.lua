--- Rules about the type of a widget and its properties.
local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local model_of = require "studio.flow.model"
local widgets = require "studio.flow.widgets"

local suggestion = model_of.suggestion

local rules = {}

local TYPE_NAMES = {}
for position, widget in ipairs(widgets.list) do TYPE_NAMES[position] = widget.type end

rules[#rules + 1] = {
  name = "unknown-widget", level = "warning",
  sentence = "The type of a widget is one that this library knows.",
  state = function(model, state, report)
    if state.type and not state.widget then
      report(state, "/type", ("the type '%s' is not known here%s"):format(state.type, suggestion(model, state.type, TYPE_NAMES)))
    end
  end,
}

rules[#rules + 1] = {
  name = "retired-widget", level = "warning",
  sentence = "The type of a widget is one that the service still has.",
  state = function(_, state, report)
    local retired = state.widget and state.widget.retired
    if retired then report(state, "/type", ("%s: %s"):format(state.type, retired)) end
  end,
}

local NONE = {}

local function telling(rule)
  return function(_, state, report)
    for _, fault in ipairs(state.faults) do
      if fault.rule == rule then report(state, fault.place, fault.message) end
    end
  end
end

local function filled(value)
  return type(value) == "string" and value ~= "" or type(value) == "number" or type(value) == "table" and next(value) ~= nil
end

local function listed(names, word)
  local quoted = {}
  for position, name in ipairs(names) do quoted[position] = ("'%s'"):format(name) end
  return table.concat(quoted, ", ", 1, #quoted - 1) .. (" %s "):format(word) .. quoted[#quoted]
end

rules[#rules + 1] = {
  name = "missing-property", level = "error", needs = "faults",
  sentence = "A widget has the properties without which the service refuses it.",
  state = telling "missing-property",
}

rules[#rules + 1] = {
  name = "expected-property", level = "warning",
  sentence = "A widget has the properties without which it does nothing.",
  state = function(model, state, report)
    telling "expected-property"(model, state, report)
    local one_of = state.widget and state.widget.one_of
    if not one_of then return end
    for _, name in ipairs(one_of) do
      if filled(state.properties[name]) then return end
    end
    report(state, "/properties", ("one of %s is due"):format(listed(one_of, "and")))
  end,
}

rules[#rules + 1] = {
  name = "empty-property", level = "warning", needs = "faults",
  sentence = "A property without which a widget does nothing is not empty.",
  state = telling "empty-property",
}

rules[#rules + 1] = {
  name = "conflicting-properties", level = "warning",
  sentence = "Of properties that exclude each other one is given.",
  state = function(_, state, report)
    local one_of = state.widget and state.widget.one_of
    if not one_of then return end
    local given = {}
    for _, name in ipairs(one_of) do
      if filled(state.properties[name]) then given[#given + 1] = name end
    end
    if #given > 1 then report(state, "/properties/" .. given[2], ("%s exclude each other"):format(listed(given, "and"))) end
  end,
}

rules[#rules + 1] = {
  name = "nothing-to-send", level = "warning",
  sentence = "A message has a body, media or a content template.",
  state = function(_, state, report)
    local widget, properties = state.widget, state.properties
    if not widget or widget.group ~= "message" then return end
    if properties.message_type == "content_template" then
      if not filled(properties.content_sid) then report(state, "/properties", "a message from a template needs 'content_sid'") end
    elseif not filled(properties.body) and not filled(properties.media_url) and not filled(properties.content_sid) then
      report(state, "/properties", "a message needs 'body', 'media_url' or a content template")
    end
  end,
}

rules[#rules + 1] = {
  name = "property-type", level = "warning", needs = "faults",
  sentence = "A property has the JSON type that the service takes.",
  state = telling "property-type",
}

local function in_bounds(property, number, shown)
  if property.min and number < property.min or property.max and number > property.max then
    if property.min and property.max then return ("%s is not within %d to %d"):format(shown, property.min, property.max) end
    return property.min and ("%s is less than %d"):format(shown, property.min) or ("%s is more than %d"):format(shown, property.max)
  end
end

local function is_one_of(words, value)
  for _, word in ipairs(words or NONE) do
    if word == value then return true end
  end
  return false
end

local function none_of(model, words, value, shown)
  return ("%s is none of %s%s"):format(shown, table.concat(words, ", "), suggestion(model, value, words))
end

-- What is wrong with one of several words, in an array or with blanks between them.
local function word_fault(model, words, value)
  if type(value) == "string" then
    local list = {}
    for word in value:gmatch "%S+" do list[#list + 1] = word end
    value = list
  end
  for _, word in ipairs(value) do
    local is_known = type(word) ~= "string" or word:find "{[{%%]" or is_one_of(words, word)
    if not is_known then return none_of(model, words, word, ("'%s'"):format(word)) end
  end
end

-- What is wrong with the value of a property; a text with Liquid, or with a `${NAME}` to be filled in, is not known yet.
local function value_fault(model, property, value)
  if type(value) == "number" then return in_bounds(property, value, ascii.format("%.14g", value)) end
  if type(value) == "table" then return word_fault(model, property.each, value) end
  if value:find "{[{%%]" or value:find("${", 1, true) or is_one_of(property.also, value) then return nil end
  local shown = ("'%s'"):format(#value > 60 and value:sub(1, 57) .. "..." or value)
  if property.words then
    return not is_one_of(property.words, value) and none_of(model, property.words, value, shown) or nil
  elseif property.each then
    return word_fault(model, property.each, value)
  elseif property.number then
    if not value:find "^%s*%d+%s*$" then return ("%s is no whole number"):format(shown) end
    return in_bounds(property, tonumber(value), shown)
  elseif property.longest and #value > property.longest then
    return ("it has more than %d characters"):format(property.longest)
  elseif property.json then
    local decoded, message = codec.decode(value)
    return decoded == nil and ("it is not JSON: %s"):format(message) or nil
  elseif property.pattern and not value:find(property.pattern) then
    return ("%s is not %s"):format(shown, property.means)
  end
end

rules[#rules + 1] = {
  name = "property-value", level = "warning", needs = "values",
  sentence = "A property is one of the words, within the bounds or of the form that is documented.",
  state = function(model, state, report)
    for _, found in ipairs(state.values) do
      if found.rule == "value" then
        local fault = value_fault(model, found.property, found.value)
        if fault then report(state, found.place, ("'%s': %s"):format(found.property.name, fault)) end
      end
    end
  end,
}

local function letters_of(sid)
  return type(sid) == "table" and table.concat(sid, "… or ") or sid
end

-- What kind of SID a text is: its two letters, and whether it is complete.
local function sid_letters(value)
  return value:match "^([A-Z][A-Z])%x+$", #value == 34
end

rules[#rules + 1] = {
  name = "wrong-sid", level = "error", needs = "values",
  sentence = "A SID is of the kind that is due: FW for a flow, WW for a workflow.",
  state = function(_, state, report)
    for _, found in ipairs(state.values) do
      if found.rule == "sid" then
        local letters, complete = sid_letters(found.value)
        local due = found.property.sid
        if letters and complete and letters ~= due and not is_one_of(type(due) == "table" and due or nil, letters) then
          report(state, found.place, ("'%s' is a SID %s…, one %s… is due"):format(found.property.name, letters, letters_of(due)))
        end
      end
    end
  end,
}

rules[#rules + 1] = {
  name = "sid-placeholder", level = "warning", needs = "values",
  sentence = "Where a SID is due, there is one, or Liquid that gives one.",
  state = function(_, state, report)
    for _, found in ipairs(state.values) do
      if found.rule == "sid" then
        local value = found.value
        local letters, complete = sid_letters(value)
        if not (letters and complete) and not value:find "{[{%%]" and not is_one_of(found.property.also, value) then
          report(state, found.place, ("'%s' is '%s', a SID %s… is due"):format(found.property.name, value, letters_of(found.property.sid)))
        end
      end
    end
  end,
}

-- What Liquid cannot be in: the flow and the revision that run-subflow names.
rules[#rules + 1] = {
  name = "liquid-not-allowed", level = "error", type = "run-subflow",
  sentence = "'flow_sid' and 'flow_revision' of run-subflow are written out: the service does not render Liquid there.",
  state = function(_, state, report)
    for _, name in ipairs { "flow_sid", "flow_revision" } do
      local value = state.properties[name]
      if type(value) == "string" and value:find "{[{%%]" then
        report(state, "/properties/" .. name, ("'%s' must be written out: Liquid is not rendered there"):format(name))
      end
    end
  end,
}

rules[#rules + 1] = {
  name = "unknown-property", level = "note",
  sentence = "A property is one that the widget is known to have; the Console's captions are not the names of properties.",
  state = function(model, state, report)
    local widget = state.widget
    if not widget or not widget.events then return end
    local unknown
    for name in pairs(state.properties) do
      if name ~= "offset" and not widget.property[name] then
        unknown = unknown or {}
        unknown[#unknown + 1] = ascii.text(name)
      end
    end
    if not unknown then return end
    ascii.sort(unknown)
    local names = {}
    for position, property in ipairs(widget.properties) do names[position] = property.name end
    for _, name in ipairs(unknown) do
      local caption = widget.captions and widget.captions[name]
      local mend = caption and (": did you mean '%s'?"):format(caption) or suggestion(model, name, names)
      report(state, "/properties/" .. model_of.escape(name), ("%s is not known to have '%s'%s"):format(state.type, name, mend))
    end
  end,
}

return rules
