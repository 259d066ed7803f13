-- Loading: every module is opened anew each time. See host.c.
local modules = {}

-- During which the collector rests. Made here: Lua 5.4 itself does not outlive every failure inside a buffer of this size.
local large = '["' .. ("x"):rep(200000) .. '"]'

local function open_c_module(name)
  local path = assert(package.searchpath(name, package.cpath))
  return assert(package.loadlib(path, "luaopen_" .. name:gsub("%.", "_")))
end

-- What reads and compiles the files is the interpreter's.
local function prepare()
  require("studio")
  local _ = require("studio").webhook
  for name in pairs(package.loaded) do
    if name == "studio.core" or name == "studio.crypto" or name == "cjson" then
      modules[name] = open_c_module(name)
    elseif name == "studio" or name:find("^studio%.") then
      modules[name] = assert(loadfile((assert(package.searchpath(name, package.path)))))
    end
  end
  return nil
end

local function run()
  for name, open in pairs(modules) do package.loaded[name], package.preload[name] = nil, open end
  local studio = require "studio"
  assert(studio.webhook.valid("token", "signature", "https://example.com/", {}) == false)
  local core = require "studio.core"
  assert(core.decode('{"a":[1,{"b":null}],"c":"\\u00e9"}', "resource").a[1] == 1)
  assert(#core.decode(large)[1] == 200000)
  assert(core.url("https://example.com:443/a?b#c").host == "example.com")
  assert(core.form { "a", "b c" } == "a=b%20c")
  assert(core.form_of({ "a", "A=", false, true, {} }, { a = ("b c"):rep(1000) }) == "A=" .. ("b%20c"):rep(1000))
end

return run, prepare
