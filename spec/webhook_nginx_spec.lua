--- examples/nginx/webhook.lua in a real nginx: what Twilio signed gets through, what anybody else sends does not.
local crypto = require "studio.crypto"
local nginx_server = require "spec.nginx_server"

local TOKEN = "0123456789abcdef0123456789abcdef"
local ORIGIN = "https://hooks.example.com"

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local http = [[
  server {
    listen 127.0.0.1:$port;
    location /hooks/ {
      client_body_buffer_size 64k;
      client_max_body_size 200k;
      set $webhook_origin "]] .. ORIGIN .. [[";
      access_by_lua_file examples/nginx/webhook.lua;
      content_by_lua_block { ngx.say("reached ", ngx.ctx.fields.Body or "") }
    }
  }
]]

describe("The webhook example in nginx", function()
  local server

  local function request(path, arguments)
    return nginx_server.run(("%s -s -S --max-time 10 -w ' %%{http_code}' --connect-to ::127.0.0.1:%d %s %s"):format(
      nginx_server.curl, server.port, arguments, quoted("http://other.example" .. path)))
  end

  local function signed(text, token)
    return "-H " .. quoted("X-Twilio-Signature: " .. crypto.signature(token or TOKEN, text))
  end

  setup(function() server = assert(nginx_server.start { http = http, environment = "TWILIO_AUTH_TOKEN=" .. TOKEN }) end)

  teardown(function() server:stop() end)

  it("lets through a form that Twilio signed, with its fields", function()
    local answer = request("/hooks/sms?a=b", signed(ORIGIN .. "/hooks/sms?a=bBodyGrüße & so" .. "From+15551234567")
      .. " -d Body=Gr%C3%BC%C3%9Fe+%26+so -d From=%2B15551234567")
    assert.are.equal("reached Grüße & so\n 200", answer)
  end)

  it("lets through JSON and a GET that Twilio signed", function()
    local body = '{"a":1}'
    local path = "/hooks/event?bodySHA256=" .. crypto.sha256(body)
    local answer = request(path, signed(ORIGIN .. path) .. " -H 'Content-Type: application/json' -d " .. quoted(body))
    assert.are.equal("reached \n 200", answer)
    assert.are.equal("reached \n 200", request("/hooks/get?x=1", signed(ORIGIN .. "/hooks/get?x=1")))
  end)

  it("refuses what is forged, with 403, and nothing behind it runs", function()
    local good = signed(ORIGIN .. "/hooks/smsBodyhi")
    local json = "/hooks/event?bodySHA256=" .. crypto.sha256("{}")
    for what, answer in pairs {
      ["no signature"] = request("/hooks/sms", "-d Body=hi"),
      ["an empty signature"] = request("/hooks/sms", "-d Body=hi -H 'X-Twilio-Signature;'"),
      ["another key"] = request("/hooks/sms", "-d Body=hi " .. signed(ORIGIN .. "/hooks/smsBodyhi", "x")),
      ["another body"] = request("/hooks/sms", "-d Body=ho " .. good),
      ["one more field"] = request("/hooks/sms", "-d Body=hi -d X=y " .. good),
      ["another path"] = request("/hooks/call", "-d Body=hi " .. good),
      ["a query"] = request("/hooks/sms?x", "-d Body=hi " .. good),
      ["another type of body"] = request("/hooks/sms", "-H 'Content-Type: text/plain' -d Body=hi " .. good),
      ["another host, which the sender names"] = request("/hooks/sms", "-d Body=hi -H 'Host: evil.example' "
        .. "-H 'X-Forwarded-Host: evil.example' " .. signed("https://evil.example/hooks/smsBodyhi")),
      ["two signatures"] = request("/hooks/sms", "-d Body=ho " .. good .. " " .. good),
      ["another JSON"] = request(json, signed(ORIGIN .. json) .. " -H 'Content-Type: application/json' -d '{ }'"),
      ["JSON called a form"] = request(json, signed(ORIGIN .. json) .. " -d ''"),
    } do
      assert.truthy(answer:find(" 403$"), what .. ": " .. answer)
      assert.is_nil(answer:find("reached", 1, true), what)
    end
    assert.are.equal("reached hi\n 200", request("/hooks/sms", "-d Body=hi " .. good))
  end)

  it("refuses a body that nginx does not keep in memory, instead of taking it for an empty one", function()
    local answer = request("/hooks/sms", signed(ORIGIN .. "/hooks/sms") .. " -d Body=" .. ("x"):rep(100000))
    assert.truthy(answer:find(" 413$"), answer)
  end)

  it("tells why in the log, and neither token nor signature", function()
    request("/hooks/sms", "-d Body=hi -H 'X-Twilio-Signature: nonsense'")
    local log = server:log()
    assert.truthy(log:find("webhook refused: the signature is not of this URL and these fields", 1, true), log)
    assert.is_nil(log:find(TOKEN, 1, true))
  end)
end)
