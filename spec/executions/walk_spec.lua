--- studio.executions.walk and what an export makes of it, at services of every kind: lists without dates or order, tokens that mean a place
-- or expire, records that arrive and vanish between two pages. The service is a transport.
local executions = require "studio.executions"
local formats = require "studio.executions.export.formats"
local studio = require "studio"
local support = require "spec.support"
local timestamp = require "studio.base.timestamp"
local walk = require "studio.executions.walk"

local FLOW = "FW" .. ("0"):rep(31) .. "1"
local START = 1767225600

-- A service: `records`, the newest first, each `{ sid, date_created, status }`. Options: `ignores_dates`; `by_place` (a page token is a
-- number of records to skip, else it names the last record given); `before_page(service, number)`.
local function new_service(options)
  local service = { records = {}, pages = 0, made = 0 }

  function service:add(second, status)
    self.made = self.made + 1
    table.insert(self.records, 1, {
      sid = ("FN%032x"):format(self.made), date_created = timestamp.format(START + second), status = status or "ended", at = START + second,
      number = self.made,
    })
  end

  local function matching(query)
    local from = not options.ignores_dates and query.DateCreatedFrom and timestamp.parse(query.DateCreatedFrom) or 0
    local to = not options.ignores_dates and query.DateCreatedTo and timestamp.parse(query.DateCreatedTo) or math.huge
    local found = {}
    for _, record in ipairs(service.records) do
      if record.at >= from and record.at < to and (not query.status or record.status == query.status) then found[#found + 1] = record end
    end
    return found
  end

  local function first_of(found, token)
    if not token then return 1 end
    if options.by_place then return tonumber(token) + 1 end
    for index, record in ipairs(found) do
      if record.number < tonumber(token) then return index end
    end
    return #found + 1
  end

  function service.answer(request)
    service.pages = service.pages + 1
    if options.before_page then options.before_page(service, service.pages) end
    local query = {}
    for name, value in request.url:gmatch "[?&]([^=&]+)=([^&]*)" do
      query[name] = value:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
    end
    local size = math.min(tonumber(query.PageSize), options.page_size or 200)
    local found = matching(query)
    local first = first_of(found, query.PageToken)
    local items = studio.array()
    for index = first, math.min(#found, first + size - 1) do
      local record = found[index]
      local date = not options.is_dateless and record.date_created or nil
      items[#items + 1] = { sid = record.sid, date_created = date, status = record.status }
    end
    local next_url = studio.null
    if first + size <= #found then
      local token = options.by_place and first + size - 1 or found[first + size - 1].number
      local kept = ""
      for _, name in ipairs { "DateCreatedFrom", "DateCreatedTo", "status" } do
        if query[name] then kept = kept .. "&" .. name .. "=" .. query[name]:gsub(":", "%%3A") end
      end
      next_url = request.url:match "^[^?]*" .. ("?PageSize=%d&PageToken=%d%s"):format(query.PageSize, token, kept)
    end
    return {
      status = 200, headers = { ["Content-Type"] = "application/json" },
      body = assert(studio.encode {
        [options.key or "executions"] = items,
        meta = { key = options.key or "executions", next_page_url = next_url },
      }),
    }
  end

  local client = support.offline(support.transport(service.answer))
  service.collection = client.v2.flows(FLOW).executions
  service.engagements = client.v1.flows(FLOW).engagements
  return service
end

-- Walks to the end: gives SID → how often it was given.
local function walked(collection, filters, position)
  local at, given, list = walk.new(collection, filters or {}, position), {}, {}
  local items, err = at:next()
  while items do
    for _, record in ipairs(items) do
      given[record.sid], list[#list + 1] = (given[record.sid] or 0) + 1, record
    end
    items, err = at:next()
  end
  assert(not err, err)
  return given, list, at
end

local function assert_each_once(given, records)
  for _, record in ipairs(records) do assert.equal(1, given[record.sid], record.sid .. " " .. record.date_created) end
  for sid, count in pairs(given) do assert.equal(1, count, sid) end
end

local function copy(list)
  local new = {}
  for index, value in ipairs(list) do new[index] = value end
  return new
end

local kinds = {
  ["with dates"] = {}, ["with tokens that mean a place"] = { by_place = true }, ["that ignores dates"] = { ignores_dates = true },
  ["that ignores dates, with small pages"] = { ignores_dates = true, page_size = 30 }, ["with small pages"] = { page_size = 30 },
}

describe("A walk through a list", function()
  for name, options in pairs(kinds) do
    it(name .. " gives each record once, the newest first", function()
      local service = new_service(options)
      for number = 1, 700 do service:add(number * 3) end
      local given, list = walked(service.collection)
      assert_each_once(given, service.records)
      for index, record in ipairs(service.records) do assert.equal(record.sid, list[index].sid) end
    end)

    it(name .. " gives what a moment has more of than a page", function()
      local service = new_service(options)
      for _ = 1, 500 do service:add(5) end
      for second = 6, 300 do service:add(second) end
      assert_each_once(walked(service.collection), service.records)
    end)

    it(name .. " keeps to a range and a status", function()
      local service = new_service(options)
      for number = 1, 500 do service:add(number * 3, number % 2 == 0 and "active" or "ended") end
      local wanted = {}
      for _, record in ipairs(service.records) do
        local is_wanted = record.status == "active" and record.at >= START + 300 and record.at < START + 1200
        if is_wanted then wanted[#wanted + 1] = record end
      end
      for _, collection in ipairs { service.collection, service.engagements } do
        local given = walked(collection, { from = START + 300, to = START + 1200, status = "active" })
        assert_each_once(given, wanted)
      end
    end)
  end

  it("in no order gives each record once", function()
    for _, options in ipairs { { ignores_dates = true, page_size = 100 }, { by_place = true, page_size = 100 }, { page_size = 100 } } do
      local service = new_service(options)
      local state = 1
      for _ = 1, 600 do
        state = state * 16807 % 2147483647
        service:add(state % 100000)
      end
      assert_each_once(walked(service.collection), service.records)
    end
  end)

  it("whose order is not quite that of the dates gives each record once", function()
    local service = new_service { page_size = 10, by_place = true }
    local state = 1
    for number = 1, 800 do
      state = state * 16807 % 2147483647
      service:add(number * 2 + state % 3)
    end
    assert_each_once(walked(service.collection), service.records)
  end)

  it("without dates follows its tokens", function()
    local service = new_service { page_size = 100, is_dateless = true }
    for number = 1, 450 do service:add(number) end
    assert_each_once(walked(service.collection), service.records)
  end)

  it("whose tokens mean a place hides and doubles nothing when records come and go between its pages", function()
    local vanished = {}
    local service = new_service { by_place = true, page_size = 100, before_page = function(service, number)
      for _ = 1, number do service:add(10000 + number) end
      for _ = 1, 5 do vanished[table.remove(service.records, number * 3 + 20).sid] = true end
    end }
    for number = 1, 1000 do service:add(number * 5) end
    local before = copy(service.records)
    local given = walked(service.collection)
    for _, record in ipairs(before) do
      if not vanished[record.sid] then assert.equal(1, given[record.sid]) end
    end
    for sid, count in pairs(given) do assert.equal(1, count, sid) end
  end)

  it("of Engagements, which takes no dates, doubles nothing when records arrive between its pages", function()
    local service = new_service { by_place = true, page_size = 100, key = "engagements", before_page = function(service, number)
      for _ = 1, 30 do service:add(10000 + number) end
    end }
    for number = 1, 1000 do service:add(number * 5) end
    local before = copy(service.records)
    local given = walked(service.engagements)
    for _, record in ipairs(before) do assert.equal(1, given[record.sid]) end
    for sid, count in pairs(given) do assert.equal(1, count, sid) end
  end)

  it("asks for no more than it needs", function()
    local service = new_service {}
    for number = 1, 700 do service:add(number * 3) end
    walked(service.collection)
    assert.equal(4, service.pages)
    service.pages = 0
    walked(service.collection, { from = START + 1800 })
    assert.equal(1, service.pages)
    -- Engagements: no page behind the range.
    service = new_service { key = "engagements" }
    for number = 1, 700 do service:add(number * 3) end
    walked(service.engagements, { from = START + 1800 })
    assert.equal(1, service.pages)
  end)
end)

describe("An export", function()
  local out

  before_each(function() out = os.tmpname() end)
  after_each(function()
    os.remove(out)
    os.remove(out .. ".state")
  end)

  local function given()
    local found, list = {}, {}
    for line in io.lines(out) do
      local record = assert(studio.decode(line))
      found[record.sid], list[#list + 1] = (found[record.sid] or 0) + 1, record
    end
    return found, list
  end

  -- Exports, and stops after so many records, again and again; gives how often, and the last result.
  local function export_in_parts(collection, most, options)
    local write, parts = formats.jsonl.write, 0
    local result
    options.out = out
    repeat
      local written = 0
      formats.jsonl.write = function(record)
        written = written + 1
        if written >= most then executions.stop() end
        return write(record)
      end
      local err
      result, err = executions.export(collection, options)
      formats.jsonl.write = write
      assert(result, err)
      parts = parts + 1
    until not result.stopped
    return parts, result
  end

  for name, kind in pairs(kinds) do
    it("from a list " .. name .. " goes on where it stopped, while records arrive", function()
      local options = {}
      for key, value in pairs(kind) do options[key] = value end
      options.before_page = function(service, number) service:add(100000 + number * 10) end
      local service = new_service(options)
      for number = 1, 500 do service:add(number) end
      for _ = 1, 150 do service:add(501) end
      local before = copy(service.records)
      local parts, result = export_in_parts(service.collection, 160, {})
      assert.is_true(parts >= 4, parts)
      local found, list = given()
      for _, record in ipairs(before) do assert.equal(1, found[record.sid]) end
      for sid, count in pairs(found) do assert.equal(1, count, sid) end
      assert.equal(result.executions, #list)
    end)
  end

  it("from a list in no order, or of Engagements, goes on where it stopped", function()
    for _, key in ipairs { "executions", "engagements" } do
      for _, step in ipairs { 7, 1 } do
        local service = new_service { page_size = 50, ignores_dates = true, key = key }
        for number = 1, 400 do service:add(number * step % 401) end
        local collection = key == "executions" and service.collection or service.engagements
        local parts = export_in_parts(collection, 120, {})
        assert.is_true(parts >= 3)
        assert_each_once(given(), service.records)
      end
    end
  end)

  it("of a range lists windows of it, each record once and in order, also when it is begun again", function()
    for _, kind in ipairs { {}, { ignores_dates = true }, { by_place = true, page_size = 50 } } do
      local service = new_service(kind)
      -- Most are in a few hours of 30 days.
      for number = 1, 500 do service:add(86400 * 10 + number) end
      for number = 1, 300 do service:add(86400 * 20 + number * 100) end
      for _ = 1, 240 do service:add(86400 * 25) end
      local parts = export_in_parts(service.collection, 220, { from = START, to = START + 86400 * 30 })
      assert.equal(5, parts)
      local found, list = given()
      assert_each_once(found, service.records)
      for index, record in ipairs(list) do assert.equal(service.records[index].date_created, record.date_created) end
      assert.is_true(service.pages < 300, service.pages)
    end
  end)
end)
