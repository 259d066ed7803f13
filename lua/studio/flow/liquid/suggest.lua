--- "Did you mean …?" for names of filters and tags.
-- @module studio.flow.liquid.suggest

local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and diagonal or diagonal + 1
      diagonal = row[j]
      row[j] = math.min(cost, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#b]
end

--- The end of a message: `: did you mean 'plus'?`, or nothing when no name is near.
-- @string name
-- @tparam table known the keys are names
-- @treturn string
return function(name, known)
  if #name > 40 then return "" end
  local best, least = nil, math.max(1, math.floor(#name / 3)) + 1
  for candidate in pairs(known) do
    local away = distance(name, candidate)
    if away < least or away == least and best and candidate < best then best, least = candidate, away end
  end
  return best and (": did you mean '%s'?"):format(best) or ""
end
