--- What can be done with executions, which v1 also calls engagements, and with their steps.
-- @module studio.emulator.server.executions

local clock = require "studio.emulator.server.clock"
local errors = require "studio.emulator.server.errors"
local hosting = require "studio.flow.hosting"
local json = require "studio.emulator.server.json_writer"
local runs = require "studio.emulator.server.runs"
local store = require "studio.emulator.server.store"
local validate = require "studio.emulator.server.validate"

local executions = {}
local account_sid, starts_per_second

-- When the newest starts were.
local starts

function executions.configure(config)
  account_sid, starts_per_second = config.account_sid, config.starts_per_second
end

--- Forgets when executions were started.
function executions.reset()
  starts = {}
end

-- Contexts are written when they are asked for: most executions are only listed, and steps not even that.
local execution_mt = {
  __index = function(execution, key)
    return key == "context" and runs.context(execution) or nil
  end,
}
local step_mt = {
  __index = function(step, key)
    return key == "context" and runs.context(step.execution, step.number) or nil
  end,
}

-- Who tests a flow gets its newest revision, everybody else the one that is published.
local function revision_for(flow, contact)
  local list = flow.revisions.list
  return not (flow.testers and flow.testers[contact]) and flow.published or list[#list]
end

--- Adds an execution to a flow.
-- @tparam table flow
-- @tparam table start `{ trigger, from, to, body, parameters, data }` as `flow.simulate` takes it
-- @tparam table fields of the record, over those it gets: `parameters`, the JSON that came; of seeded ones also `sid`, `status`,
--   `date_created`, `date_updated`, `stopped`, `inputs`
function executions.add(flow, start, fields)
  local by_request = start.trigger == "incomingRequest"
  local contact = by_request and start.to or start.from
  local revision = revision_for(flow, contact)
  local now = clock.time()
  local execution = {
    sid = store.new_sid "FN", account_sid = account_sid, flow_sid = flow.sid, flow = flow, flow_revision = revision,
    flow_version = revision.revision, contact_channel_address = contact, contact_sid = store.sid_of("FC", contact),
    from = by_request and start.from or start.to, status = "active", date_created = now, date_updated = now, start = start, inputs = {},
  }
  for name, value in pairs(fields) do execution[name] = value end
  setmetatable(execution, execution_mt)
  if execution.status == "active" then
    store.enter_contact(execution)
    runs.of(execution)
  end
  return store.add(flow.executions, execution)
end

-- Starts are counted in any second, not in each.
local function check_rate()
  if not starts_per_second then return end
  local now, recent = clock.now(), {}
  for _, time in ipairs(starts) do
    if time > now - 1 then recent[#recent + 1] = time end
  end
  starts = recent
  if #recent >= starts_per_second then errors.refuse(429, 20429, "Too Many Requests") end
  recent[#recent + 1] = now
end

local function refuse_second(active)
  errors.refuse(409, 20409, "Execution " .. active.sid
    .. " is already active for this contact. End the active Execution before creating a new one",
    '{"conflicting_execution_sid":' .. json.text(active.sid) .. "}")
end

--- Starts an execution, unless the contact is in one already: that is refused, and the active one named.
function executions.create(found, values, request)
  check_rate()
  local refusal = hosting.refusal(values.To, values.From)
  if refusal then errors.refuse(400, 81023, refusal) end
  local active = store.active_execution(values.To, values.From)
  if active then refuse_second(active) end
  local parameters = values.Parameters and hosting.codec.decode(values.Parameters)
  return executions.add(found.Flow, {
    trigger = "incomingRequest", from = values.From, to = values.To, parameters = type(parameters) == "table" and parameters or {},
  }, { initiated_by = request.id, parameters = values.Parameters })
end

--- Lists executions that were created in a span of time and have a status.
-- @treturn table collection
-- @treturn function filter
function executions.list(found, values)
  local from, to, status = values.DateCreatedFrom, values.DateCreatedTo, values.status
  if not (from or to or status) then
    return found.Flow.executions
  end
  return found.Flow.executions, function(execution)
    return (not from or execution.date_created >= from)
      and (not to or execution.date_created < to)
      and (not status or execution.status == status)
  end
end

function executions.fetch(found)
  return found.Execution
end

--- Ends an execution; one that has ended stays so.
function executions.update(found, values)
  local execution = found.Execution
  if values.Status == execution.status then
    return execution
  elseif values.Status == "active" then
    errors.refuse(400, 20001, "Invalid parameter Status: an ended Execution cannot be made active")
  end
  execution.status, execution.stopped = "ended", clock.time()
  runs.leave(execution)
  store.touch(execution)
  return execution
end

--- Deletes an execution; its steps go with it.
function executions.delete(found)
  runs.leave(found.Execution)
  store.remove(found.Flow.executions, found.Execution)
end

local function steps_of(execution)
  local taken = runs.of(execution).steps
  execution.steps = execution.steps or store.collection()
  for number = #execution.steps.list + 1, #taken do
    local step = taken[number]
    local date = validate.date_time(step.date_created)
    store.add(execution.steps, setmetatable({
      sid = step.sid, account_sid = account_sid, flow_sid = execution.flow_sid, execution_sid = execution.sid,
      parent_step_sid = step.parent_step_sid, name = step.name, type = step.type, transitioned_from = step.transitioned_from,
      transitioned_to = step.transitioned_to, date_created = date, date_updated = date, execution = execution, number = number,
    }, step_mt))
  end
  return execution.steps
end

function executions.list_steps(found)
  return steps_of(found.Execution)
end

function executions.fetch_step(found)
  return found.Step
end

--- Finds what `{Execution}` and `{Step}` of a path stand for.
executions.resolvers = {
  Execution = function(found, sid)
    return found.Flow.executions.by_sid[sid]
  end,
  Step = function(found, sid)
    return steps_of(found.Execution).by_sid[sid]
  end,
}

return executions
