--- What the canvas of a page shows, as data: the widgets and their transitions, what the checker finds, what a comparison found.
-- @module studio.flow.page.picture

local check = require "studio.flow.check"
local codec = require "studio.flow.codec"
local drawing = require "studio.flow.graph.drawing"
local model_of = require "studio.flow.model"

local picture = {}

-- The line below the type of a widget: what it says or asks, where it has something of the kind.
local TELLING = { "body", "say", "play", "url", "input", "to", "flow_sid" }

local function preview_of(properties)
  for _, name in ipairs(TELLING) do
    local value = properties[name]
    if type(value) == "string" and value ~= "" then return value end
  end
end

local function properties_of(raw)
  local properties = {}
  for name, value in pairs(model_of.is_object(raw.properties) and raw.properties or {}) do
    if name ~= "offset" then properties[name] = value end
  end
  return properties
end

local function write_nodes(drawn, raws)
  local nodes = {}
  for position, node in ipairs(drawn.nodes) do
    local properties = raws[position] and properties_of(raws[position])
    nodes[position] = {
      id = node.id, name = node.name, label = node.label, type = node.type, group = node.group, x = node.x, y = node.y,
      change = node.change, open = codec.array(node.open or {}), properties = properties, preview = properties and preview_of(properties),
    }
  end
  return codec.array(nodes)
end

local function write_edges(drawn)
  local edges = {}
  for position, edge in ipairs(drawn.edges) do
    edges[position] = {
      from = edge.from.id, to = edge.to.id, event = edge.event, label = edge.label, change = edge.change, extra = edge.extra,
    }
  end
  return codec.array(edges)
end

local function write_findings(definition)
  local findings = {}
  for position, finding in ipairs(check(definition)) do
    findings[position] = {
      level = finding.level, rule = finding.rule, widget = finding.widget, path = finding.path, message = finding.message,
    }
  end
  return codec.array(findings)
end

local function write_changes(changes)
  local written = {}
  for _, change in ipairs(changes) do
    if type(change) == "table" then
      written[#written + 1] = {
        op = change.op, widget = change.widget, type = change.type, path = change.path, from = change.from, to = change.to,
        note = change.note,
      }
    end
  end
  return codec.array(written)
end

--- Collects it.
-- @tparam table definition
-- @tparam[opt] {table,...} changes that `studio.flow.diff` gave
-- @treturn table for JSON
function picture.of(definition, changes)
  local drawn, raws = drawing.of(definition, nil, changes), {}
  -- The states come first among the nodes, in their order.
  for position, state in ipairs(model_of.read(definition).states) do raws[position] = state.raw end
  return {
    description = type(definition.description) == "string" and definition.description or nil,
    initial = type(definition.initial_state) == "string" and definition.initial_state or nil,
    nodes = write_nodes(drawn, raws), edges = write_edges(drawn), findings = write_findings(definition),
    changes = changes and write_changes(changes) or nil,
  }
end

return picture
