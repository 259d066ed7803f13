-- Draws the pictures of docs/flows.md and docs/campaigns.md: with Graphviz the order bot of examples/flows, the path of a conversation, and
-- a change of it; with Chromium the console, a page of flow.page and the page of a campaign. `make pictures` runs it.
local emulator = require "studio.emulator"
local flow = require "studio.flow"
local report = require "studio.console.report"
local studio = require "studio"
local webdriver = require "spec.webdriver"

local settings = dofile "examples/flows/settings.lua"

local function read()
  return assert(flow.read("examples/flows/order-bot.json", { variables = settings }))
end

local function draw(name, definition, options)
  local pipe = assert(io.popen(("dot -Tsvg -o docs/pictures/%s.svg"):format(name), "w"))
  pipe:write(assert(flow.graph(definition, options)))
  -- Lua 5.1 does not tell how the program ended.
  assert(pipe:close() ~= nil, "dot failed")
end

local definition = read()
draw("order-bot", definition)

local run = assert(flow.simulate(definition, {
  body = "Hi",
  http = {
    ["GET https://shop.example/orders/42"] = { status = 200, body = { state = "sent" } },
    ["GET https://shop.example/orders/*"] = { status = 404 },
  },
}))
assert(run:message "17" and run:message "42")
draw("order-bot-path", definition, { steps = run.steps })

local changed = read()
for position = #changed.states, 1, -1 do
  local state = changed.states[position]
  if state.name == "too_late" then
    changed.states[position] = {
      name = "remind", type = "send-message", properties = { offset = state.properties.offset, body = "Are you still there?" },
      transitions = { { event = "sent", next = "ask" }, { event = "failed" } },
    }
  elseif state.name == "not_found" then
    state.name = "no_such_order"
  end
  for _, transition in ipairs(state.transitions) do
    if transition.next == "too_late" then transition.next = "remind" end
    if transition.next == "not_found" then transition.next = "no_such_order" end
  end
end
local changes = assert(flow.diff(definition, changed))
draw("order-bot-changes", changed, { changes = changes })

assert(not webdriver.missing(), webdriver.missing())
local browser = webdriver.open()

local function keep(name)
  browser:picture(("docs/pictures/%s.png"):format(name))
end

local function show_file(html)
  local path = os.tmpname()
  local file = assert(io.open(path .. ".html", "w"))
  file:write(html)
  file:close()
  browser:go("file://" .. path .. ".html")
  os.remove(path)
  os.remove(path .. ".html")
end

-- The console in a conversation.
local service = assert(emulator.start {
  now = 1767225600, engagements = 3,
  http = {
    ["GET https://shop.example/orders/42"] = { status = 200, body = '{"state":"sent"}' },
    ["GET https://shop.example/orders/*"] = { status = 404 },
  },
})
local client = studio.new { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token }
local bot = assert(client.v2.flows:create { friendly_name = "Order bot", status = "published", definition = definition })
browser:size(1400, 860)
browser:go(service.console_url .. "&flow=" .. bot.sid)
browser:wait "return document.querySelector('.box') !== null"
for _, text in ipairs { "Hi", "17", "42" } do
  browser:write("#text", text)
  browser:click "#message .main"
  browser:wait_text(".bubble.contact", text)
end
browser:wait_text(".talk .line", "The Execution has ended")
browser:click ".steps > li:nth-child(10) .step"
browser:run "document.activeElement.blur()"
keep "console"
client:close()
service:stop()

-- A comparison in a file, on a dark screen.
browser:dark()
browser:size(1100, 700)
show_file(assert(flow.page(changed, { changes = changes })))
browser:wait "return document.querySelector('.box') !== null"
keep "page-changes"

-- A campaign of an hour at 20 a second with two ways to fail.
local function rows()
  local number = 0
  return function()
    number = number + 1
    if number > 72000 then return nil end
    local row = { to = ("+1555%07d"):format(number), state = "created", started = 1767225600 + number / 20, attempts = 1 }
    if number > 69000 then
      row.state, row.started = "waiting", nil
    elseif number % 4001 == 7 then
      row.state, row.message, row.attempts = "doubtful", "the request timed out, and the list does not tell", 2
    elseif number % 17 == 3 then
      row.state, row.code, row.message = "refused", 21211, "The 'To' number is not a valid phone number"
    elseif number % 29 == 5 and number % 20000 < 9000 then
      row.state, row.code, row.message = "skipped", 20409, "an Execution is already active for this contact"
    end
    return row
  end
end
browser:dark(false)
browser:size(900, 860)
show_file(assert(report.page(rows(), { title = "Spring survey" })))
keep "campaign"
browser:close()
