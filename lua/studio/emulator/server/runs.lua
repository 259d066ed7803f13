--- Executions as runs of their flows.
--
-- What an execution keeps is how it began and what has come to it since, each with its time. Its run is made from that when it is
-- looked at, and given up with the next garbage collection: a hundred thousand executions are as many short lists.
-- @module studio.emulator.server.runs

local clock = require "studio.emulator.server.clock"
local contexts = require "studio.emulator.server.contexts"
local hosting = require "studio.flow.hosting"
local store = require "studio.emulator.server.store"
local timers = require "studio.waiting.timers"

local runs = {}

local codec = hosting.codec
local account_sid, answers, outcomes

-- SID of an execution → its run, as it is hosted.
local made = setmetatable({}, { __mode = "v" })

-- A timer for each active execution, for when something happens in it by itself next.
local schedule

--- Reads the options of the service.
function runs.configure(config)
  account_sid = config.account_sid
  answers = config.http and codec.decode(config.http)
  outcomes = config.outcomes and codec.decode(config.outcomes) or {}
  contexts.configure(config.salt)
end

--- Forgets all runs.
function runs.reset()
  made = setmetatable({}, { __mode = "v" })
  schedule = {}
end

local function definition_of(revision)
  revision.decoded = revision.decoded or codec.decode(revision.definition) or {}
  return revision.decoded
end

local function find_flow(sid, revision)
  local flow = store.flows.by_sid[sid]
  if not flow then return false end
  if revision == "LatestPublished" then return flow.published and definition_of(flow.published) or false end
  local list = flow.revisions
  local found = revision == "LatestDraft" and list.list[#list.list] or list.by_sid[tonumber(revision)]
  return found and definition_of(found) or false
end

-- An execution goes on with the sub-flows it began with, whatever is published meanwhile.
local function finder(execution)
  execution.subflows = execution.subflows or {}
  return function(sid, revision)
    local key = tostring(sid) .. " " .. tostring(revision)
    if execution.subflows[key] == nil then execution.subflows[key] = find_flow(sid, revision) end
    return execution.subflows[key]
  end
end

-- What the program says of a widget counts before what the seeded flows say of theirs.
local function outcomes_of(execution)
  local all = {}
  for name, outcome in pairs(execution.flow.outcomes or {}) do all[name] = outcome end
  for name, outcome in pairs(outcomes) do all[name] = outcome end
  return all
end

local function make(execution)
  local start = execution.start
  local hosted = hosting.begin(definition_of(execution.flow_revision), {
    trigger = start.trigger, from = start.from, to = start.to, body = start.body, parameters = start.parameters, data = start.data,
    now = execution.date_created, sid = execution.sid, flow_sid = execution.flow_sid, account_sid = account_sid, http = answers,
    outcomes = outcomes_of(execution), flows = finder(execution),
  })
  for _, input in ipairs(execution.inputs) do
    hosted:settle(input.time)
    hosted.run[input.name](hosted.run, input[1], input[2])
  end
  return hosted
end

local function set_due(execution, due)
  if execution.timer then timers.remove(execution.timer) end
  execution.due, execution.timer = due, due < math.huge and timers.add(schedule, due, execution) or nil
end

--- Nothing happens by itself any more in an execution, which was ended or is deleted: its contact may start another one.
function runs.leave(execution)
  set_due(execution, math.huge)
  store.leave_contact(execution)
end

-- Takes over what the run of an active execution has come to.
local function refresh(execution, hosted)
  if execution.status ~= "active" then return end
  local run = hosted.run
  if run.status == "ended" then
    execution.status, execution.stopped = "ended", hosted:now()
    runs.leave(execution)
  else
    set_due(execution, hosted:due())
  end
  if execution.steps_taken ~= #run.steps or run.status == "ended" then
    execution.steps_taken = #run.steps
    store.touch(execution)
  end
end

local function hosted_of(execution)
  local hosted = made[execution.sid]
  if not hosted then
    hosted = make(execution)
    made[execution.sid] = hosted
  end
  hosted:settle(execution.stopped or clock.time())
  refresh(execution, hosted)
  return hosted
end

--- The run of an execution, as it stands now.
-- @treturn table
function runs.of(execution)
  return hosted_of(execution).run
end

--- Lets something come to an execution that is active.
-- @tparam table execution
-- @tparam string name of a method of runs
-- @return what the method gives: the run, or nil and an error
function runs.act(execution, name, ...)
  local hosted = hosted_of(execution)
  local run = hosted.run
  local fine, err = run[name](run, ...)
  if not fine then return nil, err end
  table.insert(execution.inputs, { time = hosted:now(), name = name, ... })
  refresh(execution, hosted)
  return run
end

--- The context of an execution as JSON, or, with a number, that of its step.
function runs.context(execution, step)
  local run = runs.of(execution)
  local context = step and run.steps[step].context or run.context
  return contexts.write(context, execution.start.parameters, execution.parameters)
end

--- To be called before each request: what has timed out meanwhile happens.
function runs.tick()
  local now, due = clock.time(), {}
  while schedule[1] and schedule[1].due <= now do
    due[#due + 1] = schedule[1].waiter
    timers.remove(schedule[1])
  end
  for _, execution in ipairs(due) do runs.of(execution) end
end

return runs
