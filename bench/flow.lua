-- What checking, comparing and drawing flows of 200, 2,000 and 20,000 widgets takes, and how fast they run: `make bench-flow`.
--
-- A flow is made of rooms of ten widgets: a question, a split with three answers, a request, messages, variables; most have a text of
-- their own, so that nothing is answered from memory.
local flow = require "studio.flow"

local sizes = { 200, 2000, 20000 }

local function transition(event, following, conditions)
  return { event = event, next = following, conditions = conditions }
end

local function match(room, input, value, following)
  local condition = { friendly_name = "If " .. value, arguments = { input }, type = "equal_to", value = value }
  return transition("match", "w" .. room .. following, { condition })
end

local function message(room, name, body, after, is_question)
  local transitions = is_question
    and { transition("incomingMessage", "w" .. room .. after), transition("timeout"), transition("deliveryFailure") }
    or { transition("sent", "w" .. room .. after), transition("failed") }
  return {
    name = "w" .. room .. name, type = is_question and "send-and-wait-for-reply" or "send-message", transitions = transitions,
    properties = {
      offset = { x = room * 300, y = room * 200 }, service = "{{trigger.message.InstanceSid}}", channel = "{{trigger.message.ChannelSid}}",
      from = "{{flow.channel.address}}", to = not is_question and "{{contact.channel.address}}" or nil, body = body,
      timeout = is_question and "3600" or nil,
    },
  }
end

-- Ten widgets; the last leads to the next room.
local function room_of(states, room, following)
  local input = ("{{widgets.w%d_ask.inbound.Body | strip | downcase}}"):format(room)
  local last = { transition("next", following) }
  local function add(state) states[#states + 1] = state end
  add(message(room, "_ask", ("Question %d: do you need help, {{flow.data.name_%d}}?"):format(room, room), "_split", true))
  add {
    name = "w" .. room .. "_split", type = "split-based-on", properties = { offset = { x = 0, y = 0 }, input = input },
    transitions = {
      transition("noMatch", "w" .. room .. "_sorry"), match(room, input, "yes", "_get"), match(room, input, "no", "_bye"),
      match(room, input, "human", "_set"),
    },
  }
  add(message(room, "_sorry", ("I did not get that: {{widgets.w%d_ask.inbound.Body}}"):format(room), "_ask"))
  add {
    name = "w" .. room .. "_get", type = "make-http-request",
    transitions = { transition("success", "w" .. room .. "_tell"), transition("failed", "w" .. room .. "_sorry") },
    properties = {
      offset = { x = 0, y = 0 }, method = "POST", url = "https://shop.example/orders", content_type = "application/json;charset=utf-8",
      body = ('{"number":"{{widgets.w%d_ask.inbound.Body}}","room":%d}'):format(room, room),
      parameters = { { key = "room", value = tostring(room) }, { key = "who", value = "{{contact.channel.address}}" } },
    },
  }
  add(message(room, "_tell", ("Order: {%% if widgets.w%d_get.parsed.sent %%}sent{%% else %%}open{%% endif %%}"):format(room), "_set"))
  add {
    name = "w" .. room .. "_set", type = "set-variables", transitions = { transition("next", "w" .. room .. "_run") },
    properties = { offset = { x = 0, y = 0 }, variables = { { key = "room", value = tostring(room) }, { key = "last", value = input } } },
  }
  add {
    name = "w" .. room .. "_run", type = "run-function",
    transitions = { transition("success", "w" .. room .. "_note"), transition("fail", "w" .. room .. "_note") },
    properties = {
      offset = { x = 0, y = 0 }, url = "https://demo-1234-dev.twil.io/room-" .. room, service_sid = "ZS" .. ("0"):rep(32),
      environment_sid = "ZE" .. ("0"):rep(32), function_sid = "ZH" .. ("0"):rep(32),
    },
  }
  add(message(room, "_note", ("Noted: {{flow.variables.last}} in room %d"):format(room), "_bye"))
  add(message(room, "_bye", ("Thank you for room %d"):format(room), "_end"))
  add {
    name = "w" .. room .. "_end", type = "set-variables", transitions = last,
    properties = { offset = { x = 0, y = 0 }, variables = { { key = "done", value = "{{flow.variables.done | plus: 1}}" } } },
  }
end

local function flow_of(count)
  local states = {
    {
      name = "Trigger", type = "trigger", properties = { offset = { x = 0, y = 0 } },
      transitions = {
        transition("incomingMessage", "w1_ask"), transition "incomingCall", transition "incomingConversationMessage",
        transition "incomingRequest", transition "incomingParent",
      },
    },
  }
  local rooms = count / 10
  for room = 1, rooms do room_of(states, room, room < rooms and ("w%d_ask"):format(room + 1) or nil) end
  return { description = "A flow of " .. count, states = states, initial_state = "Trigger", flags = { allow_concurrent_calls = true } }
end

-- The best of some rounds, in milliseconds of processor time.
local function best(work, rounds)
  local least = math.huge
  for _ = 1, rounds do
    collectgarbage()
    local before = os.clock()
    work()
    least = math.min(least, os.clock() - before)
  end
  return least * 1000
end

print(("%-8s %8s %8s %8s %8s"):format("widgets", "check", "diff", "dot", "mermaid"))
for _, size in ipairs(sizes) do
  local one, other = flow_of(size), flow_of(size)
  local last = other.states[#other.states - 1]
  last.properties.body = last.properties.body .. "!"
  local rounds = size > 2000 and 3 or 10
  assert(#flow.diff(one, other) == 1, "one change was made")
  local findings = flow.check(one)
  assert(#findings == (size > 2000 and 1 or size > 1000 and 1 or 0), tostring(findings[1]))
  print(("%-8d %8.1f %8.1f %8.1f %8.1f"):format(size, best(function() flow.check(one) end, rounds),
    best(function() flow.diff(one, other) end, rounds), best(function() flow.graph(one, { format = "dot" }) end, rounds),
    best(function() flow.graph(one, { format = "mermaid" }) end, rounds)))
end

-- Steps a second: runs of a thousand steps through flows in which the last widget leads to the first.
local function loop_of(count, text, value)
  local states = { { name = "Trigger", type = "trigger", properties = {}, transitions = { transition("incomingMessage", "w1_say") } } }
  for number = 1, count / 4 do
    local following = ("w%d_say"):format(number < count / 4 and number + 1 or 1)
    local function add(suffix, kind, properties, transitions)
      states[#states + 1] = { name = "w" .. number .. suffix, type = kind, properties = properties, transitions = transitions }
    end
    add("_say", "send-message", { body = text:format(number), from = "+15550002222", to = "+15550001111" },
      { transition("sent", "w" .. number .. "_set") })
    add("_set", "set-variables", { variables = { { key = "n", value = value }, { key = "room", value = tostring(number) } } },
      { transition("next", "w" .. number .. "_get") })
    add("_get", "make-http-request", { method = "GET", url = "https://shop.example/" .. number },
      { transition("success", "w" .. number .. "_split") })
    add("_split", "split-based-on", { input = value }, { transition("noMatch", following), match(number, value, "never", "_say") })
  end
  return { states = states, initial_state = "Trigger", flags = {} }
end

local function steps_a_second(definition)
  local taken = 0
  local options = { http = { ["*"] = { status = 200, body = '{"n":1}' } } }
  local seconds = best(function()
    taken = 0
    for _ = 1, 10 do taken = taken + #flow.simulate(definition, options).steps end
  end, 5) / 1000
  return taken / seconds
end

print(("%-8s %15s %15s"):format("widgets", "steps a second", "with Liquid"))
for _, size in ipairs(sizes) do
  print(("%-8d %15.0f %15.0f"):format(size, steps_a_second(loop_of(size, "Room %d", "5")), steps_a_second(loop_of(size,
    "Room %d of {{contact.channel.address}}: {{flow.variables.n | default: 0}}", "{{flow.variables.n | plus: 1}}"))))
end
