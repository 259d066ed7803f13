--- `make bench`: every contestant does every work in turn, ROUNDS times (A B A B …); the medians, as ratios to the floor of the same run.
--
-- Environment: OUT (where the modules are), ROUNDS (5), OTHERS (contestants beside ours, the floor and LuaSocket: "node", "python"),
-- WORKS (a pattern that chooses rows by name).
package.path = "bench/?.lua;" .. package.path
local canned = require "canned"
local core = require "studio.core"

local out, rounds = os.getenv "OUT" or "build", tonumber(os.getenv "ROUNDS" or "") or 5
local others, chosen = os.getenv "OTHERS" or "", os.getenv "WORKS" or ""

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return (text:gsub("%s+$", ""))
end

-- contestants ---------------------------------------------------------------------------------------------------------------------

-- The shell sets the environment: `env` would be one more program to start, in a row that measures a start.
local function environment(interpreter)
  return ("unset LUA_PATH_5_4 LUA_CPATH_5_4; export LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='%s/%s/?.so;%s/bench/%s/?.so;;'; ")
    :format(out, interpreter, out, interpreter)
end

-- `pace`: what part of the counts it does, where it is too slow for all of it. `cpu_only`: its memory says nothing, its tapes are there.
local contestants = {
  { name = "libcurl in C", command = out .. "/bench/floor", works = "fetch pages create multiplex" },
  { name = "studio, Lua 5.4", before = environment "lua5.4", command = "lua5.4 bench/ours.lua", works = "fetch pages create multiplex" },
  { name = "studio, LuaJIT", before = environment "luajit", command = "luajit bench/ours.lua", works = "fetch pages create multiplex" },
  { name = "tables alone, Lua 5.4", before = environment "lua5.4", command = "lua5.4 bench/tables.lua", works = "pages", cpu_only = true },
  { name = "tables alone, LuaJIT", before = environment "luajit", command = "luajit bench/tables.lua", works = "pages", cpu_only = true },
  { name = "LuaSocket, cjson", command = "lua5.4 bench/luasocket.lua", works = "fetch pages", no_tls = true, pace = 0.25 },
}
if others:find "node" then
  contestants[#contestants + 1] = {
    name = "twilio-node", works = "fetch pages create",
    command = ("env NODE_PATH=%s/bench/node_modules node bench/twilio_node.js"):format(out),
    no_tls = true, pace = 0.5,
  }
end
if others:find "python" then
  contestants[#contestants + 1] = {
    name = "twilio-python", command = "/usr/bin/python3 bench/twilio_python.py", works = "fetch pages create", no_tls = true, pace = 0.5,
  }
end

-- works ---------------------------------------------------------------------------------------------------------------------------

-- `field`: 1 processor time, 2 wall time, 3 peak memory, 4 processor time of the whole process, its start included, of what a contestant
-- prints; "process" the wall time of the whole process.
local records = canned.records
local rows = {
  { name = "20,000 fetches over kept-alive HTTP/1.1, CPU of the process", work = "fetch", origin = "origin", count = 20000, field = 4,
    unit = "µs" },
  { name = "20,000 fetches over TLS, CPU of the process", work = "fetch", origin = "tls_origin", tls = true, count = 20000, field = 4,
    unit = "µs" },
  { name = "20,000 records by pages of 50, CPU a record", work = "pages", origin = "origin", count = records, extra = 50, field = 1,
    unit = "µs" },
  { name = "20,000 records by pages of 1,000, CPU a record", work = "pages", origin = "origin", count = records, extra = 1000, field = 1,
    unit = "µs" },
  { name = "5,000 creates, 50 in flight, each 20 ms: wall", work = "create", origin = "origin", count = 5000, field = 2, unit = "µs",
    apart = true },
  { name = "5,000 creates, 50 in flight: CPU of the process", work = "create", origin = "origin", count = 5000, field = 4, unit = "µs" },
  { name = "5,000 fetches, 50 in flight on one HTTP/2 connection, CPU of the process", work = "multiplex", origin = "http2_origin",
    tls = true, count = 5000, field = 4, unit = "µs" },
  { name = "start, load, one fetch: CPU of the process", work = "fetch", origin = "origin", count = 1, field = 4, unit = "ms",
    scale = 1000 },
  { name = "start, load, one fetch: wall", work = "fetch", origin = "origin", count = 1, field = "process", unit = "ms", scale = 1000 },
  { name = "peak memory, 20,000 records by pages of 50", work = "pages", origin = "origin", count = records, extra = 50, field = 3,
    unit = "MiB" },
}

-- How a work grows with how many are in flight: a table of its own, in which each is a ratio to the floor with as many in flight.
local growth = {
  { name = "creates over HTTP/1.1, each 20 ms", work = "create", origin = "origin" },
  { name = "fetches over HTTP/2", work = "multiplex", origin = "http2_origin", tls = true },
}
local in_flight = { 10, 50, 200, 1000 }

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

-- processors ----------------------------------------------------------------------------------------------------------------------

-- Client and server on one processor, where CPU time is the question: a wake-up across processors costs more than a whole exchange, and
-- not the same each time. For wall times of concurrent work each has its own.
local processors = tonumber(output "nproc 2>/dev/null") or 1
local has_taskset = os.execute "command -v taskset >/dev/null"

local function pinned(command)
  return has_taskset and ("taskset -c %d %s"):format(processors - 1, command) or command
end

local function place_server(server, apart)
  local processor = apart and processors > 1 and 0 or processors - 1
  if has_taskset then output(("taskset -pc %d %d"):format(processor, server.pid)) end
end

-- the run -------------------------------------------------------------------------------------------------------------------------

local function takes_part(contestant, row)
  return contestant.works:find(row.work, 1, true) and not (row.tls and contestant.no_tls) and (row.field == 1 or not contestant.cpu_only)
end

local function measure(contestant, row, server)
  local count = row.count
  if row.work == "fetch" and count > 1 then count = math.floor(count * (contestant.pace or 1)) end
  local command = ("%sexec %s %s %s %s %s %d %d %s"):format(contestant.before or "", pinned(contestant.command), row.work,
    server[row.origin], canned.flow, server.sids, count, row.in_flight or 50, row.tls and server.ca_file or row.extra or "")
  local before = core.now()
  local text = output(command)
  local passed = core.now() - before
  local cpu, wall, peak, whole = text:match("^(%S+) (%S+) (%S+) ?(%S*)$")
  if not cpu then error(("%s failed at: %s"):format(contestant.name, command), 0) end
  return { tonumber(cpu), tonumber(wall), tonumber(peak) / 1024, tonumber(whole), process = passed * 1e6 }
end

local function run_row(row, server)
  local results = {}
  place_server(server, row.apart)
  for _ = 1, rounds do
    for index, contestant in ipairs(contestants) do
      if takes_part(contestant, row) then
        results[index] = results[index] or {}
        table.insert(results[index], measure(contestant, row, server))
      end
    end
  end
  return results
end

local function value_of(results, field)
  if not results then return nil end
  local list = {}
  for index, result in ipairs(results) do list[index] = result[field] end
  return median(list)
end

local function show(row, results)
  local floor = value_of(results[1], row.field)
  local cells = { row.name, ("%.3g %s"):format(floor / (row.scale or 1), row.unit) }
  for index = 2, #contestants do
    local value = value_of(results[index], row.field)
    if not value then
      cells[#cells + 1] = "–"
    elseif row.field == 3 then
      cells[#cells + 1] = ("%.1f MiB"):format(value)
    else
      cells[#cells + 1] = ("%.2f"):format(value / floor)
    end
  end
  print("| " .. table.concat(cells, " | ") .. " |")
  io.stdout:flush()
end

-- How many connections the server has had: the last one, which asks, not counted.
local function connections(server)
  return tonumber(output(("curl -s %s/connection"):format(server.origin)))
end

-- A row for each contestant and number in flight: wall and CPU time a request as ratios to the floor's, CPU time as a ratio to the same
-- contestant's with 50 in flight, and the connections of a run.
local function show_growth(work, server)
  local measured = {}
  for _, number in ipairs(in_flight) do
    local row = { work = work.work, origin = work.origin, tls = work.tls, in_flight = number, count = 10000, field = 1 }
    place_server(server, true)
    local results, connects = {}, {}
    for _ = 1, rounds do
      for index = 1, 3 do
        local before = connections(server)
        results[index] = results[index] or {}
        table.insert(results[index], measure(contestants[index], row, server))
        connects[index] = connections(server) - before - 1
      end
    end
    measured[number] = { results = results, connects = connects }
  end
  for index = 1, 3 do
    for _, number in ipairs(in_flight) do
      local at = measured[number]
      local cpu, wall = value_of(at.results[index], 1), value_of(at.results[index], 2)
      print(("| %s | %s | %d | %.1f µs | %.2f | %.1f µs | %.2f | %.2f | %d |"):format(work.name, contestants[index].name, number,
        wall, wall / value_of(at.results[1], 2), cpu, cpu / value_of(at.results[1], 1), cpu / value_of(measured[50].results[index], 1),
        at.connects[index]))
      io.stdout:flush()
    end
  end
end

local function versions()
  local found = {
    output "lua5.4 -v 2>&1 | cut -d' ' -f1,2", output "luajit -v 2>&1 | cut -d' ' -f1,2", "libcurl " .. core.curl_version,
    output "nginx -v 2>&1 | sed 's/.*: //'", output "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1",
  }
  if others:find "node" then
    found[#found + 1] = "Node " .. output "node --version"
    found[#found + 1] = "twilio-node " .. output(("node -p 'require(\"./%s/bench/node_modules/twilio/package.json\").version'"):format(out))
  end
  if others:find "python" then
    found[#found + 1] = output "/usr/bin/python3 --version"
    found[#found + 1] = "twilio-python " .. output "/usr/bin/python3 -c 'import twilio; print(twilio.__version__)'"
  end
  return table.concat(found, ", ")
end

local function run(server)
  local names = {}
  for index, contestant in ipairs(contestants) do names[index] = contestant.name end
  print(("%s, %s; medians of %d rounds, ratios to the first column"):format(os.date "!%Y-%m-%d", versions(), rounds))
  print()
  print("| | " .. table.concat(names, " | ") .. " |")
  print("|---" .. ("|---"):rep(#contestants) .. "|")
  for _, row in ipairs(rows) do
    if row.name:find(chosen) then show(row, run_row(row, server)) end
  end
  local heading
  for _, work in ipairs(growth) do
    if work.name:find(chosen) then
      if not heading then
        heading = "| | | in flight | wall | to the floor's | CPU | to the floor's | to that of 50 | connections |"
        print("\n" .. heading .. "\n|" .. ("---|"):rep(9))
      end
      show_growth(work, server)
    end
  end
end

local server = canned.start(canned.page_sizes)
local fine, problem = xpcall(run, debug.traceback, server)
server.stop()
if not fine then
  io.stderr:write(tostring(problem), "\n")
  os.exit(1, true)
end
