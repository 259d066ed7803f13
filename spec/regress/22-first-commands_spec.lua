-- Seen: `eval "$(make emulator)"` hung in silence, `make emulator PORT=` was ignored, `luarocks pack` of the rockspec failed on file://.,
-- bare `busted` ran a Lua for which nothing was built, and a missing header was a raw error of gcc.
local child = require "spec.child"
local support = require "spec.support"

local quote = child.quote
local clean = "env -u LD_PRELOAD -u MAKEFLAGS -u MAKELEVEL -u MFLAGS "
local lua = support.interpreter
local other = lua == "luajit" and "lua5.4" or "luajit"

describe("a first command", function()
  local folder

  before_each(function() folder = child.directory() end)
  after_each(function() child.remove(folder) end)

  local function write(name, text)
    local file = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
    file:close()
  end

  it("says why $(make emulator) does not come back", function()
    local program = child.interpreter() .. " lua/studio/emulator/main.lua"
    local output = child.shell(([[cd %s && r=$OLDPWD && (cd "$r" && exec env %s) >out 2>err & program=$!
      cd %s; for i in $(seq 400); do grep -q 'waits for ever' err 2>/dev/null && break; sleep 0.05; done
      kill $program; wait $program 2>/dev/null; cat err]]):format(quote(folder), program, quote(folder)))
    assert.is_truthy(output:find("in the foreground at http://127.0.0.1:", 1, true), output)
    assert.is_truthy(output:find(" until Ctrl-C: in $(…) the shell waits for ever", 1, true), output)
  end)

  it("runs busted under a Lua that was built for, or says what to do", function()
    local out = os.getenv("STUDIO_OUT") or "build"
    local here = child.shell("pwd"):match("[^\n]+")
    write("version_spec.lua", [[
      it("shows its Lua", function() print(rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match("%d%.%d")) end)
    ]])
    local busted = clean .. "STUDIO_OUT=" .. quote(folder) .. " " .. other .. " $(command -v busted) -o plainTerminal "
      .. quote(folder .. "/version_spec.lua")
    assert.is_truthy(child.shell(busted):find("busted: error: no module was built: run make", 1, true))
    local modules = (out:sub(1, 1) == "/" and out or here .. "/" .. out) .. "/" .. lua
    child.shell(("ln -s %s %s"):format(quote(modules), quote(folder .. "/" .. lua)))
    local output = child.shell(busted)
    assert.is_truthy(output:find(lua .. "\n", 1, true), output)
    assert.is_truthy(output:find("1 success", 1, true), output)
  end)

  it("ends without a word where Ctrl-C comes while the local service starts", function()
    local emulator = require "studio.emulator"
    local start = emulator.start
    emulator.start = function() error("lua/studio/emulator/process.lua:121: interrupted!", 0) end
    local fine, status, message = pcall(require("studio.emulator.foreground").run, {}, { "true" }, "studio emulator")
    emulator.start = start
    assert.same({ true, 130 }, { fine, status, message })
  end)

  -- The same for every interpreter: one tries it.
  if rawget(_G, "jit") then return end

  it("gives the local service the port that make emulator names", function()
    local plan = child.shell(clean .. "make -n emulator PORT=8123 LUA=" .. lua)
    assert.is_truthy(plan:find("emulator/main.lua --port 8123\n", 1, true), plan)
  end)

  it("packs a checkout for LuaRocks", function()
    local tree = quote(folder)
    local git = "git -c user.name=Nobody -c user.email=nobody@studio.test "
    local output = child.shell("cp -R Makefile build-aux LICENSE bin *.rockspec " .. tree .. " && cd " .. tree .. " && git init -q && "
      .. git .. "add -A && " .. git .. "commit -qm first && HOME=" .. tree .. " " .. clean .. "make -s rock; "
      .. "unzip -Z1 build/rock/studio-scm-1.src.rock")
    assert.is_truthy(output:find("studio-scm-1.rockspec\nstudio.tar.gz\n", 1, true), output)
  end)

  it("names each header that is missing, and what to install", function()
    local output = child.shell(("%smake OUT=%s LUAS=%s CC='cc -nostdinc'; echo status=$?"):format(clean, quote(folder), lua))
    for _, sentence in ipairs {
      "does not find <curl/curl.h>: install the headers of libcurl (Debian: libcurl4-openssl-dev)",
      "does not find <openssl/hmac.h>: install the headers of OpenSSL (Debian: libssl-dev)",
    } do assert.is_truthy(output:find(sentence, 1, true), output) end
    assert.is_nil(output:find("compilation terminated", 1, true), output)
    assert.is_truthy(output:find("status=2\n$"), output)
  end)

  it("says that there is no compiler, where there is none", function()
    local output = child.shell(("%smake OUT=%s LUAS=%s CC=no-such-cc; echo status=$?"):format(clean, quote(folder), lua))
    assert.is_truthy(output:find("there is no C compiler 'no-such-cc': install one (Debian: gcc libc6-dev)", 1, true), output)
    assert.is_nil(output:find("does not find", 1, true), output)
    assert.is_truthy(output:find("status=2\n$"), output)
  end)
end)
