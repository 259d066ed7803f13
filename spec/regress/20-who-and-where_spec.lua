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
    local rows = {
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
