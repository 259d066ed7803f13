-- Seen: of a header that goes on in another line (RFC 9112 §5.2) only the first line counted: a `Content-Length` of "2" and " 0" gave the
-- first two bytes of a longer body as the answer, a wait in the second line of `Retry-After` was none, a type in that of `Content-Type`
-- neither, and `studio.response_of` told half of a header.
local child = require "spec.child"
local libcurl = require "spec.libcurl"
local studio = require "studio"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)

local function with_answer(answer, check)
  local server = child.server(("while connection:request() do connection:send(%s) end"):format(answer))
  local client = support.offline(nil, { base_url = server.origin, no_proxy = "*", retry = false, timeout = 10 })
  check(client.v2.flows(FLOW):fetch())
  client:close()
  server:stop()
end

describe("A header that goes on in another line", function()
  local framing = {
    ["Content-Length"] = [[OK .. "Content-Length: 2\r\n 0\r\n\r\n{}{\"sid\":\"FW\"}123456"]],
    ["Content-Length, a tab and no digit"] = [[OK .. "content-length: 12\r\n\t\r\n\r\n{\"sid\":\"FW\"}"]],
    ["Transfer-Encoding"] = [[OK .. "Transfer-Encoding:\r\n chunked\r\n\r\nc\r\n{\"sid\":\"FW\"}\r\n0\r\n\r\n"]],
    ["Transfer-Encoding, in three lines"] = [[OK .. "Transfer-Encoding: chunked\r\n ,\r\n gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n"]],
    ["Content-Encoding"] = [[OK .. "Content-Encoding:\r\n gzip\r\nContent-Length: 12\r\n\r\n{\"sid\":\"FW\"}"]],
  }
  for what, answer in pairs(framing) do
    it("and says how the body is to be read is refused: " .. what, function()
      with_answer(answer, function(flow, err)
        if libcurl.is_newer and flow then return assert.are.equal("FW", flow.sid) end -- libcurl 8 reads all of the lines
        assert.is_nil(flow)
        assert.is_true(err.kind == "transport" or libcurl.is_newer)
        assert.are.equal(200, err.status)
        assert.is_true(err.sent)
      end)
    end)
  end

  it("is told as a whole", function()
    local head = [[OK .. "X-Long: a\r\n  b\r\n\tc\r\nTwilio-Request-Id:\r\n RQ1\r\nX: y\r\n\r\n" .. "{\"sid\":\"FW\"}") connection:close(]]
    with_answer(head, function(flow, err)
      assert.is_nil(err)
      local response = studio.response_of(flow)
      assert.are.equal("RQ1", response.request_id)
      assert.are.equal("a b c", (response.headers["x-long"]:gsub("%s+", " ")))
      assert.are.equal("y", response.headers.x)
    end)
  end)

  it("says how long to wait", function()
    with_answer([["HTTP/1.1 429 No\r\nRetry-After:\r\n 7\r\nContent-Length: 2\r\n\r\n{}"]], function(_, err)
      assert.are.equal(7, err.retry_after)
    end)
  end)

  it("says what the body is", function()
    with_answer([[OK .. "Content-Type:\r\n text/html\r\nContent-Length: 2\r\n\r\n{}"]], function(_, err)
      assert.are.equal("decode", err.kind)
      assert.truthy(err.message:find("text/html", 1, true), err.message)
    end)
    with_answer([[OK .. "Content-Type: application/json;\r\n charset=utf-8\r\nContent-Length: 12\r\n\r\n{\"sid\":\"FW\"}"]], function(flow)
      assert.are.equal("FW", flow.sid)
    end)
  end)

  it("may go on in as many lines as an answer may have", function()
    with_answer([[OK .. "X: a\r\n" .. (" b\r\n"):rep(50000) .. "Content-Length: 12\r\n\r\n{\"sid\":\"FW\"}"]], function(flow)
      assert.are.equal("FW", flow.sid)
    end)
  end)
end)
