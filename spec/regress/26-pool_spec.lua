-- Seen: with more than 128 calls in flight over HTTP/1.1 each request opened a connection of its own, for libcurl counts those in use
-- against the most that it keeps: 4,184 connections for 10,000 creates with 200 in flight.
local descriptors = require "spec.descriptors"
local support = require "spec.support"

local last_number = 18000000000

describe("Over HTTP/1.1", function()
  local started = support.emulator()

  local function numbers(count)
    local list = {}
    for index = 1, count do
      last_number = last_number + 1
      list[index] = ("+%d"):format(last_number)
    end
    return list
  end

  -- Creates `count` executions, `most` of them at once; gives how many connections the service saw.
  local function create_all(client, service, count, most)
    local executions = client.v2.flows(service.flows.survey).executions
    local already, connections, seen = #service:requests(), 0, {}
    for _, execution, err in client:map(numbers(count), function(number)
      return executions:create { to = number, from = "+18007654321" }
    end, { concurrency = most }) do
      assert.is_nil(err)
      assert.is_truthy(execution)
    end
    local requests = service:requests()
    for index = already + 1, #requests do
      local number = requests[index].connection
      if not seen[number] then connections = connections + 1 end
      seen[number] = true
    end
    return connections
  end

  for _, most in ipairs { 50, 200, 400 } do
    it(("%d calls in flight take as many connections, however many calls there are"):format(most), function()
      local service = started()
      local client = support.client(service, { retry = false })
      assert.is_true(create_all(client, service, 3 * most, most) <= most)
      client:close()
    end)
  end

  it("what many calls needed is closed once few are in flight", function()
    local service = started()
    local client = support.client(service, { retry = false })
    local before = descriptors.count()
    create_all(client, service, 400, 400)
    create_all(client, service, 20, 10)
    client:sleep(1.1) -- libcurl 8.22 does not look at a connection within a second of its last request
    create_all(client, service, 20, 10)
    assert.is_true(descriptors.count() - before <= 140, descriptors.count() - before)
    client:close()
  end)
end)
