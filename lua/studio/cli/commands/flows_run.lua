--- `studio flows run FILE`: a conversation with the flow, which is run here and sends nothing.
local definitions = require "studio.cli.definitions"
local failure = require "studio.cli.failure"
local files = require "studio.cli.files"
local flow = require "studio.flow"
local json = require "studio.base.json"
local simulation = require "studio.cli.simulation"
local terminal = require "studio.cli.terminal"
local text = require "studio.cli.text"

local help = [[
a line is what the contact writes; on the telephone digits are pressed, other words are said
  x              hangs up
  ~ SECONDS      lets time pass
  ! NAME JSON    an event of the widget that waits
  > TEXT         a message, whatever it looks like; 1> DIGITS, s> WORDS
  ?              this; Ctrl-D ends the conversation]]

-- A line with a mark of a transcript, for the run.
local marked = {
  [">"] = function(run, rest) return run:message(rest) end,
  ["1>"] = function(run, rest) return run:digits(rest) end,
  ["s>"] = function(run, rest) return run:speech(rest) end,
  ["~"] = function(run, rest)
    local seconds = tonumber(rest)
    if not seconds or not (seconds >= 0 and seconds < math.huge) then return nil, failure.new(2, "~ takes seconds, 0 or more") end
    return run:pass(seconds)
  end,
  ["!"] = function(run, rest)
    local name, data = rest:match "^(%S+)%s*(.*)$"
    local decoded = name and data ~= "" and json.decode(data) or nil
    if not name or data ~= "" and type(decoded) ~= "table" then
      return nil, failure.new(2, "! takes the name of an event, and its data as a JSON object")
    end
    return run:event(name, decoded)
  end,
}

-- What a line without a mark is depends on what the flow waits for.
local function plain(run, line)
  local taken, err = run:message(line)
  if taken then return taken end
  if line:find "^[%d*#]+$" and run:digits(line) then return run end
  if run:speech(line) then return run end
  return nil, err
end

local function tell(run, line)
  if line == "x" then return run:hangup() end
  local mark, rest = line:match "^(%S+)%s?(.*)$"
  local act = mark and marked[mark]
  if act then return act(run, rest) end
  return plain(run, line)
end

-- conversations ---------------------------------------------------------------------------------------------------------------------

local talk_methods = {}
local talk_mt = { __index = talk_methods }

-- Shows the lines of the transcript that are new; the last of a transcript says how the run stands.
function talk_methods:show()
  -- Whatever ends the command, what was said so far is kept.
  if self.arguments.record then files.replace(self.arguments.record, flow.transcript(self.run)) end
  if self.is_quiet then return end
  local lines = {}
  for line in flow.transcript(self.run):gmatch "[^\n]+" do lines[#lines + 1] = line end
  for index = self.shown + 1, #lines - 1 do
    local line = lines[index]
    local mark = line:match "^%S+"
    -- What was typed on this terminal is there already.
    local is_typed = self.is_typed and (mark == "?" and self.asks or self.has_begun and mark ~= "<" and mark ~= "?")
    if not is_typed then self.context:out():write(text.printable(line) .. "\n") end
  end
  self.shown, self.has_begun = #lines - 1, true
  io.stdout:flush()
end

-- The next line; nil when there is none.
function talk_methods:ask(prompt)
  if self.script then
    self.at = self.at + 1
    return self.script[self.at]
  end
  if self.is_typed then io.stderr:write(prompt) end
  return io.read "*l"
end

-- The option `http`: what was typed for the requests so far, false for those that get no answer. The next one is noted, and waits.
function talk_methods:answerer()
  return function(request)
    self.asked = self.asked + 1
    local answer = self.answers[self.asked]
    if answer == nil then self.pending = self.pending or request end
    return answer or nil
  end
end

-- Asks for the answer to a request; false where there is none.
function talk_methods:ask_for_answer(request)
  local prompt = text.printable(("? %s %s -> "):format(request.method, request.url))
  while true do
    local line = self:ask(prompt)
    if not line or not line:find "%S" then return false end
    local answer = simulation.answer(line)
    if answer then return answer end
    self.context:note "a status and a body is due, such as 200 {\"open\":true}, or error TEXT; an empty line for none"
  end
end

-- Runs the flow up to here: the same words and answers make the same run.
function talk_methods:play()
  self.asked, self.pending = 0, nil
  local run, err = flow.simulate(self.definition, self.options)
  if not run then return nil, err end
  for _, line in ipairs(self.lines) do
    local taken
    taken, err = tell(run, line)
    if not taken then return nil, err end
  end
  self.run = run
  return run
end

-- Asks for the answers that the run waits for.
function talk_methods:settle()
  self:show()
  while self.pending and self.is_typed do
    self.answers[self.asked] = self:ask_for_answer(self.pending)
    self:play()
    self:show()
  end
end

function talk_methods:converse()
  local run, problem = self:play()
  if not run then return nil, problem end
  self:settle()
  while self.run.status ~= "ended" do
    local waiting = self.run.waiting or {}
    if waiting.needs and waiting ~= self.told then self.context:note("'%s' waits: %s", waiting.widget, simulation.needs(waiting.needs)) end
    self.told = waiting
    local line = self:ask "> "
    if not line then break end
    if line == "?" then
      self.context:lines(help)
    elseif line:find "%S" or waiting.type == "send-and-wait-for-reply" then
      local taken, err = tell(self.run, line)
      if taken then
        self.lines[#self.lines + 1] = line
      elseif self.is_typed then
        self.context:note("%s", err.message)
      else
        return nil, failure.new(2, ("%s: '%s': %s"):format(self.context.called, line, err.message))
      end
      self:settle()
    end
  end
  return true
end

local function finish(talk)
  local run, context = talk.run, talk.context
  if talk.is_quiet then
    context:out():record({ status = run.status, waiting = run.waiting, output = run.output, steps = run.steps, context = run.context,
      problems = run.problems }, { columns = { "status" } })
  else
    context:out():write(flow.transcript(run):match "([^\n]*)\n$" .. "\n")
  end
  for _, problem in ipairs(run.problems) do
    local code, widget = problem.code and " " .. problem.code or "", problem.widget and (" at '%s'"):format(problem.widget) or ""
    context:note("problem%s%s: %s", code, widget, problem.message)
  end
  if talk.arguments.record then context:note("the transcript is in %s", talk.arguments.record) end
  return run.status == "stuck" and 3 or 0
end

-- The lines that options say, in their order.
local function scripted(arguments) return #arguments.script > 0 and arguments.script or nil end

local function add_line(mark)
  return function(arguments, _, value) table.insert(arguments.script, mark .. " " .. value) end
end

local function start_options(context, arguments)
  local options, err = simulation.options(context)
  if not options then return nil, err end
  options.trigger, options.from, options.to, options.body = arguments.trigger, arguments.from, arguments.to, arguments.body
  if arguments.parameters then
    local parameters, problem = json.decode(context:read(arguments.parameters, "--parameters"))
    if type(parameters) ~= "table" then
      failure.usage("%s: --parameters must be a JSON object%s", context.called, problem and ": " .. problem or "")
    end
    options.parameters, options.trigger = parameters, options.trigger or "incomingRequest"
  end
  return options
end

local triggers = { "incomingMessage", "incomingCall", "incomingConversationMessage", "incomingRequest", "incomingParent" }

return {
  examples = {
    "studio flows run flow.json                            a conversation on the terminal",
    "studio flows run flow.json --record yes.transcript    and kept as a test for 'studio flows test'",
    "studio flows run flow.json --body hi --message 42 --http-stub 'GET https://* -> 200 {\"open\":true}'",
  },
  describe = function(parser, add)
    parser:argument("source", "A file, - for stdin, SID or SID@REVISION."):argname "FILE"
    parser:option("--trigger", ("How it starts: %s, the first unless given."):format(table.concat(triggers, ", "))):choices(triggers)
      :argname "TRIGGER"
    parser:option("--from", "Who writes or calls."):argname "ADDRESS"
    parser:option("--to", "Twilio's side; of an incomingRequest the contact."):argname "ADDRESS"
    parser:option("--body", "The message that starts it."):argname "TEXT"
    parser:option("--parameters", "Those of an incomingRequest: JSON, @FILE or - for stdin."):argname "JSON"
    for _, option in ipairs { { "--message", ">", "TEXT", "A message" }, { "--digits", "1>", "DIGITS", "Keys" },
      { "--speech", "s>", "WORDS", "Words on the telephone" } } do
      parser:option(option[1], ("%s of the contact, in the order of these options; then nothing is read from stdin."):format(option[4]))
        :target("script"):argname(option[3]):count("*"):action(add_line(option[2])):init {}
    end
    parser:option("--record", "Keeps the transcript in a file, from the first line on."):argname "FILE"
    simulation.describe(parser)
    parser:option("-o --output", "json: what became of the run, with its steps and its context, in the place of the transcript.")
      :choices { "json" }:argname "FORM"
    add.connection()
  end,
  run = function(context, arguments)
    if arguments.record == "-" then
      require("studio.cli.failure").usage("%s: --record needs a file: stdout has the conversation already", context.called) -- late: a slip
    end
    local definition, err = definitions.of(context, arguments.source)
    if not definition then return nil, err end
    local options
    options, err = start_options(context, arguments)
    if not options then return nil, err end
    simulation.check_names(context, options, definition)
    local script = scripted(arguments)
    -- `lines` and `answers`: what was typed so far. `shown`: how many lines of the transcript are on stdout.
    local talk = setmetatable({
      context = context, arguments = arguments, definition = definition, options = options, lines = {}, answers = {}, shown = 0, at = 0,
      script = script, is_quiet = arguments.output ~= nil, is_typed = not script and arguments.source ~= "-" and terminal.can_ask(),
    }, talk_mt)
    if not options.http then options.http, talk.asks = talk:answerer(), true end
    if talk.is_typed then context:note "? shows what may be typed, Ctrl-D ends the conversation" end
    local said
    said, err = talk:converse()
    if not said then return nil, err end
    if talk.is_typed and talk.run.status == "waiting" then io.stderr:write "\n" end
    return finish(talk)
  end,
}
