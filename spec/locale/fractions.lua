-- A program under the locale that its argument names: what studio.flow and the page of a campaign write of numbers with a fraction, and of
-- letters whose bytes are control characters in eight bits. Prints what differs from what is written in the locale C, and "done".
local flow = require "studio.flow"
local liquid = require "studio.flow.liquid"
local plain_json = require "studio.flow.json"
local report = require "studio.console.report"
local showing = require "studio.flow.showing"

local function definition(timeout, value)
  return {
    initial_state = "Trigger", [1.5] = true, states = {
      {
        name = "Trigger", type = "trigger", properties = { offset = { x = 0.5, y = 1.5 }, [2.5] = 1 },
        transitions = { { event = "incomingMessage", next = "ask", [1.25] = 1 } },
      },
      {
        name = "ask", type = "connect-call-to", properties = { timeout = timeout, noun = "number" },
        transitions = { { event = "hangup" } },
      },
      {
        name = "split", type = "split-based-on", properties = { input = "{{flow.data.n}}" },
        transitions = {
          { event = "match", next = "ask", conditions = { { type = "equal_to", value = 2.5, arguments = { 2.5 } } } },
          { event = "match", next = "ask", conditions = { { type = "equal_to", value = value, arguments = { 2.5 } } } },
        },
      },
    },
  }
end

local function simulated()
  local run = assert(flow.simulate({
    initial_state = "Trigger", states = {
      { name = "Trigger", type = "trigger", properties = {}, transitions = { { event = "incomingRequest", next = "ask" } } },
      {
        name = "ask", type = "make-http-request", properties = { method = "GET", url = "https://shop.example/" },
        transitions = { { event = "success", next = "split" }, { event = "failed", next = "split" } },
      },
      {
        name = "split", type = "split-based-on", properties = { input = "{{flow.data.n}}" },
        transitions = {
          { event = "match", next = "say", conditions = { { type = "equal_to", value = 2.5, arguments = { "{{flow.data.n}}" } } } },
          { event = "noMatch" },
        },
      },
      {
        name = "say", type = "send-message",
        properties = { body = "{{flow.data.all}} {{widgets.ask.content_type}}", from = "{{flow.channel.address}}", to = "+1" },
        transitions = { { event = "sent" }, { event = "failed" } },
      },
    },
  }, {
    trigger = "incomingRequest", parameters = { n = "2.5", all = { [1.5] = "x", [2.5] = 0.5 } }, now = 1767225600.5,
    http = { ["GET *"] = { status = 200.5, headers = { ["Content-Type"] = 1.5 }, body = "x", delay = 0.25 } },
  }))
  local transcript, err = flow.transcript(run)
  return { run.sid, run.status, run.output[1] and run.output[1].text, transcript or err.message, (showing.history(run, 1))[1].answer }
end

local function read()
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write '{"a":"${A}"}'
  file:close()
  local read_definition = assert(flow.read(path, { variables = { A = 1.5 } }))
  os.remove(path)
  return read_definition.a
end

local function page()
  local collector = report.new()
  collector:add { state = "doubtful", to = 1.5, sid = 2.5, message = 3.5, attempts = 4.5, started = 5.5 }
  collector:add { state = 0.5, code = 6.5, message = 7.5, started = 9.5 }
  return (assert(collector:page { title = "x" }):gsub("<style.-</style>", ""))
end

-- The second byte of "ğ", "ş" and "Ü" is a control character in eight bits.
local function letters()
  local words = "ğ ş Ü €"
  local function named(name, target)
    return {
      initial_state = "Trigger", states = {
        { name = "Trigger", type = "trigger", properties = {}, transitions = { { event = "incomingRequest", next = target } } },
        {
          name = name, type = "make-http-request", properties = { method = "GET", url = "https://shop.example/" .. words, body = words },
          transitions = { { event = "success" }, { event = "failed" } },
        },
      },
    }
  end
  local definition_of_words, lines = named(words, words), {}
  for position, finding in ipairs(flow.check(named(words, "x" .. words))) do lines[position] = tostring(finding) end
  local run = assert(flow.simulate(definition_of_words, {
    trigger = "incomingRequest", http = function(request) return { status = 200, body = request.url } end,
  }))
  local _, problem = liquid.render("{{ " .. words .. " }}", {}, {})
  return {
    check = table.concat(lines, "\n"), diff = tostring(flow.diff(definition_of_words, named("a", "a"))),
    dot = flow.graph(definition_of_words), mermaid = flow.graph(definition_of_words, { format = "mermaid" }),
    transcript = flow.transcript(run), json = plain_json.encode { words },
    decoded = (plain_json.decode('["' .. words .. '"]') or {})[1], liquid = tostring(problem),
  }
end

-- All that is compared, as texts.
local function texts()
  local all = { read = read(), page = page() }
  local old, new = definition(2.5, 2.5), definition(2.75, "2.5")
  new.states[1].transitions[1].next, new.states[3].name = 1.5, "split_by"
  all.diff = tostring(assert(flow.diff(old, new)))
  for position, finding in ipairs(flow.check(old)) do all["finding " .. position] = tostring(finding) end
  for position, finding in ipairs(flow.check(new)) do all["finding of the new one " .. position] = tostring(finding) end
  for position, text in pairs(simulated()) do all["run " .. position] = text end
  for name, text in pairs(letters()) do all["letters " .. name] = text end
  local _, message = pcall(flow.graph, old, { [1.5] = true })
  all.option = message
  _, message = pcall(flow.simulate, old, { [1.5] = true })
  all["option of a run"] = message
  all.graph = flow.graph(new, { changes = { { op = "rename", widget = "ask", from = 1.5, path = "/states/ask" } } })
  return all
end

local due = texts()
assert(os.setlocale(arg[1]), "there is no locale " .. arg[1])
local found = texts()
for name, text in pairs(due) do
  if found[name] ~= text then print(("%s: %s is due, got %s"):format(name, text, tostring(found[name]))) end
end
for name in pairs(found) do
  if due[name] == nil then print(name .. " is too much: " .. tostring(found[name])) end
end
print "done"
