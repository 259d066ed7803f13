--- For a service that shows its flows and runs on a page, such as the local one.
-- @module studio.flow.showing

local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local diff = require "studio.flow.diff"
local picture = require "studio.flow.page.picture"
local steps = require "studio.flow.page.steps"
local transcript = require "studio.flow.transcript"

local showing = {
  --- What a canvas shows: `showing.picture(definition, changes)`.
  picture = picture.of,
  --- Steps, from one of a number on: `showing.steps(list, from)`.
  steps = steps.write,
  --- As `flow.diff`.
  diff = diff,
  --- As `flow.transcript`.
  transcript = transcript.write,
}

local writers = {
  output = function(entry)
    local output = entry.output
    return { kind = "output", output = output.kind, widget = output.widget, text = output.text, to = output.to, from = output.from }
  end,
  request = function(entry)
    local answer = entry.answer
    return {
      kind = "request", text = ("%s %s"):format(entry.request.method, entry.request.url),
      answer = answer and (answer.error and ascii.text(answer.error) or ascii.text(answer.status or 200)) or nil,
    }
  end,
  event = function(entry) return { kind = "event", text = entry.name, ordered = entry.ordered } end,
  pass = function(entry) return { kind = "pass", seconds = entry.seconds } end,
  ["end"] = function() return nil end,
}

local function plain(entry)
  return { kind = entry.kind, text = entry.text }
end

--- What came and went in a run, in order.
-- @tparam table run
-- @tparam integer from the number of the first entry
-- @treturn table for JSON
-- @treturn integer how many entries there are in all
function showing.history(run, from)
  local history, written = getmetatable(run).machine.history, {}
  for number = from, #history do
    local entry = history[number]
    written[#written + 1] = (writers[entry.kind] or plain)(entry)
  end
  return codec.array(written), #history
end

--- What a run takes now.
-- @tparam table run
-- @treturn table `message`, `digits`, `speech` and `hangup`, each true where that would be taken
function showing.takes(run)
  local wait = getmetatable(run).machine.wait or {}
  return {
    message = wait.reply ~= nil, digits = wait.digits ~= nil, speech = wait.speech ~= nil, hangup = wait.call and true or false,
  }
end

return showing
