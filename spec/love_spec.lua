-- quiet: the processor time of a frame is measured
--- examples/love in LÖVE under Xvfb, against the local service.
if not rawget(_G, "jit") then return end -- LÖVE's Lua is LuaJIT, whoever starts it

local emulator = require "studio.emulator"
local studio = require "studio"

local FRAMES = 600

local script = [[
  set -e
  command -v love >/dev/null && command -v Xvfb >/dev/null || { echo "install love and xvfb"; exit; }
  [ -e build/luajit/studio/core.so ] || make -s LUAS=luajit
  folder=$(mktemp -d)
  Xvfb -displayfd 3 -screen 0 640x360x24 -nolisten tcp 3>"$folder/display" >/dev/null 2>&1 &
  trap 'kill $!; rm -rf "$folder"' EXIT
  for _ in $(seq 500); do [ -s "$folder/display" ] && break; sleep 0.01; done
  export DISPLAY=":$(cat "$folder/display")" SDL_VIDEODRIVER=x11 SDL_AUDIODRIVER=dummy XDG_DATA_HOME="$folder" HOME="$folder"
  export LUA_PATH="$PWD/lua/?.lua;$PWD/lua/?/init.lua;;" LUA_CPATH="$PWD/build/luajit/?.so;;"
  timeout 60 love examples/love
]]

local function run_love(service, flow)
  local environment = ("STUDIO_BASE_URL=%s TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s STUDIO_FLOW_SID=%s STUDIO_LOVE_FRAMES=%d"):format(
    service.base_url, service.account_sid, service.auth_token, flow, FRAMES)
  local file = os.tmpname()
  local out = assert(io.open(file, "w"))
  out:write(script)
  out:close()
  -- The module is the plain one, whatever this program runs under.
  local pipe = assert(io.popen(("env -u LD_PRELOAD %s sh %s 2>&1 </dev/null"):format(environment, file)))
  local text = pipe:read("*a")
  pipe:close()
  os.remove(file)
  local result = {}
  for name, value in text:gmatch("([%w_]+) ([%d.]+)") do result[name] = tonumber(value) end
  return result, text
end

describe("The example for LÖVE", function()
  local service, flow

  setup(function()
    service = assert(emulator.start())
    flow = service.flows.values
    local client = studio.new { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token }
    for index = 1, 60 do
      assert(client.v2.flows(flow).executions:create { to = ("+1555000%04d"):format(index), from = "+15557654321" })
    end
    client:close()
    service:clear_log()
    service:fault { path = "/v2/", delay = 0.05, times = math.huge }
  end)

  teardown(function() service:stop() end)

  it("draws frame after frame with 20 calls in flight, 99 of 100 steps in twelve times the CPU of one that takes answers in", function()
    local result, text
    for _ = 1, 3 do -- the best of three: other programs share the caches
      result, text = run_love(service, flow)
      assert.are.equal(FRAMES, result.frames, text)
      assert.are.equal(20, result.in_flight, text)
      assert.are.equal(0, result.failed, text)
      assert.truthy(result.calls >= 40, text)
      assert.truthy(result.records >= 50, text)
      if result.p99 < 12 * result.busy then break end
    end
    assert.truthy(result.p99 < 12 * result.busy, text)
    local shown = 0
    for _, request in ipairs(service:requests()) do
      if request.query == "PageSize=12" then shown = shown + 1 end
    end
    assert.truthy(shown > 0) -- the program's own list
  end)
end)
