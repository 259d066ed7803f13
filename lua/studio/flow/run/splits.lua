--- split-based-on.
-- @module studio.flow.run.splits

local conditions = require "studio.flow.conditions"

local splits = {}

-- The tested text: which of `arguments` and `input` counts where they differ is not known. `arguments` stands with the operator.
local function tested(machine, condition)
  local arguments = condition.arguments
  local argument = type(arguments) == "table" and arguments[1]
  return machine:render(type(argument) == "string" and argument or machine.frame.state.properties.input)
end

local function all_hold(machine, list)
  if type(list) ~= "table" or #list == 0 then return false end
  for _, condition in ipairs(list) do
    if type(condition) ~= "table" then return false end
    local holds, problem = conditions.holds(condition, tested(machine, condition), machine:render(condition.value))
    if problem then machine:problem(problem.code, tostring(problem)) end
    if not holds then return false end
  end
  return true
end

--- The first transition in the order of the definition all of whose conditions hold; else `noMatch`.
function splits.choose(machine, state, outcome)
  if outcome then return outcome.event, outcome.data end
  for _, transition in ipairs(state.matches) do
    if all_hold(machine, transition.conditions) then return "match", nil, transition end
  end
  return "noMatch"
end

return splits
