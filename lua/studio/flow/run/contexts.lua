--- The contexts of a run: the present one is written to, and those that steps have seen are made when they are asked for.
--
-- A run visits many widgets, and each leaves something: a context of its own for every step would be a copy of all that was left before.
-- So a flow that runs (a frame of the machine) keeps one table of what its widgets have left and a log of what was written to it, and
-- a step keeps how long the log was. The other parts of a context (`flow`, `contact`, `trigger`) are replaced, never written to.
-- @module studio.flow.run.contexts

local tree = require "studio.flow.run.tree"

local contexts = {}

--- Gives a frame its context.
-- @tparam table frame
-- @tparam table context `{ flow, contact, trigger }`
function contexts.open(frame, context)
  context.widgets = {}
  frame.context, frame.log, frame.logged = context, {}, 0
end

--- Keeps what a widget has left: it is merged into what the widget left before, key by key.
-- @tparam table frame
-- @tparam string name of the widget
-- @tparam[opt] table left by the widget
function contexts.leave(frame, name, left)
  local widgets, log, logged = frame.context.widgets, frame.log, frame.logged
  local old = widgets[name]
  if old and not (left and next(left) ~= nil) then return end
  local value = old and tree.with(old, left) or left or {}
  widgets[name], log[logged + 1], log[logged + 2] = value, name, value
  frame.logged = logged + 2
end

--- What to make the present context of again, later.
-- @tparam table frame
-- @treturn table
function contexts.moment(frame)
  return { context = frame.context, log = frame.log, logged = frame.logged }
end

--- The context of a moment: a tree of its own, whose parts are shared with the others.
-- @tparam table moment
-- @treturn table
function contexts.at(moment)
  local widgets, log = {}, moment.log
  for position = 1, moment.logged, 2 do widgets[log[position]] = log[position + 1] end
  return tree.set(moment.context, "widgets", widgets)
end

return contexts
