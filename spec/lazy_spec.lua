--- studio.core opens the module proper, core_lazy, so that the libraries it needs are bound as they are used.
local child = require "spec.child"
local support = require "spec.support"

local quote, shell = child.quote, child.shell
local here = shell("pwd"):match("[^\n]+")
local built = ("%s/%s/studio/"):format(os.getenv "STUDIO_OUT" or "build", support.interpreter)
if built:sub(1, 1) ~= "/" then built = here .. "/" .. built end
local is_51 = _VERSION == "Lua 5.1"

-- Prints what require gives, or the error.
local REQUIRE = [[
  local fine, module = pcall(require, "studio.core")
  print(fine and "required" or "error", fine and module.curl_version or module)
  print("seen", package.loaded["studio.core_lazy"] ~= nil)
]]

describe("studio.core", function()
  local folder

  before_each(function()
    folder = child.directory()
    shell(("mkdir %s/studio %s/elsewhere"):format(folder, folder))
  end)
  after_each(function() child.remove(folder) end)

  -- Sanitizers that are loaded before the interpreter are none of the compiler's business.
  local function compile(words, lua)
    local command = "env -u LD_PRELOAD cc -fPIC $(build-aux/lua-include %s) %s"
    assert.are.equal("", shell(command:format(lua or support.interpreter, words)))
  end

  local function copy(name)
    assert.are.equal("", shell(("cp %s%s %s/studio"):format(quote(built), name, folder)))
  end

  -- Runs a program that finds C modules in the folder alone.
  local function run(program, options)
    options = options or {}
    local path = folder .. "/program.lua"
    local file = assert(io.open(path, "w"))
    file:write(program)
    file:close()
    return shell(("cd %s && env LUA_CPATH=%s %s %s %s; echo status=$?"):format(folder, quote(options.cpath or folder .. "/?.so"),
      options.before or "", options.host or support.interpreter, path))
  end

  local function rewrite(path, pattern, by)
    local file = assert(io.open(path, "rb"))
    local text, count = file:read("*a"):gsub(pattern, by)
    file:close()
    assert.is_true(count > 0)
    file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
  end

  it("opens the file beside its own, found by an absolute path or by one that is not, and nobody sees another module", function()
    copy "core.so"
    copy "core_lazy.so"
    for _, cpath in ipairs { folder .. "/?.so", "./?.so", "?.so" } do
      local output = run(REQUIRE .. [[
        for line in io.lines "/proc/self/maps" do
          local name = line:match "[^/]*$"
          if name:find "^core" and line:find("studio/" .. name, 1, true) then print(name, line:match "/.*") end
        end
      ]], { cpath = cpath })
      assert.is_truthy(output:find("^required\t%d+%.%d+%.%d+[^\n]*\nseen\tfalse\n"), output)
      assert.is_truthy(output:find(("core_lazy.so\t%s/studio/core_lazy.so\n"):format(folder), 1, true), output)
    end
  end)

  it("has the libraries of that file bound as they are used, while those that it needs itself are bound at once", function()
    local library = "-shared -Wl,-z,lazy spec/lazy/needed.c -o " .. folder .. "/libneeded.so"
    compile(library)
    compile(("-shared -Wl,-z,now spec/lazy/core_lazy.c -o %s/studio/core_lazy.so -L%s -lneeded -Wl,-rpath,%s")
      :format(folder, folder, folder))
    copy "core.so"
    -- Lua itself binds everything at once.
    assert.is_truthy(run("print(pcall(require, 'studio.core_lazy'))"):find("^false\t.*nowhere\nstatus=0\n$"))
    assert.are.equal("42\nstatus=0\n", run("print((require 'studio.core'))"))
    compile(library .. " -Dneeded=another")
    assert.is_truthy(run("print(pcall(require, 'studio.core'))"):find("^false\t.*needed\nstatus=0\n$"))
  end)

  it("leaves that file and libcurl in memory when its Lua state has closed, whoever opened it", function()
    compile(("spec/lazy/host.c -o %s/host -rdynamic $(pkg-config --libs %s)"):format(folder, support.interpreter))
    compile(("-shared csrc/lazy.c -o %s/studio/core.so -std=c99"):format(folder))
    copy "core_lazy.so"
    shell(("cp %s/studio/core.so %s/elsewhere/renamed.so"):format(folder, folder))
    local ways = {
      core = "require 'studio.core'",
      renamed = [[
        package.preload["studio.core"] = assert(package.loadlib("elsewhere/renamed.so", "luaopen_studio_core"))
        require "studio.core"
        assert(package.loaded["studio.core_lazy"])
      ]],
    }
    for name, program in pairs(ways) do
      local output = run(program, { host = folder .. "/host" })
      assert.is_truthy(output:find("status=0\n$"), output)
      assert.is_truthy(output:find(folder .. "/studio/core_lazy.so\n", 1, true), output)
      assert.is_truthy(output:find("/libcurl[^\n/]*\n"), output)
      -- It has been closed indeed.
      assert.is_nil(output:find("/" .. name .. ".so\n", 1, true), output)
    end
  end)

  it("tells what is missing where that file is not there", function()
    copy "core.so"
    local output = run(REQUIRE)
    assert.is_truthy(output:find("error\tmodule 'studio.core_lazy' not found:", 1, true), output)
    assert.is_truthy(output:find(folder .. "/studio/core_lazy.so: ", 1, true), output)
  end)

  it("tells why that file could not be opened", function()
    copy "core.so"
    copy "core_lazy.so"
    rewrite(folder .. "/studio/core_lazy.so", "(libcurl[%w-]*%.so)%.%d", "%1.x")
    local output = run(REQUIRE)
    assert.is_truthy(output:find("^error\t"), output)
    assert.are.equal(1, select(2, output:gsub("libcurl[%w-]*%.so%.x: ", "")), output)
    -- Nor is it lost when the loader of Lua knows nothing of the file.
    output = run([[
      package.preload["studio.core"] = assert(package.loadlib("./studio/core.so", "luaopen_studio_core"))
      package.cpath = ""
    ]] .. REQUIRE)
    assert.is_truthy(output:find("^error\tmodule 'studio.core_lazy' not found:.*libcurl[%w-]*%.so%.x: "), output)
  end)

  it("takes what package.preload has where it has no such neighbour", function()
    copy "core.so"
    local output = run([[
      package.preload["studio.core_lazy"] = function() return { curl_version = "preloaded" } end
    ]] .. REQUIRE)
    assert.are.equal("required\tpreloaded\nseen\ttrue\nstatus=0\n", output)
  end)

  it("raises when it was built for another Lua", function()
    copy "core_lazy.so"
    compile(("-shared csrc/lazy.c -o %s/studio/core.so -std=c99"):format(folder), is_51 and "lua5.4" or "lua5.1")
    local output = run(REQUIRE)
    assert.is_truthy(output:find("^error\terror loading module 'studio.core' .*\nstatus=0\n$"), output)
    if is_51 then return end
    local file = assert(io.open(folder .. "/another.h", "w"))
    file:write("#define _GNU_SOURCE\n#include <lua.h>\n#undef LUA_VERSION_NUM\n#define LUA_VERSION_NUM 599\n")
    file:close()
    compile(("-shared csrc/lazy.c -o %s/studio/core.so -std=c99 -include %s/another.h"):format(folder, folder))
    output = run(REQUIRE)
    assert.is_truthy(output:find("^error\t[^\n]*version mismatch[^\n]*599.*\nstatus=0\n$"), output)
  end)

  it("raises when libcurl lacks what is called, also where the linker was not told to bind that at once", function()
    local rename = "for file in %s../obj/*.o; do objcopy --redefine-sym curl_multi_poll=curl_multi_missing $file %s/${file##*/}; done"
    assert.are.equal("", shell(rename:format(built, folder)))
    compile(("-shared -Wl,-z,lazy $(ls %s/*.o | grep -v -e /lazy.o -e /crypto.o) -o %s/studio/core_lazy.so $(pkg-config --libs libcurl)")
      :format(folder, folder))
    copy "core.so"
    local output = run(REQUIRE)
    assert.is_truthy(output:find("^error\t.*curl_multi_missing.*\nstatus=0\n$"), output)
  end)

  it("raises when the libcurl of run time is too old", function()
    compile(("-shared spec/lazy/old_libcurl.c -o %s/old.so $(pkg-config --cflags libcurl)"):format(folder))
    copy "core.so"
    copy "core_lazy.so"
    local output = run(REQUIRE, { before = ('LD_PRELOAD="$LD_PRELOAD:%s/old.so"'):format(folder) })
    assert.is_truthy(output:find("^error\tstudio, as it was built, needs libcurl 7%.%d+ or newer; this is libcurl 7%.74%.0\n"), output)
  end)
end)
