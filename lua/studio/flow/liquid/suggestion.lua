--- "Did you mean …?" for the names of filters and tags.
-- @module studio.flow.liquid.suggestion

local nearest = require("studio.base.nearest").find
local sorted = require("studio.base.names").sorted

--- The end of a message about an unknown name.
-- @string name
-- @tparam table known the keys are names
-- @treturn string `": did you mean 'upcase'?"`, or empty text when no name is near
return function(name, known)
  local found = nearest(name, sorted(known))
  return found and (": did you mean '%s'?"):format(found) or ""
end
