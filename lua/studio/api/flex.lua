--- Flex API v1 FlexFlows, as their reference page tells it.
-- A row: name in Lua, name on the wire, type, rules.
local types = require "studio.api.types"

local sid, enum = types.sid, types.enum

-- Creating needs the first three; updating needs none.
local function fields(required)
  return {
    { "friendly_name", "FriendlyName", types.text, required = required, nonempty = true },
    { "chat_service_sid", "ChatServiceSid", sid "IS", required = required },
    { "channel_type", "ChannelType", enum("web", "sms", "facebook", "whatsapp", "line", "custom"), required = required },
    { "contact_identity", "ContactIdentity", types.text },
    { "enabled", "Enabled", types.boolean },
    { "integration_type", "IntegrationType", enum("studio", "external", "task") },
    { "integration", "Integration", {
      { "flow_sid", "Integration.FlowSid", sid "FW" },
      { "url", "Integration.Url", types.text, nonempty = true },
      { "workspace_sid", "Integration.WorkspaceSid", sid "WS" },
      { "workflow_sid", "Integration.WorkflowSid", sid "WW" },
      { "channel", "Integration.Channel", types.text, nonempty = true },
      { "timeout", "Integration.Timeout", types.integer, min = 0 },
      { "priority", "Integration.Priority", types.integer, min = 0 },
      { "creation_on_message", "Integration.CreationOnMessage", types.boolean },
      { "retry_count", "Integration.RetryCount", types.integer, min = 0, max = 3 },
    } },
    { "long_lived", "LongLived", types.boolean },
    { "janitor_enabled", "JanitorEnabled", types.boolean },
  }
end

return {
  flex_flows = {
    key = "flex_flows", id = sid "FO",
    create = fields(true),
    list = {
      { "friendly_name", "FriendlyName", types.text, nonempty = true },
    },
    member = {
      fetch = {},
      update = fields(false),
      delete = {},
    },
  },
}
