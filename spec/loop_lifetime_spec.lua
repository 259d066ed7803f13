--- Clients, tasks, maps and lists that end in every order: nothing is left of them. Meant for valgrind and AddressSanitizer, too.
local descriptors = require "spec.descriptors"
local socket = require "socket"
local support = require "spec.support"

local has_cqueues, cqueues = pcall(require, "cqueues")

-- The same numbers under every Lua.
local function generator(seed)
  return function(most)
    seed = (seed * 16807) % 2147483647
    return seed % most + 1
  end
end

-- Ways to drive a client a little.
local drivers = {
  function(client) client:step(0) end,
  function(client) client:step(0.005) end,
  function(client)
    local descriptor = client:pollfd()
    if descriptor then socket.select({ { getfd = function() return descriptor end } }, nil, 0.005) end
    client:step(0)
  end,
}

if has_cqueues then
  drivers[#drivers + 1] = function(client)
    local controller = cqueues.new()
    controller:wrap(function()
      local task = client:spawn(function() end)
      if task then task:wait(0.01) end
    end)
    assert(controller:loop())
  end
  -- A controller that is dropped in the middle.
  drivers[#drivers + 1] = function(client, flow)
    local controller = cqueues.new()
    controller:wrap(function() flow:fetch() end)
    controller:wrap(function()
      local task = client:spawn(function() return flow:fetch() end)
      if task then task:wait() end
    end)
    controller:step(0.005)
  end
end

-- Things that are begun; each gives a list of ways to end it.
local beginnings = {
  function(client, flow)
    local task = client:spawn(function() return flow:fetch() end)
    return { function() if task then task:cancel() end end, function() task = nil end, function() if task then task:wait(0.01) end end }
  end,
  function(client, flow)
    local task = client:spawn(function()
      local inner = client:spawn(function() return flow:fetch() end)
      return inner and inner:wait()
    end)
    return { function() if task then task:cancel() end end, function() task = nil end }
  end,
  function(_, flow)
    local iterate = flow.engagements:each { page_size = 2 }
    local function go_on()
      if iterate then pcall(iterate) end
    end
    return { go_on, go_on, go_on, function() iterate = nil end }
  end,
  function(client, flow)
    local iterate = client:map({ 1, 2, 3, 4 }, function() return flow:fetch() end, { concurrency = 2 })
    return { function() if iterate then pcall(iterate) end end, function() iterate = nil end }
  end,
  function(client, flow)
    local thread = coroutine.create(function() return flow.engagements:list { limit = 5 } end)
    local task = client:spawn(function() return coroutine.resume(thread) end)
    return { function() if task then task:cancel() end end, function() thread, task = nil, nil end }
  end,
  function(client)
    client:spawn(function() error("never heard") end)
    return { function() end }
  end,
}

describe("Whatever is begun and ended, in whatever order,", function()
  local emulator = support.emulator { engagements = 6 }

  local function run(seed)
    local service, random = emulator(), generator(seed)
    service:reset()
    local clients, endings = {}, {}
    for index = 1, 2 do
      local client = support.client(service, { on_event = function() end })
      local flow = client.v1.flows(service.flows.survey)
      clients[index] = client
      if random(3) == 1 then service:fault { delay = 0.02, times = 3 } end
      if random(4) == 1 then service:fault { status = 503, times = 2 } end
      if random(4) == 1 then service:fault { drop = "before" } end
      for _ = 1, random(4) do
        for _, ending in ipairs(beginnings[random(#beginnings)](client, flow)) do endings[#endings + 1] = ending end
        drivers[random(#drivers)](client, flow)
      end
      -- Across the two.
      if index == 2 and random(2) == 1 then
        local other = clients[1]
        local task = client:spawn(function() return other.v1.flows(service.flows.survey):fetch() end)
        endings[#endings + 1] = function() task:cancel() end
      end
      endings[#endings + 1] = function() if clients[index] then clients[index]:close() end end
      endings[#endings + 1] = function() clients[index] = nil end
      endings[#endings + 1] = function() if clients[index] then drivers[random(#drivers)](clients[index], flow) end end
      endings[#endings + 1] = function() collectgarbage() end
    end
    while #endings > 0 do table.remove(endings, random(#endings))() end
  end

  for round = 1, 6 do
    it("no descriptor and no task is left, round " .. round, function()
      run(round)
      support.collect()
      local before = descriptors.count()
      for seed = 1, 8 do run(round * 1000 + seed) end
      support.collect()
      local after = descriptors.count()
      assert.is_true(after <= before, ("%d descriptors became %d"):format(before, after))
    end)
  end
end)
