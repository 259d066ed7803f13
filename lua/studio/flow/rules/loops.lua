--- Rules about loops that nothing slows down: an Execution ends after 1,000 steps, or after 10 at one widget in a row.
local paths = require "studio.flow.paths"

local rules = {}

local function waits(state)
  -- What a type does that is not known here is not known either.
  return not state.widget or state.widget.waits
end

-- The edges between widgets that do not wait, of those that can be reached.
local function hasty_edges(model)
  local edges = {}
  for id, state in ipairs(model.states) do
    edges[id] = {}
    if not waits(state) and model.reached[id] then
      for _, target in ipairs(model.following[id]) do
        if not waits(model.states[target]) then edges[id][#edges[id] + 1] = target end
      end
    end
  end
  return edges
end

-- Whether a split of a loop tests what the loop itself changes: a variable that is set in it, or what one of its widgets left.
local function counts(model, members)
  local names, variables = {}, {}
  for _, id in ipairs(members) do
    local state = model.states[id]
    if state.type ~= "split-based-on" and state.name then names[state.name] = true end
    local list = state.type == "set-variables" and state.properties.variables
    for _, variable in ipairs(type(list) == "table" and list or {}) do
      if type(variable) == "table" and type(variable.key) == "string" then variables[variable.key] = true end
    end
  end
  for _, id in ipairs(members) do
    local state = model.states[id]
    if state.type == "split-based-on" then
      for _, read in ipairs(state.widgets_read) do
        if names[read.name] then return true end
      end
      for _, name in ipairs(state.variables_read) do
        if variables[name] then return true end
      end
    end
  end
  return false
end

rules[#rules + 1] = {
  name = "self-loop", level = "warning",
  sentence = "A widget that does not wait does not lead to itself: the Execution ends after ten times.",
  state = function(_, state, report)
    if waits(state) then return end
    local transitions = state.transitions
    for position = 1, #transitions do
      local transition = transitions[position]
      if transition.target == state then
        report(state, ("/transitions/%d/next"):format(transition.index),
          ("'%s' leads back to the widget itself, and the Execution ends after ten times"):format(transition.event or "a transition"))
      end
    end
  end,
}

rules[#rules + 1] = {
  name = "busy-loop", level = "warning",
  sentence = "A loop waits for somebody, or counts its rounds: the Execution ends after 1,000 steps.",
  flow = function(model, report)
    if not model.reached then return end
    local edges = hasty_edges(model)
    local _, found = paths.groups(edges, #model.states)
    for _, members in ipairs(found) do
      table.sort(members)
      local first = model.states[members[1]]
      if #members > 1 and not counts(model, members) then
        local names = {}
        for position = 1, math.min(#members, 4) do
          local member = model.states[members[position]]
          names[position] = ("'%s'"):format(member.name or "")
        end
        report(first, "", ("the loop of %s%s neither waits for anybody nor tests what changes in it"):format(
          table.concat(names, ", "), #members > 4 and " and others" or ""))
      end
    end
  end,
}

return rules
