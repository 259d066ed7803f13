-- Seen: a proxy whose password held '#', '/', '?', '@' or a blank was handed to libcurl, whose message about it
-- ("Could not resolve proxy: word@127.0.0.1") put the password into err.message; and it was retried.
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
end)
