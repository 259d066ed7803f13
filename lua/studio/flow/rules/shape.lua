--- Rules about what a definition is made of, its names and where its transitions lead.
local ascii = require "studio.base.ascii"
local model_of = require "studio.flow.model"

local suggestion = model_of.suggestion

local rules = {}

-- The next two are found by what reads the definition, so they have no function of their own.
rules[#rules + 1] = {
  name = "invalid-json", level = "error",
  sentence = "The text of a definition is JSON.",
}

rules[#rules + 1] = {
  name = "invalid-shape", level = "error",
  sentence = "A definition is an object with an array 'states' and the text 'initial_state'; a state has a name and a type.",
}

local NONE = {}

-- The keys of an object that are none of these, sorted.
local function others(object, known)
  local found = NONE
  for key in pairs(object) do
    if not known[key] then
      if found == NONE then found = {} end
      found[#found + 1] = ascii.text(key)
    end
  end
  if found[2] then ascii.sort(found) end
  return found
end

local function keys(list)
  local known = {}
  for _, key in ipairs(list) do known[key] = true end
  return { list = list, known = known }
end

local STATE_KEYS = keys { "name", "type", "properties", "transitions" }
local FLOW_KEYS = keys(model_of.ENVELOPE)

-- Exports have no others; whether the service refuses them is not known.
rules[#rules + 1] = {
  name = "unknown-key", level = "note",
  sentence = "A definition and a widget have the keys that they are known to have, no others.",
  flow = function(model, report)
    local definition = model.definition
    for _, key in ipairs(others(definition, FLOW_KEYS.known)) do
      local near = model_of.near(model, key, FLOW_KEYS.list)
      -- One that stands for a key that is due has been told of.
      if not near or definition[near] ~= nil or near ~= "states" and near ~= "initial_state" then
        report(nil, "/" .. model_of.escape(key), ("a definition is not known to have '%s'%s"):format(
          key, near and (": did you mean '%s'?"):format(near) or ""))
      end
    end
  end,
  state = function(model, state, report)
    for _, key in ipairs(others(state.raw, STATE_KEYS.known)) do
      local mend = suggestion(model, key, STATE_KEYS.list)
      report(state, "/" .. model_of.escape(key), ("a widget is not known to have '%s'%s"):format(key, mend))
    end
  end,
}

rules[#rules + 1] = {
  name = "invalid-name", level = "error",
  sentence = "The name of a widget starts with a letter and has neither a space nor a period.",
  state = function(_, state, report)
    local name = state.name
    if not name then return end
    -- Letters beyond ASCII are not known to be refused.
    if not name:find "^[A-Za-z\128-\255]" then
      report(state, "/name", "the name of a widget starts with a letter")
    elseif name:find "[%s%.]" then
      report(state, "/name", ("the name of a widget has neither a space nor a period: '%s' would do"):format((name:gsub("[%s%.]+", "_"))))
    end
  end,
}

rules[#rules + 1] = {
  name = "duplicate-name", level = "error",
  sentence = "No two widgets have the same name.",
  state = function(model, state, report)
    local first = state.name and model.by_name[state.name]
    if first and first ~= state then report(state, "/name", ("the widget at /states/%d has this name already"):format(first.index)) end
  end,
}

rules[#rules + 1] = {
  name = "unknown-initial-state", level = "error",
  sentence = "'initial_state' is the name of a widget.",
  flow = function(model, report)
    local initial = model.definition.initial_state
    if type(initial) == "string" and initial ~= "" and not model.initial and #model.states > 0 then
      report(nil, "/initial_state", ("no widget is called '%s'%s"):format(initial, suggestion(model, initial, model.names)))
    end
  end,
}

rules[#rules + 1] = {
  name = "dangling-transition", level = "error",
  sentence = "A transition leads to a widget of the flow, or nowhere.",
  flow = function(model, report)
    for _, astray in ipairs(model.astray) do
      local transition, near = astray.transition, astray.near
      report(astray.state, ("/transitions/%d/next"):format(transition.index), ("'%s' leads to '%s', and no widget is called so%s"):format(
        transition.event or "a transition", transition.next, near and (": did you mean '%s'?"):format(near) or ""))
    end
  end,
}

-- What is no business of people who read a flow's log. Digits may have single hyphens or underscores between them.
local PERSONAL = {
  { what = "an e-mail address", found = function(name) return name:find "[0-9A-Za-z._+-]+@[0-9A-Za-z-]+" end },
  { what = "a secret or a SID", found = function(name) return name:find(("%x"):rep(32)) or name:find "^sk_[0-9A-Za-z]+_[0-9A-Za-z]+" end },
  {
    what = "a phone number",
    found = function(name)
      local digits = name:gsub("(%d)[_-](%f[%d])", "%1%2"):match "%d+"
      return digits and #digits >= 10 and #digits <= 15
    end,
  },
}

rules[#rules + 1] = {
  name = "personal-data-in-name", level = "note",
  sentence = "Names are written to logs, so they hold no phone number, e-mail address or secret.",
  state = function(_, state, report)
    local name = state.name
    if not name or not name:find "[%d@]" then return end
    for _, kind in ipairs(PERSONAL) do
      if kind.found(name) then
        return report(state, "/name", ("the name looks like %s, and names are written to logs"):format(kind.what))
      end
    end
  end,
}

return rules
