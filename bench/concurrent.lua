-- The contestant of bench/concurrent: creates with this library, so many at a time, in the way that is asked for. Prints wall and CPU
-- seconds and how many succeeded, as the floor does.
--
--     lua5.4 bench/concurrent.lua script|tasks|cqueues|luv|select ORIGIN COUNT CONCURRENCY [CA_FILE]
local core = require "studio.core"
local studio = require "studio"

local way, origin, count, concurrency, ca_file = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4]), arg[5]
if ca_file == "" then ca_file = nil end

local client = studio.new {
  base_url = origin, account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32), ca_file = ca_file, retry = false,
}
local executions = client.v2.flows("FW" .. ("0"):rep(31) .. "1").executions
local good = 0

local function create()
  local execution, err = executions:create { to = "+15558675310", from = "+15017122661" }
  if not execution then error(err) end
  good = good + 1
end

local function numbers()
  local at = 0
  return function()
    if at < count then
      at = at + 1
      return at
    end
  end
end

local function map()
  for _, _, problem in client:map(numbers(), create, { concurrency = concurrency }) do
    if problem then error(problem) end
  end
end

local function workers(start)
  local next_number = numbers()
  for _ = 1, concurrency do
    start(function()
      while next_number() do create() end
    end)
  end
end

local ways = { script = map }

function ways.tasks()
  workers(function(run) client:spawn(run) end)
  while client:step(1) > 0 do end
end

function ways.cqueues()
  local controller = require("cqueues").new()
  workers(function(run) controller:wrap(run) end)
  assert(controller:loop())
end

function ways.luv()
  local uv = require "luv"
  workers(function(run) client:spawn(run) end)
  local poll, timer = uv.new_poll(client:pollfd()), uv.new_timer()
  local function step()
    if client:step(0) == 0 then return uv.stop() end
    local seconds = client:timeout()
    if seconds then timer:start(math.ceil(seconds * 1000), 0, step) else timer:stop() end
  end
  poll:start("r", step)
  step()
  uv.run()
end

function ways.select()
  local socket = require "socket"
  workers(function(run) client:spawn(run) end)
  local descriptor = client:pollfd()
  local pollable = { getfd = function() return descriptor end }
  while client:step(0) > 0 do socket.select({ pollable }, nil, client:timeout()) end
end

local function cpu()
  return os.clock()
end

local wall_before, cpu_before = core.now(), cpu()
ways[way]()
print(("%.6f %.6f %d"):format(core.now() - wall_before, cpu() - cpu_before, good))
client:close()
if good ~= count then os.exit(1, true) end
