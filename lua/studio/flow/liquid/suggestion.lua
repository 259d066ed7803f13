--- "Did you mean …?" for the names of filters and tags.
-- @module studio.flow.liquid.suggestion

local ascii = require "studio.base.ascii"
local nearest = require "studio.flow.nearest"

--- The end of a message about an unknown name.
-- @string name
-- @tparam table known the keys are names
-- @treturn string `": did you mean 'upcase'?"`, or empty text when no name is near
return function(name, known)
  local names = {}
  for candidate in pairs(known) do names[#names + 1] = candidate end
  ascii.sort(names)
  local found = nearest(name, names)
  return found and (": did you mean '%s'?"):format(found) or ""
end
