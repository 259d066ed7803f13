--- What became of requests whose fate is unknown: the service is asked for the Executions of that time.
--
-- A contact whose Execution is found has been created. One whose Execution is not found is asked for again when the service's clock is past
-- the time within which its lists show what there is, and is then to be sent again. What cannot be told is left to people.
local address = require "studio.executions.contacts.address"
local core = require "studio.core"
local parse_http = require("studio.base.timestamp").parse_http
local states = require("studio.executions.states").states
local studio = require "studio"
local timing = require "studio.executions.trigger.timing"

local now = core.now

-- The service's clock in an answer, as epoch seconds; nil when it does not tell.
local function date_of(value)
  local response = studio.response_of(value)
  return response and parse_http(response.headers.date or "")
end

--- Notes by how much the service's clock is ahead of the journal's.
-- @tparam table job
-- @param value a resource or page, just arrived
-- @treturn ?number the service's clock, where the answer tells
local function note_clock(job, value)
  local date = date_of(value)
  if date then job.skew = date - job:journal_time() end
  return date
end

-- The moment at which the first request of a contact went out whose fate nobody knows, by the service's clock.
local function since(job, contact)
  return (contact.unknown_since or contact.started) / 1000 + job.skew
end

local function last(job, contact)
  return contact.started / 1000 + job.skew
end

-- Visits the Executions of a span of time. Where the list has no filters, as that of Engagements, the newest come first, and pages are read
-- until one is older. Gives true, and the service's clock after the first page; or nil and an error.
local function each_in_window(job, from, to, visit)
  local filters = { page_size = 1000 }
  if not job.is_engagements then filters.date_created_from, filters.date_created_to = math.floor(from), math.ceil(to) end
  local page, err = job.collection:page(filters)
  local clock = page and note_clock(job, page)
  while page do
    local oldest = math.huge
    for _, execution in ipairs(page.items) do
      local created = type(execution.date_created) == "string" and studio.timestamp(execution.date_created)
      if created then oldest = math.min(oldest, created) end
      if not created or created >= from and created <= to then visit(execution) end
    end
    if job.is_engagements and oldest < from then return true, clock end
    page, err = page:next()
  end
  if err then return nil, err end
  return true, clock
end

-- Whether an Execution may be the one of a request of this campaign: that of another sender, or one that the contact began, is not. What
-- cannot be read counts as possible.
local function is_possible(job, execution)
  local name = job.is_engagements and "engagement_context" or "execution_context"
  local found = execution[name]:fetch(nil, { timeout = job.timeout })
  local context = found and found.context
  if type(context) ~= "table" then return true end
  local trigger, flow = context.trigger, context.flow
  if type(trigger) == "table" and (trigger.message or trigger.call or trigger.conversation) and not trigger.request then return false end
  local channel = type(flow) == "table" and flow.channel
  local from = type(channel) == "table" and type(channel.address) == "string" and address.normalised(channel.address)
  return not from or not job.from_address or from == job.from_address
end

-- What is known of a contact after a look: a result, or nothing yet.
local function judge(job, contact, candidates, clock)
  local others, message = job.journal:other_sids(contact)
  if not others then return nil, message end
  local found = {}
  for _, execution in ipairs(candidates or {}) do
    if not others[execution.sid] and is_possible(job, execution) then found[#found + 1] = execution end
  end
  if #found == 1 then return { contact = contact, state = states.created, sid = found[1].sid } end
  if #found > 1 then
    local sids = {}
    for index, execution in ipairs(found) do sids[index] = execution.sid end
    return { contact = contact, state = states.doubtful, note = "several Executions may be this one's: " .. table.concat(sids, ", ") }
  end
  if contact.is_conflict then
    return { contact = contact, state = states.doubtful,
      note = "an Execution of the contact is active, and an earlier request of this campaign had no answer" }
  end
  if clock - last(job, contact) >= timing.settle then
    return { contact = contact, state = states.waiting, note = "no Execution came of an earlier request" }
  end
end

-- Contacts whose windows lie close together are looked up in one.
local function groups_of(job, contacts)
  table.sort(contacts, function(one, other) return since(job, one) < since(job, other) end)
  local groups, group = {}, nil
  for _, contact in ipairs(contacts) do
    local from, to = since(job, contact) - timing.window_before, last(job, contact) + job.timeout + timing.window_after
    if not group or from > group.to + 60 then
      group = { from = from, to = to }
      groups[#groups + 1] = group
    end
    group.to = math.max(group.to, to)
    group[#group + 1] = contact
  end
  return groups
end

local function look_at(job, group)
  local wanted = {}
  for _, contact in ipairs(group) do wanted[contact.to] = {} end
  local seen, clock = each_in_window(job, group.from, group.to, function(execution)
    local to = address.normalised(execution.contact_channel_address) or execution.contact_channel_address
    local candidates = wanted[to]
    if candidates then candidates[#candidates + 1] = execution end
  end)
  if not seen then return nil, clock end
  clock = clock or job:journal_time() + job.skew
  for _, contact in ipairs(group) do
    local result, message = judge(job, contact, wanted[contact.to], clock)
    if message then return nil, message end
    if result then
      job:settle(result)
    else
      contact.look_at = now() + math.max(1, timing.settle + last(job, contact) - clock)
    end
  end
  return true
end

--- Looks once for those contacts whose time has come.
-- @tparam table job
-- @tparam {table,...} contacts
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] table|string what failed; the contacts are looked up later
local function look_up(job, contacts)
  if not job.skew then
    local page, err = job.collection:page { page_size = 1 }
    if not page then return nil, err end
    note_clock(job, page)
    job.skew = job.skew or 0
  end
  for _, group in ipairs(groups_of(job, contacts)) do
    local looked, err = look_at(job, group)
    if not looked then return nil, err end
  end
  return true
end

return { look_up = look_up, note_clock = note_clock }
