--- Plays a transcript and compares what comes with what is due.
-- @module studio.flow.replay

local arguments = require "studio.flow.arguments"
local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local encoding = require "studio.base.encoding"
local failure = require "studio.flow.run.failure"
local glob = require "studio.flow.run.glob"
local outcomes = require "studio.flow.run.outcomes"
local simulate = require "studio.flow.simulate"
local transcript = require "studio.flow.transcript"

-- How often a transcript is played at most, where it may be read in several ways.
local shown_steps, most_attempts = 3, 32

local unescapes = { n = "\n", r = "\r", ["\\"] = "\\", ["*"] = "*" }

local function unescape(text)
  return (text:gsub("\\([nr\\*])", unescapes))
end

-- The literal texts between the stars that are not escaped.
local function parts_of(text)
  local parts, part, at = {}, {}, 1
  while at <= #text do
    local char, following = text:sub(at, at), text:sub(at + 1, at + 1)
    if char == "\\" and unescapes[following] then
      part[#part + 1] = unescapes[following]
      at = at + 1
    elseif char == "*" then
      parts[#parts + 1] = table.concat(part)
      part = {}
    else
      part[#part + 1] = char
    end
    at = at + 1
  end
  parts[#parts + 1] = table.concat(part)
  return parts
end

-- reading -------------------------------------------------------------------------------------------------------------------------

-- A message goes to a terminal.
local function shown(text)
  return (text:gsub("[%z\1-\8\10-\31\127]", "?"))
end

local function malformed(row, message)
  local text = ("line %d of the transcript: %s: %s"):format(row.number, shown(message), shown(row.text))
  return nil, failure.new("argument", text, { line = row.number })
end

-- Splits a line into its mark and the rest.
local function split(text)
  if text == "x" then return "x", "" end
  for _, mark in ipairs { "1>", "s>", "@", ">", "<", "!", "?", "~", "=" } do
    local rest = text:sub(1, #mark) == mark and text:sub(#mark + 1)
    if rest and (rest == "" or rest:sub(1, 1) == " ") then return mark, rest:sub(2) end
  end
end

-- NAME, and an object in JSON or nothing.
local function read_named(text)
  local name, json = text:match "^(%S+)%s*(.*)$"
  if not name then return nil, "a name is due" end
  if json == "" then return name end
  local data, message = codec.decode(json)
  if type(data) ~= "table" then return nil, "an object in JSON is due after the name: " .. tostring(message) end
  return name, nil, data
end

-- Takes what stands after a word, up to the next word or the JSON: addresses of a chat may have spaces in them.
local function read_address(rest, word)
  local address = rest:match("^" .. word .. "%s(.*)$")
  if not address then return nil, rest end
  local ending = address:find "%s{" or #address + 1
  if word == "from" then ending = math.min(ending, (" " .. address):find "%sto%s" or ending) end
  return address:sub(1, ending - 1):match "^%s*(.-)%s*$", address:sub(ending):match "^%s*(.*)$"
end

local function read_beginning(text)
  local trigger, rest = text:match "^(%S+)%s*(.*)$"
  if not trigger then return nil, "the trigger is due" end
  local start = { trigger = trigger }
  start.from, rest = read_address(rest, "from")
  start.to, rest = read_address(rest, "to")
  if rest ~= "" then
    local data, message = codec.decode(rest)
    if type(data) ~= "table" then return nil, "'from A', 'to B' or an object in JSON is due: " .. tostring(message or rest) end
    local by_parameters = trigger == "incomingRequest" or trigger == "incomingParent"
    start[by_parameters and "parameters" or "data"] = data
  end
  return start
end

local function read_answer(text)
  local problem = text:match "^error%s?(.*)$"
  if problem then return { error = problem ~= "" and unescape(problem) or "no answer" } end
  local status, rest = text:match "^(%d+)(.*)$"
  if not status or rest:find "^%S" then return nil end
  rest = rest:sub(2)
  local answer = { status = tonumber(status), headers = {} }
  local remarks, body = rest:match "^%s*%(([^)]*)%)%s?(.*)$"
  for part in (remarks or ""):gmatch "[^,]+" do
    local remark = part:match "^%s*(.-)%s*$"
    local delay = remark:match "^(%d+%.?%d*) s$"
    if delay then answer.delay = ascii.read(delay) else answer.headers["Content-Type"] = remark end
  end
  body = body or rest
  answer.body = codec.decode(body) == nil and unescape(body) or body
  return answer
end

local function read_request(text)
  local asked, answer = text:match "^(.-)%s+%->%s*(.*)$"
  asked = asked or text
  if not asked:find "^[A-Z]+ %S" then return nil, "METHOD URL is due" end
  local read = answer and read_answer(answer)
  if answer and not read then return nil, "a status or 'error …' is due after '->'" end
  return { asked = parts_of(asked), answer = read }
end

local readers = {
  ["@"] = read_beginning, ["?"] = read_request,
  ["~"] = function(text)
    local seconds = ascii.read(text)
    if not seconds or not (seconds >= 0 and seconds < math.huge) then return nil, "seconds are due" end
    return seconds
  end,
  ["!"] = function(text)
    local name, problem, data = read_named(text)
    return name and { name = name, data = data }, problem
  end,
  ["<"] = parts_of, [">"] = unescape, ["s>"] = unescape,
  ["1>"] = function(text) return text end,
  ["="] = function(text) return text end,
  ["x"] = function(text) return text end,
}

-- The lines of a transcript: `{ number, text, mark, value }`.
local function read(text)
  local rows, number, other = {}, 0, encoding.other(text)
  if other then return nil, failure.new("argument", ("the transcript: expected UTF-8, this looks like %s"):format(other)) end
  for line in (encoding.unmarked(text) .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    if line:find "%S" and line:sub(1, 1) ~= "#" then
      local mark, rest = split(line)
      local row = { number = number, text = line, mark = mark }
      if not mark then return malformed(row, "a line begins with @, >, 1>, s>, !, <, ?, ~, =, # or is x") end
      local problem
      row.value, problem = readers[mark](rest)
      if row.value == nil then return malformed(row, problem) end
      rows[#rows + 1] = row
    end
  end
  if not rows[1] or rows[1].mark ~= "@" then
    return nil, failure.new("argument", "a transcript begins with a line such as '@ incomingMessage from +15550001111 to +15550002222'")
  end
  return rows
end

-- playing -------------------------------------------------------------------------------------------------------------------------

local difference_mt = { __name = "studio.flow.difference" }
local player_methods = {}
local player_mt = { __index = player_methods }

local function write_steps(steps)
  local lines = {}
  for i = math.max(1, #steps - shown_steps + 1), #steps do
    local step = steps[i]
    lines[#lines + 1] = shown(("%s -- %s --> %s"):format(step.transitioned_from, step.name, step.transitioned_to))
  end
  return #lines > 0 and table.concat(lines, "\n         ") or "none"
end

-- Ends the replay.
function player_methods:differ(came)
  local row, run = self.rows[self.at], self.run
  local number = row and row.number or self.rows[#self.rows].number + 1
  local due = row and row.text or "(the end of the transcript)"
  local lines = {
    ("line %d of the transcript differs"):format(number), "  due:   " .. shown(due), "  came:  " .. shown(came),
    "  steps: " .. write_steps(run.steps),
  }
  local problem = run.problems[#run.problems]
  if problem then lines[#lines + 1] = shown(("  problem: %s%s"):format(problem.code and problem.code .. ": " or "", problem.message)) end
  error(setmetatable({
    failure = failure.new("argument", table.concat(lines, "\n"), { line = number, due = due, came = came }),
  }, difference_mt), 0)
end

-- Takes the next line, which must have this mark.
function player_methods:take(mark, came)
  local row = self.rows[self.at]
  if not row or row.mark ~= mark then self:differ(came) end
  return row
end

-- Gives a function(state, frame, visit) → outcome: what the options say, or else the transcript. An event of the widget that the transcript
-- has next is the outcome that the run was given, or what came while the widget waited; or else, where the widget goes on by itself and
-- shows nothing, it is of a widget further on. Both are tried.
function player_methods:outcomes(given)
  return function(state, frame, visit)
    local outcome = given and given(state, frame, visit)
    local row = self.rows[self.at]
    if outcome or not row or row.mark ~= "!" or not state.widget.has_event[row.value.name] then return outcome end
    self.doubts = self.doubts + 1
    return not self.choices[self.doubts] and { event = row.value.name, data = row.value.data } or nil
  end
end

-- The next of the choices at so many doubts, as a binary number goes on; false when all have been tried.
local function choose_next(choices, doubts)
  for position = doubts, 1, -1 do
    if not choices[position] then
      choices[position] = true
      return true
    end
    choices[position] = nil
  end
  return false
end

local function is_due(event, entry)
  return event.name == entry.name and (not event.data or codec.encode(event.data) == codec.encode(entry.data))
end

-- What the run does by itself is due in the transcript.
function player_methods:listen(entry)
  if entry.kind == "output" then
    local came = transcript.line(entry)
    if not came then return end
    if not glob.fits(self:take("<", came).value, entry.output.text) then self:differ(came) end
  elseif entry.kind == "event" and entry.ordered then
    local came = transcript.line(entry)
    if not is_due(self:take("!", came).value, entry) then self:differ(came or "! " .. entry.name) end
  else
    return
  end
  self.at = self.at + 1
end

-- Answers a request with what the transcript says, or else with the option `http`.
function player_methods:answer(request)
  local asked = request.method .. " " .. request.url
  local row = self:take("?", "? " .. asked)
  if not glob.fits(row.value.asked, asked) then self:differ("? " .. asked) end
  self.at = self.at + 1
  return row.value.answer or self.http and self.http(request)
end

local inputs = {
  [">"] = function(run, text) return run:message(text) end,
  ["1>"] = function(run, digits) return run:digits(digits) end,
  ["s>"] = function(run, text) return run:speech(text) end,
  ["x"] = function(run) return run:hangup() end,
  ["~"] = function(run, seconds) return run:pass(seconds) end,
  ["!"] = function(run, event) return run:event(event.name, event.data) end,
}

function player_methods:check_ending(row)
  local came = transcript.ending(self.run)
  local due = row.text
  if due ~= came and due ~= "= " .. self.run.status and not glob.fits(parts_of(due), came) then self:differ(came) end
  if self.rows[self.at + 1] then
    self.at = self.at + 1
    self:differ "(a line after the end)"
  end
  self.at = self.at + 1
end

function player_methods:play(machine)
  machine:start()
  while self.rows[self.at] do
    local row = self.rows[self.at]
    local input = inputs[row.mark]
    if row.mark == "=" then
      self:check_ending(row)
    elseif not input then
      self:differ(transcript.ending(self.run))
    else
      self.at = self.at + 1
      local fine, err = input(self.run, row.value)
      if not fine then
        self.at = self.at - 1
        self:differ(("%s (%s)"):format(transcript.ending(self.run), err.message))
      end
    end
  end
end

-- The options of the run, with how the transcript says that it starts.
local function options_with(given, rows)
  local options = {}
  for name, value in pairs(given) do options[name] = value end
  for name, value in pairs(rows[1].value) do options[name] = value end
  local has_body = transcript.has_body(options.trigger) and rows[2] and rows[2].mark == ">"
  if has_body then options.body = rows[2].value end
  return options, has_body and 3 or 2
end

--- Plays a transcript.
-- @tparam table|string definition as for `flow.simulate`
-- @tparam string text the transcript
-- @tparam[opt] table options as for `flow.simulate`; how it starts and what requests are answered is in the transcript
-- @treturn[1] boolean true when all came as it is written
-- @treturn[2] nil
-- @treturn[2] table error, whose message shows the first line that differs, what was due, what came, and the last three steps; its fields
--   `line`, `due` and `came` have them one by one. Of a text that is no transcript it names the line.
local function replay(definition, text, options)
  arguments.refuse_colon(definition, 2)
  if type(definition) ~= "table" and type(definition) ~= "string" then
    error(("a definition must be a table or JSON text, not a %s"):format(type(definition)), 2)
  elseif type(text) ~= "string" then
    error(("a transcript must be a text, not a %s"):format(type(text)), 2)
  elseif options ~= nil and type(options) ~= "table" then
    error(("options must be a table, not a %s"):format(type(options)), 2)
  end
  local given, err = simulate.read_options(options or {}, 2)
  if not given then return nil, err end
  local read_definition
  read_definition, err = simulate.read_definition(definition)
  if not read_definition then return nil, err end
  local rows, problem = read(text)
  if not rows then return nil, problem end
  local all, first = options_with(given, rows)
  if not simulate.triggers[all.trigger] then return malformed(rows[1], ("there is no trigger '%s'"):format(all.trigger)) end
  local answer, choices, furthest = outcomes.answerer(all.http), {}, nil
  for _ = 1, most_attempts do
    local player = setmetatable({ rows = rows, at = first, http = answer, choices = choices, doubts = 0 }, player_mt)
    all.http = function(request) return player:answer(request) end
    local run, machine = simulate.prepare(read_definition, all, function(entry) player:listen(entry) end)
    player.run, machine.outcome = run, player:outcomes(machine.outcome)
    local fine, raised = pcall(player.play, player, machine)
    if fine then return true end
    if getmetatable(raised) ~= difference_mt then error(raised, 0) end
    if not furthest or raised.failure.line > furthest.line then furthest = raised.failure end
    if not choose_next(choices, player.doubts) then break end
  end
  return nil, furthest
end

return replay
