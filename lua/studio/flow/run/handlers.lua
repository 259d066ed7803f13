--- Which function runs a widget: by its type, else by its `happens`, see `studio.flow.widgets`.
-- @module studio.flow.run.handlers

local calls = require "studio.flow.run.calls"
local http = require "studio.flow.run.http"
local messages = require "studio.flow.run.messages"
local splits = require "studio.flow.run.splits"
local subflow = require "studio.flow.run.subflow"
local variables = require "studio.flow.run.variables"
local voice = require "studio.flow.run.voice"

return {
  -- A trigger gives an event at the start alone.
  start = function() end,
  -- The event of a type that does nothing else.
  at_once = function(_, state, outcome) return outcome and outcome.event or state.widget.event, outcome and outcome.data end,
  condition = splits.choose,
  send = messages.send,
  reply = messages.ask,
  input = voice.gather,
  subflow = subflow.run,
  redirect = calls.redirect,
  outcome = calls.outcome,

  ["set-variables"] = variables.set,
  ["say-play"] = voice.say,
  ["fork-stream"] = voice.stream,
  ["run-function"] = http.run_function,
  ["make-http-request"] = http.make_request,
  ["send-to-flex"] = calls.flex,
  ["start-conversation"] = calls.conversation,
  ["resume-conversation"] = calls.conversation,
}
