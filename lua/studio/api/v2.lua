--- Studio API v2, as its reference page tells it: Flows as code with Revisions and TestUsers, Validate, Executions with their
-- Steps and contexts.
-- A row: name in Lua, name on the wire, type, rules.
local later = require "studio.later"
local errors = require "studio.base.errors"
local executions = later "studio.api.executions"
local suggest = later "studio.base.suggest"
local values = later "studio.api.types"

local sid, enum = values.sid, values.enum

-- A revision is named by its number, or by one of two words.
local function revision(value, name)
  if type(value) == "number" then
    if value >= 0 and value % 1 == 0 and value < 2 ^ 53 then return ("%.0f"):format(value) end
  elseif type(value) ~= "string" then
    errors.misuse("parameter '%s' must be an integer or a string, got %s", name, type(value))
  elseif value == "LatestPublished" or value == "LatestRevision" or (value:find("^%d+$") and #value <= 15) then
    return value
  end
  return nil, errors.argument("parameter '%s' must be a whole number, LatestPublished or LatestRevision%s", name,
    suggest(value, { "LatestRevision", "LatestPublished" }))
end

local friendly_name = { "friendly_name", "FriendlyName", values.text, required = true }
local status = { "status", "Status", enum("draft", "published"), required = true }
local definition = { "definition", "Definition", values.json, required = true }
-- The service refuses an empty message; leaving it out is how to give none.
local commit_message = { "commit_message", "CommitMessage", values.text, nonempty = true }
local author_sid = { "author_sid", "AuthorSid", sid "US" }

return {
  service = "studio", path = "/v2",
  collections = {
    flows = {
      name = "flow", path = "Flows", key = "flows", id = sid "FW",
      create = { friendly_name, status, definition, commit_message, author_sid },
      validate = { path = "Validate", friendly_name, status, definition, commit_message },
      list = {},
      member = {
        fetch = {},
        update = {
          status,
          { "friendly_name", "FriendlyName", values.text, nonempty = true },
          { "definition", "Definition", values.json },
          commit_message,
          author_sid,
        },
        delete = {},
        children = {
          revisions = {
            name = "revision", path = "Revisions", key = "revisions", id = revision, id_field = "revision",
            list = {},
            member = { fetch = {} },
          },
          test_users = {
            name = "test_users", path = "TestUsers",
            fetch = {},
            update = {
              { "test_users", "TestUsers", values.texts, required = true },
            },
          },
          executions = executions.collection {
            { "status", "status", executions.status }, -- lower case on the wire, unlike all others
            { "date_created_from", "DateCreatedFrom", values.datetime },
            { "date_created_to", "DateCreatedTo", values.datetime },
          },
        },
      },
    },
  },
}
