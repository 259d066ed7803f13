--- The ways to wait: each runs a function where calls wait in that way, and comes back when the function has. `run(client, body)`;
-- `wait`, where clients need the option.
local socket = require "socket"

local function loaded(name)
  local fine, module = pcall(require, name)
  return fine and module or nil
end

local cqueues, uv = loaded "cqueues", loaded "luv"

local ways = {}

local function way(name, run, wait)
  ways[#ways + 1] = { name = name, run = run, wait = wait }
end

way("in a script", function(_, body) body() end)

way("in a task", function(client, body) client:spawn(body):wait() end)

way("by LuaSocket's select", function(client, body)
  local task = client:spawn(body)
  local pollable = { getfd = function() return client:pollfd() end }
  while not task:done() do
    socket.select({ pollable }, nil, client:timeout())
    client:step(0)
  end
  task:wait()
end)

way("by a function of the program's", function(_, body) body() end, function(pollable, seconds)
  socket.select({ { getfd = function() return pollable:pollfd() end } }, nil, seconds)
end)

way("by a function of the program's that just sleeps", function(_, body) body() end, function(_, seconds)
  socket.sleep(math.min(seconds, 0.01))
end)

if cqueues then
  way("in a coroutine of cqueues", function(_, body)
    local controller = cqueues.new()
    controller:wrap(body)
    assert(controller:loop())
  end)

  way("in a task, beside coroutines of cqueues", function(client, body)
    local controller = cqueues.new()
    controller:wrap(function() client:spawn(body):wait() end)
    for _ = 1, 3 do
      controller:wrap(function() client:spawn(function() end):wait() end)
    end
    assert(controller:loop())
  end)
end

if uv then
  way("in a task that luv drives", function(client, body)
    local task = client:spawn(body)
    local poll, timer = uv.new_poll(client:pollfd()), uv.new_timer()
    local function step()
      client:step(0)
      if task:done() then return uv.stop() end
      local seconds = client:timeout()
      if seconds then timer:start(math.ceil(seconds * 1000), 0, step) else timer:stop() end
    end
    poll:start("r", step)
    step()
    uv.run()
    poll:close()
    timer:close()
    uv.run()
    task:wait()
  end)

  -- Coroutines that luv resumes when the descriptor is readable or the time has come.
  way("in a coroutine that luv resumes", function(_, body)
    local thread = coroutine.create(body)
    local fine, problem = coroutine.resume(thread)
    while fine and coroutine.status(thread) ~= "dead" do
      uv.run()
      fine, problem = coroutine.resume(thread)
    end
    if not fine then error(problem, 0) end
  end, function(pollable, seconds)
    local poll, timer = uv.new_poll(pollable:pollfd()), uv.new_timer()
    poll:start("r", uv.stop)
    timer:start(math.ceil(math.min(seconds, pollable:timeout() or seconds) * 1000), 0, uv.stop)
    coroutine.yield()
    poll:close()
    timer:close()
    uv.run("nowait")
  end)
end

return ways
