-- long
-- What is built, installed and packed: the Makefile, the rockspec and the tree say the same. All of
-- it happens in a copy of the tree, with the environment of a user, not of this run of the tests.

local jit = rawget(_G, "jit")
local interpreter = jit and "luajit" or "lua" .. _VERSION:match("%d%.%d")
local abi = _VERSION:match("%d%.%d")
-- Those in C.
local modules = { "core", "crypto" }

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function run(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1; status=$?; echo; echo $status", "r"))
  local output = pipe:read("*a")
  pipe:close()
  local text, status = output:match("^(.*)\n(%d+)\n$")
  return tonumber(status) == 0, text
end

local function succeed(command)
  local ok, output = run(command)
  assert(ok, command .. "\n" .. output)
  return output
end

local function lines(text)
  local list = {}
  for line in text:gmatch("[^\n]+") do
    list[#list + 1] = line
  end
  table.sort(list)
  return list
end

local function files(folder, pattern)
  return lines(succeed("cd " .. quote(folder) .. " && find . -type f -name " .. quote(pattern) .. " | sed 's|^./||'"))
end

local function rockspec(path)
  path = path or "studio-scm-1.rockspec"
  local fields = {}
  local chunk
  if rawget(_G, "setfenv") then
    chunk = assert(loadfile(path))
    setfenv(chunk, fields)
  else
    chunk = assert(loadfile(path, "t", fields))
  end
  chunk()
  return fields
end

local function module_name(path)
  return (path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

local function exported(library)
  return lines(succeed("nm -D --defined-only " .. quote(library) .. " | awk '{ print $NF }'"))
end

local function assert_exports(prefix)
  for _, name in ipairs(modules) do
    assert.same({ "luaopen_studio_" .. name }, exported(prefix .. "/lib/lua/" .. abi .. "/studio/" .. name .. ".so"))
  end
end

describe("packaging", function()
  local temp, tree

  -- A command in the copy of the tree, as a user's shell would run it: without what make, a
  -- sanitizer or these tests have put into the environment.
  local function in_tree(command)
    return "cd " .. quote(tree) .. " && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u LD_PRELOAD -u LUA_PATH -u LUA_CPATH"
      .. " HOME=" .. quote(temp) .. " " .. command
  end

  -- A program that finds studio under PREFIX alone, run far from the tree.
  local function installed(prefix, command)
    local lua, c = prefix .. "/share/lua/" .. abi, prefix .. "/lib/lua/" .. abi
    return in_tree("LUA_PATH=" .. quote(lua .. "/?.lua;" .. lua .. "/?/init.lua;;")
      .. " LUA_CPATH=" .. quote(c .. "/?.so;;") .. " sh -c " .. quote("cd / && exec " .. command))
  end

  setup(function()
    temp = succeed("mktemp -d"):match("[^\n]+")
    tree = temp .. "/tree"
    succeed("mkdir " .. quote(tree)
      .. " && cp -Rp Makefile bin build-aux csrc lua share examples LICENSE *.rockspec " .. quote(tree)
      -- `make install` comes after `make`: what that has compiled is not compiled once more.
      .. " && mkdir " .. quote(tree .. "/build") .. " && cp -Rp " .. quote((os.getenv "STUDIO_OUT" or "build") .. "/" .. interpreter)
      .. " " .. quote(tree .. "/build")
      .. " && find " .. quote(tree .. "/csrc") .. " -name '*.o' -exec rm -f {} +")
  end)

  teardown(function()
    succeed("rm -rf " .. quote(temp))
  end)

  it("has nothing under lua/ but Lua and the files of the pages, which the rockspec installs beside it", function()
    local pages = {}
    for key, path in pairs(rockspec().build.install.lua) do
      assert.equal(path, ("lua/%s"):format(key:gsub("%.", "/"):gsub("_(%a+)$", ".%1")))
      pages[#pages + 1] = path:gsub("^lua/", "")
    end
    local all = files("lua", "*.lua")
    for _, path in ipairs(pages) do all[#all + 1] = path end
    table.sort(all)
    local there = files("lua", "*")
    table.sort(there)
    assert.same(all, there)
  end)

  it("lists every Lua module in the rockspec, and none that is not there; the command's in a rock of its own", function()
    local expected, command = {}, {}
    for _, path in ipairs(files("lua", "*.lua")) do
      local of = path:find("^studio/cli/") and command or expected
      of[module_name(path)] = "lua/" .. path
    end
    assert.same(command, rockspec("build-aux/studio-cli-scm-1.rockspec").build.modules)
    for _, name in ipairs(modules) do expected["studio." .. name] = rockspec().build.modules["studio." .. name] end
    assert.same(expected, rockspec().build.modules)
  end)

  it("compiles every file of csrc/, by the rockspec and by the Makefile", function()
    local expected = {}
    for _, path in ipairs(files("csrc", "*.c")) do
      expected[#expected + 1] = "csrc/" .. path
    end

    local listed = {}
    for _, name in ipairs(modules) do
      for _, path in ipairs(rockspec().build.modules["studio." .. name].sources) do listed[#listed + 1] = path end
    end
    table.sort(listed)
    assert.same(expected, listed)

    local compiled = {}
    local plan = succeed(in_tree("make -n -B OUT=elsewhere LUAS=" .. interpreter .. " build"))
    for path in plan:gmatch(" %-c (%S+%.c)") do
      compiled[#compiled + 1] = path
    end
    table.sort(compiled)
    assert.same(expected, compiled)
  end)

  it("says its version in lua/studio/base/version.lua alone", function()
    local version = dofile("lua/studio/base/version.lua")
    assert.is_truthy(version:match("^%d+%.%d+%.%d+$"))
    local elsewhere = lines(succeed("grep -rlFw " .. quote(version) .. " Makefile .ci build-aux csrc lua *.rockspec"))
    assert.same({ "lua/studio/base/version.lua" }, elsewhere)
  end)

  describe("make install", function()
    local prefix

    setup(function()
      prefix = temp .. "/prefix with a space"
      succeed(in_tree("make install LUA=" .. interpreter .. " PREFIX=" .. quote(prefix)))
    end)

    it("puts every module below PREFIX, and nothing else", function()
      local expected = {}
      for index, name in ipairs(modules) do expected[index] = "lib/lua/" .. abi .. "/studio/" .. name .. ".so" end
      for _, path in ipairs(files("lua", "*")) do
        expected[#expected + 1] = "share/lua/" .. abi .. "/" .. path
      end
      table.insert(expected, 1, "bin/studio")
      for _, path in ipairs(files("share", "*")) do expected[#expected + 1] = "share/" .. path end
      table.sort(expected)
      assert.same(expected, files(prefix, "*"))
    end)

    it("exports of each module the function that opens it, alone", function()
      assert_exports(prefix)
    end)

    it("gives a studio that works from there", function()
      local script = temp .. "/installed.lua"
      local file = assert(io.open(script, "w"))
      file:write([[
        local studio = require("studio")
        local client = studio.new({ account_sid = "AC" .. ("0"):rep(32), auth_token = "secret" })
        client:close()
        local source = debug.getinfo(studio.new, "S").source
        assert(source:find(arg[1], 1, true), source)
        print("works")
      ]])
      file:close()
      assert.equal("works\n", succeed(installed(prefix, interpreter .. " " .. quote(script) .. " " .. quote(prefix))))
    end)

    it("gives a command that works from there", function()
      assert.is_truthy(succeed(in_tree("sh -c " .. quote("cd / && " .. quote(prefix .. "/bin/studio") .. " --version"))):find("^studio %d"))
    end)

    -- The same for every interpreter: one tries it.
    if jit then return end

    it("honours DESTDIR", function()
      local root = temp .. "/root"
      succeed(in_tree("make install LUA=" .. interpreter .. " PREFIX=/usr DESTDIR=" .. quote(root)))
      assert.same(files(prefix, "*"), files(root .. "/usr", "*"))
      assert.same(#files(prefix, "*"), #files(root, "*"))
    end)

    it("is undone by make uninstall", function()
      local place = temp .. "/undone"
      succeed(in_tree("make install LUA=" .. interpreter .. " PREFIX=" .. quote(place)))
      succeed("touch " .. quote(place .. "/share/lua/" .. abi .. "/other.lua"))
      succeed(in_tree("make uninstall LUA=" .. interpreter .. " PREFIX=" .. quote(place)))
      assert.same({ "share/lua/" .. abi .. "/other.lua" }, files(place, "*"))
    end)

    it("names the interpreters there are when asked for another", function()
      local ok, output = run(in_tree("make install LUA=lua6 PREFIX=" .. quote(temp .. "/none")))
      assert.is_false(ok)
      assert.is_truthy(output:find("not 'lua6'", 1, true))
    end)
  end)

  describe("luarocks make", function()
    local rocks, before

    setup(function()
      rocks = temp .. "/rocks"
      before = {}
      for _, path in ipairs(files(tree, "*")) do
        before[path] = true
      end
      succeed(in_tree("luarocks --lua-version " .. abi .. " make --deps-mode none --tree " .. quote(rocks)
        .. " CFLAGS='-O0 -fPIC'"))
      succeed(in_tree("luarocks --lua-version " .. abi .. " make --deps-mode none --tree " .. quote(rocks)
        .. " build-aux/studio-cli-scm-1.rockspec"))
    end)

    it("exports of each module the function that opens it, alone", function()
      assert_exports(rocks)
    end)

    it("gives a command that works, whatever paths there are", function()
      assert.is_truthy(succeed(in_tree("sh -c " .. quote("cd / && " .. quote(rocks .. "/bin/studio") .. " --version"))):find("^studio %d"))
    end)

    it("leaves nothing in the tree but what .gitignore names", function()
      for _, path in ipairs(files(tree, "*")) do
        assert.is_true(before[path] or path:match("%.s?o$") ~= nil, path)
      end
    end)

    it("gives a studio whose quickstart runs against its own local service", function()
      local lua = rocks .. "/share/lua/" .. abi
      local output = succeed(installed(rocks, interpreter .. " " .. quote(lua .. "/studio/emulator/main.lua") .. " -- "
        .. interpreter .. " " .. quote(tree .. "/examples/quickstart.lua")))
      assert.is_truthy(output:find("20404", 1, true), output)
    end)
  end)
end)

-- What follows is the same for every interpreter: one tries it.
if jit then return end

-- One package is for several interpreters: this one and LuaJIT, for which every run of the tests builds the modules.
describe("make deb", function()
  local folder, package, usr
  local reason = (os.getenv "STUDIO_OUT" or "build") ~= "build" and "the modules here are for tests alone"
    or not run("command -v dpkg-shlibdeps") and "there is no dpkg-dev"
    or not run("test -e build/luajit/studio/core.so") and "there is no module for LuaJIT"
    or not run("dpkg -S \"$(realpath \"$(ldd build/luajit/studio/core.so | sed -n 's/.*libcurl[^ ]* => \\([^ ]*\\).*/\\1/p')\")\"")
      and "libcurl is of no package"

  local function deb(out)
    return ("env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u LD_PRELOAD DPKG_DEB_COMPRESSOR_TYPE=gzip DPKG_DEB_COMPRESSOR_LEVEL=1"
      .. " DEB_OUT=%s LUAS=%s LUA=%s build-aux/deb"):format(quote(out), quote(interpreter .. " luajit"), interpreter)
  end

  setup(function()
    if reason then return end
    folder = succeed("mktemp -d"):match("[^\n]+")
    usr = folder .. "/root/usr"
    package = succeed(deb(folder)):match("([^\n]+)\n$")
    succeed(("dpkg-deb --extract %s %s"):format(quote(package), quote(folder .. "/root")))
  end)

  teardown(function()
    if folder then succeed("rm -rf " .. quote(folder)) end
  end)

  it("makes a package with library and command, which needs what the modules are linked with", function()
    if reason then return pending(reason) end
    local control = succeed("dpkg-deb --field " .. quote(package))
    for _, words in ipairs { "Package: lua-studio\n", "\nVersion: " .. dofile "lua/studio/base/version.lua", "\nDepends: " .. interpreter,
      "lua-argparse, lua-cjson", "libcurl", "libssl", ", openssl, luajit\n", "\nMaintainer: ", "\nHomepage: https://" } do
      assert.is_truthy(control:find(words, 1, true), words)
    end
    assert.equal("#!/usr/bin/" .. interpreter, succeed("head -n 1 " .. quote(usr .. "/bin/studio")):match("[^\n]+"))
    assert.is_truthy(succeed("cat " .. quote(usr .. "/share/doc/lua-studio/copyright")):find("License: Expat\n Permission is", 1, true))
  end)

  it("makes none that would lack a library", function()
    if reason then return pending(reason) end
    local told = "no dependency information found for /opt/lib/libcurl.so.4"
    succeed(("mkdir %s/bin && printf '#!/bin/sh\\necho \"dpkg-shlibdeps: error: %s\" >&2\\nexit 2\\n' > %s/bin/dpkg-shlibdeps"
      .. " && chmod +x %s/bin/dpkg-shlibdeps"):format(folder, told, folder, folder))
    local made, output = run(("PATH=%s/bin:$PATH "):format(folder) .. deb(folder .. "/none"))
    assert.is_false(made)
    assert.equal("deb: what the modules are linked with is not all of packages: " .. told .. "\n", output)
    assert.is_false(run(("ls %s/none/*.deb"):format(folder)))
  end)

  for program, speaks in pairs { [interpreter] = abi, luajit = "5.1" } do
    it("gives a studio that works under " .. program .. ", and a command", function()
      if reason then return pending(reason) end
      local c = succeed("ls -d " .. quote(usr) .. "/lib/*/lua/" .. speaks):match("[^\n]+")
      local lua = usr .. "/share/lua/" .. speaks
      local paths = ("LUA_PATH='%s/?.lua;%s/?/init.lua;;' LUA_CPATH='%s/?.so;;' "):format(lua, lua, c)
      local environment = "cd / && env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 -u LD_PRELOAD " .. paths .. program .. " "
      assert.is_truthy(succeed(environment .. quote(usr .. "/bin/studio") .. " --version"):find("^studio %d"))
      assert.equal(lua .. "/studio.lua\n", succeed(environment .. "-e " .. quote [[
        require "studio.core"
        print((debug.getinfo(require("studio").new, "S").source:gsub("^@", ""):gsub("/studio/.*", "/studio.lua")))
      ]]))
    end)
  end
end)

-- A suite that stops half-way must not look like one that passed.
describe("the runner of the tests", function()
  local folder

  setup(function()
    folder = succeed("mktemp -d"):match("[^\n]+")
  end)

  teardown(function()
    succeed("rm -rf " .. quote(folder))
  end)

  local function totals(body, environment)
    local path = folder .. "/some_spec.lua"
    local file = assert(io.open(path, "w"))
    file:write('it("passes", function() end)\n', body)
    file:close()
    local ok, output = run("env -u LD_PRELOAD " .. (environment or "") .. "SPECS=" .. quote(path) .. " build-aux/run-tests " .. interpreter)
    return ok, output:match("([^\n]*)\n*$"), output
  end

  local function assert_totals(expected, body)
    local ok, last, output = totals(body)
    assert.equal(expected, last)
    assert.equal(expected:match(" 0 failed") ~= nil, ok)
    return output
  end

  it("counts what passed", function()
    assert_totals("2 passed, 0 failed", 'it("passes too", function() end)')
  end)

  it("counts failures, errors and errors outside tests", function()
    assert_totals("1 passed, 3 failed", [[
      it("fails", function() assert.equal(1, 2) end)
      it("errs", function() error({}) end)
      describe("set-up", function() setup(function() error("no") end) it("is never run", function() end) end)
    ]])
  end)

  it("counts what is skipped", function()
    assert.matches("\n1 skipped\n", assert_totals("1 passed, 0 failed", 'pending("later")'))
  end)

  it("counts 256 failures, which an exit status cannot", function()
    assert_totals("1 passed, 256 failed", 'for i = 1, 256 do it("fails " .. i, function() error("no") end) end')
  end)

  it("fails a file that does not compile", function()
    assert_totals("0 passed, 1 failed", "it(")
  end)

  it("fails a run that ends early, even with status 0", function()
    assert_totals("1 passed, 1 failed", 'it("leaves", function() os.exit(0) end)')
  end)

  it("fails a run that crashes", function()
    assert_totals("1 passed, 1 failed", [[
      it("crashes", function() os.execute("kill -SEGV $PPID") end)
    ]])
  end)

  it("fails a run that hangs", function()
    local ok, last = totals('it("hangs", function() while true do end end)', "SECONDS_AT_MOST=1 ")
    assert.is_false(ok)
    assert.is_truthy(last:find(" passed, 1 failed", 1, true), last)
  end)

  it("fails a run in which nothing ran", function()
    os.remove(folder .. "/some_spec.lua")
    local ok, output = run("env -u LD_PRELOAD SPECS=" .. quote(folder) .. " build-aux/run-tests " .. interpreter)
    assert.is_false(ok)
    assert.equal("0 passed, 1 failed", output:match("([^\n]*)\n*$"))
  end)
end)
