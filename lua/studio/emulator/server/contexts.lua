--- Contexts of runs as JSON.
-- @module studio.emulator.server.contexts

local codec = require "studio.flow.codec"
local tree = require "studio.flow.run.tree"

local contexts = {}
local mark, quoted

--- To be called once, with a text that nobody else knows.
function contexts.configure(salt)
  mark = "parameters:" .. ngx.md5(salt)
  quoted = '"' .. mark .. '"'
end

--- A context as JSON. The parameters of the start are written as they came, for no decoder here keeps every number.
-- @tparam table context
-- @tparam table decoded the parameters as the run has them
-- @tparam ?string raw the JSON they came in
function contexts.write(context, decoded, raw)
  if not raw then return assert(codec.encode(context)) end
  local marked, request = context, context.trigger.request
  if context.flow.data == decoded then
    marked = tree.set(marked, "flow", tree.set(context.flow, "data", mark))
  end
  if request and request.parameters == decoded then
    marked = tree.set(marked, "trigger", tree.set(context.trigger, "request", tree.set(request, "parameters", mark)))
  end
  return (assert(codec.encode(marked)):gsub(quoted, function() return raw end))
end

return contexts
