-- This library in the benchmark; the arguments are those of floor.c, and so is what it prints.
local core = require "studio.core"
local studio = require "studio"

local work, origin, flow_sid, count, in_flight, extra = arg[1], arg[2], arg[3], tonumber(arg[5]), tonumber(arg[6]), arg[7]

-- What is asked for is another one each time.
local file = assert(io.open(arg[4], "rb"))
local sids = file:read(count * 34)
file:close()

local function sid(number) return sids:sub(number * 34 - 33, number * 34) end

local client = studio.new {
  account_sid = "AC0123456789abcdef0123456789abcdef", auth_token = "0123456789abcdef0123456789abcdef",
  base_url = origin, ca_file = work ~= "pages" and extra or nil,
}
local flow = client.v1.flows(flow_sid)

local works = {}

function works.fetch()
  for number = 1, count do assert(flow.engagements(sid(number)):fetch()) end
end

function works.pages()
  local seen = 0
  for record in flow.engagements:each { page_size = tonumber(extra) } do
    if record.sid then seen = seen + 1 end
  end
  assert(seen == count, "records are missing")
end

local function at_once(call)
  local number = 0
  local function numbers()
    number = number + 1
    return number <= count and number or nil
  end
  for _, value, err in client:map(numbers, call, { concurrency = in_flight }) do
    if not value then error(err) end
  end
end

function works.create()
  local executions = client.v2.flows(flow_sid).executions
  at_once(function(number)
    return executions:create { to = ("+1555%07d"):format(number), from = "+15017122661", parameters = { order = sid(number) } }
  end)
end

function works.multiplex()
  at_once(function(number) return flow.engagements(sid(number)):fetch() end)
end

local function peak_memory()
  for line in io.lines("/proc/self/status") do
    local peak = line:match("^VmHWM:%s*(%d+)")
    if peak then return peak end
  end
end

if work == "pages" or (work == "fetch" and count > 1) then assert(flow.engagements(sid(1)):fetch()) end
local cpu, wall = os.clock(), core.now()
works[work]()
cpu, wall = os.clock() - cpu, core.now() - wall
print(("%.3f %.3f %d %.3f"):format(cpu * 1e6 / count, wall * 1e6 / count, peak_memory(), os.clock() * 1e6 / count))
