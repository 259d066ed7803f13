--- Reading ahead: `each` asks for the next page while the loop still works through this one. What it saves is in read_ahead_time_spec.
local child = require "spec.child"
local core = require "studio.core"
local studio = require "studio"
local support = require "spec.support"

local huge = math.huge

describe("Reading ahead", function()
  local emulator = support.emulator { engagements = 20 }
  local service, client, engagements

  before_each(function()
    service = emulator()
    client = support.client(service)
    engagements = client.v1.flows(service.flows.survey).engagements
  end)

  after_each(function() client:close() end)

  -- Waits until so many requests have come, and looks whether no more of them do.
  local function arrived(count)
    local give_up = core.now() + 10
    while #service:requests() < count and core.now() < give_up do child.sleep(0.01) end
    child.sleep(0.1)
    return #service:requests()
  end

  local function walk(params, body)
    local index = 0
    for e in engagements:each(params) do
      index = index + 1
      if body and body(index, e) then break end
    end
    return index
  end

  it("asks for the next page when half of this one is done, and not before", function()
    local seen = {}
    walk({ page_size = 10 }, function(index)
      if index == 5 or index == 6 then seen[index] = arrived(index == 5 and 1 or 2) end
    end)
    assert.are.same({ [5] = 1, [6] = 2 }, seen)
    assert.are.equal(2, #service:requests())
  end)

  it("gives the same records in the same order as without", function()
    local with, without = {}, {}
    for e in engagements:each { page_size = 3 } do with[#with + 1] = e.sid end
    for e in engagements:each { page_size = 3, read_ahead = false } do without[#without + 1] = e.sid end
    assert.are.equal(20, #with)
    assert.are.same(without, with)
  end)

  it("can be turned off", function()
    local seen
    walk({ page_size = 10, read_ahead = false }, function(index)
      if index == 10 then seen = arrived(1) end
    end)
    assert.are.equal(1, seen)
    assert.are.equal(2, #service:requests())
  end)

  it("asks for no page beyond the limit", function()
    for _, case in ipairs { { 10, 1 }, { 11, 2 }, { 3, 1 }, { 20, 2 }, { 1, 1 }, { 0, 0 } } do
      service:clear_log()
      assert.are.equal(case[1], walk { page_size = 10, limit = case[1] })
      assert.are.equal(case[2], #service:requests(), "limit " .. case[1])
    end
  end)

  it("asks for no page that is not there", function()
    assert.are.equal(20, walk { page_size = 20 })
    assert.are.equal(1, #service:requests())
  end)

  it("copes with pages of one record, and of none", function()
    assert.are.equal(20, walk { page_size = 1 })
    assert.are.equal(20, #service:requests())
    service:clear_log()
    service:fault {
      body = ('{"engagements":[],"meta":{"key":"engagements","page":0,"page_size":50,"url":"%s/x","next_page_url":"%s%s"}}')
        :format(service.base_url, service.base_url, "/v1/Flows/" .. service.flows.survey .. "/Engagements?PageSize=5&Page=0"),
    }
    assert.are.equal(20, walk { page_size = 5 })
    assert.are.equal(5, #service:requests())
  end)

  it("delivers an error where its page would begin", function()
    service:fault { times = 1 }
    service:fault { status = 400 }
    local count = 0
    local fine, err = pcall(function()
      for _ in engagements:each { page_size = 10 } do count = count + 1 end
    end)
    assert.is_false(fine)
    assert.are.equal("http", err.kind)
    assert.are.equal(10, count)
    assert.are.equal(2, #service:requests())
  end)

  it("repeats a page as any call is repeated", function()
    service:fault { times = 1 }
    service:fault { status = 503, times = 2 }
    assert.are.equal(20, walk { page_size = 10 })
    assert.are.equal(4, #service:requests())
  end)

  it("asks no more often than a call may in an outage", function()
    service:fault { times = 1 }
    service:fault { drop = "before", times = huge }
    local fine, err = pcall(walk, { page_size = 10 })
    assert.is_false(fine)
    assert.are.equal("transport", err.kind)
    assert.are.equal(4, err.attempts)
    assert.are.equal(5, #service:requests())
  end)

  it("does not hold it against the service that the program was busy", function()
    local strict = support.client(service, { timeout = 0.5, deadline = 0.5, retry = false })
    local count = 0
    for _ in strict.v1.flows(service.flows.survey).engagements:each { page_size = 10 } do
      count = count + 1
      if count == 6 then
        service:fault { delay = 0.1 }
        child.sleep(1.3)
      end
    end
    assert.are.equal(20, count)
    strict:close()
  end)

  it("goes on while the loop makes other calls", function()
    local sids = {}
    assert.are.equal(20, walk({ page_size = 4 }, function(_, e)
      sids[#sids + 1] = assert(e:fetch()).sid
    end))
    assert.are.equal(20, #sids)
    assert.are.equal(25, #service:requests())
  end)

  it("works inside tasks, many at once", function()
    local tasks = {}
    for index = 1, 5 do
      tasks[index] = client:spawn(function() return walk { page_size = 5 } end)
    end
    for index = 1, 5 do assert.are.equal(20, tasks[index]:wait()) end
    assert.are.equal(20, #service:requests())
  end)

  it("works for two loops at once, one within the other", function()
    local pairs_seen = 0
    walk({ page_size = 7 }, function()
      walk({ page_size = 6, limit = 8 }, function() pairs_seen = pairs_seen + 1 end)
    end)
    assert.are.equal(160, pairs_seen)
  end)

  it("leaves the deadline of a whole walk as it is", function()
    service:fault { times = 1 }
    service:fault { delay = 3 }
    local fine, err = pcall(function()
      for _ in engagements:each({ page_size = 10 }, { deadline = 0.3 }) do end -- luacheck: ignore 542
    end)
    assert.is_false(fine)
    assert.are.equal("timeout", err.kind)
  end)

  it("ends with the client", function()
    local fine, err = pcall(walk, { page_size = 10 }, function(index)
      if index == 8 then client:close() end
    end)
    assert.is_false(fine)
    assert.are.equal("cancelled", err.kind)
    assert.are.equal(0, client:pending())
  end)

  it("is not pending work: a program that only waits for its tasks does not wait for it", function()
    local next_engagement = engagements:each { page_size = 2 }
    next_engagement()
    next_engagement()
    assert.are.equal(0, client:pending())
    assert.are.equal(0, client:step(0))
    assert.is_table(next_engagement())
  end)

  it("tells of each request once, when it is sent", function()
    local told = {}
    local telling = support.client(service, { on_event = function(event) told[#told + 1] = event.type .. event.attempt end })
    local count = 0
    for _ in telling.v1.flows(service.flows.survey).engagements:each { page_size = 10 } do
      count = count + 1
      if count == 6 then assert.are.equal("request1 response1 request1", table.concat(told, " ")) end
    end
    assert.are.equal("request1 response1 request1 response1", table.concat(told, " "))
    telling:close()
  end)

  it("sends the token that is there, and waits for no other", function()
    local authorized = studio.new {
      base_url = service.base_url, oauth = { client_id = service.client_id, client_secret = service.client_secret },
    }
    local count = 0
    for _ in authorized.v1.flows(service.flows.survey).engagements:each { page_size = 10 } do
      count = count + 1
      -- Refused, the page is asked for again with a new token.
      if count == 5 then service:fault { status = 401 } end
    end
    assert.are.equal(20, count)
    local paths = {}
    for index, request in ipairs(service:requests()) do paths[index] = request.path:match("[^/]*$") end
    assert.are.equal("token Engagements Engagements token Engagements", table.concat(paths, " "))
    authorized:close()
  end)

  it("takes the answer that came while the program gave the client its turns", function()
    local seen = 0
    for _ in engagements:each { page_size = 10 } do
      seen = seen + 1
      if seen == 6 then
        for _ = 1, 20 do client:step(0.01) end
      end
    end
    assert.are.equal(20, seen)
    assert.are.equal(2, #service:requests())
  end)

  it("takes its transfer along when its loop is left early", function()
    local server = child.server(([[
      while true do
        local request = connection:request()
        if not request then return end
        if request.target:find("next", 1, true) then return connection:request() end
        connection:answer('{"flows":[{"sid":"%s"},{"sid":"%s"}],"meta":{"key":"flows","page":0,"page_size":2,"next_page_url":"'
          .. "http://" .. request.headers.host .. '/v1/Flows?next=1"}}')
      end]]):format(service.flows.survey, service.flows.reminder))
    local early = support.client { base_url = server.origin, account_sid = service.account_sid, auth_token = service.auth_token }
    local function leave()
      local count = 0
      for _ in early.v1.flows:each { page_size = 2 } do
        count = count + 1
        if count == 2 then break end
      end
    end
    leave()
    assert.is_true(server:wait("next"))
    support.collect()
    assert.is_true(server:wait("^eof"))
    early:close()
    server:stop()
  end)

  it("leaves nothing behind when loops are left early again and again", function()
    local least = support.left_behind(function()
      for _ = 1, 100 do
        walk({ page_size = 2 }, function(index) return index == 2 end)
        assert(client.v1.flows(service.flows.survey):fetch())
      end
    end)
    assert.is_true(least < 50, ("the memory grew by %.0f KiB in each round"):format(least))
  end)
end)
