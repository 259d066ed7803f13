-- Seen: `lua5.4 lua/studio/emulator/main.lua --help` was a stack trace where studio.core was not built or not on the path, and so it was
-- from the folders below, and for a port that cannot be.
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

  it("finds the library from where it is", function()
    local command = "cd %s && env -u LUA_PATH -u LUA_CPATH -u LD_PRELOAD %s %s --help 2>&1; echo status=$?"
    local files = { ["lua/studio/emulator"] = "main.lua", ["lua/studio"] = "./emulator/main.lua", lua = "studio/emulator/main.lua" }
    for folder, file in pairs(files) do
      local help = child.shell(command:format(folder, support.interpreter, file))
      assert.is_truthy(help:find("^Usage: .*status=0\n$"), help)
    end
  end)

  it("says in one line what is wrong with what it is told", function()
    local command = "%s lua/studio/emulator/main.lua %s -- true 2>&1; echo status=$?"
    for option, words in pairs {
      ["--port 70000"] = "option 'port' must be a whole number from 0 to 65535",
      ["--page-size 0"] = "option 'page_size' must be a whole number from 1 to 1000", ["--engagements 1.5"] = "option 'engagements'",
    } do
      local said = child.shell(command:format(support.interpreter, option))
      assert.is_truthy(said:find(words, 1, true), said)
      assert.is_truthy(said:find("^[^\n]+\nstatus=1\n$"), said)
    end
  end)
end)
