-- Seen: a 401 did not say which credentials were refused, nor where they came from; "credentials must not hold control characters" did not
-- say which; a private certificate authority, and nginx without its directive `env`, were told as what libcurl and Lua make of them.
local child = require "spec.child"
local studio = require "studio"
local support = require "spec.support"

local FW = "FW" .. ("0"):rep(32)
local AC, SK = "AC0123456789abcdef0123456789abcdef", "SK0123456789abcdef0123456789abcdef"
local TOKEN = "hush-0123456789"

local refusing = support.transport {
  status = 401, headers = { ["Content-Type"] = "application/json" }, body = '{"message":"no","code":20003}',
}

-- The error of a call that was refused, and the client, as texts.
local function refused(options)
  options.transport = refusing
  local client = studio.new(options)
  local _, err = client.v2.flows(FW):fetch()
  assert.are.equal(401, err.status)
  return tostring(err), tostring(client)
end

describe("A 401, and a client, tell which credentials were used:", function()
  local rows = {
    { "an auth token", { account_sid = AC, auth_token = TOKEN }, "auth token from option 'auth_token'", "AC01...cdef" },
    { "an API key", { api_key = SK, api_secret = TOKEN }, "API key from option 'api_secret'", "SK01...cdef" },
  }
  for _, row in ipairs(rows) do
    it(row[1], function()
      for _, text in ipairs { refused(row[2]) } do
        assert.truthy(text:find(row[3], 1, true), text)
        assert.truthy(text:find(row[4], 1, true), text)
        assert.truthy(text:find("region us1", 1, true), text)
        assert.is_nil(text:find(TOKEN, 1, true), text)
        assert.is_nil(text:find("0123456789abcdef", 1, true), text)
      end
    end)
  end

  it("the region", function()
    local text, client = refused { account_sid = AC, auth_token = TOKEN, region = "ie1" }
    assert.truthy(text:find("region ie1", 1, true), text)
    assert.truthy(client:find("region ie1", 1, true), client)
  end)

  it("variables of the environment", function()
    local said = child.run([[
      local studio = require "studio"
      local client = studio.new { transport = { send = function() return { status = 401, body = "{}" } end } }
      print(client)
      print(select(2, client.v2.flows("]] .. FW .. [["):fetch()))
    ]], { before = "TWILIO_ACCOUNT_SID=" .. AC .. " TWILIO_AUTH_TOKEN=" .. TOKEN })
    local _, count = said:gsub("auth token from TWILIO_AUTH_TOKEN in the environment", "")
    assert.are.equal(2, count, said)
    assert.is_nil(said:find(TOKEN, 1, true), said)
  end)
end)

-- What a program prints that is run with nothing but these variables: of the client, and of a call that is refused.
local function said_with(variables, options)
  return child.run(([[
    local options = { %s }
    options.transport = { send = function() return { status = 401, body = "{}" } end }
    local ok, client = pcall(require("studio").new, options)
    print(client)
    if ok then print(select(2, client.v2.flows("%s"):fetch())) end
  ]]):format(options or "", FW), { before = "env -u TWILIO_ACCOUNT_SID -u TWILIO_AUTH_TOKEN " .. variables })
end

describe("A 401 tells", function()
  it("where each half came from, where one is an option and the other a variable", function()
    local said = said_with("TWILIO_ACCOUNT_SID=" .. AC, ("auth_token = %q"):format(TOKEN))
    assert.truthy(said:find("from option 'auth_token', the account SID from TWILIO_ACCOUNT_SID in the environment", 1, true), said)
    said = said_with("TWILIO_AUTH_TOKEN=" .. TOKEN, ("account_sid = %q"):format(AC))
    assert.truthy(said:find("from TWILIO_AUTH_TOKEN in the environment, the account SID from option 'account_sid'", 1, true), said)
    said = said_with("TWILIO_API_SECRET=" .. TOKEN, ("api_key = %q"):format(SK))
    assert.truthy(said:find("API key from TWILIO_API_SECRET in the environment, the key's SID from option 'api_key'", 1, true), said)
  end)

  it("the key beside the account", function()
    local said = said_with(("TWILIO_ACCOUNT_SID=%s TWILIO_API_KEY=%s TWILIO_API_SECRET=%s"):format(AC, SK, TOKEN))
    assert.truthy(said:find("AC01...cdef", 1, true), said)
    assert.truthy(said:find("SK01...cdef", 1, true), said)
    said = refused { account_sid = AC, oauth = { client_id = "OQ" .. ("3"):rep(32), client_secret = TOKEN } }
    assert.truthy(said:find("client OQ33...3333", 1, true), said)
  end)

  it("which variable the region or the address came from", function()
    local both = ("TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s "):format(AC, TOKEN)
    for variable, value in pairs { TWILIO_REGION = "ie1", TWILIO_EDGE = "dublin", STUDIO_BASE_URL = "http://127.0.0.1:9" } do
      local said = said_with(both .. variable .. "=" .. value)
      local _, count = said:gsub("from " .. variable .. " in the environment", "")
      assert.are.equal(2, count, said)
    end
  end)

  local hex = ("0123456789abcdef"):rep(2)
  local doubts = {
    { "an auth token in the place of a key's secret", { api_key = SK, api_secret = hex }, "'api_secret' looks like an auth token" },
    { "an account SID in the place of a key", { api_key = AC, api_secret = TOKEN }, "'api_key' is an account SID" },
    { "a key that is none", { api_key = TOKEN, api_secret = hex }, "'api_key' does not begin with SK" },
    { "an auth token that is none", { account_sid = AC, auth_token = TOKEN }, "'auth_token' is not 32 small hex digits" },
    { "a blank of another alphabet", { account_sid = AC, auth_token = hex .. "\194\160" }, "'auth_token' holds characters beyond ASCII" },
    { "credentials that look right", { account_sid = AC, auth_token = hex }, "each region, has tokens and keys of its own" },
  }
  for _, row in ipairs(doubts) do
    it(row[1], function()
      local text = refused(row[2])
      assert.truthy(text:find(row[3], 1, true), text)
      assert.is_nil(text:find(TOKEN, 1, true), text)
      assert.is_nil(text:find(hex, 1, true), text)
    end)
  end

  it("half of a key that was not used", function()
    local said = said_with(("TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s TWILIO_API_KEY=%s"):format(AC, hex, SK))
    assert.truthy(said:find("TWILIO_API_KEY is set, too, but TWILIO_API_SECRET is not", 1, true), said)
  end)
end)

describe("Half of an API key in the environment", function()
  it("is told with the name of the other half", function()
    for given, missing in pairs { TWILIO_API_KEY = "TWILIO_API_SECRET", TWILIO_API_SECRET = "TWILIO_API_KEY" } do
      local said = child.run([[print(pcall(require("studio").new, {}))]], { before = "env -u TWILIO_ACCOUNT_SID -u TWILIO_AUTH_TOKEN "
        .. given .. "=" .. SK })
      assert.truthy(said:find(("the environment has %s, but %s is not set"):format(given, missing), 1, true), said)
    end
  end)
end)

describe("Credentials that cannot be sent", function()
  it("are named by where they come from", function()
    local oauth = function(id, secret) return { oauth = { client_id = id, client_secret = secret } } end
    local rows = {
      { { account_sid = AC .. " ", auth_token = TOKEN }, "account_sid" },
      { { account_sid = " " .. AC, auth_token = TOKEN }, "account_sid" },
      { { account_sid = "'" .. AC .. "'", auth_token = TOKEN }, "account_sid" },
      { { account_sid = AC, auth_token = '"' .. TOKEN .. '"' }, "auth_token" },
      { { account_sid = AC, auth_token = AC }, "auth_token" }, { { account_sid = AC, auth_token = SK }, "auth_token" },
      { { api_key = TOKEN, api_secret = SK }, "api_secret" }, { oauth("OQ1", TOKEN .. " "), "oauth.client_secret" },
      { oauth(" OQ1", TOKEN), "oauth.client_id" }, { oauth(TOKEN, AC), "oauth.client_secret" },
      { { account_sid = AC, auth_token = TOKEN .. "\n" }, "auth_token" }, { { api_key = SK .. "\1", api_secret = TOKEN }, "api_key" },
      { { api_key = SK, api_secret = " " .. TOKEN }, "api_secret" }, { { api_key = SK .. ":", api_secret = TOKEN }, "api_key" },
    }
    for _, row in ipairs(rows) do
      local ok, message = pcall(studio.new, row[1])
      assert.is_false(ok)
      assert.truthy(message:find("option '" .. row[2] .. "'", 1, true), message)
      assert.is_nil(message:find(TOKEN, 1, true), message)
    end
  end)
end)

describe("A certificate that is not trusted", function()
  local directory, server
  setup(function()
    directory = child.directory()
    server = child.tls_server(child.certificate(directory, "own", "-subj /CN=own -addext subjectAltName=IP:127.0.0.1 -days 2"))
  end)
  teardown(function()
    server:stop()
    child.remove(directory)
  end)

  it("is told with the option that names another authority, and STUDIO_CA_FILE sets it", function()
    local client = studio.new { account_sid = AC, auth_token = TOKEN, base_url = server.origin, no_proxy = "*", retry = false }
    local _, err = client.v2.flows(FW):fetch()
    assert.are.equal("transport", err.kind)
    assert.truthy(err.message:find("'ca_file'", 1, true), err.message)
    assert.truthy(err.message:find("STUDIO_CA_FILE", 1, true), err.message)
  end)

  it("names the file that is trusted, and says what else is wrong with a certificate", function()
    local other = child.certificate(directory, "other", "-subj /CN=other -addext subjectAltName=DNS:other.example -days 2")
    local function failure(ca_file, origin)
      local client = studio.new {
        account_sid = AC, auth_token = TOKEN, base_url = origin, no_proxy = "*", retry = false, ca_file = ca_file,
      }
      return select(2, client.v2.flows(FW):fetch()).message
    end
    local message = failure(other.certificate, server.origin)
    assert.truthy(message:find(other.certificate .. ", from option 'ca_file'", 1, true), message)
    local elsewhere = child.tls_server(other)
    message = failure(other.certificate, elsewhere.origin)
    elsewhere:stop()
    assert.truthy(message:find("the certificate is for another host than 127.0.0.1", 1, true), message)
    assert.is_nil(message:find("ca_file", 1, true), message)
  end)

  it("is not looked for in a file that holds none", function()
    local key = child.certificate(directory, "own", "-subj /CN=own -days 2").key
    local ok, message = pcall(studio.new, { account_sid = AC, auth_token = TOKEN, ca_file = key })
    assert.is_false(ok)
    assert.truthy(message:find("option 'ca_file' must be a file with certificates in PEM form", 1, true), message)
  end)

  it("names the variable where the file cannot be read, a folder included", function()
    for _, path in ipairs { "/does/not/exist.pem", directory } do
      local said = child.run([[print(pcall(require("studio").new, { account_sid = "AC1", auth_token = "0123456789" }))]],
        { before = "STUDIO_CA_FILE=" .. path })
      assert.truthy(said:find("STUDIO_CA_FILE in the environment cannot be read", 1, true), said)
    end
  end)
end)

describe("No credentials inside nginx", function()
  it("are told with the directive that hands the environment on", function()
    _G.ngx = { config = {} }
    local ok, message = pcall(function()
      return require("studio.request.credentials").resolve {}
    end)
    _G.ngx = nil
    assert.is_false(ok)
    assert.truthy(message:find("env TWILIO_ACCOUNT_SID;", 1, true), message)
  end)
end)

describe("The address of the service", function()
  local function new(options)
    options.account_sid, options.auth_token, options.retry, options.no_proxy = AC, TOKEN, false, options.no_proxy or "*"
    return studio.new(options)
  end

  it("of Twilio's is never asked over http: credentials would be readable on the way", function()
    for _, url in ipairs { "http://studio.twilio.com", "http://STUDIO.twilio.com:443", "http://studio.dublin.ie1.twilio.com/" } do
      local ok, message = pcall(new, { base_url = url })
      assert.is_false(ok)
      assert.truthy(message:find("option 'base_url' must begin with https://", 1, true), message)
    end
  end)

  it("is told where nobody answers, with who said so", function()
    local _, err = new { base_url = "http://127.0.0.1:1" }.v2.flows(FW):fetch()
    assert.truthy(err.message:find("(this is http://127.0.0.1:1, from option 'base_url')", 1, true), err.message)
    local said = child.run(([[
      local client = require("studio").new { retry = false, no_proxy = "*" }
      print(select(2, client.v2.flows(%q):fetch()))
    ]]):format(FW),
      { before = ("STUDIO_BASE_URL=http://127.0.0.1:1 TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s"):format(AC, TOKEN) })
    assert.truthy(said:find("from STUDIO_BASE_URL in the environment", 1, true), said)
  end)

  it("is told where something answers that is no service of Twilio's, the proxy too", function()
    local server = child.server [[
      connection:request()
      connection:send("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
      connection:drain()
    ]]
    local _, err = new { base_url = server.origin }.v2.flows(FW):fetch()
    assert.truthy(err.message:find(("(this is %s, from option 'base_url')"):format(server.origin), 1, true), err.message)
    _, err = new({ base_url = "http://127.0.0.9:80", proxy = server.origin, no_proxy = "none.example" }).v2.flows(FW):fetch()
    assert.truthy(err.message:find(("(through the proxy %s, from option 'proxy')"):format(server.origin), 1, true), err.message)
    server:stop()
  end)

  it("with https where http is due is told so, through a proxy as well", function()
    local server = child.server [[connection:send("HTTP/1.1 400 Bad Request\r\n\r\n") connection:drain()]]
    local address = server.origin:gsub("^http:", "https:")
    local _, err = new { base_url = address }.v2.flows(FW):fetch()
    assert.truthy(err.message:find("does it speak http there", 1, true), err.message)
    _, err = new({ proxy = address, no_proxy = "none.example" }).v2.flows(FW):fetch()
    assert.truthy(err.message:find("the proxy " .. address, 1, true), err.message)
    server:stop()
  end)
end)

describe("no_proxy", function()
  local proxy = require "studio.request.proxy"
  local function leads(no_proxy, host, port)
    local found = proxy.find({ proxy = "http://127.0.0.1:9", no_proxy = no_proxy }, { scheme = "https", port = port or "443" })
    return not proxy.is_bypassed(found.no_proxy, host)
  end

  it("takes a host in the forms that other programs take", function()
    for _, form in ipairs { "*.twilio.com", ".twilio.com", "twilio.com", "x.y, *.twilio.com", "studio.twilio.com:443", "*" } do
      assert.is_false(leads(form, "studio.twilio.com"), form)
    end
    assert.is_false(leads("[::1]:8080", "[::1]", "8080"))
    assert.is_false(leads("::1", "[::1]", "8080"))
    for _, form in ipairs { "studio.twilio.com:8443", "twilio.co", "*.example.com", "udio.twilio.com" } do
      assert.is_true(leads(form, "studio.twilio.com"), form)
    end
  end)
end)
