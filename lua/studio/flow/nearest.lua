--- "did you mean": the known name nearest to one that is not known.

-- Longer names are not compared.
local LONGEST = 64

-- Edits (insert, delete, replace, swap of neighbours) that lead from one text to the other.
local function distance(a, b)
  local before, previous = {}, {}
  for j = 0, #b do previous[j] = j end
  for i = 1, #a do
    local current = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local best = math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then best = math.min(best, before[j - 2] + 1) end
      current[j] = best
    end
    before, previous = previous, current
  end
  return previous[#b]
end

--- The known name nearest to a name.
-- @tparam string name what was written
-- @tparam {string,...} known the names there are
-- @treturn[1] string
-- @treturn[2] nil when none is near: at most every third character may differ
local function nearest(name, known)
  if #name > LONGEST then return nil end
  local wanted, most = name:lower(), math.max(1, math.floor(#name / 3))
  local best, fewest = nil, most + 1
  for _, candidate in ipairs(known) do
    if #candidate <= LONGEST and math.abs(#candidate - #wanted) < fewest then
      local edits = distance(wanted, candidate:lower())
      if edits < fewest then best, fewest = candidate, edits end
    end
  end
  return best
end

return nearest
