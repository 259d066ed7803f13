--- The context of a run, of which every step keeps the state it saw: tables in it are never written to, but replaced.
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

--- The context after a widget: what it has left is merged into what it left before, key by key.
-- @tparam table context
-- @tparam string name of the widget
-- @tparam[opt] table left by the widget
-- @treturn table context
function tree.leave(context, name, left)
  local widgets = context.widgets
  local old = widgets[name]
  if old and not (left and next(left) ~= nil) then return context end
  return tree.set(context, "widgets", tree.set(widgets, name, old and tree.with(old, left) or left or {}))
end

return tree
