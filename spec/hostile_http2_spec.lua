-- Answers over HTTP/2 that no honest service gives: frames and header fields that break the rules, floods, a connection that leads nowhere.
-- What HTTP/2 shares with HTTP/1.1 is in hostile_spec; refused and failed streams are in connection_spec, faults of every phase in
-- faults_spec.
local child = require "spec.child"
local libcurl = require "spec.libcurl"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)
local QUICK = 0.3 -- seconds, where nothing but the timeout ends it

-- What a scenario has; see spec/servers/h2.lua. Fields are written without Huffman codes and without a place in the table.
local prelude = [[
  local send, stream, connection, frames = ...
  local OPEN, WHOLE = frames.END_HEADERS, frames.END_HEADERS + frames.END_STREAM -- headers with a body to come, and with none
  local function text(value)
    if #value < 127 then return string.char(#value) .. value end
    local rest = #value - 127
    return string.char(127, rest % 128 + 128, math.floor(rest / 128)) .. value
  end
  local function field(name, value) return "\0" .. text(name) .. text(value) end
  local function head(status, more) return send(frames.HEADERS, OPEN, stream, field(":status", status) .. (more or "")) end
  local function body(value) return send(frames.DATA, frames.END_STREAM, stream, value or "{}") end
]]

describe("Over HTTP/2", function()
  local directory, certificate

  setup(function()
    directory = child.directory()
    certificate = child.certificate(directory, "own", "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2")
  end)
  teardown(function() child.remove(directory) end)

  local function serve(scenario)
    return child.server(prelude .. scenario, certificate, true)
  end

  local function client_of(server, options)
    local all = {
      base_url = "https://127.0.0.1:" .. server.port, ca_file = certificate.certificate, no_proxy = "*", max_response_bytes = 1000000,
      retry = { base = 0.001 },
    }
    for name, value in pairs(options or {}) do all[name] = value end
    return support.offline(nil, all)
  end

  local calls = {
    GET = function(flow, options) return flow:fetch(nil, options) end,
    POST = function(flow, options) return flow.executions:create({ to = "+18001234567", from = "+18007654321" }, options) end,
  }

  -- A row: title, answer, kind of the error (or "ok"), its status. `newer`, `deaf`: see spec/libcurl.lua. `floods`: the server does nothing
  -- else any more.
  local function check(whole_row)
    for method, call in pairs(calls) do
      local row = whole_row
      local server = serve(row[2])
      local client = client_of(server)
      local timeout = (row[3] == "timeout" or libcurl.is_deaf and row.deaf) and QUICK or 20
      local value, err = call(client.v1.flows(FLOW), { retry = false, timeout = timeout })
      row = libcurl.row(row, err and err.kind or "ok")
      if row[3] == "ok" then
        assert.is_nil(err)
      else
        assert.is_nil(value)
        assert.are.equal(row[3], err.kind, tostring(err))
        assert.are.equal(row[4], err.status)
        assert.are.equal(row[4] and true, err.sent)
        assert.are.equal(method == "GET" and row[3] ~= "limit" and row[3] ~= "decode", err.retryable)
        assert.is_nil(tostring(err):find("%c"))
      end
      assert.are.equal(1, server:count("^request"))
      if not row.floods then assert.are.equal("honest", assert(client.v1.flows(FLOW):fetch()).sid) end
      client:close()
      assert.are.equal(0, server:count("^error"), table.concat(server:log(), "\n"))
      server:stop()
    end
  end

  for _, row in ipairs {
    { "an answer without a status", [[send(frames.HEADERS, WHOLE, stream, field("x", "y"))]], "transport" },
    { "a status of letters", [[head("abc") body()]], "transport" },
    { "a status of two digits", [[head("99") body()]], "transport" },
    { "a status of four digits", [[head("1000") body()]], "transport" },
    { "a status of 000", [[head("000") body()]], "transport" },
    { "two statuses", [[head("200", field(":status", "404")) body()]], "transport" },
    { "a status behind other fields", [[send(frames.HEADERS, WHOLE, stream, field("x", "y") .. field(":status", "200"))]], "transport" },
    { "a switch of protocols", [[head("101") body()]], "transport" },
    { "a hint that ends the answer", [[send(frames.HEADERS, WHOLE, stream, field(":status", "103"))]], "transport" },
    { "a name in capitals", [[head("200", field("X-Y", "z")) body()]], "transport" },
    { "a line break in a name", [[head("200", field("x\r\ntwilio-request-id", "RQ1")) body()]], "transport" },
    { "a line break in a value", [[head("200", field("x", "y\r\ncontent-length: 3")) body()]], "transport" },
    { "a NUL byte in a value", [[head("200", field("x", "y\0")) body()]], "transport" },
    { "fields of HTTP/1.1", [[head("200", field("transfer-encoding", "chunked")) body()]], "transport" },
    { "fields of a request", [[head("200", field(":path", "/")) body()]], "transport" },
    { "a body longer than its length", [[head("200", field("content-length", "2")) body('{"sid":"forged"}')]], "transport", 200 },
    { "a body shorter than its length", [[head("200", field("content-length", "20")) body('{"sid":"forged"}')]], "transport", 200 },
    { "two lengths", [[head("200", field("content-length", "2") .. field("content-length", "16")) body('{"sid":"forged"}')]], "transport" },
    { "a negative length", [[head("200", field("content-length", "-2")) body('{"sid":"forged"}')]], "transport" },
    { "a body behind a 204", [[head("204") body()]], "transport", 204 },
    { "a second head", [[head("200") head("200") body()]], "transport", 200 },
    { "a status in the trailers",
      [[head("200") send(frames.DATA, 0, stream, "{}") send(frames.HEADERS, WHOLE, stream, field(":status", "404"))]], "transport", 200 },
    { "a body before its head", "body()", "transport", deaf = { "timeout" } },
    { "an answer on a stream of the server's", [[send(frames.HEADERS, OPEN, 2, field(":status", "200"))]], "transport",
      deaf = { "timeout" } },
    { "an index of a field that is not there", [[send(frames.HEADERS, OPEN, stream, "\255\255\255\15")]], "transport",
      deaf = { "timeout" } },
    { "a number without an end", [[send(frames.HEADERS, OPEN, stream, ("\255"):rep(100))]], "transport", deaf = { "timeout" } },
    { "settings that are none", [[send(frames.SETTINGS, 0, 0, "\0\5\255")]], "transport", deaf = { "timeout" } },
    { "settings out of range", [[send(frames.SETTINGS, 0, 0, "\0\5\255\255\255\255")]], "transport", deaf = { "timeout" } },
    { "an answer of HTTP/1.1", [[connection:send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]], "transport", deaf = { "timeout" } },
    { "settings that ask for a table of 4 GB", [[send(frames.SETTINGS, 0, 0, "\0\1\255\255\255\255") head("200") body()]], "ok" },
    { "a body behind the end", [[head("200") body() body('{"sid":"forged"}')]], "ok" },
    { "a push that nobody allowed", [[head("200") send(frames.PUSH_PROMISE, OPEN, stream, "\0\0\0\2" .. field(":status", "200"))]],
      "decode", 200, newer = { "transport", 200 }, deaf = { "timeout", 200 } },
    { "a frame longer than allowed", [[head("200") body((" "):rep(16385))]], "decode", 200,
      newer = { "transport", 200 }, deaf = { "timeout", 200 } },
    { "a window that overflows", [[head("200") for _ = 1, 2 do send(frames.WINDOW_UPDATE, 0, 0, "\127\255\255\255") end]],
      "decode", 200, newer = { "transport", 200 }, deaf = { "timeout", 200 } },
    { "continued headers without an end",
      [[send(frames.HEADERS, 0, stream, field(":status", "200"))
      while send(frames.CONTINUATION, 0, stream, field("x", "y"):rep(1000)) do end]],
      "transport", newer = { "limit" }, floods = true },
    { "empty continuations without an end",
      [[send(frames.HEADERS, 0, stream, field(":status", "200")) while send(frames.CONTINUATION, 0, stream, "") do end]],
      "transport", floods = true },
    { "one long field, named ten thousand times",
      [[head("200", "\64" .. field("x", ("y"):rep(4000)):sub(2) .. ("\190"):rep(10000)) body()]],
      "transport", newer = { "limit" }, floods = true },
    { "hints without an end", [[while head("103", field("x", ("y"):rep(1000))) do end]],
      "transport", newer = { "limit" }, floods = true },
    { "a body without an end", [[head("200") while send(frames.DATA, 0, stream, ("x"):rep(16384)) do end]], "limit", 200, floods = true },
    -- libcurl 7.88 looks at no clock while there is more to read that is not for the program: these come no faster than they are read.
    { "a body of nothing without an end", [[head("200") while send(frames.DATA, 0, stream, "") do connection:wait(0.002) end]],
      "timeout", 200, floods = true },
    { "pings without an end", [[head("200") while send(frames.PING, 0, 0, "12345678") do connection:wait(0.002) end]],
      "timeout", 200, floods = true },
    { "unknown frames without an end", [[head("200") while send(99, 0, 0, ("x"):rep(1000)) do connection:wait(0.002) end]],
      "timeout", 200, floods = true },
  } do
    it(("%s: %s"):format(row[1], row[3] == "ok" and "the answer is read" or "an error of kind " .. row[3]), function() check(row) end)
  end

  it("a connection that has led nowhere is left after a timeout", function()
    local server = serve "connection:wait(60)"
    local client = client_of(server)
    local value, err = client.v1.flows(FLOW):fetch(nil, { retry = false, timeout = QUICK })
    assert.is_nil(value)
    assert.are.equal("timeout", err.kind)
    for _ = 1, 3 do assert.are.equal("honest", assert(client.v1.flows(FLOW):fetch()).sid) end
    assert.are.equal(2, server:count("^connection"))
    assert.are.equal(4, server:count("^request"))
    client:close()
    server:stop()
  end)

  -- What the server sent before hides from libcurl that it has ended the connection: all of a burst has to take another.
  for _, is_polled in ipairs { false, true } do
    it("a connection that its server ended takes nothing of a burst" .. (is_polled and ", driven by the descriptor" or ""), function()
      local server = serve [[
        head("200") body '{"sid":"first"}'
        connection:wait(0.1)
        for _ = 1, 8 do send(frames.PING, 0, 0, "12345678") end
        connection.end_ours()
        connection:log "ended"]]
      local client = client_of(server, { retry = false })
      if is_polled then client:pollfd() end
      assert.are.equal("first", assert(client.v1.flows(FLOW):fetch()).sid)
      assert.is_true(server:wait("^ended"))
      for _, execution, err in client:map({ 1, 2, 3, 4, 5, 6 }, function() return calls.POST(client.v1.flows(FLOW)) end) do
        assert.is_nil(err)
        assert.are.equal("honest", execution.sid)
      end
      assert.are.equal(1, server:count("^request 1 "))
      assert.are.equal(6, server:count("^request [2-9] "))
      client:close()
      server:stop()
    end)
  end

  it("what else is in flight on a connection that is left is waited for, and new calls take another", function()
    -- The first request is never answered, the second one late.
    local server = serve [[
      connection.answer_next = function(later)
        connection.answer_next = nil
        connection:wait(1)
        send(frames.HEADERS, OPEN, later, field(":status", "200"))
        send(frames.DATA, frames.END_STREAM, later, '{"sid":"late"}')
      end]]
    local client = client_of(server, { retry = false })
    local flow = client.v1.flows(FLOW)
    local silent = client:spawn(function() return flow:fetch(nil, { timeout = QUICK }) end)
    local late = client:spawn(function() return flow:fetch(nil, { timeout = 20 }) end)
    local value, err = silent:wait()
    assert.is_nil(value)
    assert.are.equal("timeout", err.kind)
    assert.are.equal("honest", assert(flow:fetch()).sid)
    assert.are.equal("late", assert(late:wait()).sid)
    -- It did lead somewhere, so it is one of two that may be used again.
    for _ = 1, 3 do assert(flow:fetch()) end
    assert.are.equal(2, server:count("^connection"))
    client:close()
    server:stop()
  end)
end)
