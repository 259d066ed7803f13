-- Seen: a proxy whose password held '#', '/', '?', '@' or a blank was handed to libcurl, whose message about it
-- ("Could not resolve proxy: word@127.0.0.1") put the password into err.message; and it was retried. So were secrets of other kinds shown.
local child = require "spec.child"
local studio = require "studio"

local FW = "FW" .. ("0"):rep(32)
local SECRET = "Pa55"

local bad = {
  ["http://user:Pa55#word@127.0.0.1:3128"] = "percent-encoded", ["http://user:Pa55/word@127.0.0.1:3128"] = "percent-encoded",
  ["http://user:Pa55?word@127.0.0.1:3128"] = "percent-encoded", ["http://user:Pa55@word@127.0.0.1:3128"] = "percent-encoded",
  ["user:Pa55#word@127.0.0.1:3128"] = "percent-encoded", ["http://user:Pa55%zzword@127.0.0.1:3128"] = "%25",
  ["http://user:Pa55 word@127.0.0.1:3128"] = "blanks", ["http://user:Pa55word@127.0.0.1:99999"] = "port",
  ["http://user:Pa55word@127.0.0.1:x"] = "port", ["htp://user:Pa55word@127.0.0.1:3128"] = "http://",
  ["http://user:Pa55word@"] = "host", ["http://127.0.0.1:3128/Pa55"] = "path", ["http://user:Pa55wörd@127.0.0.1:3128"] = "ASCII",
  -- libcurl's words about these show the whole text, or it takes no proxy at all and asks the service itself.
  ["http://user:Pa55@[:::1]:3128"] = "libcurl", ["socks5h://user:Pa55@[1]:3128"] = "libcurl", ["user:Pa55@[127.0.0.1]:3128"] = "libcurl",
  ["http://user:Pa55%0aword@127.0.0.1:3128"] = "control", ["http://user%00:Pa55@127.0.0.1:3128"] = "control",
  ["http:/user:Pa55@127.0.0.1:3128"] = "percent-encoded", ["http://user:Pa55@127.0.0.1:3128 "] = "blanks",
}

local function new(options)
  local all = { account_sid = "AC1", auth_token = "0123456789", base_url = "http://127.0.0.1:9" }
  for name, value in pairs(options) do all[name] = value end
  return studio.new(all)
end

-- Runs a program with variables set beyond those of the suite, `NAME='value'`; gives what it wrote.
local function run(variables, program)
  return child.run(program, { before = variables })
end

local first_call = ([[
local studio = require "studio"
local function on_event() io.write("an event") end
local client = studio.new { account_sid = "AC1", auth_token = "0123456789", base_url = "%s", on_event = on_event }
local _, err = client.v2.flows("%s"):fetch()
print(err.kind, err.sent, err.attempts, err, client)
]])

describe("A proxy that cannot be read", function()
  for text, word in pairs(bad) do
    it("is refused by studio.new without a part of it being shown: " .. text:gsub("Pa55", "*"), function()
      local ok, message = pcall(new, { proxy = text })
      assert.is_false(ok)
      assert.truthy(message:find("option 'proxy'", 1, true), message)
      assert.truthy(message:find(word, 1, true), message)
      assert.is_nil(message:find(SECRET, 1, true), message)
    end)
  end

  for _, variable in ipairs { "http_proxy", "all_proxy", "ALL_PROXY" } do
    it("is refused at the first call when it comes from " .. variable, function()
      for _, text in ipairs { "http://user:Pa55#word@127.0.0.1:3128", "htp://user:Pa55word@127.0.0.1:1", "user:Pa55word@127.0.0.1:x" } do
        local said = run(variable .. "=" .. child.quote(text), first_call:format("http://127.0.0.1:9", FW))
        assert.truthy(said:find("argument\tfalse\t", 1, true), said)
        assert.truthy(said:find(variable .. " in the environment", 1, true), said)
        assert.is_nil(said:find(SECRET, 1, true), said)
        assert.is_nil(said:find("an event", 1, true), said)
      end
    end)
  end

  it("is refused when https_proxy names it for an origin of https", function()
    local said = run("https_proxy='http://user:Pa55#word@127.0.0.1:3128'", first_call:format("https://127.0.0.1:9", FW))
    assert.truthy(said:find("argument\tfalse\t", 1, true), said)
    assert.is_nil(said:find(SECRET, 1, true), said)
  end)

  it("is refused when a tab or a blank stands beside it", function()
    for _, text in ipairs { "user:Pa55@127.0.0.1:9\t", " user:Pa55@127.0.0.1:9", "user:Pa55@127.0.0.1:9\n" } do
      local said = run("http_proxy=" .. child.quote(text), first_call:format("http://127.0.0.1:9", FW))
      assert.truthy(said:find("argument\tfalse\t", 1, true), said)
      assert.is_nil(said:find(SECRET, 1, true), said)
    end
  end)

  it("does not matter to a transport of the program", function()
    local said = run("http_proxy='http://user:Pa55#word@127.0.0.1:3128'", ([[
      local studio = require "studio"
      local transport = { send = function() return { status = 200, body = '{"sid":"x"}' } end }
      local client = studio.new { account_sid = "AC1", auth_token = "0123456789", base_url = "http://127.0.0.1:9", transport = transport }
      print("got", assert(client.v2.flows("%s"):fetch()).sid)
    ]]):format(FW))
    assert.truthy(said:find("got\tx", 1, true), said)
  end)

  it("does not matter to an origin that no_proxy names", function()
    local said = run("no_proxy=127.0.0.1 http_proxy='http://user:Pa55#word@127.0.0.1:3128'",
      first_call:format("http://127.0.0.1:9", FW))
    assert.truthy(said:find("transport\tfalse\t", 1, true), said)
  end)
end)

describe("A proxy that can be read", function()
  it("is named by a failure to reach it, with where it was found and without its password", function()
    local client = new { proxy = "http://user:Pa55word@127.0.0.1:9", base_url = "http://127.0.0.2:9", retry = false }
    local _, err = client.v2.flows(FW):fetch()
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    assert.truthy(err.message:find("the proxy http://127.0.0.1:9, from option 'proxy'", 1, true), err.message)
    assert.is_nil(tostring(err):find(SECRET, 1, true))
    local said = run("http_proxy=user:Pa55word@127.0.0.1:9 no_proxy=", first_call:format("http://127.0.0.2:9", FW))
    assert.truthy(said:find("the proxy http://127.0.0.1:9, from http_proxy in the environment", 1, true), said)
    assert.is_nil(said:find(SECRET, 1, true), said)
  end)

  it("that answers CONNECT with 407 is asked once", function()
    local server = child.server [[
      repeat local line = connection:line() until not line or line == ""
      connection:log("connect")
      connection:send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    ]]
    finally(function() server:stop() end)
    local events = 0
    local client = new {
      proxy = server.origin, base_url = "https://studio.example", on_event = function(event)
        if event.type == "request" then events = events + 1 end
      end,
    }
    local _, err = client.v2.flows(FW).executions:create { to = "+15550001111", from = "+15550002222" }
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    assert.is_false(err.retryable)
    assert.are.equal(1, events)
  end)

  -- A proxy that answers each connection with what the scenario sends.
  local function refused(scenario, proxy, base_url)
    local server = child.server(scenario)
    finally(function() server:stop() end)
    local client = new { proxy = proxy:format(server.port), base_url = base_url, retry = { attempts = 2, base = 0.001, cap = 0.001 } }
    local _, err = client.v2.flows(FW).executions:create { to = "+15550001111", from = "+15550002222" }
    client:close()
    return err, server:count "connection"
  end

  -- A short secret is one where it stands as a word; a user without a password is a token.
  for proxy, secret in pairs { ["http://user:Pa5@127.0.0.1:%d"] = "Pa5", ["http://us:%%50a5@127.0.0.1:%d"] = "Pa5",
    [":Pa5@127.0.0.1:%d"] = "Pa5", ["http://token-Pa5@127.0.0.1:%d"] = "token-Pa5", ["http://token-Pa5:@127.0.0.1:%d"] = "token-Pa5" } do
    it("that echoes what it was sent shows none of it: " .. proxy, function()
      local err = refused(([[
        local sent
        repeat
          local line = connection:line()
          sent = line and line:match("^Proxy%%-Authorization: (.*)$") or sent
        until not line or line == ""
        local body = '{"message":"no ' .. sent .. ' with %s","details":{"%s":["x:%s@"]}}'
        connection:send("HTTP/1.1 407 No\r\nTwilio-Request-Id: %s\r\nContent-Type: application/json\r\nContent-Length: "
          .. #body .. "\r\n\r\n" .. body)
      ]]):format(secret, secret, secret, secret), proxy, "http://127.0.0.2:9")
      assert.are.equal(407, err.status)
      assert.truthy(err.message:find("this is the proxy http://127.0.0.1:", 1, true), err.message)
      local told = studio.encode { tostring(err), err.request_id, err.details }
      assert.is_nil(told:find("Pa5", 1, true), told)
      assert.is_nil(told:find(err.message:match "Basic ([A-Za-z0-9+/=]+)" or "Basic d", 1, true), told)
    end)
  end

  it("of SOCKS that refuses the user is asked once, and named", function()
    -- How many methods a libcurl offers depends on what it was built with.
    local offer = "connection:bytes(connection:bytes(2):byte(2)) "
    for proxy, scenario in pairs {
      ["socks5://user:Pa55@127.0.0.1:%d"] = offer .. [[connection:send("\5\2") connection:bytes(11) connection:send("\1\1")]],
      ["socks5h://user:Pa55@127.0.0.1:%d"] = offer .. [[connection:send("\5\255")]],
      ["socks4a://user:Pa55@127.0.0.1:%d"] = [[connection:bytes(9) connection:send("\0\93\0\0\0\0\0\0")]],
    } do
      local err, connections = refused(scenario .. " connection:close()", proxy, "http://127.0.0.2:9")
      assert.are.equal("transport", err.kind)
      assert.is_false(err.sent)
      assert.is_false(err.retryable)
      assert.are.equal(1, connections)
      assert.truthy(err.message:find("this is the proxy socks", 1, true), err.message)
    end
  end)

  it("that refuses a tunnel for want of other credentials is asked once, with another status again; it is named each time", function()
    for status, most in pairs { [407] = 1, [403] = 2, [502] = 2 } do
      local err, connections = refused(([[
        repeat local line = connection:line() until not line or line == ""
        connection:send("HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n")
      ]]):format(status), "http://user:Pa55@127.0.0.1:%d", "https://127.0.0.2:9")
      assert.are.equal(most, connections)
      assert.truthy(err.message:find("this is the proxy http://127.0.0.1:", 1, true), err.message)
    end
  end)
end)

describe("A secret in the wrong place", function()
  local support = require "spec.support"
  local token = "s3cr3t-0123456789abcdef"
  local client = support.offline(support.transport(), { auth_token = token })
  local flow = client.v2.flows(FW)

  it("is not shown by the error of a parameter or a SID", function()
    for _, call in ipairs {
      function() return client.v2.flows(token):fetch() end,
      function() return client.v2.flows(token):update { status = "draft" } end,
      function() return client.v2.flows(token).executions:list() end,
      function() return flow.executions:list { status = token } end,
      function() return flow.executions:list { date_created_from = token } end,
      function() return flow.executions:page_at(token) end,
      function() return flow.executions("FN" .. ("1"):rep(32)):update { status = token } end,
      function() return flow.revisions(token):fetch() end,
    } do
      local _, err = call()
      assert.are.equal("argument", err.kind)
      assert.is_nil(err.message:find("s3cr3t", 1, true), err.message)
    end
  end)

  it("is not shown where it is taken for a region or an edge", function()
    for _, name in ipairs { "region", "edge" } do
      local ok, message = pcall(studio.new, { account_sid = "AC1", auth_token = "0123456789", [name] = token })
      assert.is_false(ok)
      assert.is_nil(message:find("s3cr3t", 1, true), message)
    end
  end)

  -- Seen: a call that was in flight while another one renewed the token showed the one that it had been sent with.
  it("is not shown where it is an OAuth token that another has taken the place of", function()
    local tokens, is_first, other = 0, true, nil
    local function answer(status, body)
      return { status = status, headers = { ["Content-Type"] = "application/json" }, body = studio.encode(body) }
    end
    local transport = support.transport(function(request)
      if request.url:find("/v2/token", 1, true) then
        tokens = tokens + 1
        return answer(200, { access_token = "s3cr3t-" .. tokens, expires_in = 3600 })
      end
      local authorization = request.headers.Authorization
      if is_first then
        is_first = false
        assert(other.v2.flows(FW):fetch())
        return answer(400, { code = 1, message = "not with " .. authorization })
      end
      return authorization == "Bearer s3cr3t-1" and answer(401, { message = authorization }) or answer(200, { sid = FW })
    end)
    other = support.offline(transport, { oauth = { client_id = "OQ1", client_secret = "0123456789" } })
    local _, err = other.v2.flows(FW):fetch()
    assert.are.equal(2, tokens)
    assert.are.equal("not with Bearer [redacted]", err.message)
  end)

  it("is not shown in part where an answer's text is cut", function()
    for _, length in ipairs { 60, 70, 76 } do
      local long = ("x"):rep(length) .. token
      local answer = { status = 200, body = ('{"meta":{"key":"%s"}}'):format(long) }
      local _, err = support.offline(support.transport(answer), { auth_token = token }).v2.flows:list()
      assert.truthy(err.message:find("the page has no list", 1, true), err.message)
      assert.is_nil(err.message:find("s3cr3t", 1, true), err.message)
      answer = { status = 200, body = "<html>", headers = { ["Content-Type"] = long } }
      _, err = support.offline(support.transport(answer), { auth_token = token }).v2.flows(FW):fetch()
      assert.truthy(err.message:find("where JSON is due", 1, true), err.message)
      assert.is_nil(err.message:find("s3cr3t", 1, true), err.message)
    end
  end)
end)

-- Seen: a secret passed where an answer had it in another spelling: percent-encoded (as the library's own form has it), escaped in JSON or
-- HTML, Base64 without its padding.
describe("A secret in another spelling", function()
  local support = require "spec.support"
  local token = "s3+cr/3t=\"x y'&<>Z"

  local function spellings(text)
    local function each(form) return (text:gsub("[^A-Za-z0-9]", function(byte) return form:format(byte:byte()) end)) end
    local named = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;", ["/"] = "&sol;" }
    return {
      ["as it is"] = text, ["in a URL"] = each "%%%02X", ["in a URL, small"] = each "%%%02x",
      ["in a form"] = each("%%%02X"):gsub("%%20", "+"),
      ["in a URL, in part"] = text:gsub("[/ ]", { ["/"] = "%2F", [" "] = "%20" }),
      ["in JSON"] = text:gsub('["/]', "\\%0"), ["in JSON by numbers"] = each "\\u%04x", ["in HTML"] = text:gsub(".", named),
      ["in HTML by numbers"] = each "&#%d;", ["in HTML by numbers of 16"] = each "&#x%02X;", ["in capitals"] = text:upper(),
    }
  end

  local function errors_with(shown)
    local list = {}
    for _, answer in ipairs {
      { status = 400, body = studio.encode { code = 1, message = "bad: " .. shown .. ".", details = { field = shown } } },
      { status = 502, body = "<html>" .. shown .. "</html>", headers = { ["Content-Type"] = "text/html" } },
      { status = 502, body = ("x"):rep(4090) .. shown, headers = { ["Content-Type"] = "text/html" } },
    } do
      local client = support.offline(support.transport(answer), { auth_token = token, retry = false })
      list[#list + 1] = select(2, client.v2.flows(FW):fetch())
    end
    return list
  end

  for name, shown in pairs(spellings(token)) do
    it("is not shown: " .. name, function()
      for _, err in ipairs(errors_with(shown)) do
        local text = studio.encode { err.message, err.body or "", err.details or "" }
        assert.is_nil(text:lower():find("s3", 1, true), text)
        assert.is_nil(text:lower():find("cr", 1, true), text)
      end
    end)
  end

  it("is not shown: Base64 in the alphabet of URLs, without padding", function()
    local support_token = "0123456789abc???>>>"
    local account = "AC" .. ("0"):rep(32)
    local basic = require("studio.core").base64(account .. ":" .. support_token)
    for _, shown in ipairs { basic, (basic:gsub("=", "")), (basic:gsub("=", ""):gsub("+", "-"):gsub("/", "_")) } do
      local answer = { status = 502, body = "sent: " .. shown .. ".", headers = { ["Content-Type"] = "text/html" } }
      local client = support.offline(support.transport(answer), { account_sid = account, auth_token = support_token, retry = false })
      local _, err = client.v2.flows(FW):fetch()
      assert.is_nil(err.body:find(shown:sub(30, 50), 1, true), err.body)
    end
  end)

  it("is looked for in a message of megabytes without as much memory again for each byte", function()
    local long = ("%41 "):rep(1024 * 1024)
    local answer = { status = 400, body = studio.encode { code = 1, message = "%73" .. token:sub(2) .. long } }
    local client = support.offline(support.transport(answer), { auth_token = token, retry = false })
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    local _, err = client.v2.flows(FW):fetch()
    local grown = collectgarbage "count" - before
    collectgarbage "restart"
    assert.is_nil(err.message:find("cr/3t", 1, true))
    assert.is_true(grown < 100 * 1024, ("%.0f KiB"):format(grown))
  end)

  it("leaves what is no secret as it was", function()
    for _, err in ipairs(errors_with "100%25 &amp; \\u0041 %zz &#999999; \\") do
      assert.truthy((err.body or err.message):find("100%25 &amp; \\u0041 %zz &#999999; \\", 1, true) or err.body:find("xxxx", 1, true))
    end
  end)

  it("is not shown where on_event raises, which is one line", function()
    local said = child.run [[
      local support = require "spec.support"
      local client = support.offline(support.transport { status = 200, body = "{}" }, {
        auth_token = "s3cr3t-0123456789", on_event = function() error "no: s3cr3t-0123456789\nand no" end,
      })
      client.v2.flows("FW" .. ("0"):rep(32)):fetch()
    ]]
    assert.truthy(said:find("studio: on_event raised: [^\n]*no: %[redacted%] and no\nstatus=0"), said)
  end)
end)

-- Seen: the URL of a journal was handed to the database's library, whose words showed parts of a password that was not percent-encoded; a
-- slip in its scheme, or a connection string, was taken for the name of a file.
describe("The password of a journal", function()
  if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then return end
  local report = require("studio.executions").report
  local has_driver = pcall(require, "luasql.postgres")

  for target, words in pairs {
    ["postgresql://u:Pa55%word@127.0.0.1:1/db"] = "must have '%' written as %25", ["postgresql://u:Pa55@word@h/db"] = "percent-encoded",
    ["postgresql://u:Pa55/word@h/db"] = "percent-encoded", ["postgres://u:Pa55?word@h/db"] = "percent-encoded",
    ["postgresql://u:Pa55 word@h/db"] = "blanks", ["postgresq://u:Pa55word@h/db"] = "begins with postgresql://",
    [" postgresql://u:Pa55word@h/db"] = "begins with postgresql://", ["postgresql:/u:Pa55word@h/db"] = "begins with postgresql://",
    ["postgresql:u:Pa55word@h/db"] = "begins with postgresql://", ["POSTGRESQL://u:Pa55word@h/db"] = "begins with postgresql://",
    ["host=127.0.0.1 port=1 password=Pa55word"] = "begins with postgresql://",
  } do
    it("is not shown: " .. target, function()
      local _, err = report(target)
      assert.equal("argument", err.kind)
      assert.truthy(err.message:find(words, 1, true), err.message)
      assert.is_nil(err.message:find("55", 1, true), err.message)
      local file = io.open(target, "rb")
      if file then file:close() end
      assert.is_nil(file)
    end)
  end

  it("is not shown in the words of the database's library", function()
    if not has_driver then return pending "luasql.postgres is not there" end
    for _, target in ipairs {
      "postgresql://u:Pa55@127.0.0.1:x1/db", "postgresql://u:Pa55@127.0.0.1:1/db",
      "postgresql://127.0.0.1:1/db?user=u&password=Pa55%zzword",
    } do
      local _, err = report(target)
      assert.equal("argument", err.kind)
      assert.is_nil(err.message:find("Pa55", 1, true), err.message)
    end
  end)
end)
