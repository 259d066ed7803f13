--- Studio API v1, as its reference page tells it: Flows (read and delete), Engagements and Executions with their Steps and contexts.
--
-- A declaration has `doc`; `fields` (name → type of what an answer holds: string, integer, boolean, datetime, strings, table, any) and
-- `columns` (those that a list shows first); the operations `create`, `validate`, `list` with their parameters; and what names a member:
-- `id`, a type, and `id_field`. A parameter is a row: name in Lua, name on the wire, type, rules, doc. A member, and a thing of which
-- there is one only, has its operations and, in `children`, what lies below it.
local executions = require "studio.api.executions"
local types = require "studio.api.types"

local sid = types.sid

local engagements = {
  name = "engagement", path = "Engagements", key = "engagements", id = sid "FN",
  doc = "Runs of the flow, under the name that v1 gave them first. Executions are the same under the newer name, with filters.",
  fields = executions.fields(), columns = { "sid", "status", "contact_channel_address", "date_created" },
  create = executions.start,
  list = {},
  member = {
    fetch = {},
    delete = {},
    children = {
      engagement_context = executions.context("engagement_context", "engagement_sid"),
      steps = executions.steps "engagement_sid",
    },
  },
}

return {
  flows = {
    key = "flows", id = sid "FW",
    doc = "The account's flows. v2 of the API gives their definitions, too, and creates and changes them.",
    fields = {
      sid = "string", account_sid = "string", friendly_name = "string", status = "string", version = "integer",
      date_created = "datetime", date_updated = "datetime", url = "string", links = "table",
    },
    columns = { "sid", "friendly_name", "status", "version" },
    list = {},
    member = {
      fetch = {},
      delete = {},
      children = {
        engagements = engagements,
        executions = executions.collection({ executions.created_from, executions.created_to }, executions.fields()),
      },
    },
  },
}
