-- client:request.
local core = require "studio.core"
local studio = require "studio"
local support = require "spec.support"

local function json_answer(body, status)
  return { status = status or 200, headers = { ["Content-Type"] = "application/json" }, body = body }
end

describe("client:request", function()
  local emulator = support.emulator()
  local client

  before_each(function() client = support.client(emulator()) end)

  local function last()
    local requests = emulator():requests()
    return requests[#requests]
  end

  it("gives status, headers in lower case, and the decoded body", function()
    local service = emulator()
    local response = assert(client:request("GET", "/v1/Flows/" .. service.flows.survey))
    assert.are.equal(200, response.status)
    assert.are.equal(service.flows.survey, response.body.sid)
    assert.are.equal(last().request_id, response.headers["twilio-request-id"])
    assert.is_truthy(response.headers["content-type"]:find("json", 1, true))
    for name in pairs(response.headers) do assert.are.equal(name:lower(), name) end
    local count = 0
    for _ in pairs(response) do count = count + 1 end
    assert.are.equal(3, count)
    if math.type then assert.are.equal("integer", math.type(response.status)) end
  end)

  it("keeps every null of the body", function()
    emulator():fault { body = '{"a":null,"b":{"c":null},"d":[null,1]}' }
    assert.are.same({ a = studio.null, b = { c = studio.null }, d = { studio.null, 1 } }, assert(client:request("GET", "/v1/x")).body)
  end)

  it("gives any JSON value, and nil only where there is no body", function()
    for text, value in pairs { ["7"] = 7, ['"text"'] = "text", ["true"] = true, ["false"] = false, ["null"] = studio.null } do
      emulator():fault { body = text }
      local response = assert(client:request("GET", "/v1/x"))
      assert.are.equal(value, response.body, text)
    end
    emulator():fault { body = "[]" }
    assert.are.equal(core.array_mt, getmetatable(assert(client:request("GET", "/v1/x")).body))
    emulator():fault { body = "" }
    local response = assert(client:request("GET", "/v1/x"))
    assert.are.equal(200, response.status)
    assert.is_nil(response.body)
    response = assert(client:request("DELETE", "/v1/Flows/" .. emulator().flows.survey))
    assert.are.equal(204, response.status)
    assert.is_nil(response.body)
  end)

  it("gives nil and an error for every status outside 200 to 299, and for a body that is no JSON", function()
    for _, status in ipairs { 300, 304, 400, 404, 418, 500 } do
      emulator():fault { status = status, body = "{}" }
      local response, err = client:request("GET", "/v1/x", { retry = false })
      assert.is_nil(response)
      assert.are.equal("http", err.kind)
      assert.are.equal(status, err.status)
    end
    emulator():fault { status = 299, body = "{}" }
    assert.are.equal(299, assert(client:request("GET", "/v1/x")).status)
    emulator():fault { body = "<html>" }
    local response, err = client:request("GET", "/v1/x")
    assert.is_nil(response)
    assert.are.equal("decode", err.kind)
    assert.are.equal("<html>", err.body)
  end)

  it("writes a query: names in order, arrays by repetition, numbers and booleans as text", function()
    assert(client:request("GET", "/v1/Flows", {
      query = { b = "x y&z=1+2", a = 7, c = true, d = { "1", 2, false }, e = "", ["f g"] = "é", h = {}, i = 0.5, j = 2 ^ 53 },
    }))
    local query = last().query
    assert.are.equal("a=7&b=x y&z=1+2&c=true&d=1&d=2&d=false&e=&f g=é&h=&i=0.5&j=9007199254740992", (query:gsub("%%(%x%x)", function(hex)
      return string.char(tonumber(hex, 16))
    end)))
    assert.is_truthy(query:find("&b=x%20y%26z%3D1%2B2&", 1, true) or query:find("&b=x+y%26z%3D1%2B2&", 1, true), query)
  end)

  it("adds a query to one that the path has", function()
    assert(client:request("GET", "/v1/Flows?PageSize=2", { query = { Page = 1 } }))
    assert.are.equal("PageSize=2&Page=1", last().query)
    local response = assert(client:request("GET", "/v1/Flows?PageSize=3"))
    assert.are.equal(3, response.body.meta.page_size)
  end)

  it("writes a form", function()
    local service = emulator()
    local response = assert(client:request("POST", "/v2/Flows/" .. service.flows.survey .. "/Executions", {
      form = { To = "+18001234567", From = "+18007654321", Parameters = '{"a":"b&c"}' }, query = { trace = "1" },
    }))
    assert.are.equal(201, response.status)
    local request = last()
    assert.are.equal("From=%2B18007654321&Parameters=%7B%22a%22%3A%22b%26c%22%7D&To=%2B18001234567", request.body)
    assert.are.equal("application/x-www-form-urlencoded", request.headers["content-type"])
    assert.are.equal("trace=1", request.query)
  end)

  it("sends a POST without a form as an empty one", function()
    client:request("POST", "/v1/Flows")
    assert.are.equal("POST", last().method)
    assert.are.equal("", last().body)
    assert.are.equal("0", last().headers["content-length"])
  end)

  it("puts extra where the parameters of its method go", function()
    assert(client:request("GET", "/v1/Flows", { extra = { PageSize = 2 } }))
    assert.are.equal("PageSize=2", last().query)
    client:request("POST", "/v1/Flows", { extra = { New = "x" } })
    assert.are.equal("New=x", last().body)
    assert.are.equal("", last().query)
  end)

  it("asks the Flex service where it is told to", function()
    local service = emulator()
    assert.are.equal(service.flex_flow, assert(client:request("GET", "/v1/FlexFlows/" .. service.flex_flow, { service = "flex" })).body.sid)
    local transport = support.transport()
    local offline = support.offline(transport, { region = "us1" })
    assert(offline:request("GET", "/v1/FlexFlows", { service = "flex" }))
    assert(offline:request("GET", "/v1/Flows", { service = "studio" }))
    assert(offline:request("GET", "/v1/Flows"))
    assert.are.equal("https://flex-api.twilio.com/v1/FlexFlows", transport.requests[1].url)
    assert.are.equal("https://studio.twilio.com/v1/Flows", transport.requests[2].url)
    assert.are.equal("https://studio.twilio.com/v1/Flows", transport.requests[3].url)
  end)

  it("sends any method, with a body or without", function()
    for _, method in ipairs { "PUT", "PATCH", "OPTIONS" } do
      client:request(method, "/v1/Flows", { form = { a = "b" }, retry = false })
      assert.are.equal(method, last().method)
      assert.are.equal("a=b", last().body)
    end
    emulator():fault { method = "HEAD", body = '{"a":"b"}', headers = { ["X-Kind"] = "head" } }
    local response = assert(client:request("HEAD", "/v1/Flows"))
    assert.are.equal("HEAD", last().method)
    assert.are.equal("head", response.headers["x-kind"])
    assert.is_nil(response.body)
    assert(client:request("GET", "/v1/Flows"))
    assert.are.equal("GET", last().method)
  end)

  it("never repeats a PATCH of unknown fate, but does a PUT", function()
    for method, count in pairs { PATCH = 1, PUT = 4, OPTIONS = 4 } do
      emulator():reset()
      emulator():fault { drop = "before", times = math.huge }
      local _, err = client:request(method, "/v1/Flows")
      assert.are.equal(count, err.attempts)
      assert.are.equal(count, #emulator():requests())
    end
  end)

  it("takes call options", function()
    emulator():fault { status = 503 }
    local _, err = client:request("GET", "/v1/Flows", { retry = false })
    assert.are.equal(1, err.attempts)
    emulator():fault { delay = 0.5 }
    _, err = client:request("GET", "/v1/Flows", { timeout = 0.05, retry = false })
    assert.are.equal("timeout", err.kind)
    emulator():fault { delay = 0.5 }
    _, err = client:request("GET", "/v1/Flows", { deadline = 0.05 })
    assert.are.equal("timeout", err.kind)
    assert(client:request("GET", "/v1/Flows", { headers = { ["X-Trace"] = "abc" } }))
    assert.are.equal("abc", last().headers["x-trace"])
  end)

  it("sends a path as it is written", function()
    for _, path in ipairs { "/v1/Flows/a%2Fb", "/v1/Flows/a%2fb", "/v1/Flows/%C3%A9", "/v1/a;b=c,d@e:f!$&'()*+", "/v1/~a-b_c.d" } do
      client:request("GET", path)
      assert.are.equal(path, last().path)
      client:request("GET", path .. "?x=%2f")
      assert.are.equal(path, last().path)
      assert.are.equal("x=%2f", last().query)
    end
  end)
end)

describe("client:request refuses", function()
  local transport = support.transport(json_answer("{}"))
  local client = support.offline(transport)

  local function raises(part, ...)
    local arguments, count = { ... }, select("#", ...)
    local fine, message = pcall(function() return client:request((table.unpack or unpack)(arguments, 1, count)) end) -- luacheck: ignore 113
    assert.is_false(fine)
    assert.is_truthy(message:find(part, 1, true), message)
    assert.is_truthy(message:find("raw_request_spec.lua:", 1, true), message)
    assert.are.equal(0, #transport.requests)
  end

  it("a method that is none", function()
    for _, method in ipairs { "", "get", "GET ", " GET", "GET\r\nX-Header: y", "GET /v1", "G\0T", "GÉT", 7, false } do
      raises("method", method, "/v1")
    end
    raises("method")
  end)

  it("a path that is none", function()
    for _, path in ipairs {
      "", "v1/Flows", "https://evil.example/", "@evil.example/", ":80/", "/v1 /x", "/v1\r\nX-Header: y", "/v1\n", "/\0", "/v1/é", "/v1\\x",
      '/v1/"', "/v1/<x>", "/v1#part", "/v1/{x}", "/v1/a|b", "/v1/^", "/v1/`", "/v1/\127", 7, true,
    } do
      raises("path", "GET", path)
    end
    raises("path", "GET")
  end)

  it("options that it does not know, or of a wrong type", function()
    raises("unknown option 'qurey': did you mean 'query'?", "GET", "/v1", { qurey = {} })
    raises("unknown option 'body'", "POST", "/v1", { body = "x" })
    raises("options must be a table", "GET", "/v1", "query")
    raises("query", "GET", "/v1", { query = "a=b" })
    raises("form", "POST", "/v1", { form = "a=b" })
    raises("service", "GET", "/v1", { service = "api" })
    raises("service", "GET", "/v1", { service = 7 })
    raises("service", "GET", "/v1", { service = "oauth" })
    raises("timeout", "GET", "/v1", { timeout = "5" })
    raises("retry", "GET", "/v1", { retry = true })
    raises("retry.attempts", "GET", "/v1", { retry = { attempts = 0 } })
    raises("unknown option 'retry.attemps': did you mean 'attempts'?", "GET", "/v1", { retry = { attemps = 1 } })
  end)

  it("a form where there is no body", function()
    for _, method in ipairs { "GET", "HEAD", "DELETE" } do raises("form", method, "/v1", { form = { a = "b" } }) end
  end)

  it("names and values that are no text", function()
    raises("query", "GET", "/v1", { query = { "a" } })
    raises("query", "GET", "/v1", { query = { [""] = "a" } })
    raises("query.a", "GET", "/v1", { query = { a = function() end } })
    raises("query.a", "GET", "/v1", { query = { a = { {} } } })
    raises("form.a", "POST", "/v1", { form = { a = print } })
    raises("options.extra", "POST", "/v1", { extra = { true } })
  end)

  it("header lines that break the framing, or are the library's own", function()
    for _, bad in ipairs { "a\r\nX-B: c", "a\nb", "a\0b", "a\127", "\r", 7, true, {} } do
      raises("headers.X-A", "GET", "/v1", { headers = { ["X-A"] = bad } })
    end
    for _, bad in ipairs { "", "X A", "X:A", "X-A\r\nX-B", "X\0", "Ä", "X(", 'X"', 7 } do
      raises("headers", "GET", "/v1", { headers = { [bad] = "a" } })
    end
    for _, own in ipairs {
      "Authorization", "authorization", "HOST", "Content-Length", "Transfer-Encoding", "Connection", "Cookie", "Content-Type", "User-Agent",
      "Accept", "Accept-Encoding", "Expect",
    } do
      raises("headers", "GET", "/v1", { headers = { [own] = "a" } })
    end
    raises("headers", "GET", "/v1", { headers = "X-A: b" })
  end)

  it("to be called without a client", function()
    local fine, message = pcall(client.request, "GET", "/v1")
    assert.is_false(fine)
    assert.is_truthy(message:find("colon", 1, true), message)
  end)
end)

describe("Header lines of a call", function()
  local emulator = support.emulator()

  it("are sent as they are, with those of the library, and with that call alone", function()
    local service = emulator()
    local client = support.client(service)
    local headers = { ["X-Trace"] = "a b;c=\"d\", é", ["X-Tab"] = "a\tb", ["X-Empty"] = "" }
    assert(client.v1.flows(service.flows.survey):fetch(nil, { headers = headers }))
    assert(client.v1.flows(service.flows.survey):fetch())
    local first, second = service:requests()[1].headers, service:requests()[2].headers
    assert.are.equal("a b;c=\"d\", é", first["x-trace"])
    assert.are.equal("a\tb", first["x-tab"])
    assert.are.equal("", first["x-empty"])
    assert.are.equal("application/json", first.accept)
    assert.are.equal("Basic", first.authorization)
    assert.is_nil(second["x-trace"])
    assert.are.equal("Basic", second.authorization)
  end)
end)
