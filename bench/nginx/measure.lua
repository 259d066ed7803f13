--- What calls cost a worker of nginx, beside cosockets that do the same.
--
--     make && LUA_PATH="lua/?.lua;lua/?/init.lua;./?.lua;;" LUA_CPATH="build/luajit/?.so;;" luajit bench/nginx/measure.lua [rounds]
--
-- A service that takes 200 ms, one worker, 1,000 requests to it at 50 at once, and a program that asks the same worker for something
-- else every 5 ms; then 50 calls at once over new connections, and a service that answers at once. Everything shares the machine, so
-- compare rows of one run.
local emulator = require "studio.emulator"
local nginx_server = require "spec.nginx_server"

local ROUNDS = tonumber(arg[1]) or 2
local DELAY, COUNT, CONCURRENCY = 0.2, 1000, 50
local FLOW = "FW00000000000000000000000000000001"

local init = [[
  studio, json, cjson = require "studio", require "studio.base.json", require "cjson"
  local address = os.getenv("STUDIO_BASE_URL")
  host, port = address:match("//([^:/]+):(%d+)")
  authorization = "Basic " .. ngx.encode_base64(os.getenv("TWILIO_ACCOUNT_SID") .. ":" .. os.getenv("TWILIO_AUTH_TOKEN"))
  client = studio.new()
  tls_client = studio.new { base_url = os.getenv("TLS_URL"), ca_file = os.getenv("CA_FILE") }
  function native()
    local socket = ngx.socket.tcp()
    socket:settimeouts(10000, 30000, 30000)
    assert(socket:connect(host, tonumber(port)))
    assert(socket:send("GET /v1/Flows/]] .. FLOW .. [[ HTTP/1.1\r\nHost: " .. host .. "\r\nAccept: application/json\r\nAuthorization: "
      .. authorization .. "\r\n\r\n"))
    local line = assert(socket:receive("*l"))
    local status, length = tonumber(line:match(" (%d+)")), nil
    while line ~= "" do
      line = assert(socket:receive("*l"))
      length = length or tonumber(line:lower():match("^content%-length: (%d+)"))
    end
    local body = cjson.decode(assert(socket:receive(length)))
    socket:setkeepalive(60000, 128)
    return status == 200 and body
  end
  function ours(of)
    return (assert(of.v1.flows("]] .. FLOW .. [["):fetch()))
  end
  function answer(value)
    ngx.header.content_type = "application/json"
    ngx.print(json.encode(value))
  end
]]

local http = [[
  server {
    listen 127.0.0.1:$port backlog=512;
    keepalive_requests 1000000;
    location = /ping { content_by_lua_block { answer { cpu = os.clock(), pid = ngx.worker.pid() } } }
    location = /native { content_by_lua_block { answer { sid = native().sid } } }
    location = /studio { content_by_lua_block { answer { sid = ours(client).sid } } }
    location = /tls { content_by_lua_block { answer { sid = ours(tls_client).sid } } }
  }
]]

local service = assert(emulator.start())
local server = assert(nginx_server.start {
  main = os.getenv("NGINX_MAIN"), service = service, init = init, http = http, variables = { "TLS_URL", "CA_FILE" },
  environment = ("TLS_URL=%s CA_FILE=%s %s"):format(service.tls_url, service.ca_file, os.getenv("NGINX_ENVIRONMENT") or ""),
})
os.execute("chmod a+rx " .. service.process.prefix .. " && chmod a+r " .. service.ca_file)

local now = require("studio.core").now

local function percentile(times, share)
  table.sort(times)
  return 1000 * (times[math.max(1, math.ceil(#times * share))] or 0)
end

local function cpu() return assert(server:get("/ping")).cpu end

-- Sends `count` requests, at most `concurrency` at once. Gives seconds in all, and of each.
local function load(path, count, concurrency)
  local numbers, times, failed = {}, {}, 0
  for index = 1, count do numbers[index] = index end
  local started = now()
  local function ask()
    local begun = now()
    local body = server:get(path)
    times[#times + 1] = now() - begun
    if not body or not body.sid then failed = failed + 1 end
    return true
  end
  if concurrency == 1 then
    for _ = 1, count do ask() end
  else
    for _ in server.client:map(numbers, ask, { concurrency = concurrency }) do end -- luacheck: ignore 542
  end
  if failed > 0 then error(("%d of %d failed on %s"):format(failed, count, path)) end
  return now() - started, times
end

-- A program of its own, so that this one's work is not in its times.
local function start_pinging()
  local flag = os.tmpname()
  local pinger = io.popen(("luajit bench/nginx/ping.lua %s/ping %s"):format(server.base_url, flag))
  return function()
    os.remove(flag)
    local times = {}
    for line in pinger:lines() do times[#times + 1] = tonumber(line) end
    pinger:close()
    return times
  end
end

local function sleep(seconds) os.execute("sleep " .. seconds) end

local function show(what, ...) print(("%-34s " .. (...)):format(what, select(2, ...))) end

for round = 1, ROUNDS do
  print(("== round %d"):format(round))
  local stop = start_pinging()
  sleep(3)
  local idle = stop()
  show("another request, worker idle", "p50 %.2f  p99 %.2f ms", percentile(idle, 0.5), percentile(idle, 0.99))
  service:fault { method = "GET", path = "/v1/", delay = DELAY, times = math.huge }
  for _, path in ipairs { "/native", "/studio" } do
    load(path, CONCURRENCY, CONCURRENCY)
    stop = start_pinging()
    local before = cpu()
    local seconds, times = load(path, COUNT, CONCURRENCY)
    local used = cpu() - before
    local pings = stop()
    local form = "%.0f ms, each p50 %.0f p99 %.0f ms; worker CPU %.0f ms; another request p50 %.2f p99 %.2f ms"
    show(("%d x 200 ms at %d: %s"):format(COUNT, CONCURRENCY, path), form,
      1000 * seconds, percentile(times, 0.5), percentile(times, 0.99), 1000 * used, percentile(pings, 0.5), percentile(pings, 0.99))
  end
  for _, path in ipairs { "/native", "/studio", "/tls" } do
    server:signal("HUP")
    sleep(0.7)
    local stop_cold = start_pinging()
    sleep(0.5)
    local seconds = load(path, CONCURRENCY, CONCURRENCY)
    local pings = stop_cold()
    show("50 cold at once: " .. path, "%.0f ms; another request p99 %.2f ms", 1000 * seconds, percentile(pings, 0.99))
  end
  service:clear_faults()
  for _, path in ipairs { "/native", "/studio" } do
    load(path, 20, 20)
    local _, alone = load(path, 300, 1)
    local before = cpu()
    local seconds = load(path, 2000, 20)
    show("fast service: " .. path, "alone p50 %.2f p99 %.2f ms; 2,000 at 20: %.0f ms, worker CPU %.0f ms", percentile(alone, 0.5),
      percentile(alone, 0.99), 1000 * seconds, 1000 * (cpu() - before))
  end
end

server:stop()
service:stop()
