--- Widgets that send messages.
-- @module studio.flow.run.messages

local tree = require "studio.flow.run.tree"

local messages = {}

local function text_or(machine, name, default)
  local text = machine:text(name)
  return text ~= "" and text or default
end

-- What the contact sees of a message: its text, or what stands for one that has none.
local function shown(message)
  return message.text ~= "" and message.text or message.media_url or message.content_sid or ""
end

local function compose(machine)
  local context = machine.frame.context
  local message = {
    text = machine:text "body", from = text_or(machine, "from", context.flow.channel.address),
    to = text_or(machine, "to", context.contact.channel.address), media_url = text_or(machine, "media_url"),
  }
  if machine:text "message_type" == "content_template" then
    message.content_sid = text_or(machine, "content_sid")
    for _, pair in ipairs(machine:pairs "content_variables") do
      message.content_variables = message.content_variables or {}
      message.content_variables[pair.key] = pair.value
    end
  end
  return message
end

-- The Message resource, in the spelling of contexts: every value a text, or null where the service does not know it yet.
local function outbound(machine, message, status)
  local service, null = machine:text "service", machine.codec.null
  return {
    Sid = machine.next_sid(message.media_url and "MM" or "SM"), AccountSid = machine.account_sid, Status = status, Body = message.text,
    From = message.from, To = message.to, Direction = "outbound-api", NumMedia = message.media_url and "1" or "0", NumSegments = "1",
    Price = null, PriceUnit = "USD", ErrorCode = null, ErrorMessage = null,
    MessagingServiceSid = service:find "^MG" and service or null,
  }
end

-- Sends the message of a widget.
-- @treturn table what it leaves
-- @treturn boolean whether it was sent
local function send(machine, outcome, failure)
  local message = compose(machine)
  local empty = message.text == "" and not message.media_url and not message.content_sid
  if empty then
    machine:problem(81011, "the message has no body, no media and no template")
  end
  local fails = empty or (outcome and outcome.event == failure)
  local left = { outbound = outbound(machine, message, fails and "failed" or "sent") }
  if not fails then
    message.text = shown(message)
    machine:output("message", message)
  end
  return left, not fails
end

--- send-message
function messages.send(machine, state, outcome)
  local left, sent = send(machine, outcome, state.widget.failure)
  if outcome then return outcome.event, tree.with(left, outcome.data or {}) end
  return sent and "sent" or "failed", left
end

-- The webhook of a message from the contact: every value a text.
local function inbound(machine, state, content)
  local context = machine.frame.context
  local webhook = {
    MessageSid = machine.next_sid(content.MediaUrl0 and "MM" or "SM"), AccountSid = machine.account_sid, ApiVersion = "2010-04-01",
    From = context.contact.channel.address, To = context.flow.channel.address, Body = "", NumMedia = "0", NumSegments = "1",
    SmsStatus = "received",
  }
  webhook.SmsMessageSid, webhook.SmsSid = webhook.MessageSid, webhook.MessageSid
  -- A reply over a Conversation has an event of its own, where the widget lists it.
  local event = "incomingMessage"
  if machine.trigger == "incomingConversationMessage" then
    machine:merge_trigger("conversation", content)
    if state.by_event.incomingConversationMessage then event = "incomingConversationMessage" end
  end
  return event, { inbound = tree.with(webhook, content) }
end

local replies = { incomingMessage = true, incomingConversationMessage = true }

--- send-and-wait-for-reply
function messages.ask(machine, state, outcome)
  local left, sent = send(machine, outcome, state.widget.failure)
  if not sent then return state.widget.failure, tree.with(left, outcome and outcome.data or {}) end
  machine:leave(left)
  if outcome and replies[outcome.event] then return inbound(machine, state, outcome.data or {}) end
  if outcome then return outcome.event, outcome.data end
  machine:await {
    timeout = machine:number "timeout",
    reply = function(content) machine:complete(inbound(machine, state, content)) end,
    outcome = function(event, data) machine:complete(event, data) end,
  }
end

return messages
