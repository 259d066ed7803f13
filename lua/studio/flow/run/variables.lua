--- set-variables.
-- @module studio.flow.run.variables

local ascii = require "studio.base.ascii"
local tree = require "studio.flow.run.tree"

local variables = {}

local most_digits = 15

-- What a sub-flow hands to its parent.
local simple = { string = true, number = true, boolean = true }

local function is_written_as_number(text)
  if text:find "^0$" then return true end
  -- 0.5 and 1.5 have a fraction that counts, 5.0 and 5. have none.
  local whole, fraction = text:match "^%-?(%d+)%.(%d*[1-9])$"
  whole = whole or text:match "^%-?(%d+)$"
  if not whole or #whole + #(fraction or "") > most_digits then return false end
  return whole:sub(1, 1) ~= "0" or (whole == "0" and fraction ~= nil)
end

--- Text as the value that the service makes of it: a number where it is written like one, unless it stands in quotes.
--
-- What the service takes for a number is told nowhere. Here it is what comes back as it was: "007", "+15550001111", "5.0" and more
-- digits than a double keeps stay text.
function variables.typed(text)
  local trimmed = text:match "^%s*(.-)%s*$"
  local quoted = trimmed:match '^"(.*)"$'
  if quoted and is_written_as_number(quoted) then return quoted end
  return is_written_as_number(trimmed) and ascii.read(trimmed) or text
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
    machine:set_context("flow", tree.set(flow, "variables", tree.with(flow.variables, set)))
  end
  return outcome and outcome.event or state.widget.event, set
end

return variables
