--- Starts an Execution for each contact of a list, and for none twice.
local address = require "studio.executions.contacts.address"
local ascii = require "studio.base.ascii"
local bucket = require "studio.executions.journal.bucket"
local client_of = require "studio.executions.client_of"
local contacts_module = require "studio.executions.contacts"
local core = require "studio.core"
local errors = require "studio.base.errors"
local job_module = require "studio.executions.trigger.job"
local journal_module = require "studio.executions.journal"
local options_module = require "studio.base.options"
local progress = require "studio.executions.progress"
local refuse_old_lua = require("studio.waiting.task").refuse_old_lua
local studio = require "studio"
local summary = require("studio.executions.states").summary
local timing = require "studio.executions.trigger.timing"

local misuse = errors.misuse

local policies = { skip = true, ["end"] = true, fail = true }

local known = {
  from = "string", parameters = "table", journal = "string", name = "string", on_progress = "function", interruptible = "boolean",
  rate = "rate", concurrency = "one_or_more",
  on_active = function(value, name)
    if not policies[value] then misuse("option '%s' must be \"skip\", \"end\" or \"fail\"", name) end
    return value
  end,
}

local function read_options(given, is_engagements)
  local options = options_module.check(given, known)
  if not options.from then misuse "option 'from' is missing: the number or sender that the flow answers from" end
  options.rate, options.concurrency = options.rate or 20, options.concurrency or 20
  options.on_active = options.on_active or "skip"
  if is_engagements and options.on_active == "end" then
    misuse "option 'on_active': an Engagement cannot be ended, only deleted; use \"skip\" or \"fail\""
  end
  return options
end

-- The path of the flow in the API tells which it is, and that Engagements are no Executions.
local function campaign_of(collection, options, parameters, timeout)
  local rate = options.rate < math.huge and options.rate or false
  return {
    flow = collection.path, from = options.from, rate = rate, burst = rate and bucket.burst(rate) or 0,
    lease = math.max(timing.lease, timing.lease_factor * timeout), timeout = timeout,
    options = {
      flow = collection.path, from = options.from, parameters = parameters or "none", on_active = options.on_active,
      rate = rate and ascii.format("%.14g", rate) or "none",
    },
  }
end

local function fail_journal(journal, message)
  if type(message) == "table" then return nil, message end
  if journal.is_lost and journal:is_lost() then
    return nil, errors.new("transport", "the journal failed: " .. message, { retryable = true })
  end
  return nil, errors.argument("the journal cannot be used: %s", message)
end

local function fill(journal, contacts, options)
  if journal.is_loaded then return {} end
  local source, err = contacts_module.open(contacts, options.parameters)
  if not source then return nil, err end
  local ok, doubles, message = pcall(journal.load, journal, source.next)
  source.close()
  if not ok then error(doubles, 0) end
  if not doubles then return fail_journal(journal, message) end
  return doubles
end

local function carry_out(job, doubles, is_loaded)
  local journal = job.journal
  local done, err = job:run()
  local counts = journal:counts()
  local found = summary(counts or {})
  if counts then job:tell_progress(counts) end
  if done and counts then return found, doubles, is_loaded end
  err = err or errors.new("transport", "the journal failed", { retryable = true })
  err.summary = counts and found
  return nil, err
end

local function prepare(collection, contacts, options, client, is_engagements, journal)
  local parameters, err
  if options.parameters then
    parameters, err = studio.encode(options.parameters, { sort = true })
    if not parameters then return nil, err end
  end
  if not studio.encode(options.from) then return nil, errors.argument "option 'from' is not UTF-8" end
  local timeout = math.min(collection.caller.timeout, timing.request)
  local campaign = campaign_of(collection, options, parameters, timeout)
  local entered, message = journal:enter(campaign)
  if not entered then return fail_journal(journal, message) end
  local was_loaded, doubles = journal.is_loaded
  doubles, err = fill(journal, contacts, options)
  if not doubles then return nil, err end
  return job_module.new {
    client = client, collection = collection, is_engagements = is_engagements, journal = journal, from = options.from,
    from_address = address.normalised(options.from), parameters = parameters, on_active = options.on_active, lease = campaign.lease,
    concurrency = options.concurrency, timeout = timeout, interruptible = options.interruptible,
    progress = progress.new(options.on_progress),
  }, doubles, not was_loaded
end

local function run(collection, contacts, options, client, is_engagements, journal)
  local job, doubles, is_loaded = prepare(collection, contacts, options, client, is_engagements, journal)
  if not job then return nil, doubles end
  if options.interruptible then core.catch_interrupts() end
  local results = { pcall(carry_out, job, doubles, is_loaded) }
  if options.interruptible then core.release_interrupts() end
  job:finish()
  if not results[1] then error(results[2], 0) end
  return results[2], results[3], results[4]
end

local function trigger(collection, contacts, given)
  local client, is_engagements = client_of.of_collection(collection, "executions.trigger")
  refuse_old_lua "executions.trigger"
  local options = read_options(given, is_engagements)
  if contacts == nil then misuse "executions.trigger needs contacts: an array, an iterator or the path of a file" end
  if collection.problem then return nil, collection.problem end
  local journal, err = journal_module.open(options.journal, options.name or collection.path:match "(FW%x+)" or "campaign")
  if not journal then return nil, err end
  local results = { pcall(run, collection, contacts, options, client, is_engagements, journal) }
  pcall(journal.leave, journal)
  journal:close()
  if not results[1] then error(results[2], 0) end
  return results[2], results[3], results[4]
end

return trigger
