--- "did you mean": the known name nearest to one that is not known.
local distance = require "studio.base.distance"
local ascii = require "studio.base.ascii"

-- Longer names are not compared.
local LONGEST = 64

--- The known name nearest to a name.
-- @tparam string name what was written
-- @tparam {string,...} known the names there are
-- @treturn[1] string
-- @treturn[2] nil when none is near: at most every third character may differ
local function nearest(name, known)
  if #name > LONGEST then return nil end
  local wanted, most = ascii.lower(name), math.max(1, math.floor(#name / 3))
  local best, fewest = nil, most + 1
  for _, candidate in ipairs(known) do
    if #candidate <= LONGEST and math.abs(#candidate - #wanted) < fewest then
      local edits = distance(wanted, ascii.lower(candidate))
      if edits < fewest then best, fewest = candidate, edits end
    end
  end
  return best
end

return nearest
