-- The trial of executions.export: COUNT Executions (100,000) with five steps each, from nginx with canned answers.
--
-- - CPU seconds a record beside those of a program that writes the loop by hand: `each` and `steps:list`
-- - resident memory after a tenth of the records and at most behind that
-- - KILLS (10) times killed at some moment, and called again: no line missing, doubled or torn
-- - seconds at a service that takes 20 ms, beside those that the concurrency allows
--
--     make bench-export
--
-- COUNT and KILLS in the environment make it shorter.
local core = require "studio.core"
local studio = require "studio"

local COUNT = tonumber(os.getenv "COUNT") or 100000
local KILLS = tonumber(os.getenv "KILLS") or 10
local FLOW = "FW" .. ("0"):rep(31) .. "1"

-- The server --------------------------------------------------------------------------------------------------------------------------

local server_text = [[
location ~ ^/v2/Flows/[^/]+/Executions$ {
  content_by_lua_block { trial.list(COUNT, DELAY) }
}
location ~ ^/v2/Flows/[^/]+/Executions/(?<sid>[^/]+)/Steps$ {
  content_by_lua_block { trial.steps(DELAY) }
}
]]

-- Runs in nginx. Execution n was created n * 10 seconds after 2026-01-01; its SID is a digest of n.
local server_code = [==[
trial = {}
local first = 1767225600
local record = '{"sid": "%s", "account_sid": "AC0123456789abcdef0123456789abcdef", "flow_sid": "FW00000000000000000000000000000001", '
  .. '"contact_sid": "FC%s", "contact_channel_address": "+1555%07d", "status": "ended", "context": {}, "date_created": "%s", '
  .. '"date_updated": null, "url": "%s", "links": {"steps": "%s/Steps", "execution_context": "%s/Context"}}'
local function sid(n) return "FN" .. ngx.md5("execution " .. n) end
local function date(n) return os.date("!%Y-%m-%dT%H:%M:%SZ", first + n * 10) end
local function number_before(text)
  local y, m, d, h, min, s = text:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)"
  local at = os.time { year = y, month = m, day = d, hour = h, min = min, sec = s, isdst = false }
  return math.ceil((at - os.time(os.date("!*t", 86400)) + 86400 - first) / 10) - 1
end
function trial.list(count, delay)
  if delay > 0 then ngx.sleep(delay) end
  local args = ngx.req.get_uri_args()
  local size, last = tonumber(args.PageSize), count
  if args.DateCreatedTo then last = math.min(last, number_before(args.DateCreatedTo)) end
  if args.PageToken then last = math.min(last, tonumber(args.PageToken:sub(3))) end
  local base = "http://" .. ngx.var.http_host .. ngx.var.uri
  local parts = {}
  for n = last, math.max(1, last - size + 1), -1 do
    local id = sid(n)
    local url = base .. "/" .. id
    parts[#parts + 1] = record:format(id, id:sub(3), n, date(n), url, url, url)
  end
  local following = last > size and ('"%s?PageSize=%d&Page=1&PageToken=PT%d"'):format(base, size, last - size) or "null"
  local body = '{"executions": [' .. table.concat(parts, ", ") .. '], "meta": {"key": "executions", "page": 0, "page_size": ' .. size
    .. ', "first_page_url": null, "previous_page_url": null, "next_page_url": ' .. following .. ', "url": null}}'
  ngx.header["Content-Type"], ngx.header["Content-Length"] = "application/json", #body
  ngx.print(body)
end
local step = '{"sid": "FT%s", "account_sid": "AC0123456789abcdef0123456789abcdef", "flow_sid": "FW00000000000000000000000000000001", '
  .. '"execution_sid": "%s", "parent_step_sid": null, "name": "incomingMessage", "context": {}, "transitioned_from": "question_%d", '
  .. '"transitioned_to": "question_%d", "type": "send-and-wait-for-reply", "date_created": "2026-01-01T00:00:00Z", '
  .. '"date_updated": null, "url": "%s", "links": {"step_context": "%s/Context"}}'
function trial.steps(delay)
  if delay > 0 then ngx.sleep(delay) end
  local base, parts = "http://" .. ngx.var.http_host .. ngx.var.uri, {}
  for n = 5, 1, -1 do
    local id = ngx.md5(ngx.var.sid .. n)
    local url = base .. "/FT" .. id
    parts[#parts + 1] = step:format(id, ngx.var.sid, n, n + 1, url, url)
  end
  local body = '{"steps": [' .. table.concat(parts, ", ")
    .. '], "meta": {"key": "steps", "page": 0, "page_size": 50, "first_page_url": null, "previous_page_url": null, '
    .. '"next_page_url": null, "url": null}}'
  ngx.header["Content-Type"], ngx.header["Content-Length"] = "application/json", #body
  ngx.print(body)
end
]==]

local function serve(count, delay)
  local canned = dofile "bench/canned.lua"
  local load = "if not trial then " .. server_code .. " end "
  local text = server_text:gsub("content_by_lua_block { ", function(words) return words .. load end)
  text = text:gsub("COUNT", count):gsub("DELAY", delay)
  return canned.start(nil, text)
end

-- The contestants, each a process of its own ------------------------------------------------------------------------------------------

local function client_of(origin)
  return studio.new { base_url = origin, account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32) }
end

local function resident()
  local file = io.open "/proc/self/status"
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return tonumber(text:match "VmRSS:%s*(%d+)") or 0
end

local contestants = {}

function contestants.hand(origin)
  local steps = 0
  for execution in client_of(origin).v2.flows(FLOW).executions:each { page_size = 1000 } do
    steps = steps + #assert(execution.steps:list())
  end
  print(os.clock(), steps)
end

function contestants.export(origin, out, concurrency)
  local executions = require "studio.executions"
  local early, most
  local begun = core.now()
  local result = assert(executions.export(client_of(origin).v2.flows(FLOW).executions, {
    out = out, steps = true, concurrency = tonumber(concurrency), on_progress = function(progress)
      if progress.done < COUNT / 10 then return end
      local size = resident()
      early, most = early or size, math.max(most or size, size)
    end,
  }))
  print(os.clock(), result.executions, result.steps, core.now() - begun, early or 0, most or 0)
end

if arg[1] then
  contestants[arg[1]](arg[2], arg[3], arg[4])
  os.exit(0, true)
end

-- The trial ---------------------------------------------------------------------------------------------------------------------------

local interpreter = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "%d%.%d"

local function command(...)
  return ("COUNT=%d exec %s bench/export.lua %s"):format(COUNT, interpreter, table.concat({ ... }, " "))
end

local function numbers_of(...)
  local pipe = assert(io.popen(command(...)))
  local text = pipe:read "*a"
  pipe:close()
  local numbers = {}
  for word in text:gmatch "%S+" do numbers[#numbers + 1] = tonumber(word) end
  return numbers
end

local function line_count(path)
  local seen, count = {}, 0
  for line in io.lines(path) do
    local record = assert(studio.decode(line), "a line is torn")
    assert(not seen[record.sid], "a line is doubled")
    assert(#record.steps == 5, "steps are missing")
    seen[record.sid], count = true, count + 1
  end
  return count
end

local function kill_and_resume(origin, out, seconds)
  local kills, torn = 0, 0
  math.randomseed(os.time())
  while kills < KILLS do
    local words = ("sh -c '%s' >/dev/null & echo $!; wait $! 2>/dev/null"):format(command("export", origin, out, "8"))
    local pipe = assert(io.popen(words))
    local pid = pipe:read "*l"
    os.execute(("sleep %.3f; kill -KILL %s 2>/dev/null"):format(math.random() * 2 * seconds / (KILLS + 1), pid))
    pipe:close()
    local state = io.open(out .. ".state")
    if not state then break end -- it was done
    state:close()
    kills = kills + 1
    local file = assert(io.open(out, "rb"))
    file:seek("end", -1)
    if file:read(1) ~= "\n" then torn = torn + 1 end
    file:close()
  end
  numbers_of("export", origin, out, "8")
  return kills, torn, line_count(out)
end

local function report(name, words, ...) print(("%-10s " .. words):format(name, ...)) end

-- The least that each needs in several runs, one after the other: what else the machine does only adds to that.
local function compare_cpu(out)
  local count = COUNT
  COUNT = math.min(count, 10000)
  local server, hand, export = serve(COUNT, 0), math.huge, math.huge
  for _ = 1, 5 do
    hand = math.min(hand, numbers_of("hand", server.origin)[1])
    export = math.min(export, numbers_of("export", server.origin, out, "8")[1])
  end
  server.stop()
  report("CPU", "%.1f us a record by hand, %.1f us exported: %.2f times that", hand / COUNT * 1e6, export / COUNT * 1e6, export / hand)
  COUNT = count
end

local function trial()
  local out = os.tmpname()
  compare_cpu(out)
  local server = serve(COUNT, 0)
  local export = numbers_of("export", server.origin, out, "8")
  report("memory", "%d KiB after a tenth, %d KiB at most behind that: %.1f MiB more", export[5], export[6], (export[6] - export[5]) / 1024)
  assert(line_count(out) == COUNT, "lines are missing")
  local kills, torn, lines = kill_and_resume(server.origin, out, export[4])
  report("kills", "%d times, %d lines torn then; %d of %d lines, none doubled or torn, in the end", kills, torn, lines, COUNT)
  server.stop()
  local few = math.min(COUNT, 10000)
  server = serve(few, 0.02)
  COUNT = few
  for _, concurrency in ipairs { 8, 50 } do
    local slow = numbers_of("export", server.origin, out, concurrency)
    local bound = few * 0.02 / concurrency
    report("20 ms", "%.1f s for %d records with concurrency %d, which allows %.1f s: %.2f times that", slow[4], few, concurrency, bound,
      slow[4] / bound)
  end
  server.stop()
  os.remove(out)
end

trial()
