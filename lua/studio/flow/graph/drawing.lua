--- What a picture of a flow shows, whatever writes it: nodes and edges, the path of an Execution, the changes of a comparison.
local ascii = require "studio.base.ascii"
local model_of = require "studio.flow.model"

-- How the operators of conditions are written on an edge.
local SIGNS = {
  equal_to = "=", not_equal_to = "≠", less_than = "<", greater_than = ">", regex = "~", matches_any_of = "in",
  does_not_match_any_of = "not in", is_blank = "is blank", is_not_blank = "is not blank",
}

local LONGEST = 40

local function shortened(text)
  text = text:gsub("%s+", " ")
  if #text <= LONGEST then return text end
  -- Not within a character of several bytes.
  return (text:sub(1, LONGEST - 3):gsub("[\192-\255][\128-\191]*$", "")) .. "..."
end

local function condition_text(condition)
  if type(condition) ~= "table" or type(condition.type) ~= "string" then return "?" end
  local sign = SIGNS[condition.type] or condition.type:gsub("_", " ")
  if condition.type == "is_blank" or condition.type == "is_not_blank" then return sign end
  return ("%s %s"):format(sign, type(condition.value) == "string" and shortened(condition.value) or "?")
end

-- What is written on the edge of a transition: its event, or what a match compares with.
local function label_of(transition)
  if transition.event ~= "match" then return transition.event or "?" end
  local texts = {}
  local conditions = transition.raw.conditions
  if model_of.is_array(conditions) then
    for position, condition in ipairs(conditions) do texts[position] = condition_text(condition) end
  end
  return texts[1] and table.concat(texts, " and ") or "match"
end

local function new_drawing()
  return { nodes = {}, edges = {}, by_name = {} }
end

local function add_node(drawing, node)
  node.id = #drawing.nodes
  drawing.nodes[#drawing.nodes + 1] = node
  if node.name and not drawing.by_name[node.name] then drawing.by_name[node.name] = node end
  return node
end

-- The node of a name that no widget has.
local function node_called(drawing, name, group)
  local type_name = group == "missing" and "missing" or nil
  return drawing.by_name[name] or add_node(drawing, { name = name, label = name, group = group, type = type_name })
end

local function add_edge(drawing, from, to, event, label)
  local edge = { from = from, to = to, event = event, label = label, count = 0 }
  drawing.edges[#drawing.edges + 1] = edge
  return edge
end

-- Where a widget is on the canvas, if that is told.
local function place_of(properties)
  local offset = type(properties) == "table" and type(properties.offset) == "table" and properties.offset or {}
  if type(offset.x) == "number" and type(offset.y) == "number" then return offset.x, offset.y end
end

local function add_states(drawing, model)
  local nodes = {}
  for _, state in ipairs(model.states) do
    local x, y = place_of(state.properties)
    nodes[state] = add_node(drawing, {
      name = state.name, label = state.name or "(no name)", type = state.type or "no type",
      group = state.widget and state.widget.group or "unknown",
      x = x, y = y, open = {},
    })
  end
  for _, state in ipairs(model.states) do
    for _, transition in ipairs(state.transitions) do
      if transition.next then
        local target = transition.target and nodes[transition.target] or node_called(drawing, transition.next, "missing")
        add_edge(drawing, nodes[state], target, transition.event or "?", label_of(transition))
      else
        local open = nodes[state].open
        open[#open + 1] = { event = transition.event or "?", label = label_of(transition) }
      end
    end
  end
end

-- A field of a step, which may be a resource.
local function text_of(step, field)
  local value = type(step) == "table" and step[field]
  return type(value) == "string" and value ~= "" and value or nil
end

-- Counts the edges that an Execution took. Several matches of a split may lead to one widget: the first stands for all.
local function add_steps(drawing, steps)
  local by_way = {}
  for _, edge in ipairs(drawing.edges) do
    local way = ("%s\0%s\0%s"):format(edge.from.name or "", edge.event, edge.to.name or "")
    by_way[way] = by_way[way] or edge
  end
  for _, step in ipairs(steps) do
    local from, to, event = text_of(step, "transitioned_from"), text_of(step, "transitioned_to"), text_of(step, "name") or "?"
    if from and to then
      local source = node_called(drawing, from, "missing")
      local target = node_called(drawing, to, to == "Ended" and "end" or "missing")
      local way = ("%s\0%s\0%s"):format(from, event, to)
      local edge = by_way[way]
      if not edge then
        edge = add_edge(drawing, source, target, event, event)
        -- Nothing of the definition: it ended there, or another revision ran.
        edge.extra = true
        by_way[way] = edge
      end
      edge.count = edge.count + 1
      source.visited, target.visited = true, true
    end
  end
end

local function unescape(part)
  return (part:gsub("~1", "/"):gsub("~0", "~"))
end

-- The event of a transition that changed, and where it led and leads: of a path such as `/states/ask/transitions/timeout/next`, or of a
-- `match` as a whole, `/states/which/transitions/match/0`.
local function transition_of(change)
  local event, inner = change.path:match "^/states/[^/]*/transitions/([^/]*)(.*)$"
  if not event then return nil end
  local from, to = change.from, change.to
  if event == "match" and inner:find "^/%d+$" then
    from, to = type(from) == "table" and from.next, type(to) == "table" and to.next
  elseif not inner:find "/next$" then
    return nil
  end
  return unescape(event), type(from) == "string" and from, type(to) == "string" and to
end

local function mark_edge(drawing, node, change)
  local event, _, to = transition_of(change)
  if not event or not to then return end
  for _, edge in ipairs(drawing.edges) do
    if edge.from == node and edge.event == event and edge.to.name == to and not edge.change then
      edge.change = change.from == nil and "added" or "changed"
      return
    end
  end
end

local function add_removed_edge(drawing, node, change)
  local event, from = transition_of(change)
  if not event or not from then return end
  local edge = add_edge(drawing, node, node_called(drawing, from, "missing"), event, event)
  edge.change, edge.extra = "removed", true
end

-- Is a change of a widget as a whole, not of something of it?
local function is_of_widget(change)
  return change.widget and type(change.path) == "string" and change.path:find "^/states/[^/]*$" ~= nil
end

local function add_changes(drawing, changes)
  -- Widgets that are gone come first, since edges that are gone may lead to them.
  for _, change in ipairs(changes) do
    if type(change) == "table" and change.op == "remove" and is_of_widget(change) and type(change.from) == "table" then
      local node = node_called(drawing, change.widget, "missing")
      node.group, node.type, node.change = "removed", change.type, "removed"
      node.x, node.y = place_of(change.from.properties)
    end
  end
  -- Edges that are gone lead to widgets under the names they had.
  for _, change in ipairs(changes) do
    local former = type(change) == "table" and change.op == "rename" and change.from
    if type(former) == "string" then drawing.by_name[former] = drawing.by_name[former] or drawing.by_name[change.widget or ""] end
  end
  for _, change in ipairs(changes) do
    local node = type(change) == "table" and change.widget and drawing.by_name[change.widget]
    if node and node.change ~= "removed" and type(change.path) == "string" then
      if change.op == "add" and is_of_widget(change) then
        node.change = "added"
        for _, edge in ipairs(drawing.edges) do
          if edge.from == node then edge.change = "added" end
        end
      elseif change.op == "rename" then
        node.change, node.label = node.change or "changed", ("%s (was %s)"):format(node.label, ascii.text(change.from))
      else
        node.change = node.change or "changed"
        mark_edge(drawing, node, change)
        add_removed_edge(drawing, node, change)
      end
    end
  end
end

--- Collects what a picture shows.
-- @tparam table definition
-- @tparam[opt] {table,...} steps of an Execution, in any order
-- @tparam[opt] {table,...} changes that `studio.flow.diff` gave
-- @treturn table `nodes`: `{ id, name, label, type, group, x, y, open, visited, change }`, the states first and in their order, `open`
-- being `{ event, label }` of the transitions that lead nowhere; and `edges`:
-- `{ from, to, event, label, count, change, extra }`
local function of(definition, steps, changes)
  local drawing = new_drawing()
  add_states(drawing, model_of.read(definition))
  if steps then add_steps(drawing, steps) end
  if changes then add_changes(drawing, changes) end
  drawing.has_steps = steps ~= nil
  return drawing
end

return { of = of }
