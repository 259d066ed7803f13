--- Modules that are read with the library, and compiled when they are first used: a program that makes one request does not pay for what
-- lists, tasks, maps and parameters need.
--
-- The text is read at once, for later it may be out of reach (the program has changed its directory, or its user) or of another version of
-- the library; all of it comes from one folder. Where that is not sure to be the one that `require` goes to, a module is loaded at once, as
-- by `require`: in a Lua without `package.searchpath` (PUC 5.1), by a loader of the program's own (an archive, an amalgamation). In nginx,
-- too: there the master process compiles once for all its workers.

local core = require "studio.core"

-- What is compiled later gets these: a program may take them away meanwhile.
local getmetatable, load, loaded, preload, require = getmetatable, load, package.loaded, package.preload, require
-- On LuaJIT a thread can have globals of its own, which are not to become those of a module that it happens to be the first to use.
local globals = _G

-- The folder of this file, with the separator at its end, where it is the one that `require` finds; nil elsewhere.
local function own_folder(own_name)
  local source = debug.getinfo(1, "S").source
  local searchpath = package.searchpath
  -- In PUC 5.1, which may have been given a `searchpath`, `load` takes no text.
  if rawget(_G, "ngx") or not searchpath or not pcall(load, "") then return nil end
  if source ~= "@" .. (searchpath(own_name, package.path) or "") then return nil end
  return source:match("^@(.*)later%.lua$")
end

local later = {}
local folder = own_folder "studio.later"
if not folder then
  function later.keep() end
  return setmetatable(later, { __call = function(_, name) return require(name) end })
end

local read_module, separator = core.read_module, package.config:sub(1, 1)

-- The modules of this instance of the library: a program may empty `package.loaded` and load another.
local own, stand_ins = {}, {}
-- What is not compiled yet. It is out of the way of whoever prints a client and its metatables.
local texts = {}

local function is_present_instance()
  return loaded["studio.later"] == later
end

local bring

-- What a late module's `require` gives: modules of its own instance.
local function own_require(name)
  if own[name] ~= nil then return own[name] end
  local stand_in = stand_ins[name]
  if stand_in then return bring(stand_in) end
  return require(name)
end

-- What `require` does once it has found a file. It could not be left to `require`: on LuaJIT a module that failed once, for want of memory,
-- say, has failed for ever there.
local function run(name, text)
  if is_present_instance() and loaded[name] ~= nil then return loaded[name] end
  local path = folder .. name:gsub("^studio%.", ""):gsub("%.", separator) .. ".lua"
  local prefix = text:byte() ~= 27 and "local require = ...; " or "" -- 27: compiled already
  local chunk, message = load(prefix .. text, "@" .. path, nil, globals)
  if not chunk then error(("error loading module '%s' from file '%s':\n\t%s"):format(name, path, message), 0) end
  local module = chunk(own_require)
  if is_present_instance() then loaded[name] = module end
  return module
end

-- Gives the module that a stand-in stands for, and runs it when that is first asked for.
function bring(stand_in)
  local metatable = getmetatable(stand_in)
  local name = metatable.name
  local text = texts[name]
  if text then
    local module = run(name, text)
    texts[name], own[name] = nil, module
    -- From now on this is an index away, and no call.
    if type(module) == "table" then metatable.__index = module end
  end
  return own[name]
end

-- A stand-in can be indexed or called like its module.
local function index(stand_in, key) return bring(stand_in)[key] end
local function call(stand_in, ...) return bring(stand_in)(...) end

--- Gives a module of this library that is compiled when it is first used: `later "studio.waiting.map"`.
-- @tparam string name
-- @tparam[opt] string ... names of those that this one needs in its turn and nobody else has asked for: they have to be read now, too
-- @return the module, a table or a function; or what stands for it
local function module_later(_, name, ...)
  if ... then later(...) end
  if own[name] ~= nil then return own[name] end
  if stand_ins[name] then return stand_ins[name] end
  if preload[name] or loaded[name] ~= nil then return require(name) end
  local text = read_module(folder, name)
  if not text then return require(name) end
  local stand_in = setmetatable({}, { name = name, __index = index, __call = call })
  stand_ins[name], texts[name] = stand_in, text
  return stand_in
end

--- Remembers the modules that are loaded: those that come later are to work with these.
function later.keep()
  for name, module in pairs(loaded) do
    if type(name) == "string" and name:find("^studio%.") and not stand_ins[name] then own[name] = module end
  end
end

return setmetatable(later, { __call = module_later })
