-- Draws the pictures of docs/flows.md, with Graphviz: the order bot of examples/flows, the path of a conversation through it, a change of
-- it. `make pictures` runs it.
local flow = require "studio.flow"

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
      name = "remind", type = "send-message", properties = { body = "Are you still there?" },
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
draw("order-bot-changes", changed, { changes = assert(flow.diff(definition, changed)) })
