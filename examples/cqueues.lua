-- Calls inside coroutines of cqueues: they look like any call, and while one waits the other coroutines run.
--
--     lua5.4 lua/studio/emulator/main.lua -- lua5.4 examples/cqueues.lua        against the local service
--
-- With TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment instead, it reads from Twilio; it changes nothing. `make env` prints
-- the paths that it needs in a checkout. Debian's package is lua-cqueues.
local cqueues = require "cqueues"
local studio = require "studio"

local client = studio.new()
local controller = cqueues.new()
local busy, ticks = 3, 0

-- A coroutine for each list; all three wait at the same time.
local function count(name, collection)
  controller:wrap(function()
    local before, records = cqueues.monotime(), 0
    for _ in collection:each { page_size = 20, limit = 100 } do records = records + 1 end
    print(("%-12s %3d records in %.0f ms"):format(name, records, 1000 * (cqueues.monotime() - before)))
    busy = busy - 1
  end)
end

count("v1 Flows", client.v1.flows)
count("v2 Flows", client.v2.flows)
count("Flex Flows", client.flex.flex_flows)

-- Whatever else the program does goes on.
controller:wrap(function()
  repeat
    cqueues.sleep(0.001)
    ticks = ticks + 1
  until busy == 0
end)

-- Tasks, and what is built of them, work here as everywhere: the steps of some Engagements, five at a time.
controller:wrap(function()
  local flow = client.v1.flows:each { limit = 1 }()
  if not flow then return end
  local engagements = flow.engagements:each { limit = 10 }
  for engagement, steps, err in client:map(engagements, function(e) return e.steps:list() end, { concurrency = 5 }) do
    print(engagement.sid, steps and #steps .. " steps" or tostring(err))
  end
end)

assert(controller:loop())
print(("the other coroutine had %d turns meanwhile"):format(ticks))
client:close()
