-- Missing: a way to see what a program sends without changing it (`STUDIO_LOG`), and the signature that Twilio would put on a request, for
-- tests of a handler (`studio.webhook.sign`).
local child = require "spec.child"
local studio = require "studio"

local webhook = studio.webhook
local FW = "FW" .. ("0"):rep(32)
local program = [[
local studio = require "studio"
local function send(_, request)
  if request.method == "GET" then return { status = 200, body = "{}", headers = { ["Twilio-Request-Id"] = "RQ1" } } end
  return { status = 409, body = '{"code":20409,"message":"active"}' }
end
local client = studio.new { account_sid = "AC0123456789abcdef0123456789abcdef", auth_token = "hush-0123456789", transport = { send = send },
  on_event = function(event) io.stdout:write("own ", event.type, "\n") end }
local flow = client.v2.flows "]] .. FW .. [["
flow:fetch()
flow.executions:create { to = "+15550001111", from = "+15550002222", parameters = { name = "Ada" } }
]]

describe("STUDIO_LOG", function()
  it("=info tells answers and failures, one line each, and no secret, number or context", function()
    local said = child.run(program, { before = "STUDIO_LOG=info" })
    assert.truthy(said:find("studio response GET /v2/Flows/" .. FW .. " status 200", 1, true), said)
    assert.truthy(said:find("studio error POST /v2/Flows/" .. FW .. "/Executions status 409 http code 20409", 1, true), said)
    assert.is_nil(said:find("studio request", 1, true), said)
    for _, secret in ipairs { "hush", "5550001111", "Ada", "0123456789abcdef" } do assert.is_nil(said:find(secret, 1, true), said) end
  end)

  it("=debug tells requests, too, beside the program's own handler", function()
    local said = child.run(program, { before = "STUDIO_LOG=debug" })
    assert.truthy(said:find("studio request POST", 1, true), said)
    assert.truthy(said:find("own request\n", 1, true), said)
  end)

  it("tells of a code that is no integer, and the program's own handler hears of it", function()
    for code, words in pairs { ["1.5"] = "code 1.5 ", ["1e300"] = "code 1e+300 " } do
      local said = child.run(program:gsub('20409,"message":"active"', code .. ',"message":"x"'), { before = "STUDIO_LOG=info" })
      assert.truthy(said:find("409 http " .. words, 1, true), said)
      assert.truthy(said:find("own error\n", 1, true), said)
    end
  end)

  it("leaves the sentences about tasks where no handler is", function()
    for text, words in pairs {
      ['client:spawn(print) client:close()'] = "1 task never ran", ['client:spawn(error, "oops") client:step(0) client:close()'] = "oops",
    } do
      local said = child.run([[
        local client = require("spec.support").offline(require("spec.support").transport())
      ]] .. text, { before = "STUDIO_LOG=info" })
      local _, count = said:gsub(words, "")
      assert.are.equal(1, count, said)
      assert.truthy(said:find("studio error task", 1, true), said)
    end
  end)

  it("that is neither is told once and changes nothing", function()
    local said = child.run(program, { before = "STUDIO_LOG=loud" })
    assert.truthy(said:find("STUDIO_LOG must be info or debug, not 'loud'", 1, true), said)
    assert.truthy(said:find("own error\n", 1, true), said)
    assert.is_nil(said:find("studio response", 1, true), said)
  end)
end)

describe("webhook.sign", function()
  it("gives the documented signature of the documented request", function()
    local signature = webhook.sign("12345", "https://example.com/myapp.php?foo=1&bar=2", {
      CallSid = "CA1234567890ABCDE", Caller = "+14158675310", Digits = "1234", From = "+14158675310", To = "+18005551212",
    })
    assert.are.equal("L/OH5YylLD5NRKLltdqwSvS0BnU=", signature)
  end)

  it("gives what valid takes: forms, raw bodies, and nothing at all", function()
    for _, body in ipairs { { To = "+15550001111", Body = "hi" }, { Media = { "b", "a" } }, '{"a":1}', "", {} } do
      local signature, url = webhook.sign("secret-token", "https://example.com/hook?x=1", body)
      assert.is_true(webhook.valid("secret-token", signature, url, body))
      assert.is_false((webhook.valid("another-token", signature, url, body)))
    end
    local signature, url = webhook.sign("secret-token", "https://example.com/hook")
    assert.is_true(webhook.valid("secret-token", signature, url))
    assert.are.equal("https://example.com/hook", url)
  end)

  it("puts the hash of a raw body before the fragment", function()
    local signature, url = webhook.sign("secret-token", "https://example.com/hook?x=1#there", "{}")
    assert.truthy(url:find("^https://example.com/hook%?x=1&bodySHA256=%x+#there$"), url)
    assert.is_true(webhook.valid("secret-token", signature, url, "{}"))
  end)

  -- Seen: a question mark in a fragment was taken for the beginning of the query.
  it("takes nothing in a fragment for the query", function()
    for _, body in ipairs { "{}", "", { a = "b" } } do
      local signature, url = webhook.sign("secret-token", "https://example.com/hook#there?bodySHA256=00", body)
      assert.are.equal(body == "{}" and 1 or nil, url:find("https://example.com/hook?bodySHA256=", 1, true))
      assert.is_true(webhook.valid("secret-token", signature, url, body))
    end
  end)

  it("raises at the program's line for what is no token, URL or body", function()
    for _, arguments in ipairs {
      { "", "https://example.com" }, { "t", 1 }, { "t", "https://example.com", 1 }, { "t", "https://example.com", { Digits = 1 } },
      { "t", "https://example.com", { "x" } },
    } do
      local ok, message = pcall(function() webhook.sign(arguments[1], arguments[2], arguments[3]) end)
      assert.is_false(ok)
      assert.truthy(message:find("23%-log%-and%-sign_spec.lua:%d+: sign: "), message)
    end
  end)
end)
