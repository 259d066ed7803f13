-- Seen: two lines of `make env` in one shell, for Lua 5.4 and LuaJIT, or a module of another Lua on the path, ended in
-- "undefined symbol: lua_pcall" from the linker; of studio.executions, flow.deploy and a fault of the local service it still did.
local child = require "spec.child"
local support = require "spec.support"

local jit_library = rawget(_G, "jit")
-- What was built for LuaJIT serves Lua 5.1, too.
local other, words_of_other = "luajit", "LuaJIT"
if _VERSION == "Lua 5.1" then other, words_of_other = "lua5.4", "Lua 5.4" end
local out = os.getenv("STUDIO_OUT") or "build"

local function clean(command)
  return child.shell("env -u LD_PRELOAD -u LUA_PATH -u LUA_CPATH -u MAKEFLAGS -u MAKELEVEL -u MFLAGS " .. command)
end

describe("a module of another Lua", function()
  it("is refused with both named", function()
    local built = io.open(out .. "/" .. other .. "/studio/core.so", "rb")
    if not built then return pending("there is no module for " .. other) end
    built:close()
    local paths = ("LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='%s/%s/?.so;;' "):format(out, other)
    for name, file in pairs { studio = "core.so", ["studio.all"] = "core.so", ["studio.webhook"] = "crypto.so" } do
      local output = clean(paths .. support.interpreter .. (" -e 'require %q'"):format(name))
      assert.is_truthy(output:find(("studio/%s was built for %s"):format(file, words_of_other), 1, true), output)
      assert.is_truthy(output:find("and this is " .. (jit_library and jit_library.version or _VERSION), 1, true), output)
    end
  end)

  it("is refused with the same words when it is asked for again", function()
    local code = [[
      local _, first = pcall(require, "studio.all")
      local _, second = pcall(require, "studio.all")
      local _, third = pcall(require, "studio")
      print(first == second and second == third, third)
    ]]
    local paths = "LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH=/nowhere/?.so "
    local output = clean(paths .. support.interpreter .. " -e " .. child.quote(code))
    assert.is_truthy(output:find "^true\tstudio.core, a module in C, is not where", output)
  end)

  it("is told from one that is not there, with what brings it", function()
    for name, module in pairs { studio = "core", ["studio.webhook"] = "crypto" } do
      local output = clean(("LUA_PATH='lua/?.lua;;' LUA_CPATH=/nowhere/?.so %s -e 'require %q'"):format(support.interpreter, name))
      local words = ('studio.%s, a module in C, is not where LUA_CPATH leads for %s: eval "$(make env LUA=%s)"'):format(module,
        jit_library and jit_library.version or _VERSION, support.interpreter)
      assert.is_truthy(output:find(words, 1, true), output)
    end
  end)

  local doors = {
    'require("studio.executions").report("x")', 'require("studio.executions").export({}, {})',
    'require("studio.executions").trigger({}, {})', 'require("studio.executions").wait({})', 'require("studio.executions").follow({})',
    'require("studio.executions").end_active({})', 'require("studio.flow").deploy({}, {})', 'require("studio.flow").rollback({}, "x")',
    'require("studio.emulator").start():fault { status = 500 }', 'require("studio.emulator").start():reset()',
  }

  it("is refused and told from one that is not there behind the doors of modules that need none to load", function()
    local built = io.open(out .. "/" .. other .. "/studio/core.so", "rb")
    if built then built:close() end
    for path, words in pairs {
      [built and ("%s/%s/?.so"):format(out, other) or false] = "studio/core.so was built for ",
      ["/nowhere/?.so"] = "studio.core, a module in C, is not where LUA_CPATH leads for ",
    } do
      for _, door in ipairs(path and doors or {}) do
        local output = clean(("LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH=%s %s -e %s"):format(child.quote(path), support.interpreter,
          child.quote("print(select(2, pcall(function() return " .. door .. " end)))")))
        assert.is_truthy(output:find(words, 1, true), door .. ": " .. output)
      end
    end
  end)

  it("is kept apart by make env", function()
    local lines = clean("make -s env LUA=lua5.4 2>/dev/null; make -s env LUA=luajit 2>/dev/null")
    assert.equal(2, select(2, lines:gsub("export ", "")))
    for _, order in ipairs { lines, (lines:gsub("^(.-\n)(.*)$", "%2\n%1")) } do
      for _, interpreter in ipairs { "lua5.4", "luajit" } do
        local output = clean("sh -c " .. child.quote(order .. "\n" .. interpreter .. " -e 'print(require(\"studio\")._VERSION)'"))
        assert.is_truthy(output:find("^%d[^\n]*\n$"), output)
      end
    end
  end)
end)
