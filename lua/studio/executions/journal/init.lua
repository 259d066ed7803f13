--- Journals: where a campaign is kept, so that nobody is triggered twice whatever dies.
--
-- One contract, held by `memory`, `sqlite` and `postgres`; the last two share `sql`. All that a method does is done in one transaction:
-- when it returns, it lasts. A method that fails gives nil and a text, and has changed nothing. States are numbers of
-- `studio.executions.states`.
--
-- - `enter(campaign)`: begins or resumes the campaign, and registers this worker. `campaign` has `flow`, `from`, `options` (name → text,
--   frozen when it begins: another value later is refused), `rate` (false for none), `burst`, `lease` and `timeout` (seconds).
--   `journal.is_loaded` is known then.
-- - `load(pull)`: takes in the contacts that `pull` gives, one by one, as `studio.executions.contacts` does; all or none. Gives an array
--   of those that are there twice: `{ n, to, first }`. Where another worker has loaded them meanwhile it loads nothing.
-- - `round(results, most)`: writes results, renews this worker's lease where that is due, and claims up to `most` contacts that wait, as
--   far as the bucket has a token for each: they are marked as being sent, and the caller sends them at once. A result, what became of a
--   contact, is `{ contact, state, sid, code, note, is_unknown, is_slow }`; one whose contact another worker has taken over changes
--   nothing. `is_unknown`: nobody knows whether the request was carried out. `is_slow`: the service had too many requests. Gives the
--   contacts, `{ n, to, parameters, fence, owner, started, unknown_since, attempts }`; the seconds until the bucket has one more token;
--   and whether no contact waits.
-- - `take_over()`: makes this worker's own what a dead one was sending, and gives it.
-- - `other_sids(contact)`: a set of the SIDs that the address has in other campaigns of the journal.
-- - `counts()`: number of a state → number of contacts.
-- - `is_done()`: whether no contact waits or is being sent.
-- - `clock()`: the journal's clock now, milliseconds since 1970. All moments in a journal are its own.
-- - `is_lost()`: whether the connection to its database is gone. A journal with a function `connect` may come back then, and is waited for.
-- - `reopen()`: after a failure, whether the journal can be gone on with. Contacts that were claimed before keep their `owner`.
-- - `find()`: whether the campaign is there, for reports. `names()`: the campaigns there are. `rows(after)`: some contacts with a larger
--   `n`, in order: `{ n, to, state, sid, code, note, attempts, started }`. Memory, which ends with the program, has none of them.
-- - `leave()`: takes this worker off the list; `close()`: lets go of everything. Both may be called again.
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"

-- Whether a target is meant as a database, but is not written as one here: taken for a file, its password would become a name.
local function is_other(target)
  return target:find "^%s*[A-Za-z][0-9A-Za-z+.-]+:/" or target:find "^%s*postgres[a-z]*:" or ascii.lower(target):find "%f[a-z]password%s*="
end

--- Opens a journal.
-- @tparam ?string target a file, `postgresql://…`, or nil for memory
-- @tparam ?string name of the campaign; a reader may find one
-- @tparam boolean is_reader whether only a report is made of it
-- @treturn[1] table
-- @treturn[2] nil
-- @treturn[2] table an error of kind `"argument"`
local function open(target, name, is_reader)
  local journal, message
  if not target then
    journal = require("studio.executions.journal.memory").open(name) -- late: by the kind of journal
  elseif target:find "^postgres://" or target:find "^postgresql://" then
    journal, message = require("studio.executions.journal.postgres").open(target, name) -- late: by the kind of journal
  elseif is_other(target) then
    message = "it must be the path of a file, or a URL that begins with postgresql://"
  else
    journal, message = require("studio.executions.journal.sqlite").open(target, name, is_reader) -- late: by the kind of journal
  end
  if journal then return journal end
  return nil, errors.argument("the journal cannot be opened: %s", message)
end

return { open = open }
