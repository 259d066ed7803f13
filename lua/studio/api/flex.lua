--- Flex API v1 FlexFlows, as their reference page tells it.
-- A row: name in Lua, name on the wire, type, rules.
local later = require "studio.later"
local values = later "studio.api.types"

local sid, enum = values.sid, values.enum

-- Creating needs the first three; updating needs none.
local function fields(required)
  return {
    { "friendly_name", "FriendlyName", values.text, required = required, nonempty = true },
    { "chat_service_sid", "ChatServiceSid", sid "IS", required = required },
    { "channel_type", "ChannelType", enum("web", "sms", "facebook", "whatsapp", "line", "custom"), required = required },
    { "contact_identity", "ContactIdentity", values.text },
    { "enabled", "Enabled", values.boolean },
    { "integration_type", "IntegrationType", enum("studio", "external", "task") },
    { "integration", "Integration", {
      { "flow_sid", "Integration.FlowSid", sid "FW" },
      { "url", "Integration.Url", values.text, nonempty = true },
      { "workspace_sid", "Integration.WorkspaceSid", sid "WS" },
      { "workflow_sid", "Integration.WorkflowSid", sid "WW" },
      { "channel", "Integration.Channel", values.text, nonempty = true },
      { "timeout", "Integration.Timeout", values.integer, min = 0 },
      { "priority", "Integration.Priority", values.integer, min = 0 },
      { "creation_on_message", "Integration.CreationOnMessage", values.boolean },
      { "retry_count", "Integration.RetryCount", values.integer, min = 0, max = 3 },
    } },
    { "long_lived", "LongLived", values.boolean },
    { "janitor_enabled", "JanitorEnabled", values.boolean },
  }
end

return {
  service = "flex", path = "/v1",
  collections = {
    flex_flows = {
      name = "flex_flow", path = "FlexFlows", key = "flex_flows", id = sid "FO",
      create = fields(true),
      list = {
        { "friendly_name", "FriendlyName", values.text, nonempty = true },
      },
      member = {
        fetch = {},
        update = fields(false),
        delete = {},
      },
    },
  },
}
