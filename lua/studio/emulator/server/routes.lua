--- The operations of the API, one row each.
-- A row: method, path, what does it, what shows the answer; `key` makes it a list, `ok` is the status of success, `form` and `query`
-- are the parameters.
-- @module studio.emulator.server.routes

local executions = require "studio.emulator.server.executions"
local flex_flows = require "studio.emulator.server.flex_flows"
local flows = require "studio.emulator.server.flows"
local validate = require "studio.emulator.server.validate"
local views = require "studio.emulator.server.views"

local required, one_of, sid, integer = validate.required, validate.one_of, validate.sid, validate.integer
local text, json, boolean = validate.text, validate.json, validate.boolean

local flow_status = one_of("draft", "published")
local execution_status = one_of("active", "ended")

local start = { { "To", required(text) }, { "From", required(text) }, { "Parameters", json } }
local ending = { { "Status", required(execution_status) } }
local new_flow = {
  { "FriendlyName", required(text) }, { "Status", required(flow_status) }, { "Definition", required(json) },
  { "CommitMessage", text }, { "AuthorSid", sid "US" },
}
local changed_flow = {
  { "Status", required(flow_status) }, { "FriendlyName", text }, { "Definition", json },
  { "CommitMessage", text }, { "AuthorSid", sid "US" },
}
local test_users = { { "TestUsers", validate.list_of(text) } }
local span = { { "DateCreatedFrom", validate.date_time }, { "DateCreatedTo", validate.date_time } }
local span_and_status = { span[1], span[2], { "status", execution_status } }
local by_name = { { "FriendlyName", text } }

local function flex_flow_form(must)
  return {
    { "FriendlyName", must(text) }, { "ChatServiceSid", must(sid "IS") },
    { "ChannelType", must(one_of("web", "sms", "facebook", "whatsapp", "line", "custom")) },
    { "ContactIdentity", text }, { "Enabled", boolean }, { "IntegrationType", one_of("studio", "external", "task") },
    { "Integration.FlowSid", sid "FW" }, { "Integration.Url", validate.url }, { "Integration.WorkspaceSid", sid "WS" },
    { "Integration.WorkflowSid", sid "WW" }, { "Integration.Channel", text }, { "Integration.Timeout", integer(0) },
    { "Integration.Priority", integer(0) }, { "Integration.CreationOnMessage", boolean },
    { "Integration.RetryCount", integer(0, 3) }, { "LongLived", boolean }, { "JanitorEnabled", boolean },
  }
end

local new_flex_flow = flex_flow_form(required)
local changed_flex_flow = flex_flow_form(function(rule)
  return rule
end)

local v1_flow, v1_engagement, v1_execution = "/v1/Flows/{Flow}", "/v1/Flows/{Flow}/Engagements/{Execution}",
  "/v1/Flows/{Flow}/Executions/{Execution}"
local v2_flow, v2_execution = "/v2/Flows/{Flow}", "/v2/Flows/{Flow}/Executions/{Execution}"

return {
  -- Studio v1
  { "GET", "/v1/Flows", flows.list, views.v1_flow, key = "flows" },
  { "GET", v1_flow, flows.fetch, views.v1_flow },
  { "DELETE", v1_flow, flows.delete, ok = 204 },
  { "GET", v1_flow .. "/Engagements", executions.list, views.v1_engagement, key = "engagements" },
  { "POST", v1_flow .. "/Engagements", executions.create, views.v1_engagement, form = start },
  { "GET", v1_engagement, executions.fetch, views.v1_engagement },
  { "DELETE", v1_engagement, executions.delete, ok = 204 },
  { "GET", v1_engagement .. "/Context", executions.fetch, views.v1_engagement_context },
  { "GET", v1_engagement .. "/Steps", executions.list_steps, views.v1_step, key = "steps" },
  { "GET", v1_engagement .. "/Steps/{Step}", executions.fetch_step, views.v1_step },
  { "GET", v1_engagement .. "/Steps/{Step}/Context", executions.fetch_step, views.v1_step_context },
  { "GET", v1_flow .. "/Executions", executions.list, views.v1_execution, key = "executions", query = span },
  { "POST", v1_flow .. "/Executions", executions.create, views.v1_execution, form = start },
  { "GET", v1_execution, executions.fetch, views.v1_execution },
  { "POST", v1_execution, executions.update, views.v1_execution, form = ending },
  { "DELETE", v1_execution, executions.delete, ok = 204 },
  { "GET", v1_execution .. "/Context", executions.fetch, views.v1_execution_context },
  { "GET", v1_execution .. "/Steps", executions.list_steps, views.v1_execution_step, key = "steps" },
  { "GET", v1_execution .. "/Steps/{Step}", executions.fetch_step, views.v1_execution_step },
  { "GET", v1_execution .. "/Steps/{Step}/Context", executions.fetch_step, views.v1_execution_step_context },

  -- Studio v2
  { "GET", "/v2/Flows", flows.list, views.v2_flow_in_list, key = "flows" },
  { "POST", "/v2/Flows", flows.create, views.v2_flow, ok = 201, form = new_flow },
  { "GET", v2_flow, flows.fetch, views.v2_flow },
  { "POST", v2_flow, flows.update, views.v2_flow, form = changed_flow },
  { "DELETE", v2_flow, flows.delete, ok = 204 },
  { "POST", "/v2/Flows/Validate", flows.validate, views.v2_validation, form = new_flow },
  { "GET", v2_flow .. "/Revisions", flows.list_revisions, views.v2_revision_in_list, key = "revisions" },
  { "GET", v2_flow .. "/Revisions/{Revision}", flows.fetch_revision, views.v2_revision },
  { "GET", v2_flow .. "/TestUsers", flows.fetch_test_users, views.v2_test_users },
  { "POST", v2_flow .. "/TestUsers", flows.update_test_users, views.v2_test_users, form = test_users },
  { "GET", v2_flow .. "/Executions", executions.list, views.v2_execution, key = "executions", query = span_and_status },
  { "POST", v2_flow .. "/Executions", executions.create, views.v2_execution, ok = 201, form = start },
  { "GET", v2_execution, executions.fetch, views.v2_execution },
  { "POST", v2_execution, executions.update, views.v2_execution, form = ending },
  { "DELETE", v2_execution, executions.delete, ok = 204 },
  { "GET", v2_execution .. "/Context", executions.fetch, views.v2_execution_context },
  { "GET", v2_execution .. "/Steps", executions.list_steps, views.v2_execution_step, key = "steps" },
  { "GET", v2_execution .. "/Steps/{Step}", executions.fetch_step, views.v2_execution_step },
  { "GET", v2_execution .. "/Steps/{Step}/Context", executions.fetch_step, views.v2_execution_step_context },

  -- Flex v1
  { "GET", "/v1/FlexFlows", flex_flows.list, views.flex_flow, key = "flex_flows", query = by_name },
  { "POST", "/v1/FlexFlows", flex_flows.create, views.flex_flow, ok = 201, form = new_flex_flow },
  { "GET", "/v1/FlexFlows/{FlexFlow}", flex_flows.fetch, views.flex_flow },
  { "POST", "/v1/FlexFlows/{FlexFlow}", flex_flows.update, views.flex_flow, form = changed_flex_flow },
  { "DELETE", "/v1/FlexFlows/{FlexFlow}", flex_flows.delete, ok = 204 },
}
