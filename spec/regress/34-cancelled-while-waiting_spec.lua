-- Seen on a busy machine: the collector ended a map that nobody had any more, and with it the task that drain() waited for; drain() found
-- that out a whole second later, with nothing in flight. Under an event loop it waited for the answer that nobody wanted any more.
local core = require "studio.core"
local support = require "spec.support"
local ways = require "spec.ways"

-- Seconds that the answer takes which is cancelled; seconds of a turn in which nothing happens.
local DELAY, TURN = 3, 1

describe("A wait for a task that the collector cancels is over at once", function()
  local emulator = support.emulator()

  for _, way in ipairs(ways) do
    it(way.name, function()
      local service = emulator()
      local client = support.client(service, { retry = false, wait = way.wait })
      local function get(path) return client:request("GET", path .. service.flows.survey) end
      local longest = 0

      -- Leaves a map whose second answer is late, and ends before the collector comes.
      local function drop_map()
        local iterate = client:map({ "/v1/Flows/", "/v2/Flows/" }, get)
        iterate()
        client:spawn(function() collectgarbage() collectgarbage() end)
      end

      way.run(client, function()
        get "/v1/Flows/"
        for _ = 1, 3 do
          service:fault { path = "/v2/", delay = DELAY }
          client:spawn(drop_map)
          local began = core.now()
          assert(client:drain(2 * DELAY))
          longest = math.max(longest, core.now() - began)
        end
      end)
      assert.is_true(longest < TURN, longest)
      client:close()
    end)
  end
end)
