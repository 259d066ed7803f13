--- Flex API v1 FlexFlows, as their reference page tells it. See `studio.api.v1` for what a declaration has.
local types = require "studio.api.types"

local sid, enum = types.sid, types.enum

local channels = enum("web", "sms", "facebook", "whatsapp", "line", "custom")
local integrations = enum("studio", "external", "task")

-- Creating needs the first three; updating needs none.
local function parameters(required)
  return {
    { "friendly_name", "FriendlyName", types.text, required = required, nonempty = true, doc = "The name that people see." },
    { "chat_service_sid", "ChatServiceSid", sid "IS", required = required, doc = "The chat service of its conversations." },
    { "channel_type", "ChannelType", channels, required = required, doc = "Where its contacts come from." },
    { "contact_identity", "ContactIdentity", types.text, doc = "The number or address that contacts write to." },
    { "enabled", "Enabled", types.boolean, doc = "Whether it takes contacts." },
    { "integration_type", "IntegrationType", integrations, doc = "Where its messages go." },
    { "integration", "Integration", {
      { "flow_sid", "Integration.FlowSid", sid "FW", doc = "The Studio flow; for `studio`." },
      { "url", "Integration.Url", types.text, nonempty = true, doc = "The webhook; for `external`." },
      { "workspace_sid", "Integration.WorkspaceSid", sid "WS", doc = "The TaskRouter workspace; for `task`." },
      { "workflow_sid", "Integration.WorkflowSid", sid "WW", doc = "The TaskRouter workflow; for `task`." },
      { "channel", "Integration.Channel", types.text, nonempty = true, doc = "The task channel; for `task`, `default` unless given." },
      { "timeout", "Integration.Timeout", types.integer, min = 0, doc = "Seconds; for `task`, 86400 unless given." },
      { "priority", "Integration.Priority", types.integer, min = 0, doc = "For `task`, 0 unless given." },
      { "creation_on_message", "Integration.CreationOnMessage", types.boolean, doc = "Whether to wait for a message of the contact." },
      { "retry_count", "Integration.RetryCount", types.integer, min = 0, max = 3, doc = "For `studio` and `external`, 3 unless given." },
    }, doc = "What the integration needs." },
    { "long_lived", "LongLived", types.boolean, doc = "Whether a contact keeps its conversation." },
    { "janitor_enabled", "JanitorEnabled", types.boolean, doc = "Whether conversations are cleaned up with their tasks." },
  }
end

return {
  flex_flows = {
    key = "flex_flows", id = sid "FO",
    doc = "How contacts of a channel reach Flex. They exist in region us1 only.",
    fields = {
      account_sid = "string", date_created = "datetime", date_updated = "datetime", sid = "string", friendly_name = "string",
      chat_service_sid = "string", channel_type = "string", contact_identity = "string", enabled = "boolean",
      integration_type = "string", integration = "any", long_lived = "boolean", janitor_enabled = "boolean", url = "string",
    },
    columns = { "sid", "friendly_name", "channel_type", "integration_type" },
    create = parameters(true),
    list = {
      { "friendly_name", "FriendlyName", types.text, nonempty = true, doc = "Only those of this name." },
    },
    member = {
      fetch = {},
      update = parameters(false),
      delete = {},
    },
  },
}
