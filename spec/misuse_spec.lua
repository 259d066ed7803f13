-- Misuse of studio.new, of call options and of client:request: it raises at the caller's line, says what is wrong, shows no secret, and
-- nothing is sent.
local studio = require "studio"
local support = require "spec.support"

local emulator = require "studio.emulator"
local known = require "studio.emulator.known"

local SID, TOKEN = "AC" .. ("1"):rep(32), "token-that-nobody-may-see"
local FW = known.flows.survey

-- Calls a function of one line, which must raise there.
local function assert_raises(call, ...)
  local fine, message = pcall(call)
  assert.is_false(fine, (...))
  assert.equal("string", type(message))
  local place = ("spec/misuse_spec.lua:%d: "):format(debug.getinfo(call, "S").linedefined)
  assert.truthy(message:find(place, 1, true), message)
  for _, word in ipairs { ... } do assert.truthy(message:find(word, 1, true), ("'%s' is missing in: %s"):format(word, message)) end
  assert.is_nil(message:find("%c"))
  assert.is_nil(message:find(TOKEN, 1, true))
  assert.is_nil(message:find("stack traceback", 1, true))
end

-- What is right but for the option that is tried.
local function options_with(name, value)
  local options = { account_sid = SID, auth_token = TOKEN, transport = support.transport() }
  if name then options[name] = value end
  return options
end

local controls = { "a\r\nX: y", "a\nb", "a\rb", "a\0b", "a\27b", "\1", "a\127" }
local no_strings = { 1, true, {}, print, studio.null }
local no_tables = { 1, "x", true, print }
local no_seconds = { 0, -1, 0 / 0, math.huge, -math.huge, "5", true, {} }
local no_counts = { -1, 1.5, 0 / 0, math.huge, "5", true, {} }

local function each_value(list, visit)
  for _, value in ipairs(list) do visit(value) end
end

describe("studio.new", function()
  it("takes no options that there are not, and tells which was meant", function()
    local meant = {
      timeot = "timeout", acount_sid = "account_sid", accountSid = "account_sid", auth_tokn = "auth_token", ["api-key"] = "api_key",
      base_uri = "base_url", retrys = "retry", ca_flie = "ca_file",
      usr_agent = "user_agent", onevent = "on_event",
      max_response_byte = "max_response_bytes", conect_timeout = "connect_timeout", deadlin = "deadline", noproxy = "no_proxy",
      transprt = "transport",
    }
    for wrong, right in pairs(meant) do
      local words = ("unknown option '%s': did you mean '%s'?"):format(wrong, right)
      assert_raises(function() studio.new(options_with(wrong, "x")) end, words)
    end
    assert_raises(function() studio.new(options_with("colour", "x")) end, "unknown option 'colour'")
    assert_raises(function() studio.new(options_with(1, "x")) end, "unknown option '1'")
    assert_raises(function() studio.new(options_with(true, "x")) end, "unknown option 'true'")
    assert_raises(function() studio.new(options_with("retry", { atempts = 2 })) end, "'retry.atempts': did you mean 'attempts'?")
    assert_raises(function() studio.new(options_with("oauth", { clientid = "x" })) end, "'oauth.clientid': did you mean 'client_id'?")
    each_value(no_tables, function(value) assert_raises(function() studio.new(value) end, "options must be a table") end)
  end)

  it("wants strings, without control characters, and never empty", function()
    local names = {
      "account_sid", "auth_token", "api_key", "api_secret", "region", "edge", "base_url", "ca_file", "proxy", "no_proxy", "user_agent",
    }
    for _, name in ipairs(names) do
      for _, value in ipairs(no_strings) do
        local words = ("'%s' must be a non-empty string, got %s"):format(name, type(value))
        assert_raises(function() studio.new(options_with(name, value)) end, words)
      end
      assert_raises(function() studio.new(options_with(name, "")) end, ("'%s' must be a non-empty string"):format(name))
      for _, value in ipairs(controls) do
        assert_raises(function() studio.new(options_with(name, value)) end, ("'%s' must not hold a control character"):format(name))
      end
    end
    for _, name in ipairs { "client_id", "client_secret" } do
      for _, value in ipairs { 1, "", "a\nb" } do
        local oauth = { client_id = "x", client_secret = "y" }
        oauth[name] = value
        assert_raises(function() studio.new(options_with("oauth", oauth)) end, ("'oauth.%s'"):format(name))
      end
    end
  end)

  it("wants an account SID where one belongs, and does not show what is there instead", function()
    local words = "option 'account_sid' must be an account SID, AC and 32 hex digits"
    assert_raises(function() studio.new { account_sid = TOKEN, auth_token = SID } end, words)
    assert_raises(function() studio.new { account_sid = TOKEN, api_key = "SK1", api_secret = "x" } end, words)
    assert_raises(function() studio.new { account_sid = "SK" .. ("1"):rep(32), auth_token = TOKEN } end, words, "API key", "'api_key'")
  end)

  it("wants seconds that are more than none and end", function()
    for _, name in ipairs { "timeout", "connect_timeout", "deadline" } do
      each_value(no_seconds, function(value)
        assert_raises(function() studio.new(options_with(name, value)) end, ("'%s' must be "):format(name), "seconds")
      end)
    end
    for _, name in ipairs { "base", "cap" } do
      each_value(no_seconds, function(value)
        assert_raises(function() studio.new(options_with("retry", { [name] = value })) end, ("'retry.%s' must be "):format(name))
      end)
    end
  end)

  it("wants whole numbers where it counts", function()
    each_value(no_counts, function(value)
      assert_raises(function() studio.new(options_with("max_response_bytes", value)) end, "'max_response_bytes' must be a ", "number")
      assert_raises(function() studio.new(options_with("retry", { attempts = value })) end, "'retry.attempts' must be a ", "number")
      assert_raises(function() studio.new(options_with("retry", { budget = value })) end, "'retry.budget' must be a ", "number")
    end)
    assert_raises(function() studio.new(options_with("retry", { attempts = 0 })) end, "'retry.attempts' must be a whole number, 1 or more")
  end)

  it("wants functions and tables where they belong", function()
    for _, name in ipairs { "on_event", "wait" } do
      each_value({ 1, "x", true, {} }, function(value)
        assert_raises(function() studio.new(options_with(name, value)) end, ("'%s' must be a function"):format(name))
      end)
    end
    each_value({ 1, "x", true, print }, function(value)
      assert_raises(function() studio.new(options_with("retry", value)) end, "'retry' must be a table or false")
    end)
    each_value({ 1, "x", true, print, {}, { send = 1 } }, function(value)
      assert_raises(function() studio.new(options_with("transport", value)) end, "'transport' must be an object with a method 'send'")
    end)
    each_value({ 1, "x", true }, function(value)
      assert_raises(function() studio.new(options_with("oauth", value)) end, "'oauth' must be a table")
    end)
  end)

  it("wants a base_url that is scheme, host and port alone", function()
    local bad = {
      "127.0.0.1:8080", "localhost", "ftp://x", "file:///etc/passwd", "https://", "http:///x", "https://a/b", "https://a?b=c",
      "https://a#b",
      "https://user@a", "https://user:pass@a", "http://a:99999", "http://a b", "http://host\\@evil", "javascript:x", "//a", "http://[::1",
    }
    for _, url in ipairs(bad) do
      assert_raises(function() studio.new(options_with("base_url", url)) end, "option 'base_url' ")
    end
    for _, url in ipairs { "http://127.0.0.1:8080", "HTTPS://Example.COM/", "http://[::1]:80", "https://a-b.example:443" } do
      assert.truthy(studio.new(options_with("base_url", url)))
    end
  end)

  it("wants a region whose edge is known, or the edge, too", function()
    assert_raises(function() studio.new(options_with("region", "jp1")) end, "'jp1'", "edge")
    for _, name in ipairs { "region", "edge" } do
      for _, value in ipairs { "IE1", "a.b", "a/b", "a@b", "-a", "a b", "é", ".." } do
        assert_raises(function() studio.new(options_with(name, value)) end, ("'%s' must be a short lower-case name"):format(name))
      end
    end
  end)

  it("wants a file that can be read", function()
    assert_raises(function() studio.new(options_with("ca_file", "/does/not/exist.pem")) end, "'ca_file' cannot be read", "No such file")
  end)

  it("copies its options: a table changed later changes nothing", function()
    local transport = support.transport { status = 503, headers = {}, body = "" }
    local options = options_with("retry", { attempts = 1, base = 0.001, cap = 0.001 })
    options.transport, options.user_agent = transport, "one"
    local client = studio.new(options)
    options.user_agent, options.account_sid, options.retry.attempts = "two", "AC" .. ("2"):rep(32), 3
    local _, err = client.v2.flows(FW):fetch()
    assert.equal(1, err.attempts)
    assert.equal(1, #transport.requests)
    assert.truthy(transport.requests[1].headers["User-Agent"]:find("^lua%-studio/.* one$"))
  end)
end)

describe("an unknown name", function()
  local transport, client

  before_each(function()
    transport = support.transport()
    client = support.offline(transport)
  end)

  after_each(function() assert.equal(0, #transport.requests) end)

  it("that is a word of others brings those to mind", function()
    assert_raises(function() studio.new(options_with("url", "x")) end, "unknown option 'url': did you mean 'base_url'?")
    assert_raises(function() studio.new(options_with("api", "x")) end, "unknown option 'api': did you mean 'api_key' or 'api_secret'?")
    assert_raises(function() client.v1.flows:list { token = "x" } end, "unknown parameter 'token': did you mean 'page_token'?")
  end)

  it("that is like none is answered with the list of those there are", function()
    assert_raises(function() client.v1.flows:list { params = {} } end,
      "unknown parameter 'params': the parameters are limit, page, page_size, page_token, read_ahead")
    assert_raises(function() client.v2.flows(FW):fetch { colour = 1 } end, "unknown parameter 'colour': there are no parameters here")
    assert_raises(function() client.v2.flows(FW):fetch(nil, { colour = 1 }) end,
      "unknown option 'colour': the options are deadline, extra, headers, retry, timeout")
    assert_raises(function() studio.new(options_with("colour", "x")) end, "the options are account_sid, api_key, ", ", user_agent, wait")
  end)

  it("among the options that is one of the parameters is sent to the first table", function()
    local words = "': it is a parameter, which goes into the first table"
    for _, name in ipairs { "list", "page", "each", "pages" } do
      assert_raises(function() client.v1.flows[name](client.v1.flows, {}, { limit = 5 }) end, "unknown option 'limit" .. words)
      assert_raises(function() client.v1.flows[name](client.v1.flows, nil, { page_size = 5 }) end, "unknown option 'page_size" .. words)
    end
    assert_raises(function() client.v2.flows(FW):update({}, { status = "draft" }) end, "unknown option 'status" .. words)
    assert_raises(function() client.v2.flows(FW):fetch({}, { limit = 5 }) end, "unknown option 'limit': the options are ")
    assert_raises(function() client.v2.flows(FW):fetch({}, 5) end, "options must be a table")
    assert_raises(function() client.v2.flows:list({}, 5) end, "options must be a table")
  end)
end)

describe("a call option", function()
  local transport, client, flow

  before_each(function()
    transport = support.transport()
    client = support.offline(transport)
    flow = client.v2.flows(FW)
  end)

  after_each(function() assert.equal(0, #transport.requests) end)

  it("that there is not raises, and the one that was meant is told", function()
    for wrong, right in pairs { timout = "timeout", dedline = "deadline", header = "headers", extras = "extra", rety = "retry" } do
      local words = ("unknown option '%s': did you mean '%s'?"):format(wrong, right)
      assert_raises(function() flow:fetch(nil, { [wrong] = 1 }) end, words)
      assert_raises(function() client:request("GET", "/", { [wrong] = 1 }) end, words)
    end
    assert_raises(function() flow:fetch(nil, { account_sid = "x" }) end, "unknown option 'account_sid'")
    each_value(no_tables, function(value) assert_raises(function() flow:fetch(nil, value) end, "options must be a table") end)
  end)

  it("that is wrong raises", function()
    each_value(no_seconds, function(value)
      assert_raises(function() flow:fetch(nil, { timeout = value }) end, "'timeout' must be ")
      assert_raises(function() flow:fetch(nil, { deadline = value }) end, "'deadline' must be ")
    end)
    each_value({ 1, "x", true, print }, function(value)
      assert_raises(function() flow:fetch(nil, { retry = value }) end, "'retry' must be a table or false")
    end)
    assert_raises(function() flow:fetch(nil, { retry = { atempts = 1 } }) end, "'retry.atempts': did you mean 'attempts'?")
    each_value(no_tables, function(value)
      assert_raises(function() flow:fetch(nil, { headers = value }) end, "'headers' must be a table")
      assert_raises(function() flow:fetch(nil, { extra = value }) end, "'extra' must be a table")
    end)
  end)

  it("headers has no control characters, and no names that are none", function()
    for _, value in ipairs(controls) do
      assert_raises(function() flow:fetch(nil, { headers = { ["X-A"] = value } }) end, "'headers.X-A' must not hold a control character")
    end
    for _, name in ipairs { "", "A B", "A:", "A\r\nB", "A\0", "é", "A(b)", ":path", 1 } do
      assert_raises(function() flow:fetch(nil, { headers = { [name] = "x" } }) end, "'headers': a name may hold only")
    end
    each_value({ 1, true, {} }, function(value)
      assert_raises(function() flow:fetch(nil, { headers = { ["X-A"] = value } }) end, "'headers.X-A' must be a string")
    end)
  end)

  it("headers has nothing that the library writes itself", function()
    local reserved = {
      "Authorization", "HOST", "content-length", "Content-Type", "Transfer-Encoding", "Connection", "Expect", "User-Agent", "Accept",
      "Accept-Encoding", "Cookie",
    }
    for _, name in ipairs(reserved) do
      assert_raises(function() flow:fetch(nil, { headers = { [name] = "x" } }) end, ("'%s' is written by the library"):format(name))
    end
  end)
end)

describe("client:request", function()
  local transport, client

  before_each(function()
    transport = support.transport()
    client = support.offline(transport)
  end)

  it("wants a method in capitals", function()
    for _, method in ipairs { "", "get", "GET ", " GET", "GET /x HTTP/1.1\r\nX: y", "GE\nT", "GET\0", "G-T", "ÄT", "G1" } do
      assert_raises(function() client:request(method, "/v2/Flows") end, "the method must be a word in capitals")
    end
    each_value(no_strings, function(value) assert_raises(function() client:request(value, "/v2/Flows") end, "the method must be") end)
    assert_raises(function() client:request() end, "the method must be")
    assert.equal(0, #transport.requests)
  end)

  it("wants a path that begins with a slash and is percent-encoded", function()
    local bad = {
      "/a b", "/a\r\nX: y", "/a\nb", "/a\0", "/a\127", "/é", "/a#b", "/a\\b", "/a<b", "/a\"b", "/a{b}", "/a|b", "/a^b", "/a`b", "/a\tb",
    }
    for _, path in ipairs(bad) do
      assert_raises(function() client:request("GET", path) end, "the path must be percent-encoded")
    end
    for _, path in ipairs { "", "v2/Flows", "https://evil.example/", "@evil.example/", ":80/", "?a=b", ".evil.example/" } do
      assert_raises(function() client:request("GET", path) end, "the path must begin with '/'")
    end
    each_value(no_strings, function(value) assert_raises(function() client:request("GET", value) end, "the path must be a string") end)
    assert_raises(function() client:request("GET") end, "the path must be a string")
    assert.equal(0, #transport.requests)
  end)

  it("stays on the configured origin whatever the path looks like", function()
    for _, path in ipairs { "//evil.example/x", "/@evil.example", "/../../x", "/%2e%2e/", "/http://evil.example/", "/:80" } do
      transport.requests = {}
      assert(client:request("GET", path))
      assert.equal("https://studio.twilio.com" .. path, transport.requests[1].url)
    end
  end)

  it("wants a service that there is, and tables of what can be written", function()
    assert_raises(function() client:request("GET", "/", { service = "chat" }) end, "'service' must be 'studio' or 'flex', got 'chat'")
    assert_raises(function() client:request("GET", "/", { service = "oauth" }) end, "'service' must be 'studio' or 'flex'")
    for _, name in ipairs { "query", "form" } do
      each_value(no_tables, function(value)
        assert_raises(function() client:request("POST", "/", { [name] = value }) end, ("'%s' must be a table"):format(name))
      end)
      assert_raises(function() client:request("POST", "/", { [name] = { A = print } }) end, name .. ".A must be a string")
      assert_raises(function() client:request("POST", "/", { [name] = { "x" } }) end, "the names in " .. name)
      assert_raises(function() client:request("POST", "/", { [name] = { C = { {} } } }) end, name .. ".C must be a string")
    end
    for _, method in ipairs { "GET", "HEAD", "DELETE" } do
      assert_raises(function() client:request(method, "/", { form = { A = "b" } }) end, "'form'", "a " .. method .. " request has none")
    end
    assert.equal(0, #transport.requests)
  end)

  it("writes query and form as parameters are written", function()
    local query, form = { ["A b"] = { 1, true } }, { ["C.d"] = "e+f", G = {} }
    assert(client:request("POST", "/v9/New?x=y", { query = query, form = form, service = "flex" }))
    local request = transport.requests[1]
    assert.equal("POST", request.method)
    assert.equal("https://flex-api.twilio.com/v9/New?x=y&A%20b=1&A%20b=true", request.url)
    assert.equal("C.d=e%2Bf&G=", request.body)
  end)
end)

describe("a method of a client", function()
  it("that is called with a dot raises at the caller's line", function()
    local client = studio.new(options_with())
    assert_raises(function() client.request("GET", "/") end, "call its methods with a colon")
    assert_raises(function() client.close() end, "call its methods with a colon")
  end)
end)

describe("a function of a module", function()
  it("that is called with a colon raises at the caller's line and says so", function()
    local words = "with a dot, not with a colon"
    assert_raises(function() studio:new(options_with()) end, "'studio.new'", words)
    assert_raises(function() studio:encode {} end, "'studio.encode'", words)
    assert_raises(function() studio:decode "{}" end, "'studio.decode'", words)
    assert_raises(function() studio:timestamp "2026-11-20" end, "'studio.timestamp'", words)
    assert_raises(function() studio.webhook:valid(TOKEN, "signature", "https://example.com/") end, "'webhook.valid'", words)
    assert_raises(function() studio.webhook:fields "a=b" end, "'webhook.fields'", words)
    assert_raises(function() emulator:start() end, "'emulator.start'", words)
  end)
end)

describe("a method of a task or of an error", function()
  it("that is called with a dot raises at the caller's line", function()
    local client = support.offline(support.transport())
    local task = client:spawn(function() return 7 end)
    for _, name in ipairs { "wait", "done", "cancel" } do
      local words = ("call '%s' with a colon, not with a dot"):format(name)
      for _, target in ipairs { false, 5, {} } do
        assert_raises(function() local _ = task[name](target or nil) end, words)
      end
    end
    assert.equal(7, task:wait())
    local _, err = client.v1.flows("x"):fetch()
    for _, name in ipairs { "is_conflict", "is_not_found", "is_rate_limited", "validation_errors" } do
      assert_raises(function() local _ = err[name]() end, ("call '%s' with a colon"):format(name))
      assert_raises(function() local _ = err[name] {} end, ("call '%s' with a colon"):format(name))
      err[name](err)
    end
  end)
end)

describe("a collection", function()
  it("that is reached with a colon raises at the caller's line and says so", function()
    local transport = support.transport { status = 200, body = '{"sid":"' .. FW .. '"}' }
    local client = support.offline(transport)
    local flow = assert(client.v1.flows(FW):fetch())
    local words = "is reached with a dot, not with a colon: write "
    assert_raises(function() client.v1.flows(FW):engagements() end, "'engagements' " .. words .. ".engagements(sid)")
    assert_raises(function() flow:executions("FN" .. ("1"):rep(32)) end, "'executions' " .. words .. ".executions(sid)")
    assert_raises(function() client.v2.flows(FW):revisions(1) end, "'revisions' " .. words .. ".revisions(revision)")
    assert_raises(function() client.v1:flows(FW) end, "'flows' " .. words .. ".flows(sid)")
    assert_raises(function() client.v1.flows {} end, "parameter 'sid' must be a string, got table")
    assert.equal(1, #transport.requests)
  end)
end)

describe("a method of a collection, a handle, a resource or a page", function()
  it("that is called with a dot raises at the caller's line", function()
    local transport = support.transport { status = 200, body = '{"sid":"' .. FW .. '","meta":{"key":"flows"},"flows":[]}' }
    local client = support.offline(transport)
    local flow, page = assert(client.v2.flows(FW):fetch()), assert(client.v2.flows:page())
    transport.requests = {}
    assert_raises(function() client.v2.flows.list() end, "colon")
    assert_raises(function() client.v2.flows.create { friendly_name = "x" } end, "colon")
    assert_raises(function() client.v2.flows(FW).fetch() end, "colon")
    assert_raises(function() client.v2.flows(FW).update { status = "draft" } end, "colon")
    assert_raises(function() client.v2.flows(FW).test_users.fetch() end, "colon")
    assert_raises(function() flow.fetch() end, "colon")
    assert_raises(function() flow.update { status = "draft" } end, "colon")
    assert_raises(function() flow.delete(client) end, "colon")
    assert_raises(function() page.next() end, "colon")
    assert_raises(function() page.previous {} end, "colon")
    assert_raises(function() client.v2.flows.page_at("https://studio.twilio.com/v2/Flows") end, "colon")
    assert_raises(function() client.v2.flows(FW).revisions.each { limit = 1 } end, "colon")
    assert.equal(0, #transport.requests)
  end)
end)
