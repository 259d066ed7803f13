--- What a fresh service has: five published flows, ended executions in two of them, and a Flex Flow.
-- @module studio.emulator.server.seeds

local clock = require "studio.emulator.server.clock"
local executions = require "studio.emulator.server.executions"
local flex_flows = require "studio.emulator.server.flex_flows"
local flows = require "studio.emulator.server.flows"
local known = require "studio.emulator.known"
local store = require "studio.emulator.server.store"

local sender = "+15005550006"
local hour, day = 3600, 86400
-- How long a contact took to answer.
local answered_after = 300

-- The first execution began then, 2024-01-01T00:00:00Z, unless the service has a time of its own: there the last one is an hour old.
local first_day = 1704067200

-- What the programs that seeded flows ask have to say.
local store_answer = { status_code = 200, content_type = "application/json", body = '{"stored":true}', parsed = { stored = true } }
local order_answer = {
  status_code = 200, content_type = "application/json", body = '{"status":"on its way"}', parsed = { status = "on its way" },
}

local trigger = [[{"name":"Trigger","type":"trigger","transitions":[{"event":"%s"},{"event":"%s","next":"%s"},]]
  .. [[{"event":"incomingRequest","next":"%s"}],"properties":{"offset":{"x":0,"y":0}}}]]

-- The definition of a flow whose widgets follow one another. It begins with a request, and with a message unless it is for calls.
local function chain(description, widgets, for_calls)
  local first = widgets[1][1]
  local states = {
    trigger:format(for_calls and "incomingMessage" or "incomingCall", for_calls and "incomingCall" or "incomingMessage", first, first),
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
  local function create(name, friendly_name, definition, outcomes)
    local flow = flows.create(nil, {
      FriendlyName = friendly_name, Status = "published", Definition = definition, CommitMessage = "First revision",
      AuthorSid = known.author,
    }, nil, known.flows[name])
    flow.outcomes = outcomes
    return flow
  end
  create("values", "Values of every kind", values)
  local orders = create("orders", "Order status", chain("Order status", {
    { "look_up_order", "make-http-request", "success" },
    { "tell_status", "send-message", "sent", "Your order is {{widgets.look_up_order.parsed.status}}." },
  }), { look_up_order = { event = "success", data = order_answer } })
  create("support", "Support line", chain("Support line", {
    { "welcome", "say-play", "audioComplete" },
    { "choose", "gather-input-on-call", "keypress" },
    { "to_agent", "send-to-flex", "callComplete" },
  }, true))
  create("reminder", "Appointment reminder", chain("Appointment reminder", {
    { "remind", "send-message", "sent", "See you at {{flow.data.time}}." },
    { "confirm", "send-and-wait-for-reply", "incomingMessage", "Reply Y to confirm." },
  }))
  create("survey", "Customer survey", survey, { store_start = { event = "success", data = store_answer } })
  flows.update({ Flow = orders }, { Status = "draft", CommitMessage = "Shorter text" })
  flows.update({ Flow = orders }, { Status = "published", CommitMessage = "Publish the shorter text" })
end

local function date_flows(date)
  for _, flow in ipairs(store.flows.list) do
    flow.date_created, flow.date_updated = date, date
    for _, revision in ipairs(flow.revisions.list) do
      revision.date_created, revision.date_updated = date, date
    end
  end
end

-- One execution an hour, all ended, so that lists have pages and date filters something to choose from.
local function create_executions(name, count, first, answer)
  local flow = store.flows.by_sid[known.flows[name]]
  for i = 1, count do
    local began = first + (i - 1) * hour
    local answered = began + answered_after
    executions.add(flow, {
      trigger = "incomingRequest", from = sender, to = ("+1500555%04d"):format(1000 + i % 9000),
      parameters = { first_name = "Contact " .. i, visit = i },
    }, {
      sid = store.sid_of("FN", name .. i), status = "ended", date_created = began, date_updated = answered, stopped = answered,
      inputs = { { time = answered, name = "message", answer } }, initiated_by = "RQ" .. ngx.md5(name .. i),
      parameters = ('{"first_name":"Contact %d","visit":%d}'):format(i, i),
    })
  end
end

--- Fills an empty store.
-- @tparam table config `engagements`: how many the survey has; `now`: the service's own time
local function plant(config)
  local count = config.engagements
  local first = config.now and clock.time() - math.max(count, 3) * hour or first_day
  create_flows()
  date_flows(config.now and first - day or first_day)
  create_executions("survey", count, first, "It was good")
  create_executions("reminder", 3, first, "Y")
  flex_flows.create(nil, {
    FriendlyName = "Web chat", ChatServiceSid = known.chat_service, ChannelType = "web", ContactIdentity = "visitor",
    Enabled = true, IntegrationType = "studio", ["Integration.FlowSid"] = known.flows.support, LongLived = false,
    JanitorEnabled = true,
  }, nil, known.flex_flow)
end

return { plant = plant }
