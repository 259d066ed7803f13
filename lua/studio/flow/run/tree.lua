--- Tables with other fields: what a context is made of is shared by many, and replaced instead of written to.
-- @module studio.flow.run.tree

local tree = {}

--- A table with other fields: a new one, that shares the rest.
-- @tparam table from
-- @tparam table fields
function tree.with(from, fields)
  local new = {}
  for key, value in pairs(from) do new[key] = value end
  for key, value in pairs(fields) do new[key] = value end
  return new
end

--- A table with one other field.
function tree.set(from, name, value)
  local new = {}
  for key, old in pairs(from) do new[key] = old end
  new[name] = value
  return new
end

return tree
