--- Compares two definitions by what they mean: places on the canvas, the order of states and of events, and keys in another order are no
-- difference.
local arguments = require "studio.flow.arguments"
local codec = require "studio.flow.codec"
local failure = require "studio.flow.run.failure"
local model_of = require "studio.flow.model"
local changes_text = require "studio.flow.diff.text"
local renames_of = require "studio.flow.diff.renames"
local values = require "studio.flow.diff.values"

local escape = model_of.escape

-- The keys that are compared on their own.
local STATE_KEYS = { name = true, type = true, properties = true, transitions = true }
local ENVELOPE_KEYS = { states = true, initial_state = true }

-- A text that says the same as JSON is a change all the same, and is said to be one that means nothing.
local function note_of(from, to)
  if type(from) ~= "string" or type(to) ~= "string" or not from:find "^%s*[{%[]" or not to:find "^%s*[{%[]" then return nil end
  local old, new = codec.decode(from), codec.decode(to)
  if old ~= nil and new ~= nil and values.same(old, new) then return "the same as JSON" end
end

local function adder(changes, widget, type_name)
  return function(path, from, to, note)
    local op = from == nil and "add" or to == nil and "remove" or "change"
    changes[#changes + 1] = {
      op = op, widget = widget, type = type_name, path = path, from = from, to = to, note = note or note_of(from, to),
    }
  end
end

local NONE = {}

-- The transitions of a state, their targets under the names of the new definition: those of `match` in their order, the others by event.
local function sorted_out(state, after)
  local matches, by_event, events = {}, {}, {}
  for _, transition in ipairs(state.transitions) do
    local raw = transition.raw
    local plain = { next = after[transition.next or ""] or transition.next }
    for key, value in pairs(raw) do
      if key ~= "event" and key ~= "next" then plain[key] = value end
    end
    -- An empty array of conditions says nothing.
    if model_of.is_array(plain.conditions) and plain.conditions[1] == nil then plain.conditions = nil end
    local event = transition.event
    if event == "match" then
      matches[#matches + 1] = plain
    elseif event then
      if not by_event[event] then
        by_event[event] = {}
        events[#events + 1] = event
      end
      by_event[event][#by_event[event] + 1] = plain
    end
  end
  return matches, by_event, events
end

local UNLISTED = "an event that is not listed is ignored, one without a target ends the Execution"

local function compare_event(place, old, new, add, rename)
  if old and new then
    if #old == 1 and #new == 1 then return values.compare(place, old[1], new[1], add, rename) end
    return values.compare(place, old, new, add, rename)
  end
  local listed = (old or new)[1]
  if next(listed) == nil then
    -- Listed without a target on one side only.
    return add(place, old and "", new and "", UNLISTED)
  end
  for key, value in pairs(listed) do
    add(place .. "/" .. escape(key), old and value or nil, new and value or nil)
  end
end

local function compare_transitions(place, old, new, add_change, renamed)
  local rename = renamed and renamed.in_text
  local old_matches, old_events, old_order = sorted_out(old, renamed and renamed.after or NONE)
  local new_matches, new_events, new_order = sorted_out(new, NONE)

  -- A target is told under the name it had.
  local function add(path, from, to, note)
    if renamed and type(from) == "string" and path:find "/next$" then from = renamed.before[from] or from end
    add_change(path, from, to, note)
  end

  values.compare(place .. "/match", old_matches, new_matches, add, rename)
  for _, event in ipairs(new_order) do
    compare_event(place .. "/" .. escape(event), old_events[event], new_events[event], add, rename)
  end
  for _, event in ipairs(old_order) do
    if not new_events[event] then compare_event(place .. "/" .. escape(event), old_events[event], nil, add, rename) end
  end
end

local function compare_states(old, new, changes, renamed)
  local rename = renamed and renamed.in_text
  local name = new.name or old.name
  local place = "/states/" .. escape(name or tostring(new.index))
  local add = adder(changes, name, new.type)
  values.compare(place .. "/type", old.raw.type, new.raw.type, add)
  values.compare_keys(place .. "/properties", old.properties, new.properties, add, rename, { offset = true })
  compare_transitions(place .. "/transitions", old, new, add, renamed)
  values.compare_keys(place, old.raw, new.raw, add, rename, STATE_KEYS)
end

-- The states of a model by name, the second of one name under a key of its own.
local function keyed(model)
  local by_key, order, seen = {}, {}, {}
  for _, state in ipairs(model.states) do
    local name = state.name or ""
    seen[name] = (seen[name] or 0) + 1
    local key = seen[name] == 1 and state.name or ("%s\0%d"):format(name, seen[name])
    by_key[key] = state
    order[#order + 1] = key
  end
  return by_key, order
end

local function compare(old, new)
  local changes = {}
  local add = adder(changes)
  local old_model, new_model = model_of.read(old), model_of.read(new)
  local old_states, old_order = keyed(old_model)
  local new_states, new_order = keyed(new_model)
  local renamed = renames_of(old_states, old_order, new_states, new_order)
  local before, after = renamed and renamed.before or NONE, renamed and renamed.after or NONE
  values.compare_keys("", old_model.definition, new_model.definition, add, nil, ENVELOPE_KEYS)
  if after[old.initial_state or ""] ~= new.initial_state then
    values.compare("/initial_state", old.initial_state, new.initial_state, add)
  end
  for _, key in ipairs(new_order) do
    local state = new_states[key]
    local former = before[key]
    local previous = old_states[former or key]
    if former then
      changes[#changes + 1] = {
        op = "rename", widget = state.name, type = state.type, path = "/states/" .. escape(former), from = former, to = state.name,
      }
    end
    if previous then
      compare_states(previous, state, changes, renamed)
    else
      adder(changes, state.name, state.type)("/states/" .. escape(state.name or tostring(state.index)), nil, state.raw)
    end
  end
  for _, key in ipairs(old_order) do
    local state = old_states[key]
    if not new_states[key] and not after[key] then
      adder(changes, state.name, state.type)("/states/" .. escape(state.name or tostring(state.index)), state.raw, nil)
    end
  end
  return setmetatable(changes, changes_text)
end

local function definition_of(value, name)
  if type(value) ~= "string" then return value end
  local decoded, message = codec.decode(value)
  if decoded == nil then return nil, failure.new("argument", ("the %s definition is not JSON: %s"):format(name, message)) end
  if not model_of.is_object(decoded) then return nil, failure.new("argument", ("the %s definition is no JSON object"):format(name)) end
  return decoded
end

local function diff(old, new)
  old = arguments.definition(old, "the old definition", 2)
  new = arguments.definition(new, "the new definition", 2)
  local err
  old, err = definition_of(old, "old")
  if not old then return nil, err end
  new, err = definition_of(new, "new")
  if not new then return nil, err end
  return compare(old, new)
end

return diff
