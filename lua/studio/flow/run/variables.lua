--- set-variables.
-- @module studio.flow.run.variables

local tree = require "studio.flow.run.tree"

local variables = {}

local largest_whole = 2 ^ 53

-- What a sub-flow hands to its parent.
local simple = { string = true, number = true, boolean = true }

--- Text as the value that the service makes of it: a number where it is written like one, unless it stands in quotes.
--
-- Written like one is taken in the sense of JSON: "007" and "+15550001111" stay text. So do whole numbers beyond 2^53, which would
-- lose digits, and "5.0", which would lose its fraction.
function variables.typed(text)
  local trimmed = text:match "^%s*(.-)%s*$"
  local quoted = trimmed:match '^"(%-?[%d.]+)"$'
  if quoted and tonumber(quoted) then return quoted end
  if not (trimmed:find "^%-?[1-9]%d*%.?%d*$" or trimmed:find "^%-?0%.?%d*$") or trimmed:find "%.$" then return text end
  local number = tonumber(trimmed)
  local has_fraction = trimmed:find(".", 1, true)
  if (has_fraction ~= nil) == (number % 1 == 0) or math.abs(number) >= largest_whole then return text end
  return number
end

local function is_json(row)
  return row.type == "json_object" or row.parse_as_json == true
end

--- The value of a row of `variables` or `parameters`.
function variables.value(machine, pair)
  if not is_json(pair.row) then return variables.typed(pair.value) end
  local value, message = machine.codec.decode(pair.value)
  if value == nil then
    machine:problem(nil, ("the variable '%s' is no JSON: %s"):format(pair.key, tostring(message)))
    return pair.value
  end
  -- A null becomes empty text.
  if value == machine.codec.null then return "" end
  return value
end

--- Sets them all at the end of the step: no row sees what another has set.
function variables.set(machine, state, outcome)
  local set = {}
  for _, pair in ipairs(machine:pairs "variables") do set[pair.key] = variables.value(machine, pair) end
  if next(set) ~= nil then
    local frame = machine.frame
    for key, value in pairs(set) do
      if simple[type(value)] then frame.variables[key] = value end
    end
    local flow = frame.context.flow
    machine:set_context(tree.set(frame.context, "flow", tree.set(flow, "variables", tree.with(flow.variables, set))))
  end
  return outcome and outcome.event or state.widget.event, set
end

return variables
