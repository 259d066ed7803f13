--- Studio API v2, as its reference page tells it: Flows as code with Revisions and TestUsers, Validate, Executions with their
-- Steps and contexts.
-- A row: name in Lua, name on the wire, type, rules.
local errors = require "studio.errors"
local values = require "studio.values"

local sid, enum = values.sid, values.enum
local flow_status = enum("draft", "published")
local execution_status = enum("active", "ended")

-- A revision is named by its number, or by one of two words.
local function revision(value, name)
  if type(value) == "number" then
    if value >= 0 and value % 1 == 0 and value < 2 ^ 53 then return ("%.0f"):format(value) end
  elseif type(value) ~= "string" then
    errors.misuse("parameter '%s' must be an integer or a string, got %s", name, type(value))
  elseif value == "LatestPublished" or value == "LatestRevision" or (value:find("^%d+$") and #value <= 15) then
    return value
  end
  return nil, errors.argument("parameter '%s' must be a whole number, LatestPublished or LatestRevision", name)
end

-- The service refuses an empty message; leaving it out is how to give none.
local commit_message = { "commit_message", "CommitMessage", values.text, nonempty = true }
local author_sid = { "author_sid", "AuthorSid", sid "US" }

local steps = {
  name = "step", path = "Steps", key = "steps", id = sid "FT",
  list = {},
  member = {
    fetch = {},
    children = {
      step_context = { name = "step_context", path = "Context", fetch = {} },
    },
  },
}

local executions = {
  name = "execution", path = "Executions", key = "executions", id = sid "FN",
  create = {
    { "to", "To", values.text, required = true },
    { "from", "From", values.text, required = true },
    { "parameters", "Parameters", values.json },
  },
  list = {
    { "status", "status", execution_status }, -- lower case on the wire, unlike all others
    { "date_created_from", "DateCreatedFrom", values.datetime },
    { "date_created_to", "DateCreatedTo", values.datetime },
  },
  member = {
    fetch = {},
    update = {
      { "status", "Status", execution_status, required = true },
    },
    delete = {},
    children = {
      execution_context = { name = "execution_context", path = "Context", fetch = {} },
      steps = steps,
    },
  },
}

return {
  service = "studio", path = "/v2",
  collections = {
    flows = {
      name = "flow", path = "Flows", key = "flows", id = sid "FW",
      create = {
        { "friendly_name", "FriendlyName", values.text, required = true },
        { "status", "Status", flow_status, required = true },
        { "definition", "Definition", values.json, required = true },
        commit_message,
        author_sid,
      },
      validate = {
        path = "Validate",
        { "friendly_name", "FriendlyName", values.text, required = true },
        { "status", "Status", flow_status, required = true },
        { "definition", "Definition", values.json, required = true },
        commit_message,
      },
      list = {},
      member = {
        fetch = {},
        update = {
          { "status", "Status", flow_status, required = true },
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
          executions = executions,
        },
      },
    },
  },
}
