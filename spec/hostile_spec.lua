-- long
-- Answers that no honest service gives, byte by byte over real sockets: what the caller gets, what it costs, that the next call is well.
-- The rest is elsewhere: page URLs and redirects of a fetch in origins_spec, malformed pages in paging_spec, the grammar of JSON in
-- json_spec, Retry-After in retry_spec, bodies of a wrong type in errors_spec, floods and cuts below the client in core_spec, silence in
-- deadline_spec, faults of every phase in faults_spec.
local child = require "spec.child"
local libcurl = require "spec.libcurl"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)
local LIMIT = 1000000
local QUICK = 0.3 -- seconds, where nothing but the timeout ends it
local HOSTILE = { ["X-Hostile"] = "1" }

-- Memory ------------------------------------------------------------------------------------------------------------------------

-- Sanitizers and valgrind keep memory in ways of their own, and look after it themselves.
local is_measured = not os.getenv("LD_PRELOAD")

local function peak()
  local file = assert(io.open("/proc/self/status", "r"))
  local text = file:read("*a")
  file:close()
  return tonumber(text:match("VmHWM:%s*(%d+) kB")) * 1024
end

-- The most memory that `work` had, over what there was before.
local function grown(work)
  collectgarbage()
  local file = io.open("/proc/self/clear_refs", "w")
  if file then
    file:write("5")
    file:close()
  end
  local before = peak()
  work()
  return peak() - before
end

-- One hostile answer and an honest one ------------------------------------------------------------------------------------------

-- A request that says so gets the row's answer, any other an honest one. `hostile` returns true when the connection is gone.
local scenario = [[
  local request
  local function close() connection:close() return true end
  local function hostile() %s end
  repeat
    request = connection:request()
    if not request then return end
    if not request.headers["x-hostile"] then connection:answer('{"sid":"honest"}')
    elseif hostile() then return end
  until false]]

local calls = {
  GET = function(flow) return flow:fetch(nil, { headers = HOSTILE }) end,
  POST = function(flow) return flow.executions:create({ to = "+18001234567", from = "+18007654321" }, { headers = HOSTILE }) end,
  DELETE = function(flow) return flow:delete(nil, { headers = HOSTILE }) end,
}

-- Numbers of the connections that requests came on.
local function connections_of(server)
  local numbers = {}
  for _, line in ipairs(server:log()) do numbers[#numbers + 1] = tonumber(line:match("^request (%d+)")) end
  return numbers
end

local function check_error(row, method, err)
  local repeatable = method ~= "POST" and (err.kind == "transport" or err.kind == "timeout")
  assert.are.equal(row[3], err.kind, tostring(err))
  assert.are.equal(row[4], err.status)
  -- A status line that came whole is an answer, whatever came behind it.
  assert.are.equal(row[4] and true, err.sent)
  assert.are.equal(repeatable, err.retryable)
  assert.are.equal(method, err.method)
  assert.are.equal(1, err.attempts)
  assert.is_true(#err.message > 0 and #err.message < 300, err.message)
  assert.is_nil(tostring(err):find("%c"))
  for _, misleading in ipairs { "[Mm]emory", "disk", "libcurl function" } do assert.is_nil(err.message:find(misleading), err.message) end
  if row.message then assert.is_truthy(err.message:find(row.message), err.message) end
end

local function check_value(row, method, value, err)
  if method == "DELETE" and value then
    assert.is_true(value)
    assert.is_truthy(row[3] == "ok" or row.message, "of a delete the status says all, but what breaks the framing is no answer")
  elseif row[3] == "ok" then
    assert.is_nil(err)
    assert.are.equal(row[4], value.sid)
  else
    assert.is_nil(value)
    check_error(row, method, err)
  end
end

-- One call of each method. A row: title, answer, kind of the error (or "ok"), status of the error (or the SID of the value). `newer` and
-- `deaf`: see spec/libcurl.lua. `fresh`: the connection must not be used again. `sends_more`: the next call waits until the server says
-- that it has sent more.
local function check(whole_row)
  local server = child.server(scenario:format(whole_row[2]))
  for _, method in ipairs { "GET", "POST", whole_row[3] ~= "timeout" and "DELETE" or nil } do
    local row = whole_row
    local call = calls[method]
    local timeout = row.timeout or (libcurl.is_deaf and row.deaf and QUICK) or 20
    local client = support.offline(nil, {
      base_url = server.origin, no_proxy = "*", retry = false, max_response_bytes = LIMIT, timeout = timeout,
    })
    local before, value, err = #connections_of(server), nil, nil
    local memory = grown(function() value, err = call(client.v1.flows(FLOW)) end)
    row = libcurl.row(row, err and err.kind or "ok")
    check_value(row, method, value, err)
    if is_measured then assert.is_true(memory < (row.memory or 8) * 2 ^ 20, memory) end
    if row.sends_more then assert.is_true(server:wait("^sent more " .. connections_of(server)[before + 1])) end
    assert.are.equal("honest", assert(client.v1.flows(FLOW):fetch()).sid)
    local numbers = connections_of(server)
    assert.are.equal(before + 2, #numbers, "each request was sent once")
    if row.fresh then assert.are_not.equal(numbers[before + 1], numbers[before + 2]) end
    client:close()
  end
  assert.are.equal(0, server:count("^error"), table.concat(server:log(), "\n"))
  server:stop()
end

local function describe_rows(title, rows)
  describe(title, function()
    for _, row in ipairs(rows) do
      local outcome = row[3] == "ok" and "is read" or ("is an error of kind %s"):format(row[3])
      it(("%s %s, and the next call is well"):format(row[1], outcome), function() check(row) end)
    end
  end)
end

local forged = [['{"sid":"forged"}']]
local forged_answer = [["HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n" .. ]] .. forged

-- The length of the body ----------------------------------------------------------------------------------------------------------

describe_rows("A body", {
  { "that is longer than its Content-Length, at once,", [[connection:send(OK .. "Content-Length: 2\r\n\r\n{}" .. ]] .. forged .. ")",
    "ok", nil, fresh = true },
  { "that is longer than its Content-Length, by a whole answer that comes later,",
    [[connection:send(OK .. "Content-Length: 2\r\n\r\n{}") connection:wait(0.05) connection:send(]] .. forged_answer
      .. [[) connection:log("sent more")]], "ok", nil, fresh = true, sends_more = true },
  { "in chunks with a whole answer behind the last,",
    [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" .. ]] .. forged_answer .. ")", "ok", nil },
  { "in chunks with a whole answer that comes later",
    [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n") connection:wait(0.05) connection:send(]]
      .. forged_answer .. [[) connection:log("sent more")]], "ok", nil, fresh = true, sends_more = true },
  { "that ends before its Content-Length while the connection stays", [[connection:send(OK .. "Content-Length: 200\r\n\r\n{}")]],
    "timeout", 200, timeout = QUICK, fresh = true },
  { "of a Content-Length alone, as if to a HEAD,", [[connection:send(OK .. "Content-Length: 16\r\n\r\n")]],
    "timeout", 200, timeout = QUICK, fresh = true },
  { "of a petabyte, announced,", [[connection:send(OK .. "Content-Length: 1000000000000000\r\n\r\n{}")]],
    "timeout", 200, timeout = QUICK, fresh = true },
  { "of 2^63 - 1 bytes, announced,", [[connection:send(OK .. "Content-Length: 9223372036854775807\r\n\r\n{}") return close()]],
    "transport", 200, fresh = true },
  { "in chunks, with a Content-Length beside them that says less,",
    [[connection:send(OK .. "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" .. ]] .. forged .. [[ .. "\r\n0\r\n\r\n")]],
    "ok", "forged" },
  { "in chunks, with a Content-Length behind that says more,",
    [[connection:send(OK .. "Transfer-Encoding: chunked\r\nContent-Length: 300\r\n\r\n10\r\n" .. ]] .. forged .. [[ .. "\r\n0\r\n\r\n")]],
    "ok", "forged" },
  { "of two lengths that agree", [[connection:send(OK .. "Content-Length: 2\r\ncontent-length: 2, 02\r\n\r\n{}")]], "ok", nil },
  { "in a transfer coding that nobody knows", [[connection:send(OK .. "Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n\r\n{}")]],
    "decode", 200, fresh = true, deaf = { "ok", nil, fresh = false } },
  { "whose chunk has a negative size", [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n")]],
    "transport", 200, fresh = true },
  { "whose chunk is longer than its size", [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX\r\n0\r\n\r\n")]],
    "transport", 200, fresh = true },
  { "whose chunk has a size of zeros without end",
    [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n") while connection:send(("0"):rep(20000)) do end]],
    "transport", 200, fresh = true },
  { "of HTTP/1.0 that a reset ends",
    [[connection:send("HTTP/1.0 200 OK\r\n\r\n" .. ]] .. forged .. [[) connection:wait(0.05) connection:reset() return true]],
    "transport", 200, fresh = true },
})

local lengths = {}
for _, lines in ipairs {
  "-5", "two", "0x10", "+2", "2.0", "2 2", "2;2", "18446744073709551618", "9223372036854775808", ("9"):rep(400), "2, 16", "16, 2",
  "2,", ",2", "2\r\nContent-Length: 16", "16\r\ncontent-length: 2", "2\r\nX: y\r\nCONTENT-LENGTH: 3",
} do
  local shown = lines:gsub("\r\n", " | ")
  lengths[#lengths + 1] = {
    ("with Content-Length: %s"):format(#shown > 60 and shown:sub(1, 60) .. "…" or shown),
    ("connection:send(OK .. %q .. %s)"):format("Content-Length: " .. lines .. "\r\n\r\n", forged), "transport", 200, fresh = true,
  }
end
describe_rows("An answer that leaves open where it ends,", lengths)

describe_rows("A body that must not be there", {
  { "behind a 204", [[connection:send("HTTP/1.1 204 No Content\r\nContent-Length: 16\r\n\r\n" .. ]] .. forged .. ")",
    "decode", 204, message = "empty" },
  { "behind a 204, in the form of an answer,", [[connection:send("HTTP/1.1 204 No Content\r\n\r\n" .. ]] .. forged_answer .. ")",
    "decode", 204, message = "empty" },
  { "behind a 204, later,", [[connection:send("HTTP/1.1 204 No Content\r\n\r\n") connection:wait(0.05) connection:send(]] .. forged_answer
    .. [[) connection:log("sent more")]], "decode", 204, message = "empty", fresh = true, sends_more = true },
  { "behind a 204, in chunks,",
    [[connection:send("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" .. ]] .. forged .. [[ .. "\r\n0\r\n\r\n")]],
    "decode", 204, message = "empty" },
  { "behind a 304", [[connection:send("HTTP/1.1 304 Not Modified\r\nContent-Length: 16\r\n\r\n" .. ]] .. forged .. ")",
    "http", 304, message = "304" },
})

-- Endless things ------------------------------------------------------------------------------------------------------------------

describe_rows("What has no end:", {
  { "a body in chunks", [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n")
    while connection:send("4000\r\n" .. ("x"):rep(0x4000) .. "\r\n") do end]], "limit", 200, fresh = true },
  { "a body without a length", [[connection:send("HTTP/1.0 200 OK\r\n\r\n") while connection:send((" "):rep(0x4000)) do end]],
    "limit", 200, fresh = true },
  { "a body behind an error's status", [[connection:send("HTTP/1.1 500 No\r\n\r\n") while connection:send(("x"):rep(0x4000)) do end]],
    "limit", 500, fresh = true },
  { "a body that trickles", [[connection:send(OK .. "\r\n") while connection:send(" ") do connection:wait(0.01) end]],
    "timeout", 200, timeout = QUICK, fresh = true },
  { "chunks that trickle", [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n")
    while connection:send("1\r\n \r\n") do connection:wait(0.01) end]], "timeout", 200, timeout = QUICK, fresh = true },
  { "headers that trickle", [[connection:send(OK) while connection:send("X: y\r\n") do connection:wait(0.01) end]],
    "timeout", 200, timeout = QUICK, fresh = true },
  { "a status line that trickles", [[connection:send("HTTP/1.1 200 ") while connection:send("O") do connection:wait(0.01) end]],
    "timeout", nil, timeout = QUICK, fresh = true },
  { "102 Processing that trickles", [[while connection:send("HTTP/1.1 102 Processing\r\n\r\n") do connection:wait(0.01) end]],
    "timeout", nil, timeout = QUICK, fresh = true },
  { "100 Continue", [[while connection:send(("HTTP/1.1 100 Continue\r\n\r\n"):rep(1000)) do end]], "limit", nil, fresh = true },
  { "the extension of a chunk", [[connection:send(OK .. "Transfer-Encoding: chunked\r\n\r\n2;")
    while connection:send(("x"):rep(20000)) do end]], "timeout", 200, timeout = QUICK, fresh = true },
  { "compressed blocks of nothing", [[connection:send(OK .. "Content-Encoding: gzip\r\n\r\n\31\139\8\0\0\0\0\0\0\3")
    while connection:send(("\0\0\0\255\255"):rep(4000)) do end]], "timeout", 200, timeout = QUICK, fresh = true },
  { "the file name in a gzip", [[connection:send(OK .. "Content-Encoding: gzip\r\n\r\n\31\139\8\8\0\0\0\0\0\3")
    while connection:send(("n"):rep(40000)) do end]], "timeout", 200, timeout = QUICK, fresh = true },
  { "a body behind 101 Switching Protocols",
    [[connection:send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n") connection:answer()]],
    "timeout", nil, timeout = QUICK, fresh = true },
})

-- Compression -----------------------------------------------------------------------------------------------------------------------

-- What 20,000,000 zeros become.
local function packed(program)
  return ([[
    local command = "head -c 20000000 /dev/zero | %s"
    packed = packed or {}
    if not packed[command] then
      local pipe = io.popen(command)
      packed[command] = pipe:read("*a")
      pipe:close()
    end
    local bomb = packed[command] ]]):format(program)
end

local function coded(coding) return ([[connection:answer(bomb, "Content-Encoding: %s\r\n")]]):format(coding) end

local small = [[local pipe = io.popen("printf '{\"sid\":\"a\"}' | gzip -9") local bomb = pipe:read("*a") pipe:close() ]]

-- A frame of blocks that say: this byte, 131,072 times. The first number is the logarithm of the memory that it asks for, less 10.
local function zstd(window)
  return ([[local bomb = "\40\181\47\253\0" .. string.char(%d * 8) .. string.char(2, 0, 16, 65):rep(800) ]]):format(window)
end

-- Written by Node's zlib.brotliCompressSync of 100,000,000 zeros.
local brotli = [[local bomb = ("cbffff3f002400e2b14072effff8ffff078004401c1680eefd1fffffff00900088c302d0bdffe3ffff1f001200715800baf7"
  .. "7ffcffff034002200e0b40f7fe8fffff7f004800c46101e8defff1ffff0f000980382c00ddfb3ffeffff012001108705a07bffc7ffff3f002400e2b00074eff"
  .. "ff8ffff078004401c1680eefd1fffffff00900088c302d0bdffcb7ff03a001200715800bad875")
  :gsub("..", function(byte) return string.char(tonumber(byte, 16)) end) ]]

describe_rows("A bomb", {
  { "of gzip", packed("gzip -9") .. coded("gzip"), "limit", 200, fresh = true },
  { "of x-gzip", packed("gzip -9") .. coded("x-gzip"), "limit", 200, fresh = true },
  { "of raw deflate", packed("gzip -9") .. "bomb = bomb:sub(11, -9) " .. coded("deflate"), "limit", 200, fresh = true },
  { "of gzip as a transfer coding", packed("gzip -9")
    .. [[connection:send(OK .. "Transfer-Encoding: gzip, chunked\r\n\r\n" .. ("%x\r\n"):format(#bomb) .. bomb .. "\r\n0\r\n\r\n")]],
    "limit", 200, newer = { "decode", 200 }, deaf = { "timeout", 200 }, fresh = true },
  { "behind an error's status", packed("gzip -9")
    .. [[connection:send("HTTP/1.1 400 Bad\r\nContent-Encoding: gzip\r\nContent-Length: " .. #bomb .. "\r\n\r\n" .. bomb)]],
    "limit", 400, fresh = true },
  { "in a bomb", packed("gzip -9 | gzip -9") .. coded("gzip, gzip"), "limit", 200, fresh = true },
  { "in a bomb, in two header lines", packed("gzip -9 | gzip -9") .. coded("gzip\\r\\nContent-Encoding: gzip"), "limit", 200,
    fresh = true },
  { "five deep", packed("gzip -9 | gzip -9 | gzip -9 | gzip -9 | gzip -9") .. coded("gzip, gzip, gzip, gzip, gzip"), "limit", 200,
    newer = { "decode", 200 }, fresh = true },
  { "of nineteen thousand layers", [[connection:answer("x", "Content-Encoding: " .. ("gzip,"):rep(19000) .. "gzip\r\n")]],
    "decode", 200, fresh = true },
})

describe("A bomb of a coding that libcurl may know", function()
  for coding, bomb in pairs { br = brotli, zstd = zstd(7), ["zstd that wants 128 MiB to unpack"] = zstd(17) } do
    local name = coding:match("%w+")
    it(("of %s is stopped at the limit where it is known, and refused where it is not"):format(coding), function()
      -- Nobody asked for it; a libcurl that knows it undoes it all the same.
      local pipe = io.popen("curl --version")
      local known = pipe:read("*a"):lower():find((name:gsub("^br$", "brotli")), 1, true)
      pipe:close()
      check { coding, bomb .. coded(name), known and "limit" or "decode", 200, fresh = true }
    end)
  end
end)

describe_rows("A compressed body", {
  { "with bytes behind its end", small .. [[bomb = bomb .. ("x"):rep(1000) ]] .. coded("gzip"), "decode", 200, fresh = true },
  { "with another behind it", small .. "bomb = bomb .. bomb " .. coded("gzip"), "decode", 200, fresh = true },
  { "whose sum is wrong", small .. [[bomb = bomb:sub(1, -9) .. ("\0"):rep(8) ]] .. coded("gzip"), "decode", 200, fresh = true },
  { "that breaks off", small .. "bomb = bomb:sub(1, -12) " .. coded("gzip"), "decode", 200, message = "not JSON" },
  { "of nothing", [[local bomb = "" ]] .. coded("gzip"), "decode", 200, message = "empty" },
  { "of zstd that wants 2 TiB to unpack", zstd(31) .. coded("zstd"), "decode", 200, fresh = true },
})

-- Status lines and headers ------------------------------------------------------------------------------------------------------------

local statuses = {}
for _, line in ipairs {
  "HTTP/1.1 000 Zero", "HTTP/1.1 099 Ninety-nine", "HTTP/1.1 1000 Thousand", "HTTP/1.1 20 Twenty", "HTTP/1.1 -200 OK", "HTTP/1.1 2x0 OK",
  "HTTP/1.1  OK", "HTTP/1.1", "HTTP/1.10 200 OK", "HTTP/1.2 200 OK", "HTTP/3 200 OK", "HTTP/0.9 200 OK", "HTTP/ 200 OK", "HTTP/1.1\t200 OK",
  "ICY 200 OK", "RTSP/1.0 200 OK", "200 OK", "\r\n\r\nHTTP/1.1 200 OK", "\239\187\191HTTP/1.1 200 OK", "\22\3\1\0\2\2\40", "GET / HTTP/1.1",
  "HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK",
} do
  statuses[#statuses + 1] = {
    "(" .. line:gsub("[%c\127-\255]", "?") .. ")", ("connection:send(%q .. %q)"):format(line, "\r\nContent-Length: 2\r\n\r\n{}"),
    "transport", nil, fresh = true,
  }
end
describe_rows("The status line", statuses)

describe_rows("An odd status line", {
  { "(600)", [[connection:send("HTTP/1.1 600 Six\r\nContent-Length: 2\r\n\r\n{}")]], "http", 600 },
  { "(999)", [[connection:send("HTTP/1.1 999 Nine\r\nContent-Length: 2\r\n\r\n{}")]], "http", 999 },
  { "(199, and an answer behind it)", [[connection:send("HTTP/1.1 199 Odd\r\n\r\n") connection:answer('{"sid":"a"}')]], "ok", "a" },
  { "(a reason of control characters)", [[connection:send("HTTP/1.1 400 \27[31m\7\r\nContent-Length: 0\r\n\r\n")]], "http", 400 },
  { "(a NUL byte in the reason)", [[connection:send("HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\n{}")]], "transport", fresh = true },
  { "(two of them)",
    [[connection:send("HTTP/1.1 200 OK\r\nHTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}")]], "transport", 200, fresh = true },
  { "(200,000 bytes)", [[connection:send("HTTP/1.1 200 " .. ("y"):rep(200000) .. "\r\nContent-Length: 2\r\n\r\n{}")]],
    "limit", nil, fresh = true },
  { "(ended by CR alone, as all lines)", [[connection:send("HTTP/1.1 200 OK\rContent-Length: 2\r\r{}")]],
    "timeout", nil, timeout = QUICK, fresh = true },
  { "(ended by LF alone, as all lines)", [[connection:send("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}")]], "ok", nil },
})

describe_rows("Headers", {
  { "with a NUL byte in a name", [[connection:send(OK .. "X\0: a\r\nContent-Length: 2\r\n\r\n{}")]], "transport", 200, fresh = true },
  { "that begin with the continuation of nothing", [[connection:send(OK .. " X: a\r\nContent-Length: 2\r\n\r\n{}")]],
    "transport", 200, newer = { "ok", fresh = false }, fresh = true },
  { "with a length behind a bare CR",
    [[connection:send(OK .. "X: a\rContent-Length: 5\r\nContent-Length: 16\r\n\r\n" .. ]] .. forged .. ")",
    "ok", "forged", newer = { "transport", 200, fresh = true } },
  { "with a length in a folded line", [[connection:send(OK .. "X: a\r\n Content-Length: 5\r\nContent-Length: 16\r\n\r\n" .. ]] .. forged
    .. ")", "ok", "forged" },
  { "with a name of no letters", [[connection:send(OK .. ": a\r\nContent-Length: 16\r\n\r\n" .. ]] .. forged .. ")", "ok", "forged" },
  { "with bytes that are no ASCII", [[connection:send(OK .. "X\233: \233\255\r\nContent-Length: 16\r\n\r\n" .. ]] .. forged .. ")",
    "ok", "forged" },
  { "of which one is 200,000 bytes long", [[connection:send(OK .. "X: " .. ("y"):rep(200000) .. "\r\nContent-Length: 2\r\n\r\n{}")]],
    "limit", 200, fresh = true },
  { "of which one is 90,000 bytes long",
    [[connection:send(OK .. "X: " .. ("y"):rep(90000) .. "\r\nContent-Length: 16\r\n\r\n" .. ]] .. forged .. ")", "ok", "forged" },
  { "of 300,000 bytes in short lines", [[connection:send(OK .. ("X: y\r\n"):rep(50000) .. "Content-Length: 2\r\n\r\n{}")]],
    "limit", 200, fresh = true },
  { "of two types", [[connection:send(OK .. "Content-Type: text/html\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]],
    "decode", 200, message = "text/html" },
  { "with a type of 90,000 bytes", [[connection:send(OK .. "Content-Type: " .. ("y"):rep(90000) .. "\r\nContent-Length: 2\r\n\r\n{}")]],
    "decode", 200, message = "JSON is due" },
  { "with a wrong charset around UTF-8",
    [[connection:answer('{"sid":"\195\169"}', "Content-Type: application/json; charset=utf-16\r\n")]], "ok", "\195\169" },
})

-- JSON --------------------------------------------------------------------------------------------------------------------------------

local texts = {}
for title, text in pairs {
  ["100,000 arrays deep"] = [[("["):rep(100000)]], ["400,000 arrays deep, closed"] = [[("["):rep(400000) .. ("]"):rep(400000)]],
  ["100,000 objects deep"] = [[('{"a":'):rep(100000)]],
  ["513 deep in a field"] = [['{"sid":"a","context":' .. ("["):rep(512) .. ("]"):rep(512) .. "}"]],
  ["with a number of 900,000 digits"] = [['{"sid":' .. ("9"):rep(900000) .. "}"]],
  ["in UTF-16 with a byte order mark"] = [["\255\254{\0}\0"]],
  ["in UTF-16"] = [["\0{\0}"]],
  ["in UTF-32"] = [["\0\0\0{\0\0\0}"]], ["in UTF-7"] = [["+AHsAfQ-"]], ["with bytes that are no UTF-8"] = [['{"sid":"\255"}']],
  ["with a NUL byte in an overlong form"] = [['{"sid":"\192\128"}']],
  ["with a surrogate in UTF-8, cut"] = [['{"sid":"\237\160"}']],
  ["with a NUL byte behind it"] = [["{}\0"]], ["with another behind it"] = [['{"sid":"a"}{"sid":"b"}']],
  ["as a script"] = [['cb({"sid":"a"})']],
  ["behind a guard"] = [[")]}'," .. '\n{"sid":"a"}']], ["with a comment"] = [['{"sid":"a"/**/}']],
} do
  texts[#texts + 1] = { title, "connection:answer(" .. text .. ")", "decode", 200, message = "not JSON" }
end
describe_rows("JSON", texts)

describe_rows("JSON", {
  { "511 arrays deep in a field",
    [[connection:answer('{"sid":"a","context":' .. ("["):rep(511) .. ("]"):rep(511) .. "}")]], "ok", "a" },
  { "with a field four times", [[connection:answer('{"sid":"a","sid":null,"\\u0073id":"b","sid":"c"}')]], "ok", "c" },
  { "with names that mean something to Lua",
    [[connection:answer('{"sid":"a","__index":1,"__gc":2,"__metatable":3,"__tostring":4,"fetch":5,"":6}')]], "ok", "a" },
  -- As Lua tables it takes thirty times its own size, and no more.
  { "of 300,000 empty arrays",
    [[connection:answer('{"sid":"a","context":[' .. ("[],"):rep(300000) .. "[]" .. ']}')]], "ok", "a", memory = 48 },
  { "of 60,000 names",
    [[local list = {} for index = 1, 60000 do list[index] = ('"k%d":1'):format(index) end
    connection:answer('{"sid":"a",' .. table.concat(list, ",") .. "}")]], "ok", "a", memory = 24 },
})

-- Answers before their time -----------------------------------------------------------------------------------------------------------

-- The head of the request has been read, its body has not: a close is a RST then, and where it arrives before the answer was read the
-- answer is lost (`overtaken`).
local early = {
  { "an error, and reads no further", [[connection:send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}") connection:wait(30)]],
    "http", 413 },
  { "an error, and ends its side",
    [[connection:send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}") connection:cut()]],
    "http", 413 },
  { "an error, and closes",
    [[connection:send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}") connection:close()]],
    "http", 413, overtaken = true },
  { "a success, and reads no further", [[connection:send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") connection:wait(30)]],
    "timeout", 200 },
  { "a success, and closes", [[connection:send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") connection:close()]],
    "transport", 200, overtaken = true },
  { "nothing, and resets", "connection:reset()", "transport", nil },
}

describe("A server that has not read a large POST and answers with", function()
  for _, row in ipairs(early) do
    it(row[1] .. " gives an error, is not sent the POST again, and the next call is well", function()
      local server = child.server(([[
        local line = connection:line()
        if line:find("^GET") then
          while line ~= "" do line = connection:line() end
          return connection:answer('{"sid":"honest"}')
        end
        connection:log("post")
        while line ~= "" do line = connection:line() end
        %s]]):format(row[2]))
      local client = support.offline(nil, { base_url = server.origin, no_proxy = "*", timeout = row[3] == "timeout" and 1 or 20 })
      local value, err = client:request("POST", "/v1/x", { form = { a = ("x"):rep(8000000) } })
      assert.is_nil(value)
      local kind, status = row[3], row[4]
      if row.overtaken and not err.status then kind, status = "transport", nil end
      assert.are.same({ kind, status, 1, false }, { err.kind, err.status, err.attempts, err.retryable })
      assert.are.equal(status and true, err.sent)
      assert.are.equal("honest", assert(client.v1.flows(FLOW):fetch()).sid)
      assert.are.equal(1, server:count("^post"))
      assert.are.equal(2, server:count("^connection"))
      client:close()
      server:stop()
    end)
  end
end)

describe("A service that takes a DELETE, says nothing and is gone when it is sent again", function()
  it("may have carried it out: that the last attempt was not sent does not tell", function()
    for status, sent in pairs { [0] = "unknown", [503] = "unknown", [429] = "false" } do
      local server = child.server(([[
        connection:request()
        if %d > 0 then connection:send("HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n") end
        connection:close()]]):format(status, status))
      local client = support.offline(nil, {
        base_url = server.origin, no_proxy = "*", retry = { attempts = 2, base = 0.001 },
        on_event = function(event)
          if event.type == "retry" then server:stop() end
        end,
      })
      local value, err = client.v1.flows(FLOW):delete()
      assert.is_nil(value)
      assert.are.same({ "transport", 2, true }, { err.kind, err.attempts, err.retryable })
      assert.are.equal(sent, err.sent == nil and "unknown" or tostring(err.sent))
      client:close()
    end
  end)
end)

describe("An answer over TLS that nobody asked for", function()
  it("is not taken for the answer to the next request", function()
    local directory = child.directory()
    local certificate = child.certificate(directory, "own", "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2")
    -- On the first connection each answer is followed by one that nobody asked for.
    local server = child.server([[
      while connection:request() do
        connection:answer('{"sid":"asked for"}')
        if number == 1 then
          connection:wait(0.05)
          connection:answer('{"sid":"not asked for"}')
          connection:log("unasked")
        end
      end]], certificate)
    local client = support.offline(nil, {
      base_url = "https://127.0.0.1:" .. server.port, ca_file = certificate.certificate, no_proxy = "*", retry = false,
    })
    for _ = 1, 3 do
      assert.are.equal("asked for", assert(client.v1.flows(FLOW):fetch()).sid)
      assert.is_true(server:wait("^unasked 1"))
    end
    assert.are.same({ 1, 2, 2 }, connections_of(server))
    client:close()
    server:stop()
    child.remove(directory)
  end)
end)

-- What an answer asks for -------------------------------------------------------------------------------------------------------------

describe("What an answer asks for in its headers", function()
  local asked = {
    "Set-Cookie: a=b; Path=/; Max-Age=99999999", "Set-Cookie: " .. ("c"):rep(4000) .. "=d", "Set-Cookie2: e=f; Version=1",
    "set-cookie: __Host-g=h; Secure; Path=/", "Strict-Transport-Security: max-age=99999999; includeSubDomains", "Location: http://EVIL/",
    [[Alt-Svc: h2="EVIL"; ma=99999, h3=":EVIL_PORT"]], "Refresh: 0; url=http://EVIL/",
    "Content-Location: http://EVIL/", "URI: http://EVIL/",
    "Link: <http://EVIL/>; rel=preload", "Upgrade: h2c, websocket", [[WWW-Authenticate: Digest realm="x", nonce="y", qop="auth"]],
    "WWW-Authenticate: NTLM", "WWW-Authenticate: Negotiate", [[WWW-Authenticate: Basic realm="http://EVIL/"]],
    [[Proxy-Authenticate: Basic realm="x"]], "Proxy-Connection: keep-alive", "Keep-Alive: timeout=-1, max=99999999999999999999",
    "ETag: x", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "Cache-Control: public, max-age=99999999", "Accept-Ranges: bytes",
    "Content-Range: bytes 5-9/100", "Content-Disposition: attachment; filename=/etc/passwd", "X-Accel-Redirect: /", "Trailer: Host",
    [[Report-To: {"endpoints":[{"url":"http://EVIL/"}]}]], "Clear-Site-Data: \"*\"", "Accept-CH: Device-Memory",
  }

  it("is not done: the next request is the same to the byte, and nothing is asked of anybody else", function()
    local evil = child.server "connection:request()"
    local lines = table.concat(asked, "\r\n"):gsub("EVIL_PORT", tostring(evil.port)):gsub("EVIL", "127.0.0.1:" .. evil.port) .. "\r\n"
    local server = child.server([[
      local statuses = { 200, 201, 202, 203, 206, 226, 300, 301, 302, 303, 305, 307, 308, 400, 401, 403, 407, 417, 421, 425, 426, 503, 511 }
      for index = 1, 2 * #statuses do
        local request = connection:request()
        if not request then return end
        connection:log("head " .. request.head:gsub("\n", "|"))
        local status = index % 2 == 1 and statuses[(index + 1) / 2] or 200
        connection:send(("HTTP/1.1 %d X\r\nContent-Length: 16\r\n%s\r\n{\"sid\":\"answer\"}"):format(status, index % 2 == 1 and ]]
      .. ("%q"):format(lines) .. [[ or ""))
      end]])
    for _, method in ipairs { "GET", "POST", "DELETE" } do
      local client = support.offline(nil, { base_url = server.origin, no_proxy = "*", retry = false })
      local flow = client.v1.flows(FLOW)
      for index = 1, 46 do
        local value, err
        if method == "GET" then value, err = flow:fetch()
        elseif method == "POST" then value, err = flow.executions:create { to = "+18001234567", from = "+18007654321" }
        else value, err = flow:delete() end
        assert.is_truthy(value or index % 2 == 1)
        if err then
          assert.are.equal("http", err.kind)
          assert.is_true(err.sent)
        end
      end
      client:close()
    end
    local heads, kinds = 0, {}
    for _, line in ipairs(server:log()) do
      local head = line:match("^head (.*) %d+$")
      if head then
        heads = heads + 1
        kinds[head] = (kinds[head] or 0) + 1
      end
    end
    assert.are.equal(3 * 46, heads, "each call is one request")
    local distinct = 0
    for _, count in pairs(kinds) do
      distinct = distinct + 1
      assert.are.equal(46, count)
    end
    assert.are.equal(3, distinct)
    assert.are.equal(0, evil:count("^connection"))
    evil:stop()
    server:stop()
  end)

  it("is not done by a create whose answer says where what it made is", function()
    local evil = child.server "connection:request()"
    for _, status in ipairs { 201, 202, 301, 302, 303, 307, 308 } do
      for _, location in ipairs {
        evil.origin .. "/", "/elsewhere", "//127.0.0.1:" .. evil.port .. "/", "file:///etc/passwd",
        "gopher://127.0.0.1:" .. evil.port .. "/_x",
        "http://[bad", ("http://a/"):rep(9000), "",
      } do
        local server = child.server(([[
          connection:request()
          connection:send("HTTP/1.1 %d X\r\nLocation: " .. %q .. "\r\nContent-Length: 16\r\n\r\n{\"sid\":\"create\"}")
          connection:request()]]):format(status, location))
        local client = support.offline(nil, { base_url = server.origin, no_proxy = "*" })
        local value, err = client.v1.flows(FLOW).executions:create { to = "+18001234567", from = "+18007654321" }
        if status < 300 then
          assert.are.equal("create", value.sid)
        else
          assert.are.same({ "http", status, true, false, 1 }, { err.kind, err.status, err.sent, err.retryable, err.attempts })
        end
        client:close()
        assert.is_true(server:wait("^eof"))
        assert.are.equal(1, server:count("^request"))
        server:stop()
      end
    end
    assert.are.equal(0, evil:count("^connection"))
    evil:stop()
  end)

  it("as Retry-After in any form is waited for no longer than the call may take", function()
    local function check_wait(lines, expected, options)
      local server = child.server(([[
        connection:request()
        connection:send("HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n" .. %q .. "\r\n")
        connection:request()]]):format(lines))
      local client = support.offline(nil, { base_url = server.origin, no_proxy = "*", deadline = 5 })
      local value, err = client.v1.flows(FLOW):fetch(nil, options)
      assert.is_nil(value)
      assert.are.same({ "http", 429, 1, true }, { err.kind, err.status, err.attempts, err.retryable })
      assert.is_true(expected(err.retry_after), tostring(err.retry_after))
      client:close()
      assert.is_true(server:wait("^eof"))
      assert.are.equal(1, server:count("^request"))
      server:stop()
    end
    local function at_least(seconds) return function(value) return value >= seconds end end
    check_wait("Retry-After: " .. ("9"):rep(400) .. "\r\n", at_least(1e300))
    check_wait("Retry-After: 9223372036854775808\r\n", at_least(2 ^ 63))
    check_wait("Retry-After:   31536000  \r\n", at_least(31536000))
    check_wait("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", at_least(1e9))
    check_wait("retry-after: 3000\r\nRetry-After: 0\r\n", at_least(3000))
    -- What cannot be read is no reason to wait, nor to give up.
    check_wait("Retry-After: -31536000\r\n", function(value) return value == nil end, { retry = false })
    check_wait("Retry-After: 1e9\r\n", function(value) return value == nil end, { retry = false })
    check_wait("Retry-After: \233\255" .. ("x"):rep(50000) .. "\r\n", function(value) return value == nil end, { retry = false })
  end)
end)

-- Pages that lead round -----------------------------------------------------------------------------------------------------------------

describe("Pages that lead round", function()
  -- Page 1 leads to 2, and so on, the last of them to 1.
  local function serve(round)
    return child.server(([[
      local request = connection:request()
      while request do
        local number = tonumber(request.target:match("Page=(%%d+)")) or 1
        local function url(page) return ('"http://%%s/v1/Flows?Page=%%d"'):format(request.headers.host, page) end
        connection:answer(('{"meta":{"key":"flows","next_page_url":%%s,"previous_page_url":%%s},"flows":[{"sid":"a"},{"sid":"b"}]}')
          :format(url(number %% %d + 1), url((number - 2) %% %d + 1)))
        request = connection:request()
      end]]):format(round, round))
  end

  local function last_error(step)
    local value, err
    repeat value, err = step(value) until not value
    return err
  end

  local walks = {
    list = function(flows) return select(2, flows:list()) end,
    each = function(flows) return select(2, pcall(function() for _ in flows:each() do end end)) end,
    ["each without reading ahead"] = function(flows)
      return select(2, pcall(function() for _ in flows:each { read_ahead = false } do end end))
    end,
    pages = function(flows) return select(2, pcall(function() for _ in flows:pages() do end end)) end,
    ["page:next"] = function(flows)
      return last_error(function(page)
        if page then return page:next() end
        return flows:page { page = 1 }
      end)
    end,
    ["page:previous"] = function(flows)
      return last_error(function(page)
        if page then return page:previous() end
        return flows:page { page = 1 }
      end)
    end,
    ["a task"] = function(flows, client)
      return select(2, client:spawn(function() return flows:list() end):wait())
    end,
  }

  for name, walk in pairs(walks) do
    it("are an error and no hang: " .. name, function()
      for round = 1, 3 do
        local server = serve(round)
        local client = support.offline(nil, { base_url = server.origin, no_proxy = "*" })
        local err = walk(client.v1.flows, client)
        assert.are.same({ "decode", true, false }, { err.kind, err.sent, err.retryable })
        assert.is_truthy(err.message:find("leads to itself") or err.message:find("leads back"), err.message)
        assert.is_true(#connections_of(server) <= 4 * round + 4)
        client:close()
        server:stop()
      end
    end)
  end

  it("may be walked to and fro as often as one likes", function()
    local server = serve(4)
    local client = support.offline(nil, { base_url = server.origin, no_proxy = "*" })
    local page = assert(client.v1.flows:page { page = 1 })
    for _ = 1, 10 do page = assert(assert(page:next()):previous()) end
    for _ = 1, 10 do assert(page:next()) end
    assert.are.equal(31, #connections_of(server))
    client:close()
    server:stop()
  end)
end)
