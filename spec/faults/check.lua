--- Carries out one case of the fault matrix, wherever calls may wait, and compares what the caller got with what the server saw. Uses
--- nothing but Lua and the library, so that nginx can run it.
local cases = require "spec.faults.cases"
local core = require "studio.core"
local libcurl = require "spec.libcurl"
local studio = require "studio"
local words = require "spec.faults.words"

local check = {}

-- Seconds that a call may take which ends by itself; nothing comes near.
local AMPLE = 20
local MOST = 100000

--- The client that tells the fault server how far a case is.
-- @tparam string url
-- @treturn function(what, number) → what it says
-- @treturn function() which closes it
function check.control(url)
  local client = studio.new {
    base_url = url, account_sid = words.account_sid, auth_token = words.auth_token, retry = false, timeout = AMPLE + 10, no_proxy = "*",
  }
  return function(what, number)
    local said = assert(client:request("POST", ("/%s/%d"):format(what, number))).body
    if said.problem then error("the server of faults: " .. said.problem) end
    return said
  end, function() client:close() end
end

local function new_client(env, case, place)
  local scheme = case.wire == "http" and "http" or "https"
  return studio.new {
    base_url = ("%s://%s:%d"):format(scheme, place.host, place.port), account_sid = words.account_sid, auth_token = words.auth_token,
    ca_file = env.ca_file, timeout = AMPLE, connect_timeout = case.row.limit == "connect_timeout" and env.patience or AMPLE,
    max_response_bytes = MOST, no_proxy = "*",
    retry = { attempts = 2, base = 0.001, cap = 0.002 },
  }
end

local function call(env, client, case)
  local row, options = case.row, {}
  if row.slow and row.limit ~= "connect_timeout" then options[row.limit or "timeout"] = env.patience end
  local flow = words.flows.target
  if case.method == "GET" then return client.v1.flows(flow):fetch(nil, options) end
  if case.method == "DELETE" then return client.v1.flows(flow):delete(nil, options) end
  if case.row.at ~= "part" then return client.v2.flows(flow).executions:create(words.contact, options) end
  -- More than the buffers between two sockets hold.
  options.form = { Parameters = ("x"):rep(4000000) }
  return client:request("POST", "/v2/Flows/" .. flow .. "/Executions", options)
end

-- What the caller got.
local function check_result(equal, case, expected, value, err)
  if expected.fine then
    equal(nil, err and tostring(err), "error")
    if case.method == "DELETE" then return equal(true, value, "value") end
    return equal("target", value and value.answer, "answer")
  end
  if not err then return equal("an error", "success: " .. tostring(type(value) == "table" and value.answer or value), "outcome") end
  equal(nil, value, "value")
  equal(expected.kind, err.kind, "kind of " .. tostring(err))
  equal(expected.status, err.status, "status")
  equal(expected.sent, err.sent, "sent")
  equal(expected.retryable, err.retryable, "retryable")
  equal(expected.attempts, err.attempts, "attempts")
  equal(case.method, err.method, "method")
end

-- What arrived, counted by the server.
local function check_arrival(equal, case, expected, seen)
  local at = case.row.at
  local target, whole, other = {}, 0, 0
  for _, record in ipairs(seen.records) do
    -- libcurl 8 may see a goodbye only behind a request that went out, which then was refused.
    local is_void = libcurl.is_newer and at == "idle" and record.refused
    if record.stage == "target" and is_void then
      equal(false, record.begun, "a refused request is not answered")
    elseif record.stage == "target" then
      target[#target + 1] = record
      if record.whole then whole = whole + 1 end
    else
      other = other + 1
      equal(true, record.whole, "a whole request in stage " .. record.stage)
    end
  end
  equal(case.kept and 2 or 1, other, "requests before and after")
  local arriving = at == "request" or at == "idle" or at == "part"
  equal(arriving and expected.attempts or 0, #target, "requests that arrived")
  equal((at == "request" or at == "idle") and expected.attempts or 0, whole, "whole requests that arrived")
  if at == "accept" or at == "certificate" then equal(expected.attempts + 1, seen.connections, "connections") end
  if at == "connect" then equal(case.kept and 2 or 1, seen.connections, "connections") end
  if at == "resolve" then
    -- libcurl 8 may ask for each kind of address by itself.
    local each = libcurl.is_newer and seen.lookups == 2 * (expected.attempts + 1) and 2 or 1
    equal(each * (expected.attempts + 1), seen.lookups, "lookups")
  end
  return target
end

-- What holds in every row, whatever the row says.
local function check_truth(equal, case, err, target, seen)
  equal(nil, seen.problem, "problem of the server")
  equal(0, seen.left, "connections that nobody ended")
  local bytes, begun, refused, whole = 0, false, #target > 0, 0
  for _, record in ipairs(target) do
    bytes = bytes + record.bytes
    begun = begun or record.begun
    refused = refused and record.refused
    if record.whole then whole = whole + 1 end
  end
  if err and err.sent == false and not refused then equal(0, bytes, "sent is false: bytes that the server saw of it") end
  if err and err.sent == true then equal(true, begun, "sent is true: the server had begun to answer") end
  if not err then equal(true, begun, "success: the server had begun to answer") end
  local may_repeat = case.row.status == 429 or refused
  if case.method == "POST" and not may_repeat then equal(true, #target <= 1, "a POST goes out once, not " .. #target .. " times") end
end

-- Which connections carried what.
local function check_connections(equal, case, expected, target, seen)
  local last = target[#target]
  local first, probe = seen.records[1], seen.records[#seen.records]
  if not last then return end
  if case.row.at == "idle" then return equal(expected.keep, first.connection == last.connection, "the kept connection is used") end
  if expected.keep == false then
    equal(true, probe.connection ~= last.connection, "the next call is on another connection")
    if #target > 1 then equal(true, target[1].connection ~= last.connection, "the second attempt is on another connection") end
  elseif expected.keep == true then
    equal(last.connection, probe.connection, "connection of the next call")
  end
  if case.kept then equal(first.connection, target[1].connection, "the kept connection") end
end

-- A slow row ends by its timeout, and not before; what is not slow, long before.
local function check_time(equal, env, expected, seconds)
  if not expected.slow then return equal(true, seconds < AMPLE, ("ends by itself, not after %g s"):format(seconds)) end
  local least, most = env.patience * expected.attempts * 0.95, env.patience * expected.attempts * 10 + 5
  equal(true, seconds >= least and seconds <= most, ("%g s are within %g and %g"):format(seconds, least, most))
end

-- Many calls at once: those that were answered, and each of the others as the row says.
local function check_many(equal, env, client, case, expected)
  local row, tasks, errors = case.row, {}, {}
  for index = 1, row.many do tasks[index] = client:spawn(function() return call(env, client, case) end) end
  for index = 1, row.many do
    local value, err = tasks[index]:wait()
    if err then errors[#errors + 1] = err else check_result(equal, case, { fine = true }, value) end
  end
  -- What may be repeated is, and the server has come to its senses.
  equal(expected.retryable and 0 or row.many - row.answered, #errors, "calls that failed")
  for _, err in ipairs(errors) do check_result(equal, case, expected, nil, err) end
  return expected.retryable and 2 * row.many - row.answered or row.many
end

local function check_many_arrivals(equal, due, seen)
  local arrived = 0
  for _, record in ipairs(seen.records) do
    if record.stage == "target" and record.whole then arrived = arrived + 1 end
  end
  equal(due, arrived, "requests that arrived")
  equal(nil, seen.problem, "problem of the server")
end

-- What is not as it should be in a case, or nil.
local function problems_of(env, case)
  local problems = {}
  local function equal(due, got, what)
    if due ~= got then problems[#problems + 1] = ("%s: %s expected, got %s"):format(what, tostring(due), tostring(got)) end
  end
  local expected = cases.expected(case)
  local place = env.control("open", case.number)
  local client = new_client(env, case, place)
  if case.kept then
    local value, err = client.v1.flows(words.flows.warm):fetch()
    equal("warm", value and value.answer or tostring(err), "first call")
    env.control("arm", place.token)
  end

  local started = core.now()
  local value, err, arrivals
  if case.row.many then
    arrivals = check_many(equal, env, client, case, expected)
  else
    value, err = call(env, client, case)
  end
  local seconds = core.now() - started
  expected = cases.expected(case, err)
  env.control("calm", place.token)
  local probe, problem = client.v1.flows(words.flows.probe):fetch()
  client:close()
  local seen = env.control("finish", place.token)

  equal("probe", probe and probe.answer or tostring(problem), "next call")
  if arrivals then
    check_many_arrivals(equal, arrivals, seen)
  else
    check_result(equal, case, expected, value, err)
    local target = check_arrival(equal, case, expected, seen)
    check_truth(equal, case, err, target, seen)
    check_connections(equal, case, expected, target, seen)
  end
  check_time(equal, env, expected, seconds)
  if #problems > 0 then return table.concat(problems, "\n") end
end

--- Runs one case.
-- @tparam table env `control` (of `check.control`), `ca_file`, `patience` (seconds after which a slow row gives up)
-- @tparam table case one of `cases.list()`
-- @treturn string "fine", or what is not as it should be
function check.run(env, case)
  local finished, problem = xpcall(problems_of, debug.traceback, env, case)
  if problem and case.row.slow and not env.is_last then
    -- On a busy machine the timeout may come before the fault: once more, with more time.
    return check.run({ control = env.control, ca_file = env.ca_file, patience = 8 * env.patience, is_last = true }, case)
  end
  return finished and not problem and "fine" or problem
end

return check
