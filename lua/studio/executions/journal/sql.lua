--- What the journals in SQL share: the contract of `studio.executions.journal` in statements that SQLite (3.35) and PostgreSQL (12) both
-- take.
--
-- A journal of this kind has a `connection`, with `run(sql)`, which gives the number of rows it changed, and `rows(sql)`, which gives an
-- array of arrays; both give nil and a text where they fail. Its `dialect` has `prefix` (of tables' names), `begin`, `now` (an
-- expression: milliseconds), `for_update` and `skip_locked` (words behind a SELECT, or nothing), `quote(text)`, `serial` and `clustered`.
local ascii = require "studio.base.ascii"
local bucket_module = require "studio.executions.journal.bucket"
local core = require "studio.core"
local names = require "studio.base.names"
local schema = require "studio.executions.journal.schema"
local states = require("studio.executions.states").states
local worker = require "studio.executions.journal.worker"
local writing = require "studio.executions.journal.writing"

local concat, floor, min = table.concat, math.floor, math.min
local now = core.now

-- Contacts in one statement of a load, or of a report.
local BATCH = 500
-- Seconds that a lease must have left beyond the longest request, when a contact is marked.
local MARGIN = 5

local sql_methods = {}

-- Statements ---------------------------------------------------------------------------------------------------------------------------

-- A failure of the database is raised, and caught where its transaction ends.
local function raise(message)
  error({ journal = message }, 0)
end

function sql_methods:run(sql)
  local count, message = self.connection:run(sql)
  if not count then raise(message) end
  return count
end

function sql_methods:rows_of(sql)
  local rows, message = self.connection:rows(sql)
  if not rows then raise(message) end
  return rows
end

-- Carries out `work` as one transaction; gives what it gives, or nil and a text.
local function transaction(self, work, ...)
  local results = { pcall(function(...)
    self:run(self.dialect.begin)
    local first, second, third = work(self, ...)
    self:run "COMMIT"
    return first, second, third
  end, ...) }
  if results[1] then return results[2], results[3], results[4] end
  self.connection:run "ROLLBACK"
  local problem = results[2]
  if type(problem) ~= "table" or not (problem.journal or problem.data) then error(problem, 0) end
  return nil, problem.data or problem.journal
end

-- The same for one statement.
local function reading(self, work, ...)
  local ok, value = pcall(work, self, ...)
  if ok then return value end
  if type(value) ~= "table" or not value.journal then error(value, 0) end
  return nil, value.journal
end

-- Entering and loading -----------------------------------------------------------------------------------------------------------------

-- Options as one text, for a column.
local function options_text(options)
  local lines = {}
  for _, name in ipairs(names.sorted(options)) do
    lines[#lines + 1] = name .. "=" .. options[name]:gsub("[\\\n]", { ["\\"] = "\\\\", ["\n"] = "\\n" })
  end
  return concat(lines, "\n")
end

-- A resumed campaign must be the one that was begun: the name of the first option that is not as it was.
local function refuse_others(self, campaign, found, text)
  if found == text then return end
  local was = {}
  for line in found:gmatch "[^\n]+" do
    local name, value = line:match "^(.-)=(.*)$"
    was[name] = value
  end
  for _, name in ipairs(names.sorted(campaign.options)) do
    local value = options_text { [name] = campaign.options[name] }:match "=(.*)$"
    if was[name] ~= value then
      error({ data = ("the campaign '%s' was begun with another '%s': %s, not %s"):format(self.name, name, was[name] or "none", value) }, 0)
    end
  end
end

local function find(self, more)
  local row = self:rows_of(("SELECT id, loaded, options FROM %scampaign WHERE name = %s%s"):format(
    self.dialect.prefix, self.dialect.quote(self.name), more or ""))[1]
  if not row then return false end
  self.id, self.is_loaded = tonumber(row[1]), row[2] ~= nil
  return true, row[3]
end

local function make_tables(self)
  local dialect = self.dialect
  if dialect.lock_schema then
    self:rows_of(dialect.lock_schema)
    if self:rows_of(dialect.find_schema)[1] then return end
    self:run(dialect.schema)
  end
  for _, statement in ipairs(schema.statements(dialect)) do self:run(statement) end
end

local function enter(self, campaign)
  make_tables(self)
  local text, quote, prefix = options_text(campaign.options), self.dialect.quote, self.dialect.prefix
  local _, options = find(self)
  if not self.id then
    self:run(("INSERT INTO %scampaign (name, flow, from_, options, created, tokens, tokens_at, rate, burst, slow_until) "
      .. "VALUES (%s, %s, %s, %s, %s, 1, %s, %s, %s, 0)"):format(prefix, quote(self.name), quote(campaign.flow), quote(campaign.from),
      quote(text), self.dialect.now, self.dialect.now, ascii.format("%.17g", campaign.rate or 0),
      ascii.format("%.17g", campaign.burst)))
    find(self)
  elseif self.dialect.is_alone and not self.is_loaded then
    -- Its contacts could not be read, so nothing has begun.
    self:run(("UPDATE %scampaign SET flow = %s, from_ = %s, options = %s, rate = %s, burst = %s WHERE id = %d"):format(prefix,
      quote(campaign.flow), quote(campaign.from), quote(text), ascii.format("%.17g", campaign.rate or 0),
      ascii.format("%.17g", campaign.burst), self.id))
  else
    refuse_others(self, campaign, options, text)
  end
  if self.dialect.is_alone then self:run(("DELETE FROM %sworker"):format(prefix)) end
  self:run(("DELETE FROM %sworker WHERE lease < %s - 86400000"):format(prefix, self.dialect.now))
  self.lease, self.timeout = campaign.lease, campaign.timeout
  self.worker = worker.new()
  writing.beat(self)
  return true
end

function sql_methods:enter(campaign)
  local entered, message = transaction(self, enter, campaign)
  if entered then self.next_beat = now() + self.lease / 4 end
  return entered, message
end

-- Writes a batch of contacts, and notes which of them are doubles.
local function insert(self, batch, doubles)
  local values, addresses, quote = {}, {}, self.dialect.quote
  for index, contact in ipairs(batch) do
    addresses[index] = quote(contact.to)
    values[index] = ("(%d, %d, %s, %s)"):format(self.id, contact.n, addresses[index], quote(contact.parameters))
  end
  local statement = "INSERT INTO %scontact (campaign, n, dest, parameters) VALUES %s ON CONFLICT (campaign, dest) DO NOTHING"
  local count = self:run(statement:format(self.dialect.prefix, concat(values, ", ")))
  if count == #batch then return end
  local first = {}
  for _, row in ipairs(self:rows_of(("SELECT dest, n FROM %scontact WHERE campaign = %d AND dest IN (%s)"):format(self.dialect.prefix,
    self.id, concat(addresses, ", ")))) do
    first[row[1]] = tonumber(row[2])
  end
  for _, contact in ipairs(batch) do
    if first[contact.to] ~= contact.n then doubles[#doubles + 1] = { n = contact.n, to = contact.to, first = first[contact.to] } end
  end
end

local function load(self, pull)
  find(self, self.dialect.for_update)
  local doubles, batch = {}, {}
  if self.is_loaded then return doubles end
  local contact, err = pull()
  while contact do
    batch[#batch + 1] = contact
    if #batch == BATCH then
      insert(self, batch, doubles)
      batch = {}
    end
    contact, err = pull()
  end
  if err then error({ data = err }, 0) end
  if batch[1] then insert(self, batch, doubles) end
  self:run(("UPDATE %scampaign SET loaded = %s WHERE id = %d"):format(self.dialect.prefix, self.dialect.now, self.id))
  return doubles
end

function sql_methods:load(pull)
  local doubles, message = transaction(self, load, pull)
  self.is_loaded = doubles ~= nil
  if doubles and self.dialect.after_load then self.connection:run(self.dialect.after_load) end
  return doubles, message
end

-- Rounds -------------------------------------------------------------------------------------------------------------------------------

-- Makes this worker's own what a SELECT finds, and gives it in order. (The driver of SQLite carries out a statement that gives rows twice:
-- none of those may change anything.)
local function take(self, condition, changes)
  local dialect = self.dialect
  local select = "SELECT n, dest, parameters, fence, started, unknown_since, attempts FROM %scontact WHERE campaign = %d AND %s"
  local rows = self:rows_of(select:format(dialect.prefix, self.id, condition))
  local contacts, numbers = {}, {}
  for index, row in ipairs(rows) do
    numbers[index] = ("%d"):format(row[1])
    contacts[index] = {
      n = tonumber(row[1]), to = row[2], parameters = row[3], fence = tonumber(row[4]) + 1, owner = self.worker.id,
      started = tonumber(row[5]), unknown_since = tonumber(row[6]), attempts = tonumber(row[7]),
    }
  end
  if not contacts[1] then return contacts end
  local count = self:run(("UPDATE %scontact SET owner = '%s', fence = fence + 1, %s WHERE campaign = %d AND n IN (%s)"):format(
    dialect.prefix, self.worker.id, changes, self.id, concat(numbers, ", ")))
  if count ~= #contacts then raise "a row was lost while it was locked" end
  return contacts
end

-- Claims contacts, and marks them as being sent: what is claimed is sent at once, so both are one step.
local function claim(self, most, moment)
  local contacts = take(self, ("state = 0 ORDER BY n LIMIT %d%s"):format(most, self.dialect.skip_locked),
    ("state = 2, attempts = attempts + 1, started = %.0f"):format(moment))
  for _, contact in ipairs(contacts) do contact.started, contact.attempts = moment, contact.attempts + 1 end
  return contacts
end

local function round(self, results, most)
  local dialect, prefix = self.dialect, self.dialect.prefix
  writing.write(self, results)
  if now() >= self.next_beat then writing.beat(self) end
  if most <= 0 then return {}, 0, false end
  local row = self:rows_of(("SELECT tokens, tokens_at, rate, burst, slow_until, %s, (SELECT lease FROM %sworker WHERE id = '%s') "
    .. "FROM %scampaign WHERE id = %d%s"):format(dialect.now, prefix, self.worker.id, prefix, self.id, dialect.for_update))[1]
  local moment, lease = tonumber(row[6]), tonumber(row[7])
  local tokens, rate = bucket_module.level({
    tokens = tonumber(row[1]), tokens_at = tonumber(row[2]), rate = tonumber(row[3]), burst = tonumber(row[4]),
    slow_until = tonumber(row[5]),
  }, moment)
  local count = min(most, floor(tokens))
  if count <= 0 then return {}, bucket_module.wait(tokens, rate), false end
  if not lease or lease - moment < (self.timeout + MARGIN) * 1000 then writing.beat(self) end
  local contacts = claim(self, count, moment)
  if #contacts > 0 and rate < math.huge then
    self:run(("UPDATE %scampaign SET tokens = %s, tokens_at = %.0f WHERE id = %d"):format(prefix,
      ascii.format("%.17g", tokens - #contacts), moment, self.id))
  end
  return contacts, bucket_module.wait(tokens - #contacts, rate), #contacts < count
end

function sql_methods:round(results, most)
  local begun = now()
  local contacts, wait, is_empty = transaction(self, round, results, most)
  if contacts and begun >= self.next_beat then self.next_beat = begun + self.lease / 4 end
  return contacts, wait, is_empty
end

-- What a dead worker was sending is this one's when its request can be under way no more.
local function take_over(self)
  local dialect, prefix = self.dialect, self.dialect.prefix
  local age = dialect.is_alone and 0 or (self.lease + self.timeout) * 1000
  self:rows_of(("SELECT id FROM %scampaign WHERE id = %d%s"):format(prefix, self.id, dialect.for_update))
  local contacts = take(self, ("state = 2 AND started <= %s - %d AND owner <> '%s' AND NOT EXISTS (SELECT 1 FROM %sworker "
    .. "WHERE %sworker.id = %scontact.owner AND lease > %s) ORDER BY n%s"):format(dialect.now, age, self.worker.id, prefix, prefix, prefix,
    dialect.now, dialect.skip_locked), "unknown_since = coalesce(unknown_since, started), note = 'the worker that sent it is gone'")
  for _, contact in ipairs(contacts) do contact.unknown_since = contact.unknown_since or contact.started end
  return contacts
end

function sql_methods:take_over()
  return transaction(self, take_over)
end

-- Reading ------------------------------------------------------------------------------------------------------------------------------

local function other_sids(self, contact)
  local prefix, found = self.dialect.prefix, {}
  local select = "SELECT sid FROM %scontact WHERE campaign IN (SELECT id FROM %scampaign) AND dest = %s AND sid IS NOT NULL "
    .. "AND NOT (campaign = %d AND n = %d)"
  local rows = self:rows_of(select:format(prefix, prefix, self.dialect.quote(contact.to), self.id, contact.n))
  for _, row in ipairs(rows) do found[row[1]] = true end
  return found
end

function sql_methods:other_sids(contact)
  return reading(self, other_sids, contact)
end

local function counts(self)
  local found = {}
  local select = "SELECT state, count(*) FROM %scontact WHERE campaign = %d GROUP BY state"
  local rows = self:rows_of(select:format(self.dialect.prefix, self.id))
  for _, row in ipairs(rows) do found[tonumber(row[1])] = tonumber(row[2]) end
  return found
end

function sql_methods:counts()
  return reading(self, counts)
end

local function is_done(self)
  local select = "SELECT n FROM %scontact WHERE campaign = %d AND state = %d LIMIT 1"
  for _, state in ipairs { states.waiting, states.sending } do
    if self:rows_of(select:format(self.dialect.prefix, self.id, state))[1] then return false end
  end
  return true
end

function sql_methods:is_done()
  return reading(self, is_done)
end

function sql_methods:clock()
  return reading(self, function() return tonumber(self:rows_of("SELECT " .. self.dialect.now)[1][1]) end)
end

function sql_methods:find()
  return reading(self, find)
end

local function names_of(self)
  local found = {}
  for index, row in ipairs(self:rows_of(("SELECT name FROM %scampaign ORDER BY id"):format(self.dialect.prefix))) do
    found[index] = row[1]
  end
  return found
end

--- The names of the campaigns, in the order in which they began.
function sql_methods:names()
  return reading(self, names_of)
end

local function rows(self, after)
  local found = {}
  local select = "SELECT n, dest, state, sid, code, note, attempts, started FROM %scontact "
    .. "WHERE campaign = %d AND n > %d ORDER BY n LIMIT %d"
  for index, row in ipairs(self:rows_of(select:format(self.dialect.prefix, self.id, after, BATCH))) do
    found[index] = {
      n = tonumber(row[1]), to = row[2], state = tonumber(row[3]), sid = row[4], code = tonumber(row[5]), note = row[6],
      attempts = tonumber(row[7]), started = tonumber(row[8]),
    }
  end
  return found
end

function sql_methods:rows(after)
  return reading(self, rows, after)
end

-- Leaving ------------------------------------------------------------------------------------------------------------------------------

--- Whether the database is out of reach, so that another attempt may succeed.
function sql_methods.is_lost()
  return false
end

function sql_methods:leave()
  if not self.worker then return end
  self.connection:run(("DELETE FROM %sworker WHERE id = '%s'"):format(self.dialect.prefix, self.worker.id))
  self.worker = nil
end

function sql_methods:close()
  self.connection:close()
end

return { methods = sql_methods, MARGIN = MARGIN }
