-- What an error object tells, for answers of every kind and for misuse.
local child = require "spec.child"
local errors = require "studio.base.errors"
local studio = require "studio"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)
local REQUEST_ID = "RQ" .. ("a"):rep(32)

local function answer(status, body, headers)
  local all = { ["Content-Type"] = "application/json", ["Twilio-Request-Id"] = REQUEST_ID }
  for name, value in pairs(headers or {}) do all[name] = value or nil end
  return { status = status, headers = all, body = body }
end

-- The error of one fetch that is answered so.
local function error_of(status, body, headers, options)
  local all = { retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  local client = support.offline(support.transport(answer(status, body, headers)), all)
  local value, err = client.v1.flows(FLOW):fetch()
  assert.is_nil(value)
  return err
end

describe("An error of the API", function()
  local body = '{"code":20404,"message":"The requested resource was not found","more_info":"https://www.twilio.com/docs/errors/20404",'
    .. '"status":404,"details":{"a":null,"list":[]}}'

  it("has what the answer says and what was asked", function()
    local err = error_of(404, body)
    assert.are.equal("http", err.kind)
    assert.are.equal(404, err.status)
    assert.are.equal(20404, err.code)
    assert.are.equal("The requested resource was not found", err.message)
    assert.are.equal("https://www.twilio.com/docs/errors/20404", err.more_info)
    assert.are.same({ a = studio.null, list = {} }, err.details)
    assert.are.equal(REQUEST_ID, err.request_id)
    assert.are.equal("GET", err.method)
    assert.are.equal("https://studio.twilio.com/v1/Flows/" .. FLOW, err.url)
    assert.are.equal(1, err.attempts)
    assert.is_false(err.retryable)
    assert.is_true(err.sent)
    assert.is_nil(err.body)
    assert.is_nil(err.retry_after)
  end)

  it("has integers for status, code and attempts", function()
    local err = error_of(404, body)
    for _, field in ipairs { "status", "code", "attempts" } do
      assert.are.equal(tostring(math.floor(err[field])), tostring(err[field]))
      if math.type then assert.are.equal("integer", math.type(err[field])) end
    end
  end)

  it("says all of it in one line", function()
    local text = tostring(error_of(404, body))
    assert.are.equal("studio: http 404 (20404): The requested resource was not found [GET https://studio.twilio.com/v1/Flows/" .. FLOW
      .. ", request " .. REQUEST_ID .. "]", text)
  end)

  it("stays one line whatever the service wrote", function()
    for _, control in ipairs { "\\n", "\\r\\n", "\\u0000", "\\u001b[31m", "\\u007f", "\\u0085", "\\u009b", "\\u2028", "\\t" } do
      local bad = "a" .. control .. "b"
      local text = tostring(error_of(400, '{"code":20001,"message":"' .. bad .. '"}'))
      assert.is_nil(text:find("%c"), bad)
      assert.is_nil(text:find("\194[\128-\159]"), bad)
      assert.is_nil(text:find("\226\128\168", 1, true), bad)
    end
    local text = tostring(error_of(400, "{}", { ["Twilio-Request-Id"] = "RQ\27[2J\n1" }))
    assert.is_nil(text:find("%c"))
  end)

  it("tells that a contact has an active execution", function()
    assert.is_true(error_of(409, '{"code":20409}'):is_conflict())
    assert.is_true(error_of(409, ""):is_conflict())
    assert.is_true(error_of(400, '{"code":20409}'):is_conflict())
    assert.is_false(error_of(404, '{"code":20404}'):is_conflict())
  end)

  it("tells that something does not exist", function()
    assert.is_true(error_of(404, '{"code":20404}'):is_not_found())
    assert.is_true(error_of(404, "<html>"):is_not_found())
    assert.is_false(error_of(409, '{"code":20409}'):is_not_found())
  end)

  it("tells that there were too many requests", function()
    local err = error_of(429, '{"code":20429,"message":"Too many requests"}', { ["Retry-After"] = "7" })
    assert.is_true(err:is_rate_limited())
    assert.are.equal(7, err.retry_after)
    assert.is_true(err.retryable)
    assert.is_false(error_of(503, ""):is_rate_limited())
  end)

  it("lists what is wrong with a definition, be the list details or details.errors", function()
    local list = '[{"message":"is not expected","property_path":"#/states/0"},{"message":"is required","property_path":"#/initial_state"}]'
    for _, details in ipairs { list, '{"errors":' .. list .. ',"warnings":[]}' } do
      local err = error_of(400, '{"code":81022,"message":"Flow definition failed validation","details":' .. details .. "}")
      local found = err:validation_errors()
      assert.are.equal(2, #found)
      assert.are.equal("#/states/0", found[1].property_path)
      assert.are.equal("is required", found[2].message)
    end
  end)

  it("lists nothing where the service named nothing", function()
    for _, text in ipairs {
      "{}", '{"details":null}', '{"details":{}}', '{"details":[]}', '{"details":"text"}', '{"details":{"errors":null}}', '{"details":7}',
      '{"details":{"errors":{"message":"no list"}}}', '{"details":{"errors":[]}}', "[]", "",
    } do
      assert.are.same({}, error_of(400, text):validation_errors())
    end
  end)

  it("takes only what has the right type", function()
    local err = error_of(400, '{"code":"20001","message":{"a":1},"more_info":5,"details":null}')
    assert.is_nil(err.code)
    assert.is_nil(err.more_info)
    assert.is_nil(err.details)
    assert.is_string(err.message)
    assert.is_truthy(tostring(err):find("http 400", 1, true))
  end)
end)

describe("An answer that is not what is due", function()
  local function check(err, kind, status, body)
    assert.are.equal(kind, err.kind, tostring(err))
    assert.are.equal(status, err.status)
    assert.are.equal(REQUEST_ID, err.request_id)
    assert.are.equal(body, err.body)
    assert.is_true(err.sent)
    assert.is_nil(tostring(err):find("%c"))
  end

  it("may be HTML with an error's status", function()
    local html = "<html><body>502 Bad Gateway</body></html>"
    local err = error_of(502, html, { ["Content-Type"] = "text/html" })
    check(err, "http", 502, html)
    assert.is_true(err.retryable)
    assert.is_nil(err.code)
  end)

  it("may be a 5xx without a body", function()
    for _, status in ipairs { 500, 502, 503, 504, 599 } do check(error_of(status, ""), "http", status, nil) end
  end)

  it("may be HTML with a success's status", function()
    check(error_of(200, "<html>hello</html>", { ["Content-Type"] = "text/html" }), "decode", 200, "<html>hello</html>")
    check(error_of(200, "<html>hello</html>"), "decode", 200, "<html>hello</html>")
  end)

  it("may be empty", function()
    check(error_of(200, ""), "decode", 200, "")
    check(error_of(204, ""), "decode", 204, "")
  end)

  it("may be truncated JSON, and the error says where", function()
    local err = error_of(200, '{"sid":"FW1","friendly')
    check(err, "decode", 200, '{"sid":"FW1","friendly')
    assert.is_truthy(err.message:find("%d"), err.message)
  end)

  it("may be JSON under another content type", function()
    check(error_of(200, '{"sid":"x"}', { ["Content-Type"] = "text/plain" }), "decode", 200, '{"sid":"x"}')
    local err = error_of(200, "{}", { ["Content-Type"] = "text/\27[31m" .. ("x"):rep(5000) })
    assert.is_true(#err.message < 300)
  end)

  it("may be JSON of any JSON content type, or without one", function()
    for _, content_type in ipairs { "application/json; charset=utf-8", "APPLICATION/JSON", "application/problem+json", false } do
      local client = support.offline(support.transport(answer(200, '{"sid":"x"}', { ["Content-Type"] = content_type })))
      assert.are.equal("x", assert(client.v1.flows(FLOW):fetch()).sid)
    end
  end)

  it("may be JSON but no object", function()
    for _, text in ipairs { "[]", '["a"]', "7", '"text"', "true", "false", "null", " null " } do
      check(error_of(200, text), "decode", 200, text)
    end
  end)

  it("may be JSON but no object with an error's status", function()
    for _, text in ipairs { "[]", "7", '"text"', "null", "false" } do
      local err = error_of(500, text)
      assert.are.equal("http", err.kind)
      assert.are.equal(500, err.status)
      assert.are.equal(REQUEST_ID, err.request_id)
      assert.is_string(err.message)
    end
  end)

  it("may be a redirect, which is not followed", function()
    for _, status in ipairs { 301, 302, 303, 307, 308 } do
      local transport = support.transport(answer(status, "", { Location = "https://evil.example/" }))
      local _, err = support.offline(transport).v1.flows(FLOW):fetch()
      assert.are.equal("http", err.kind)
      assert.are.equal(status, err.status)
      assert.are.equal(1, #transport.requests)
      assert.is_truthy(err.message:find("redirect", 1, true))
    end
  end)

  it("shows its first 4 KiB and no more", function()
    local long = ("0123456789abcdef"):rep(1024)
    assert.are.equal(long:sub(1, 4096), error_of(502, long, { ["Content-Type"] = "text/html" }).body)
    assert.are.equal(long:sub(1, 4096), error_of(200, long).body)
    assert.are.equal(("x"):rep(4096), error_of(502, ("x"):rep(4096)).body)
  end)

  it("is not looked at for a delete, whose status says all", function()
    local client = support.offline(support.transport(answer(204, "")))
    assert.is_true((client.v1.flows(FLOW):delete()))
    client = support.offline(support.transport(answer(200, "<html>")))
    assert.is_true((client.v1.flows(FLOW):delete()))
  end)
end)

describe("An answer over the network", function()
  local emulator = support.emulator()

  local function fetch(fault, options)
    local service = emulator()
    service:fault(fault)
    local client = support.client(service, options)
    local value, err = client.v1.flows(service.flows.survey):fetch(nil, { retry = false })
    assert.is_nil(value)
    assert.are.equal(service:requests()[1].request_id, err.request_id)
    return err
  end

  local big = '{"sid":"' .. ("x"):rep(3000) .. '"}'

  it("that is shorter than promised is a failure of the transport, with status and request id", function()
    local err = fetch { body = big, cut = 100 }
    assert.are.equal("transport", err.kind)
    assert.are.equal(200, err.status)
    assert.is_true(err.sent)
    assert.is_true(err.retryable)
  end)

  it("that is longer than max_response_bytes is refused", function()
    local err = fetch({ body = big, headers = { ["Content-Encoding"] = "identity" } }, { max_response_bytes = 1000 })
    assert.are.equal("limit", err.kind)
    assert.are.equal(200, err.status)
    assert.is_true(err.sent)
    assert.is_false(err.retryable)
  end)

  it("is measured after decompression", function()
    local service = emulator()
    local bomb = '{"sid":"' .. ("x"):rep(2000000) .. '"}'
    service:fault { body = bomb, times = 2 }
    local client = support.client(service, { max_response_bytes = 100000, retry = false })
    local _, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal("limit", err.kind)
    -- It travels in less than the limit, so what was counted is what came out.
    local sizes = {}
    client = support.client(service, { on_event = function(event) sizes[#sizes + 1] = event.bytes end })
    assert.are.equal(2000000, #assert(client.v1.flows(service.flows.survey):fetch()).sid)
    assert.are.same({ #bomb }, sizes)
  end)

  it("of exactly max_response_bytes is taken", function()
    local service = emulator()
    service:fault { body = big, times = 2 }
    assert(support.client(service, { max_response_bytes = #big }).v1.flows(service.flows.survey):fetch())
    local _, err = support.client(service, { max_response_bytes = #big - 1 }).v1.flows(service.flows.survey):fetch()
    assert.are.equal("limit", err.kind)
    assert.are.equal(2, #service:requests())
  end)

  it("that is no gzip although it says so cannot be decoded", function()
    local err = fetch { body = '{"sid":"plain text"}', headers = { ["Content-Encoding"] = "gzip" } }
    assert.are.equal("decode", err.kind)
    assert.are.equal(200, err.status)
    assert.is_true(err.sent)
    assert.is_false(err.retryable)
  end)

  it("with more headers than any honest one is refused", function()
    local service = emulator()
    local headers = {}
    for index = 1, 100 do headers["X-Padding-" .. index] = ("x"):rep(3000) end
    service:fault { headers = headers, status = 503, times = 2 }
    local _, err = support.client(service).v1.flows(service.flows.survey):fetch(nil, { retry = false })
    assert.are.equal("limit", err.kind)
    assert.is_true(err.sent)
    assert.is_false(err.retryable)
  end)

  it("with an error's status and a body that is no JSON shows the body", function()
    local err = fetch { status = 502, body = "<html>Bad Gateway</html>", headers = { ["Content-Type"] = "text/html" } }
    assert.are.equal("<html>Bad Gateway</html>", err.body)
    assert.are.equal(502, err.status)
  end)
end)

describe("Data that breaks a rule", function()
  it("comes back as an error of kind argument, and nothing is sent", function()
    local transport = support.transport()
    local client = support.offline(transport)
    local flow = client.v1.flows(FLOW)
    local failures = {
      { client.v1.flows("nonsense"):fetch() },
      { client.v1.flows("FX" .. ("1"):rep(32)):delete() },
      { flow.engagements("../../secret"):fetch() },
      { flow.engagements:create { from = "+18007654321" } },
      { flow.engagements:create { to = "+18001234567", from = "+18007654321", parameters = "{not json" } },
      { flow.engagements:list { page_size = 5000 } },
      { flow.engagements:list { limit = -1 } },
      { flow.engagements:list { limit = 0 / 0 } },
      { flow.executions(("FN" .. ("1"):rep(32))):update { status = "paused" } },
      { client.v2.flows(FLOW).revisions("LatestDraft"):fetch() },
      { client.v2.flows(FLOW).executions:list { date_created_from = "yesterday" } },
    }
    for index, failure in ipairs(failures) do
      local err = failure[2]
      assert.is_nil(failure[1])
      assert.are.equal("argument", err.kind, index)
      assert.is_false(err.sent)
      assert.is_false(err.retryable)
      assert.is_nil(err.status)
      assert.is_nil(tostring(err):find("%c"))
    end
    assert.are.equal(0, #transport.requests)
  end)
end)

describe("Misuse", function()
  local client = support.offline(support.transport())
  local flow = client.v1.flows(FLOW)

  -- Each function misuses the library on the line after its first, and the error must say so.
  local function raises_at(line, part, misuse)
    local fine, message = pcall(misuse)
    assert.is_false(fine)
    assert.is_string(message)
    assert.is_truthy(message:find(part, 1, true), message)
    assert.are.equal(line, tonumber(message:match("errors_spec%.lua:(%d+):")), message)
  end

  local function here() return debug.getinfo(2, "l").currentline end

  it("raises at the caller's line", function()
    raises_at(here() + 1, "unknown option 'timeot': did you mean 'timeout'?", function()
      local _ = studio.new { timeot = 3 }
    end)
    raises_at(here() + 1, "unknown parameter 'page_szie': did you mean 'page_size'?", function()
      local _ = flow.engagements:list { page_szie = 10 }
    end)
    raises_at(here() + 1, "'to' must be a string", function()
      local _ = flow.engagements:create { to = 18001234567, from = "+18007654321" }
    end)
    raises_at(here() + 1, "parameters must be a table", function()
      local _ = flow.engagements:create("+18001234567")
    end)
    raises_at(here() + 1, "unknown option 'timout'", function()
      local _ = flow:fetch(nil, { timout = 1 })
    end)
    raises_at(here() + 1, "must be a string", function()
      local _ = flow.engagements:page_at(7)
    end)
    raises_at(here() + 1, "method must be", function()
      local _ = client:request("GET\r\nX: y", "/v1/Flows")
    end)
    raises_at(here() + 1, "needs a sid", function()
      local _ = client.v1.flows()
    end)
    raises_at(here() + 1, "unknown parameter", function()
      for step in flow.engagements:each { nonsense = 1 } do print(step) end
    end)
  end)

  it("sends nothing", function()
    local transport = support.transport()
    local other = support.offline(transport)
    pcall(function() return other.v1.flows(FLOW).engagements:create { to = {}, from = "x" } end)
    pcall(function() return other.v1.flows(FLOW):fetch { nonsense = 1 } end)
    pcall(function() return other.v1.flows(FLOW):fetch(nil, { headers = { ["X-A"] = "a\r\nX-B: b" } }) end)
    assert.are.equal(0, #transport.requests)
  end)
end)

describe("An error object", function()
  it("prints something sensible however little it knows", function()
    assert.are.equal("studio: limit: too long", tostring(errors.new("limit", "too long")))
    assert.are.equal("studio: error: unknown failure", tostring(setmetatable({}, require("studio.base.errors").metatable)))
    assert.is_false(errors.new("limit", "too long").retryable)
  end)

  it("tells how many attempts there were when there was more than one", function()
    local client = support.offline(support.transport(answer(503, "")), { retry = { attempts = 3, base = 0.001, cap = 0.001 } })
    local _, err = client.v1.flows(FLOW):fetch()
    assert.is_truthy(tostring(err):find("3 attempts", 1, true))
  end)

  it("says kind and message where the program has lost its files", function()
    local program = ([[
      local studio = require "studio"
      local client = studio.new { base_url = "http://127.0.0.1:%d", account_sid = "AC1", auth_token = "secret", no_proxy = "*" }
      local fetch = client.v1.flows("%s").fetch
      package.path = ""
      local _, err = fetch(client.v1.flows("%s"))
      print(err)
      print(err.kind, err.sent, err:is_conflict())
    ]]):format(child.free_port(), FLOW, FLOW)
    local printed = child.run(program)
    assert.truthy(printed:find("^studio: transport: this was not plainly answered"), printed)
    assert.truthy(printed:find("\ntransport\tfalse\tfalse\nstatus=0\n$"), printed)
  end)
end)
