-- Run with jump.c preloaded: the wall clock jumps in the middle of whatever waits. Prints a line for each thing that held.
local core = require "studio.core"
local studio = require "studio"

local function jump(seconds)
  local file = assert(io.open(os.getenv("WALL_CLOCK_FILE"), "w"))
  file:write(seconds)
  file:close()
end

local account = { account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32) }

local function client_with(options)
  for name, value in pairs(account) do
    if not options.oauth then options[name] = value end
  end
  return studio.new(options)
end

local function measured(call)
  local started = core.now()
  local value, err = call()
  return core.now() - started, value, err
end

local function offline(answers, on_send, options)
  local sent = 0
  options.transport = {
    send = function(_, request)
      sent = sent + 1
      if on_send then on_send(sent, request) end
      return answers[sent] or answers[#answers]
    end,
  }
  return client_with(options), function() return sent end
end

local json = { ["Content-Type"] = "application/json" }
local FLOW = "FW" .. ("1"):rep(32)

local real = os.time()
jump(3600)
assert(math.abs(os.time() - real - 3600) < 60, "the wall clock did not jump")
jump(0)

for _, hour in ipairs { 3600, -3600 } do
  -- The wait before a retry, of seconds that the service asked for.
  jump(0)
  local client, sent = offline({ { status = 503, headers = { ["Retry-After"] = "1" } }, { status = 200, headers = json, body = "{}" } },
    function(count) if count == 1 then jump(hour) end end, { deadline = 20 })
  local seconds, flow = measured(function() return client.v1.flows(FLOW):fetch() end)
  assert(flow and sent() == 2 and seconds >= 0.99 and seconds < 15, "retry: " .. seconds)

  -- A deadline.
  jump(0)
  client, sent = offline({ { status = 503, headers = {} } }, function(count) if count == 2 then jump(hour) end end,
    { deadline = 0.6, retry = { attempts = 1000, base = 0.05, cap = 0.05, budget = 100000 } })
  local err
  seconds, flow, err = measured(function() return client.v1.flows(FLOW):fetch() end)
  assert(flow == nil and err.status == 503 and sent() > 3 and seconds < 15, "deadline: " .. seconds .. " " .. sent())

  -- A token that is good for an hour stays good.
  jump(0)
  local tokens = 0
  client = client_with {
    oauth = { client_id = "OQ1", client_secret = "secret-of-a-client" },
    transport = {
      send = function(_, request)
        if request.url:find("/v2/token", 1, true) then
          tokens = tokens + 1
          return { status = 200, headers = json, body = '{"access_token":"abc","expires_in":3600}' }
        end
        return { status = 200, headers = json, body = "{}" }
      end,
    },
  }
  assert(client.v1.flows(FLOW):fetch())
  jump(2 * hour)
  assert(client.v1.flows(FLOW):fetch())
  jump(0)
  assert(client.v1.flows(FLOW):fetch())
  assert(tokens == 1, "token: fetched " .. tokens .. " times")

  -- A timeout of a transfer over the network: the server takes in the request and says nothing.
  jump(0)
  local step = 0
  client = client_with {
    base_url = os.getenv("SILENT_URL"), timeout = 0.7, retry = false,
    wait = function()
      step = step + 1
      if step == 1 then jump(hour) end
    end,
  }
  seconds, flow, err = measured(function() return client.v1.flows(FLOW):fetch() end)
  assert(flow == nil and err.kind == "timeout" and seconds >= 0.65 and seconds < 15, "timeout: " .. seconds .. " " .. tostring(err))
end

-- The one thing that the wall clock decides.
jump(0)
local date = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 3600)
local function retry_after()
  local client = offline({ { status = 429, headers = { ["Retry-After"] = date } } }, nil, { retry = false })
  local _, err = client.v1.flows(FLOW):fetch()
  return err.retry_after
end
assert(math.abs(retry_after() - 3600) < 60)
jump(3000)
assert(math.abs(retry_after() - 600) < 60)
jump(7200)
assert(retry_after() == 0)
print("held")
