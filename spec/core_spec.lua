--- The transfers of the C module against servers that answer byte by byte: what goes out, what comes in, and what is refused.
local child = require "spec.child"
local core = require "studio.core"

local server, multi

-- A finished transfer. `options`: method, target, headers, body, timeout; and those of the multi handle.
local function exchange(options)
  options = options or {}
  multi = multi or core.multi {
    connect_timeout = 5, max_response_bytes = options.max_response_bytes or 4096, user_agent = options.user_agent, proxy = options.proxy,
    no_proxy = options.no_proxy,
  }
  local transfer = multi:transfer()
  local headers = core.headers(options.headers or { "Accept", "application/json" })
  assert(transfer:start(options.method or "GET", options.origin or server.origin, options.target or "/x", headers, options.body,
    options.timeout or 5))
  repeat multi:step(5) until transfer:done()
  return transfer
end

-- What a server logs of each whole request: its head, with a bar for each line break.
local logged = [[
  while true do
    local request = connection:request()
    if not request then return end
    connection:log("head " .. request.head:gsub("\n", "|"))
    connection:answer("{}", "Set-Cookie: a=b; Path=/\r\n")
  end]]

local function serve(scenario) server = child.server(scenario) end

after_each(function()
  if multi then multi:close() end
  if server then server:stop() end
  multi, server = nil, nil
end)

local function heads()
  local found = {}
  for _, line in ipairs(server:log()) do
    local head = line:match("^head (.*) %d+$")
    if head then found[#found + 1] = head end
  end
  return found
end

describe("A request on the wire", function()
  it("has the method, target, header lines and body that were given, and nothing but what HTTP adds", function()
    serve(logged)
    assert.are.equal(200, exchange {
      method = "POST", target = "/a/%2F?b=%C3%a9&c", headers = { "X-One", "1, 2", "X-Empty", "" }, body = "A=b&C=d", user_agent = "me/1",
    }:outcome())
    local port = server.port
    assert.are.same({
      "POST /a/%2F?b=%C3%a9&c HTTP/1.1|Host: 127.0.0.1:" .. port .. "|Accept: */*|X-One: 1, 2|X-Empty:|Accept-Encoding: "
      .. "gzip|User-Agent: me/1|Content-Length: 7|Content-Type: application/x-www-form-urlencoded",
    }, heads())
    assert.are.equal(1, server:count("^request 1 POST %S+ A=b&C=d$"))
  end)

  it("is the same first and on a kept connection, whatever came before", function()
    serve(logged)
    local targets = {
      "/a", "/a?b", "/a?", "/", "/a/../b/./c", "/%7e", "//x/y", "/a?b?c", "/a;b=c@d:e", "/?", "/%2F%2f?%C3%c3", "/?a=/../b",
    }
    for _, target in ipairs(targets) do
      assert.are.equal(200, exchange { target = target }:outcome())
      multi:close()
      multi = nil
    end
    for _, target in ipairs(targets) do
      assert.are.equal(200, exchange { target = target }:outcome())
    end
    for index = 1, #targets do targets[#targets + 1] = targets[index] end
    local seen = {}
    for _, head in ipairs(heads()) do seen[#seen + 1] = head:match("^GET (%S+) ") end
    assert.are.same(targets, seen)
    assert.are.equal(#targets / 2 + 1, server:count("^connection"))
  end)

  it("changes method and body freely on one transfer", function()
    serve(logged)
    multi = core.multi { connect_timeout = 5, max_response_bytes = 4096 }
    local transfer, headers = multi:transfer(), core.headers { "Accept", "application/json" }
    local sequence = {
      { "GET" }, { "POST", "a=b" }, { "DELETE" }, { "POST", "" }, { "HEAD" }, { "POST" }, { "GET" }, { "PUT", ("x"):rep(70000) }, { "GET" },
      { "PATCH", "c" }, { "POST", "a=b" }, { "OPTIONS" },
    }
    local expected = {}
    for index, step in ipairs(sequence) do
      if step[1] ~= "HEAD" then
        assert(transfer:start(step[1], server.origin, "/" .. index, headers, step[2], 5))
        repeat multi:step(5) until transfer:done()
        assert.are.equal(200, transfer:outcome())
        expected[#expected + 1] = ("request 1 %s /%d %s"):format(step[1], index, step[2] or "")
        transfer:reset()
      end
    end
    local seen = {}
    for _, line in ipairs(server:log()) do
      if line:find("^request") then seen[#seen + 1] = line end
    end
    assert.are.same(expected, seen)
    for _, head in ipairs(heads()) do
      assert.is_nil(head:find("Expect", 1, true), head)
      assert.are.equal(head:find("^P") ~= nil, head:find("Content-Length", 1, true) ~= nil, head)
    end
  end)

  it("sends no cookie back", function()
    serve(logged)
    exchange()
    exchange()
    for _, head in ipairs(heads()) do assert.is_nil(head:lower():find("cookie", 1, true)) end
    assert.are.equal(2, #heads())
  end)

  it("is refused where a character would end a line or be lost, on the first use of an origin and on later ones", function()
    serve(logged)
    local headers = core.headers { "Accept", "application/json" }
    exchange()
    local transfer = multi:transfer()
    for _ = 1, 2 do
      for byte = 0, 255 do
        local text = string.char(byte)
        if not text:find("[!-~]") or text == "#" then
          assert.has_error(function() transfer:start("GET", server.origin, "/a" .. text .. "b", headers) end)
          assert.has_error(function() transfer:start("GET", server.origin, "/a?b" .. text, headers) end)
        end
        if not text:find("[%w!#$%%&'*+%-.^_`|~]") then
          assert.has_error(function() transfer:start("GE" .. text .. "T", server.origin, "/", headers) end)
          assert.has_error(function() core.headers { "X" .. text, "v" } end)
        end
        if text:find("[%z\1-\8\10-\31\127]") then
          assert.has_error(function() core.headers { "X", "v" .. text } end)
          assert.has_error(function() core.multi { connect_timeout = 1, max_response_bytes = 1, user_agent = "v" .. text } end)
        end
      end
      for _, bad in ipairs { "", "x", "?a", "http://127.0.0.1/" } do
        assert.has_error(function() transfer:start("GET", server.origin, bad, headers) end)
      end
      assert.has_error(function() transfer:start("", server.origin, "/", headers) end)
      assert.has_error(function() core.headers { "", "v" } end)
      assert(transfer:start("GET", server.origin, "/fine", headers, nil, 5))
      repeat multi:step(5) until transfer:done()
    end
    assert.are.equal(3, #heads())
  end)

  it("goes to no origin that carries a user, is no URL, or speaks another protocol", function()
    serve(logged)
    multi = core.multi { connect_timeout = 5, max_response_bytes = 4096 }
    local headers = core.headers {}
    for _, origin in ipairs {
      "http://user@127.0.0.1:" .. server.port, "http://user:pass@127.0.0.1:" .. server.port,
      "http://", "http://a b", "http://[::1", "http://a:99999", "",
    } do
      local started, message, name = multi:transfer():start("GET", origin, "/", headers, nil, 5)
      assert.is_nil(started, origin)
      assert.are.equal("the URL is malformed", message)
      assert.are.equal("url", name)
    end
    for _, origin in ipairs { "ftp://127.0.0.1:", "file://", "gopher://127.0.0.1:", "dict://127.0.0.1:" } do
      local transfer = multi:transfer()
      if transfer:start("GET", origin .. (origin:find(":$") and server.port or ""), "/etc/passwd", headers, nil, 5) then
        repeat multi:step(5) until transfer:done()
        local status, _, name, sent = transfer:outcome()
        assert.is_nil(status)
        assert.are.equal("protocol", name)
        assert.is_false(sent)
      end
    end
    assert.are.equal(0, server:count("."))
  end)

  it("asks a proxy for the whole URL, be it named by the option or by the environment, and not where no_proxy says so", function()
    serve(logged)
    for _, target in ipairs { "/a", "/a/../b?c=%C3%c3", "/a" } do
      assert.are.equal(200, exchange { origin = "http://studio.example", target = target, proxy = server.origin, no_proxy = "" }:outcome())
    end
    local expected = { "http://studio.example/a", "http://studio.example/a/../b?c=%C3%c3", "http://studio.example/a" }
    for _, variable in ipairs { "http_proxy", "all_proxy" } do
      local output = child.run([[
        local studio = require "studio"
        for _, origin in ipairs { "http://studio.example", arg[1] } do
          local client = studio.new { base_url = origin, account_sid = "AC1", auth_token = "not-a-real-token", timeout = 5 }
          local answer, err = client:request("GET", "/x?y")
          print(answer and answer.status or err)
        end
      ]], { before = ("-u no_proxy -u NO_PROXY %s=%s no_proxy=127.0.0.1"):format(variable, server.origin), arguments = { server.origin } })
      assert.are.equal("200\n200\nstatus=0\n", output)
      expected[#expected + 1] = "http://studio.example/x?y"
      expected[#expected + 1] = "/x?y"
    end
    local seen = {}
    for _, head in ipairs(heads()) do seen[#seen + 1] = head:match("^GET (%S+) ") end
    assert.are.same(expected, seen)
  end)

  it("opens a proxy's tunnel without the credentials meant for the service", function()
    serve [[
      local request = connection:request()
      connection:log("head " .. request.head:gsub("\n", "|"))
      connection:send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
      connection:close()]]
    local transfer = exchange { origin = "https://studio.example", method = "POST", body = "a=b", proxy = server.origin, no_proxy = "",
      headers = { "Authorization", "Basic c2VjcmV0" } }
    local status, _, _, sent = transfer:outcome()
    assert.is_nil(status)
    assert.is_false(sent)
    assert.are.equal(1, #heads())
    assert.is_truthy(heads()[1]:find("^CONNECT studio.example:443 HTTP/1.1|"))
    assert.is_nil(heads()[1]:find("Authorization", 1, true))
  end)
end)

-- What the server does after it has read the request; what comes out of it: a status, or a failure with its name and partial status.
local hostile = {
  ["closes"] = { "connection:close()", "broken", 0 },
  ["resets the connection"] = { "connection:reset()", "broken", 0 },
  ["says nothing"] = { "connection:bytes(1)", "timeout", 0, timeout = 0.2 },
  ["sends a body without a head (HTTP/0.9)"] = { [[connection:send('{"a":1}') connection:close()]], "protocol", 0 },
  ["sends noise"] = { [[connection:send(("\255\0\1\r\n"):rep(1000)) connection:close()]], "protocol", 0 },
  ["closes in the status line"] = { [[connection:send("HTTP/1.1 20") connection:close()]], "broken", 0 },
  ["closes behind the status line"] = { [[connection:send(OK) connection:close()]], "broken", 200 },
  ["closes in the headers"] = { [[connection:send("HTTP/1.1 204 OK\r\nX: y\r\n") connection:close()]], "broken", 204 },
  ["sends less than promised"] = { [[connection:send(OK .. "Content-Length: 10\r\n\r\n{}") connection:close()]], "broken", 200 },
  ["resets in the body"] = {
    [[connection:send(OK .. "Content-Length: 10\r\n\r\n{}") connection:wait(0.05) connection:reset()]], "broken", 200,
  },
  ["closes in a chunk"] = { [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n5\r\nab") connection:close()]], "broken", 200 },
  ["closes before the last chunk"] = {
    [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n") connection:close()]], "broken", 200,
  },
  ["sends a chunk whose size is none"] = {
    [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n") connection:close()]], "broken", 200,
  },
  ["sends a chunk of more than 2^64 bytes"] = {
    [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n") connection:close()]], "broken", 200,
  },
  ["closes behind 100 Continue"] = { [[connection:send("HTTP/1.1 100 Continue\r\n\r\n") connection:close()]], "broken", 100 },
  ["hints before it answers"] = {
    [[connection:send("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 103 Hints\r\nB: c\r\n\r\n") connection:answer()]], 200,
  },
  ["hints for ever"] = { [[while connection:send(("HTTP/1.1 103 E\r\nX: y\r\n\r\n"):rep(100)) do end]], "head_limit", 103 },
  ["sends headers for ever"] = {
    [[connection:send(OK) while connection:send(("X: " .. ("y"):rep(500) .. "\r\n"):rep(100)) do end]], "head_limit", 200,
  },
  ["sends one header for ever"] = {
    [[connection:send(OK .. "X: ") while connection:send(("y"):rep(50000)) do end]], "head_limit", 200,
  },
  ["sends trailers for ever"] = {
    [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n0\r\n")
    while connection:send(("X: " .. ("y"):rep(500) .. "\r\n"):rep(100)) do end]], "head_limit", 200,
  },
  ["puts a NUL byte into a header"] = { [[connection:send(OK .. "X: a\0b\r\nContent-Length: 2\r\n\r\n{}")]], "protocol", 200 },
  ["sends a header without a colon"] = { [[connection:send(OK .. "nonsense\r\nContent-Length: 2\r\n\r\n{}")]], "protocol", 200 },
  ["promises less than nothing"] = { [[connection:send(OK .. "Content-Length: -1\r\n\r\n{}") connection:close()]], "protocol", 200 },
  ["speaks an unknown version"] = { [[connection:send("HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}")]], "protocol", 0 },
  ["answers with a status of five digits"] = { [[connection:send("HTTP/1.1 20000 OK\r\nContent-Length: 2\r\n\r\n{}")]], "protocol", 0 },
  ["ends the body by closing"] = { [[connection:send("HTTP/1.0 200 OK\r\n\r\n{}") connection:close()]], 200 },
  ["sends gzip that is none"] = {
    [[connection:send(OK .. "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd") connection:close()]], "encoding", 200,
  },
  ["uses an unknown encoding"] = {
    [[connection:send(OK .. "Content-Encoding: x\r\nContent-Length: 4\r\n\r\nabcd") connection:close()]], "encoding", 200,
  },
  ["sends more than the cap, announced"] = {
    [[connection:send(OK .. "Content-Length: 5000\r\n\r\n" .. ("x"):rep(5000)) connection:close()]], "body_limit", 200,
  },
  ["sends for ever"] = { [[connection:send(OK .. "\r\n") while connection:send(("x"):rep(20000)) do end]], "body_limit", 200 },
  ["redirects"] = { [[connection:send("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")]], 302 },
}

describe("A server that", function()
  for what, case in pairs(hostile) do
    for _, method in ipairs { "GET", "POST" } do
      local outcome = type(case[2]) == "number" and "is an answer" or "is an error, and no second request is sent"
      it(("%s after a %s: that %s"):format(what, method, outcome), function()
        serve("connection:request() " .. case[1])
        local transfer = exchange { method = method, body = method == "POST" and "a=b" or nil, timeout = case.timeout }
        local status, message, name, sent, partial = transfer:outcome()
        if type(case[2]) == "number" then
          assert.are.equal(case[2], status)
        else
          assert.is_nil(status)
          assert.are.equal("string", type(message))
          assert.are.equal(case[2], name)
          assert.is_true(sent)
          assert.are.equal(case[3], partial)
        end
        assert.are.equal(1, server:count("^request"))
        assert.are.equal(0, server:count("^error"))
      end)
    end
  end

  it("refuses connections has surely not been sent anything, even where an earlier request was", function()
    serve "connection:request() connection:answer('{}', 'Connection: close\\r\\n')"
    multi = core.multi { connect_timeout = 5, max_response_bytes = 4096 }
    local transfer, headers = multi:transfer(), core.headers {}
    for attempt = 1, 2 do
      assert(transfer:start("POST", server.origin, "/", headers, "a=b", 5))
      repeat multi:step(5) until transfer:done()
      local status, _, name, sent, partial = transfer:outcome()
      if attempt == 1 then
        assert.are.equal(200, status)
        server:stop()
      else
        assert.is_nil(status)
        assert.are.equal("connect", name)
        assert.is_false(sent)
        assert.are.equal(0, partial)
      end
    end
  end)

  it("sends one more answer than it was asked for does not have it taken for the next one", function()
    for _, pause in ipairs { "", "connection:wait(0.05)" } do
      serve([[
        connection:request()
        connection:send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\"first\"") ]] .. pause .. [[
        connection:send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\"forged\"")
        connection:log("forged")
        connection:request()]])
      assert.are.equal('"first"', exchange():body())
      assert.is_true(server:wait("^forged 1"))
      assert.are.equal('"first"', exchange():body())
      assert.are.equal(2, server:count("^connection"))
      multi:close()
      server:stop()
      multi = nil
    end
  end)
end)

describe("An answer", function()
  it("is measured after decompression", function()
    serve [[
      connection:request()
      local file = io.popen("head -c 3000000 /dev/zero | gzip -9")
      local packed = file:read("*a")
      file:close()
      connection:answer(packed, "Content-Encoding: gzip\r\n")]]
    local status, message, name, sent, partial = exchange { max_response_bytes = 2999999 }:outcome()
    assert.is_nil(status)
    assert.are.equal("the body is longer than max_response_bytes", message)
    assert.are.same({ "body_limit", true, 200 }, { name, sent, partial })
    multi:close()
    multi = nil
    local transfer = exchange { max_response_bytes = 3000000 }
    assert.are.equal(200, transfer:outcome())
    assert.are.equal(3000000, transfer:size())
  end)

  it("of exactly the cap is whole, with any cap", function()
    serve "while connection:request() do connection:answer(('x'):rep(100)) end"
    for _, cap in ipairs { 100, 101, 2 ^ 40, 2 ^ 70, math.huge } do
      assert.are.equal(200, exchange { max_response_bytes = cap }:outcome())
      multi:close()
      multi = nil
    end
    for _, cap in ipairs { 99, 1, 0 } do
      assert.are.equal("body_limit", (select(3, exchange { max_response_bytes = cap }:outcome())))
      multi:close()
      multi = nil
    end
    for _, bad in ipairs { -1, 0 / 0, -math.huge } do
      assert.has_error(function() core.multi { connect_timeout = 1, max_response_bytes = bad } end)
      assert.has_error(function() core.multi { connect_timeout = bad, max_response_bytes = 1 } end)
    end
  end)

  it("gives its headers by name in any case, the answer's own and not those of a hint; repeated ones joined", function()
    serve [[
      connection:request()
      connection:send("HTTP/1.1 103 Hint: it\r\nX-One: hint\r\n\r\nHTTP/1.1 200 Fine: it is\r\nX-One:  1 \t\r\nx-two: a:b\r\n"
        .. "X-Two:\r\nX-TWO: c\r\n folded: line\r\nX-Long: " .. ("y"):rep(5000) .. "\r\nContent-Length: 2\r\n\r\n{}")]]
    local transfer = exchange()
    local headers = transfer:headers()
    -- libcurl 8 puts one blank where a line goes on in the next.
    assert.are.equal("a:b, , c folded: line", (headers["x-two"]:gsub(" +", " ")))
    headers["x-two"] = nil
    assert.are.same({ ["x-one"] = "1", ["x-long"] = ("y"):rep(5000), ["content-length"] = "2" }, headers)
    assert.are.equal("1", transfer:header("x-OnE"))
    assert.are.equal("a:b", transfer:header("X-Two"))
    for _, name in ipairs { "X-On", "X-One2", "", "HTTP/1.1 200 Fine", " folded" } do assert.is_nil(transfer:header(name)) end
  end)

  it("gives as much of its body as is asked for", function()
    serve "while connection:request() do connection:answer('abc\\0def') end"
    local transfer = exchange()
    assert.are.equal("abc\0def", transfer:body())
    for most, length in pairs { [0] = 0, [-1] = 0, [-1e300] = 0, [3] = 3, [3.9] = 3, [7] = 7, [8] = 7, [1e300] = 7 } do
      assert.are.equal(("abc\0def"):sub(1, length), transfer:body(most))
    end
    assert.are.equal(7, transfer:size())
    assert.is_true(transfer:seconds() > 0)
    assert.are.equal("1.1", transfer:http_version())
  end)
end)
