-- executions.export: every Execution once and whole, whatever happens meanwhile.
local child = require "spec.child"
local emulator = require "studio.emulator"
local executions = require "studio.executions"
local studio = require "studio"
local support = require "spec.support"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

describe("executions.export", function()
  local COUNT = 2100
  local service, client, requests, directory, out

  setup(function()
    directory = child.directory()
    out = directory .. "/executions.jsonl"
    service = assert(emulator.start { engagements = COUNT })
    client = support.client(service, {
      on_event = function(event) if event.type == "request" then requests[#requests + 1] = event end end,
    })
  end)

  teardown(function()
    client:close()
    service:stop()
    child.remove(directory)
  end)

  before_each(function()
    os.execute("rm -f " .. directory .. "/*")
    service:clear_faults()
    requests = {}
  end)

  local function survey() return client.v2.flows(service.flows.survey).executions end

  -- The records of a file: each line is whole, no SID is there twice, and the newest come first.
  local function records_of(path)
    local list, seen = {}, {}
    local text = read(path)
    assert.is_true(text == "" or text:sub(-1) == "\n", "the last line is torn")
    for line in text:gmatch "[^\n]+" do
      local record = assert(studio.decode(line))
      assert.is_nil(seen[record.sid], "a record is there twice")
      assert.is_true(#list == 0 or list[#list].date_created >= record.date_created, "the newest come first")
      seen[record.sid], list[#list + 1] = true, record
    end
    return list, seen
  end

  local function export(options, collection)
    options.out = options.out or out
    return executions.export(collection or survey(), options)
  end

  it("writes what the list has, and leaves no state behind", function()
    local result = assert(export {})
    assert.are.same({ executions = COUNT, steps = 0, bytes = #read(out) }, result)
    local listed = assert(survey():list { page_size = 1000 })
    assert.are.same(listed, records_of(out))
    assert.is_false(exists(out .. ".state"))
    assert.are.equal("integer", math.type and math.type(result.bytes) or "integer") -- luacheck: ignore 143
  end)

  it("writes what is below each", function()
    local options = { from = "2024-01-02T00:00:00Z", to = "2024-01-02T05:00:00Z", context = true, step_contexts = true }
    local result = assert(export(options))
    local records = records_of(out)
    assert.are.equal(5, #records)
    local steps = 0
    for _, record in ipairs(records) do
      local handle = survey()(record.sid)
      local listed = assert(handle.steps:list())
      steps = steps + #listed
      for index, step in ipairs(listed) do
        assert.are.equal(step.sid, record.steps[index].sid)
        assert.are.same(assert(step.step_context:fetch()).context, record.steps[index].context)
      end
      assert.are.same(assert(handle.execution_context:fetch()).context, record.context)
    end
    assert.are.equal(steps, result.steps)
    assert.is_true(steps > 0)
  end)

  it("filters by itself what an operation does not", function()
    local flow_sid = service.flows.survey
    local listed = assert(survey():list { date_created_from = 1706000000, date_created_to = "2024-02-01", page_size = 1000 })
    for _, collection in ipairs { client.v1.flows(flow_sid).engagements, client.v1.flows(flow_sid).executions, survey() } do
      assert.are.equal(#listed, assert(export({ from = 1706000000, to = "2024-02-01", status = "ended" }, collection)).executions)
      local records = records_of(out)
      for index, record in ipairs(listed) do assert.are.equal(record.sid, records[index].sid) end
      assert.are.equal(0, assert(export({ status = "active" }, collection)).executions)
      assert.are.equal("", read(out))
    end
  end)

  it("writes to a function", function()
    local texts = {}
    local result = assert(export { out = function(text) texts[#texts + 1] = text end, from = "2024-03-25" })
    assert.are.equal(result.executions, #texts)
    assert.are.equal(result.bytes, #table.concat(texts))
    local _, err = export { out = function() return nil, "no room" end }
    assert.are.equal("studio: argument: cannot write: no room", tostring(err))
    assert.has_error(function() export { out = function() error("mine", 0) end } end, "mine")
  end)

  it("writes CSV, a line for each step", function()
    local range = { from = "2024-01-01T01:00:00Z", to = "2024-01-01T02:00:00Z", format = "csv" }
    local result = assert(export(range))
    local header = "sid,status,contact_channel_address,contact_sid,flow_sid,account_sid,flow_version,initiated_by,date_created,date_updated"
    local record = assert(survey():list { date_created_from = range.from, date_created_to = range.to })[1]
    local line = table.concat({
      record.sid, "ended", record.contact_channel_address, record.contact_sid, record.flow_sid, record.account_sid, "1",
      record.initiated_by, record.date_created, record.date_updated,
    }, ",")
    assert.are.equal(header .. "\n" .. line .. "\n", read(out))
    assert.are.equal(1, result.executions)
    range.steps, range.context = true, true
    assert.are.equal(5, assert(export(range)).steps)
    local lines = {}
    for text in io.lines(out) do lines[#lines + 1] = text end
    assert.are.equal(6, #lines)
    assert.are.equal(header .. ",context,step_sid,step_name,step_type,transitioned_from,transitioned_to,parent_step_sid,step_date_created",
      lines[1])
    for index, step in ipairs(assert(record.steps:list())) do
      assert.are.equal(line .. ',"{""contact"":', lines[index + 1]:sub(1, #line + 15))
      local rest = { step.sid, step.name, step.type, step.transitioned_from, step.transitioned_to, step.parent_step_sid or "",
        step.date_created }
      assert.truthy(lines[index + 1]:find('",' .. table.concat(rest, ","), 1, true))
    end
  end)

  it("asks for pages of 1,000, several windows of a range at the same time, and each part once", function()
    assert(export {})
    assert.are.equal(3, #requests)
    requests = {}
    local most, in_flight = 0, 0
    local watched = support.client(service, { on_event = function(event)
      if event.type == "request" then in_flight = in_flight + 1 end
      if event.type == "response" then in_flight = in_flight - 1 end
      most = math.max(most, in_flight)
    end })
    local range = watched.v2.flows(service.flows.survey).executions
    assert.are.equal(COUNT, assert(export({ from = "2024-01-01" }, range)).executions)
    records_of(out)
    assert.is_true(most > 1 and most <= 4, most)
    most, in_flight = 0, 0
    assert(export({ from = "2024-03-25", steps = true, concurrency = 5 }, range))
    assert.is_true(most > 1 and most <= 7, most)
    watched:close()
    assert(export { from = "2024-03-27", steps = true })
    local asked = {}
    for _, event in ipairs(requests) do
      assert.is_nil(asked[event.path], event.path)
      if event.path:find "/Steps" then asked[event.path] = true end
    end
  end)

  it("keeps to a rate of requests", function()
    local begun = os.time()
    local tells = {}
    assert(export { from = "2024-03-27", steps = true, rate = 1000, on_progress = function(told) tells[#tells + 1] = told end })
    local last = tells[#tells]
    assert.is_true(os.time() - begun < 60)
    assert.are.equal(#records_of(out), last.done)
    assert.are.equal(last.done, last.counts.ended)
  end)

  it("neither doubles nor hides what is there when others arrive and vanish", function()
    local collection = client.v2.flows(service.flows.survey).executions
    local before = assert(collection:list { page_size = 1000 })
    for _, list in ipairs { collection, client.v1.flows(service.flows.survey).engagements } do
      local number, victims, created = 0, {}, {}
      for index, place in ipairs { #before - 200, 1050, 900 } do victims[index] = table.remove(before, place) end
      local function disturb()
        number = number + 1
        if number % 300 ~= 0 then return end
        created[#created + 1] = assert(collection:create { to = ("+1777%07d"):format(math.random(9999999)), from = "+1666" })
        local victim = table.remove(victims)
        if victim then assert(collection(victim.sid):delete()) end
      end
      local parts = {}
      assert(executions.export(list, { out = function(text)
        parts[#parts + 1] = text
        disturb()
      end }))
      local file = assert(io.open(out, "wb"))
      file:write(table.concat(parts))
      file:close()
      local _, seen = records_of(out)
      for _, record in ipairs(before) do assert.is_true(seen[record.sid], record.sid) end
      for _, record in ipairs(created) do assert(collection(record.sid):delete()) end
    end
  end)

  it("leaves out what was deleted since it was listed", function()
    service:fault { pattern = "/Steps", status = 404, times = 2 }
    local gone = assert(survey():list { limit = 1 })[1]
    service:fault { pattern = "/Executions/" .. gone.sid .. "$", status = 404 }
    assert(export { from = "2024-03-27", steps = true, concurrency = 1 })
    local records, seen = records_of(out)
    assert.is_nil(seen[gone.sid])
    -- One that is there, without its steps.
    assert.is_nil(records[1].steps)
    assert.is_not_nil(records[2].steps)
  end)
end)
