--- A definition as the checker, the pictures and the comparison look at it: its states by name and by number, and who leads to whom.
--
-- A definition may be anything: what has not the shape of a flow is left out of the model and told to `report`.
local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local nearest = require("studio.base.nearest").find
local widgets = require "studio.flow.widgets"

-- Names compared in search of one that was meant, in one check: enough for a few dozen slips in a large flow.
local MOST_COMPARED = 20000

local NOTHING = {}

-- A table that JSON would write as an array; the empty table is one as well.
local function is_array(value)
  if type(value) ~= "table" then return false end
  return value[1] ~= nil or next(value) == nil and value ~= codec.null
end

local function is_null(value)
  return type(value) == "userdata" or value == codec.null
end

local function is_object(value)
  return type(value) == "table" and value[1] == nil and not is_null(value)
end

local function kind_of(value)
  if value == nil then return "nothing" end
  if is_null(value) then return "null" end
  if type(value) == "table" then return value[1] ~= nil and "an array" or "an object" end
  return "a " .. type(value)
end

-- A key as a part of a JSON Pointer (RFC 6901).
local function escape(key)
  key = ascii.text(key)
  return key:find "[~/]" and key:gsub("~", "~0"):gsub("/", "~1") or key
end

-- Tells what is wrong with a transition; gives whether it can be read all the same.
local function check_transition(state, position, transition, report)
  local place = "/transitions/" .. position - 1
  if not is_object(transition) then
    report(state, place, ("a transition is %s, an object is due"):format(kind_of(transition)))
    return false
  end
  local event, following = transition.event, transition.next
  if type(event) ~= "string" then
    report(state, place, ("the 'event' of a transition is %s, a text is due"):format(kind_of(event)))
  end
  if following ~= nil and type(following) ~= "string" and not is_null(following) then
    report(state, place .. "/next", ("'next' is %s, the name of a widget is due"):format(kind_of(following)))
  end
  return true
end

local function read_transitions(state, raw, report)
  local transitions, count = {}, 0
  -- Every export has transitions and properties; whether the service insists on them is not known.
  if raw == nil then return transitions end
  if not is_array(raw) then
    report(state, "/transitions", ("'transitions' is %s, an array is due"):format(kind_of(raw)))
  else
    for position, transition in ipairs(raw) do
      local event = type(transition) == "table" and transition.event
      local following = event and transition.next
      local sound = type(event) == "string" and (following == nil or type(following) == "string")
      if sound or check_transition(state, position, transition, report) then
        count = count + 1
        transitions[count] = {
          index = position - 1, raw = transition, event = type(event) == "string" and event or nil,
          next = type(following) == "string" and following ~= "" and following or nil, target = nil,
        }
      end
    end
  end
  return transitions
end

local function read_state(position, raw, report)
  if not is_object(raw) then
    report(nil, "/states/" .. position - 1, ("a state is %s, an object is due"):format(kind_of(raw)))
    return nil
  end
  local name = type(raw.name) == "string" and raw.name or nil
  -- What is known later is named here, so that the table has room for it from the beginning.
  local state = {
    index = position - 1, name = name, raw = raw, type = type(raw.type) == "string" and raw.type or nil,
    id = nil, widget = nil, properties = nil, transitions = nil, faults = nil, values = nil,
    problems = nil, widgets_read = nil, triggers_read = nil, variables_read = nil, unknown_events = nil, broken = nil,
  }
  if not name then
    report(state, raw.name ~= nil and "/name" or "", "a state has no 'name' that is a text")
  end
  if not state.type then
    report(state, raw.type ~= nil and "/type" or "", "it has no 'type' that is a text")
  end
  state.widget = widgets.types[state.type or ""]
  local properties = raw.properties
  if properties ~= nil and not is_object(properties) then
    report(state, "/properties", ("'properties' is %s, an object is due"):format(kind_of(properties)))
    properties = nil
  end
  state.properties = properties or NOTHING
  state.transitions = read_transitions(state, raw.transitions, report)
  return state
end

local ENVELOPE = { "description", "states", "initial_state", "flags", "$schema" }

-- What is said of a key that is due at the top and missing: it may be there under a name that was mistyped.
local function meant(definition, key)
  for name in pairs(definition) do
    if type(name) == "string" and name ~= key and nearest(name, ENVELOPE) == key and definition[name] ~= nil then
      return (": did you mean '%s' where '%s' stands?"):format(key, name)
    end
  end
  return ""
end

local function check_envelope(definition, report)
  local initial = definition.initial_state
  if type(initial) ~= "string" or initial == "" then
    local what = initial == nil and "it has no 'initial_state'" .. meant(definition, "initial_state")
      or "'initial_state' is not the name of a widget"
    report(nil, initial ~= nil and "/initial_state" or "", what)
  end
  local description = definition.description
  if description ~= nil and type(description) ~= "string" and not is_null(description) then
    report(nil, "/description", ("'description' is %s, a text is due"):format(kind_of(description)))
  end
  local flags = definition.flags
  if flags ~= nil and not is_null(flags) then
    if not is_object(flags) then
      report(nil, "/flags", ("'flags' is %s, an object is due"):format(kind_of(flags)))
    elseif type(flags.allow_concurrent_calls) ~= "boolean" then
      report(nil, "/flags", "'flags' has no 'allow_concurrent_calls' that is true or false")
    end
  end
end

-- Draws the edges: of each state the numbers of those that follow it, in the order of its transitions.
local function connect(model)
  local by_name = model.by_name
  for _, state in ipairs(model.states) do
    local following = {}
    for _, transition in ipairs(state.transitions) do
      local target = transition.next and by_name[transition.next]
      if target then
        transition.target = target
        following[#following + 1] = target.id
      end
    end
    model.following[state.id] = following
  end
end

--- Reads a definition.
-- @param definition anything
-- @tparam[opt] function report (state or nil, place below the state, message): called for what has not the shape of a flow
-- @treturn table `states`: array of `{ id, index, name, type, widget, properties, transitions, raw }`, a transition being
-- `{ index, event, next, target, raw }`; `by_name`; `of_type`: type → states; `following`: id → ids; `initial`: a state or nil; `names`
local function read(definition, report)
  report = report or function() end
  local model = { definition = definition, states = {}, by_name = {}, of_type = {}, names = {}, following = {}, compared = 0 }
  if not is_object(definition) then
    report(nil, "", ("a definition is %s, an object is due"):format(kind_of(definition)))
    model.definition = NOTHING
    return model
  end
  check_envelope(definition, report)
  local states = definition.states
  if states == nil then
    report(nil, "", "it has no array 'states'" .. meant(definition, "states"))
  elseif not is_array(states) then
    report(nil, "/states", ("'states' is %s, an array is due"):format(kind_of(states)))
  elseif states[1] == nil then
    report(nil, "/states", "'states' is empty: a flow has at least a trigger")
  else
    for position, raw in ipairs(states) do
      local state = read_state(position, raw, report)
      if state then
        state.id = #model.states + 1
        model.states[state.id] = state
        local kin = model.of_type[state.type or ""]
        if kin then kin[#kin + 1] = state else model.of_type[state.type or ""] = { state } end
        if state.name and not model.by_name[state.name] then
          model.by_name[state.name] = state
          model.names[#model.names + 1] = state.name
        end
      end
    end
  end
  connect(model)
  model.initial = type(definition.initial_state) == "string" and model.by_name[definition.initial_state] or nil
  return model
end

--- The known name that an unknown one may be a slip of; nil where none is near, and when many have been looked for already.
-- @tparam table model
-- @tparam string name
-- @tparam {string,...} known
-- @treturn ?string
local function near(model, name, known)
  if model.compared + #known > MOST_COMPARED then return nil end
  model.compared = model.compared + #known
  return nearest(name, known)
end

--- The words to add to a message about an unknown name: `": did you mean 'ask'?"`, or nothing.
-- @tparam table model
-- @tparam string name
-- @tparam {string,...} known
-- @treturn string
local function suggestion(model, name, known)
  local found = near(model, name, known)
  return found and (": did you mean '%s'?"):format(found) or ""
end

return {
  read = read, near = near, suggestion = suggestion, ENVELOPE = ENVELOPE,
  escape = escape, is_array = is_array, is_object = is_object, is_null = is_null, kind_of = kind_of,
}
