--- Says in words why a C module does not load where it was built for another Lua, or for none.
-- @module studio.base.built_for

local function this_lua()
  local jit_library = rawget(_G, "jit")
  return jit_library and jit_library.version or _VERSION
end

-- Words by which the linker, or Lua itself, refuses a module that was built for another Lua.
local signs = { "undefined symbol", "symbol not found", "version mismatch", "multiple Lua VMs", "incompatible" }

local function file_of(name)
  if package.searchpath then return (package.searchpath(name, package.cpath)) end
  local path = name:gsub("%.", "/")
  for template in package.cpath:gmatch("[^;]+") do
    local file = template:gsub("%?", function() return path end)
    local handle = io.open(file, "rb")
    if handle then
      handle:close()
      return file
    end
  end
end

-- The Lua that a file was built for, as far as its folder tells: build/lua5.4/studio/core.so, lib/lua/5.4/studio/core.so.
local function lua_of(file)
  local version = file:match("lua/(5%.%d)/") or file:match("lua(5%.%d)/")
  return version and "Lua " .. version or file:match("luajit[^/]*/") and "LuaJIT"
end

-- The name of this Lua's program, as make and LuaRocks take it.
local function program()
  return rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "%d%.%d"
end

-- LuaJIT and Lua 5.1 leave a pointer in place of a module that could not be loaded (its type is "number" in LuaJIT), and say "loop or
-- previous error" to whoever asks again.
local function forget_failed()
  for name, module in pairs(package.loaded) do
    local is_mark = type(module) == "userdata" or type(module) == "number"
    if is_mark and tostring(name):find "^studio" then package.loaded[name] = nil end
  end
end

--- Raises what a C module of the library was refused with, in words where it was built for another Lua, or is not there.
-- @tparam string name of the module
-- @param problem what `require` raised
local function refuse(name, problem)
  forget_failed()
  local text = tostring(problem)
  if text:find(("module '%s' not found"):format(name), 1, true) then
    error(("%s, a module in C, is not where LUA_CPATH leads for %s: eval \"$(make env LUA=%s)\" in a checkout, or LuaRocks or make install "
      .. "for this Lua, brings it\n%s"):format(name, this_lua(), program(), text), 0)
  end
  for _, sign in ipairs(signs) do
    if text:find(sign, 1, true) then
      local file = file_of(name) or name
      local built_for = lua_of(file)
      -- A module of this very Lua lacks something else.
      if built_for and this_lua():find(built_for, 1, true) then error(problem, 0) end
      local words = ("%s was built for %s, and this is %s: build it for this one (make LUAS=…, luarocks --lua-version), "
        .. "and have its folder before others in LUA_CPATH (%s)"):format(file, built_for or "another Lua", this_lua(), text:match "[^\n]+")
      error(words, 0)
    end
  end
  error(problem, 0)
end

return { refuse = refuse }
