--- What a run begins with: the context of its trigger.
-- @module studio.flow.run.start

local clock = require "studio.flow.run.clock"
local tree = require "studio.flow.run.tree"

local start = {}

-- In JSON text in data of a trigger; in those of a reply it stays text.
local parsed_fields = { ChannelAttributes = true, AddOns = true }

local function message(given, machine)
  local sid = machine.next_sid "SM"
  return given.from, given.to, "message", {
    MessageSid = sid, SmsSid = sid, SmsMessageSid = sid, AccountSid = machine.account_sid, ApiVersion = "2010-04-01", From = given.from,
    To = given.to, Body = given.body, NumMedia = "0", NumSegments = "1", SmsStatus = "received",
  }
end

local function call(given, machine)
  local parameters = {
    CallSid = machine.next_sid "CA", AccountSid = machine.account_sid, ApiVersion = "2010-04-01", CallStatus = "ringing",
    Direction = "inbound", From = given.from, To = given.to, Caller = given.from, Called = given.to,
  }
  return given.from, given.to, "call", parameters
end

local function conversation(given, machine)
  local sid = machine.next_sid "CH"
  return given.from, given.to, "conversation", {
    ConversationSid = sid, ChannelSid = sid, MessageSid = machine.next_sid "IM", Author = given.from, From = given.from,
    Body = given.body, AccountSid = machine.account_sid, Source = "SMS", ParticipantSid = machine.next_sid "MB", Index = "0",
    DateCreated = clock.iso(machine.now), MessagingServiceSid = machine.next_sid "MG",
  }
end

-- Of a start over REST `from` is Twilio's side, `to` the contact.
local function request(given)
  return given.to, given.from, "request", { from = given.from, to = given.to, parameters = given.parameters }
end

local function parent(given, machine)
  return given.from, given.to, "parent", {
    parameters = given.parameters, step_sid = machine.next_sid "FT", execution_sid = machine.run.sid, flow_sid = machine.next_sid "FW",
    trigger_type = "incomingRequest",
  }
end

local triggers = {
  incomingMessage = message, incomingCall = call, incomingConversationMessage = conversation, incomingRequest = request,
  incomingParent = parent,
}

--- The names of the triggers there are.
start.triggers = triggers

local longest_pair = 300

--- Are the two sides of a start over REST longer than the service takes? It refuses with 81023 then.
-- @tparam string to
-- @tparam string from
-- @treturn boolean
function start.is_too_long(to, from)
  return #to + #from > longest_pair
end

--- Why it refuses.
start.too_long = ("To and From must have at most %d bytes together"):format(longest_pair)

local function with_parsed(data, codec)
  local parsed = {}
  for name in pairs(parsed_fields) do
    local value = type(data[name]) == "string" and codec.decode(data[name])
    if type(value) == "table" then parsed[name] = value end
  end
  return next(parsed) ~= nil and tree.with(data, parsed) or data
end

--- The context that a flow starts with.
-- @tparam table machine with `run`, `codec`, `next_sid`, `account_sid`
-- @tparam table given `trigger`, `from`, `to`, `body`, `parameters`, `data`
-- @treturn table
function start.context(machine, given)
  local contact, twilio, kind, data = triggers[given.trigger](given, machine)
  data = with_parsed(tree.with(data, given.data or {}), machine.codec)
  if kind == "call" then machine.call = tree.with(data, { CallStatus = "in-progress" }) end
  -- Of a conversation Twilio's side is the conversation itself.
  if kind == "conversation" then twilio = data.ConversationSid end
  return {
    flow = {
      sid = machine.run.sid, flow_sid = machine.run.flow_sid, channel = { address = twilio },
      data = kind == "request" and given.parameters or {}, variables = {},
      add_ons = type(data.AddOns) == "table" and data.AddOns or nil,
    },
    contact = { channel = { address = contact } },
    trigger = { [kind] = data },
  }
end

return start
