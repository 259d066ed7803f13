--- Declarations that v1 and v2 of the Studio API share: the parameters that start a Flow for a contact, the Steps that it went through,
-- the Executions themselves. See `studio.api.v1` for what a declaration has.
local types = require "studio.api.types"

local sid, enum = types.sid, types.enum

local executions = {}

executions.status = enum("active", "ended")

--- To start an Engagement or an Execution.
executions.start = {
  { "to", "To", types.text, required = true, doc = "The contact: a telephone number in E.164 form, or another address of its channel." },
  { "from", "From", types.text, required = true, doc = "The account's own number or address, or a Messaging Service SID for SMS." },
  { "parameters", "Parameters", types.json, doc = "What the flow reads as `flow.data`: a table, or JSON as a string." },
}

--- The filters by date of a list of Executions.
executions.created_from = {
  "date_created_from", "DateCreatedFrom", types.datetime, doc = "Only those created at or after this moment.",
}
executions.created_to = { "date_created_to", "DateCreatedTo", types.datetime, doc = "Only those created before this moment." }

--- The context of an Engagement or an Execution.
-- @tparam string name `"engagement_context"` or `"execution_context"`
-- @tparam string owner_sid the field that names whose it is
-- @treturn table
function executions.context(name, owner_sid)
  return {
    name = name, path = "Context", doc = "What the flow knows: the values of its widgets, of the trigger and of the contact.",
    fields = { account_sid = "string", context = "any", flow_sid = "string", [owner_sid] = "string", url = "string" },
    columns = { "context" },
    fetch = {},
  }
end

--- The Steps of an Engagement or an Execution.
-- @tparam string owner_sid the field that names whose they are
-- @treturn table
function executions.steps(owner_sid)
  return {
    name = "step", path = "Steps", key = "steps", id = sid "FT",
    doc = "The widgets that a contact went through, the newest first. They are deleted with the Execution, and after 30 days.",
    fields = {
      sid = "string", account_sid = "string", flow_sid = "string", [owner_sid] = "string", parent_step_sid = "string", name = "string",
      context = "any", transitioned_from = "string", transitioned_to = "string", type = "string", date_created = "datetime",
      date_updated = "datetime", url = "string", links = "table",
    },
    columns = { "sid", "name", "transitioned_from", "transitioned_to", "date_created" },
    list = {},
    member = {
      fetch = {},
      children = {
        step_context = {
          name = "step_context", path = "Context", doc = "What the flow knew when the contact left the widget.",
          fields = {
            account_sid = "string", context = "any", flow_sid = "string", [owner_sid] = "string", step_sid = "string", url = "string",
          },
          columns = { "context" },
          fetch = {},
        },
      },
    },
  }
end

--- The fields that Engagements and Executions of all versions have.
-- @treturn table a new one
function executions.fields()
  return {
    sid = "string", account_sid = "string", flow_sid = "string", contact_sid = "string", contact_channel_address = "string",
    context = "any", status = "string", date_created = "datetime", date_updated = "datetime", url = "string", links = "table",
  }
end

--- The collection of Executions.
-- @tparam {table,...} filters rows of the list operation, in which the versions differ
-- @tparam table fields of one record
-- @treturn table
function executions.collection(filters, fields)
  return {
    name = "execution", path = "Executions", key = "executions", id = sid "FN",
    doc = "Runs of the flow, each for one contact, which has at most one that is active. The service deletes them after 30 days.",
    fields = fields, columns = { "sid", "status", "contact_channel_address", "date_created" },
    create = executions.start,
    list = filters,
    member = {
      fetch = {},
      update = {
        { "status", "Status", executions.status, required = true, doc = "`ended` ends it." },
      },
      delete = {},
      children = {
        execution_context = executions.context("execution_context", "execution_sid"),
        steps = executions.steps "execution_sid",
      },
    },
  }
end

return executions
