--- Short ways to write definitions in specs.
local states = {}

local function transition(event, target, conditions)
  return { event = event, next = target or nil, conditions = conditions }
end

--- A state. `events`: event → name of the next state, or false for one that ends the branch.
function states.state(name, kind, properties, events)
  local state = { name = name, type = kind, properties = properties or {}, transitions = {} }
  local names = {}
  for event in pairs(events or {}) do names[#names + 1] = event end
  table.sort(names)
  for _, event in ipairs(names) do state.transitions[#state.transitions + 1] = transition(event, events[event]) end
  return state
end

--- A split: rows of { operator, value, next } for `match`, and where `noMatch` leads.
function states.split(name, input, rows, otherwise)
  local state = { name = name, type = "split-based-on", properties = { input = input }, transitions = {} }
  if otherwise ~= nil then state.transitions[1] = transition("noMatch", otherwise) end
  for _, row in ipairs(rows) do
    state.transitions[#state.transitions + 1] = transition("match", row[3], {
      { friendly_name = "a condition", arguments = { input }, type = row[1], value = row[2] },
    })
  end
  return state
end

--- A definition that begins with a trigger, whose events all lead to the first of the states.
function states.flow(list)
  local first = list[1] and list[1].name
  local all = { states.state("Trigger", "trigger", {}, {
    incomingMessage = first, incomingCall = first, incomingConversationMessage = first, incomingRequest = first, incomingParent = first,
  }) }
  for _, state in ipairs(list) do all[#all + 1] = state end
  return { description = "a flow", states = all, initial_state = "Trigger", flags = { allow_concurrent_calls = true } }
end

--- The steps of a run in words: "from event to".
function states.way(run)
  local words = {}
  for i, step in ipairs(run.steps) do
    words[i] = ("%s %s %s"):format(step.transitioned_from, step.name, step.transitioned_to)
  end
  return words
end

--- The texts of a run's output.
function states.texts(run)
  local texts = {}
  for i, output in ipairs(run.output) do texts[i] = output.text end
  return texts
end

--- The codes of a run's problems.
function states.codes(run)
  local codes = {}
  for i, problem in ipairs(run.problems) do codes[i] = problem.code or false end
  return codes
end

return states
