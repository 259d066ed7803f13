-- long
--- Connections: kept ones that their servers have closed, TLS, broken pipes, name servers that do not answer.
local child = require "spec.child"
local core = require "studio.core"

local quote, shell = child.quote, child.shell

local function new_multi(options)
  local all = { connect_timeout = 5, max_response_bytes = 1e6, no_proxy = "*" }
  for name, value in pairs(options or {}) do all[name] = value end
  return core.multi(all)
end

local function exchange(multi, origin, method, body)
  local transfer = multi:transfer()
  assert(transfer:start(method or "GET", origin, "/", core.headers {}, body, 5))
  repeat multi:step(5) until transfer:done()
  return transfer:outcome()
end

local kinds = { { "GET" }, { "DELETE" }, { "POST", "a=b" }, { "POST", "" }, { "POST", ("x"):rep(50000) } }

local function name_of(kind)
  return ("%s with %s"):format(kind[1], kind[2] and #kind[2] .. " bytes of body" or "no body")
end

describe("A kept connection", function()
  for _, descriptor in ipairs { false, true } do
    for _, kind in ipairs(kinds) do
      local how = name_of(kind) .. (descriptor and ", driven by the descriptor" or "")

      it("that the server closed in time is not used for a " .. how, function()
        local server = child.server "connection:request() connection:answer() connection:close() connection:log('closed')"
        local multi = new_multi()
        if descriptor then multi:pollfd() end
        for number = 1, 3 do
          assert.are.equal(200, (exchange(multi, server.origin, kind[1], kind[2])))
          assert.is_true(server:wait("^closed " .. number))
        end
        assert.are.equal(3, server:count "^connection")
        multi:close()
        server:stop()
      end)

      it("whose server said goodbye with a 408 is not used for a " .. how, function()
        local server = child.server [[
          connection:request()
          connection:answer()
          connection:wait(0.02)
          connection:send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
          connection:close()
          connection:log("closed")]]
        local multi = new_multi()
        if descriptor then multi:pollfd() end
        for number = 1, 3 do
          assert.are.equal(200, (exchange(multi, server.origin, kind[1], kind[2])))
          assert.is_true(server:wait("^closed " .. number))
        end
        multi:close()
        server:stop()
      end)

      it("that the server closes instead of an answer is an error, and the request is not repeated: " .. how, function()
        local server = child.server [[
          connection:request()
          connection:answer()
          connection:request()
          connection:close()]]
        local multi = new_multi()
        if descriptor then multi:pollfd() end
        assert.are.equal(200, (exchange(multi, server.origin)))
        local status, _, name, sent, partial = exchange(multi, server.origin, kind[1], kind[2])
        assert.is_nil(status)
        assert.are.same({ "stale", true, 0 }, { name, sent, partial })
        assert.are.equal(200, (exchange(multi, server.origin)))
        assert.are.equal(3, server:count "^request")
        multi:close()
        server:stop()
      end)
    end
  end

end)

describe("Over TLS", function()
  local directory, good

  setup(function()
    directory = child.directory()
    good = child.certificate(directory, "good", "-days 30 -subj /CN=good -addext subjectAltName=IP:127.0.0.1")
  end)
  teardown(function() child.remove(directory) end)

  local function serve(options)
    local all = { certificate = good.certificate, key = good.key }
    for name, value in pairs(options) do all[name] = value end
    return child.tls_server(all)
  end

  for _, http2 in ipairs { false, true } do
    for _, descriptor in ipairs { false, true } do
      local how = (http2 and "HTTP/2" or "HTTP/1.1") .. (descriptor and ", driven by the descriptor" or "")
      it("a kept connection that the server closed in time is not used for another request (" .. how .. ")", function()
        local server = serve { http2 = http2, keepalive = "50ms" }
        local multi = new_multi { ca_file = good.certificate }
        if descriptor then multi:pollfd() end
        local count = 0
        for _, kind in ipairs(kinds) do
          for _ = 1, 2 do
            assert.are.equal(200, (exchange(multi, server.origin, kind[1], kind[2])))
            count = count + 1
            assert.is_true(server:wait_for_close())
          end
        end
        -- Several at once leave several behind; none of them is used.
        local transfers = {}
        for _ = 1, 2 do
          for index = 1, 5 do
            transfers[index] = multi:transfer()
            assert(transfers[index]:start("POST", server.origin, "/", core.headers {}, "a=b", 5))
          end
          for index = 1, 5 do
            repeat multi:step(5) until transfers[index]:done()
            assert.are.equal(200, (transfers[index]:outcome()))
            count = count + 1
          end
          assert.is_true(server:wait_for_close())
        end
        multi:close()
        server:wait("^request")
        assert.are.equal(count, server:count "^request")
        assert.are.equal(count, server:count(http2 and "HTTP/2.0$" or "HTTP/1.1$"))
        server:stop()
      end)
    end
  end

  it("one connection serves many requests, and HTTP/2 is spoken where it is offered", function()
    for _, http2 in ipairs { false, true } do
      local server = serve { http2 = http2 }
      local multi = new_multi { ca_file = good.certificate }
      local transfer = multi:transfer()
      for _ = 1, 20 do
        assert(transfer:start("POST", server.origin, "/", core.headers {}, "a=b", 5))
        repeat multi:step(5) until transfer:done()
        assert.are.equal(200, transfer:outcome())
        assert.are.equal(http2 and "2" or "1.1", transfer:http_version())
      end
      multi:close()
      local connections = {}
      for _, line in ipairs(server:log()) do connections[line:match("^request (%d+)")] = true end
      assert.is_nil(next(connections, (next(connections))))
      server:stop()
    end
  end)

  -- What an HTTP/2 server does on the stream of a request that it fails.
  local failures = {
    refuse = "send(frames.RST_STREAM, 0, stream, frames.word(frames.REFUSED_STREAM))",
    fail = "send(frames.RST_STREAM, 0, stream, frames.word(frames.INTERNAL_ERROR))",
    cancel = "send(frames.RST_STREAM, 0, stream, frames.word(frames.CANCEL))",
    leave = "send(frames.GOAWAY, 0, 0, frames.word(0) .. frames.word(frames.NO_ERROR))",
    ["answer half and fail"] = [[
      send(frames.HEADERS, frames.END_HEADERS, stream, frames.fields { status = 200 })
      send(frames.DATA, 0, stream, "{")
      send(frames.RST_STREAM, 0, stream, frames.word(frames.INTERNAL_ERROR))]],
  }

  -- It answers `warm` requests, 0 or 1, and fails the next.
  local function failing_server(warm, failure)
    return child.server(([[
      local send, first, connection, frames = ...
      local function fail(stream)
        connection.answer_next = nil
        %s
      end
      if %d == 0 then return fail(first) end
      connection.answer_next = fail
      send(frames.HEADERS, frames.END_HEADERS, first, frames.fields { status = 200 })
      send(frames.DATA, frames.END_STREAM, first, "{}")]]):format(failure, warm), good, true)
  end

  -- libcurl itself would repeat the requests of refused streams, and those that a connection lost on its way down.
  for action, failure in pairs(failures) do
    for _, warm in ipairs { 0, 1 } do
      it(("a server that does '%s' to request %d over HTTP/2 gets no request twice"):format(action, warm + 1), function()
        local server
        finally(function() if server then server:stop() end end)
        for _, kind in ipairs { { "GET" }, { "POST", "a=b" }, { "POST", "" } } do
          server = failing_server(warm, failure)
          local multi = new_multi { ca_file = good.certificate }
          for _ = 1, warm do assert.are.equal(200, (exchange(multi, server.origin, kind[1], kind[2]))) end
          local status, message, name, sent = exchange(multi, server.origin, kind[1], kind[2])
          assert.is_nil(status)
          assert.is_truthy(name == "stale" or name == "broken", message)
          assert.is_true(sent)
          multi:close()
          server:finish()
          assert.are.equal(warm + 1, server:count "^request")
          server:stop()
        end
      end)
    end
  end

  local function refused(server, options, expected)
    local multi = new_multi(options)
    for _, kind in ipairs { { "GET" }, { "POST", "a=b" } } do
      local status, message, name, sent = exchange(multi, server.origin, kind[1], kind[2])
      assert.is_nil(status)
      assert.are.same({ expected, false }, { name, sent }, message)
    end
    multi:close()
    assert.are.equal(0, server:count "^request")
  end

  it("a certificate that nobody vouches for is refused before anything is sent", function()
    local server = serve {}
    local other = child.certificate(directory, "other", "-days 30 -subj /CN=other -addext subjectAltName=IP:127.0.0.1")
    refused(server, {}, "certificate")
    refused(server, { ca_file = other.certificate }, "certificate")
    refused(server, { ca_file = "/nonexistent" }, "certificate")
    refused(server, { ca_file = "/dev/null" }, "certificate")
    server:stop()
  end)

  it("a certificate for another name is refused before anything is sent", function()
    for index, name in ipairs { "DNS:other.example", "IP:127.0.0.2", "DNS:127.0.0.1", "DNS:*" } do
      local wrong = child.certificate(directory, "wrong" .. index, "-days 30 -subj /CN=127.0.0.1 -addext subjectAltName=" .. quote(name))
      local server = serve(wrong)
      refused(server, { ca_file = wrong.certificate }, "certificate")
      server:stop()
    end
  end)

  it("a certificate that has expired is refused before anything is sent", function()
    shell(("cd %s && openssl req -newkey rsa:2048 -nodes -subj /CN=old -keyout old.key -out old.csr"):format(quote(directory)))
    local config = assert(io.open(directory .. "/ca.conf", "w"))
    config:write("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n",
      "[p]\ncommonName=supplied\n[e]\nsubjectAltName=IP:127.0.0.1\n")
    config:close()
    local output = shell(([[cd %s && : >index && echo 01 >serial && openssl ca -batch -selfsign -config ca.conf -extensions e \
      -keyfile old.key -in old.csr -out old.pem -startdate 20200101000000Z -enddate 20200201000000Z]]):format(quote(directory)))
    assert.is_truthy(output:find("[Dd]ata ?[Bb]ase [Uu]pdated"), output)
    local server = serve { certificate = directory .. "/old.pem", key = directory .. "/old.key" }
    refused(server, { ca_file = directory .. "/old.pem" }, "certificate")
    server:stop()
  end)

  it("nothing older than TLS 1.2 is offered, even where the system's settings would allow it", function()
    local config = assert(io.open(directory .. "/weak.cnf", "w"))
    config:write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n",
      "[c]\nMinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0\n")
    config:close()
    -- The versions that a ClientHello offers are its extension 43 (RFC 8446 §4.2.1).
    local server = child.server [[
      local record = connection:bytes(5)
      local hello = connection:bytes(record:byte(4) * 256 + record:byte(5))
      local at = 5 + 34
      at = at + 1 + hello:byte(at)
      at = at + 2 + hello:byte(at) * 256 + hello:byte(at + 1)
      at = at + 1 + hello:byte(at) + 2
      while at < #hello do
        local kind, length = hello:byte(at) * 256 + hello:byte(at + 1), hello:byte(at + 2) * 256 + hello:byte(at + 3)
        if kind == 43 then
          local versions = {}
          for index = at + 5, at + 3 + length, 2 do versions[#versions + 1] = ("%d.%d"):format(hello:byte(index, index + 1)) end
          connection:log("versions " .. table.concat(versions, " "))
        end
        at = at + 4 + length
      end
      connection:close()]]
    local output = child.run([[
      local core = require "studio.core"
      local multi = core.multi { connect_timeout = 5, max_response_bytes = 1000, no_proxy = "*" }
      local transfer = multi:transfer()
      assert(transfer:start("GET", arg[1], "/", core.headers {}, nil, 5))
      repeat multi:step(5) until transfer:done()
      print(select(3, transfer:outcome()))
    ]], { before = "OPENSSL_CONF=" .. quote(directory .. "/weak.cnf"), arguments = { (server.origin:gsub("^http", "https")) } })
    assert.are.equal("tls\tfalse\t0\nstatus=0\n", output)
    assert.are.equal(1, server:count "^versions 3.4 3.3 1$")
    server:stop()
  end)
end)

describe("A peer that closes while it is written to", function()
  for _, tls in ipairs { false, true } do
    it("does not kill a program whose SIGPIPE kills (" .. (tls and "TLS" or "plain") .. ")", function()
      local directory = child.directory()
      local certificate = child.certificate(directory, "c", "-days 30 -subj /CN=c -addext subjectAltName=IP:127.0.0.1")
      local server
      if tls then
        server = child.tls_server { certificate = certificate.certificate, key = certificate.key, more = "client_max_body_size 1k;" }
      else
        server = child.server "connection:bytes(1000) connection:close()"
      end
      local output = child.run([[
        local core = require "studio.core"
        local multi = core.multi { connect_timeout = 5, max_response_bytes = 10000, ca_file = arg[2], no_proxy = "*" }
        local body = ("x"):rep(4000000) -- more than the buffers between two sockets hold
        for round = 1, 20 do
          if round == 11 then multi:pollfd() end
          local transfer = multi:transfer()
          assert(transfer:start("POST", arg[1], "/", core.headers {}, body, 20))
          repeat multi:step(5) until transfer:done()
        end
        print "alive"
      ]], { before = "--default-signal=PIPE", arguments = { server.origin, certificate.certificate } })
      assert.are.equal("alive\nstatus=0\n", output)
      server:stop()
      child.remove(directory)
    end)
  end
end)

describe("A signal", function()
  it("ends a wait, so that the program can look at it, and harms nothing in flight", function()
    local directory, cpath = child.posix()
    local server = child.server "connection:request() connection:wait(0.6) connection:answer()"
    for _, how in ipairs { "", "multi:pollfd()" } do
      local output = child.run([[
        local core, posix = require "studio.core", require "test_posix"
        local multi = core.multi { connect_timeout = 5, max_response_bytes = 1000, no_proxy = "*" }
        ]] .. how .. [[
        posix.catch_alarm()
        local transfer = multi:transfer()
        assert(transfer:start("GET", arg[1], "/", core.headers {}, nil, 20))
        posix.alarm_each(0.1)
        repeat multi:step(10) until posix.alarms() > 0
        print(transfer:done())
        repeat multi:step(20) until transfer:done()
        print(transfer:outcome())
      ]], { cpath = cpath, arguments = { server.origin } })
      assert.are.equal("false\n200\nstatus=0\n", output)
    end
    server:stop()
    child.remove(directory)
  end)
end)

describe("A name server that does not answer", function()
  it("holds up neither a timeout, nor a cancel, nor the end of the program", function()
    local directory = child.directory()
    local file = assert(io.open(directory .. "/slow.c", "w"))
    file:write [[
      #define _GNU_SOURCE
      #include <netdb.h>
      #include <unistd.h>
      int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
      {
        (void)name; (void)service; (void)hints; (void)found;
        sleep(20);
        return EAI_AGAIN;
      }
    ]]
    file:close()
    assert.are.equal("", shell(("cc -shared -fPIC -o %s/slow.so %s/slow.c"):format(quote(directory), quote(directory))))
    local output = child.run([[
      local core = require "studio.core"
      local started = core.now()
      local multi = core.multi { connect_timeout = 5, max_response_bytes = 1000, no_proxy = "*" }
      local transfers = {}
      for index = 1, 4 do
        transfers[index] = multi:transfer()
        assert(transfers[index]:start("GET", "http://a.invalid:1", "/", core.headers {}, nil, 0.1))
        multi:step(0)
      end
      transfers[2]:cancel()
      transfers[3]:close()
      repeat multi:step(5) until transfers[1]:done()
      print(select(3, transfers[1]:outcome()))
      multi:close()
      print(core.now() - started < 10)
    ]], { before = "LD_PRELOAD=" .. quote((os.getenv("LD_PRELOAD") or "") .. ":" .. directory .. "/slow.so") })
    assert.are.equal("timeout\tfalse\t0\ntrue\nstatus=0\n", output)
    child.remove(directory)
  end)
end)
