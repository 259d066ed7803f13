--- Studio API v2, as its reference page tells it: Flows as code with Revisions and TestUsers, Validate, Executions with their
-- Steps and contexts. See `studio.api.v1` for what a declaration has.
local executions = require "studio.api.executions"
local types = require "studio.api.types"

local sid, enum = types.sid, types.enum

local friendly_name = { "friendly_name", "FriendlyName", types.text, required = true, doc = "The name that people see." }
local status = {
  "status", "Status", enum("draft", "published"), required = true,
  doc = "`published`: it runs for everybody; `draft`: for the test users alone.",
}
local definition = {
  "definition", "Definition", types.json, required = true, doc = "The flow itself: a table as `fetch` gives it, or JSON as a string.",
}
-- The service refuses an empty message; leaving it out is how to give none.
local commit_message = { "commit_message", "CommitMessage", types.text, nonempty = true, doc = "What this revision changes." }
local author_sid = { "author_sid", "AuthorSid", sid "US", doc = "Who changed it." }

-- The fields of a flow; those of a revision are the same but for a few.
local function flow_fields(more)
  local fields = {
    sid = "string", account_sid = "string", author_sid = "string", friendly_name = "string", definition = "any", status = "string",
    revision = "integer", commit_message = "string", valid = "boolean", errors = "any", date_created = "datetime",
    date_updated = "datetime", url = "string",
  }
  for name, kind in pairs(more) do fields[name] = kind end
  return fields
end

local execution_fields = executions.fields()
execution_fields.flow_version, execution_fields.initiated_by = "integer", "string"

return {
  flows = {
    key = "flows", id = sid "FW",
    doc = "The account's flows with their definitions, which a list leaves out.",
    fields = flow_fields { warnings = "any", webhook_url = "string", links = "table" },
    columns = { "sid", "friendly_name", "status", "revision" },
    create = { friendly_name, status, definition, commit_message, author_sid },
    validate = { path = "Validate", fields = { valid = "boolean" }, friendly_name, status, definition, commit_message },
    list = {},
    member = {
      fetch = {},
      update = {
        status,
        { "friendly_name", "FriendlyName", types.text, nonempty = true, doc = friendly_name.doc },
        { "definition", "Definition", types.json, doc = definition.doc },
        commit_message,
        author_sid,
      },
      delete = {},
      children = {
        revisions = {
          name = "revision", path = "Revisions", key = "revisions", id = types.revision, id_field = "revision",
          doc = "Every state that the flow was saved in, the newest first. A list leaves the definitions out.",
          fields = flow_fields {}, columns = { "revision", "status", "commit_message", "date_created" },
          list = {},
          member = { fetch = {} },
        },
        test_users = {
          name = "test_users", path = "TestUsers", doc = "The contacts for whom the draft of the flow runs.",
          fields = { sid = "string", test_users = "strings", url = "string" }, columns = { "test_users" },
          fetch = {},
          update = {
            { "test_users", "TestUsers", types.texts, required = true, doc = "All of them, in place of those before; `{}` for none." },
          },
        },
        executions = executions.collection({
          -- In lower case on the wire, unlike all others.
          { "status", "status", executions.status, doc = "Only those that are active, or that have ended." },
          executions.created_from, executions.created_to,
        }, execution_fields),
      },
    },
  },
}
