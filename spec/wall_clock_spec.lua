--- All waiting is measured on the monotonic clock: a wall clock that jumps by an hour, forwards or back, changes nothing but what a
-- Retry-After that is a date means.
local support = require "spec.support"

local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

describe("A wall clock that jumps", function()
  local service = support.emulator()

  it("ends no wait early or late, makes no token old, and moves a Retry-After that is a date", function()
    local folder = run("mktemp -d"):match("[^\n]+")
    assert.are.equal("", run(("env -u LD_PRELOAD cc -O1 -shared -fPIC spec/clock/jump.c -o %s/jump.so"):format(folder)))
    service():fault { delay = 30, times = 10 }
    local others = os.getenv("LD_PRELOAD") or ""
    local words = {
      ("env LD_PRELOAD='%s %s/jump.so' WALL_CLOCK_FILE=%s/clock"):format(others, folder, folder),
      ("SILENT_URL=%s LUA_PATH='%s' LUA_CPATH='%s'"):format(service().base_url, package.path, package.cpath),
      support.interpreter .. " spec/clock/jumps.lua",
    }
    local output = run(table.concat(words, " "))
    run("rm -rf '" .. folder .. "'")
    assert.are.equal("held\n", output)
  end)
end)
