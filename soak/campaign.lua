--- Campaigns whose workers die: `make trial-campaign`. Each contact must have exactly one Execution at the service, the journal must agree,
-- and nothing may stay doubtful.
--
-- SEEDS (1), CONTACTS (5000), KILLS (10), RATE (500), JOURNALS ("sqlite postgres"), FIRST (1, the first seed), TIMES ("1": the protocol's
-- own times divided by this; the frozen worker sleeps 5 seconds, whatever they are).
local emulator = require "studio.emulator"
local executions = require "studio.executions"
local child = require "spec.child"
local core = require "studio.core"
local postgres = require "spec.postgres"
local studio = require "studio"

local function setting(name, default)
  return tonumber(os.getenv(name) or "") or default
end

local SEEDS, FIRST, CONTACTS, KILLS, RATE = setting("SEEDS", 1), setting("FIRST", 1), setting("CONTACTS", 5000), setting("KILLS", 10),
  setting("RATE", 500)
local SENDER = "+15550009999"
local quote = child.quote
local interpreter = require("spec.support").interpreter

-- A worker is this program's text in a process of its own.
local worker_program = [[
  local studio, executions = require "studio", require "studio.executions"
  local base_url, sid, token, flow, journal, contacts, rate, times = ...
  local timing = require "studio.executions.trigger.timing"
  for _, name in ipairs { "settle", "lease", "request" } do timing[name] = timing[name] / tonumber(times) end
  local client = studio.new { base_url = base_url, account_sid = sid, auth_token = token, no_proxy = "*" }
  local function each()
    local index = 0
    return function()
      index = index + 1
      if index <= tonumber(contacts) then return ("+1555%07d"):format(index) end
    end
  end
  local result, err = executions.trigger(client.v2.flows(flow).executions, each(), {
    from = "]] .. SENDER .. [[", rate = tonumber(rate), journal = journal, name = "trial", concurrency = 30,
  })
  print(result and studio.encode(result, { sort = true }) or tostring(err))
  os.exit(result and 0 or 1)
]]

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

-- Workers ------------------------------------------------------------------------------------------------------------------------------

local function starter(directory, service, journal)
  write(directory .. "/worker.lua", worker_program)
  local count = 0
  return function(name)
    count = count + 1
    local log = ("%s/%d.log"):format(directory, count)
    local words = { service.base_url, service.account_sid, service.auth_token, service.flows.reminder, journal, CONTACTS, RATE,
      setting("TIMES", 1) }
    for index, word in ipairs(words) do words[index] = quote(tostring(word)) end
    -- `wait` in a shell of its own, so that nothing is left of a worker that ends.
    local command = ("build-aux/with-studio %s %s %s %s/worker.lua %s >%s 2>&1 </dev/null & echo $!"):format(
      quote(os.getenv "OUT" or "build"), name, name, quote(directory), table.concat(words, " "), quote(log))
    return { pid = child.shell(command):match "%d+", log = log, interpreter = name }
  end
end

local function signal(name, worker)
  os.execute(("kill -%s %s 2>/dev/null"):format(name, worker.pid))
end

local function is_running(worker)
  local file = io.open("/proc/" .. worker.pid .. "/stat")
  if not file then return false end
  local state = file:read("*a"):match "^%d+ %b() (%a)"
  file:close()
  return state ~= nil and state ~= "Z"
end

local function sleep(seconds) os.execute(("sleep %.3f"):format(seconds)) end

local function await(workers, seconds)
  local give_up = core.now() + seconds
  for _, worker in ipairs(workers) do
    while is_running(worker) and core.now() < give_up do sleep(0.1) end
    if is_running(worker) then
      signal("KILL", worker)
      return false
    end
  end
  return true
end

local function said(worker)
  local file = io.open(worker.log)
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

-- What may go wrong --------------------------------------------------------------------------------------------------------------------

-- One answer in a hundred is lost, half of them after the Execution was created.
local function lose_answers(service)
  for index = 1, math.max(2, math.floor(CONTACTS / 100)) do
    local to = "To=%%2B1555" .. ("%07d"):format(math.random(CONTACTS))
    service:fault { method = "POST", request_body = to, drop = index % 2 == 0 and "after" or "before" }
  end
end

local function kill_in_turn(start)
  for _ = 1, KILLS do
    local worker = start(interpreter)
    sleep(0.2 + math.random() * CONTACTS / RATE / math.max(KILLS, 1) * 2)
    signal("KILL", worker)
    await({ worker }, 5)
  end
  return { start(interpreter) }
end

-- Three at a time. One dies as often as KILLS says and comes back, but for the last time; another is frozen meanwhile.
local function three_workers(start)
  local workers = { start(interpreter), start "luajit", start(interpreter) }
  local frozen_at = math.random(KILLS)
  for kill = 1, KILLS do
    sleep(0.2 + math.random() * CONTACTS / RATE / KILLS)
    if kill == frozen_at then
      sleep(0.3)
      signal("STOP", workers[2])
      child.shell(("(sleep 5; kill -CONT %s) >/dev/null 2>&1 &"):format(workers[2].pid))
    end
    signal("KILL", workers[3])
    if kill < KILLS then workers[3] = start(interpreter) end
  end
  return workers
end

-- Who was called -----------------------------------------------------------------------------------------------------------------------

local function at_service(service)
  local client = studio.new {
    base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token, no_proxy = "*",
  }
  local found = {}
  for execution in client.v2.flows(service.flows.reminder).executions:each { page_size = 1000, date_created_from = os.time() - 7200 } do
    local to = execution.contact_channel_address
    found[to] = found[to] or {}
    table.insert(found[to], execution.sid)
  end
  client:close()
  return found
end

local function compare(service, journal)
  local problems, called = {}, at_service(service)
  local function complain(...) problems[#problems + 1] = (...):format(select(2, ...)) end
  local rows, summary = executions.report(journal, "trial")
  if not rows then return { tostring(summary) }, {} end
  for row in rows do
    local sids = called[row.to] or {}
    if #sids ~= 1 then complain("%s has %d Executions", row.to, #sids) end
    if row.state ~= "created" then complain("%s is %s: %s", row.to, row.state, tostring(row.message)) end
    if row.sid and row.sid ~= sids[1] then complain("%s has another SID in the journal", row.to) end
    called[row.to] = nil
  end
  for to in pairs(called) do complain("%s is not in the journal", to) end
  if summary.created ~= CONTACTS then complain("%d of %d are created", summary.created, CONTACTS) end
  return problems, summary
end

local function try(kind, seed)
  math.randomseed(seed)
  local directory = child.directory()
  local service = assert(emulator.start())
  local database = kind == "postgres" and postgres.start { durable = true }
  local journal = database and database.url or directory .. "/journal"
  local begun = core.now()
  lose_answers(service)
  local workers = (database and three_workers or kill_in_turn)(starter(directory, service, journal))
  local in_time = await(workers, 300)
  local problems = compare(service, journal)
  if not in_time then table.insert(problems, 1, "the workers did not end") end
  for index, worker in ipairs(workers) do
    if not (kind == "postgres" and index == 3) and not said(worker):find '"waiting":0' then
      problems[#problems + 1] = ("a worker (%s) said: %s"):format(worker.interpreter, said(worker))
    end
  end
  print(("%s, seed %d: %d contacts, %d kills, %.1f s: %s"):format(kind, seed, CONTACTS, KILLS, core.now() - begun,
    #problems == 0 and "each exactly once" or #problems .. " problems"))
  for index = 1, math.min(#problems, 10) do print("  " .. problems[index]) end
  io.stdout:flush()
  service:stop()
  if database then database.stop() end
  child.remove(directory)
  return #problems == 0
end

local failed = 0
local kinds = os.getenv "JOURNALS" or ""
if kinds == "" then kinds = "sqlite postgres" end
for kind in kinds:gmatch "%a+" do
  for seed = FIRST, FIRST + SEEDS - 1 do
    if not try(kind, seed) then failed = failed + 1 end
  end
end
print(failed == 0 and "none failed" or failed .. " failed")
os.exit(failed == 0 and 0 or 1)
