--- What a journal says of a campaign.
local errors = require "studio.base.errors"
local journal_module = require "studio.executions.journal"
local states = require "studio.executions.states"

local misuse = errors.misuse

-- The name of the only campaign of a journal; nil, and an error or, where the journal cannot be read, a message.
local function only_name(journal)
  local found, message = journal:names()
  if not found then return nil, message end
  if #found == 1 then return found[1] end
  if #found == 0 then return nil, errors.argument "the journal has no campaign" end
  return nil, errors.argument("the journal has %d campaigns, and the name of one is due: '%s'", #found, table.concat(found, "', '"))
end

local function open(path, name)
  local journal, err = journal_module.open(path, name, true)
  if not journal then return nil, err end
  local found, message
  if not name then
    journal.name, message = only_name(journal)
    if type(message) == "table" then
      journal:close()
      return nil, message
    end
  end
  if journal.name then found, message = journal:find() end
  local counts
  if found then counts, message = journal:counts() end
  if counts then return journal, counts end
  journal:close()
  if message then return nil, errors.argument("the journal cannot be read: %s", message) end
  return nil, errors.argument("the journal has no campaign '%s'", name)
end

local function report(path, name)
  errors.refuse_colon(path, package.loaded["studio.executions"], "executions.report")
  if type(path) ~= "string" then misuse("executions.report needs a journal: a path or a URL, got %s", type(path)) end
  if path == "" then misuse "executions.report needs a journal: a path or a URL, got an empty string" end
  if name ~= nil and type(name) ~= "string" then misuse("executions.report needs the name of a campaign, got %s", type(name)) end
  local journal, counts = open(path, name)
  if not journal then return nil, counts end
  local batch, index, last = {}, 0, 0
  local function iterate()
    index = index + 1
    if not batch[index] and journal then
      local message
      batch, message = journal:rows(last)
      index = 1
      if not batch or not batch[1] then journal:close() end
      if not batch then error(errors.argument("the journal cannot be read: %s", message), 0) end
      if not batch[1] then journal = nil end
    end
    local row = batch[index]
    if not row then return nil end
    last = row.n
    return {
      n = row.n, to = row.to, state = states.names[row.state], sid = row.sid, code = row.code, message = row.note, attempts = row.attempts,
      started = row.started and row.state >= states.states.sending and row.started / 1000 or nil,
    }
  end
  return iterate, states.summary(counts), journal.name
end

return report
