-- What a client takes from the environment of its program. The programs are children, so that each case has an environment of its own.
local support = require "spec.support"

local variables = {
  "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_REGION", "TWILIO_EDGE", "STUDIO_BASE_URL",
}

-- Makes a client of the options in arg[1], sends one request, and prints what was in it; or what was raised, on line 10.
local program = [[
local studio = require "studio"
local options = assert((loadstring or load)("return " .. arg[1]))()
options.transport = {
  send = function(_, request)
    print("authorization", request.headers.Authorization)
    print("url", request.url)
    return { status = 200, body = "{}" }
  end,
}
local fine, client = pcall(studio.new, options)
if not fine then return print("raised", client) end
assert(client.v2.flows:create { friendly_name = "a", status = "draft", definition = "{}" })
print("tostring", client)
]]

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function from_base64(text)
  local bits, count, out = 0, 0, {}
  for char in text:gmatch("[%w+/]") do
    bits, count = bits * 64 + alphabet:find(char, 1, true) - 1, count + 6
    if count >= 8 then
      count = count - 8
      out[#out + 1] = string.char(math.floor(bits / 2 ^ count))
      bits = bits % 2 ^ count
    end
  end
  return table.concat(out)
end

describe("the environment", function()
  local file

  setup(function()
    file = os.tmpname()
    local handle = assert(io.open(file, "w"))
    handle:write(program)
    handle:close()
  end)

  teardown(function() os.remove(file) end)

  -- What the child prints: a table of its lines by their first words.
  local function run(environment, options)
    local command = { "env" }
    for _, name in ipairs(variables) do command[#command + 1] = "-u " .. name end
    for name, value in pairs(environment) do command[#command + 1] = name .. "=" .. quote(value) end
    command[#command + 1] = ("LUA_PATH=%s LUA_CPATH=%s"):format(quote(package.path), quote(package.cpath))
    command[#command + 1] = support.interpreter .. " " .. file .. " " .. quote(options) .. " 2>&1"
    local pipe = assert(io.popen(table.concat(command, " ")))
    local said, all = {}, {}
    for line in pipe:lines() do
      all[#all + 1] = line
      local word, rest = line:match("^(%a+)\t(.*)$")
      if word then said[word] = rest end
    end
    pipe:close()
    assert.truthy(next(said), table.concat(all, "\n"))
    return said
  end

  local function assert_user(due, environment, options)
    local said = run(environment, options)
    assert.is_nil(said.raised)
    assert.equal(due, from_base64(said.authorization:match("^Basic (.+)$")))
    for _, secret in ipairs { due:match(":(.*)$"), said.authorization } do assert.is_nil(said.tostring:find(secret, 1, true)) end
  end

  local function assert_raised(environment, options, ...)
    local said = run(environment, options)
    assert.is_nil(said.authorization)
    for _, word in ipairs { ... } do assert.truthy(said.raised:find(word, 1, true), said.raised) end
    -- The program's own line, not the library's.
    assert.truthy(said.raised:find(file .. ":10: ", 1, true), said.raised)
    assert.is_nil(said.raised:find("hush", 1, true), "a secret is shown")
  end

  local token = { TWILIO_ACCOUNT_SID = "ACenv", TWILIO_AUTH_TOKEN = "hush-env-token" }
  local key = { TWILIO_API_KEY = "SKenv", TWILIO_API_SECRET = "hush-env-key" }
  local both = {
    TWILIO_ACCOUNT_SID = "ACenv", TWILIO_AUTH_TOKEN = "hush-env-token", TWILIO_API_KEY = "SKenv", TWILIO_API_SECRET = "hush-env-key",
  }

  it("tells who the client is when the program does not, by its API key first", function()
    assert_user("ACenv:hush-env-token", token, "{}")
    assert_user("SKenv:hush-env-key", key, "{}")
    assert_user("SKenv:hush-env-key", both, "{}")
  end)

  it("does not matter to a program that tells who it is", function()
    assert_user("ACopt:hush-opt", both, '{ account_sid = "ACopt", auth_token = "hush-opt" }')
    assert_user("SKopt:hush-opt", both, '{ api_key = "SKopt", api_secret = "hush-opt" }')
    assert_user("SKopt:hush-opt", token, '{ api_key = "SKopt", api_secret = "hush-opt" }')
    assert_user("ACopt:hush-opt", key, '{ account_sid = "ACopt", auth_token = "hush-opt" }')
  end)

  it("gives the half of the credentials that the program does not", function()
    assert_user("ACenv:hush-opt", token, '{ auth_token = "hush-opt" }')
    assert_user("SKenv:hush-opt", key, '{ api_secret = "hush-opt" }')
    assert_user("SKopt:hush-env-key", key, '{ api_key = "SKopt" }')
    assert_user("ACopt:hush-env-token", token, '{ account_sid = "ACopt" }')
  end)

  it("that has no credentials, or half of them, raises at the caller's line", function()
    assert_raised({}, "{}", "no credentials", "account_sid", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    assert_raised({ TWILIO_ACCOUNT_SID = "ACenv" }, "{}",
      "no credentials: the environment has TWILIO_ACCOUNT_SID, but TWILIO_AUTH_TOKEN is not set or is empty")
    assert_raised({ TWILIO_AUTH_TOKEN = "hush" }, "{}",
      "no credentials: the environment has TWILIO_AUTH_TOKEN, but TWILIO_ACCOUNT_SID is not set or is empty")
    assert_raised({ TWILIO_API_KEY = "SKenv" }, "{}", "no credentials")
    assert_raised({ TWILIO_ACCOUNT_SID = "", TWILIO_AUTH_TOKEN = "" }, "{}", "no credentials")
    assert_raised({}, '{ account_sid = "ACopt" }', "option 'account_sid' needs 'auth_token' too")
    assert_raised({}, '{ auth_token = "hush" }', "option 'auth_token' needs 'account_sid' too")
    assert_raised({}, '{ api_key = "SKopt" }', "option 'api_key' needs 'api_secret' too")
    assert_raised({}, '{ api_secret = "hush" }', "option 'api_secret' needs 'api_key' too")
    assert_raised({}, '{ account_sid = "AC", auth_token = "hush", api_key = "SKopt" }', "option 'api_key' needs 'api_secret' too")
    assert_raised({}, '{ oauth = { client_id = "x" } }', "'client_id' and 'client_secret'")
    assert_raised({}, '{ oauth = { client_secret = "hush" } }', "'client_id' and 'client_secret'")
  end)

  it("with half an API key leaves the token in its place", function()
    local half = { TWILIO_ACCOUNT_SID = "ACenv", TWILIO_AUTH_TOKEN = "hush-env-token", TWILIO_API_KEY = "SKenv" }
    assert_user("ACenv:hush-env-token", half, "{}")
    half.TWILIO_API_SECRET = ""
    assert_user("ACenv:hush-env-token", half, "{}")
  end)

  it("with a line break in a credential raises", function()
    assert_raised({ TWILIO_ACCOUNT_SID = "ACenv", TWILIO_AUTH_TOKEN = "hush\r\nX: y" }, "{}", "control characters")
    assert_raised({ TWILIO_ACCOUNT_SID = "AC\nenv", TWILIO_AUTH_TOKEN = "hush" }, "{}", "control characters")
  end)

  local function url(environment, options)
    local said = run(environment, '{ account_sid = "AC", auth_token = "hush", ' .. options .. " }")
    return said.url and (said.url:gsub("/v2/Flows$", "")) or said.raised
  end

  it("places the client, unless the program does", function()
    local service = { STUDIO_BASE_URL = "http://127.0.0.1:8080", TWILIO_REGION = "ie1" }
    assert.equal("https://studio.twilio.com", url({}, ""))
    assert.equal("http://127.0.0.1:8080", url(service, ""))
    assert.equal("http://localhost:1", url(service, 'base_url = "http://localhost:1"'))
    assert.equal("https://studio.dublin.ie1.twilio.com", url({ TWILIO_REGION = "ie1" }, ""))
    assert.equal("https://studio.sydney.au1.twilio.com", url({ TWILIO_REGION = "ie1" }, 'region = "au1"'))
    assert.equal("https://studio.frankfurt.ie1.twilio.com", url({ TWILIO_REGION = "ie1", TWILIO_EDGE = "frankfurt" }, ""))
    assert.equal("https://studio.ashburn.us1.twilio.com", url({ TWILIO_EDGE = "ashburn" }, ""))
    assert.equal("https://studio.twilio.com", url({ TWILIO_REGION = "us1" }, ""))
    assert.equal("https://studio.twilio.com", url({ TWILIO_REGION = "", TWILIO_EDGE = "", STUDIO_BASE_URL = "" }, ""))
  end)

  it("that places the client nowhere raises at the caller's line", function()
    for _, environment in ipairs {
      { TWILIO_REGION = "jp1" }, { TWILIO_REGION = "IE1" }, { TWILIO_EDGE = "a.b" }, { STUDIO_BASE_URL = "x" },
      { STUDIO_BASE_URL = "http://a/b" }, { STUDIO_BASE_URL = "http://a\r\nb" },
    } do
      local message = url(environment, "")
      local said = (":10: %s in the environment"):format((next(environment)))
      assert.truthy(message:find(file .. said, 1, true), message)
      assert.is_nil(message:find("option", 1, true), message)
    end
  end)

  it("is told in its own words how to mend that", function()
    for _, case in ipairs {
      { { STUDIO_BASE_URL = "127.0.0.1:29421" }, "STUDIO_BASE_URL in the environment must begin with http:// or https://" },
      { { STUDIO_BASE_URL = "https://studio.ie1.twilio.com" }, "write TWILIO_REGION=ie1 instead" },
      { { TWILIO_REGION = "dublin" }, "TWILIO_REGION in the environment: 'dublin' is an edge: write TWILIO_REGION=ie1" },
      { { TWILIO_REGION = "de1" }, "leave TWILIO_REGION out, or write TWILIO_EDGE=frankfurt" },
      { { TWILIO_EDGE = "ie1" }, "TWILIO_EDGE in the environment: 'ie1' is the name of a region: write TWILIO_EDGE=dublin" },
    } do
      local message = url(case[1], "")
      assert.truthy(message:find(case[2], 1, true), message)
    end
    local message = url({ TWILIO_EDGE = "dublin" }, 'region = "IE1"')
    assert.truthy(message:find("option 'region' must be a short lower-case name", 1, true), message)
  end)

  it("with something else for an account SID raises, and does not show it", function()
    local words = "TWILIO_ACCOUNT_SID in the environment must be an account SID, AC and 32 hex digits"
    local swapped = { TWILIO_ACCOUNT_SID = "hush-token", TWILIO_AUTH_TOKEN = "ACenv" }
    assert_raised(swapped, "{}", words)
    assert_raised({ TWILIO_ACCOUNT_SID = "SKhush", TWILIO_AUTH_TOKEN = "hush" }, "{}", words, "begins with SK is an API key")
    -- Who the account is matters not to an API key, and what is none is not shown.
    assert_user("SKopt:hush-opt", swapped, '{ api_key = "SKopt", api_secret = "hush-opt" }')
  end)
end)
