-- Seen: `lua5.4 lua/studio/emulator/main.lua --help` was a stack trace where studio.core was not built or not on the path.
local child = require "spec.child"
local support = require "spec.support"

describe("the local service's program", function()
  it("needs no C module of the library", function()
    local command = "env -u LUA_PATH -u LUA_CPATH -u LD_PRELOAD %s lua/studio/emulator/main.lua %s; echo status=$?"
    local help = child.shell(command:format(support.interpreter, "--help"))
    assert.is_truthy(help:find("Usage: ", 1, true), help)
    assert.is_truthy(help:find("status=0\n$"), help)
    local output = child.shell(command:format(support.interpreter, "-- sh -c 'echo at $STUDIO_BASE_URL'"))
    assert.is_truthy(output:find("at http://127.0.0.1:%d+\nstatus=0\n$"), output)
  end)
end)
