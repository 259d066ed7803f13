--- A journal in PostgreSQL, for any number of processes on any number of machines.
local drivers = require "studio.executions.journal.drivers"
local redaction = require "studio.request.redaction"
local sql = require "studio.executions.journal.sql"
local userinfo = require "studio.base.userinfo"
local writing = require "studio.executions.journal.writing"
local worker = require "studio.executions.journal.worker"

local function quote(text)
  if text == nil then return "NULL" end
  if text:find("%z") then error({ journal = "PostgreSQL keeps no text with a NUL in it" }, 0) end
  return "E'" .. text:gsub("[\\']", "%0%0") .. "'"
end

local dialect = {
  prefix = "studio.", begin = "BEGIN", for_update = " FOR UPDATE", skip_locked = " FOR UPDATE SKIP LOCKED", quote = quote,
  now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
  serial = "bigserial PRIMARY KEY", clustered = "",
  -- Two workers that come first at the same moment would both make the tables; one whose role may not make any needs none that are there.
  lock_schema = "SELECT pg_advisory_xact_lock(7305808869231650163)", schema = "CREATE SCHEMA IF NOT EXISTS studio",
  find_schema = "SELECT 1 WHERE to_regclass('studio.worker') IS NOT NULL",
  after_load = "ANALYZE studio.contact",
}

-- A connection that is not made, and a peer that has gone, are errors after seconds.
local PARAMETERS = {
  { "connect_timeout", "10" }, { "keepalives_idle", "10" }, { "keepalives_interval", "5" }, { "keepalives_count", "3" },
}
-- While one worker loads the contacts the others wait. Later a transaction is short: a worker that is frozen in the middle of one holds up
-- the others until the server ends its session.
local LOADING = "SET client_encoding TO 'UTF8'; SET lock_timeout TO '10min'; SET statement_timeout TO '10min'; "
  .. "SET idle_in_transaction_session_timeout TO '30s'"
local WORKING = "SET lock_timeout TO '20s'; SET statement_timeout TO '60s'; SET idle_in_transaction_session_timeout TO '5s'"
-- Attempts to enter a campaign, where connections are lost meanwhile.
local ENTRIES = 5

local postgres_methods = setmetatable({}, { __index = sql.methods })
local postgres_mt = { __index = postgres_methods }

local function with_parameters(url)
  for _, parameter in ipairs(PARAMETERS) do
    if not url:find(parameter[1] .. "=", 1, true) then
      url = url .. (url:find("?", 1, true) and "&" or "?") .. parameter[1] .. "=" .. parameter[2]
    end
  end
  return url
end

-- Without the passwords that a URL holds; the database's words about one that it cannot read show parts of it.
local function without_passwords(message, url)
  local secrets = {}
  local function add(password)
    if password ~= "" then secrets[#secrets + 1], secrets[#secrets + 2] = password, userinfo.unescape(password) end
  end
  add(select(2, userinfo.split(url:match "://([^@]*)@" or "")))
  for password in url:gmatch "password=([^&]*)" do add(password) end
  return redaction.new({ names = {}, secrets = function() return secrets end }).value(message)
end

-- What is wrong with a URL, in words that show no part of it.
local function problem_of(url)
  if url:find "[%z\1-\32\127]" then return "must not hold blanks or control characters" end
  local user_and_password = url:match "://(.*)@"
  return user_and_password and userinfo.problem(user_and_password)
end

local function connect(url)
  local env, message = drivers.environment("postgres", "PostgreSQL")
  if not env then return nil, message end
  local connection
  connection, message = drivers.connect(env, with_parameters(url))
  if not connection then return nil, without_passwords(message, url) end
  local ready
  ready, message = connection:run(LOADING)
  if ready then return connection end
  connection:close()
  return nil, message
end

--- Opens a journal.
-- @tparam string url `postgresql://…`, which may hold a password
-- @tparam string name of the campaign
-- @treturn[1] table
-- @treturn[2] nil
-- @treturn[2] string
local function open(url, name)
  local problem = problem_of(url)
  if problem then return nil, "its URL " .. problem end
  local connection, message = connect(url)
  if not connection then return nil, message end
  local journal = setmetatable({ name = name, connection = connection, dialect = dialect, next_beat = 0 }, postgres_mt)
  -- The URL stays in a closure: printing a journal shows no password.
  function journal.connect() return connect(url) end
  return journal
end

local function enter(self, campaign)
  local entered, message = sql.methods.enter(self, campaign)
  if entered and self.is_loaded then entered, message = self.connection:run(WORKING) end
  return entered, message
end

--- Whether the connection is of no more use.
function postgres_methods:is_lost()
  return not self.connection:rows "SELECT 1"
end

function postgres_methods:enter(campaign)
  local entered, message
  for _ = 1, ENTRIES do
    entered, message = enter(self, campaign)
    if entered or not self:is_lost() then break end
    self.connection:close()
    self.connection = self.connect() or self.connection
  end
  return entered, message
end

function postgres_methods:load(pull)
  local doubles, message = sql.methods.load(self, pull)
  if not doubles then return nil, message end
  local ready
  ready, message = self.connection:run(WORKING)
  if not ready then return nil, message end
  return doubles
end

-- Whether there are tables; nil and a message when that cannot be told.
local function has_tables(self)
  local rows, message = self.connection:rows "SELECT to_regclass('studio.campaign')"
  if not rows then return nil, message end
  return rows[1] ~= nil
end

function postgres_methods:find()
  local found, message = has_tables(self)
  if not found then return found, message end
  return sql.methods.find(self)
end

function postgres_methods:names()
  local found, message = has_tables(self)
  if found == false then return {} end
  if not found then return nil, message end
  return sql.methods.names(self)
end

--- Connects again, as another worker: whether the last transaction was carried out is not known, and what it claimed, if it did, is left to
-- be taken over.
function postgres_methods:reopen()
  self.connection:close()
  local connection = self.connect()
  if not connection or not connection:run(WORKING) then return false end
  self.connection = connection
  local former = self.worker
  if not former then return true end
  self.worker = worker.new()
  local ok = pcall(function()
    self:run(("DELETE FROM studio.worker WHERE id = '%s'"):format(former.id))
    writing.beat(self)
  end)
  if not ok then self.worker = former end
  return ok
end

return { open = open }
