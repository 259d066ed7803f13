-- A conversation with a Flow of the local service: an Execution is created over REST, the contact answers, time passes, and the steps
-- are what Twilio would note. No account is needed; `make demo` runs this after examples/quickstart.lua.
local emulator = require "studio.emulator"
local studio = require "studio"

local contact, sender = "+15558675310", "+15017122661"

local service = assert(emulator.start {
  http = { ["GET https://shop.example/orders/*"] = { status = 200, body = '{"state":"on its way"}' } },
})
local client = studio.new { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token }

local function state(name, kind, properties, events)
  local transitions = {}
  for event, following in pairs(events) do transitions[#transitions + 1] = { event = event, next = following or nil } end
  return { name = name, type = kind, properties = properties, transitions = transitions }
end

local flow = assert(client.v2.flows:create {
  friendly_name = "Order bot", status = "published",
  definition = {
    description = "Tells where an order is", initial_state = "Trigger", flags = { allow_concurrent_calls = true },
    states = {
      state("Trigger", "trigger", {}, { incomingMessage = "ask", incomingRequest = "ask" }),
      state("ask", "send-and-wait-for-reply", { body = "Hello {{flow.data.name}}, which order?", timeout = "3600" },
        { incomingMessage = "look_up", timeout = "remind" }),
      state("remind", "send-message", { body = "Are you still there?" }, { sent = "ask" }),
      state("look_up", "make-http-request", { method = "GET", url = "https://shop.example/orders/{{widgets.ask.inbound.Body}}" },
        { success = "tell", failed = "sorry" }),
      state("tell", "send-message", { body = "Order {{widgets.ask.inbound.Body}} is {{widgets.look_up.parsed.state}}." }, { sent = false }),
      state("sorry", "send-message", { body = "We cannot look that up now." }, { sent = false }),
    },
  },
})

local shown = 0
local function show(run)
  for position = shown + 1, #run.output do print(("   Flow     %s"):format(run.output[position].text)) end
  shown = #run.output
  return run
end

print("A conversation with a Flow of the local service")
local execution = assert(flow.executions:create { to = contact, from = sender, parameters = { name = "Zoë" } })
show(assert(service:run(execution.sid)))

print "   (an hour passes)"
service:advance(3600)
show(assert(service:run(execution.sid)))

print "   Contact  42"
show(assert(service:message { from = contact, to = sender, body = "42" }))

print(("\nExecution %s has %s:"):format(execution.sid, assert(execution:fetch()).status))
local steps = assert(execution.steps:list())
for position = #steps, 1, -1 do
  local step = steps[position]
  print(("   %-8s  -- %-15s --> %s"):format(step.transitioned_from, step.name, step.transitioned_to))
end

-- `make demo KEEP=1`: the service goes on, to be looked at.
if os.getenv "KEEP" then
  print(("\nSee it in a browser, until Ctrl-C:\n  %s&flow=%s&execution=%s"):format(service.console_url, flow.sid, execution.sid))
  io.stdout:flush()
  os.execute "while kill -0 $PPID 2>/dev/null; do sleep 1; done"
end

client:close()
service:stop()
