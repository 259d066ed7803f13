--- What can be done with flows, their revisions and their test users.
-- Each operation gets the records that the path names, the parameters and the request.
-- @module studio.emulator.server.flows

local clock = require "studio.emulator.server.clock"
local definition = require "studio.emulator.server.definition"
local errors = require "studio.emulator.server.errors"
local json = require "studio.emulator.server.json_writer"
local runs = require "studio.emulator.server.runs"
local store = require "studio.emulator.server.store"
local validate = require "studio.emulator.server.validate"

local flows = {}
local account_sid

function flows.configure(config)
  account_sid = config.account_sid
end

-- Adds a revision, and lets the flow show it.
local function revise(flow, values)
  definition.check(values.Definition)
  local now = clock.time()
  local revision = {
    flow_sid = flow.sid, account_sid = account_sid, revision = #flow.revisions.list + 1, status = values.Status,
    friendly_name = values.FriendlyName, definition = values.Definition, commit_message = values.CommitMessage,
    author_sid = values.AuthorSid, valid = true, errors = "[]", warnings = "[]", date_created = now, date_updated = now,
  }
  store.add(flow.revisions, revision)
  if revision.status == "published" then
    flow.published = revision
  end
  for _, field in ipairs {
    "revision", "status", "friendly_name", "definition", "commit_message", "author_sid", "valid", "errors", "warnings",
  } do
    flow[field] = revision[field]
  end
  flow.version = revision.revision
  store.touch(flow)
  return flow
end

--- Makes a flow with its first revision.
-- @tparam[opt] string sid of a seeded flow
function flows.create(_, values, _, sid)
  sid = sid or store.new_sid("FW")
  local flow = revise({
    sid = sid, account_sid = account_sid, date_created = clock.time(), test_users = "[]",
    revisions = store.collection(), executions = store.collection(),
    webhook_url = "https://webhooks.twilio.com/v1/Accounts/" .. account_sid .. "/Flows/" .. sid,
  }, values)
  return store.add(store.flows, flow)
end

function flows.list()
  return store.flows
end

function flows.fetch(found)
  return found.Flow
end

--- Adds a revision; what is not given stays as it was.
function flows.update(found, values)
  local flow = found.Flow
  values.FriendlyName = values.FriendlyName or flow.friendly_name
  values.Definition = values.Definition or flow.definition
  return revise(flow, values)
end

--- Deletes a flow and all that belongs to it.
function flows.delete(found)
  local flow = found.Flow
  for _, execution in ipairs(flow.executions.list) do
    runs.leave(execution)
  end
  store.remove(store.flows, flow)
end

function flows.validate(_, values)
  definition.check(values.Definition)
  return { valid = true }
end

function flows.list_revisions(found)
  return found.Flow.revisions
end

function flows.fetch_revision(found)
  return found.Revision
end

function flows.fetch_test_users(found)
  return found.Flow
end

function flows.update_test_users(found, values)
  local flow = found.Flow
  flow.test_users, flow.testers = json.array(values.TestUsers, json.text), {}
  for _, user in ipairs(values.TestUsers) do flow.testers[user] = true end
  store.touch(flow)
  return flow
end

local revision_number = validate.integer(0)

--- Finds what `{Flow}` and `{Revision}` of a path stand for.
flows.resolvers = {
  Flow = function(_, sid)
    return store.flows.by_sid[sid]
  end,
  Revision = function(found, text)
    local flow = found.Flow
    if text == "LatestPublished" then
      return flow.published
    elseif text == "LatestRevision" then
      return flow.revisions.list[#flow.revisions.list]
    end
    local number = revision_number(text)
    if not number then
      errors.refuse(400, 81021, "Flow revision must be an integer or enum(LatestPublished, LatestRevision)")
    end
    return flow.revisions.by_sid[number]
  end,
}

return flows
