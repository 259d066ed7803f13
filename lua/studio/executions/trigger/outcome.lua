--- What the answer to a request makes of a contact.
local states = require("studio.executions.states").states

-- Statuses that are no matter of the contact: who asks is not known, or the flow is not there.
local GLOBAL = { [401] = true, [404] = true }

local function active_sid(err)
  local details = err.details
  local sid = type(details) == "table" and details.conflicting_execution_sid
  return type(sid) == "string" and sid or tostring(err.message):match "%f[0-9A-Za-z](FN%x+)%f[^0-9A-Za-z]"
end

-- The contact has an active Execution already. It may be one of ours that nobody knew of.
local function conflict(job, contact, err)
  if contact.unknown_since then
    return { contact = contact, state = states.sending, note = "an Execution of the contact is active, perhaps this campaign's",
      is_unknown = true, is_conflict = true }
  end
  if job.on_active == "skip" then
    return { contact = contact, state = states.skipped, code = err.code or err.status, note = "an Execution of the contact is active" }
  elseif job.on_active == "end" then
    local sid = active_sid(err)
    local ended, failure
    if sid then ended, failure = job.collection(sid):update({ status = "ended" }, { timeout = job.timeout }) end
    if ended then return { contact = contact, state = states.waiting } end
    -- What could not be asked for now is asked for again with the next attempt.
    if failure and failure.retryable then return { contact = contact, state = states.waiting, is_delayed = failure } end
    return { contact = contact, state = states.refused, code = err.code or err.status,
      note = "the active Execution of the contact cannot be ended: " .. (failure and failure.message or err.message) }
  end
  return { contact = contact, state = states.refused, code = err.code or err.status, note = err.message }
end

-- Whether nobody can tell if the request was carried out.
local function is_unknown(err)
  local status = err.status
  return err.kind == "decode" or err.kind == "limit" or status == 408 or status ~= nil and status >= 500
    or status == nil and err.sent ~= false or status ~= nil and status < 300
end

--- Reads the answer to a request.
-- @tparam table job
-- @tparam table contact
-- @tparam ?table execution
-- @tparam ?table err
-- @treturn table a result for the journal; its `is_delayed` has the error of a request that did not get through, `is_fatal` of one that
--   would end no other way for any contact
local function of(job, contact, execution, err)
  if execution then
    if type(execution.sid) == "string" then return { contact = contact, state = states.created, sid = execution.sid } end
    return { contact = contact, state = states.sending, note = "the answer has no SID", is_unknown = true }
  end
  if err.kind == "argument" then return { contact = contact, state = states.refused, note = err.message } end
  if err:is_conflict() then return conflict(job, contact, err) end
  if err:is_rate_limited() then return { contact = contact, state = states.waiting, is_slow = true } end
  if err.kind == "cancelled" or err.kind == "context" or GLOBAL[err.status] then
    if err.sent == nil then return { contact = contact, state = states.sending, note = err.message, is_unknown = true, is_fatal = err } end
    return { contact = contact, state = states.waiting, is_fatal = err }
  end
  if is_unknown(err) then return { contact = contact, state = states.sending, note = err.message, is_unknown = true, is_lost = err } end
  if err.sent == false then return { contact = contact, state = states.waiting, is_delayed = err } end
  return { contact = contact, state = states.refused, code = err.code or err.status, note = err.message }
end

return { of = of }
