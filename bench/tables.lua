-- The limit of the page rows: the exchanges of the floor and the tables and strings of this library, and nothing else; see limit.c.
-- The arguments are those of floor.c, and so is what it prints. One more, "nothing", "strings" or "tables", has it make that alone, and
-- "rest" behind that stops the collector.
local limit = require "limit" -- before the library: libcurl is to be as the floor has it
local core = require "studio.core"
require "studio" -- the collector goes by the size of the heap

local origin, flow_sid, count, size, part, collector = arg[2], arg[3], tonumber(arg[5]), tonumber(arg[7]), arg[8] or "all", arg[9]

-- What writes the tapes leaves no trace in this process.
local file, keys = os.tmpname(), {}
local pipe = assert(io.popen(("%s bench/tape.lua %s %s %d %d %s %s"):format(arg[-1], origin, flow_sid, count, size, part, file)))
for key in pipe:lines() do keys[#keys + 1] = key end
pipe:close()
if keys[1] then limit.load(file) end
os.remove(file)
assert(keys[1], "there are no tapes")
limit.open(("%s/v1/Flows/%s/Engagements"):format(origin, flow_sid), keys)

local function peak_memory()
  for line in io.lines("/proc/self/status") do
    local peak = line:match("^VmHWM:%s*(%d+)")
    if peak then return peak end
  end
end

limit.fetch(size, 0)
if collector == "rest" then collectgarbage "stop" end
local cpu, wall = os.clock(), core.now()
limit.take(size)
cpu, wall = os.clock() - cpu, core.now() - wall
print(("%.3f %.3f %d"):format(cpu * 1e6 / count, wall * 1e6 / count, peak_memory()))
