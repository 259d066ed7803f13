--- The fault matrix: what goes wrong in which phase of a request, and what a caller gets. A row is
--
--   { phase, fault, what the server does,
--     on = { wires }        "http", "tls" (HTTP/1.1) or "h2", each with " kept" behind it when the fault meets a connection that has
--                           carried a request before
--     at                    when `serve(connection, method)` runs: at "accept"; "part", when ten bytes of the request are read (a POST has
--                           4 MB then); "request", when it is read; "idle", on the kept connection. For "resolve", "connect" and
--                           "certificate" there is none: spec/servers/faults.lua does what there is to do
--     kind, status, sent    of the error; `fine` when there is none
--     again                 whether it is repeated: "yes", "safe" (what is not a POST), "no"
--     keep                  whether the connection carries the next request: true, false, or nil where both are right
--     slow                  it ends by the timeout, or by what `limit` says: "deadline", "connect_timeout"
--     newer                 of kind, status, sent and again what libcurl 8 and newer may report instead, be it sooner than `slow` says
--     many, answered        so many calls at once, of which the first `answered` get their answers; the rest is for the others
--     GET, POST, DELETE }   what is different for one of them; false when the row is not for it
--
-- `sent` is nil where the fate of the request is unknown.
--
-- What is not here, for there is no such thing:
--   resolve      reset, trickle, cut, garbage, wrong length or encoding: libcurl hears from the system's resolver only an address or none
--   connect      reset (a RST instead of a SYN-ACK is the refusal), trickle, cut, garbage, length, encoding: no bytes are exchanged
--   half sent    wrong length or encoding: they are the answer's, and what an early answer is like is said in the phases of the answer
--   first byte   wrong length or encoding: nothing has come that could have one
--   the headers, the body, after the body: refuse: what has been answered cannot be refused any more; Connection: close stands for it
--   after        reset of an HTTP/2 connection: whether libcurl reads the answer or writes an acknowledgement first is a matter of luck;
--                trickle, wrong encoding: what comes after a whole answer is garbage, however slowly it comes
--   between      silence, trickle, length, encoding: the next request meets them before the first byte of its answer, or after; those
--                rows run on kept connections, too
--   GOAWAY and RST_STREAM are what HTTP/2 has for refuse and reset; what is below them (the connection, TLS) is the same as in HTTP/1.1
local words = require "spec.faults.words"
local frames = require "spec.servers.frames"

local rows = {}
local function row(fields) rows[#rows + 1] = fields end

local EVERY = { "http", "http kept", "tls", "tls kept" }
local KEPT = { "http kept", "tls kept" }
local H2 = { "h2", "h2 kept" }

local BODY = words.body "target"
local OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

local function head(length, more) return ("%sContent-Length: %d\r\n%s\r\n"):format(OK, length, more or "") end
local WHOLE = head(#BODY) .. BODY

local function says(...)
  local texts = { ... }
  return function(c)
    for _, text in ipairs(texts) do c:send(text) end
    c:drain()
  end
end

local function says_and(method, ...)
  local text = table.concat { ... }
  return function(c)
    c:send(text)
    c[method](c)
  end
end

local function does(method, ...)
  local arguments = { ... }
  return function(c) c[method](c, arguments[1], arguments[2]) end
end

local function status(line, body)
  return function(c)
    c:send(("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"):format(line, #body, body))
  end
end

-- resolve, connect ----------------------------------------------------------------------------------------------------------------

row { "resolve", "refuse", "there is no such name", at = "resolve", on = { "http" }, kind = "transport", sent = false, again = "yes" }
row { "resolve", "silence", "no name server answers", at = "resolve", on = { "http" }, slow = true, kind = "timeout", sent = false,
  again = "yes" }

row { "connect", "refuse", "nobody listens", at = "connect", on = { "http", "tls" }, kind = "transport", sent = false, again = "yes" }
row { "connect", "silence", "no SYN is answered", at = "connect", on = { "http" }, slow = true, limit = "connect_timeout",
  kind = "timeout", sent = false, again = "yes" }

-- the TLS handshake -----------------------------------------------------------------------------------------------------------------

local ALERT = "\21\3\3\0\2\2"
-- A hello of TLS 1.1 (RFC 5246 §7.4.1.3) that chooses ECDHE-RSA-AES128-SHA.
local OLD_HELLO = "\22\3\2\0\42\2\0\0\38\3\2" .. ("r"):rep(32) .. "\0\192\19\0"

local function handshake(fault, what, serve)
  row {
    "in the TLS handshake", fault, what, at = "accept", on = { "tls" }, kind = "transport", sent = false, again = "yes", keep = false,
    serve = function(c)
      c:bytes(5)
      serve(c)
    end,
  }
  return rows[#rows]
end

handshake("refuse", "an alert instead of a hello", says(ALERT .. "\40"))
handshake("reset", "a RST after the hello", does "reset")
handshake("cut", "a FIN after the hello", does "cut")
handshake("garbage", "an answer in plain HTTP", says "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
handshake("wrong length", "a record that is longer than any may be", says("\22\3\3\255\255" .. ("x"):rep(70000)))
handshake("wrong encoding", "a hello of TLS 1.1", says(OLD_HELLO))
row { "in the TLS handshake", "cut", "a FIN before the hello", at = "accept", on = { "tls" }, kind = "transport", sent = false,
  again = "yes",
  keep = false, serve = does "cut" }

local silence = handshake("silence", "no answer to the hello", does "drain")
silence.kind, silence.slow = "timeout", true
local trickle = handshake("trickle", "a hello byte by byte without an end", function(c)
  c:send "\22\3\3\64\0\2\0\63\252\3\3"
  c:trickle "\0"
end)
trickle.kind, trickle.slow = "timeout", true

for _, certificate in ipairs { { "other", "nobody vouches for" }, { "wrong", "is for another name" }, { "old", "has expired" } } do
  row { "in the TLS handshake", "garbage", "a certificate that " .. certificate[2], at = "certificate", certificate = certificate[1],
    on = { "tls" }, kind = "transport", sent = false, again = "no", keep = false }
end

-- the request half sent ---------------------------------------------------------------------------------------------------------

local TOO_LARGE = '{"message":"too large"}'

row { "half sent", "refuse", "413 at once", at = "part", on = EVERY, kind = "http", status = 413, sent = true, again = "no", keep = false,
  serve = function(c)
    status("413 Content Too Large\r\nConnection: close", TOO_LARGE)(c)
    c:freeze()
  end }
row { "half sent", "reset", "a RST in the middle", at = "part", on = EVERY, kind = "transport", again = "safe", keep = false,
  serve = does "reset" }
row { "half sent", "cut", "a FIN in the middle", at = "part", on = EVERY, kind = "transport", again = "safe", keep = false,
  serve = does "cut" }
row { "half sent", "cut", "a FIN, and nothing is read any more", at = "part", on = { "http" }, slow = true, GET = false, DELETE = false,
  kind = "timeout", again = "safe", keep = false, newer = { kind = "transport", again = "safe" }, serve = function(c)
    c:fin()
    c:freeze()
  end }
row { "half sent", "garbage", "what is not HTTP, in the middle", at = "part", on = EVERY, kind = "transport", again = "safe", keep = false,
  serve = function(c)
    c:send "220 mail.example.com ESMTP\r\n"
    c:freeze()
  end }
row { "half sent", "silence", "nothing is read any more", at = "part", on = { "http" }, slow = true, kind = "timeout", again = "safe",
  keep = false, serve = does "freeze" }
row { "half sent", "trickle", "it is read byte by byte", at = "part", on = { "tls kept" }, slow = true, kind = "timeout", again = "safe",
  keep = false, serve = does "sip" }

-- before the first byte -----------------------------------------------------------------------------------------------------------

local BEFORE = "before the first byte"

row { BEFORE, "refuse", "503", at = "request", on = EVERY, kind = "http", status = 503, sent = true, again = "safe", keep = true,
  serve = status("503 Service Unavailable", "{}") }
row { BEFORE, "refuse", "429", at = "request", on = EVERY, kind = "http", status = 429, sent = true, again = "yes", keep = true,
  serve = status("429 Too Many Requests", "{}") }
row { BEFORE, "reset", "a RST", at = "request", on = EVERY, kind = "transport", again = "safe", keep = false, serve = does "reset" }
row { BEFORE, "cut", "a FIN", at = "request", on = EVERY, kind = "transport", again = "safe", keep = false, serve = does "cut" }
row { BEFORE, "cut", "a goodbye", at = "request", on = KEPT, kind = "transport", again = "safe", keep = false, serve = does "close" }
row { BEFORE, "garbage", "what is not HTTP", at = "request", on = EVERY, kind = "transport", again = "safe", keep = false,
  serve = says "220 mail.example.com ESMTP\r\n" }
row { BEFORE, "garbage", "zeros", at = "request", on = EVERY, kind = "transport", again = "safe", keep = false,
  serve = says(("\0"):rep(2000)) }
row { BEFORE, "silence", "no answer", at = "request", on = { "http kept" }, slow = true, kind = "timeout", again = "safe", keep = false,
  serve = does "drain" }
row { BEFORE, "silence", "no answer before the deadline", at = "request", on = { "tls" }, slow = true, limit = "deadline", kind = "timeout",
  again = "safe", keep = false, serve = does "drain" }
row { BEFORE, "trickle", "interim answers without an end", at = "request", on = { "http" }, slow = true, kind = "timeout", again = "safe",
  keep = false, serve = does("trickle", "HTTP/1.1 102 Processing\r\n\r\n") }

-- in the headers ------------------------------------------------------------------------------------------------------------------

local function answered(fields)
  fields.at, fields.status, fields.sent = fields.at or "request", fields.status or 200, true
  if fields.keep == nil then fields.keep = false end
  row(fields)
end

local HEADERS = "in the headers"

answered { HEADERS, "reset", "a RST", on = EVERY, kind = "transport", again = "safe", serve = says_and("reset", OK, "X-A: ") }
answered { HEADERS, "cut", "a FIN in a line", on = EVERY, kind = "transport", again = "safe", serve = says_and("cut", OK, "X-A: ") }
answered { HEADERS, "cut", "a FIN between two lines", on = EVERY, kind = "transport", again = "safe", serve = says_and("cut", OK) }
row { HEADERS, "cut", "a FIN in the status line", at = "request", on = EVERY, kind = "transport", again = "safe", keep = false,
  serve = says_and("cut", "HTTP/1.1 20") }
answered { HEADERS, "garbage", "a zero in a line", on = EVERY, kind = "transport", again = "safe", serve = says(OK, "X-A: \0b\r\n\r\n{}") }
row { HEADERS, "garbage", "a status that is none", at = "request", on = EVERY, kind = "transport", again = "safe", keep = false,
  serve = says "HTTP/1.1 two hundred\r\n\r\n{}" }
answered { HEADERS, "silence", "half a head", on = { "tls kept" }, slow = true, kind = "timeout", again = "safe",
  serve = says(OK, "X-A: ") }
answered { HEADERS, "trickle", "lines without an end", on = { "http" }, slow = true, kind = "timeout", again = "safe", serve = function(c)
  c:send(OK)
  c:trickle "X-A: b\r\n"
end }
answered { HEADERS, "wrong length", "more than any answer has", on = EVERY, kind = "limit", again = "no",
  serve = says(OK, ("X-A: " .. ("b"):rep(990) .. "\r\n"):rep(400), "\r\n") }
answered { HEADERS, "wrong length", "a length that is none", on = EVERY, kind = "transport", again = "safe",
  serve = says(OK, "Content-Length: many\r\n\r\n{}") }
answered { HEADERS, "wrong encoding", "an encoding that nobody knows", on = EVERY, kind = "decode", again = "no",
  serve = says(head(#BODY, "Content-Encoding: rot13\r\n"), BODY) }
answered { HEADERS, "wrong encoding", "a transfer encoding that nobody knows", on = EVERY, kind = "decode", again = "no",
  serve = says(OK, "Transfer-Encoding: rot13\r\n\r\n", BODY) }

-- in the body -----------------------------------------------------------------------------------------------------------------------

local INSIDE = "in the body"
local HALF = BODY:sub(1, 10)
local CHUNKED = OK .. "Transfer-Encoding: chunked\r\n\r\n"
local GZIP = "Content-Encoding: gzip\r\n"
-- The first bytes of `{"sid":` and so on, compressed.
local GZIP_BEGUN = "\31\139\8\0\0\0\0\0\0\3\171\86\42\206\76\81\178"

answered { INSIDE, "reset", "a RST", on = EVERY, kind = "transport", again = "safe", serve = says_and("reset", head(#BODY), HALF) }
answered { INSIDE, "cut", "a FIN", on = EVERY, kind = "transport", again = "safe", serve = says_and("cut", head(#BODY), HALF) }
answered { INSIDE, "cut", "a FIN before its first byte", on = EVERY, kind = "transport", again = "safe",
  serve = says_and("cut", head(#BODY)) }
answered { INSIDE, "cut", "a FIN in a chunk", on = EVERY, kind = "transport", again = "safe",
  serve = says_and("cut", CHUNKED, "f\r\n", HALF) }
answered { INSIDE, "cut", "a FIN between chunks", on = EVERY, kind = "transport", again = "safe",
  serve = says_and("cut", CHUNKED, ("%x\r\n%s\r\n"):format(#BODY, BODY)) }
-- libcurl 8 takes the end of such a body over TLS for an error, for no word of TLS announced it.
local CUT_SHORT = { kind = "transport", status = 200, sent = true, again = "safe" }
answered { INSIDE, "cut", "a FIN, of a body without a length", on = { "http", "http kept" }, kind = "decode", again = "no",
  DELETE = { fine = true }, serve = says_and("cut", OK, "\r\n", HALF) }
answered { INSIDE, "cut", "a FIN, of a body without a length", on = { "tls", "tls kept" }, kind = "decode", again = "no",
  DELETE = { fine = true }, newer = CUT_SHORT, serve = says_and("cut", OK, "\r\n", HALF) }
answered { INSIDE, "silence", "half a body", on = { "http kept" }, slow = true, kind = "timeout", again = "safe",
  serve = says(head(#BODY), HALF) }
answered { INSIDE, "silence", "no body until the deadline", on = { "tls" }, slow = true, limit = "deadline", kind = "timeout",
  again = "safe",
  serve = says(head(#BODY)) }
answered { INSIDE, "trickle", "a body without an end", on = { "tls" }, slow = true, kind = "timeout", again = "safe", serve = function(c)
  c:send(CHUNKED)
  c:trickle "1\r\n \r\n"
end }
answered { INSIDE, "garbage", "what is not JSON", on = EVERY, kind = "decode", again = "no", keep = true, DELETE = { fine = true },
  serve = function(c) c:send(head(5) .. "hello") end }
answered { INSIDE, "garbage", "a chunk that is none", on = EVERY, kind = "transport", again = "safe",
  serve = says(CHUNKED, "zz\r\n", BODY) }
answered { INSIDE, "wrong length", "more than max_response_bytes", on = EVERY, kind = "limit", again = "no", serve = function(c)
  c:send(OK .. "\r\n")
  while c:send((" "):rep(20000)) do end -- luacheck: ignore 542
end }
answered { INSIDE, "wrong length", "a promise of more than max_response_bytes", on = EVERY, kind = "limit", again = "no",
  serve = says(head(1e9), (" "):rep(200000)) }
answered { INSIDE, "wrong length", "a chunk of more than can be counted", on = EVERY, kind = "transport", again = "safe",
  serve = says(CHUNKED, ("f"):rep(17) .. "\r\n", BODY) }
answered { INSIDE, "wrong length", "less promised than comes", on = EVERY, kind = "decode", again = "no", DELETE = { fine = true },
  serve = says(head(10) .. BODY) }
answered { INSIDE, "wrong encoding", "what is not gzip", on = EVERY, kind = "decode", again = "no", serve = says(head(#BODY, GZIP), BODY) }
answered { INSIDE, "wrong encoding", "gzip that breaks off", on = EVERY, kind = "decode", again = "no", keep = true,
  DELETE = { fine = true },
  serve = function(c) c:send(head(#GZIP_BEGUN, GZIP) .. GZIP_BEGUN) end }

-- after the body ----------------------------------------------------------------------------------------------------------------------

local AFTER = "after the body"

row { AFTER, "cut", "a FIN", at = "request", on = EVERY, fine = true, keep = false, serve = says_and("cut", WHOLE) }
row { AFTER, "cut", "a FIN, of a body without a length", at = "request", on = { "http", "http kept" }, fine = true, keep = false,
  serve = says_and("cut", OK, "\r\n", BODY) }
row { AFTER, "cut", "a FIN, of a body without a length", at = "request", on = { "tls", "tls kept" }, fine = true, keep = false,
  newer = CUT_SHORT, serve = says_and("cut", OK, "\r\n", BODY) }
row { AFTER, "cut", "a goodbye, as it was announced", at = "request", on = EVERY, fine = true, keep = false,
  serve = says_and("close", head(#BODY, "Connection: close\r\n"), BODY) }
row { AFTER, "reset", "a RST", at = "request", on = EVERY, fine = true, keep = false, serve = says_and("reset", WHOLE) }
row { AFTER, "garbage", "what belongs to no answer", at = "request", on = EVERY, fine = true, keep = false, serve = says(WHOLE .. WHOLE) }
row { AFTER, "silence", "nothing more", at = "request", on = EVERY, fine = true, keep = true, serve = function(c) c:send(WHOLE) end }
answered { AFTER, "wrong length", "a body without a length, and no end", on = { "http", "tls kept" }, slow = true, kind = "timeout",
  again = "safe", serve = says(OK, "\r\n", BODY) }

-- between two requests --------------------------------------------------------------------------------------------------------------

local BETWEEN = "between two requests"
local GOODBYE = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
local FORGED = words.body "forged"

local function between(fault, what, serve, on)
  row { BETWEEN, fault, what, at = "idle", on = on or KEPT, fine = true, keep = false, serve = serve }
end

between("cut", "a FIN", does "fin")
between("cut", "a goodbye", does "close")
between("reset", "a RST", does "reset")
between("garbage", "a 408 and a goodbye", says_and("close", GOODBYE))
between("garbage", "a 408 and nothing more", does("send", GOODBYE))
between("garbage", "the answer to a question that nobody asked", does("send", head(#FORGED) .. FORGED))
row { BETWEEN, "refuse", "a goodbye, and nobody listens any more", at = "connect", on = KEPT, kind = "transport", sent = false,
  again = "yes" }

-- HTTP/2 ----------------------------------------------------------------------------------------------------------------------------

local FIELDS = { status = 200, type = "application/json" }
local INTERNAL, CANCEL = frames.INTERNAL_ERROR, frames.CANCEL

local function stream(phase, fault, what, fields)
  fields[1], fields[2], fields[3] = phase, fault, what
  fields.on, fields.at = fields.on or H2, fields.at or "request"
  fields.again = fields.again or "safe"
  if not fields.fine then fields.kind = fields.kind or "transport" end
  row(fields)
end

local function go_away_and(method, last)
  return function(c)
    c:go_away(last or c.stream)
    c[method](c)
  end
end

-- That nothing was done is said by the server here, but libcurl does not hand it on: the fate counts as unknown.
stream("GOAWAY", "refuse", "before it looked at the request, and a goodbye", { keep = false, serve = go_away_and("close", 0) })
stream("GOAWAY", "refuse", "before it looked at the request", { keep = false, serve = does("go_away", 0) })
stream("GOAWAY", "reset", "after it had taken the request, and a RST", { keep = false, serve = go_away_and "reset" })
stream("GOAWAY", "cut", "after it had taken the request, and a FIN", { keep = false, serve = go_away_and "cut" })
stream("GOAWAY", "silence", "after it had taken the request, and no answer", { on = { "h2 kept" }, slow = true, kind = "timeout",
  serve = function(c) c:go_away(c.stream) end })
stream("GOAWAY", "cut", "and then the answer", { fine = true, keep = false, serve = function(c)
  c:go_away(c.stream)
  c:headers(FIELDS)
  c:data(BODY, true)
end })
stream("GOAWAY", "cut", "between two requests", { on = { "h2 kept" }, at = "idle", fine = true, keep = false, serve = go_away_and "fin" })
stream("GOAWAY", "reset", "between two requests", { on = { "h2 kept" }, at = "idle", fine = true, keep = false,
  serve = go_away_and "reset" })
stream("GOAWAY", "silence", "between two requests, and no goodbye", { on = { "h2 kept" }, at = "idle", fine = true, keep = false,
  serve = function(c) c:go_away(c.stream) end })

stream("GOAWAY", "refuse", "with many requests in flight, of which it had taken half", { on = { "h2", "h2 kept" }, many = 6, answered = 3,
  keep = false, serve = function(c, method)
    if c.case.first and c.case.first ~= c then return c:answer_honestly(method) end
    c.case.first, c.streams = c, c.streams or {}
    table.insert(c.streams, c.stream)
    if #c.streams < 6 then return end
    c:go_away(c.streams[3])
    for index = 1, 3 do
      c.stream = c.streams[index]
      c:answer_honestly(method)
    end
    c:cut()
  end })

stream("RST_STREAM", "refuse", "before the first byte, refused", { serve = does("reset_stream", frames.REFUSED_STREAM) })
stream("RST_STREAM", "reset", "before the first byte, an error", { serve = does("reset_stream", INTERNAL) })
stream("RST_STREAM", "reset", "before the first byte, cancelled", { serve = does("reset_stream", CANCEL) })
stream("RST_STREAM", "cut", "before the first byte, no error", { serve = does("reset_stream", frames.NO_ERROR) })
stream("RST_STREAM", "reset", "after the headers", { status = 200, sent = true, serve = function(c)
  c:headers(FIELDS)
  c:reset_stream(INTERNAL)
end })
stream("RST_STREAM", "reset", "in the body", { status = 200, sent = true, serve = function(c)
  c:headers(FIELDS)
  c:data(HALF)
  c:reset_stream(INTERNAL)
end })
stream("RST_STREAM", "cut", "in the body, no error", { status = 200, sent = true, serve = function(c)
  c:headers { status = 200, type = "application/json", length = #BODY }
  c:data(HALF)
  c:reset_stream(frames.NO_ERROR)
end })
stream("RST_STREAM", "reset", "half sent", { at = "part", GET = false, DELETE = false, again = "safe",
  serve = does("reset_stream", CANCEL) })
stream("GOAWAY", "refuse", "half sent", { at = "part", GET = false, DELETE = false, keep = false, serve = does("go_away", 0) })
stream("half sent", "silence", "no window any more", { at = "part", GET = false, DELETE = false, on = { "h2 kept" }, slow = true,
  kind = "timeout", serve = function() end })
stream("half sent", "refuse", "413 at once, and the stream ends", { at = "part", GET = false, DELETE = false, kind = "http", status = 413,
  sent = true, again = "no", serve = function(c)
    c:headers { status = 413, type = "application/json" }
    c:data(TOO_LARGE, true)
    c:reset_stream(frames.NO_ERROR)
  end })

stream(BEFORE, "reset", "a RST of the connection", { keep = false, serve = does "reset" })
stream(BEFORE, "cut", "a FIN of the connection", { keep = false, serve = does "cut" })
stream(BEFORE, "silence", "no answer", { on = { "h2 kept" }, slow = true, kind = "timeout", serve = function() end })
stream(BEFORE, "garbage", "an answer of HTTP/1.1", { keep = false, serve = says(WHOLE) })
stream(HEADERS, "wrong length", "a frame longer than any may be", { keep = false, serve = function(c)
  c:frame(frames.HEADERS, frames.END_HEADERS, c.stream, ("\136"):rep(20000), 20000)
end })
stream(HEADERS, "wrong encoding", "a block that cannot be unpacked", { keep = false, serve = function(c)
  c:frame(frames.HEADERS, frames.END_HEADERS, c.stream, "\136\255\255\255\255\255\255")
end })
stream(INSIDE, "silence", "half a body", { on = { "h2 kept" }, slow = true, kind = "timeout", status = 200, sent = true, serve = function(c)
  c:headers(FIELDS)
  c:data(HALF)
end })
stream(INSIDE, "trickle", "a body without an end", { on = { "h2" }, slow = true, kind = "timeout", status = 200, sent = true,
  serve = function(c)
    c:headers(FIELDS)
    c:trickle_data " "
  end })
stream(INSIDE, "cut", "a FIN of the connection", { keep = false, status = 200, sent = true, serve = function(c)
  c:headers(FIELDS)
  c:data(HALF)
  c:cut()
end })
stream(INSIDE, "wrong length", "less than was promised", { status = 200, sent = true, serve = function(c)
  c:headers { status = 200, type = "application/json", length = #BODY }
  c:data(HALF, true)
end })
stream(INSIDE, "wrong length", "more than was promised", { status = 200, sent = true, serve = function(c)
  c:headers { status = 200, type = "application/json", length = 10 }
  c:data(BODY, true)
end })
stream(INSIDE, "wrong encoding", "what is not gzip", { kind = "decode", again = "no", status = 200, sent = true, serve = function(c)
  c:headers { status = 200, type = "application/json", encoding = "gzip" }
  c:data(BODY, true)
end })
stream(AFTER, "reset", "no error", { fine = true, serve = function(c)
  c:headers(FIELDS)
  c:data(BODY, true)
  c:reset_stream(frames.NO_ERROR)
end })
stream(AFTER, "cut", "a FIN of the connection", { fine = true, keep = false, serve = function(c)
  c:headers(FIELDS)
  c:data(BODY, true)
  c:cut()
end })

return rows
