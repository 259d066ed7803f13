--- The drivers of databases: modules of others, which the library itself needs none of.

--- Loads a driver of LuaSQL.
-- @tparam string name `"sqlite3"` or `"postgres"`
-- @tparam string what for people: `"SQLite"`
-- @treturn[1] table the environment
-- @treturn[2] nil
-- @treturn[2] string what to install
local function environment(name, what)
  local module = "luasql." .. name
  local loaded, driver = pcall(require, module) -- luacheck: no unused
  if not loaded then
    local version = rawget(_G, "jit") and "5.1" or _VERSION:match "%d%.%d"
    return nil, ("a journal in %s needs the Lua module %s for Lua %s: install lua-sql-%s (Debian) or luasql-%s (LuaRocks)"):format(
      what, module, version, name, name)
  end
  return driver[name]()
end

local connection_methods = {}
local connection_mt = { __index = connection_methods }

-- One line without the driver's name before it. A database without the tables of a journal, or with others, is most often a slip.
local function told(message)
  message = tostring(message):gsub("^LuaSQL: *", ""):gsub("%s+$", ""):gsub("%s*\n%s*", "; ")
  local is_other = message:find("no such table", 1, true) or message:find("no such column", 1, true)
    or message:find("has no column", 1, true) or message:find("does not exist", 1, true)
  return is_other and message .. " (this is no journal, or one of another version of studio)" or message
end

--- Runs a statement that gives no rows.
-- @treturn[1] number rows changed
-- @treturn[2] nil
-- @treturn[2] string
function connection_methods:run(sql)
  if not self.handle then return nil, "the journal is closed" end
  local result, message = self.handle:execute(sql)
  if not result then return nil, told(message) end
  if type(result) ~= "number" then
    result:close()
    return 0
  end
  return result
end

--- Runs a statement that gives rows. One of NULLs alone is left out: SQLite's driver of LuaSQL 2.8 gives it where there are none.
-- @treturn[1] {table,...} arrays of texts or numbers, nil for NULL
-- @treturn[2] nil
-- @treturn[2] string
function connection_methods:rows(sql)
  if not self.handle then return nil, "the journal is closed" end
  local cursor, message = self.handle:execute(sql)
  if not cursor then return nil, told(message) end
  local rows = {}
  if type(cursor) == "number" then return rows end
  local row
  row, message = cursor:fetch({}, "n")
  while row do
    if next(row) ~= nil then rows[#rows + 1] = row end
    row, message = cursor:fetch({}, "n")
  end
  if message then return nil, told(message) end
  return rows
end

--- Closes the connection; again is fine.
function connection_methods:close()
  if not self.handle then return end
  self.handle:close()
  self.environment:close()
  self.handle = nil
end

--- Opens a connection.
-- @tparam userdata env of `environment`
-- @param ... what the driver's connect takes
-- @treturn[1] table
-- @treturn[2] nil
-- @treturn[2] string
local function connect(env, ...)
  local handle, message = env:connect(...)
  if not handle then
    env:close()
    return nil, told(message)
  end
  return setmetatable({ environment = env, handle = handle }, connection_mt)
end

return { environment = environment, connect = connect }
