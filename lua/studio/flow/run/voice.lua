--- Widgets that speak on a call and listen to it.
-- @module studio.flow.run.voice

local tree = require "studio.flow.run.tree"

local voice = {}

-- What speech recognition says of a word it is sure of.
local confidence = "0.9"

-- Of TwiML's <Gather>, which the widget becomes.
local default_finish_key = "#"

--- What the service says of a call in the data of each of its widgets.
-- @tparam table machine
-- @tparam[opt] table more what this widget has beside it
function voice.call_parameters(machine, more)
  return tree.with(machine.call or {}, more or {})
end

local function prompt(machine, kinds)
  for _, kind in ipairs(kinds) do
    local text = machine:text(kind)
    if text ~= "" then return machine:output(kind, { text = text }) end
  end
end

--- say-play
function voice.say(machine, state, outcome)
  prompt(machine, { "say", "play", "digits" })
  return outcome and outcome.event or state.widget.event, outcome and outcome.data
end

--- fork-stream
function voice.stream(machine, state, outcome)
  machine:output("stream", {
    text = machine:text "stream_action", to = machine:text(machine:text "stream_url" ~= "" and "stream_url" or "stream_connector"),
  })
  return outcome and outcome.event or state.widget.event, outcome and outcome.data
end

-- What counts of the keys that were pressed: the key that ends the input is no part of it, and no more than are due are taken.
local function input_of(machine, digits)
  local given = machine.frame.state.properties.finish_on_key
  local finish, most = given == nil and default_finish_key or machine:render(given), machine:number "number_of_digits"
  local last = finish ~= "" and digits:find(finish, 1, true)
  if last then digits = digits:sub(1, last - 1) end
  return most and most >= 1 and digits:sub(1, math.min(#digits, math.floor(most))) or digits
end

--- gather-input-on-call
function voice.gather(machine, _, outcome)
  prompt(machine, { "say", "play" })
  if outcome then return outcome.event, voice.call_parameters(machine, outcome.data) end
  machine:await {
    timeout = machine:number "timeout", left = voice.call_parameters(machine), call = true,
    digits = function(digits)
      machine:complete("keypress", voice.call_parameters(machine, { Digits = input_of(machine, digits) }))
    end,
    speech = function(text)
      machine:complete("speech", voice.call_parameters(machine, { SpeechResult = text, Confidence = confidence }))
    end,
    outcome = function(event, data)
      machine:complete(event, voice.call_parameters(machine, data))
    end,
  }
end

return voice
