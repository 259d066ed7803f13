--- Widgets that ask programs and other products.
local property = require "studio.flow.widgets.property"
local text, word, sid, number, list = property.text, property.word, property.sid, property.number, property.list

return {
  {
    type = "run-function", group = "code", happens = "request", event = "success", failure = "fail",
    events = { "success", "fail" },
    properties = {
      text("url", { needed = "error" }), sid("service_sid", "ZS", { also = { "default" } }), sid("environment_sid", "ZE"),
      sid("function_sid", { "ZH", "ZN" }), property.pairs "parameters",
    },
    leaves = { ["*"] = { "body", "content_type", "status_code", "parsed", "headers" } },
  },
  {
    type = "make-http-request", group = "code", happens = "request", event = "success", failure = "failed",
    events = { "success", "failed" },
    properties = {
      text("url", { needed = "error" }), word("method", { "GET", "POST" }, { needed = "warning" }), text "content_type", text "body",
      property.pairs "parameters", property.boolean "add_twilio_auth",
    },
    captions = { send_twilio_credentials = "add_twilio_auth" },
    leaves = { ["*"] = { "body", "content_type", "status_code", "parsed" } },
  },
  {
    type = "add-twiml-redirect", group = "code", happens = "redirect", event = "return", failure = "fail",
    events = { "return", "timeout", "fail" },
    properties = {
      text("url", { needed = "error" }), word("method", { "POST", "GET" }, { default = "POST" }),
      number("timeout", { min = 0, max = 14400, default = "14400" }),
    },
    captions = { url_method = "method" },
    -- Every parameter of the URL that leads back.
    leaves = { ["return"] = { "*" } },
  },
  {
    type = "send-to-flex", group = "product", happens = "outcome", event = "callComplete", failure = "failedToEnqueue", waits = true,
    events = { "callComplete", "failedToEnqueue", "callFailure" },
    more_events = { "composerStarted", "created" },
    properties = {
      sid("workflow", "WW", { needed = "error" }), sid("channel", "TC", { needed = "error" }),
      text("attributes", { json = true, longest = 1024 }), text "priority", text "timeout", text "waitUrl",
      word("waitUrlMethod", { "GET", "POST" }), text "from",
    },
    captions = { hold_music_url = "waitUrl", wait_url = "waitUrl", wait_url_method = "waitUrlMethod" },
    leaves = { ["*"] = { "sid", "attributes", "task_queue_sid", "workspace_sid", "routing", "QueueResult", "*" } },
  },
  {
    type = "start-conversation", group = "product", happens = "outcome", event = "created", failure = "failed", under = "request",
    events = { "created", "failed" },
    properties = {
      sid("conversation_service_sid", "IS", { needed = "error", also = { "default" } }),
      list("participants", {
        needed = "error",
        items = {
          word("type", { "messaging", "chat", "sms" }, { needed = "error" }), text "messaging_binding_address",
          text "messaging_binding_proxy_address", text "identity",
        },
      }),
      text "timers_closed", text "timers_inactive", property.boolean "close_conversation_on_execution_end", text "friendly_name",
      text("attributes", { json = true }), sid("messaging_service_sid", "MG"),
    },
    leaves = { created = { "conversation", "webhook_sid" }, failed = {} },
  },
  {
    type = "resume-conversation", group = "product", happens = "outcome", event = "resumed", failure = "failed", under = "request",
    events = { "resumed", "failed" },
    properties = {
      sid("conversation_service_sid", "IS", { needed = "error", also = { "default" } }), sid("conversation_sid", "CH"),
      list "webhook_filters", text("attributes", { json = true }),
    },
    leaves = { resumed = { "conversation", "webhook_sid" }, failed = {} },
  },
}
