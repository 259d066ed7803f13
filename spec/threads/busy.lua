-- What each thread does, again and again: calls one by one and many at once, a list, a task that is left, a client that is dropped.
-- Who the client is and where the service is the environment says.
local number = ...
local studio = require "studio"

local client = studio.new()
local flow = client.v1.flows("FW00000000000000000000000000000001")
local to = ("+1555%02d%05d"):format(number, math.random(99999))
assert(flow:fetch())
local engagement = assert(flow.engagements:create { to = to, from = "+15550000000", parameters = { number = number } })
local context = assert(engagement.engagement_context:fetch()).context
assert(context.flow.data.number == number, "another thread's answer")
local count = 0
for _, found in client:map({ 1, 2, 3, 4, 5, 6 }, function() return assert(flow:fetch()) end) do
  count = count + 1
  assert(found.sid == "FW00000000000000000000000000000001")
end
assert(count == 6)
for e in flow.engagements:each { page_size = 10, limit = 15 } do assert(e.sid) end
assert(engagement:delete())
client:spawn(function() return flow:fetch() end)
client:step(0)
if number % 2 == 0 then client:close() end
