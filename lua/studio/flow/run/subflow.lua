--- run-subflow: another definition runs as a part of this Execution.
-- @module studio.flow.run.subflow

local plan = require "studio.flow.run.plan"
local shown = require "studio.flow.shown"
local tree = require "studio.flow.run.tree"
local variables = require "studio.flow.run.variables"

local subflow = {}

local most_widgets = 2000

-- The parent's own trigger data stands beside what it hands over.
local function child_context(machine, flow_sid, parameters, step_sid)
  local parent = machine.frame.context
  local handed = {
    parameters = parameters, step_sid = step_sid, execution_sid = parent.flow.sid, flow_sid = parent.flow.flow_sid,
    trigger_type = machine.trigger,
  }
  return {
    flow = { sid = parent.flow.sid, flow_sid = flow_sid, channel = parent.flow.channel, data = {}, variables = {} },
    contact = parent.contact, trigger = tree.set(parent.trigger, "parent", handed),
  }
end

--- Runs the flow that the widget names, or gives `failed` where it cannot.
function subflow.run(machine, state, outcome)
  if outcome then return outcome.event, outcome.data end
  local sid, revision = state.properties.flow_sid, state.properties.flow_revision
  if machine.frame.parent then
    machine:problem(81024, ("'%s' runs a sub-flow in a sub-flow"):format(state.name))
    return "failed"
  end
  local definition = machine.find_flow(sid, revision)
  if definition == nil then
    machine:await {
      needs = ("the definition of the sub-flow: flows[%q], or outcomes[%q], or run:event(\"completed\" or \"failed\", data)")
        :format(shown(sid), state.name),
      outcome = function(event, data) machine:complete(event, data) end,
    }
    return nil
  elseif not definition then
    machine:problem(81024, ("there is no flow %s in the revision %s"):format(shown(sid), shown(revision)))
    return "failed"
  end
  local child = plan.read(definition)
  local first = child.initial and plan.state(child, child.initial)
  if not first then return "failed" end
  if machine.plan.count + child.count > most_widgets then
    machine:problem(81026, ("the flow and its sub-flow have %d widgets, of %d at most"):format(
      machine.plan.count + child.count, most_widgets))
    return "failed"
  end
  local parameters = {}
  for _, pair in ipairs(machine:pairs "parameters") do parameters[pair.key] = variables.value(machine, pair) end
  local step_sid = machine.next_sid "FT"
  machine:push(child, child_context(machine, sid, parameters, step_sid), step_sid)
  machine:open(first, "incomingParent")
end

return subflow
