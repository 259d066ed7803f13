--- Draws a definition: Graphviz's DOT or Mermaid.
local arguments = require "studio.flow.arguments"
local codec = require "studio.flow.codec"
local dot = require "studio.flow.graph.dot"
local drawing = require "studio.flow.graph.drawing"
local failure = require "studio.flow.run.failure"
local mermaid = require "studio.flow.graph.mermaid"

local writers = { dot = dot, mermaid = mermaid }

local function graph(definition, options)
  definition = arguments.definition(definition, "the definition", 2)
  options = arguments.options(options, { format = "string", steps = "table", changes = "table" }, 2)
  local write = writers[options.format or "dot"]
  if not write then
    return nil, failure.new("argument", ("format '%s' is neither 'dot' nor 'mermaid'"):format(options.format))
  end
  if type(definition) == "string" then
    local decoded, message = codec.decode(definition)
    if decoded == nil then return nil, failure.new("argument", "the definition is not JSON: " .. message) end
    definition = decoded
  end
  return write(drawing.of(definition, options.steps, options.changes))
end

return graph
