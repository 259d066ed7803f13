--- `make soak`: many calls, one in a hundred of them into a fault. Each must be accounted for: answered, or an error whose `sent` is true
-- to what the server saw; and memory and descriptors must stay where they were after the first tenth.
--
-- Environment: REQUESTS (100000 calls), SOAK_PROTOCOL ("http1", or "http2" for HTTP/2 over TLS), SEED (of the choice of calls and faults).
package.path = "./?.lua;" .. package.path
local core = require "studio.core"
local descriptors = require "spec.descriptors"
local ledgers = require "soak.ledger"
local services = require "soak.service"
local studio = require "studio"
local support = require "spec.support"

local TOTAL = tonumber(os.getenv "REQUESTS" or "") or 100000
local PROTOCOL = os.getenv "SOAK_PROTOCOL" == "http2" and "http2" or "http1"
local SEED = tonumber(os.getenv "SEED" or "") or 1
local PORTION = 250                                               -- calls between two looks at the log
local CHECKPOINTS = 10
local CONCURRENCY = 20
local RETRY = { attempts = 4, base = 0.001, cap = 0.01 }
local GROWTH = 1024                                               -- KiB
local FROM = "+15017122661"

io.stdout:setvbuf("line")

-- The same on every interpreter.
local state = SEED % 2147483646 + 1
local function random(count)
  state = state * 16807 % 2147483647
  return state % count + 1
end

local function read(path)
  local file = assert(io.open(path, "r"))
  local text = file:read("*a")
  file:close()
  return text
end

support.collect()
services.door():stop() -- the program of raw servers lives as long as this one
local descriptors_before = descriptors.count()
local service, door = services.emulator(), services.door()
local ledger = ledgers.new()
local options = {
  base_url = PROTOCOL == "http2" and service.tls_url or service.base_url, ca_file = service.ca_file, timeout = 5, retry = RETRY,
  account_sid = service.account_sid, auth_token = service.auth_token, no_proxy = "*",
}
-- An attempt may time out where a fault keeps silent, and nowhere else.
local stalls, is_silent = 0, false
function options.on_event(event)
  if event.kind == "timeout" and (event.type == "retry" or event.type == "error") and not is_silent then stalls = stalls + 1 end
end
-- With many in flight a client takes another way to wait, and keeps it: there is one for each.
local single_client, busy_client = studio.new(options), studio.new(options)
options.base_url, options.timeout, options.on_event = door.origin, 0.1, nil
local door_client = studio.new(options)
options.base_url = "http://127.0.0.1:1"
local nowhere_client = studio.new(options)

-- Calls -------------------------------------------------------------------------------------------------------------------------

local survey, reminder
local function use(client)
  survey, reminder = client.v1.flows(service.flows.survey), client.v2.flows(service.flows.reminder)
end

use(single_client)
local engagements, created = {}, {}
for index, engagement in ipairs(assert(survey.engagements:list(nil, { headers = { ["X-Call"] = "0" } }))) do
  engagements[index] = engagement.sid
end

local function any_engagement() return survey.engagements(engagements[random(#engagements)]) end

local works = {
  { method = "GET", share = 30, work = function(_, call) return any_engagement():fetch(nil, call) end },
  { method = "GET", share = 10, work = function(_, call) return reminder:fetch(nil, call) end },
  { method = "GET", share = 10, work = function(_, call) return any_engagement().engagement_context:fetch(nil, call) end },
  { method = "GET", share = 10, requests = 2, work = function(_, call)
    return survey.engagements:list({ page_size = 20, limit = 40 }, call)
  end },
  { method = "POST", share = 20, work = function(number, call)
    local contact = { to = ("+1%010d"):format(number), from = FROM, parameters = { number = number } }
    local execution, err = reminder.executions:create(contact, call)
    if execution then created[#created + 1] = execution.sid end
    return execution, err
  end },
  { method = "DELETE", share = 20, work = function(_, call, sid) return reminder.executions(sid):delete(nil, call) end },
}

local function choose()
  local left = random(100)
  for _, kind in ipairs(works) do
    left = left - kind.share
    if left <= 0 then
      if kind.method ~= "DELETE" then return kind end
      local sid = table.remove(created)
      if sid then return kind, sid end
    end
  end
  return works[1]
end

local function perform(kind, sid, is_retried, timeout)
  local entry = ledger:begin(kind.method, is_retried and RETRY.attempts or 1, kind.requests)
  local call = { headers = { ["X-Call"] = tostring(entry.number) }, timeout = timeout }
  if not is_retried then call.retry = false end
  local value, err = kind.work(entry.number, call, sid)
  ledger:finish(entry, value, err)
  return entry
end

-- Faults ------------------------------------------------------------------------------------------------------------------------

local injected = {}

-- Each fault in its turn, so that a short run meets all.
local turns = {}
local function turn(name, count)
  turns[name] = (turns[name] or 0) % count + 1
  return turns[name]
end

local function note(fault)
  injected[fault.name] = (injected[fault.name] or 0) + 1
  if fault.always then ledger:reject() end
end

-- What a call without a fault may not be: a failure.
local function check_clean(entry)
  if not entry.value then
    ledger:problem("call %d, %s: failed without a fault: %s", entry.number, entry.method, tostring(entry.err))
  end
end

local function check_faulty(entry, fault, is_retried)
  local method = entry.method
  local is_repeated = is_retried and (fault.always or (fault.repeatable and method ~= "POST")) or false
  if fault.vague and method == "DELETE" then return end
  if is_repeated ~= entry.value then
    ledger:problem("call %d, %s, into the fault '%s', retried %s: %s", entry.number, method, fault.name, tostring(is_retried),
      entry.value and "answered" or tostring(entry.err))
  elseif entry.err and entry.err.kind ~= fault.kind then
    ledger:problem("call %d, %s, into the fault '%s': %s", entry.number, method, fault.name, tostring(entry.err))
  end
end

-- A call to where nobody keeps to HTTP, or nobody is.
local function through_the_door()
  local method, is_nowhere, is_retried = ({ "GET", "POST", "DELETE" })[random(3)], turn("door", 4) == 1, random(2) == 1
  local entry = ledger:begin(method, is_retried and RETRY.attempts or 1)
  local name = is_nowhere and "refused" or "no HTTP"
  injected[name] = (injected[name] or 0) + 1
  local value, err = (is_nowhere and nowhere_client or door_client):request(method, "/v1/Flows?call=" .. entry.number, {
    retry = is_retried and {} or false, form = method == "POST" and { To = "x" } or nil,
  })
  ledger:finish(entry, value, err)
  if is_nowhere and (value or err.kind ~= "transport" or err.sent ~= false) then
    ledger:problem("call %d: nobody is there, and it is: %s", entry.number, value and "answered" or tostring(err))
  elseif err and not services.door_kinds[err.kind] then
    ledger:problem("call %d, through the door: %s", entry.number, tostring(err))
  end
end

local function one_by_one(count)
  use(single_client)
  for _ = 1, count do
    local is_retried = random(2) == 1
    if random(100) > 1 then
      local kind, sid = choose()
      check_clean(perform(kind, sid, is_retried))
    elseif turn("place", 4) == 1 then
      through_the_door()
    else
      local fault = services.faults[turn("fault", #services.faults)]
      local kind, sid = choose()
      service:fault(fault.fault)
      note(fault)
      is_silent = fault.timeout ~= nil
      check_faulty(perform(kind, sid, is_retried, fault.timeout), fault, is_retried)
      is_silent = false
      service:clear_faults()
    end
  end
end

-- Faults are laid out beforehand, some requests apart: they meet whoever comes.
local function many_at_once(count)
  use(busy_client)
  local faults, kinds = 0, {}
  local apart = 0
  for _ = 1, count do
    apart = apart + 1
    if random(100) == 1 then
      local fault = services.faults[turn("fault of many", #services.faults)]
      if not fault.alone then
        service:fault { times = apart }
        service:fault(fault.fault)
        note(fault)
        faults, kinds[fault.kind], apart = faults + 1, true, 0
      end
    end
  end
  local left, failed = count, 0
  local function source()
    left = left - 1
    return left >= 0 and left or nil
  end
  for _, entry, problem in busy_client:map(source, function()
    local kind, sid = choose()
    return perform(kind, sid, random(2) == 1)
  end, { concurrency = CONCURRENCY }) do
    if not entry then error(problem, 0) end
    if not entry.value then
      failed = failed + 1
      if not kinds[entry.err.kind] or failed > faults then check_clean(entry) end
    end
  end
  service:clear_faults()
end

-- Checkpoints -------------------------------------------------------------------------------------------------------------------

local function checkpoint()
  support.collect()
  return {
    resident = tonumber(read("/proc/self/statm"):match("^%d+ (%d+)")) * 4, lua = collectgarbage("count"), descriptors = descriptors.count(),
  }
end

local function span(points, field)
  local lowest, highest = math.huge, -math.huge
  for _, point in ipairs(points) do lowest, highest = math.min(lowest, point[field]), math.max(highest, point[field]) end
  return highest - lowest
end

-- The run -------------------------------------------------------------------------------------------------------------------------

local function settle()
  services.requests(service, function(number)
    if number ~= 0 then ledger:saw(number) end
  end)
  door:requests(function(number) ledger:saw(number) end)
  ledger:settle()
end

local function sorted(counts)
  local names = {}
  for name, count in pairs(counts) do names[#names + 1] = ("%s: %d"):format(name, count) end
  table.sort(names)
  return table.concat(names, "; ")
end

print(("soak: %d calls, %s, %s, libcurl %s, seed %d"):format(TOTAL, PROTOCOL, support.interpreter, core.curl_version, SEED))
local started, points, portions = core.now(), {}, 0
repeat
  local count = math.min(PORTION, TOTAL - ledger.calls)
  portions = portions + 1
  if portions % 3 == 1 then many_at_once(count) else one_by_one(count) end
  settle()
  if ledger.calls >= TOTAL * (#points + 1) / CHECKPOINTS then
    local point = checkpoint()
    points[#points + 1] = point
    print(("%7d calls  %5.1f s  resident %d KiB  Lua %.0f KiB  %d descriptors"):format(
      ledger.calls, core.now() - started, point.resident, point.lua, point.descriptors))
  end
until ledger.calls >= TOTAL

-- Short runs grow into their size, and sanitizers keep freed memory back.
local is_measured = TOTAL >= 20000 and not os.getenv "LD_PRELOAD"
local resident, lua, most = span(points, "resident"), span(points, "lua"), span(points, "descriptors")
if is_measured and resident > GROWTH then ledger:problem("resident memory varies by %d KiB", resident) end
if is_measured and lua > GROWTH then ledger:problem("Lua's memory varies by %d KiB", lua) end
if stalls > 0 then ledger:problem("%d attempts timed out without a cause", stalls) end
-- Idle connections come and go with what was in flight last.
if most > CONCURRENCY then ledger:problem("descriptors vary by %d", most) end
for _, one in ipairs { single_client, busy_client, door_client, nowhere_client } do one:close() end
door:stop()
service:stop()
support.collect()
local left_open = descriptors.count() - descriptors_before
if left_open > 0 then ledger:problem("%d descriptors are open after everything was closed", left_open) end

print(("answered: %d; failed: %s"):format(ledger.answered, sorted(ledger.failed)))
print(("faults: %s"):format(sorted(injected)))
print(("requests that came: %d; POSTs that came again after a 429: %d; timeouts without a cause: %d"):format(
  ledger.seen, ledger.doubled, stalls))
print(("over the last nine tenths: resident memory within %d KiB, Lua's within %.0f KiB, descriptors within %d"):format(
  resident, lua, most))
for _, problem in ipairs(ledger.problems) do print("PROBLEM " .. problem) end
print(("%d problems"):format(ledger.problem_count))
os.exit(ledger.problem_count == 0 and 0 or 1, true)
