--- What a campaign costs beside client:map alone, and how many contacts a second it takes without a limit: `make bench-campaign`.
-- CONTACTS (5000), ROUNDS (3). With BUCKET=1 also a minute of five processes at 20 a second, by the service's clock.
local child = require "spec.child"
local core = require "studio.core"
local emulator = require "studio.emulator"
local executions = require "studio.executions"
local journals = require "spec.journals"
local postgres = require "spec.postgres"
local studio = require "studio"

local function setting(name, default) return tonumber(os.getenv(name) or "") or default end

local CONTACTS, ROUNDS, CONCURRENCY = setting("CONTACTS", 5000), setting("ROUNDS", 3), 50
local SENDER = "+15550009999"

local service = assert(emulator.start())

-- A service that has many Executions takes longer to start one: each measurement has its own.
local function open_anew()
  service:stop()
  service = assert(emulator.start())
  local client = studio.new { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token }
  return client, client.v2.flows(service.flows.reminder).executions
end

local next_number = 0
local function contacts()
  local left = CONTACTS
  return function()
    if left == 0 then return nil end
    left, next_number = left - 1, next_number + 1
    return ("+1555%07d"):format(next_number)
  end
end

-- Wall seconds and processor time of this program.
local function measured(run)
  collectgarbage()
  local wall, processor = core.now(), os.clock()
  run()
  return core.now() - wall, os.clock() - processor
end

local function map()
  local client, collection = open_anew()
  local wall, processor = measured(function()
    for to, execution, err in client:map(contacts(), function(to)
      return collection:create { to = to, from = SENDER }
    end, { concurrency = CONCURRENCY }) do
      assert(execution, to .. tostring(err))
    end
  end)
  client:close()
  return wall, processor
end

local function campaign(journal, name)
  local client, collection = open_anew()
  local wall, processor = measured(function()
    local result = assert(executions.trigger(collection, contacts(), {
      from = SENDER, journal = journal, name = name, rate = math.huge, concurrency = CONCURRENCY,
    }))
    assert(result.created == CONTACTS)
  end)
  client:close()
  return wall, processor
end

local function compare(kind, place)
  local best_wall, best_cpu, best_map_wall, best_map = math.huge, math.huge, math.huge, math.huge
  for round = 1, ROUNDS do
    local map_wall, map_cpu = map()
    local wall, cpu = campaign(place.new(), "round" .. round)
    best_wall, best_cpu = math.min(best_wall, wall), math.min(best_cpu, cpu)
    best_map_wall, best_map = math.min(best_map_wall, map_wall), math.min(best_map, map_cpu)
  end
  print(("%-10s %5.0f contacts a second, %4.0f us of processor each; map %5.0f, %4.0f us: %.2f times"):format(kind.name,
    CONTACTS / best_wall, best_cpu / CONTACTS * 1e6, CONTACTS / best_map_wall, best_map / CONTACTS * 1e6, best_cpu / best_map))
end

-- The most starts beyond 20 a second in any span of a second or more, and the rate over all.
local function bucket()
  local database = postgres.start { durable = true }
  local seconds = setting("SECONDS", 60)
  local program = ([[
    local studio, executions = require "studio", require "studio.executions"
    local client = studio.new { base_url = %q, account_sid = %q, auth_token = %q }
    local list = {}
    for index = 1, %d do list[index] = ("+1666%%07d"):format(index) end
    assert(executions.trigger(client.v2.flows(%q).executions, list, { from = %q, journal = %q, name = "bucket", rate = 20 }))
  ]]):format(service.base_url, service.account_sid, service.auth_token, 20 * seconds, service.flows.reminder, SENDER, database.url)
  service:clear_log()
  local directory = child.directory()
  local file = assert(io.open(directory .. "/worker.lua", "w"))
  file:write(program)
  file:close()
  local command = ("%s %s/worker.lua & "):format("env " .. child.interpreter(), directory)
  print(child.shell(command:rep(5) .. "wait"))
  local times = {}
  for _, request in ipairs(service:requests()) do
    if request.method == "POST" then times[#times + 1] = request.time end
  end
  table.sort(times)
  local most = -math.huge
  for first = 1, #times do
    for last = first, #times do
      local span = math.max(1, times[last] - times[first])
      most = math.max(most, last - first + 1 - 20 * span)
    end
  end
  print(("bucket: %d starts of five processes, %.2f a second; at most 20 t %+.2f in a span of t >= 1 s"):format(#times,
    (#times - 1) / (times[#times] - times[1]), most))
  database.stop()
  child.remove(directory)
end

for _, kind in ipairs(journals) do
  if kind.missing then
    print(kind.name .. ": " .. kind.missing)
  else
    local place = kind.start { durable = true }
    compare(kind, place)
    place.stop()
  end
end
if setting("BUCKET", 0) > 0 then bucket() end
service:stop()
