--- Widgets that send messages.
local property = require "studio.flow.widgets.property"
local text, word, sid = property.text, property.word, property.sid

-- What both widgets know, `to` and the waiting excepted.
local function message(more)
  local properties = {
    text("from", { needed = "error" }), text "body", sid("service", { "IS", "MG" }), sid("channel", { "CH" }),
    text("attributes", { json = true }), text "media_url",
    word("message_type", { "custom", "content_template" }, { default = "custom" }), sid("content_sid", "HX"),
    property.pairs "content_variables", property.boolean "shorten_urls",
  }
  for _, row in ipairs(more) do properties[#properties + 1] = row end
  return properties
end

local captions = { messaging_service_sid = "service", chat_channel_sid = "channel" }

-- The fields of a message that went out.
local outbound = {
  "outbound.Sid", "outbound.Status", "outbound.Body", "outbound.From", "outbound.To", "outbound.Direction", "outbound.NumMedia",
  "outbound.NumSegments", "outbound.Price", "outbound.PriceUnit", "outbound.ErrorCode", "outbound.ErrorMessage",
  "outbound.MessagingServiceSid", "outbound.AccountSid", "outbound.*",
}

local function and_inbound()
  local keys = { "inbound.Body", "inbound.From", "inbound.To", "inbound.MessageSid", "inbound.*" }
  for _, key in ipairs(outbound) do keys[#keys + 1] = key end
  return keys
end

return {
  {
    type = "send-message", group = "message", happens = "send", event = "sent", failure = "failed",
    events = { "sent", "failed" },
    properties = message { text("to", { needed = "warning" }) },
    captions = captions,
    leaves = { ["*"] = outbound },
  },
  {
    type = "send-and-wait-for-reply", group = "message", happens = "reply", event = "incomingMessage", failure = "deliveryFailure",
    waits = true,
    events = { "incomingMessage", "timeout", "deliveryFailure" },
    -- Replies over a Conversation.
    more_events = { "incomingConversationMessage" },
    properties = message { property.number("timeout", { default = "3600" }), text "save_response_as" },
    captions = captions,
    leaves = { incomingMessage = and_inbound(), ["*"] = outbound },
  },
}
