-- `make bench-json`: what studio.encode costs beside lua-cjson, in one run and in turn (A B A B …); the least of ROUNDS rounds, as ratios
-- to lua-cjson's compact text.
local cjson = require "cjson"
local studio = require "studio"

local rounds = tonumber(os.getenv "ROUNDS" or "") or 15

local function record(number)
  local sid = ("%032x"):format(number * 7919)
  local url = "https://studio.twilio.com/v2/Flows/FW00000000000000000000000000000001/Executions/FN" .. sid
  return studio.decode(studio.encode {
    sid = "FN" .. sid, account_sid = "AC" .. ("0"):rep(32), flow_sid = "FW00000000000000000000000000000001", status = "ended",
    context = {}, contact_channel_address = "+15550001111", date_created = "2026-11-20T08:30:00Z", date_updated = "2026-11-20T08:31:12Z",
    url = url, links = { steps = url .. "/Steps", execution_context = url .. "/Context" },
  })
end

local function definition(count)
  local states = {}
  for i = 1, count do
    states[i] = {
      name = "widget_" .. i, type = "send-and-wait-for-reply",
      transitions = { { event = "incomingMessage", next = "widget_" .. i + 1 }, { event = "timeout" }, { event = "deliveryFailure" } },
      properties = {
        offset = { x = 10 * i - 40, y = 120 * i }, service = "{{trigger.message.InstanceSid}}", channel = "{{trigger.message.ChannelSid}}",
        from = "{{flow.channel.address}}", body = "Hello, please answer \"yes\" or \"no\".\nThanks!", timeout = "3600",
      },
    }
  end
  return { description = "A flow", states = states, initial_state = "Trigger", flags = { allow_concurrent_calls = true } }
end

local records, numbers, texts = {}, {}, {}
for i = 1, 1000 do
  records[i], numbers[i], texts[i] = record(i), i / 7, "Ça marche ☎ — " .. i
end

local works = {
  { "a record", record(1), 20000 },
  { "1,000 records", records, 20 },
  { "a definition of 2,000 widgets", definition(2000), 10 },
  { "1,000 numbers with fractions", numbers, 200 },
  { "1,000 texts beyond ASCII", texts, 500 },
}

local contestants = {
  function(value) cjson.encode(value) end,
  function(value) studio.encode(value) end,
  function(value) studio.encode(value, { sort = true }) end,
  function(value) studio.encode(value, { indent = 2 }) end,
}

local function seconds(contestant, value, count)
  collectgarbage()
  local before = os.clock()
  for _ = 1, count do contestant(value) end
  return (os.clock() - before) / count
end

print(("| %s | lua-cjson | compact | sorted | indented |"):format(rawget(_G, "jit") and "LuaJIT" or _VERSION))
print "|---|---|---|---|---|"
for _, work in ipairs(works) do
  local least = {}
  for _ = 1, rounds do
    for index, contestant in ipairs(contestants) do
      least[index] = math.min(least[index] or math.huge, seconds(contestant, work[2], work[3]))
    end
  end
  print(("| %s | %.3g µs | %.2f | %.2f | %.2f |")
    :format(work[1], least[1] * 1e6, least[2] / least[1], least[3] / least[1], least[4] / least[1]))
end
