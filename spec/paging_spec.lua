-- Lists: which records come, in how many requests, and what a page may and may not be.
local studio = require "studio"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)
local ORIGIN = "https://studio.twilio.com"
local huge = math.huge

local function sids(records)
  local list = {}
  for index, record in ipairs(records) do list[index] = record.sid end
  return list
end

describe("A list", function()
  local emulator = support.emulator { engagements = 25 }
  local client, engagements, all

  before_each(function()
    local service = emulator()
    client = support.client(service)
    engagements = client.v1.flows(service.flows.survey).engagements
    all = sids(assert(engagements:list()))
    assert.are.equal(25, #all)
    service:clear_log()
  end)

  after_each(function() client:close() end)

  local function requests() return #emulator():requests() end

  it("of three pages takes exactly three requests", function()
    local found = assert(engagements:list { page_size = 10 })
    assert.are.same(all, sids(found))
    assert.are.equal(3, requests())
  end)

  it("takes three requests by each and by pages, too", function()
    local found = {}
    for engagement in engagements:each { page_size = 10 } do found[#found + 1] = engagement end
    assert.are.same(all, sids(found))
    assert.are.equal(3, requests())
    local count, sizes = 0, {}
    for page in engagements:pages { page_size = 10 } do
      count = count + 1
      sizes[count] = #page.items
    end
    assert.are.same({ 10, 10, 5 }, sizes)
    assert.are.equal(6, requests())
  end)

  it("asks for the page size that it is told, on every page", function()
    assert(engagements:list { page_size = 9 })
    for _, request in ipairs(emulator():requests()) do
      assert.is_truthy(("&" .. request.query .. "&"):find("&PageSize=9&", 1, true), request.query)
    end
    assert(engagements:list())
    assert.are.equal("", emulator():requests()[4].query)
  end)

  -- limit, page size, records, requests
  for _, case in ipairs {
    { 0, nil, 0, 0 }, { 0, 10, 0, 0 }, { 1, nil, 1, 1 }, { 1, 10, 1, 1 }, { 9, 10, 9, 1 }, { 10, 10, 10, 1 }, { 11, 10, 11, 2 },
    { 20, 10, 20, 2 }, { 24, 10, 24, 3 }, { 25, 10, 25, 3 }, { 26, 10, 25, 3 }, { 1000, 10, 25, 3 }, { 7, nil, 7, 1 }, { 25, nil, 25, 1 },
    { 5000, nil, 25, 1 }, { huge, 10, 25, 3 }, { huge, nil, 25, 1 }, { 3, 1, 3, 3 },
  } do
    local limit, page_size, records, count = case[1], case[2], case[3], case[4]
    local title = ("with limit %s and page size %s gives %d records in %d requests, by list, each and pages")
      :format(tostring(limit), tostring(page_size), records, count)
    it(title, function()
      local params = { limit = limit, page_size = page_size }
      local expected = {}
      for index = 1, records do expected[index] = all[index] end
      assert.are.same(expected, sids(assert(engagements:list(params))))
      assert.are.equal(count, requests())
      local found = {}
      for engagement in engagements:each(params) do found[#found + 1] = engagement end
      assert.are.same(expected, sids(found))
      assert.are.equal(2 * count, requests())
      found = {}
      for page in engagements:pages(params) do
        for _, engagement in ipairs(page.items) do found[#found + 1] = engagement end
      end
      assert.are.same(expected, sids(found))
      assert.are.equal(3 * count, requests())
      assert.are.same({ limit = limit, page_size = page_size }, params, "the program's table is left alone")
    end)
  end

  it("with a limit and no page size asks for pages of the limit, but for no more than 1000", function()
    assert(engagements:list { limit = 7 })
    assert(engagements:list { limit = 5000 })
    assert.are.equal("PageSize=7", emulator():requests()[1].query)
    assert.are.equal("PageSize=1000", emulator():requests()[2].query)
  end)

  it("ends early when a loop is left, with no request more", function()
    local count = 0
    for _ in engagements:each { page_size = 10 } do
      count = count + 1
      if count == 5 then break end -- the sixth would ask for the next page ahead
    end
    assert.are.equal(1, requests())
    for _ in engagements:each { page_size = 10, read_ahead = false } do
      count = count + 1
      if count == 15 then break end
    end
    assert.are.equal(2, requests())
    assert(client.v1.flows(emulator().flows.survey):fetch())
  end)

  it("asks for nothing before its first record is wanted", function()
    local following = engagements:each { page_size = 10 }
    assert.are.equal(0, requests())
    assert.are.equal(all[1], following().sid)
    assert.are.equal(1, requests())
  end)

  it("stays at its end", function()
    local following = engagements:each { page_size = 10 }
    for _ = 1, 25 do assert.is_table(following()) end
    for _ = 1, 3 do assert.is_nil(following()) end
    assert.are.equal(3, requests())
    local pages = engagements:pages { page_size = 20 }
    assert.is_table(pages())
    assert.is_table(pages())
    assert.is_nil(pages())
    assert.is_nil(pages())
  end)

  it("can be walked by several iterators at once", function()
    local one, other = engagements:each { page_size = 4 }, engagements:each { page_size = 7 }
    for index = 1, 25 do
      assert.are.equal(all[index], one().sid)
      assert.are.equal(all[index], other().sid)
    end
  end)

  it("accepts read_ahead and sends nothing of it", function()
    for _, value in ipairs { true, false } do
      assert.are.equal(25, #assert(engagements:list { page_size = 25, read_ahead = value }))
    end
    for _, request in ipairs(emulator():requests()) do assert.are.equal("PageSize=25", request.query) end
  end)

  it("starts at the page or token that it is given", function()
    local first = assert(engagements:page { page_size = 10 })
    local token = first.next_page_url:match("PageToken=([^&]+)")
    assert.are.equal(all[11], assert(engagements:list { page_size = 10, page = 1, page_token = token })[1].sid)
    assert.are.equal("PageSize=10&Page=1&PageToken=" .. token, emulator():requests()[2].query)
  end)

  it("sends extra parameters with its first page, and the service keeps them", function()
    assert(engagements:list({ page_size = 20 }, { extra = { Unknown = "a b" } }))
    local seen = emulator():requests()
    assert.are.equal(2, #seen)
    assert.is_truthy(seen[1].query:find("Unknown=a", 1, true))
    assert.is_truthy(seen[2].query:find("Unknown=a", 1, true))
  end)

  it("gives resources, with methods and sub-collections", function()
    local engagement = assert(engagements:list { limit = 1 })[1]
    assert.are.equal(engagement.sid, assert(engagement:fetch()).sid)
    assert.is_table(assert(engagement.steps:list()))
    for name in pairs(engagement) do assert.is_string(name) end
  end)

  it("is an array that stays one in JSON, also when it is empty", function()
    local none = assert(client.v1.flows(emulator().flows.survey).engagements:list { limit = 0 })
    assert.are.equal(getmetatable(studio.array {}), getmetatable(none))
  end)

  it("survives failures between its pages", function()
    local service = emulator()
    service:fault { times = 1 }
    service:fault { status = 503, times = 2 }
    service:fault { drop = "before" }
    assert.are.same(all, sids(assert(engagements:list { page_size = 10 })))
    assert.are.equal(6, requests())
  end)

  it("gives nil and an error when a page fails for good", function()
    emulator():fault { times = 1 }
    emulator():fault { status = 400, times = 1 }
    local found, err = engagements:list { page_size = 10 }
    assert.is_nil(found)
    assert.are.equal(400, err.status)
    assert.are.equal(2, requests())
  end)

  it("raises the error object itself in a loop, and again when the loop is tried again", function()
    for _, method in ipairs { "each", "pages" } do
      emulator():clear_log()
      emulator():fault { times = 1 }
      emulator():fault { status = 400, times = 1 }
      local following, count = engagements[method](engagements, { page_size = 10 }), 0
      local fine, err = pcall(function()
        while following() do count = count + 1 end
      end)
      assert.is_false(fine)
      assert.is_table(err)
      assert.are.equal("http", err.kind)
      assert.are.equal(400, err.status)
      assert.are.equal(method == "each" and 10 or 1, count)
      local again, same = pcall(following)
      assert.is_false(again)
      assert.are.equal(err, same)
      assert.are.equal(2, requests())
    end
  end)

  it("raises an error of an argument in a loop, and gives it otherwise", function()
    local fine, err = pcall(function()
      for record in engagements:each { page_size = 5000 } do print(record) end
    end)
    assert.is_false(fine)
    assert.are.equal("argument", err.kind)
    assert.is_truthy(err.message:find("page_size", 1, true))
    local list, list_err = engagements:list { page_size = 0 }
    assert.is_nil(list)
    assert.are.equal("argument", list_err.kind)
    local page, page_err = engagements:page { limit = 1.5 }
    assert.is_nil(page)
    assert.are.equal("argument", page_err.kind)
    assert.are.equal(0, requests())
  end)
end)

describe("A page", function()
  local emulator = support.emulator { engagements = 25 }
  local engagements, all

  before_each(function()
    local service = emulator()
    engagements = support.client(service).v1.flows(service.flows.survey).engagements
    all = sids(assert(engagements:list()))
    service:clear_log()
  end)

  it("has its records, its meta without nulls, and its neighbours' URLs", function()
    local page = assert(engagements:page { page_size = 10 })
    assert.are.equal(10, #page.items)
    assert.are.equal("engagements", page.meta.key)
    assert.are.equal(10, page.meta.page_size)
    assert.is_nil(page.meta.previous_page_url)
    assert.is_nil(page.previous_page_url)
    assert.are.equal(page.meta.next_page_url, page.next_page_url)
    assert.are.equal(1, #emulator():requests())
  end)

  it("leads to the next, and to nil at the end, without a request", function()
    local first = assert(engagements:page { page_size = 10 })
    local second = assert(first:next())
    local third = assert(second:next())
    local fourth, err = third:next()
    assert.is_nil(fourth)
    assert.is_nil(err)
    assert.are.equal(all[11], second.items[1].sid)
    assert.are.equal(all[25], third.items[5].sid)
    assert.are.equal(3, #emulator():requests())
  end)

  it("leads back to the one before, and to nil at the start", function()
    local first = assert(engagements:page { page_size = 10 })
    local second = assert(first:next())
    local back = assert(assert(second:next()):previous())
    assert.are.same(sids(second.items), sids(back.items))
    assert.are.equal(all[1], assert(back:previous()).items[1].sid)
    local before, err = first:previous()
    assert.is_nil(before)
    assert.is_nil(err)
  end)

  it("keeps a limit over its neighbours", function()
    local first = assert(engagements:page { page_size = 10, limit = 15 })
    local second = assert(first:next())
    assert.are.equal(5, #second.items)
    local third, err = second:next()
    assert.is_nil(third)
    assert.is_nil(err)
    assert.are.equal(2, #emulator():requests())
  end)

  it("of no records is given for a limit of 0 without a request", function()
    local page = assert(engagements:page { limit = 0 })
    assert.are.equal(0, #page.items)
    assert.is_nil(page:next())
    assert.is_nil(page:previous())
    assert.are.equal(0, #emulator():requests())
  end)

  it("can be resumed from its URL, by another client too", function()
    local first = assert(engagements:page { page_size = 10 })
    local service = emulator()
    local other = support.client(service).v1.flows(service.flows.survey).engagements
    local second = assert(other:page_at(first.next_page_url))
    assert.are.equal(all[11], second.items[1].sid)
    assert.are.equal(all[21], assert(second:next()).items[1].sid)
    assert.are.equal(all[1], assert(second:previous()).items[1].sid)
  end)

  it("gives nil and an error when a neighbour fails", function()
    local first = assert(engagements:page { page_size = 10 })
    emulator():fault { status = 404 }
    local second, err = first:next()
    assert.is_nil(second)
    assert.is_true(err:is_not_found())
    assert.are.equal(all[11], assert(first:next { retry = false }).items[1].sid)
  end)

  it("takes call options for its neighbours", function()
    local first = assert(engagements:page { page_size = 10 })
    assert(first:next { headers = { ["X-Trace"] = "42" } })
    assert.are.equal("42", emulator():requests()[2].headers["x-trace"])
    assert.has_error(function() first:next { nonsense = 1 } end)
  end)
end)

describe("A page of a service that misbehaves", function()
  -- A client of a service that answers with these bodies one after the other, the last for ever.
  local function client_of(bodies)
    local transport = support.transport()
    local answer = transport.send
    function transport:send(request)
      answer(self, request)
      local body = bodies[math.min(#self.requests, #bodies)]
      if type(body) == "function" then body = body(#self.requests) end
      return { status = 200, headers = { ["Content-Type"] = "application/json", ["Twilio-Request-Id"] = "RQ1" }, body = body }
    end
    return support.offline(transport).v1.flows(FLOW).engagements, transport
  end

  local function page_of(next_url, key)
    key = key or "engagements"
    return ('{"meta":{"key":"%s","next_page_url":%s},"%s":[{"sid":"FN%s"}]}'):format(key, next_url or "null", key, ("1"):rep(32))
  end

  it("has its records where meta.key says", function()
    local engagements = client_of { page_of(nil, "something_else") }
    assert.are.equal("FN" .. ("1"):rep(32), assert(engagements:list())[1].sid)
  end)

  it("has its records under the usual name where meta names none", function()
    local engagements = client_of { '{"meta":{},"engagements":[{"sid":"a"}]}' }
    assert.are.equal("a", assert(engagements:list())[1].sid)
    engagements = client_of { '{"meta":{"key":null},"engagements":[{"sid":"a"}]}' }
    assert.are.equal("a", assert(engagements:list())[1].sid)
  end)

  it("is an error of kind decode when it is malformed", function()
    for _, body in ipairs {
      "{}", '{"engagements":[]}', '{"meta":null,"engagements":[]}', '{"meta":[],"engagements":[]}', '{"meta":7,"engagements":[]}',
      '{"meta":{"key":"engagements"}}', '{"meta":{"key":"engagements"},"engagements":{}}',
      '{"meta":{"key":"engagements"},"engagements":null}',
      '{"meta":{"key":"engagements"},"engagements":"text"}', '{"meta":{"key":"missing"},"engagements":[]}',
      '{"meta":{"key":7},"engagements":[]}', '{"meta":{"key":{}},"engagements":[]}', '{"meta":{"key":"meta"},"engagements":[]}',
      '{"meta":{"key":"engagements"},"engagements":[1]}', '{"meta":{"key":"engagements"},"engagements":[null]}',
      '{"meta":{"key":"engagements"},"engagements":["a"]}', '{"meta":{"key":"engagements"},"engagements":[{},[]]}',
      '{"meta":{"key":"engagements"},"engagements":[{},false]}',
      '{"meta":{"next_page_url":7},"engagements":[]}', '{"meta":{"next_page_url":{}},"engagements":[]}',
      '{"meta":{"next_page_url":true},"engagements":[]}', '{"meta":{"previous_page_url":7},"engagements":[]}', "[]", "7", "null", "",
    } do
      local engagements, transport = client_of { body }
      for _, method in ipairs { "list", "page" } do
        local found, err = engagements[method](engagements)
        assert.is_nil(found)
        assert.are.equal("decode", err.kind, body)
        assert.are.equal(200, err.status)
        assert.are.equal("RQ1", err.request_id)
        assert.are.equal(body, err.body)
        assert.is_true(err.sent)
        assert.is_false(err.retryable)
      end
      local fine, err = pcall(engagements:each())
      assert.is_false(fine)
      assert.are.equal("decode", err.kind)
      assert.are.equal(3, #transport.requests)
    end
  end)

  it("may be empty and lead on", function()
    local empty = '{"meta":{"key":"engagements","next_page_url":"' .. ORIGIN .. '/v1/x?Page=%d"},"engagements":[]}'
    local engagements, transport = client_of { empty:format(1), empty:format(2), page_of() }
    assert.are.equal(1, #assert(engagements:list()))
    assert.are.equal(3, #transport.requests)
    engagements = client_of { empty:format(1), empty:format(2), page_of() }
    local count = 0
    for _ in engagements:each() do count = count + 1 end
    assert.are.equal(1, count)
  end)

  it("that leads to itself is an error, not an endless loop", function()
    local engagements, transport = client_of { page_of(('"%s/v1/Flows/%s/Engagements"'):format(ORIGIN, FLOW)) }
    local found, err = engagements:list()
    assert.is_nil(found)
    assert.are.equal("decode", err.kind)
    assert.are.equal(1, #transport.requests)
    local page = assert(engagements:page())
    local following, problem = page:next()
    assert.is_nil(following)
    assert.are.equal("decode", problem.kind)
    assert.are.equal(2, #transport.requests)
  end)

  it("that leads back to an earlier one is an error, not an endless loop, however long the way round is", function()
    for _, before in ipairs { 0, 1, 2, 5 } do
      for _, round in ipairs { 1, 2, 3, 4, 7, 20 } do
        local engagements, transport = client_of {
          function(count)
            local number = count <= before and count or before + (count - before) % round
            return page_of(('"%s/v1/x?Page=%d"'):format(ORIGIN, number))
          end,
        }
        local found, err = engagements:list()
        assert.is_nil(found)
        assert.are.equal("decode", err.kind)
        assert.is_true(#transport.requests <= 4 * (before + round) + 4, ("%d + %d: %d"):format(before, round, #transport.requests))
      end
    end
  end)

  it("that leads on for ever stops where the limit says", function()
    local engagements, transport = client_of {
      function(count) return page_of(('"%s/v1/x?Page=%d"'):format(ORIGIN, count)) end,
    }
    assert.are.equal(30, #assert(engagements:list { limit = 30, page_size = 1 }))
    assert.are.equal(30, #transport.requests)
  end)

  it("that has more records than it was asked for gives no more than the limit", function()
    local engagements, transport = client_of { '{"meta":{"key":"engagements","next_page_url":"' .. ORIGIN
      .. '/v1/x"},"engagements":[{"sid":"a"},{"sid":"b"},{"sid":"c"}]}' }
    assert.are.same({ "a", "b" }, sids(assert(engagements:list { limit = 2 })))
    assert.are.equal(1, #transport.requests)
  end)
end)
