--- studio.executions.trigger: who is called, how often, and what the journal says. The service counts.
local executions = require "studio.executions"
local support = require "spec.support"
local timing = require "studio.executions.trigger.timing"

local SENDER = "+15550009999"

local function numbers(count, first)
  local list = {}
  for index = 1, count do list[index] = ("+1555%07d"):format((first or 0) + index) end
  return list
end

describe("executions.trigger", function()
  local service = support.emulator()
  local former, directory = {}, nil
  local client, flow

  setup(function()
    for name, value in pairs(timing) do former[name] = value end
    timing.settle, timing.look_again, timing.take_over, timing.pause, timing.longest_pause = 1, 0.05, 0.05, 0.01, 0.02
    directory = require("spec.child").directory()
  end)

  teardown(function()
    for name, value in pairs(former) do timing[name] = value end
    require("spec.child").remove(directory)
  end)

  before_each(function()
    client = support.client(service())
    flow = client.v2.flows(service().flows.reminder)
  end)

  after_each(function() client:close() end)

  -- How many Executions each address has at the service, of those that began today.
  local function called()
    local found = {}
    for execution in flow.executions:each { date_created_from = os.time() - 3600 } do
      local to = execution.contact_channel_address
      found[to] = (found[to] or 0) + 1
    end
    return found
  end

  local function assert_each_once(list)
    local found = called()
    for _, to in ipairs(list) do
      assert.equal(1, found[to], to)
      found[to] = nil
    end
    assert.is_nil(next(found))
  end

  local function journal() return os.tmpname():gsub("^/tmp/", directory .. "/") end

  local function options(more)
    local all = { from = SENDER, rate = math.huge }
    for name, value in pairs(more or {}) do all[name] = value end
    return all
  end

  for _, kind in ipairs { "memory", "a file" } do
    describe("with a journal in " .. kind, function()
      local path

      before_each(function() path = kind == "a file" and journal() or nil end)

      it("starts one Execution for each contact, with what its row has", function()
        local rows = { { to = "+1 (555) 000-0001", name = "Zoë" }, "+15550000002" }
        local result, doubles = executions.trigger(flow.executions, rows, options { journal = path, parameters = { name = "you", n = 1 } })
        assert.same({ total = 2, created = 2, skipped = 0, refused = 0, doubtful = 0, waiting = 0 }, result)
        assert.same({}, doubles)
        assert_each_once { "+15550000001", "+15550000002" }
        local data = {}
        for execution in flow.executions:each { date_created_from = os.time() - 3600 } do
          data[execution.contact_channel_address] = execution.execution_context:fetch().context.flow.data
        end
        assert.same({ name = "Zoë", n = 1 }, data["+15550000001"])
        assert.same({ name = "you", n = 1 }, data["+15550000002"])
      end)

      it("reports a doubled contact, and calls it once", function()
        local list = { "+15550000001", "+15550000002", "+1 555 000 0001" }
        local result, doubles = executions.trigger(flow.executions, list, options { journal = path })
        assert.equal(2, result.total)
        assert.same({ { n = 3, to = "+15550000001", first = 1 } }, doubles)
        if path then
          local rows, summary, name = executions.report(path)
          assert.same({ "+15550000001", 2, service().flows.reminder }, { rows().to, summary.total, name })
        end
        assert_each_once { "+15550000001", "+15550000002" }
      end)

      it("looks up what has no answer before it calls again", function()
        service():fault { method = "POST", path = "/v2/Flows", drop = "before", times = 2 }
        service():fault { method = "POST", path = "/v2/Flows", drop = "after", times = 2 }
        service():fault { method = "POST", path = "/v2/Flows", status = 503 }
        local list = numbers(12)
        local result = assert(executions.trigger(flow.executions, list, options { journal = path }))
        assert.same({ total = 12, created = 12, skipped = 0, refused = 0, doubtful = 0, waiting = 0 }, result)
        assert_each_once(list)
      end)

      it("goes on when the service has too many requests", function()
        service():fault { method = "POST", path = "/v2/Flows", status = 429, times = 3 }
        local list = numbers(8)
        assert.equal(8, executions.trigger(flow.executions, list, options { journal = path, rate = 1000 }).created)
        assert_each_once(list)
      end)

      it("counts what the service refuses, and goes on", function()
        service():fault { method = "POST", request_body = { To = "+15550000002" }, status = 400, body = '{"code":21211,"message":"bad"}' }
        local result = executions.trigger(flow.executions, numbers(3), options { journal = path })
        assert.same({ total = 3, created = 2, skipped = 0, refused = 1, doubtful = 0, waiting = 0 }, result)
      end)
    end)
  end
end)
