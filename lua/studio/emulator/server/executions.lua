--- What can be done with executions, which v1 also calls engagements, and with their steps.
-- @module studio.emulator.server.executions

local errors = require "studio.emulator.server.errors"
local json = require "studio.emulator.server.json_writer"
local store = require "studio.emulator.server.store"

local executions = {}
local account_sid

function executions.configure(config)
  account_sid = config.account_sid
end

-- What the widgets of a way have left in the context once `count` of its steps were taken.
local function widgets_after(way, count)
  local out = {}
  for i = 1, count do
    out[i] = json.text(way[i].from) .. ':{"outcome":' .. json.text(way[i].name) .. "}"
  end
  return "{" .. table.concat(out, ",") .. "}"
end

local function context_of(execution, count)
  return table.concat {
    '{"flow":{"sid":', json.text(execution.sid),
    ',"flow_sid":', json.text(execution.flow_sid),
    ',"channel":{"address":', json.text(execution.from), "}",
    ',"data":', execution.parameters or "{}", "}",
    ',"contact":{"channel":{"address":', json.text(execution.contact_channel_address), "}}",
    ',"trigger":{"request":{"to":', json.text(execution.contact_channel_address),
    ',"from":', json.text(execution.from), ',"parameters":', execution.parameters or "{}", "}}",
    ',"widgets":', widgets_after(execution.way, count), "}",
  }
end

local function contact_key(to, from)
  return to .. "\0" .. from
end

--- Lets the contact of an execution start another one.
function executions.leave_contact(execution)
  local key = contact_key(execution.contact_channel_address, execution.from)
  if store.active_contacts[key] == execution then
    store.active_contacts[key] = nil
  end
end

--- Starts an execution, unless the contact is in one already: that is refused, and the active one named.
-- @tparam table given overrides for seeded executions: sid, status, date_created, date_updated
function executions.create(found, values, request, given)
  local flow = found.Flow
  local active = store.active_contacts[contact_key(values.To, values.From)]
  if active then
    errors.refuse(409, 20409, "Execution " .. active.sid
      .. " is already active for this contact. End the active Execution before creating a new one",
      '{"conflicting_execution_sid":' .. json.text(active.sid) .. "}")
  end
  local now = ngx.time()
  given = given or {}
  local execution = {
    sid = given.sid or store.new_sid("FN"), account_sid = account_sid, flow_sid = flow.sid,
    contact_channel_address = values.To, contact_sid = store.sid_of("FC", values.To), from = values.From,
    parameters = values.Parameters, flow_version = (flow.published or flow).revision, way = (flow.published or flow).way,
    status = given.status or "active", date_created = given.date_created or now, date_updated = given.date_updated or now,
    initiated_by = request.id,
  }
  execution.context = context_of(execution, #execution.way)
  if execution.status == "active" then
    store.active_contacts[contact_key(values.To, values.From)] = execution
  end
  return store.add(flow.executions, execution)
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
  execution.status = "ended"
  executions.leave_contact(execution)
  store.touch(execution)
  return execution
end

--- Deletes an execution; its steps go with it.
function executions.delete(found)
  executions.leave_contact(found.Execution)
  store.remove(found.Flow.executions, found.Execution)
end

-- Steps are made when they are first asked for: most executions are only listed.
local function steps_of(execution)
  if not execution.steps then
    execution.steps = store.collection()
    local parent
    for i, transition in ipairs(execution.way) do
      parent = store.add(execution.steps, {
        sid = store.sid_of("FT", execution.sid .. ":" .. i), account_sid = account_sid, flow_sid = execution.flow_sid,
        execution_sid = execution.sid, parent_step_sid = parent and parent.sid, name = transition.name, type = transition.type,
        transitioned_from = transition.from, transitioned_to = transition.to, context = context_of(execution, i),
        date_created = execution.date_created, date_updated = execution.date_created,
      })
    end
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
