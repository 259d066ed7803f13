--- The options of the commands that run a flow without the service: what its requests are answered, how its widgets turn out, the
-- definitions of the flows that it calls.
local definitions = require "studio.cli.definitions"
local failure = require "studio.cli.failure"
local json = require "studio.base.json"

local simulation = {}

--- Adds the options.
-- @tparam table parser
function simulation.describe(parser)
  parser:option("--http-stub", "What requests are answered: 'GET https://shop.example/* -> 200 {\"state\":\"sent\"}', 'POST URL -> error "
    .. "refused'; @FILE has one a line."):target("http_stub"):argname("STUB"):count "*"
  parser:option("--outcome", "The event of a widget whose outcome only the world knows, with its data as JSON: dial=hangup."):argname(
    "WIDGET=EVENT"):count "*"
  parser:option("--flow", "The definition of a flow that is called."):argname("SID=FILE"):count "*"
  definitions.describe(parser)
end

local unescapes = { n = "\n", r = "\r", ["\\"] = "\\" }

-- In brackets before the body: the content type, and how long it takes.
local function read_remarks(answer, remarks)
  for part in remarks:gmatch "[^,]+" do
    local remark = part:match "^%s*(.-)%s*$"
    local delay = remark:match "^(%d+%.?%d*) s$"
    if delay then answer.delay = tonumber(delay) else answer.headers["Content-Type"] = remark end
  end
end

--- Reads an answer as transcripts write it.
-- @tparam string text `200 {"state":"sent"}`, `404`, `200 (text/plain, 2.5 s) late`, `error refused`
-- @treturn table|nil what the option `http` of `flow.simulate` may give
function simulation.answer(text)
  local problem = text:match "^error%s?(.*)$"
  if problem then return { error = problem ~= "" and problem or "no answer" } end
  local status, body = text:match "^(%d%d%d)(.*)$"
  if not status or body:find "^%S" then return nil end
  local answer = { status = tonumber(status), headers = {} }
  local remarks, rest = body:match "^%s*%(([^)]*)%)%s?(.*)$"
  if remarks then read_remarks(answer, remarks) end
  body = rest or body:sub(2)
  if not json.decode(body) then body = body:gsub("\\([nr\\])", unescapes) end
  answer.body = body
  return answer
end

local function add_stub(context, stubs, line)
  local asked, answer = line:match "^%s*(%u+%s+%S+)%s+%->%s*(.-)%s*$"
  answer = answer and simulation.answer(answer)
  if not answer then
    failure.usage("%s: --http-stub takes 'METHOD URL -> STATUS BODY' or 'METHOD URL -> error TEXT', got '%s'", context.called, line)
  end
  stubs[asked:gsub("%s+", " ")] = answer
end

local function stubs_of(context, given)
  local stubs = {}
  for _, value in ipairs(given) do
    for line in context:read(value, "--http-stub"):gmatch "[^\r\n]+" do
      if line:find "%S" and line:sub(1, 1) ~= "#" then add_stub(context, stubs, line) end
    end
  end
  return next(stubs) and stubs or nil
end

-- `EVENT` or `EVENT {JSON}`.
local function outcome_of(context, text)
  local event, data = text:match "^(%S+)%s*(.*)$"
  if not event then return nil end
  if data == "" then return event end
  local decoded = json.decode(data)
  if type(decoded) ~= "table" then failure.usage("%s: the data of an event must be a JSON object, got '%s'", context.called, data) end
  return { event = event, data = decoded }
end

local function outcomes_of(context, given)
  local outcomes = {}
  for _, pair in ipairs(given) do
    local widget, outcome = pair:match "^([^=]+)=(.+)$"
    outcome = outcome and outcome_of(context, outcome)
    if not outcome then failure.usage("%s: --outcome takes WIDGET=EVENT, got '%s'", context.called, pair) end
    -- Given again, a widget turns out otherwise the next time.
    local list = outcomes[widget] or {}
    list[#list + 1] = outcome
    outcomes[widget] = list
  end
  return next(outcomes) and outcomes or nil
end

local function flows_of(context, given)
  local flows = {}
  for _, pair in ipairs(given) do
    local sid, path = pair:match "^(FW%x+)=(.+)$"
    if not sid or #sid ~= 34 then
      failure.usage("%s: --flow takes SID=FILE, the SID being FW and 32 hex digits, got '%s'", context.called, pair)
    end
    local definition, err = definitions.read(context, path)
    if not definition then return nil, err end
    flows[sid] = definition
  end
  return next(flows) and flows or nil
end

local function add_names(names, definition)
  for _, state in ipairs(type(definition.states) == "table" and definition.states or {}) do
    if type(state) == "table" and type(state.name) == "string" then names[#names + 1] = state.name end
  end
end

--- Refuses outcomes of widgets that none of the flows has.
-- @tparam table context
-- @tparam table options what `simulation.options` gives
-- @tparam table definition the flow that runs
function simulation.check_names(context, options, definition)
  local names, known = {}, {}
  add_names(names, definition)
  for _, called in pairs(options.flows or {}) do add_names(names, called) end
  for _, name in ipairs(names) do known[name] = true end
  for name in pairs(options.outcomes or {}) do
    if not known[name] then
      local suggest = require "studio.base.suggest" -- late: a slip
      failure.usage("%s: --outcome: no widget is called '%s'%s", context.called, name, suggest(name, names))
    end
  end
end

--- What a run waits for, in the words of the command.
-- @tparam string needs `run.waiting.needs`
-- @treturn string
function simulation.needs(needs)
  needs = needs:gsub('outcomes%["(.-)"%]', "--outcome %1=EVENT"):gsub('flows%["(.-)"%]', "--flow %1=FILE")
  return (needs:gsub(": http, or", ": --http-stub, or"):gsub("run:event%(.-, data%)", "'! EVENT JSON'"))
end

--- What the options say.
-- @tparam table context
-- @treturn table options for `flow.simulate` and `flow.replay`; or nil and an error
function simulation.options(context)
  local arguments = context.arguments
  local flows, err = flows_of(context, arguments.flow)
  if err then return nil, err end
  return { http = stubs_of(context, arguments.http_stub), outcomes = outcomes_of(context, arguments.outcome), flows = flows }
end

return simulation
