--- Signatures of webhooks: the recorded vectors of Twilio's documentation and of the tests of its own libraries
-- (github.com/twilio: twilio-python, -ruby, -php, -java, -go, -node; api-snippets), and what must not pass.
local support = require "spec.support"
local studio = require "studio"

local webhook = require "studio.webhook"
local crypto = require "studio.crypto"

local TOKEN = "12345"
local URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
local SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
local BODY = [[{"property": "value", "boolean": true}]]
local BODY_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"

local function params()
  return { CallSid = "CA1234567890ABCDE", Digits = "1234", From = "+14158675309", To = "+18005551212", Caller = "+14158675309" }
end

local function replaced(from, to)
  local at, last = URL:find(from, 1, true)
  return URL:sub(1, at - 1) .. to .. URL:sub(last + 1)
end

describe("A webhook's signature", function()
  -- What, URL, body, signature.
  for _, vector in ipairs {
    { "a form", URL, params(), SIGNATURE },
    { "names that are repeated, their values sorted, each once", URL,
      { Sid = "CA123", SidAccount = "AC123", Digits = { "5678", "1234", "1234" } }, "IK+Dwps556ElfBT0I3Rgjkr1wJU=" },
    { "a URL of https with a port, signed without", replaced(".com", ".com:1234"), params(), SIGNATURE },
    { "a URL of http with a port, signed with it", "http://mycompany.com:1234/myapp.php?foo=1&bar=2", params(),
      "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=" },
    { "a URL of https without a port, signed with 443", URL, params(), "kvajT1Ptam85bY51eRf/AJRuM3w=" },
    { "a URL of http without a port, signed with 80", replaced("https", "http"), params(), "0ZXoZLH/DfblKGATFgpif+LLRf4=" },
    { "a URL with the default port, signed without", replaced(".com", ".com:443"), params(), SIGNATURE },
    { "a URL with the default port, signed with it", replaced(".com", ".com:443"), params(), "kvajT1Ptam85bY51eRf/AJRuM3w=" },
    { "a URL with user and password", replaced("//", "//user:pass@"), params(), "CukzLTc1tT5dXEDIHm/tKBanW10=" },
    { "a URL with a user", replaced("//", "//user@"), params(), "2YRLlVAflCqxaNicjMpJcSTgzSs=" },
    { "a URL with user and password, signed with 443", replaced("//", "//user:pass@"), params(), "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=" },
    { "a JSON body", URL .. "&bodySHA256=" .. BODY_HASH, BODY, "a9nBmqA0ju/hNViExpshrM61xv4=" },
    { "a JSON body and no other query", "https://mycompany.com/myapp.php?bodySHA256=" .. BODY_HASH, BODY, "y77kIzt2vzLz71DgmJGsen2scGs=" },
  } do
    local what, url, body, signature = (table.unpack or unpack)(vector)
    it("is good for " .. what, function()
      assert.is_true(webhook.valid(TOKEN, signature, url, body))
    end)

    it("is bad for " .. what .. " when any byte of it is another", function()
      assert.is_false((webhook.valid(TOKEN .. "6", signature, url, body)))
      assert.is_false((webhook.valid(TOKEN, signature, url .. "&more=1", body)))
      assert.is_false((webhook.valid(TOKEN, signature, (url:gsub("myapp", "Myapp")), body)))
      assert.is_false((webhook.valid(TOKEN, signature, (url:gsub("mycompany", "mycompanx")), body)))
      for at = 1, #signature do
        local other = signature:byte(at) == 65 and "B" or "A"
        assert.is_false((webhook.valid(TOKEN, signature:sub(1, at - 1) .. other .. signature:sub(at + 1), url, body)))
      end
      for _, wrong in ipairs {
        "", "=", "\0", signature .. "=", signature .. " ", signature .. "\0", signature:sub(1, -2), signature .. signature,
      } do
        assert.is_false((webhook.valid(TOKEN, wrong, url, body)))
      end
    end)
  end

  it("is bad for a form of which a field is added, left out, moved or changed", function()
    local changes = {
      function(fields) fields.Extra = "1" end, function(fields) fields.Extra = "" end, function(fields) fields.Digits = nil end,
      function(fields) fields.Digits = "1235" end, function(fields) fields.Digits = "" end,
      function(fields) fields.digits, fields.Digits = fields.Digits, nil end,
      function(fields) fields.From, fields.To = fields.To, fields.From end, function(fields) fields.Digits = { "1234", "1" } end,
      function(fields) fields.Digits = {} end,
    }
    for _, change in ipairs(changes) do
      local fields = params()
      change(fields)
      local fine, why = webhook.valid(TOKEN, SIGNATURE, URL, fields)
      assert.is_false(fine)
      assert.are.equal("the signature is not of this URL and these fields", why)
    end
    assert.is_false((webhook.valid(TOKEN, SIGNATURE, URL)))
    assert.is_false((webhook.valid(TOKEN, SIGNATURE, URL, {})))
  end)

  it("is bad for a raw body that is another, or that the URL has no hash of", function()
    local url, signature = URL .. "&bodySHA256=" .. BODY_HASH, "a9nBmqA0ju/hNViExpshrM61xv4="
    for _, body in ipairs { "", BODY .. " ", BODY:sub(1, -2), BODY .. "\0", "{}" } do
      local fine, why = webhook.valid(TOKEN, signature, url, body)
      assert.is_false(fine)
      assert.are.equal("the body is not the one that was signed", why)
    end
    assert.is_false((webhook.valid(TOKEN, SIGNATURE, URL, BODY)))
    assert.is_false((webhook.valid(TOKEN, SIGNATURE, URL .. "#bodySHA256=" .. BODY_HASH, BODY)))
    assert.is_false((webhook.valid(TOKEN, SIGNATURE, URL .. "&xbodySHA256=" .. BODY_HASH, BODY)))
    assert.is_false((webhook.valid(TOKEN, crypto.signature(TOKEN, URL .. "&bodySHA256="), URL .. "&bodySHA256=", "")))
  end)

  it("vouches for no body that was not checked: with a bodySHA256 in the URL the raw body is needed", function()
    local url, signature = URL .. "&bodySHA256=" .. BODY_HASH, "a9nBmqA0ju/hNViExpshrM61xv4="
    assert.is_false((webhook.valid(TOKEN, signature, url)))
    assert.is_false((webhook.valid(TOKEN, signature, url, {})))
    assert.is_false((webhook.valid(TOKEN, crypto.signature(TOKEN, url .. "a1"), url, { a = "1" })))
  end)

  it("needs no hash of a body that is empty, but checks the one that is there", function()
    local url = "https://example.com/hook?a=b"
    assert.is_true(webhook.valid(TOKEN, crypto.signature(TOKEN, url), url, ""))
    assert.is_true(webhook.valid(TOKEN, crypto.signature(TOKEN, url), url))
    url = url .. "&bodySHA256=" .. crypto.sha256("")
    assert.is_true(webhook.valid(TOKEN, crypto.signature(TOKEN, url), url, ""))
    assert.is_false((webhook.valid(TOKEN, crypto.signature(TOKEN, url), url, "x")))
  end)

  it("takes the hash of a body in capitals, too", function()
    local url = "https://example.com/?bodySHA256=" .. BODY_HASH:upper()
    assert.is_true(webhook.valid(TOKEN, crypto.signature(TOKEN, url), url, BODY))
  end)

  it("is of the bytes: values are neither encoded nor trimmed, and names are in the order of their bytes", function()
    local url = "https://example.com/hook"
    local fields = { b = "ü €", B = " x ", a = "1+1 %20&=", _ = "", ["a b"] = "\0\255", ["0"] = "zero", ["ä"] = "ae" }
    local text = url .. "0zero" .. "B x " .. "_" .. "a1+1 %20&=" .. "a b\0\255" .. "bü €" .. "äae"
    assert.is_true(webhook.valid(TOKEN, crypto.signature(TOKEN, text), url, fields))
  end)

  it("does not depend on the locale", function()
    local before = os.setlocale(nil, "collate")
    for _, locale in ipairs { "C.UTF-8", "en_US.UTF-8", "de_DE.UTF-8" } do
      os.setlocale(locale, "collate")
      local text = "https://example.com/" .. "B2" .. "a1"
      local fine = webhook.valid(TOKEN, crypto.signature(TOKEN, text), "https://example.com/", { a = "1", B = "2" })
      os.setlocale(before, "collate")
      assert.is_true(fine)
    end
  end)

  it("is good for the spellings of one URL that Twilio's services do not agree on, and for no others", function()
    local function good(signed, seen)
      return (webhook.valid(TOKEN, crypto.signature(TOKEN, signed), seen, {}))
    end
    for _, same in ipairs {
      { "https://example.com", "https://example.com/" }, { "https://example.com:443", "https://example.com/" },
      { "https://example.com?a=1", "https://example.com/?a=1" }, { "https://example.com:8443/a", "https://example.com:8443/a" },
      { "https://example.com/a?q=it's", "https://example.com/a?q=it%27s" }, { "https://[2001:db8::1]/a", "https://[2001:db8::1]:443/a" },
      { "HTTPS://Example.com/a", "HTTPS://Example.com:443/a" },
    } do
      assert.is_true(good(same[1], same[2]), same[1])
      assert.is_true(good(same[2], same[1]), same[2])
    end
    for _, other in ipairs {
      { "https://example.com/a", "https://example.com/a/" }, { "https://example.com/a", "http://example.com/a" },
      { "https://example.com:8443/a", "https://example.com/a" }, { "https://example.com:80/a", "https://example.com/a" },
      { "http://example.com:443/a", "http://example.com/a" }, { "https://example.com/A", "https://example.com/a" },
      { "https://example.com/a?b=1&c=2", "https://example.com/a?c=2&b=1" },
      { "https://example.com/a?b=x y", "https://example.com/a?b=x%20y" },
      { "https://example.com/a'", "https://example.com/a%27" }, { "https://example.com//", "https://example.com/" },
      { "https://user@example.com/a", "https://example.com/a" }, { "https://example.com/a", "https://evil.example/a" },
    } do
      assert.is_false(good(other[1], other[2]), other[1] .. " " .. other[2])
    end
  end)

  it("is bad where there is none, whatever the header holds instead", function()
    for _, header in ipairs { false, 7, { SIGNATURE }, true } do
      assert.is_false((webhook.valid(TOKEN, header, URL, params())))
    end
    local fine, why = webhook.valid(TOKEN, nil, URL, params())
    assert.is_false(fine)
    assert.are.equal("there is no signature", why)
  end)

  it("takes a field without a value as nginx gives it", function()
    local signature = crypto.signature(TOKEN, "https://example.com/ab1")
    assert.is_true(webhook.valid(TOKEN, signature, "https://example.com/", { a = true, b = "1" }))
  end)

  it("raises at the caller's line for what no request can bring about", function()
    for _, call in ipairs {
      { nil, SIGNATURE, URL }, { "", SIGNATURE, URL }, { 12345, SIGNATURE, URL }, { TOKEN, SIGNATURE, nil }, { TOKEN, SIGNATURE, 1 },
      { TOKEN, SIGNATURE, URL, 1 }, { TOKEN, SIGNATURE, URL, { a = 1 } }, { TOKEN, SIGNATURE, URL, { "a" } },
      { TOKEN, SIGNATURE, URL, { a = { 1 } } },
    } do
      local fine, message = pcall(function() return (webhook.valid(call[1], call[2], call[3], call[4])) end)
      assert.is_false(fine)
      assert.truthy(message:find("webhook_spec.lua:%d+: valid: "), message)
      assert.is_nil(message:find(TOKEN, 1, true))
    end
  end)

  it("is there as studio.webhook, loaded when it is asked for", function()
    assert.are.equal(webhook, studio.webhook)
    assert.has_error.matches(function() return studio.webhooks end, "did you mean 'webhook'?", 1, true)
    assert.is_nil(studio[nil])
    local program = "local studio = require 'studio' io.write(tostring(package.loaded['studio.crypto'])) "
      .. "assert(studio.webhook.valid) io.write(type(package.loaded['studio.crypto']))"
    local command = ("LUA_PATH='%s' LUA_CPATH='%s' %s -e \"%s\""):format(package.path, package.cpath, support.interpreter, program)
    local pipe = assert(io.popen(command))
    local output = pipe:read("*a")
    pipe:close()
    assert.are.equal("niltable", output)
  end)
end)

describe("The fields of a form", function()
  it("are all there, decoded, repeated names as arrays", function()
    assert.same({ a = "1", b = "x y+&=", c = { "1", "2", "1" }, d = "", e = "", ["f g"] = "ü", h = "a=b" },
      webhook.fields("a=1&b=x+y%2B%26%3D&c=1&c=2&c=1&d&e=&f%20g=%c3%BC&h=a=b"))
    assert.same({}, webhook.fields(""))
    assert.same({ [""] = "x", ["%"] = "%zz%" }, webhook.fields("&&=x&%=%zz%&"))
    assert.same({ ["a\0"] = "\0" }, webhook.fields("a%00=%00"))
    local parts = {}
    for index = 1, 5000 do parts[index] = "n" .. index .. "=v" .. index end
    local fields = webhook.fields(table.concat(parts, "&"))
    assert.are.equal("v5000", fields.n5000)
    assert.are.equal("v1", fields.n1)
  end)

  it("are what the signature is of", function()
    local body = "ToCountry=US&Body=Gr%C3%BC%C3%9Fe+%26+so&MediaUrl=a&MediaUrl=b&Empty="
    local signed = "https://example.com/sms" .. "BodyGrüße & so" .. "Empty" .. "MediaUrlaMediaUrlb" .. "ToCountryUS"
    assert.is_true(webhook.valid(TOKEN, crypto.signature(TOKEN, signed), "https://example.com/sms", webhook.fields(body)))
  end)

  it("need a string", function()
    assert.is_false((pcall(webhook.fields, nil)))
    assert.is_false((pcall(webhook.fields, {})))
  end)
end)

describe("studio.crypto", function()
  it("gives HMAC-SHA1 as RFC 2202 has it", function()
    local function hex(base64)
      local pipe = assert(io.popen("printf %s '" .. base64 .. "' | base64 -d | od -An -v -tx1 | tr -d ' \\n'"))
      local text = pipe:read("*a")
      pipe:close()
      return text
    end
    assert.are.equal("b617318655057264e28bc0b6fb378c8ef146be00", hex(crypto.signature(("\11"):rep(20), "Hi There")))
    assert.are.equal("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", hex(crypto.signature("Jefe", "what do ya want for nothing?")))
    assert.are.equal("125d7342b9ac11cd91a39af48aa17b4f63f175d3", hex(crypto.signature(("\170"):rep(20), ("\221"):rep(50))))
    assert.are.equal("aa4ae5e15272d00e95705637ce8a3b55ed402112",
      hex(crypto.signature(("\170"):rep(80), "Test Using Larger Than Block-Size Key - Hash Key First")))
  end)

  it("gives SHA-256 as FIPS 180 has it", function()
    assert.are.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", crypto.sha256(""))
    assert.are.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", crypto.sha256("abc"))
    assert.are.equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", crypto.sha256(("a"):rep(1000000)))
    assert.are.equal(BODY_HASH, crypto.sha256(BODY))
  end)

  it("compares bytes, NUL and all", function()
    assert.is_true(crypto.equal("", ""))
    assert.is_true(crypto.equal("a\0b", "a\0b"))
    assert.is_false(crypto.equal("a\0b", "a\0c"))
    assert.is_false(crypto.equal("a", "aa"))
    assert.is_false(crypto.equal("", "a"))
  end)

  it("refuses a key that is empty", function()
    assert.is_false((pcall(crypto.signature, "", "text")))
  end)
end)
