--- The tables of a journal in SQL. Moments are milliseconds since 1970 by the database's clock.

--- Statements that make the tables where they are missing.
-- @tparam table dialect `prefix` of the tables' names, `serial` (a column that counts by itself), `clustered` (words behind a table whose
--   rows lie in the order of its key)
-- @treturn {string,...}
local function statements(dialect)
  local prefix = dialect.prefix
  return {
    ("CREATE TABLE IF NOT EXISTS %scampaign (id %s, name text NOT NULL UNIQUE, flow text NOT NULL, from_ text NOT NULL, "
      .. "options text NOT NULL, created bigint NOT NULL, loaded bigint, tokens double precision NOT NULL, tokens_at bigint NOT NULL, "
      .. "rate double precision NOT NULL, burst double precision NOT NULL, slow_until bigint NOT NULL)"):format(prefix, dialect.serial),
    ("CREATE TABLE IF NOT EXISTS %scontact (campaign bigint NOT NULL, n bigint NOT NULL, dest text NOT NULL, parameters text, "
      .. "state smallint NOT NULL DEFAULT 0, owner text, fence bigint NOT NULL DEFAULT 0, started bigint, unknown_since bigint, sid text, "
      .. "code bigint, note text, attempts bigint NOT NULL DEFAULT 0, PRIMARY KEY (campaign, n), UNIQUE (campaign, dest))%s")
      :format(prefix, dialect.clustered),
    ("CREATE TABLE IF NOT EXISTS %sworker (id text PRIMARY KEY, host text NOT NULL, pid bigint, lease bigint NOT NULL)"):format(prefix),
    ("CREATE INDEX IF NOT EXISTS contact_waiting ON %scontact (campaign, n) WHERE state = 0"):format(prefix),
    ("CREATE INDEX IF NOT EXISTS contact_sending ON %scontact (campaign, n) WHERE state = 2"):format(prefix),
  }
end

return { statements = statements }
