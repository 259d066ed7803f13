-- The main job, step by step: create an Engagement of a Flow, page through Engagements, read one with its context and steps,
-- delete it, and fetch a Flex Flow.
--
-- `make demo` runs this against the local emulator; no account is needed. With TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the
-- environment it talks to Twilio. There an Engagement calls or texts somebody, so it is created only when STUDIO_TO and
-- STUDIO_FROM say who; the Flow is STUDIO_FLOW_SID, or the first of the account.
local studio = require "studio"

-- The emulator's account, which is nobody's.
local is_emulator = os.getenv("TWILIO_ACCOUNT_SID") == "AC00000000000000000000000000000001"
local to = os.getenv("STUDIO_TO") or (is_emulator and "+15558675310")
local from = os.getenv("STUDIO_FROM") or (is_emulator and "+15017122661")

local function headline(number, text, call)
  print(("\n%d. %s: %s"):format(number, text, call))
end

local function say(...)
  print("   " .. string.format(...))
end

local function choose_flow(client)
  local sid = os.getenv("STUDIO_FLOW_SID")
  if sid then return client.v1.flows(sid) end
  local flow = assert(client.v1.flows:list { limit = 1 })[1]
  if not flow then error("this account has no Flow yet: make one in the Studio console", 0) end
  say("the account's first Flow: %s, %s", flow.sid, flow.friendly_name)
  return flow
end

local client = studio.new()
print("This is examples/quickstart.lua" .. (is_emulator and " against a local service: nothing is sent to Twilio." or "."))
print(tostring(client))

headline(1, "Find a Flow", "client.v1.flows:list { limit = 1 }")
local flow = choose_flow(client)

headline(2, "Create an Engagement", "flow.engagements:create { to = …, from = …, parameters = … }")
local engagement
local created = to and from
if created then
  engagement = assert(flow.engagements:create { to = to, from = from, parameters = { first_name = "Foo", orders = { 1, 2 } } })
  say("created %s, status %s, at %s", engagement.sid, engagement.status, engagement.date_created)
  local again, err = flow.engagements:create { to = to, from = from }
  if not again and err:is_conflict() then say("a second one for the same contact: %s", tostring(err)) end
else
  say("left out: set STUDIO_TO and STUDIO_FROM to start the Flow for somebody")
end

headline(3, "Walk through pages of Engagements", "flow.engagements:pages { page_size = 20, limit = 50 }")
local count = 0
for page in flow.engagements:pages { page_size = 20, limit = 50 } do
  count = count + #page.items
  say("page %d: %d Engagements, the first %s", page.meta.page, #page.items, page.items[1] and page.items[1].sid or "none")
end
say("%d in all; the next loop asks for pages by itself:", count)
for e in flow.engagements:each { limit = 3 } do
  say("  %s  %s  %s", e.sid, e.status, e.date_created)
  engagement = engagement or e
end

headline(4, "Read one Engagement, its context and its steps", "engagement.engagement_context:fetch(), engagement.steps:each()")
if engagement then
  engagement = assert(engagement:fetch())
  say("%s is %s", engagement.sid, engagement.status)
  local context = assert(engagement.engagement_context:fetch()).context
  local data = context.flow and context.flow.data or {}
  say("flow.data.first_name is %s", tostring(data.first_name))
  for s in engagement.steps:each() do say("step %s went from %s to %s", s.sid, s.transitioned_from or "-", s.transitioned_to or "-") end
end

headline(5, "Delete it, and see what is left", "engagement:delete(), engagement:fetch()")
if created then
  assert(engagement:delete())
  say("deleted %s", engagement.sid)
  local gone, err = engagement:fetch()
  say("fetching it again gives %s and an error object:", tostring(gone))
  say("  err.kind = %q, err.status = %d, err.code = %d", err.kind, err.status, err.code)
  say("  err:is_not_found() = %s", tostring(err:is_not_found()))
  say("  tostring(err) = %s", tostring(err))
else
  say("left out: only what this program created is deleted")
end

headline(6, "Fetch a Flex Flow", "client.flex.flex_flows(sid):fetch()")
local first = assert(client.flex.flex_flows:list { limit = 1 })[1]
if first then
  local flex_flow = assert(client.flex.flex_flows(first.sid):fetch())
  say("%s: %s, channel %s, enabled %s", flex_flow.sid, flex_flow.friendly_name, flex_flow.channel_type, tostring(flex_flow.enabled))
else
  say("this account has none")
end

client:close()
