--- Widgets whose event only the world knows: how a call, a recording, a payment or a conversation with an agent ended.
-- @module studio.flow.run.calls

local ascii = require "studio.base.ascii"
local tree = require "studio.flow.run.tree"
local voice = require "studio.flow.run.voice"

local calls = {}

local statuses = {
  answered = "in-progress", answeredByMachine = "in-progress", busy = "busy", noAnswer = "no-answer", failed = "failed",
  hangup = "completed",
}
local queue_results = { callComplete = "bridged", failedToEnqueue = "error", callFailure = "system-error" }
local payment_results = {
  success = "success", maxFailedAttempts = "too-many-failed-attempts", providerError = "payment-connector-error",
  payInterrupted = "caller-interrupted-with-star", hangup = "caller-hung-up", validationError = "validation-error",
}

local function recording(machine)
  local sid = machine.next_sid "RE"
  return sid, ("https://api.twilio.com/2010-04-01/Accounts/%s/Recordings/%s"):format(machine.account_sid, sid)
end

local function outgoing(machine, event)
  local call = {
    CallSid = machine.next_sid "CA", AccountSid = machine.account_sid, ApiVersion = "2010-04-01", Direction = "outbound-api",
    From = machine:text "from", To = machine:text "to", CallStatus = statuses[event],
  }
  call.Caller, call.Called = call.From, call.To
  if event == "answered" or event == "answeredByMachine" then
    machine.call = tree.with(call, {})
    if event == "answeredByMachine" then
      call.AnsweredBy = "machine_start"
    elseif machine.frame.state.properties.detect_answering_machine == true then
      call.AnsweredBy = "human"
    end
  end
  return call
end

local function queued(machine, event)
  return voice.call_parameters(machine, {
    QueueResult = queue_results[event], QueueSid = machine.next_sid "QU", QueueTime = "0",
  })
end

-- By type: what goes out when the widget begins, and what it leaves for an event unless the program says otherwise.
local kinds = {
  ["connect-call-to"] = {
    output = function(machine)
      local to = machine:text "to"
      return "call", { to = to ~= "" and to or machine:text "sip_endpoint", from = machine:text "caller_id" }
    end,
    leaves = function(machine)
      local left = { DialCallStatus = "completed", DialCallSid = machine.next_sid "CA", DialCallDuration = "0" }
      if machine.frame.state.properties.record == true then left.RecordingUrl = select(2, recording(machine)) end
      return left
    end,
  },
  ["make-outgoing-call-v2"] = {
    output = function(machine) return "call", { to = machine:text "to", from = machine:text "from" } end,
    leaves = outgoing,
  },
  ["record-voicemail"] = {
    leaves = function(machine, event)
      if event ~= "recordingComplete" then return {} end
      local sid, url = recording(machine)
      return voice.call_parameters(machine, {
        RecordingSid = sid, RecordingUrl = url, RecordingDuration = "1", Digits = "hangup",
      })
    end,
  },
  ["record-call"] = {
    leaves = function(machine, event)
      if event ~= "success" then return {} end
      local sid, url = recording(machine)
      return { Sid = sid, Status = "in-progress", Duration = "-1", Uri = url:match "//[^/]*(.*)" .. ".json" }
    end,
  },
  ["enqueue-call"] = {
    output = function(machine)
      local queue = machine:text "queue_name"
      return "queue", { to = queue ~= "" and queue or machine:text "workflow_sid", text = machine:text "task_attributes" }
    end,
    leaves = queued,
  },
  ["capture-payments"] = {
    output = function(machine) return "payment", { text = machine:text "description", amount = machine:text "payment_amount" } end,
    leaves = function(machine, event)
      local left = { Result = payment_results[event] }
      if event == "success" then
        left.PaymentToken, left.ProfileId = machine.next_sid "PT", machine.next_sid "PP"
        left.PaymentConfirmationCode = machine.next_sid "PC"
      end
      return left
    end,
  },
  ["run-conversation-relay"] = {
    output = function(machine) return "agent", { to = machine:text "url", text = machine:text "welcome_greeting" } end,
  },
  ["connect-virtual-agent"] = {
    output = function(machine) return "agent", { to = machine:text "connector" } end,
  },
  ["connect-virtual-agent-v2"] = {
    output = function(machine) return "agent", { to = machine:text "connector_name" } end,
  },
}
kinds["make-outgoing-call-v1"] = kinds["make-outgoing-call-v2"]

-- In words, what a program has to give for a widget that waits for the world.
local function needs(state)
  local events = {}
  for _, event in ipairs(state.widget.events or {}) do events[#events + 1] = '"' .. event .. '"' end
  if #events == 0 then
    for event in pairs(state.by_event) do events[#events + 1] = '"' .. event .. '"' end
    ascii.sort(events)
  end
  return ("an outcome: outcomes[%q], or run:event(name, data), with one of the events %s")
    :format(state.name, #events > 0 and table.concat(events, ", ") or "of the widget")
end

--- Any widget with an outcome.
function calls.outcome(machine, state, outcome)
  local kind = kinds[state.type] or {}
  if kind.output then machine:output(kind.output(machine)) end
  local function left_by(event, data)
    return tree.with(kind.leaves and kind.leaves(machine, event) or {}, data or {})
  end
  if outcome then return outcome.event, left_by(outcome.event, outcome.data) end
  machine:await {
    needs = needs(state), call = state.widget.under == "call" or nil,
    outcome = function(event, data) machine:complete(event, left_by(event, data)) end,
  }
end

--- send-to-flex: the Task is there at once, its end is the widget's event.
function calls.flex(machine, state, outcome)
  local attributes = machine:text "attributes"
  if #attributes > state.widget.property.attributes.longest then
    machine:problem(nil, ("the attributes of the Task have %d characters, of 1024 at most"):format(#attributes))
  end
  machine:output("task", { text = attributes, to = machine:text "workflow", channel = machine:text "channel" })
  if not machine.call then
    machine:leave {
      sid = machine.next_sid "WT", attributes = attributes, workflow_sid = machine:text "workflow",
      task_channel_sid = machine:text "channel", assignment_status = "pending", priority = machine:text "priority",
      task_queue_sid = machine.next_sid "WQ", workspace_sid = machine.next_sid "WS",
    }
  end
  local function left_by(event, data)
    return tree.with(machine.call and queued(machine, event) or {}, data or {})
  end
  if outcome then return outcome.event, left_by(outcome.event, outcome.data) end
  machine:await {
    needs = needs(state), call = machine.call and true,
    outcome = function(event, data) machine:complete(event, left_by(event, data)) end,
  }
end

-- A participant of a conversation as the service lists it.
local function participant(machine, row)
  local read = {}
  for _, name in ipairs { "type", "identity", "messaging_binding_address", "messaging_binding_proxy_address" } do
    local text = machine:render(row[name])
    if text ~= "" then read[name] = text end
  end
  read.sid = machine.next_sid "MB"
  return read
end

--- start-conversation and resume-conversation: they succeed unless the program says otherwise.
function calls.conversation(machine, state, outcome)
  local event = outcome and outcome.event or state.widget.event
  if event ~= state.widget.event then return event, outcome.data end
  local given, list = machine:text "conversation_sid", machine.frame.state.properties.participants
  local conversation = { sid = given ~= "" and given or machine.next_sid "CH", participants = machine.codec.array {} }
  for _, row in ipairs(type(list) == "table" and list or {}) do
    if type(row) == "table" then
      conversation.participants[#conversation.participants + 1] = participant(machine, row)
    end
  end
  machine:output("conversation", { text = machine:text "friendly_name", to = conversation.sid })
  local left = tree.with({ conversation = conversation, webhook_sid = machine.next_sid "WH" }, outcome and outcome.data or {})
  local flow = machine.frame.context.flow
  local channel = tree.with(flow.channel, { conversation = left.conversation, webhook_sid = left.webhook_sid })
  machine:set_context("flow", tree.set(flow, "channel", channel))
  return event, left
end

--- add-twiml-redirect: another program has the call, or the conversation, until it gives it back.
function calls.redirect(machine, _, outcome)
  local url = machine:text "url"
  machine:output("redirect", { to = url, method = machine:text "method" })
  if outcome then return outcome.event, outcome.data end
  if not url:find "^[A-Za-z][0-9A-Za-z+.-]*://[^/%s]" then return "fail" end
  local timeout = machine:number "timeout"
  if timeout == 0 then return "timeout" end
  machine:await {
    timeout = timeout, call = machine.call and true,
    outcome = function(event, data) machine:complete(event, data) end,
  }
end

calls.needs = needs

return calls
