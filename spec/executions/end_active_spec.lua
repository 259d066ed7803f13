-- executions.end_active: ends what is active, and deletes nothing.
local emulator = require "studio.emulator"
local executions = require "studio.executions"
local states = require "spec.flow.states"
local support = require "spec.support"

local state, flow = states.state, states.flow

local definition = flow {
  state("ask", "send-and-wait-for-reply", { body = "And?", timeout = "36000" }, { incomingMessage = false, timeout = false }),
}

describe("executions.end_active", function()
  local service, client, collection, requests

  setup(function()
    service = assert(emulator.start { now = 1767225600 })
    client = support.client(service, {
      on_event = function(event) if event.type == "request" then requests[#requests + 1] = event end end,
    })
  end)

  teardown(function()
    client:close()
    service:stop()
  end)

  before_each(function()
    service:reset()
    requests = {}
    collection = assert(client.v2.flows:create { friendly_name = "A flow", status = "published", definition = definition }).executions
  end)

  -- Starts one for each contact; gives their SIDs.
  local function start(...)
    local sids = {}
    for number, to in ipairs { ... } do
      sids[number] = assert(collection:create { to = to, from = "+1666" }).sid
    end
    return sids
  end

  local function sorted(list)
    local copy = {}
    for index, value in ipairs(list) do copy[index] = value end
    table.sort(copy)
    return copy
  end

  local function active()
    local found = {}
    for index, record in ipairs(assert(collection:list { status = "active" })) do found[index] = record.sid end
    return sorted(found)
  end

  local function count(method)
    local number = 0
    for _, event in ipairs(requests) do number = number + (event.method == method and 1 or 0) end
    return number
  end

  it("ends those that are active and gives their SIDs", function()
    local sids = start("+1551", "+1552", "+1553")
    assert(collection(sids[2]):update { status = "ended" })
    assert.are.same(sorted { sids[1], sids[3] }, sorted(assert(executions.end_active(collection))))
    assert.are.same({}, active())
    assert.are.same({}, assert(executions.end_active(collection)))
    assert.are.equal(3, #assert(collection:list()))
    assert.are.equal(0, count "DELETE")
  end)

  it("tells which they would be", function()
    local sids = start("+1551", "+1552")
    requests = {}
    assert.are.same(sorted(sids), sorted(assert(executions.end_active(collection, { dry_run = true }))))
    assert.are.equal(0, count "POST")
    assert.are.same(sorted(sids), active())
  end)

  it("leaves those alone that are newer, by the service's clock, or of another contact", function()
    local old = start("+1551", "+1552")
    service:advance(3600)
    local new = start("+1553")
    assert.are.same({}, assert(executions.end_active(collection, { older_than = 3700 })))
    assert.are.same({ old[1] }, assert(executions.end_active(collection, { older_than = 3500, to = "+1551" })))
    assert.are.same(sorted { old[2], new[1] }, active())
    assert.are.same({ old[2] }, assert(executions.end_active(collection, { older_than = 3500 })))
    local none, err = executions.end_active(collection, { older_than = 2 ^ 63 })
    assert.is_nil(none)
    assert.are.equal("studio: argument: option 'older_than' must lie between the years 0 and 9999", tostring(err))
  end)

  it("knows a contact by its number, however that is written", function()
    local sids = start("+15550001111", "+15550001112")
    assert.are.same({ sids[1] }, assert(executions.end_active(collection, { to = "+1 (555) 000-1111" })))
    assert.are.same({ sids[2] }, active())
  end)

  it("filters by itself where the operation does not", function()
    local sids = start("+1551", "+1552")
    assert(collection(sids[1]):update { status = "ended" })
    local in_v1 = client.v1.flows(assert(collection(sids[1]):fetch()).flow_sid).executions
    assert.are.same({ sids[2] }, assert(executions.end_active(in_v1, { concurrency = 3, rate = 1000 })))
    assert.are.same({}, active())
  end)

  it("takes what is gone meanwhile for ended by others", function()
    local sids = start("+1551", "+1552")
    service:fault { method = "POST", path = collection.path .. "/" .. sids[1], status = 404 }
    assert.are.same({ sids[2] }, assert(executions.end_active(collection)))
  end)

  it("stops at the first error, which tells what was done", function()
    local sids = start("+1551", "+1552", "+1553")
    service:fault { method = "POST", path = collection.path .. "/" .. sids[2], status = 403 }
    local tells = {}
    local function on_progress(progress) tells[#tells + 1] = progress end
    local ended, err = executions.end_active(collection, { concurrency = 1, on_progress = on_progress })
    assert.is_nil(ended)
    assert.are.equal(403, err.status)
    assert.are.same({ sids[3] }, err.ended)
    assert.are.same(sorted { sids[1], sids[2] }, active())
    assert.are.equal(3, tells[#tells].total)
    assert.are.equal(1, tells[#tells].done)
  end)

  it("raises for Engagements, and deletes nothing", function()
    start("+1551")
    local flow_sid = collection.path:match "FW%x+"
    requests = {}
    local fine, problem = pcall(executions.end_active, client.v1.flows(flow_sid).engagements)
    assert.is_false(fine)
    assert.truthy(problem:find("Engagements cannot be ended, only deleted", 1, true), problem)
    assert.are.equal(0, #requests)
    assert.are.equal(1, #active())
    fine, problem = pcall(executions.end_active, collection, { older = 3 })
    assert.is_false(fine)
    assert.truthy(problem:find("unknown option 'older'", 1, true), problem)
  end)

  it("raises for an option that cannot be before anything is asked, also where it would end none", function()
    for words, options in pairs {
      ["'rate' must be a number more than 0"] = { rate = 0, dry_run = true },
      ["'concurrency' must be a whole number, 1 or more"] = { concurrency = 0.5 },
    } do
      requests = {}
      local fine, problem = pcall(executions.end_active, collection, options)
      assert.is_false(fine)
      assert.truthy(problem:find(words, 1, true), problem)
      assert.are.equal(0, #requests)
    end
  end)
end)
