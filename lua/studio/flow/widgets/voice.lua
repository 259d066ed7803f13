--- Widgets of a phone call.
local property = require "studio.flow.widgets.property"
local text, integer, boolean, word, sid, number, list =
  property.text, property.integer, property.boolean, property.word, property.sid, property.number, property.list

local finish_key = { pattern = "^[0-9#*]?$", means = "one of 0-9, # and *, or nothing" }

-- The documentation has the first two, public definitions the others as well.
local trim = word("trim", { "trim-silence", "do-not-trim", "true", "false" })
local channels = word("recording_channels", { "mono", "dual" })
local method_words = { "GET", "POST" }

-- The four endings of an outgoing call, and what it leaves whichever it is.
local call = { "CallSid", "CallStatus", "AnsweredBy", "MachineDetectionDuration", "From", "To", "*" }

return {
  {
    type = "say-play", group = "voice", happens = "at_once", event = "audioComplete", under = "call",
    events = { "audioComplete" },
    one_of = { "say", "play", "digits" },
    properties = {
      text "say", text "play", text "digits", text "voice", text "language", integer("loop", { min = 1, max = 99 }),
    },
    leaves = {},
  },
  {
    type = "gather-input-on-call", group = "voice", happens = "input", failure = "timeout", waits = true, under = "call",
    events = { "keypress", "speech", "timeout" },
    properties = {
      text "say", text "play", text "voice", text "language", integer("loop", { min = 1, max = 99 }),
      integer("timeout", { min = 0, max = 30, default = 5 }), boolean "stop_gather", text("finish_on_key", finish_key),
      integer("number_of_digits", { min = 0, max = 30 }), text "gather_language", text "hints",
      text("speech_timeout", { number = true, also = { "auto" } }), text "speech_model",
      word("profanity_filter", { "true", "false" }), text "save_response_as",
    },
    captions = { num_digits = "number_of_digits", speech_recognition_language = "gather_language" },
    leaves = {
      keypress = { "Digits", "*" },
      speech = { "SpeechResult", "Confidence", "*" },
      timeout = { "*" },
    },
  },
  {
    type = "connect-call-to", group = "voice", happens = "outcome", event = "callCompleted", failure = "hangup", waits = true,
    under = "call",
    events = { "callCompleted", "hangup" },
    properties = {
      word("noun", { "number", "number-multi", "client", "conference", "sim", "sip" }, { needed = "warning" }),
      text("caller_id", { needed = "error" }), text "to", text "sip_endpoint", text "sip_username", text "sip_password",
      boolean "record", integer("timeout", { min = 1, max = 600 }), text("time_limit", { number = true }),
    },
    leaves = { ["*"] = { "DialCallStatus", "DialCallSid", "DialCallDuration", "RecordingUrl" } },
  },
  {
    type = "make-outgoing-call-v2", group = "voice", happens = "outcome", event = "answered", failure = "failed", waits = true,
    events = { "answered", "busy", "noAnswer", "failed" },
    properties = {
      text("from", { needed = "error" }), text("to", { needed = "error" }), boolean "record", channels,
      text "recording_status_callback", trim, boolean "detect_answering_machine",
      word("machine_detection", { "Enable", "DetectMessageEnd" }),
      number("machine_detection_timeout", { min = 3, max = 120 }),
      number("machine_detection_speech_threshold", { min = 1000, max = 6000 }),
      number("machine_detection_speech_end_threshold", { min = 500, max = 5000 }),
      number("machine_detection_silence_timeout", { min = 2000, max = 10000 }),
      text("send_digits", { longest = 32, pattern = "^[0-9A-DwW#*]*$", means = "of 0-9, A-D, w, W, # and *" }),
      integer("timeout", { min = 0, max = 600, default = 60 }), text "sip_auth_username", text "sip_auth_password",
    },
    leaves = { ["*"] = call },
  },
  {
    type = "make-outgoing-call-v1", group = "voice", happens = "outcome", event = "answered", failure = "failed", waits = true,
    events = { "answered", "busy", "noAnswer", "failed", "answeredByMachine", "hangup" },
    properties = {
      text("from", { needed = "warning" }), text("to", { needed = "warning" }), boolean "record",
      integer("timeout", { min = 0, max = 600, default = 60 }),
    },
    leaves = { ["*"] = call },
  },
  {
    type = "record-voicemail", group = "voice", happens = "outcome", event = "recordingComplete", failure = "noAudio", waits = true,
    under = "call",
    events = { "recordingComplete", "noAudio", "hangup" },
    properties = {
      integer("timeout", { min = 0, default = 5 }), text("finish_on_key", finish_key),
      integer("max_length", { min = 1, max = 14400, default = 3600 }), boolean "transcribe", text "transcription_callback_url",
      trim, word("play_beep", { "true", "false" }), text "recording_status_callback_url",
    },
    captions = { silence_timeout = "timeout" },
    leaves = { recordingComplete = { "RecordingUrl", "RecordingSid", "RecordingDuration", "Digits", "CallStatus", "*" }, noAudio = {} },
  },
  {
    type = "record-call", group = "voice", happens = "outcome", event = "success", failure = "failed", under = "call",
    events = { "success", "failed" },
    properties = {
      boolean("record_call", { needed = "error" }), text "recording_status_callback",
      word("recording_status_callback_method", method_words),
      text("recording_status_callback_events", { each = { "in-progress", "completed", "absent" } }), channels, trim,
    },
    captions = { recording_status_events = "recording_status_callback_events" },
    leaves = { success = { "Sid", "Status", "Duration", "Uri", "*" }, failed = {} },
  },
  {
    type = "enqueue-call", group = "voice", happens = "outcome", event = "callComplete", failure = "failedToEnqueue", waits = true,
    under = "call",
    events = { "callComplete", "failedToEnqueue", "callFailure" },
    one_of = { "workflow_sid", "queue_name" },
    properties = {
      sid("workflow_sid", "WW"), text "queue_name", integer "priority", integer "timeout",
      text("task_attributes", { json = true, longest = 1024 }), text "wait_url", word("wait_url_method", method_words),
    },
    captions = { hold_music_url = "wait_url" },
    leaves = { ["*"] = { "QueueResult", "QueueSid", "QueueTime", "*" } },
  },
  {
    type = "capture-payments", group = "voice", happens = "outcome", event = "success", failure = "providerError", waits = true,
    under = "call",
    events = { "success", "maxFailedAttempts", "providerError", "payInterrupted", "hangup", "validationError" },
    properties = {
      text "payment_connector", text "payment_amount", text "currency", text "description", text "language",
      word("payment_token_type", { "one-time", "reusable" }), word("payment_method", { "CREDIT_CARD", "ACH_DEBIT" }),
      word("bank_account_type", { "CONSUMER_CHECKING", "CONSUMER_SAVINGS", "COMMERCIAL_CHECKING", "COMMERCIAL_SAVINGS" }),
      boolean "security_code", text "postal_code", integer("timeout", { default = 5 }), integer("max_attempts", { default = 2 }),
      integer "min_postal_code_length",
      -- Both spellings of Mastercard are documented.
      list("valid_card_types", {
        each = { "visa", "master-card", "mastercard", "amex", "maestro", "discover", "optima", "jcb", "diners-club", "enroute" },
      }),
      property.pairs "parameters",
    },
    captions = { charge_amount = "payment_amount" },
    leaves = { ["*"] = { "Result", "PaymentToken", "PaymentConfirmationCode", "ProfileId", "*" } },
  },
  {
    type = "fork-stream", group = "voice", happens = "at_once", event = "next", under = "call",
    events = { "next" },
    properties = {
      word("stream_action", { "start", "stop" }, { needed = "error" }), text "stream_name",
      word("stream_transport_type", { "websocket", "siprec" }),
      text("stream_url", { pattern = "^wss://.*$", means = "a URL that begins with wss://" }), text "stream_connector",
      text "stream_connector_name", word("stream_track", { "inbound_track", "outbound_track", "both_tracks" }),
      property.pairs "stream_parameters",
    },
    captions = { url = "stream_url", stream_type = "stream_transport_type" },
    leaves = {},
  },
}
