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

--- Reads an answer as transcripts write it.
-- @tparam string text `200 {"state":"sent"}`, `404`, `error refused`
-- @treturn table|nil what the option `http` of `flow.simulate` may give
function simulation.answer(text)
  local problem = text:match "^error%s*(.*)$"
  if problem then return { error = problem ~= "" and problem or "no answer" } end
  local status, body = text:match "^(%d%d%d)%s*(.*)$"
  if not status then return nil end
  if not json.decode(body) then body = body:gsub("\\([nr\\])", unescapes) end
  return { status = tonumber(status), headers = {}, body = body }
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
    if not sid then failure.usage("%s: --flow takes SID=FILE, got '%s'", context.called, pair) end
    local definition, err = definitions.read(context, path)
    if not definition then return nil, err end
    flows[sid] = definition
  end
  return next(flows) and flows or nil
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
