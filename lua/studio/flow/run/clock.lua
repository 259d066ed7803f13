--- Times as the service writes them.
-- @module studio.flow.run.clock

local clock = {}
local last, written

--- Epoch seconds as an ISO 8601 date and time in UTC, to the second.
function clock.iso(seconds)
  if seconds ~= last then
    last, written = seconds, os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
  end
  return written
end

return clock
