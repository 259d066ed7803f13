--- What a round writes: what became of contacts, and that this worker lives.
local bucket = require "studio.executions.journal.bucket"
local states = require("studio.executions.states").states

local concat = table.concat

-- The rows that a result may change: those that are still its worker's.
local function where(self)
  local prefix = self.dialect.prefix
  return ("FROM v WHERE %scontact.campaign = %d AND %scontact.n = v.n AND %scontact.fence = v.fence AND %scontact.owner = v.owner")
    :format(prefix, self.id, prefix, prefix, prefix)
end

-- Writes the SIDs of contacts that have the same owner and fence. (A CASE takes SQLite half the time of a join with VALUES.)
local function write_sids(self, owner, fence, created)
  local numbers, cases = {}, {}
  for index, result in ipairs(created) do
    numbers[index] = ("%d"):format(result.contact.n)
    cases[index] = ("WHEN %s THEN %s"):format(numbers[index], self.dialect.quote(result.sid))
  end
  self:run(("UPDATE %scontact SET state = %d, sid = CASE n %s END, code = NULL, note = NULL, owner = NULL WHERE campaign = %d "
    .. "AND n IN (%s) AND owner = '%s' AND fence = %d"):format(self.dialect.prefix, states.created, concat(cases, " "), self.id,
    concat(numbers, ", "), owner, fence))
end

-- Most results are this: a row has come to be an Execution. Most rows of a round were claimed once, by this worker.
local function write_created(self, created)
  local first = created[1].contact
  local alike, others = {}, {}
  for _, result in ipairs(created) do
    local contact = result.contact
    local list = contact.owner == first.owner and contact.fence == first.fence and alike or others
    list[#list + 1] = result
  end
  write_sids(self, first.owner, first.fence, alike)
  if others[1] then return write_created(self, others) end
end

local function write_others(self, others)
  local values, quote = {}, self.dialect.quote
  for index, result in ipairs(others) do
    local contact = result.contact
    local code = result.code and ("%d"):format(result.code) or "NULL"
    values[index] = ("(%d, %d, '%s', %d, CAST(%s AS text), CAST(%s AS bigint), CAST(%s AS text), %d)"):format(contact.n, contact.fence,
      contact.owner, result.state, quote(result.sid), code, quote(result.note), result.is_unknown and 1 or 0)
  end
  self:run(("WITH v (n, fence, owner, state, sid, code, note, is_unknown) AS (VALUES %s) UPDATE %scontact SET state = v.state, "
    .. "sid = v.sid, code = v.code, note = v.note, owner = CASE WHEN v.state = %d THEN %scontact.owner END, "
    .. "unknown_since = CASE WHEN v.is_unknown = 1 THEN coalesce(unknown_since, started) ELSE unknown_since END %s"):format(
    concat(values, ", "), self.dialect.prefix, states.sending, self.dialect.prefix, where(self)))
end

--- Writes what became of contacts, within a transaction.
-- @tparam table self the journal
-- @tparam {table,...} results
local function write(self, results)
  if not results[1] then return end
  local created, others, is_slow = {}, {}, false
  for _, result in ipairs(results) do
    local list = result.state == states.created and created or others
    list[#list + 1] = result
    is_slow = is_slow or result.is_slow
  end
  if created[1] then write_created(self, created) end
  if others[1] then write_others(self, others) end
  if is_slow then
    self:run(("UPDATE %scampaign SET slow_until = %s + %d WHERE id = %d AND slow_until < %s"):format(self.dialect.prefix, self.dialect.now,
      bucket.SLOW_FOR, self.id, self.dialect.now))
  end
end

--- Renews this worker's lease, within a transaction.
-- @tparam table self the journal
local function beat(self)
  local worker = self.worker
  self:run(("INSERT INTO %sworker (id, host, pid, lease) VALUES ('%s', %s, %s, %s + %d) "
    .. "ON CONFLICT (id) DO UPDATE SET lease = excluded.lease"):format(self.dialect.prefix, worker.id, self.dialect.quote(worker.host),
    worker.pid and ("%d"):format(worker.pid) or "NULL", self.dialect.now, self.lease * 1000))
end

return { write = write, beat = beat }
