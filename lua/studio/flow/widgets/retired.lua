--- Types of products that are no more, and one whose properties are not documented. Their events are known for Autopilot alone.
local property = require "studio.flow.widgets.property"

local function gone(type_name, why)
  return {
    type = type_name, group = "product", happens = "outcome", waits = true, retired = why, properties = {},
    leaves = { ["*"] = { "*" } },
  }
end

return {
  gone("add-member-to-chat-channel", "its product, Programmable Chat, has ended"),
  gone("create-chat-channel", "its product, Programmable Chat, has ended"),
  gone("create-task", "it is retired: use send-to-flex"),
  gone("understand", "its product, Understand, has ended"),
  gone("update-sync-object", "it is retired: use make-http-request or run-function"),
  -- Listed in newer copies of the schema, and documented nowhere.
  gone("run-function-v2", nil),
  {
    type = "send-to-auto-pilot", group = "product", happens = "outcome", event = "sessionEnded", failure = "failure", waits = true,
    retired = "its product, Autopilot, has ended",
    events = { "sessionEnded", "failure", "timeout" },
    properties = {
      property.sid("autopilot_assistant_sid", "UA"), property.text "body", property.text "from", property.integer "timeout",
    },
    leaves = { ["*"] = { "*" } },
  },
}
