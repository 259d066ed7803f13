--- Flows that between them have every type of widget, most of its properties, and all its events.
local states = require "spec.flow.states"

local state, split, flow = states.state, states.split, states.flow
local every = {}

--- Messages, requests, variables, a sub-flow, a Task.
every.messages = flow {
  state("ask", "send-and-wait-for-reply", {
    body = "How many, {{contact.channel.address}}?", from = "{{flow.channel.address}}", timeout = "3600", media_url = "",
    service = "{{trigger.message.InstanceSid}}", attributes = '{"a":1}', message_type = "custom",
  }, { incomingMessage = "count", timeout = "template", deliveryFailure = "count" }),
  state("count", "set-variables", {
    variables = {
      { key = "n", value = "{{flow.variables.n | plus: 1}}", index = "0", type = "string" },
      { key = "all", value = '{"n": {{flow.variables.n | default: 0}}, "list": [1, "a"]}', type = "json_object" },
    },
  }, { next = "which" }),
  split("which", "{{widgets.ask.inbound.Body}}", {
    { "equal_to", "one", "request" }, { "matches_any_of", "two, 2", "function_1" }, { "is_blank", "Is Blank", "ask" },
    { "greater_than", "{{flow.variables.n}}", "sub" }, { "contains", "flex", "task" }, { "regex", "\\d+x", "request" },
  }, "again"),
  split("again", "{{flow.variables.n}}", { { "less_than", "4", "ask" } }, "task"),
  state("request", "make-http-request", {
    method = "POST", url = "https://shop.example/{{flow.variables.n}}", content_type = "application/x-www-form-urlencoded;charset=utf-8",
    body = "a=1", parameters = { { key = "b", value = "{{widgets.ask.inbound.Body}}" } }, add_twilio_auth = false,
  }, { success = "tell", failed = "sub" }),
  state("function_1", "run-function", {
    url = "https://functions.example/f", service_sid = "default", function_sid = "ZH" .. ("0"):rep(32),
    parameters = { { key = "n", value = "{{flow.variables.all | to_json}}" } },
  }, { success = "tell", fail = "template" }),
  state("tell", "send-message", { body = "{{widgets.request.parsed.text}}{{widgets.function_1.body}}", to = "{{contact.channel.address}}" },
    { sent = "ask", failed = "template" }),
  state("template", "send-message", {
    message_type = "content_template", content_sid = "HX" .. ("0"):rep(32), content_variables = { { key = "{{1}}", value = "x" } },
  }, { sent = "sub", failed = "sub" }),
  state("sub", "run-subflow", {
    flow_sid = "FW" .. ("a"):rep(32), flow_revision = "LatestPublished",
    parameters = { { key = "n", value = "{{flow.variables.n}}", type = "string" } },
  }, { completed = "ask", failed = "task" }),
  state("task", "send-to-flex", {
    workflow = "WW" .. ("0"):rep(32), channel = "TC" .. ("0"):rep(32), attributes = '{"name": "{{contact.channel.address}}"}',
      priority = "5",
  }, { callComplete = false, failedToEnqueue = "ask", callFailure = false }),
}

--- A flow to run inside of `messages`.
every.subflow = flow {
  state("sub_ask", "send-and-wait-for-reply", { body = "Sub {{trigger.parent.parameters.n}}?", timeout = "60" },
    { incomingMessage = "sub_set", timeout = "sub_set", deliveryFailure = "sub_set" }),
  state("sub_set", "set-variables", { variables = { { key = "answer", value = "{{widgets.sub_ask.inbound.Body}}" } } }, { next = false }),
}

--- A call with all that calls have.
every.voice = flow {
  state("hello", "say-play", { say = "Hello {{trigger.call.From}}", voice = "alice", language = "en-US", loop = 1 },
    { audioComplete = "menu" }),
  state("menu", "gather-input-on-call", {
    say = "One, two or three?", timeout = 5, finish_on_key = "#", number_of_digits = 1, stop_gather = true, speech_timeout = "auto",
  }, { keypress = "by_key", speech = "by_word", timeout = "record" }),
  split("by_key", "{{widgets.menu.Digits}}", { { "equal_to", "1", "dial" }, { "equal_to", "2", "queue" },
    { "equal_to", "3", "pay" } }, "menu"),
  split("by_word", "{{widgets.menu.SpeechResult}}", {
    { "starts_with", "agent", "agent" }, { "does_not_contain", "redirect", "stream" }, { "is_not_blank", "", "redirect" },
  }, "menu"),
  state("dial", "connect-call-to", { noun = "number", to = "+15550003333", caller_id = "{{contact.channel.address}}",
    record = true, timeout = 30 },
    { callCompleted = "menu", hangup = false }),
  state("queue", "enqueue-call", { queue_name = "support", task_attributes = "{}", priority = 1, timeout = 60 },
    { callComplete = "menu", failedToEnqueue = "record", callFailure = false }),
  state("pay", "capture-payments", { payment_amount = "9.99", currency = "usd", description = "Tea", security_code = true, timeout = 5 },
    { success = "menu", maxFailedAttempts = "menu", providerError = "menu", payInterrupted = "menu", hangup = false,
      validationError = "menu" }),
  state("record", "record-voicemail", { timeout = 5, max_length = 60, finish_on_key = "#", play_beep = "true" },
    { recordingComplete = "record_2", noAudio = "menu", hangup = false }),
  state("record_2", "record-call", { record_call = true }, { success = "stream", failed = "stream" }),
  state("stream", "fork-stream", { stream_action = "start", stream_transport_type = "websocket", stream_url = "wss://s.example/" },
    { next = "agent" }),
  state("agent", "connect-virtual-agent-v2", { channel = "voice", connector_name = "bot", timeout = 30 }, {
    completed = "relay", ["live-agent-handoff"] = "queue", hangup = false, failed = "relay", paused = "relay", timeout = "relay",
  }),
  state("relay", "run-conversation-relay", { url = "wss://r.example/", welcome_greeting = "Hi" }, { success = "old", failed = "old" }),
  state("old", "connect-virtual-agent", { connector = "old" }, { hangup = false, ["return"] = "redirect" }),
  state("redirect", "add-twiml-redirect", { url = "https://twiml.example/", method = "POST", timeout = "60" },
    { ["return"] = "menu", timeout = "task", fail = "task" }),
  state("task", "send-to-flex", { workflow = "WW" .. ("0"):rep(32), channel = "TC" .. ("0"):rep(32), attributes = "{}" },
    { callComplete = false, failedToEnqueue = "menu", callFailure = false }),
}

--- What only starts over REST, and types that are retired or not known.
every.request = flow {
  state("call", "make-outgoing-call-v2", {
    from = "{{flow.channel.address}}", to = "{{contact.channel.address}}", detect_answering_machine = true, timeout = 60,
    machine_detection = "Enable", machine_detection_timeout = "30",
  }, { answered = "say", busy = "call_1", noAnswer = "call_1", failed = "start" }),
  state("call_1", "make-outgoing-call-v1", { from = "{{flow.channel.address}}", to = "{{flow.data.to}}" }, {
    answered = "say", busy = "start", noAnswer = "start", failed = "start", answeredByMachine = "say", hangup = "start",
  }),
  state("say", "say-play", { play = "https://sounds.example/a.mp3" }, { audioComplete = "press" }),
  state("press", "say-play", { digits = "ww12" }, { audioComplete = "start" }),
  state("start", "start-conversation", {
    conversation_service_sid = "IS" .. ("0"):rep(32), friendly_name = "x", timers_closed = "PT1H",
    participants = {
      { type = "messaging", messaging_binding_address = "{{contact.channel.address}}", messaging_binding_proxy_address = "+15550002222" },
      { type = "chat", identity = "agent" },
    },
  }, { created = "resume", failed = "resume" }),
  state("resume", "resume-conversation", { conversation_service_sid = "IS" .. ("0"):rep(32) }, { resumed = "bot", failed = "bot" }),
  state("bot", "send-to-auto-pilot", { autopilot_assistant_sid = "UA" .. ("0"):rep(32) },
    { sessionEnded = "odd", failure = "odd", timeout = "odd" }),
  state("odd", "brand-new-widget", { anything = { 1, 2 } }, { done = "chat", failed = false }),
  state("chat", "create-chat-channel", {}, { success = "function_2", failed = false }),
  state("function_2", "run-function-v2", {}, { success = "split", fail = "split" }),
  split("split", "{{flow.data.when}}", {
    { "is_before_time", "12:30", "call" }, { "is_after_time", "12:30", false }, { "is_before_date", "2026-02-28", false },
    { "is_after_date", "2026-02-28", false }, { "does_not_match_any_of", "a,b", false }, { "not_equal_to", "x", false },
    { "does_not_start_with", "y", false },
  }, false),
}

--- All of them: name, definition, trigger.
every.list = {
  { "messages", every.messages, "incomingMessage" }, { "voice", every.voice, "incomingCall" },
  { "request", every.request, "incomingRequest" }, { "subflow", every.subflow, "incomingParent" },
  { "messages", every.messages, "incomingConversationMessage" },
}

return every
