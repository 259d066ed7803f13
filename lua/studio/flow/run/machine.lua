--- The machine that runs a flow: enters widgets, takes their events, notes steps, and stops where somebody has to act.
--
-- A handler, of a type or of a `happens`, is a function(machine, state, outcome) that gives the event and what it leaves; or nothing when
-- the widget waits, after it has called `machine:await`. Sub-flows are frames on a stack.
-- @module studio.flow.run.machine

local ascii = require "studio.base.ascii"
local clock = require "studio.flow.run.clock"
local contexts = require "studio.flow.run.contexts"
local handlers = require "studio.flow.run.handlers"
local liquid = require "studio.flow.liquid"
local plan = require "studio.flow.run.plan"
local raw = require "studio.flow.raw"
local tree = require "studio.flow.run.tree"

local machine_methods = {}
local machine_mt = { __name = "studio.flow.machine", __index = machine_methods }

local most_steps, most_in_a_row = 1000, 10
local longest_life = 30 * 86400

--- Makes a machine that stands before the first state.
-- @tparam table parts `run`, `plan`, `codec`, `next_sid`, `account_sid`, `now`, `trigger`; `http`, `outcome`, `find_flow` and `listener`,
--   functions
local function new(parts)
  parts.frame = { plan = parts.plan, repeated = 0, variables = {} }
  parts.first, parts.moments = parts.frame, {}
  parts.liquid = { codec = parts.codec }
  parts.born, parts.taken, parts.visits, parts.history = parts.now, 0, {}, {}
  local moments = parts.moments
  parts.step_mt = raw.own {
    __name = "studio.flow.step",
    __index = function(step, name)
      if name ~= "context" then return nil end
      local context = contexts.at(moments[step])
      step.context, moments[step] = context, nil
      return context
    end,
  }
  return setmetatable(parts, machine_mt)
end

--- Notes something that the service would warn of.
-- @tparam ?number code of the service, where it has one
-- @tparam string message
function machine_methods:problem(code, message)
  local problems = self.run.problems
  local state = self.frame.state
  problems[#problems + 1] = { code = code, widget = state and state.name, message = message }
end

--- Tells whoever listens, and the transcript, what happens.
-- @tparam table entry `{ kind, … }`
function machine_methods:note(entry)
  local history = self.history
  history[#history + 1] = entry
  if self.listener then self.listener(entry) end
end

--- What somebody outside gets.
-- @tparam string kind `"message"`, `"say"`, `"play"`, `"task"`, …
-- @tparam table fields `text`, `to`, `from`, …
function machine_methods:output(kind, fields)
  fields.widget, fields.kind = self.frame.state.name, kind
  local output = self.run.output
  output[#output + 1] = fields
  self:note { kind = "output", output = fields }
end

--- A value as text: Liquid rendered, numbers and booleans written.
function machine_methods:render(value)
  if type(value) == "string" then
    if not value:find("{[{%%]") then return value end
    local options = self.liquid
    options.now = self.now
    local text, problem = liquid.render(value, self.frame.context, options)
    if text then return text end
    self:problem(problem.code, tostring(problem))
    return ""
  elseif type(value) == "number" then
    return self.codec.encode(value) or ""
  elseif type(value) == "boolean" then
    return tostring(value)
  end
  return ""
end

--- A property of the widget as text; empty where it has none.
function machine_methods:text(name)
  return self:render(self.frame.state.properties[name])
end

--- A property as a number, or what its declaration says counts when it is missing.
function machine_methods:number(name)
  local text = self:text(name)
  local declared = self.frame.state.widget.property[name]
  return text:find("^%s*%d+%.?%d*%s*$") and ascii.read(text) or declared and tonumber(declared.default)
end

--- A property that is a list of `{ key, value }`, rendered.
-- @treturn table a list of `{ key, value, row }`
function machine_methods:pairs(name)
  local found = {}
  local list = self.frame.state.properties[name]
  for _, row in ipairs(type(list) == "table" and list or {}) do
    if type(row) == "table" and type(row.key) == "string" then
      found[#found + 1] = { key = row.key, value = self:render(row.value), row = row }
    end
  end
  return found
end

--- Replaces a part of the context of the flow that runs: `flow` or `trigger`.
function machine_methods:set_context(name, value)
  self.frame.context = tree.set(self.frame.context, name, value)
end

--- The context of the run, as it is now, for those outside.
function machine_methods:context()
  local frame, shown = self.first, self.shown
  if not shown or shown.context ~= frame.context or shown.logged ~= frame.logged then
    shown = contexts.moment(frame)
    shown.made = contexts.at(shown)
    self.shown = shown
  end
  return shown.made
end

--- Keeps what a widget leaves before its event has come.
function machine_methods:leave(left)
  contexts.leave(self.frame, self.frame.state.name, left)
end

--- Lets the widget wait.
-- @tparam table wait `timeout` in seconds and `event`, what happens then; `needs`, what the program has to give; `reply`, `input`,
--   `outcome`: functions for what may come
function machine_methods:await(wait)
  local state = self.frame.state
  if wait.timeout then wait.deadline = self.now + wait.timeout end
  self.wait = wait
  self.run.status = "waiting"
  self.run.waiting = { widget = state.name, type = state.type, timeout = wait.timeout, needs = wait.needs }
end

--- Ends the run.
function machine_methods:finish()
  self.wait, self.run.waiting = nil, nil
  self.run.status = "ended"
  self:note { kind = "end" }
end

--- Stops for good at a widget that gives no event.
function machine_methods:stick()
  self.wait, self.run.waiting = nil, nil
  self.run.status = "stuck"
  self:note { kind = "end" }
end

-- An event that no transition has is ignored: a widget that waits goes on waiting, any other is never left.
local function ignore(self, event)
  local name = self.frame.state.name
  if event == "noMatch" then
    self:problem(81005, ("nothing matches at '%s', and it has no transition for noMatch"):format(name))
  else
    self:problem(81002, ("'%s' has no transition for the event '%s': it is ignored"):format(name, event))
  end
  if not self.wait then self:stick() end
end

local function record(self, state, event, target)
  local frame, steps = self.frame, self.run.steps
  self.taken = self.taken + 1
  local step = setmetatable({
    sid = frame.reserved or self.next_sid "FT", parent_step_sid = frame.step_sid, name = event, transitioned_from = state.name,
    transitioned_to = target or "Ended", type = state.type, date_created = clock.iso(self.now),
  }, self.step_mt)
  steps[self.taken], self.moments[step] = step, contexts.moment(frame)
  frame.reserved = nil
end

-- The end of a sub-flow is the event of the widget that runs it.
local function end_frame(self)
  local frame = self.frame
  if not frame.parent then return self:finish() end
  self.frame = frame.parent
  self:complete("completed", frame.variables)
end

local function go_to(self, target)
  local frame = self.frame
  local from = frame.state
  local state = plan.state(frame.plan, target)
  if not state then
    self:problem(81022, ("the transition leads to '%s', which is no state"):format(target))
    return self:finish()
  end
  frame.repeated = state == from and frame.repeated + 1 or 1
  if frame.repeated > most_in_a_row then
    self:problem(81001, ("'%s' has run %d times in a row: the Execution is ended"):format(target, most_in_a_row))
    return self:finish()
  end
  frame.state = state
end

--- Takes an event of the widget that the machine is at: notes the step and goes on to the next widget.
-- @tparam string event
-- @tparam[opt] table left what it leaves in the context
-- @tparam[opt] table transition the one to take, where a condition has chosen it
function machine_methods:complete(event, left, transition)
  local frame = self.frame
  local state = frame.state
  transition = transition or state.by_event[event]
  if not transition then return ignore(self, event) end
  self.wait, self.run.waiting = nil, nil
  self.run.status = "running"
  self:leave(left)
  record(self, state, event, transition.target)
  if self.taken >= most_steps then
    self:problem(81000, ("the Execution has taken %d steps and is ended"):format(most_steps))
    return self:finish()
  end
  if transition.target then return go_to(self, transition.target) end
  return end_frame(self)
end

-- What was ordered for the widget: its event, and what it leaves.
local function order(self, state)
  local name = state.name
  self.visits[name] = (self.visits[name] or 0) + 1
  local outcome = self.outcome and self.outcome(state, self.frame, self.visits[name])
  if outcome then
    self:note { kind = "event", name = outcome.event, data = outcome.data, ordered = true }
    if outcome.event == "timeout" then
      self.now = math.min(self.now + (self:number "timeout" or 0), self.born + longest_life)
    end
  end
  return outcome
end

local function check_channel(self, state)
  local under = state.widget.under
  if under == "call" and not self.call then
    self:problem(81020, ("'%s' is a widget for calls, and there is none"):format(state.name))
  elseif under == "request" and self.trigger ~= "incomingRequest" then
    self:problem(81020, ("'%s' can only be used in flows triggered by the REST API"):format(state.name))
  end
end

--- Runs until a widget waits, or the flow ends.
function machine_methods:go()
  while self.run.status == "running" do
    local frame, taken = self.frame, self.taken
    local state = frame.state
    check_channel(self, state)
    local handler = handlers[state.type] or handlers[state.widget.happens]
    local event, left, transition = handler(self, state, order(self, state))
    if event then
      self:complete(event, left, transition)
    elseif not self.wait and self.frame == frame and self.taken == taken then
      self:problem(nil, ("'%s' gives no event when a transition leads to it"):format(state.name))
      self:stick()
    end
  end
end

--- Begins with the event of the trigger.
function machine_methods:start()
  local first = self.plan.initial and plan.state(self.plan, self.plan.initial)
  if not first then
    self:problem(81022, "the definition has no state to begin with")
    return self:finish()
  end
  self:open(first, self.trigger)
  return self:go()
end

--- Takes the first event of a flow. Where nothing follows, the flow ends at once.
function machine_methods:open(state, event)
  local frame = self.frame
  frame.state, frame.repeated = state, 1
  if state.widget.happens == "start" then
    self:complete(event, nil, state.by_event[event] or {})
  end
end

--- Begins a sub-flow; the machine goes on in it.
-- @tparam table child its plan
-- @tparam table context of its own
-- @tparam string step_sid the step of the widget that runs it
function machine_methods:push(child, context, step_sid)
  local parent = self.frame
  parent.reserved = step_sid
  self.frame = { plan = child, repeated = 0, variables = {}, parent = parent, step_sid = step_sid }
  contexts.open(self.frame, context)
end

--- The contact hangs up: an event for some widgets, the end for the rest.
function machine_methods:hang_up()
  local wait, state = self.wait, self.frame.state
  if state.by_event.hangup then
    wait.outcome("hangup")
  else
    self:problem(81002, ("the contact hangs up, and '%s' has no event for that"):format(state.name))
    self:finish()
  end
  self.call = nil
end

--- Replaces fields of the trigger's data.
function machine_methods:merge_trigger(kind, fields)
  local trigger = self.frame.context.trigger
  self:set_context("trigger", tree.set(trigger, kind, tree.with(trigger[kind] or {}, fields)))
end

--- When something happens by itself next: the widget that waits times out, or the Execution is too old.
-- @treturn number epoch seconds
function machine_methods:due()
  return math.min(self.wait and self.wait.deadline or math.huge, self.born + longest_life)
end

--- Lets time pass on the clock of the run; what times out meanwhile does so. An Execution lives 30 days at most.
-- @tparam number seconds
function machine_methods:pass(seconds)
  local ending = self.born + longest_life
  local target = math.min(self.now + seconds, ending)
  while self.wait and self.wait.deadline and self.wait.deadline <= target do
    local wait = self.wait
    self.now, wait.deadline = math.max(self.now, wait.deadline), nil
    self:complete(wait.event or "timeout", wait.left)
    self:go()
  end
  self.now = math.max(self.now, target)
  if self.run.status ~= "ended" and self.now >= ending then self:finish() end
end

return { new = new }
