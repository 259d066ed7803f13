-- Clients of every kind of credentials are used and closed; then nothing of theirs is in memory. See host.c.
local secret, scan = ...

-- A trace of LuaJIT keeps the strings that it met.
local jit = rawget(_G, "jit")
if jit then jit.off() end

local core = require "studio.core"
local studio = require "studio"

-- The environment would be one more place to find them in, so they come with each letter moved by one.
local function hidden(name)
  return (assert(os.getenv(name)):gsub(".", function(letter) return string.char(letter:byte() - 1) end))
end

local function use(options)
  options.base_url = os.getenv("SERVICE_URL")
  local client = studio.new(options)
  assert(client.v1.flows:list { limit = 3 })
  assert(client.v2.flows("FW00000000000000000000000000000005"):fetch())
  local gone = client.v1.flows("FW" .. ("9"):rep(32)):fetch()
  assert(gone == nil)
  local during = 0
  for _, count in pairs(scan()) do during = during + count end
  assert(during > 0, "the scan finds no secret of a client that is in use, so it proves nothing")
  client:close()
end

local function use_all()
  local sid, key, client_id = os.getenv("SID"), os.getenv("KEY"), os.getenv("CLIENT")
  secret("the auth token", hidden "HIDDEN_TOKEN")
  secret("the auth token in base64", core.base64(sid .. ":" .. hidden "HIDDEN_TOKEN"))
  secret("the API secret", hidden "HIDDEN_SECRET")
  secret("the API secret in base64", core.base64(key .. ":" .. hidden "HIDDEN_SECRET"))
  secret("the client secret", hidden "HIDDEN_CLIENT_SECRET")
  secret("the access token", "Bearer emulator-" .. "token-")
  use { account_sid = sid, auth_token = hidden "HIDDEN_TOKEN" }
  use { account_sid = sid, api_key = key, api_secret = hidden "HIDDEN_SECRET" }
  use { oauth = { client_id = client_id, client_secret = hidden "HIDDEN_CLIENT_SECRET" } }
end

use_all()
collectgarbage()
collectgarbage()
local bad = 0
for name, count in pairs(scan()) do
  if count > 0 then print(("%s is found %d times"):format(name, count)) end
  bad = bad + count
end
if bad > 0 then error("secrets are left in memory", 0) end
print("clean")
