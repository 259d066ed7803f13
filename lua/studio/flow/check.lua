--- Checks the definition of a flow.
local arguments = require "studio.flow.arguments"
local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local model_of = require "studio.flow.model"
local paths = require "studio.flow.paths"
local rules = require "studio.flow.rules"
local templates = require "studio.flow.templates"
local values = require "studio.flow.values"

-- Texts deeper within a property than this are not looked at; no property of the service goes deeper than five.
local DEEPEST = 32

local finding_mt = { __name = "studio.finding" }

--- One line: level, widget, message, rule and place.
function finding_mt.__tostring(finding)
  local where = finding.path == "" and "" or ", " .. finding.path
  local widget = finding.widget and finding.widget .. ": " or ""
  return (("%s: %s%s (%s%s)"):format(finding.level, widget, finding.message, finding.rule, where):gsub("[%z\1-\31\127]+", " "))
end

-- States without any of it share one empty list.
local NONE = {}

local function keep(state, list, element)
  if state[list] == NONE then state[list] = { element } else state[list][#state[list] + 1] = element end
end

-- Keeps what Liquid in a text reads and what is wrong with it. The text stands under a key of what is at a place.
local function read_text(state, scan, text, place, key)
  local result = scan(text)
  if not result.references and not result.problems then return end
  place = place .. "/" .. model_of.escape(key)
  for _, path in ipairs(result.references or NONE) do
    local root, name = path[1], path[2]
    -- Without a name the whole of it is read, as JSON or by a loop.
    if root == "widgets" and name then
      keep(state, "widgets_read", { name = name, place = place })
    elseif root == "trigger" and name then
      keep(state, "triggers_read", { name = name, place = place })
    elseif root == "flow" and name == "variables" and path[3] then
      keep(state, "variables_read", path[3])
    end
  end
  for _, problem in ipairs(result.problems or NONE) do
    keep(state, "problems", { rule = problem.rule, message = problem.message, place = place })
  end
end

local function read_texts(state, scan, container, place, depth)
  local is_array = container[1] ~= nil
  for key, value in pairs(container) do
    local kind = type(value)
    -- The name of a condition is for people, and not rendered.
    local is_caption = key == "friendly_name" and place:find("^/transitions/") ~= nil
    if kind == "string" and not is_caption and value:find("{", 1, true) then
      read_text(state, scan, value, place, is_array and type(key) == "number" and key - 1 or key)
    elseif kind == "table" and depth < DEEPEST and key ~= "offset" then
      local name = is_array and type(key) == "number" and key - 1 or key
      read_texts(state, scan, value, place .. "/" .. model_of.escape(name), depth + 1)
    end
  end
end

local function sort_by_place(list)
  if not list[2] then return end
  local is_before = ascii.order()
  table.sort(list, function(a, b)
    if a.place ~= b.place then return is_before(a.place, b.place) end
    return is_before(a.name or a.message, b.name or b.message)
  end)
end

local function read_liquid(state, scan)
  state.widgets_read, state.triggers_read, state.variables_read, state.problems = NONE, NONE, NONE, NONE
  read_texts(state, scan, state.properties, "/properties", 1)
  local transitions = state.transitions
  for position = 1, #transitions do
    local conditions = transitions[position].raw.conditions
    if type(conditions) == "table" then
      read_texts(state, scan, conditions, ("/transitions/%d/conditions"):format(transitions[position].index), 1)
    end
  end
  -- Properties come in any order.
  sort_by_place(state.widgets_read)
  sort_by_place(state.triggers_read)
  sort_by_place(state.problems)
end

-- A transition to a name that there is not leads, for all other rules, to the widget that is meant where that can be seen: what comes of
-- one slip is not told of at every widget behind it.
local function follow_slips(model)
  model.astray = {}
  for id, state in ipairs(model.states) do
    local transitions = state.transitions
    for position = 1, #transitions do
      local transition = transitions[position]
      if transition.next and not transition.target then
        local near = model_of.near(model, transition.next, model.names)
        model.astray[#model.astray + 1] = { state = state, transition = transition, near = near }
        if near and near ~= state.name then
          local target, following = model.by_name[near], model.following[id]
          transition.target, following[#following + 1] = target, target.id
        end
      end
    end
  end
end

-- What the rules ask for more than once.
local function prepare(model, flows)
  model.flows = flows or {}
  model.triggers = model.of_type.trigger or {}
  follow_slips(model)
  local initial = model.initial
  if not initial then return end
  model.reached = paths.reach(model.following, { initial.id })
  if initial.type == "trigger" then
    model.starts = {}
    for _, transition in ipairs(initial.transitions) do
      if transition.event then model.starts[transition.event] = model.starts[transition.event] or transition end
    end
  end
end

-- Gives a function that makes findings, and the function that puts them in order.
local function collector()
  local found = {}

  local function add(rule, state, place, message)
    -- Of properties or transitions that are none, nothing else is told.
    local part = state and place:match "^/[^/]*"
    local is_shape = rule.name == "invalid-shape"
    if part and state.broken and state.broken[part] and not is_shape then return end
    if is_shape and (place == "/properties" or place == "/transitions") then
      state.broken = state.broken or {}
      state.broken[place] = true
    end
    local at = state and state.index or -1
    found[#found + 1] = {
      at = at, rule = rule.order, number = #found,
      finding = setmetatable({
        level = rule.level, rule = rule.name, widget = state and state.name, path = (state and "/states/" .. state.index or "") .. place,
        message = message,
      }, finding_mt),
    }
  end

  local function ordered()
    table.sort(found, function(a, b)
      if a.at ~= b.at then return a.at < b.at end
      if a.rule ~= b.rule then return a.rule < b.rule end
      return a.number < b.number
    end)
    local findings = {}
    local last
    for _, each in ipairs(found) do
      local finding = each.finding
      -- One text may read the same twice.
      local same = last and last.rule == finding.rule and last.path == finding.path and last.message == finding.message
      if not same then findings[#findings + 1] = finding end
      last = finding
    end
    return findings
  end

  return add, ordered
end

local function reporter(rule, add)
  return function(state, place, message) add(rule, state, place, message) end
end

-- Gives a function that gives the rules a state is asked about: each its function and its report.
local function looks_of(add)
  local reports, chosen = {}, {}
  for _, rule in ipairs(rules.list) do reports[rule] = reporter(rule, add) end
  return function(state)
    local key = (state.type or "") .. (state.values[1] and "\1" or "\0") .. (state.faults[1] and "\1" or "\0")
      .. (state.problems[1] and "\1" or "\0") .. (state.widgets_read[1] and "\1" or "\0") .. (state.triggers_read[1] and "\1" or "\0")
    local looks = chosen[key]
    if not looks then
      looks = {}
      for _, rule in ipairs(rules.list) do
        if rule.state and (not rule.type or rule.type == state.type) and (not rule.needs or state[rule.needs][1]) then
          looks[#looks + 1] = { rule.state, reports[rule] }
        end
      end
      chosen[key] = looks
    end
    return looks
  end
end

local shape_rule, json_rule
for _, rule in ipairs(rules.list) do
  if rule.name == "invalid-shape" then shape_rule = rule end
  if rule.name == "invalid-json" then json_rule = rule end
end

-- Of a sub-flow whose definition is at hand and cannot be read, the rules about sub-flows know nothing.
local function read_flows(model, add)
  for _, state in ipairs(model.of_type["run-subflow"] or {}) do
    local sid = state.properties.flow_sid
    local text = type(sid) == "string" and model.flows[sid]
    if type(text) == "string" then
      local decoded, message = codec.decode(text)
      if decoded == nil then add(json_rule, state, "/properties/flow_sid", "the definition given for its flow is not JSON: " .. message) end
    end
  end
end

local function check(definition, options)
  -- A null in the place of a definition is JSON's own, and a finding.
  if not rawequal(definition, codec.null) then definition = arguments.definition(definition, "the definition", 2) end
  local flows = arguments.options(options, { flows = "table" }, 2).flows
  local add, ordered = collector()
  if type(definition) == "string" then
    local decoded, message = codec.decode(definition)
    if decoded == nil then
      add(json_rule, nil, "", "the definition is not JSON: " .. message)
      return ordered()
    end
    definition = decoded
  end
  local model = model_of.read(definition, function(state, place, message) add(shape_rule, state, place, message) end)
  prepare(model, flows)
  if flows then read_flows(model, add) end
  local scan = templates.scanner()
  for _, state in ipairs(model.states) do
    values.look_at(state)
    read_liquid(state, scan)
  end
  for _, rule in ipairs(rules.list) do
    if rule.flow then rule.flow(model, reporter(rule, add)) end
  end
  -- State by state, so that what a state is made of is at hand for all rules.
  local looks = looks_of(add)
  for _, state in ipairs(model.states) do
    local list = looks(state)
    for position = 1, #list do
      local look = list[position]
      look[1](model, state, look[2])
    end
  end
  return ordered()
end

return check
