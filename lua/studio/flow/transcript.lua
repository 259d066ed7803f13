--- Writes what a run shows, line by line.
--
-- | line | what it says |
-- |---|---|
-- | `# …` | a comment |
-- | `@ TRIGGER from A to B JSON` | how it starts; the JSON, where there is some, has the parameters, or more fields of the webhook |
-- | `> …` | a message from the contact; after `@` the one that starts it |
-- | `1> …` | digits |
-- | `s> …` | speech |
-- | `x` | a hang-up |
-- | `! NAME JSON` | an event of a widget, with its data |
-- | `< …` | what the contact gets; when it is compared, `*` stands for anything |
-- | `? METHOD URL -> STATUS BODY` | what was asked, and what was answered; `-> error …` for a request that got no answer |
-- | `~ SECONDS` | time that passes |
-- | `= ended`, `= waiting at NAME`, `= stuck at NAME` | how it ends |
--
-- In texts `\n`, `\r`, `\\` and, in those that are compared, `\*` are escaped. A body that is JSON is not, but for line ends outside of its
-- strings, which become spaces. Of an answer's headers the content type is told where the body does not tell it, and how long it took
-- where it took time: `-> 200 (text/plain, 2.5 s) …`.
-- @module studio.flow.transcript

local arguments = require "studio.flow.arguments"
local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local failure = require "studio.flow.run.failure"
local http = require "studio.flow.run.http"

local transcript = {}

-- What the contact gets; the rest of a run's output is for others.
local seen = { message = true, say = true, play = true, digits = true }

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\\"] = "\\\\", ["*"] = "\\*" }

local function escape(text)
  return (text:gsub("[\n\r\\]", escapes))
end

local function line(mark, text)
  return text == "" and mark or mark .. " " .. text
end

-- Gives nil and what is wrong for a value that JSON cannot have.
local function with_json(text, value)
  if not value or next(value) == nil then return text end
  local json, problem = codec.encode(value)
  if not json then return nil, problem end
  return text .. " " .. json
end

local function is_json(body)
  return body ~= "" and codec.decode(body) ~= nil
end

local function content_type_of(answer)
  for name, value in pairs(type(answer.headers) == "table" and answer.headers or {}) do
    if type(name) == "string" and ascii.lower(name) == "content-type" then return ascii.text(value) end
  end
end

local function write_number(value)
  return ascii.format("%.14g", value)
end

-- Content type and delay, in brackets, where they are not what one would think.
local function remarks_on(answer, body, written)
  local guessed, remarks = http.guess_type(body), {}
  local content_type = content_type_of(answer) or guessed
  if content_type ~= guessed or written:find "^%s*%(" then remarks[1] = content_type end
  if answer.delay and answer.delay > 0 then remarks[#remarks + 1] = write_number(answer.delay) .. " s" end
  return #remarks > 0 and (" (%s)"):format(table.concat(remarks, ", ")) or ""
end

local function write_answer(answer)
  if answer.error then return escape("error " .. ascii.text(answer.error)) end
  local body = type(answer.body) == "string" and answer.body or ""
  local written = is_json(body) and body:gsub("[\r\n]", " ") or escape(body)
  return write_number(tonumber(answer.status) or 200) .. remarks_on(answer, body, written) .. line("", written)
end

--- One entry of a run's history as a line; nil for what is not shown, nil and a message for data that JSON cannot have.
function transcript.line(entry)
  local kind = entry.kind
  if kind == "output" then
    return seen[entry.output.kind] and line("<", (escape(entry.output.text):gsub("%*", "\\*"))) or nil
  elseif kind == "request" then
    local asked = ("? %s %s"):format(entry.request.method, escape(entry.request.url))
    return entry.answer and asked .. " -> " .. write_answer(entry.answer) or asked
  elseif kind == "event" then
    return with_json("! " .. entry.name, entry.data)
  elseif kind == "message" then
    return line(">", escape(entry.text))
  elseif kind == "digits" then
    return "1> " .. entry.text
  elseif kind == "speech" then
    return line("s>", escape(entry.text))
  elseif kind == "hangup" then
    return "x"
  elseif kind == "pass" then
    return "~ " .. write_number(entry.seconds)
  end
end

--- How a run stands.
function transcript.ending(run)
  local machine = getmetatable(run).machine
  return run.status == "ended" and "= ended" or ("= %s at %s"):format(run.status, machine.frame.state.name)
end

--- Does a message start the flow?
function transcript.has_body(trigger)
  return trigger == "incomingMessage" or trigger == "incomingConversationMessage"
end

local function beginning(options)
  local by_parameters = options.trigger == "incomingRequest" or options.trigger == "incomingParent"
  local text = ("@ %s from %s to %s"):format(options.trigger, options.from, options.to)
  return with_json(text, by_parameters and options.parameters or options.data)
end

--- Writes the transcript of a run.
-- @tparam table run as `flow.simulate` gives it
-- @treturn[1] string lines, the last with a line end
-- @treturn[2] nil
-- @treturn[2] table error of kind `"argument"`: parameters, or data of an event, cannot be written as JSON
function transcript.write(run)
  arguments.refuse_colon(run, 2)
  local meta = getmetatable(run)
  local machine = type(meta) == "table" and meta.machine
  if not machine then error("a transcript is of a run of flow.simulate, not of a " .. type(run), 2) end
  local options = machine.options
  local first, problem = beginning(options)
  if not first then return nil, failure.new("argument", ("the data of %s: %s"):format(options.trigger, problem)) end
  local lines = { first }
  if transcript.has_body(options.trigger) then lines[2] = line(">", escape(options.body)) end
  for _, entry in ipairs(machine.history) do
    lines[#lines + 1], problem = transcript.line(entry)
    if problem then return nil, failure.new("argument", ("the data of the event '%s': %s"):format(entry.name, problem)) end
  end
  lines[#lines + 1] = transcript.ending(run)
  return table.concat(lines, "\n") .. "\n"
end

return transcript
