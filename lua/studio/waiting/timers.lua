--- Timers of a loop: a binary heap, the earliest first, from which any can be taken.
local timers = {}

local function put(heap, at, timer)
  heap[at], timer.at = timer, at
end

local function rise(heap, timer)
  local at = timer.at
  while at > 1 do
    local parent = (at - at % 2) / 2
    if heap[parent].due <= timer.due then break end
    put(heap, at, heap[parent])
    at = parent
  end
  put(heap, at, timer)
end

local function sink(heap, timer)
  local at, count = timer.at, #heap
  while 2 * at <= count do
    local child = 2 * at
    if child < count and heap[child + 1].due < heap[child].due then child = child + 1 end
    if timer.due <= heap[child].due then break end
    put(heap, at, heap[child])
    at = child
  end
  put(heap, at, timer)
end

--- Adds a timer.
-- @tparam table heap
-- @tparam number due when, on the clock of `core.now`
-- @param waiter what it is for
-- @treturn table the timer
function timers.add(heap, due, waiter)
  local timer = { due = due, waiter = waiter, heap = heap, at = false }
  timer.at = #heap + 1
  heap[timer.at] = timer
  rise(heap, timer)
  return timer
end

--- Takes a timer out; one that is out already stays so.
-- @tparam table timer
function timers.remove(timer)
  local heap, at = timer.heap, timer.at
  local count = #heap
  if heap[at] ~= timer then return end
  local last = heap[count]
  heap[count] = nil
  if last == timer then return end
  put(heap, at, last)
  rise(heap, last)
  sink(heap, last)
end

return timers
