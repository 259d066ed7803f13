--- Studio API v2, as its reference page tells it: Flows as code with Revisions and TestUsers, Validate, Executions with their
-- Steps and contexts.
-- A row: name in Lua, name on the wire, type, rules.
local executions = require "studio.api.executions"
local types = require "studio.api.types"

local sid, enum = types.sid, types.enum

local friendly_name = { "friendly_name", "FriendlyName", types.text, required = true }
local status = { "status", "Status", enum("draft", "published"), required = true }
local definition = { "definition", "Definition", types.json, required = true }
-- The service refuses an empty message; leaving it out is how to give none.
local commit_message = { "commit_message", "CommitMessage", types.text, nonempty = true }
local author_sid = { "author_sid", "AuthorSid", sid "US" }

return {
  flows = {
    key = "flows", id = sid "FW",
    create = { friendly_name, status, definition, commit_message, author_sid },
    validate = { path = "Validate", friendly_name, status, definition, commit_message },
    list = {},
    member = {
      fetch = {},
      update = {
        status,
        { "friendly_name", "FriendlyName", types.text, nonempty = true },
        { "definition", "Definition", types.json },
        commit_message,
        author_sid,
      },
      delete = {},
      children = {
        revisions = {
          name = "revision", path = "Revisions", key = "revisions", id = types.revision, id_field = "revision",
          list = {},
          member = { fetch = {} },
        },
        test_users = {
          name = "test_users", path = "TestUsers",
          fetch = {},
          update = {
            { "test_users", "TestUsers", types.texts, required = true },
          },
        },
        executions = executions.collection {
          { "status", "status", executions.status }, -- lower case on the wire, unlike all others
          { "date_created_from", "DateCreatedFrom", types.datetime },
          { "date_created_to", "DateCreatedTo", types.datetime },
        },
      },
    },
  },
}
