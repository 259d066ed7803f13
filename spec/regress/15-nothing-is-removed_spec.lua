-- Seen: `make env LUA=luajit` and `make test` installed libluajit2-5.1-dev, which removed the user's luajit. apt-get and dpkg-query are
-- scripts here, and what they were asked for is in a file.
local child = require "spec.child"
local support = require "spec.support"

local quote = child.quote

describe("a make target that needs packages", function()
  local folder

  local function script(name, text)
    local path = quote(folder .. "/" .. name)
    assert.equal("", child.shell(("printf '%%s\n' '#!/bin/sh' %s > %s && chmod +x %s"):format(quote(text), path, path)))
  end

  -- What apt-get was asked to do, and what the command said.
  local function asked(command)
    os.remove(folder .. "/asked")
    local environment = "env -u LD_PRELOAD -u MAKEFLAGS -u MAKELEVEL -u MFLAGS PATH=%s:\"$PATH\" "
    local output = child.shell(environment:format(quote(folder)) .. command)
    local file = io.open(folder .. "/asked", "r")
    local words = file and file:read("*a") or ""
    if file then file:close() end
    return words, output
  end

  -- A system on which no package is installed but those named.
  local function system(installed, apt)
    script("dpkg-query", ([[case "$*" in *Package*) for p in %s; do echo "$p=installed"; done | tr '\n' ' ' ;;
*) for p in %s; do case "$*" in *" $p") echo installed ;; esac; done ;; esac]]):format(installed, installed))
    script("apt-get", ("echo \"$@\" >> %s\n%s"):format(quote(folder .. "/asked"), apt or ""))
    script("id", "echo 0")
    script("lua-include", "exit 1")
    child.shell("cp build-aux/deps " .. quote(folder))
  end

  before_each(function() folder = child.directory() end)
  after_each(function() child.remove(folder) end)

  it("installs nothing where it only prints two variables", function()
    system("")
    local words, output = asked("make -s env LUA=" .. support.interpreter)
    assert.equal("", words)
    assert.is_truthy(output:find("^export LUA_PATH[%d_]*="), output)
  end)

  -- The same for every interpreter: one tries it.
  if rawget(_G, "jit") then return end

  it("keeps the LuaJIT that is there, and forbids apt-get to remove anything", function()
    system("luajit")
    local words, output = asked(quote(folder .. "/deps") .. " luajit")
    assert.equal("studio: installing libluajit-5.1-dev\n", output)
    local install = words:match("[^\n]* install [^\n]*")
    assert.is_truthy(install and install:find(" --no-remove ", 1, true), words)
    assert.is_nil(install:find("luajit2", 1, true))
  end)

  it("uses what is there, and asks for nothing then", function()
    system("luajit libluajit-5.1-dev")
    assert.same({ "", "" }, { asked(quote(folder .. "/deps") .. " luajit") })
  end)

  it("says what to install where apt-get would have to remove something", function()
    system("luajit", 'case "$*" in *install*) echo "E: Packages need to be removed but remove is disabled."; exit 100 ;; esac')
    local _, output = asked(quote(folder .. "/deps") .. " luajit; echo status=$?")
    local sentence = "deps: could not install without removing anything: libluajit-5.1-dev; nothing was changed, install what is missing"
    assert.is_truthy(output:find(sentence, 1, true), output)
    assert.is_truthy(output:find("status=1\n$"), output)
  end)
end)
