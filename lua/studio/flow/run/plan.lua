--- A definition as the machine reads it: states by name, transitions by event.
--
-- It takes every table that there is, since a definition that the service would refuse is to be run as far as it goes.
-- @module studio.flow.run.plan

local types = require("studio.flow.widgets").types

local plan = {}
local nothing = {}
local unknown_type = { type = "", group = "product", happens = "outcome", properties = {}, property = {}, has_event = {}, waits = true }

local function is_name(value)
  return type(value) == "string" and value ~= ""
end

local function table_or_nothing(value)
  return type(value) == "table" and value or nothing
end

-- A list in a definition may be anything; what is not in its array part is not there.
local function each(list)
  return ipairs(table_or_nothing(list))
end

--- Reads a definition.
-- @tparam table definition
-- @treturn table `{ initial, count, … }`, for `plan.state`
function plan.read(definition)
  local raw, count = {}, 0
  for _, state in each(definition.states) do
    if type(state) == "table" and is_name(state.name) then
      count = count + 1
      -- Names are unique; of two states with one name the first is taken.
      raw[state.name] = raw[state.name] or state
    end
  end
  return { initial = is_name(definition.initial_state) and definition.initial_state or nil, count = count, raw = raw, states = {} }
end

local function read_transitions(state, by_event)
  local matches = {}
  for _, transition in each(state.transitions) do
    if type(transition) == "table" and is_name(transition.event) then
      local target = is_name(transition.next) and transition.next or nil
      local row = { target = target, conditions = transition.conditions }
      if transition.event == "match" then matches[#matches + 1] = row end
      -- Of two transitions with one event the first is taken.
      by_event[transition.event] = by_event[transition.event] or row
    end
  end
  return matches
end

--- A state of the definition, by its name.
-- @treturn ?table `{ name, type, widget, properties, by_event, matches }`: `widget` is the declaration of its type, `by_event` has
--   the transitions as `{ target, conditions }`, `matches` those of the event `match` in order
function plan.state(self, name)
  local state = self.states[name]
  if state then return state end
  local raw = self.raw[name]
  if not raw then return nil end
  state = {
    name = name, type = type(raw.type) == "string" and raw.type or "", properties = table_or_nothing(raw.properties), by_event = {},
  }
  state.widget = types[state.type] or unknown_type
  state.matches = read_transitions(raw, state.by_event)
  self.states[name] = state
  return state
end

return plan
