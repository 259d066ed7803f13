--- Waits of a task of one client for something of another client. The loop that the task belongs to is the host; it drives the other loop,
-- its guest, as long as the wait lasts, so that the host's other tasks go on, too.
local min = math.min

-- Seconds between looks at a guest, where its descriptor cannot be watched: there is none, or the guest watches the host.
local LOOK_EVERY = 0.01

local nested = {}

local function find(host, guest)
  for index, entry in ipairs(host.guests) do
    if entry.loop == guest then return index, entry end
  end
end

--- A task of the host begins to wait for something of the guest.
-- @tparam table host a loop, as the guest
-- @tparam table guest
function nested.enter(host, guest)
  local _, entry = find(host, guest)
  if not entry then
    local descriptor = guest:pollfd()
    entry = { loop = guest, count = 0, descriptor = descriptor }
    -- A task that has closed its own client waits for nothing more.
    local multi = descriptor and not host.closed and host:handle()
    entry.is_watched = multi and multi:watch(descriptor, true)
    table.insert(host.guests, entry)
  end
  entry.count = entry.count + 1
end

--- The task's wait for the guest is over.
-- @tparam table host
-- @tparam table guest
function nested.leave(host, guest)
  local index, entry = find(host, guest)
  entry.count = entry.count - 1
  if entry.count > 0 then return end
  table.remove(host.guests, index)
  -- The number of a descriptor that is closed may be another's by now.
  if entry.is_watched and not host.closed and guest:pollfd() == entry.descriptor then host:handle():watch(entry.descriptor, false) end
end

--- Gives each guest a turn, unless it drives its transfers just now. One whose tasks run may be driven: a task of it may wait here, by a
-- blocking wait, for what only its own loop can bring.
-- @tparam table host
-- @treturn boolean whether anything ended or ran
function nested.drive(host)
  local told = false
  for index = #host.guests, 1, -1 do
    local entry = host.guests[index]
    if entry and not entry.loop.driving then told = entry.loop:turn(0) or told end
  end
  return told
end

--- How long the host may wait at most.
-- @tparam table host
-- @tparam number seconds that it would wait by itself
-- @treturn number
function nested.bounded(host, seconds)
  if host.is_asking then return seconds end
  host.is_asking = true
  for _, entry in ipairs(host.guests) do
    seconds = min(seconds, entry.loop:timeout() or seconds, entry.is_watched and seconds or LOOK_EVERY)
  end
  host.is_asking = false
  return seconds
end

return nested
