--- A journal in a file of SQLite, for one process at a time.
local drivers = require "studio.executions.journal.drivers"
local sql = require "studio.executions.journal.sql"

local function quote(text)
  if text == nil then return "NULL" end
  -- The driver takes a statement up to its first NUL.
  if text:find("%z") then return "CAST(X'" .. text:gsub(".", function(byte) return ("%02X"):format(byte:byte()) end) .. "' AS text)" end
  return "'" .. text:gsub("'", "''") .. "'"
end

local dialect = {
  prefix = "", begin = "BEGIN IMMEDIATE", for_update = "", skip_locked = "", quote = quote, is_alone = true,
  now = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
  serial = "integer PRIMARY KEY", clustered = " WITHOUT ROWID",
}

local sqlite_methods = setmetatable({}, { __index = sql.methods })
local sqlite_mt = { __index = sqlite_methods }

local function connect(path)
  local env, message = drivers.environment("sqlite3", "SQLite")
  if not env then return nil, message end
  return drivers.connect(env, path)
end

-- A second process is kept out by a lock on a file beside the journal, which SQLite holds for as long as this process lives: the journal
-- itself stays readable, for reports.
local function lock(path)
  local connection, message = connect(path .. ".lock")
  if not connection then return nil, ("%s.lock: %s"):format(path, message) end
  local locked
  locked, message = connection:run "BEGIN EXCLUSIVE"
  if locked then return connection end
  connection:close()
  if not message:find "locked" then return nil, ("%s.lock: %s"):format(path, message) end
  message = ("another process, or another call in this one, is using %s"):format(path)
  return nil, message
end

-- The length of a file; nil where there is none.
local function size_of(path)
  local file = io.open(path, "rb")
  local size = file and file:seek "end"
  if file then file:close() end
  return size
end

local function set_up(connection, is_reader)
  local statements = { "PRAGMA busy_timeout = 5000" }
  if not is_reader then
    statements[2], statements[3] = "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"
  end
  statements[#statements + 1] = "SELECT count(*) FROM sqlite_master" -- says so where the file is none of SQLite's
  for _, statement in ipairs(statements) do
    local rows, message = connection:rows(statement)
    if not rows then return nil, message end
  end
  return true
end

-- A reader of a journal writes beside it, as SQLite's write-ahead log has it, if it may. Where it may not, and no other process writes, the
-- file alone is the journal.
local function connect_immutable(path, connection)
  local rows = connection:rows "SELECT sqlite_compileoption_used('USE_URI')"
  if not rows or tonumber(rows[1][1]) ~= 1 or (size_of(path .. "-wal") or 0) > 0 then return nil end
  local escaped = path:gsub("[%%?#]", function(character) return ("%%%02X"):format(character:byte()) end)
  return connect(("file:%s?immutable=1"):format(escaped))
end

--- Opens a journal.
-- @tparam string path
-- @tparam string name of the campaign
-- @tparam boolean is_reader whether only a report is made of it
-- @treturn[1] table
-- @treturn[2] nil
-- @treturn[2] string
local function open(path, name, is_reader)
  if is_reader and not size_of(path) then return nil, ("there is no file %s"):format(path) end
  local held, connection, message
  if not is_reader then
    held, message = lock(path)
    if not held then return nil, message end
  end
  connection, message = connect(path)
  local ready = connection
  if connection then ready, message = set_up(connection, is_reader) end
  if is_reader and connection and not ready and message:find("readonly", 1, true) then
    local immutable = connect_immutable(path, connection)
    connection:close()
    connection = immutable
    if connection then ready, message = set_up(connection, is_reader) end
  end
  if ready then return setmetatable({ name = name, connection = connection, held = held, dialect = dialect, next_beat = 0 }, sqlite_mt) end
  if connection then connection:close() end
  if held then held:close() end
  return nil, ("%s: %s"):format(path, message)
end

--- Whether the journal can be gone on with, after a write that failed: a file that cannot be written cannot be a second later either.
-- @treturn boolean false
function sqlite_methods.reopen()
  return false
end

function sqlite_methods:close()
  self.connection:close()
  if self.held then self.held:close() end
end

return { open = open }
