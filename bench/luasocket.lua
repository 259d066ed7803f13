-- LuaSocket and lua-cjson in the benchmark, as a program uses them that has no client library: socket.http, which opens a connection
-- for each request, and a loop over the pages. The arguments are those of floor.c, and so is what it prints.
local cjson = require "cjson"
local http = require "socket.http"
local mime = require "mime"
local socket = require "socket"

local work, origin, flow_sid, count, extra = arg[1], arg[2], arg[3], tonumber(arg[5]), arg[7]
local file = assert(io.open(arg[4], "rb"))
local sids = file:read(count * 34)
file:close()
local authorization = "Basic " .. mime.b64("AC0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef")
local engagements = ("%s/v1/Flows/%s/Engagements"):format(origin, flow_sid)

local function get(url)
  local parts = {}
  local fine, status = http.request {
    url = url, headers = { Authorization = authorization, Accept = "application/json" },
    sink = function(part)
      parts[#parts + 1] = part
      return 1
    end,
  }
  assert(fine and status == 200, status)
  return cjson.decode(table.concat(parts))
end

local works = {}

function works.fetch()
  for number = 1, count do assert(get(engagements .. "/" .. sids:sub(number * 34 - 33, number * 34)).sid) end
end

function works.pages()
  local url, seen = engagements .. "?PageSize=" .. extra, 0
  while url ~= cjson.null do
    local page = get(url)
    for _, record in ipairs(page.engagements) do
      if record.sid then seen = seen + 1 end
    end
    url = page.meta.next_page_url
  end
  assert(seen == count, "records are missing")
end

local function peak_memory()
  for line in io.lines("/proc/self/status") do
    local peak = line:match("^VmHWM:%s*(%d+)")
    if peak then return peak end
  end
end

local cpu, wall = os.clock(), socket.gettime()
works[work]()
cpu, wall = os.clock() - cpu, socket.gettime() - wall
print(("%.3f %.3f %d %.3f"):format(cpu * 1e6 / count, wall * 1e6 / count, peak_memory(), os.clock() * 1e6 / count))
