-- For the specs: keeps calls in flight for STUDIO_LOVE_FRAMES frames, measures the CPU time of each client:step(0), and ends the program.
local ffi = require "ffi"

ffi.cdef "struct studio_timespec { long seconds, nanoseconds; }; int clock_gettime(int, struct studio_timespec *);"

local THREAD_CPU_TIME = 3
local IN_FLIGHT = 20

-- Of this thread alone: others draw.
local moment = ffi.new("struct studio_timespec")
local function milliseconds()
  ffi.C.clock_gettime(THREAD_CPU_TIME, moment)
  return tonumber(moment.seconds) * 1e3 + tonumber(moment.nanoseconds) / 1e6
end

local function percentile(sorted, share)
  return sorted[math.max(1, math.ceil(#sorted * share))]
end

-- Returns what to call in place of `step`.
return function(client, flow, step)
  local frames, calls, failed, records, in_flight = 0, 0, 0, 0, 0
  local costs, busy = {}, {} -- of all steps, and of those in which a call ended: where frames are short, most have nothing to do
  local most = tonumber(os.getenv("STUDIO_LOVE_FRAMES"))
  for index = 1, IN_FLIGHT do
    client:spawn(function()
      in_flight = in_flight + 1
      while frames < most do
        local page
        -- One in twenty lists a page of 50.
        if index % 20 == 0 then page = flow.executions:page { page_size = 50 } else page = flow:fetch() end
        calls = calls + 1
        if not page then failed = failed + 1 end
        if page and page.items then records = records + #page.items end
      end
      in_flight = in_flight - 1
    end)
  end
  return function()
    local before, ended = milliseconds(), calls
    step()
    frames = frames + 1
    costs[frames] = milliseconds() - before
    if calls > ended then busy[#busy + 1] = costs[frames] end
    if frames < most then return end
    table.sort(costs)
    table.sort(busy)
    print(("frames %d in_flight %d calls %d failed %d records %d busy %.3f p99 %.3f most %.3f"):format(frames, in_flight, calls, failed,
      records, percentile(busy, 0.5), percentile(costs, 0.99), costs[#costs]))
    love.event.quit(0)
  end
end
