--- Writes a drawing as Graphviz's DOT. `dot` lays it out itself; `neato -n` puts the widgets where they are on the canvas.

local SHAPES = {
  trigger = "oval", split = "diamond", data = "parallelogram", voice = "hexagon", message = "box", code = "box3d", product = "tab",
  subflow = "component", missing = "box", removed = "box", unknown = "box", ["end"] = "doublecircle",
}

local COLOURS = { added = "#1a7f37", changed = "#9a6700", removed = "#cf222e" }
local FILLS = { added = "#dafbe1", changed = "#fff8c5", removed = "#ffebe9" }
local PATH, PATH_FILL = "#0969da", "#ddf4ff"

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("[%z\1-\31\127]", " ") .. '"'
end

-- Lines of a label: each is quoted on its own, since `\n` between them is DOT's.
local function label(first, second)
  local text = first:gsub('[\\"]', "\\%0"):gsub("[%z\1-\31\127]", " ")
  if second then text = text .. "\\n" .. second:gsub('[\\"]', "\\%0"):gsub("[%z\1-\31\127]", " ") end
  return '"' .. text .. '"'
end

local function write_attributes(list)
  return " [" .. table.concat(list, ", ") .. "]"
end

local function node_line(node)
  local style, colour, fill = {}, COLOURS[node.change or ""], FILLS[node.change or ""]
  if node.visited then
    colour, fill = colour or PATH, fill or PATH_FILL
  end
  if node.group == "message" then style[#style + 1] = "rounded" end
  if node.group == "missing" or node.group == "unknown" or node.change == "removed" then style[#style + 1] = "dashed" end
  if fill then style[#style + 1] = "filled" end
  local attributes = { "label=" .. label(node.label, node.type), "shape=" .. (SHAPES[node.group] or "box") }
  if style[1] then attributes[#attributes + 1] = "style=" .. quoted(table.concat(style, ",")) end
  if node.group == "missing" and not colour then colour = COLOURS.removed end
  if colour then attributes[#attributes + 1] = "color=" .. quoted(colour) end
  if fill then attributes[#attributes + 1] = "fillcolor=" .. quoted(fill) end
  -- Down is more on the canvas, and less for Graphviz. There is no negative zero.
  if node.x then attributes[#attributes + 1] = ('pos="%.0f,%.0f"'):format(math.floor(node.x + 0.5), math.floor(0.5 - node.y)) end
  return ("  n%d%s;"):format(node.id, write_attributes(attributes))
end

local function edge_line(edge)
  local text = edge.count > 1 and ("%s (%d times)"):format(edge.label, edge.count) or edge.label
  local colour = COLOURS[edge.change or ""]
  local attributes = { "label=" .. quoted(text) }
  if edge.count > 0 then
    colour = colour or PATH
    attributes[#attributes + 1] = "penwidth=2.5"
  end
  if edge.extra then attributes[#attributes + 1] = "style=dashed" end
  if colour then attributes[#attributes + 1] = ("color=%s, fontcolor=%s"):format(quoted(colour), quoted(colour)) end
  return ("  n%d -> n%d%s;"):format(edge.from.id, edge.to.id, write_attributes(attributes))
end

local function write(drawing)
  local lines = {
    "digraph flow {",
    '  rankdir=TB; charset="UTF-8";',
    '  node [fontname="Helvetica", fontsize=11, margin="0.15,0.08"];',
    '  edge [fontname="Helvetica", fontsize=9];',
  }
  for _, node in ipairs(drawing.nodes) do lines[#lines + 1] = node_line(node) end
  for _, edge in ipairs(drawing.edges) do lines[#lines + 1] = edge_line(edge) end
  lines[#lines + 1] = "}\n"
  return table.concat(lines, "\n")
end

return write
