-- The console's page and operations, as a program sees them: who gets what.
local codec = require "studio.flow.json"
local emulator = require "studio.emulator"
local files = require "studio.console.files"
local http = require "socket.http"
local ltn12 = require "ltn12"
local support = require "spec.support"

describe("The console's operations", function()
  local service, client

  setup(function()
    service = assert(emulator.start { engagements = 3 })
    client = support.client(service)
  end)

  teardown(function()
    client:close()
    service:stop()
  end)

  before_each(function() service:reset() end)

  local function ask(method, path, headers, body)
    local parts = {}
    headers = headers or {}
    if body then
      headers["Content-Length"], headers["Content-Type"] = #body, "application/x-www-form-urlencoded"
    end
    local _, status, found = http.request {
      method = method, url = service.base_url .. path, headers = headers, sink = ltn12.sink.table(parts),
      source = body and ltn12.source.string(body) or nil,
    }
    return status, table.concat(parts), found
  end

  local function bearer(token) return { Authorization = "Bearer " .. token } end

  local function call(name, input)
    local text = codec.encode(input):gsub("[^%w]", function(char) return ("%%%02X"):format(char:byte()) end)
    local status, body = ask("POST", "/_emulator/console/" .. name, bearer(service.control_token), "input=" .. text)
    return codec.decode(body), status
  end

  it("give the page and its files to everybody, with a policy that lets nothing else in", function()
    assert.equal(service.base_url .. "/console#token=" .. service.control_token, service.console_url)
    local status, body, headers = ask("GET", "/console")
    assert.equal(200, status)
    assert.equal(assert(files.read "console.html"), body)
    assert.equal("text/html; charset=utf-8", headers["content-type"])
    local policy = headers["content-security-policy"]
    assert.truthy(policy:find("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'", 1, true))
    assert.is_nil(policy:find("unsafe", 1, true))
    assert.equal("nosniff", headers["x-content-type-options"])
    for name in body:gmatch '"/console/([%w.]+)"' do
      local found, text = ask("GET", "/console/" .. name)
      assert.equal(200, found)
      assert.equal(assert(files.read(name)), text)
    end
    assert.equal(404, (ask("GET", "/console/files.lua")))
    assert.equal(404, (ask("GET", "/console/../console/files.lua")))
    assert.equal(405, (ask("POST", "/console", nil, "x")))
    assert.same({}, service:requests())
  end)

  it("all files of which are less than 100 KB", function()
    local size = 0
    for _, name in ipairs(files.names) do size = size + #assert(files.read(name)) end
    assert.is_true(size < 100000, size)
  end)

  it("are opened by the service's token, and by nothing else", function()
    for _, name in ipairs { "watch", "picture", "compare", "transcript", "request" } do
      local path = "/_emulator/console/" .. name
      assert.equal(401, (ask("POST", path, nil, "input=%7B%7D")))
      for _, token in ipairs { "x", service.auth_token, service.account_sid } do
        assert.equal(401, (ask("POST", path, bearer(token), "input=%7B%7D")))
      end
    end
    assert.equal(401, (ask("POST", "/_emulator/message", nil, "input=%7B%7D")))
    local _, status = call("watch", {})
    assert.equal(200, status)
    -- The service's own token is none of the API's.
    assert.equal(401, (ask("GET", "/v2/Flows", bearer(service.control_token))))
  end)

  it("are there under this machine's own names alone", function()
    local port = service.base_url:match "%d+$"
    for _, host in ipairs { "evil.example", "evil.example:" .. port, "127.0.0.1.evil.example", "" } do
      local status = ask("GET", "/console", { host = host })
      assert.truthy(status == 403 or status == 400, host)
      local headers = bearer(service.control_token)
      headers.host = host
      assert.truthy(ask("POST", "/_emulator/console/watch", headers, "input=%7B%7D") ~= 200, host)
    end
    for _, host in ipairs { "localhost:" .. port, "127.0.0.1", "LOCALHOST" } do
      assert.equal(200, (ask("GET", "/console", { host = host })), host)
    end
  end)

  it("tell what has come since they were asked", function()
    local all = call("watch", {})
    assert.equal(5, #all.flows)
    assert.equal("Customer survey", all.flows[1].name)
    assert.is_nil(all.executions)
    local run = assert(service:message { from = "+15551", to = "+15552", body = "hi", flow = service.flows.survey })
    local seen = call("watch", { flow = service.flows.survey, execution = run.sid })
    assert.equal(run.sid, seen.executions[1].sid)
    assert.equal(4, #seen.executions)
    assert.equal("waiting", seen.run.status)
    assert.equal(3, #seen.run.steps)
    assert.equal("hi", seen.run.steps[1].added.set.trigger.message.Body)
    assert.same({ message = true, digits = false, speech = false, hangup = false }, seen.run.takes)
    local known = { steps = 4, entries = seen.run.entries + 1, mark = seen.run.mark }
    assert.same({ same = true }, call("watch", { flow = service.flows.survey, execution = run.sid, seen = known }).run)
    assert(service:message { from = "+15551", to = "+15552", body = "fine" })
    local more = call("watch", { flow = service.flows.survey, execution = run.sid, seen = known }).run
    assert.equal("ended", more.status)
    assert.equal(4, more.first_step)
    assert.equal(2, #more.steps)
    assert.equal("fine", more.steps[1].added.set.widgets.question_1.inbound.Body)
    assert.equal("fine", more.history[1].text)
  end)

  it("start an execution over REST, as a program would", function()
    local begun = call("request", { flow = service.flows.survey, from = "+15552", to = "+15551", parameters = { first_name = "Zoë" } })
    local execution = assert(client.v2.flows(service.flows.survey).executions(begun.sid):fetch())
    assert.equal("Zoë", execution.context.flow.data.first_name)
    local refused, status = call("request", { flow = service.flows.survey, from = "+15552", to = "+15551" })
    assert.equal(409, status)
    assert.equal(20409, refused.code)
  end)

  it("say what there is not", function()
    for _, input in ipairs {
      { "picture", { flow = "FW1" } }, { "picture", { flow = service.flows.survey, revision = 9 } }, { "picture", {} },
      { "compare", { flow = service.flows.survey, with = 7 } }, { "transcript", { flow = service.flows.survey, execution = "FN1" } },
    } do
      local _, status = call(input[1], input[2])
      assert.equal(404, status)
    end
    assert.equal(400, (ask("POST", "/_emulator/console/watch", bearer(service.control_token), "input=x")))
    assert.equal(404, (ask("POST", "/_emulator/console/nothing", bearer(service.control_token), "input=%7B%7D")))
  end)
end)
