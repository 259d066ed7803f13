--- A program whose finalizer uses the client at the n-th moment that the collector gets during an operation: run.lua URL ACCOUNT TOKEN FLOW
-- MOST. Each operation meets each action at MOST moments spread over it, or at every moment where MOST is "all". Prints what was wrong.
local core = require "studio.core"
local collecting = require "spec.collecting"
local studio = require "studio"

local base_url, account_sid, auth_token, flow, most = (unpack or table.unpack)(arg) -- luacheck: ignore 143
-- On LuaJIT of before the end of 2023 a compiled `pairs` loop may never end in a finalizer, whatever the library does.
local jit_library = rawget(_G, "jit")
if jit_library then jit_library.off() end

local newproxy = rawget(_G, "newproxy") -- Lua 5.1 and LuaJIT finalize userdata only
local NOBODY = "FW" .. ("9"):rep(32)
local contacts = 0

local moment, wanted, act, is_armed = 0, 0, nil, false
local arm

local function finalize()
  if not is_armed then return end
  moment = moment + 1
  if moment == wanted then return act() end
  arm()
end

function arm()
  if not newproxy then
    setmetatable({}, { __gc = finalize })
    return
  end
  getmetatable(newproxy(true)).__gc = finalize
end

local function fetch(client) return client.v2.flows(flow):fetch() end
local function is_flow(value) return type(value) == "table" and value.sid == flow and type(value.definition) == "table" end

-- Each gives value, err, and whether the value is what it should be.
local operations = {
  fetch = function(client)
    local value, err = fetch(client)
    return value, err, is_flow(value)
  end,
  list = function(client)
    local value, err = client.v2.flows:list { page_size = 1, limit = 2 }
    return value, err, value and #value == 2 and value[2].sid ~= nil
  end,
  create = function(client)
    contacts = contacts + 1
    local to = ("+1800%07d"):format(contacts)
    local value, err = client.v2.flows(flow).executions:create { to = to, from = "+18007654321", parameters = { name = "Foo" } }
    return value, err, value and value.contact_channel_address == to
  end,
  headers = function(client)
    local value, err = client:request("GET", "/v2/Flows/" .. flow)
    return value, err, value and value.status == 200 and is_flow(value.body) and value.headers["content-type"] ~= nil
  end,
  error = function(client)
    local value, err = client.v2.flows(NOBODY):fetch()
    if value ~= nil or err.kind ~= "http" then return value, err, false end
    return true, nil, err.status == 404 and err.code == 20404 and err.message:find("not found", 1, true) ~= nil
  end,
  spawn = function(client)
    local task, err = client:spawn(fetch, client)
    if not task then return nil, err end
    local value, problem = task:wait()
    return value, problem, is_flow(value)
  end,
  map = function(client)
    local count = 0
    for _, value, err in client:map({ 1, 2 }, function() return fetch(client) end, { concurrency = 2 }) do
      if not value then return nil, err end
      count = count + (is_flow(value) and 1 or 0)
    end
    return true, nil, count == 2
  end,
}

-- What the finalizer does with the client, and whether the operation may be cancelled by it.
local actions = {
  close = { function(client) client:close() end, true },
  call = { function(client) assert(fetch(client)) end },
  spawn = { function(client) client:spawn(fetch, client) end },
  step = { function(client) client:step(0) end },
  raise = { function() error("on purpose", 0) end },
}

local failures = 0

local function report(name, action, at, ...)
  failures = failures + 1
  print(("%s, %s at %s:"):format(name, action, at), ...)
end

local function settings()
  return { base_url = base_url, account_sid = account_sid, auth_token = auth_token, timeout = 20, retry = false }
end

-- Runs an operation; gives how many moments there were.
local function try(name, action, at)
  local client = studio.new(settings())
  local problem
  assert(fetch(client))
  collecting.often()
  collectgarbage()
  moment, wanted, is_armed = 0, at, true
  if os.getenv "STUDIO_SHOW_MOMENTS" then io.stderr:write(name, " ", action, " ", at, "\n") end
  act = function()
    if action == "raise" then return actions.raise[1]() end
    local ok, message = pcall(actions[action][1], client)
    if not ok then problem = message end
  end
  arm()
  local began = core.now()
  local ok, value, err, is_right = pcall(operations[name], client)
  is_armed = false
  collecting.as_usual()
  local met = moment
  if met >= at or at == math.huge then
    local err_kind = type(err) == "table" and err.kind
    if not ok and type(value) == "table" then ok, err_kind, value = true, value.kind, nil end
    if not ok then
      if action ~= "raise" or not tostring(value):find("on purpose", 1, true) then report(name, action, at, "raised", value) end
    elseif value == nil then
      local is_raised = action == "raise" and tostring(err):find("on purpose", 1, true) -- by a function of map
      if not (is_raised or actions[action][2] and err_kind == "cancelled") then report(name, action, at, "failed", err_kind, err) end
    elseif not is_right then
      report(name, action, at, "gave something else")
    end
    if problem then report(name, action, at, "the finalizer met", problem) end
    if core.now() - began > 10 then report(name, action, at, "took long") end
  end
  ok, problem = pcall(client.close, client)
  if not ok then report(name, action, at, "close raised", problem) end
  if client:pending() ~= 0 then report(name, action, at, "pending", client:pending()) end
  collectgarbage()
  return met
end

-- What the tasks of closed clients have to tell is not the matter here.
local tried = 0
for name in pairs(operations) do
  local count = try(name, "step", math.huge)
  for action in pairs(actions) do
    local step = most == "all" and 1 or math.max(1, math.floor(count / tonumber(most)))
    for at = 1, count, step do
      try(name, action, at)
      tried = tried + 1
    end
  end
end
print(("%d moments, %d failures"):format(tried, failures))
