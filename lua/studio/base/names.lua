--- What is said where an object is asked for a name that it does not have, or called where it is no function.
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"

local names = {}

--- Whether a name is a slip of the program's. Keys that Lua code asks any table for are none: names of metamethods, other names that begin
-- with an underscore, `n`, and keys that are no names.
-- @param name
-- @treturn boolean
function names.is_slip(name)
  return type(name) == "string" and name:find("^[A-Za-z][A-Za-z0-9_]+$") ~= nil
end

--- The names of a table, by their bytes.
-- @tparam table set name → anything
-- @treturn {string,...}
function names.sorted(set)
  local found = {}
  for name in next, set do
    if type(name) == "string" then found[#found + 1] = name end
  end
  ascii.sort(found)
  return found
end

--- A `__call` that raises, for what looks like a function or an iterator and is none.
-- @tparam string message
-- @treturn function
function names.refuse_call(message)
  return function() errors.misuse("%s", message) end
end

return names
