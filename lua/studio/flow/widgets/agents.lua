--- Widgets that hand a call or a conversation to a virtual agent.
local property = require "studio.flow.widgets.property"
local text, word, list = property.text, property.word, property.list

return {
  {
    type = "connect-virtual-agent", group = "voice", happens = "outcome", event = "return", failure = "hangup", waits = true,
    under = "call",
    retired = "it is deprecated: use connect-virtual-agent-v2",
    events = { "hangup", "return" },
    properties = {
      text("connector", { needed = "warning" }), text "language", word("sentiment_analysis", { "true", "false" }),
      text "status_callback",
    },
    leaves = { ["*"] = { "*" } },
  },
  {
    type = "connect-virtual-agent-v2", group = "voice", happens = "outcome", event = "completed", failure = "failed", waits = true,
    events = { "completed", "live-agent-handoff", "hangup", "failed", "paused", "timeout" },
    properties = {
      word("channel", { "voice", "conversations" }), text "connector_name", property.object "connector_details",
      list "configurations", list "parameters", text "status_callback", word("status_callback_method", { "GET", "POST" }),
      property.integer "timeout", text "session_behavior", text "resume_session_identification_method",
      text "resume_session_identification_value", text "resume_session_event_name",
    },
    leaves = { ["*"] = { "*" } },
  },
  {
    type = "run-conversation-relay", group = "voice", happens = "outcome", event = "success", failure = "failed", waits = true,
    under = "call",
    events = { "success", "failed" },
    properties = {
      text("url", { needed = "error", pattern = "^wss://.*$", means = "a URL that begins with wss://" }), text "welcome_greeting",
      text "tts_provider", text "voice", text "language", text "transcription_provider", text "speech_model", text "dtmf_detection",
      word("interruptible", { "true", "false" }), list "parameters",
    },
    leaves = { ["*"] = { "*" } },
  },
}
