--- Nothing of a client's secrets is in C memory once it has closed. What the interpreter leaves in strings that it has freed is out of
-- reach of any library, so its memory is overwritten here by the program that hosts it; what libssl and nghttp2 keep in buffers of their
-- own is, too, so the service is asked over plain HTTP.
local support = require "spec.support"

local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

local function random_text(seed)
  local state, text = seed, {}
  for index = 1, 30 do
    state = (state * 1103515 + 12345) % 2147483648
    text[index] = string.char(97 + math.floor(state / 65536) % 26)
  end
  return table.concat(text)
end

-- The environment of a process is in its memory.
local function moved(text)
  return (text:gsub(".", function(letter) return string.char(letter:byte() + 1) end))
end

describe("A client that has closed", function()
  local service = support.emulator { auth_token = random_text(1), api_secret = random_text(2), client_secret = random_text(3) }

  it("has left no secret in C memory: token, API secret, client secret, access token, as they are and in base64", function()
    local folder = run("mktemp -d"):match("[^\n]+")
    local host = folder .. "/host"
    local lua = support.interpreter
    local built = run(("env -u LD_PRELOAD sh -c 'cc -std=gnu99 -O1 -rdynamic $(build-aux/lua-include %s) spec/wiping/host.c -o %s "
      .. "$(pkg-config --libs %s)'"):format(lua, host, lua))
    assert.are.equal("", built)
    local at = service()
    local words = { "env", "LUA_PATH='" .. package.path .. "'", "LUA_CPATH='" .. package.cpath .. "'" }
    for name, value in pairs {
      SERVICE_URL = at.base_url, SID = at.account_sid, KEY = at.api_key, CLIENT = at.client_id,
      HIDDEN_TOKEN = moved(at.auth_token), HIDDEN_SECRET = moved(at.api_secret), HIDDEN_CLIENT_SECRET = moved(at.client_secret),
    } do
      words[#words + 1] = ("%s='%s'"):format(name, value)
    end
    words[#words + 1] = host .. " spec/wiping/clients.lua"
    local output = run(table.concat(words, " "))
    run("rm -rf '" .. folder .. "'")
    assert.are.equal("clean\n", output)
  end)
end)
