--- What opening studio.core promises: it stays in memory, and refuses a Lua or a libcurl that it was not built for.
local child = require "spec.child"
local support = require "spec.support"

local quote, shell = child.quote, child.shell
local here = shell("pwd"):match("[^\n]+")
local built = ("%s/%s/studio/"):format(os.getenv "STUDIO_OUT" or "build", support.interpreter)
if built:sub(1, 1) ~= "/" then built = here .. "/" .. built end

-- Prints what require gives, or the error.
local REQUIRE = [[
  local fine, module = pcall(require, "studio.core")
  print(fine and "required" or "error", fine and module.curl_version or module)
]]

describe("studio.core", function()
  local folder

  before_each(function()
    folder = child.directory()
    shell(("mkdir %s/studio"):format(folder))
  end)
  after_each(function() child.remove(folder) end)

  -- Sanitizers that are loaded before the interpreter are none of the compiler's business.
  local function compile(words, lua)
    local command = "env -u LD_PRELOAD cc -fPIC $(build-aux/lua-include %s) %s"
    assert.are.equal("", shell(command:format(lua or support.interpreter, words)))
  end

  -- Runs a program that finds C modules in the folder alone.
  local function run(program, options)
    options = options or {}
    local path = folder .. "/program.lua"
    local file = assert(io.open(path, "w"))
    file:write(program)
    file:close()
    return shell(("cd %s && env LUA_CPATH=%s %s %s %s; echo status=$?"):format(folder, quote(folder .. "/?.so"),
      options.before or "", options.host or support.interpreter, path))
  end

  -- A C file of three lines, with what the opening function checks.
  local function compile_for(lua, header)
    local path = folder .. "/foreign.c"
    local file = assert(io.open(path, "w"))
    file:write(header or "", [[
      #include "compat.h"
      STUDIO_EXPORT int luaopen_studio_core(lua_State *L);
      STUDIO_EXPORT int luaopen_studio_core(lua_State *L) { studio_check_lua(L); lua_newtable(L); return 1; }
    ]])
    file:close()
    compile(("-shared -Icsrc %s -o %s/studio/core.so -std=c99"):format(path, folder), lua)
  end

  it("stays in memory with libcurl when its Lua state has closed", function()
    compile(("spec/loading/host.c -o %s/host -rdynamic $(pkg-config --libs %s)"):format(folder, support.interpreter))
    shell(("cp %score.so %s/studio"):format(quote(built), folder))
    local output = run("require 'studio.core'", { host = folder .. "/host" })
    assert.is_truthy(output:find("status=0\n$"), output)
    assert.is_truthy(output:find(folder .. "/studio/core.so\n", 1, true), output)
    assert.is_truthy(output:find("/libcurl[^\n/]*\n"), output)
  end)

  it("raises when it was built for another Lua", function()
    local is_51 = _VERSION == "Lua 5.1"
    compile_for(is_51 and "lua5.4" or "lua5.1")
    local output = run(REQUIRE)
    assert.is_truthy(output:find("^error\terror loading module 'studio.core' .*\nstatus=0\n$"), output)
    if is_51 then return end
    compile_for(nil, "#include <lua.h>\n#undef LUA_VERSION_NUM\n#define LUA_VERSION_NUM 599\n")
    output = run(REQUIRE)
    assert.is_truthy(output:find("^error\t[^\n]*version mismatch[^\n]*599.*\nstatus=0\n$"), output)
  end)

  it("raises when the libcurl of run time is too old", function()
    compile(("-shared spec/loading/old_libcurl.c -o %s/old.so $(pkg-config --cflags libcurl)"):format(folder))
    shell(("cp %score.so %s/studio"):format(quote(built), folder))
    local output = run(REQUIRE, { before = ('LD_PRELOAD="$LD_PRELOAD:%s/old.so"'):format(folder) })
    assert.is_truthy(output:find("^error\tstudio, as it was built, needs libcurl 7%.%d+ or newer; this is libcurl 7%.74%.0\n"), output)
  end)
end)
