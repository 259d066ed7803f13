-- What examples/flows has is run as its comments say: the transcripts, the spec of the order bot, a deployment; and the pictures of the
-- guide show the order bot as it is.
local child = require "spec.child"
local codec = require "studio.flow.codec"
local flow = require "studio.flow"
local support = require "spec.support"

local function content_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function program(path, arguments, environment)
  local words = { "env" }
  for name, value in pairs(environment or {}) do
    if value then words[#words + 1] = name .. "=" .. child.quote(value) else table.insert(words, 2, "-u " .. name) end
  end
  local text = ("arg = { [0] = %q, %s }\ndofile(%q)\n"):format(path, arguments or "", path)
  local output, status = child.run(text, { before = table.concat(words, " ") }):match "^(.-)status=(%d+)\n$"
  return output, tonumber(status)
end

describe("examples/flows", function()
  local service = support.emulator()

  it("has a flow in which nothing is found, and transcripts that it plays", function()
    local output, status = program "examples/flows/test.lua"
    assert.are.equal(0, status, output)
    local count = 0
    for _ in output:gmatch "as written\n" do count = count + 1 end
    assert.are.equal(tonumber(child.shell "ls examples/flows/order-bot/*.transcript | wc -l"), count, output)
  end)

  it("has a spec that passes", function()
    local busted = os.getenv "BUSTED" or child.shell "command -v busted":match "[^\n]+"
    local output = child.shell(("%s %s --output=TAP examples/flows/order_bot_spec.lua"):format(child.interpreter(), child.quote(busted)))
    assert.are.equal("1..3", output:match "1%.%.%d+", output)
    assert.is_nil(output:find("not ok", 1, true), output)
  end)

  it("has a deployment that shows what would change, creates, and sends nothing when nothing has changed", function()
    local environment = service():environment()
    local output, status = program("examples/flows/deploy.lua", nil, environment)
    assert.are.equal(1, status)
    assert.is_truthy(output:find("the environment lacks SHOP_URL, TASK_CHANNEL_SID, WORKFLOW_SID", 1, true), output)
    for name, value in pairs(dofile "examples/flows/settings.lua") do environment[name] = value end
    output, status = program("examples/flows/deploy.lua", '"--dry-run"', environment)
    assert.are.equal(0, status, output)
    assert.is_truthy(output:find "%+ ask.*\nwould be created \n$", output)
    output, status = program("examples/flows/deploy.lua", nil, environment)
    assert.are.equal(0, status, output)
    environment.FLOW_SID = assert(output:match "\ncreated (FW%x+)\n$", output)
    output = program("examples/flows/deploy.lua", nil, environment)
    assert.are.equal("unchanged " .. environment.FLOW_SID, output:match "unchanged %w+", output)
  end)

  it("has a pipeline that names files and variables that there are", function()
    local pipeline = content_of "examples/flows/ci.yml"
    local seen = 0
    for path in pipeline:gmatch "examples/flows/[%w_]+%.lua" do
      content_of(path)
      seen = seen + 1
    end
    assert.is_true(seen >= 4)
    for name in pairs(dofile "examples/flows/settings.lua") do assert.is_truthy(pipeline:find("\n  " .. name .. ":", 1, true), name) end
  end)
end)

describe("The pictures of docs/flows.md", function()
  it("show every widget of the order bot", function()
    local definition = assert(flow.read("examples/flows/order-bot.json", { variables = dofile "examples/flows/settings.lua" }))
    local texts = {}
    for _, name in ipairs { "order-bot", "order-bot-path", "order-bot-changes" } do
      texts[name] = content_of("docs/pictures/" .. name .. ".svg")
      assert.is_truthy(content_of "docs/flows.md":find(("](pictures/%s.svg)"):format(name), 1, true))
    end
    for _, state in ipairs(definition.states) do
      for name, text in pairs(texts) do
        assert.is_truthy(text:find(">" .. state.name, 1, true) or text:find(state.name .. ")", 1, true), name)
      end
    end
  end)

  it("are of a definition that is kept as studio.encode writes it", function()
    local text = content_of "examples/flows/order-bot.json"
    local decoded = assert(codec.decode(text))
    assert.are.equal(text, require("studio").encode(decoded, { indent = 2 }))
  end)
end)
