--- What a fresh service has: five published flows, ended executions in two of them, and a Flex Flow.
-- @module studio.emulator.server.seeds

local executions = require "studio.emulator.server.executions"
local flex_flows = require "studio.emulator.server.flex_flows"
local flows = require "studio.emulator.server.flows"
local known = require "studio.emulator.known"
local store = require "studio.emulator.server.store"

local sender = "+15005550006"
local first_day = 1704067200 -- 2024-01-01T00:00:00Z
local hour = 3600

-- The definition of a flow whose widgets follow one another.
local function chain(description, widgets)
  local states = {
    ([[{"name":"Trigger","type":"trigger","transitions":[{"event":"incomingMessage"},{"event":"incomingCall"},]]
      .. [[{"event":"incomingRequest","next":"%s"}],"properties":{"offset":{"x":0,"y":0}}}]]):format(widgets[1][1]),
  }
  for i, widget in ipairs(widgets) do
    local following = widgets[i + 1]
    states[#states + 1] = ([[{"name":"%s","type":"%s","transitions":[{"event":"%s"%s}],]]
      .. [["properties":{"offset":{"x":0,"y":%d},"body":"%s"}}]]):format(widget[1], widget[2], widget[3],
      following and ([[,"next":"%s"]]):format(following[1]) or "", 200 * i, widget[4] or "")
  end
  return ([[{"description":"%s","states":[%s],"initial_state":"Trigger","flags":{"allow_concurrent_calls":true}}]])
    :format(description, table.concat(states, ","))
end

local survey = chain("Three questions by SMS", {
  { "greeting", "send-message", "sent", "Hello {{flow.data.first_name}}, three short questions." },
  { "store_start", "run-function", "success" },
  { "question_1", "send-and-wait-for-reply", "incomingMessage", "How was your visit?" },
  { "thanks", "send-message", "sent", "Thank you!" },
})

-- JSON that a careless client changes on the way there and back.
local values = [=[{"description":"JSON of every kind","states":[{"name":"Trigger","type":"trigger","transitions":[],]=]
  .. [=["properties":{"offset":{"x":0,"y":-10.5},"empty_array":[],"empty_object":{},"null":null,"large":9007199254740993,]=]
  .. [=["small":1.5e-7,"digits":0.30000000000000004,"text":"caf\u00e9 \ud83d\ude00 \/ \"quoted\"",]=]
  .. [=["nested":[[],[{}],[null,false]]}}],"initial_state":"Trigger","flags":{}}]=]

local function create_flows()
  local function create(name, friendly_name, definition)
    return flows.create(nil, {
      FriendlyName = friendly_name, Status = "published", Definition = definition, CommitMessage = "First revision",
      AuthorSid = known.author,
    }, nil, known.flows[name])
  end
  create("values", "Values of every kind", values)
  local orders = create("orders", "Order status", chain("Order status", {
    { "look_up_order", "make-http-request", "success" },
    { "tell_status", "send-message", "sent", "Your order is {{widgets.look_up_order.parsed.status}}." },
  }))
  create("support", "Support line", chain("Support line", {
    { "welcome", "say-play", "audioComplete" },
    { "choose", "gather-input-on-call", "keypress" },
    { "to_agent", "send-to-flex", "callComplete" },
  }))
  create("reminder", "Appointment reminder", chain("Appointment reminder", {
    { "remind", "send-message", "sent", "See you at {{flow.data.time}}." },
    { "confirm", "send-and-wait-for-reply", "incomingMessage", "Reply Y to confirm." },
  }))
  create("survey", "Customer survey", survey)
  flows.update({ Flow = orders }, { Status = "draft", CommitMessage = "Shorter text" })
  flows.update({ Flow = orders }, { Status = "published", CommitMessage = "Publish the shorter text" })
  for _, flow in ipairs(store.flows.list) do
    flow.date_created, flow.date_updated = first_day, first_day
    for _, revision in ipairs(flow.revisions.list) do
      revision.date_created, revision.date_updated = first_day, first_day
    end
  end
end

-- One execution an hour, all ended, so that lists have pages and date filters something to choose from.
local function create_executions(name, count)
  local found = { Flow = store.flows.by_sid[known.flows[name]] }
  for i = 1, count do
    local started = first_day + (i - 1) * hour
    executions.create(found, {
      To = ("+1500555%04d"):format(1000 + i % 9000), From = sender,
      Parameters = ('{"first_name":"Contact %d","visit":%d}'):format(i, i),
    }, { route = {}, id = "RQ" .. ngx.md5(name .. i) }, {
      sid = store.sid_of("FN", name .. i), status = "ended", date_created = started, date_updated = started + 300,
    })
  end
end

--- Fills an empty store.
-- @tparam table config `engagements`: how many the survey has
local function plant(config)
  create_flows()
  create_executions("survey", config.engagements)
  create_executions("reminder", 3)
  flex_flows.create(nil, {
    FriendlyName = "Web chat", ChatServiceSid = known.chat_service, ChannelType = "web", ContactIdentity = "visitor",
    Enabled = true, IntegrationType = "studio", ["Integration.FlowSid"] = known.flows.support, LongLived = false,
    JanitorEnabled = true,
  }, nil, known.flex_flow)
end

return { plant = plant }
