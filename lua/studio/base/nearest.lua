--- "did you mean": the known name nearest to one that is not known.
local ascii = require "studio.base.ascii"
local distance = require "studio.base.distance"

-- Longer names are not compared.
local LONGEST = 64

--- A name as it is compared: small, with `_` between its words.
-- @tparam string name `"pageSize"`, `"page-size"`, `"Page Size"`
-- @treturn string `"page_size"`
local function normalised(name)
  return (ascii.lower((name:gsub("([a-z])([A-Z])", "%1_%2"))):gsub("[ \t\n\r%-%.]", "_"))
end

--- The known name nearest to a name.
-- @tparam string name what was written
-- @tparam {string,...} known the names there are
-- @treturn[1] string
-- @treturn[2] nil when none is near: at most every third character may differ
local function nearest(name, known)
  if #name > LONGEST then return nil end
  local wanted = normalised(name)
  local best, fewest = nil, math.max(1, math.floor(#wanted / 3)) + 1
  for _, candidate in ipairs(known) do
    local other = #candidate <= LONGEST and normalised(candidate)
    if other and math.abs(#other - #wanted) < fewest then
      local edits = distance(wanted, other)
      if edits < fewest then best, fewest = candidate, edits end
    end
  end
  return best
end

return { find = nearest, normalised = normalised, LONGEST = LONGEST }
