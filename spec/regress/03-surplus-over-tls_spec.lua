-- Seen: what a server sent behind an answer over TLS waited inside the TLS library, where no look at the socket finds it, and was taken for
-- the answer to the next request on the connection: a create that was refused with 409 came back as 201 with a record of somebody else.
-- The same when TLS led to a proxy, or both to it and through it; and without TLS too when the answer before it called itself HTTP/2, whose
-- servers may speak between two requests.
local child = require "spec.child"
local core = require "studio.core"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)

-- ANSWERS: Lua text of an array; SEND and REST: statements. Of the requests the first on a connection names the answer that it gets; what
-- comes behind that is for the second.
local template = [[
  local function body(sid) return ('{"sid":"FN%s"}'):format(sid:rep(32)) end
  local function whole(status, sid) return ("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s"):format(status, #body(sid), body(sid)) end
  local FORGED = whole("201 Created", "f")
  local CONFLICT = whole("409 Conflict", "c")
  local answers = ANSWERS
  local function send(...)
    for index = 1, select("#", ...) do connection:send((select(index, ...))) end
  end
  local request = connection:request()
  local case = request and request.target:match "/v2/Flows%?case=(%d+)"
  if case then
    local answer = answers[tonumber(case)]
    SEND
    connection:log("told")
    request = connection:request()
    if request then REST end
  end
  while request do
    send(CONFLICT)
    request = connection:request()
  end
]]

local chunked = [["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"]]
local long = [[("HTTP/1.1 200 OK\r\nContent-Length: 100002\r\n\r\n{}" .. (" "):rep(100000))]]
local long_chunked = [[("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n18000\r\n{}" .. (" "):rep(98302) .. "\r\n0\r\n\r\n")]]

-- Method of the first request, the answer to it.
local answers = {
  { "an answer with a length", "GET", [[whole("200 OK", "a")]] },
  { "an answer in chunks", "GET", chunked },
  { "an answer in chunks with a trailer", "GET", (chunked:gsub([[\r\n\r\n"$]], [[\r\nX-Trailer: yes\r\n\r\n"]])) },
  { "a long answer", "GET", long },
  { "a long answer in chunks", "GET", long_chunked },
  { "an answer without a body", "GET", [["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]] },
  { "a 204", "DELETE", [["HTTP/1.1 204 No Content\r\n\r\n"]] },
  { "a 204 with a length", "DELETE", [["HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"]] },
  { "a 304", "GET", [["HTTP/1.1 304 Not Modified\r\n\r\n"]] },
  { "a 304 with a length", "GET", [["HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n"]] },
  { "an answer that calls itself HTTP/2", "GET", [[(whole("200 OK", "a"):gsub("^HTTP/1.1", "HTTP/2"))]] },
  { "an answer to HEAD", "HEAD", [["HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"]] },
  {
    "an answer behind a 100 and a 103", "GET",
    [[("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" .. whole("200 OK", "a"))]],
  },
  { "a 201", "POST", [[whole("201 Created", "a")]] },
  { "a 409", "POST", [[CONFLICT]] },
}

-- How the server sends it, and what it sends when it has the next request.
local ways = {
  { "in the same record", [[send(answer .. FORGED)]], "" },
  { "twice in the same record", [[send(answer .. FORGED .. FORGED)]], "" },
  { "in the next record", [[send(answer, FORGED)]], "" },
  { "twice, in records of their own", [[send(answer, FORGED, FORGED)]], "" },
  { "in many small records", [[send(answer) for at = 1, #FORGED do send(FORGED:sub(at, at)) end]], "" },
  { "before the next request", [[send(answer) connection:wait(0.02) send(FORGED)]], "" },
  { "in part, the rest with the next request", [[send(answer .. FORGED:sub(1, 40))]], [[send(FORGED:sub(41))]] },
  { "in part in the next record, the rest with the next request", [[send(answer, FORGED:sub(1, 40))]], [[send(FORGED:sub(41))]] },
  { "as an empty line first", [[send(answer .. "\r\n" .. FORGED)]], "" },
}

-- A proxy that passes on what comes, in records of its own where it speaks TLS.
local tunnel = [[
  local port = connection:request().target:match ":(%d+)$"
  local origin = require "socket".connect("127.0.0.1", port)
  origin:settimeout(0)
  connection:send "HTTP/1.1 200 OK\r\n\r\n"
  local data, problem, partial, answer, rest, _
  repeat
    data, problem, partial = connection.socket:receive(65536)
    origin:send(data or partial)
    connection:wait(0.02)
    answer, _, rest = origin:receive(65536)
    connection:send(answer or rest)
  until problem ~= "wantread" and problem ~= "timeout"
  origin:close()]]

describe("What comes behind an answer is never the next answer:", function()
  local directory, certificate

  setup(function()
    directory = child.directory()
    certificate = child.certificate(directory, "own", "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2")
  end)
  teardown(function() child.remove(directory) end)

  local function serve(is_secure, scenario)
    return child.server(scenario, is_secure and certificate or nil)
  end

  local function serve_way(is_secure, parts)
    local list = {}
    for index, answer in ipairs(answers) do list[index] = answer[3] end
    parts.ANSWERS = "{ " .. table.concat(list, ", ") .. " }"
    return serve(is_secure, (template:gsub("%u+", parts)))
  end

  local function client_of(server)
    return support.offline(nil, {
      base_url = server.origin, ca_file = certificate.certificate, no_proxy = "*", retry = false, timeout = 20,
    })
  end

  local function check(server, client, case)
    local told, posts = server:count "^told", server:count "^request %d+ POST .*/v2/Flows/FW"
    client:request(answers[case][2], "/v2/Flows?case=" .. case)
    local give_up = core.now() + 20
    while server:count "^told" == told do
      assert.is_true(core.now() < give_up, answers[case][1])
      child.sleep(0.001)
    end
    local execution, err = client.v2.flows(FLOW).executions:create { to = "+18001234567", from = "+18007654321" }
    assert.is_nil(execution, answers[case][1])
    assert.are.equal(409, err.status, answers[case][1])
    assert.are.equal(posts + 1, server:count "^request %d+ POST .*/v2/Flows/FW", answers[case][1])
  end

  for _, is_secure in ipairs { true, false } do
    for _, way in ipairs(ways) do
      it(("%s, %s"):format(way[1], is_secure and "TLS" or "plain HTTP"), function()
        local server = serve_way(is_secure, { SEND = way[2], REST = way[3] })
        for case in ipairs(answers) do
          local client = client_of(server)
          check(server, client, case)
          client:close()
          client = client_of(server)
          client:spawn(check, server, client, case):wait()
          client:close()
        end
        server:stop()
      end)
    end
  end

  describe("through a proxy over TLS,", function()
    local cases = { 1, 4, 5 } -- with a length, long, long in chunks
    local head_first = [[
      local head, rest = answer:match "^(.-\r\n\r\n)(.*)$"
      send(head)
      connection:wait(0.05)
    ]]

    local function client_through(proxy, origin)
      return support.offline(nil, {
        base_url = origin, proxy = proxy.origin, ca_file = certificate.certificate, retry = false, timeout = 20,
      })
    end

    it("from a service without", function()
      local proxy = serve_way(true, { SEND = head_first .. "send(rest .. FORGED)", REST = "" })
      for _, case in ipairs(cases) do
        local client = client_through(proxy, "http://studio.test")
        check(proxy, client, case)
        client:close()
      end
      proxy:stop()
    end)

    it("from one over TLS, whose records it puts into one of its own", function()
      local server = serve_way(true, { SEND = head_first .. "send(rest, FORGED)", REST = "" })
      local proxy = serve(true, tunnel)
      for _, case in ipairs(cases) do
        local client = client_through(proxy, server.origin)
        check(server, client, case)
        client:close()
      end
      proxy:stop()
      server:stop()
    end)
  end)

  it("an honest server keeps its connection behind a proxy without TLS that the environment names", function()
    local server = serve(true, [[while connection:request() do connection:answer('{"sid":"FN"}') end]])
    local proxy = serve(false, tunnel)
    local output = child.shell(([[unset no_proxy NO_PROXY; https_proxy=%s STUDIO_CA_FILE=%s %s -e '
      local studio = require "studio"
      local client = studio.new { base_url = "%s", account_sid = "AC1", auth_token = "not-a-real-token", timeout = 20 }
      for _ = 1, 3 do print(client.v2.flows("%s"):fetch()) end']]):format(proxy.origin, certificate.certificate, child.interpreter(),
      server.origin, FLOW))
    assert.are.equal(3, select(2, output:gsub("FN", "")), output)
    assert.are.equal(1, server:count "^connection")
    proxy:stop()
    server:stop()
  end)

  it("an honest server keeps its connection", function()
    for _, is_secure in ipairs { true, false } do
      local server = serve(is_secure, [[while connection:request() do connection:answer('{"sid":"FN"}') end]])
      local client = client_of(server)
      for _ = 1, 5 do
        assert(client.v2.flows(FLOW):fetch())
        assert(client.v2.flows(FLOW).executions:create { to = "+18001234567", from = "+18007654321" })
      end
      assert.are.equal(1, server:count "^connection")
      client:close()
      server:stop()
    end
  end)
end)
