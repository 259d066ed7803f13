-- Missing: the status, the headers and the request id of an answer that succeeded, for a log or a support case. Seen: where a finalizer
-- closed the client while the answer was read, there was a resource, and no header.
local child = require "spec.child"
local studio = require "studio"
local support = require "spec.support"

local CONTACT = { to = "+15558675310", from = "+15017122661" }

describe("studio.response_of", function()
  local service = support.emulator()
  local client, flow

  before_each(function()
    client = support.client(service())
    flow = client.v1.flows(service().flows.survey)
  end)

  local function check(value, status)
    local response = assert(studio.response_of(value))
    assert.are.equal(status, response.status)
    assert.are.equal(1, response.attempts)
    assert.truthy(response.seconds >= 0 and response.seconds < 60)
    assert.truthy(response.request_id:find "^RQ%x+$")
    assert.are.equal(response.request_id, response.headers["twilio-request-id"])
    assert.truthy(response.headers["content-type"]:find "json")
    return response
  end

  it("tells of what fetch, create and update gave", function()
    check(assert(flow:fetch()), 200)
    local execution = assert(client.v2.flows(service().flows.survey).executions:create(CONTACT))
    local created = check(execution, 201)
    local updated = assert(execution:update { status = "ended" })
    check(updated, 200)
    assert.are.same(created, studio.response_of(execution))
    check(assert(execution.execution_context:fetch()), 200)
  end)

  it("tells of pages, and nothing of what came in them", function()
    local page = assert(flow.executions:page { page_size = 1 })
    check(page, 200)
    assert.is_nil(studio.response_of(page.items[1]))
    local list = assert(flow.executions:list { limit = 2 })
    assert.is_nil(studio.response_of(list))
    assert.is_nil(studio.response_of(list[1]))
    for each_page in flow.executions:pages { page_size = 1, limit = 2 } do check(each_page, 200) end
  end)

  it("tells of the answer of client:request", function()
    check(assert(client:request("GET", "/v1/Flows")), 200)
  end)

  it("tells the same whether somebody listens or not, in a task or not, and by a transport of the program's", function()
    local listening = support.client(service(), { on_event = function() end })
    check(assert(listening.v1.flows(service().flows.survey):fetch()), 200)
    check(assert(client:spawn(function() return assert(flow:fetch()) end):wait()), 200)
    local offline = support.offline(support.transport { status = 200, headers = { ["Twilio-Request-Id"] = "RQ1" }, body = "{}" })
    local response = studio.response_of(assert(offline.v1.flows(service().flows.survey):fetch()))
    assert.are.same({ 200, 1, "RQ1" }, { response.status, response.attempts, response.request_id })
  end)

  it("counts the attempts", function()
    service():fault { status = 503, times = 2 }
    local response = studio.response_of(assert(flow:fetch()))
    assert.are.equal(3, response.attempts)
  end)

  it("gives a table of its own, and keeps nothing alive", function()
    local record = assert(flow:fetch())
    studio.response_of(record).headers["content-type"] = "changed"
    assert.truthy(studio.response_of(record).headers["content-type"]:find "json")
    local weak = setmetatable({ record }, { __mode = "v" })
    record = nil -- luacheck: ignore 311
    support.collect()
    assert.is_nil(weak[1])
  end)

  for _, listens in ipairs { "", "on_event = function() end," } do
    local how = listens == "" and "" or ", and told of"
    it("knows the headers where a finalizer closes the client while the answer is read" .. how, function()
      local emulated = service()
      local output = child.run(([[
        local finalizers, studio = require "spec.finalizers", require "studio"
        local base_url, account_sid, auth_token, sid = arg[1], arg[2], arg[3], arg[4]
        local number, closed, values, acted = 0, nil, 0, nil
        repeat
          number, closed = number + 1, false
          local client = studio.new { %s base_url = base_url, account_sid = account_sid, auth_token = auth_token }
          assert(client.v1.flows(sid):fetch())
          local value, err
          acted = finalizers.run_at(number, function()
            closed = true
            client:close()
          end, function() value, err = client.v1.flows(sid):fetch() end)
          assert(value or err.kind == "cancelled", tostring(err))
          if value and closed then
            assert(studio.response_of(value).request_id, "the headers are lost at " .. number)
            values = values + 1
          end
        until not acted
        print(values > 5)
      ]]):format(listens), { arguments = { emulated.base_url, emulated.account_sid, emulated.auth_token, emulated.flows.survey } })
      assert.are.equal("true\nstatus=0\n", output)
    end)
  end

  it("knows nothing of other tables, and raises at the program's line for what is none", function()
    assert.is_nil(studio.response_of {})
    local ok, message = pcall(function() studio.response_of "x" end)
    assert.is_false(ok)
    assert.truthy(message:find "23%-response%-of_spec.lua:%d+: response_of needs")
  end)
end)
