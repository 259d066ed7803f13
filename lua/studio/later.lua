--- Modules that are read with the library, and compiled when they are first used: a program that makes one request does not pay for what
-- lists, tasks, maps and parameters need.
--
-- The text is read at once, for later it may be out of reach (the program has changed its directory, or its user) or of another version of
-- the library. Where the file is not sure to be the one that `require` would take, a module is loaded at once, as by `require`: in a Lua
-- without `package.searchpath` (PUC 5.1), by a loader of the program's own (an archive, an amalgamation). In nginx, too: there the master
-- process compiles once for all its workers.

-- The folder of this file, with the separator at its end, where it is the one that `require` finds; nil elsewhere.
local function own_folder(own_name)
  local source = debug.getinfo(1, "S").source
  local searchpath = package.searchpath
  if rawget(_G, "ngx") or not searchpath or source ~= "@" .. (searchpath(own_name, package.path) or "") then return nil end
  return source:match("^@(.*)later%.lua$")
end

local folder = own_folder "studio.later"
if not folder then return require end

local separator = package.config:sub(1, 1)

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  if file then file:close() end
  return text
end

-- What `require` does once it has found a file. It could not be left to `require`: on LuaJIT a module that failed once, for want of memory,
-- say, has failed for ever there.
local function run(name, path, text)
  if package.loaded[name] ~= nil then return package.loaded[name] end
  local chunk, message = load(text, "@" .. path)
  if not chunk then error(("error loading module '%s' from file '%s':\n\t%s"):format(name, path, message), 0) end
  local module = chunk(name, path)
  package.loaded[name] = module
  return module
end

-- What stands for a module: it can be indexed or called like it, and runs it when that is first done.
local function stand_in(name, path, text)
  local metatable, module = {}, nil
  local function bring()
    if module == nil then
      module = run(name, path, text)
      text = nil
      -- From now on this is an index away, and no call.
      if type(module) == "table" then metatable.__index = module end
    end
    return module
  end
  function metatable.__index(_, key) return bring()[key] end
  function metatable.__call(_, ...) return bring()(...) end
  return setmetatable({}, metatable)
end

local stand_ins = {}

--- Gives a module of this library that is compiled when it is first used.
-- @tparam string name such as `"studio.map"`
-- @tparam[opt] string ... names of those that this one needs in its turn and nobody else has asked for: they have to be read now, too
-- @return the module, a table or a function; or what stands for it
local function later(name, ...)
  if ... then later(...) end
  if package.loaded[name] ~= nil or package.preload[name] then return require(name) end
  if not stand_ins[name] then
    local path = folder .. name:gsub("^studio%.", ""):gsub("%.", separator) .. ".lua"
    local text = read(path)
    if not text then return require(name) end
    stand_ins[name] = stand_in(name, path, text)
  end
  return stand_ins[name]
end

return later
