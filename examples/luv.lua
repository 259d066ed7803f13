-- A client in a program of luv (libuv): one poll handle on the client's descriptor, one timer, and a step when either says so.
--
--     lua5.4 lua/studio/emulator/main.lua -- lua5.4 examples/luv.lua            against the local service
--
-- With TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment instead, it reads from Twilio; it changes nothing. `make env` prints
-- the paths that it needs in a checkout. Debian's package is lua-luv.
local studio = require "studio"
local uv = require "luv"

-- All that a client needs to live in this loop. It keeps the loop running while tasks are pending.
local function attach(client)
  local poll, timer = uv.new_poll(client:pollfd()), uv.new_timer()
  local function step()
    if client:step(0) > 0 then poll:ref() else poll:unref() end
    local seconds = client:timeout()
    if seconds then timer:start(math.ceil(1000 * seconds), 0, step) else timer:stop() end
  end
  poll:start("r", step)
  timer:unref()
  return function()
    poll:close()
    timer:close()
  end
end

local client = studio.new()
local detach = attach(client)

-- Calls are made in tasks. A task that is spawned makes the descriptor readable: no step has to be asked for.
local ticks = 0
local ticker = uv.new_timer()
ticker:start(1, 1, function() ticks = ticks + 1 end)

client:spawn(function()
  local flows = assert(client.v1.flows:list { limit = 5 })
  for flow, engagements, err in client:map(flows, function(flow) return flow.engagements:list { limit = 20 } end) do
    print(flow.sid, flow.friendly_name, engagements and #engagements .. " Engagements" or tostring(err))
  end
  ticker:close()
end)

uv.run()
print(("luv's own timer had %d turns meanwhile"):format(ticks))
detach()
uv.run() -- until the handles are closed
client:close()
