--- Ends the Executions that are active.
local client_of = require "studio.executions.client_of"
local address = require "studio.executions.contacts.address"
local errors = require "studio.base.errors"
local options_module = require "studio.base.options"
local parse_http = require("studio.base.timestamp").parse_http
local progress_of = require("studio.executions.progress").new
local refuse_old_lua = require("studio.waiting.task").refuse_old_lua
local studio = require "studio"
local walk = require "studio.executions.walk"

local misuse = errors.misuse

local known = {
  older_than = "seconds", to = "string", dry_run = "boolean", concurrency = "one_or_more", rate = "rate", on_progress = "function",
}

-- The time by the service's own clock, which the dates of its records are of.
local function service_time(collection)
  local page, err = collection:page { page_size = 1 }
  if not page then return nil, err end
  local response = studio.response_of(page)
  return response and parse_http(response.headers.date or "") or os.time()
end

-- All that are active and fit, as SIDs. They are found before the first one is ended: the list of the active ones shrinks then.
local function find(collection, options)
  local filters = { status = "active" }
  if options.older_than then
    local now, err = service_time(collection)
    if now then filters.to, err = walk.moment(now - options.older_than, "older_than") end
    if err then return nil, err end
  end
  local sids, active = {}, walk.new(collection, filters)
  local contact = options.to and (address.normalised(options.to) or options.to)
  local records, err = active:next()
  while records do
    for _, record in ipairs(records) do
      if not contact or record.contact_channel_address == contact then sids[#sids + 1] = record.sid end
    end
    records, err = active:next()
  end
  if err then return nil, err end
  return sids
end

-- Ends one; true when that was done, false when it was gone already.
local function end_one(collection, sid)
  local ended, err = collection(sid):update { status = "ended" }
  if ended then return true end
  if err:is_not_found() then return false end
  return nil, err
end

local function end_all(client, collection, sids, options)
  local ended, failure, progress = {}, nil, progress_of(options.on_progress)
  local at = 0
  local function next_sid()
    at = at + 1
    return not failure and sids[at] or nil
  end
  local function run(sid) return end_one(collection, sid) end
  for sid, done, err in client:map(next_sid, run, { concurrency = options.concurrency, rate = options.rate }) do
    if done then ended[#ended + 1] = sid end
    if err and not failure then failure = err end
    if progress:is_due() then progress:tell(#ended, #sids) end
  end
  progress:tell(#ended, #sids)
  if not failure then return ended end
  -- A function that raised has no error object, only a bug.
  if type(failure) ~= "table" then error(failure, 0) end
  failure.ended = ended
  return nil, failure
end

--- Ends them, see `studio.executions`.
local function end_active(collection, given)
  local client, is_engagements = client_of.of_collection(collection, "executions.end_active")
  refuse_old_lua "executions.end_active"
  if is_engagements then misuse "Engagements cannot be ended, only deleted: use the executions of the same flow" end
  local options = options_module.check(given, known)
  local sids, err = find(collection, options)
  if not sids then return nil, err end
  if options.dry_run then return sids end
  return end_all(client, collection, sids, options)
end

return end_active
