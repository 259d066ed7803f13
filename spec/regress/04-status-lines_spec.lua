-- Seen: a header or trailer line that begins with "HTTP/" was taken for a status line, so that what stood before it was forgotten: two
-- Content-Lengths passed, a request id vanished, and a complete answer with such a trailer "broke off in its headers". Trailers were taken
-- for headers.
local child = require "spec.child"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)

-- What the server sends; what the call gives: the SID, or the error's kind, and its request id.
local cases = {
  { "two lengths with a status line between them", kind = "transport",
    [[OK .. "Content-Length: 12\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{\"sid\":\"FW\"}"]] },
  { "two lengths with a header HTTP/2 between them", kind = "transport",
    [[OK .. "Content-Length: 12\r\nHTTP/2: 200\r\nContent-Length: 2\r\n\r\n{\"sid\":\"FW\"}"]] },
  { "a header HTTP/1.1 behind the request id", kind = "http", request_id = "RQ1",
    [["HTTP/1.1 404 Not Found\r\nTwilio-Request-Id: RQ1\r\nHTTP/1.1: 200 OK\r\nContent-Length: 2\r\n\r\n{}"]] },
  { "trailers that look like headers", kind = "http",
    [["HTTP/1.1 429 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nTwilio-Request-Id: RQ2\r\nRetry-After: 7\r\n\r\n"]] },
  { "an honest answer behind two interim ones", sid = "FW",
    [["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" .. OK .. "Content-Length: 12\r\n\r\n{\"sid\":\"FW\"}"]] },
  { "another length in an interim answer", sid = "FW",
    [["HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" .. OK .. "Content-Length: 12\r\n\r\n{\"sid\":\"FW\"}"]] },
  { "a status of five digits", kind = "transport", [["HTTP/1.1 20000 OK\r\nContent-Length: 12\r\n\r\n{\"sid\":\"FW\"}"]] },
  { "a status of two digits", kind = "transport", [["HTTP/1.1 20 OK\r\nContent-Length: 12\r\n\r\n{\"sid\":\"FW\"}"]] },
  { "the name of a protocol that the connection does not speak", kind = "transport",
    [["HTTP/2 200 OK\r\nContent-Length: 12\r\n\r\n{\"sid\":\"FW\"}"]] },
  { "no blank before the status", kind = "transport", [["HTTP/1.1?200 OK\r\nContent-Length: 12\r\n\r\n{\"sid\":\"FW\"}"]] },
}

local trailers = { "HTTP/1.1 404 Not Found", "HTTP/1.1 100 Continue", "HTTP/1.1: 404", "HTTP/2: x", "HTTP/", "Content-Length: 7" }
for _, trailer in ipairs(trailers) do
  cases[#cases + 1] = { "a trailer " .. trailer, sid = "FW", may_fail = not trailer:find ":",
    ([[OK .. "Transfer-Encoding: chunked\r\n\r\nc\r\n{\"sid\":\"FW\"}\r\n0\r\n%s\r\n\r\n"]]):format(trailer) }
end

describe("A status line is where an answer begins, and nowhere else:", function()
  for _, case in ipairs(cases) do
    it(case[1], function()
      local server = child.server(("while connection:request() do connection:send(%s) end"):format(case[1 + 1]))
      local client = support.offline(nil, { base_url = server.origin, no_proxy = "*", retry = false, timeout = 10 })
      local flow, err = client.v2.flows(FLOW):fetch()
      if case.sid and not (case.may_fail and err) then
        assert.is_nil(err)
        assert.are.equal(case.sid, flow.sid)
      elseif case.sid then
        -- Newer libcurls refuse a trailer without a colon.
        assert.are_not.equal("the answer broke off in its headers", err.message)
      else
        assert.is_nil(flow)
        assert.are.equal(case.kind, err.kind)
        assert.are.equal(case.request_id, err.request_id)
        assert.is_nil(err.retry_after)
      end
      client:close()
      server:stop()
    end)
  end
end)
