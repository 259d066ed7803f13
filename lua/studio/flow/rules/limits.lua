--- Rules about how large a flow may be, with its sub-flows.
local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local model_of = require "studio.flow.model"

local rules = {}

-- Of the schema, and of the documentation, which is newer.
local MANY_STATES, MOST_STATES = 1000, 2000
local MOST_SUBFLOWS, MOST_LINKED = 150, 50

local function subflows(model)
  return model.of_type["run-subflow"] or {}
end

-- The definitions of the sub-flows that are at hand, each once, in the order they are named in: array of `{ state, states }`.
local function linked(model)
  if model.linked then return model.linked end
  model.linked = {}
  local seen = {}
  for _, state in ipairs(subflows(model)) do
    local sid = state.properties.flow_sid
    local definition = type(sid) == "string" and not seen[sid] and model.flows[sid]
    if definition then
      seen[sid] = true
      if type(definition) == "string" then definition = codec.decode(definition) end
      local states = model_of.is_object(definition) and definition.states
      model.linked[#model.linked + 1] = { state = state, states = model_of.is_array(states) and states or {} }
    end
  end
  return model.linked
end

rules[#rules + 1] = {
  name = "many-states", level = "note",
  sentence = "The published schema knows flows of at most 1,000 widgets.",
  flow = function(model, report)
    local count = #model.states
    if count > MANY_STATES and count <= MOST_STATES then
      report(nil, "/states", ("%d widgets: the published schema allows %d, the documentation %d"):format(count, MANY_STATES, MOST_STATES))
    end
  end,
}

rules[#rules + 1] = {
  name = "too-many-states", level = "error",
  sentence = "A flow has at most 2,000 widgets, those of its sub-flows included.",
  flow = function(model, report)
    local count = #model.states
    if count > MOST_STATES then
      return report(nil, "/states", ("%d widgets: at most %d are allowed"):format(count, MOST_STATES))
    end
    for _, flow in ipairs(linked(model)) do count = count + #flow.states end
    if count > MOST_STATES then
      report(nil, "/states", ("%d widgets with those of its sub-flows: at most %d are allowed"):format(count, MOST_STATES))
    end
  end,
}

rules[#rules + 1] = {
  name = "too-many-subflows", level = "error",
  sentence = "A flow has at most 150 widgets of type run-subflow, and they name at most 50 flows.",
  flow = function(model, report)
    local list, seen, different = subflows(model), {}, 0
    if #list > MOST_SUBFLOWS then
      report(nil, "/states", ("%d widgets of type run-subflow: at most %d are allowed"):format(#list, MOST_SUBFLOWS))
    end
    for _, state in ipairs(list) do
      local sid = state.properties.flow_sid
      if type(sid) == "string" and not seen[sid] then
        seen[sid], different = true, different + 1
      end
    end
    if different > MOST_LINKED then
      report(nil, "/states", ("%d different sub-flows: at most %d are allowed"):format(different, MOST_LINKED))
    end
  end,
}

rules[#rules + 1] = {
  name = "mixed-revisions", level = "error",
  sentence = "All widgets that run one sub-flow name the same revision of it.",
  flow = function(model, report)
    local first = {}
    for _, state in ipairs(subflows(model)) do
      local sid, revision = state.properties.flow_sid, state.properties.flow_revision
      if type(sid) == "string" and sid ~= "" and type(revision) == "string" then
        local other = first[sid]
        if not other then
          first[sid] = state
        elseif other.properties.flow_revision ~= revision then
          report(state, "/properties/flow_revision", ("'%s' runs revision '%s' of this sub-flow, this widget '%s'"):format(
            other.name or "", other.properties.flow_revision, revision))
        end
      end
    end
  end,
}

rules[#rules + 1] = {
  name = "nested-subflow", level = "error",
  sentence = "A sub-flow runs no sub-flow of its own.",
  flow = function(model, report)
    for _, flow in ipairs(linked(model)) do
      for _, inner in ipairs(flow.states) do
        if type(inner) == "table" and inner.type == "run-subflow" then
          report(flow.state, "/properties/flow_sid", ("its flow runs a sub-flow in '%s', and sub-flows may not be nested"):format(
            ascii.text(inner.name)))
          break
        end
      end
    end
  end,
}

return rules
