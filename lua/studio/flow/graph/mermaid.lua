--- Writes a drawing as a Mermaid flowchart. Names are in the labels only: some of them are words of Mermaid's own.

-- What stands before and after the label of a node.
local SHAPES = {
  trigger = { "([", "])" }, split = { "{", "}" }, data = { "[/", "/]" }, voice = { "{{", "}}" }, message = { "(", ")" },
  code = { "[[", "]]" },
  subflow = { "[[", "]]" }, ["end"] = { "((", "))" },
}
local BOX = { "[", "]" }

-- Edges that renderers take unless `maxEdges` says another number.
local MOST_EDGES = 500

local ESCAPES = { ['"'] = "#quot;", ["#"] = "#35;", ["<"] = "#lt;", [">"] = "#gt;", ["`"] = "#96;", ["\\"] = "#92;" }

local function escaped(text)
  return (text:gsub("[%z\1-\31\127]", " "):gsub('["#<>`\\]', ESCAPES))
end

local function class_of(node)
  if node.change then return node.change end
  if node.visited then return "visited" end
  return node.group == "missing" and "missing" or nil
end

local function node_line(node)
  local shape = SHAPES[node.group] or BOX
  local text = escaped(node.label) .. (node.type and "<br/>" .. escaped(node.type) or "")
  local class = class_of(node)
  return ('  s%d%s"%s"%s%s'):format(node.id, shape[1], text, shape[2], class and ":::" .. class or "")
end

local function edge_line(edge)
  local text = edge.count > 1 and ("%s (%d times)"):format(edge.label, edge.count) or edge.label
  local arrow = edge.extra and "-.->" or edge.count > 0 and "==>" or "-->"
  return ('  s%d %s|"%s"| s%d'):format(edge.from.id, arrow, escaped(text), edge.to.id)
end

local COLOURS = { added = "#1a7f37", changed = "#9a6700", removed = "#cf222e", path = "#0969da" }

local CLASSES = {
  { "added", "fill:#dafbe1,stroke:#1a7f37,color:#1f2328" },
  { "changed", "fill:#fff8c5,stroke:#9a6700,color:#1f2328" },
  { "removed", "fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:4" },
  { "visited", "fill:#ddf4ff,stroke:#0969da,color:#1f2328" },
  { "missing", "stroke:#cf222e,stroke-dasharray:4" },
}

local function add_styles(lines, drawing)
  local used = {}
  for _, node in ipairs(drawing.nodes) do used[class_of(node) or ""] = true end
  for _, class in ipairs(CLASSES) do
    if used[class[1]] then lines[#lines + 1] = ("  classDef %s %s"):format(class[1], class[2]) end
  end
  for number, edge in ipairs(drawing.edges) do
    local colour = edge.change and COLOURS[edge.change] or edge.count > 0 and COLOURS.path
    if colour then lines[#lines + 1] = ("  linkStyle %d stroke:%s,color:%s"):format(number - 1, colour, colour) end
  end
end

local function write(drawing)
  local lines = {}
  if #drawing.edges > MOST_EDGES then
    lines[1] = ("%%%% %d edges: renderers take them when maxEdges and maxTextSize are raised"):format(#drawing.edges)
  end
  lines[#lines + 1] = "flowchart TD"
  for _, node in ipairs(drawing.nodes) do lines[#lines + 1] = node_line(node) end
  for _, edge in ipairs(drawing.edges) do lines[#lines + 1] = edge_line(edge) end
  add_styles(lines, drawing)
  return table.concat(lines, "\n") .. "\n"
end

return write
