--- Calls the contacts of a file, each once, however often it is interrupted:
--
--     lua campaign.lua FLOW_SID FROM CONTACTS JOURNAL
--
-- CONTACTS is CSV with a column `to`, or JSON Lines; the other columns are the flow's parameters. JOURNAL is a file (SQLite), or
-- postgresql://…, on which any number of these programs may work together. Credentials are in the environment.
local executions = require "studio.executions"
local studio = require "studio"

local flow_sid, from, contacts, journal = ...
if not journal then
  io.stderr:write "usage: lua campaign.lua FLOW_SID FROM CONTACTS JOURNAL\n"
  os.exit(2)
end

local client = studio.new()
local name = contacts:match "[^/\\]+$"

local function show(progress)
  local left = progress.eta and (", %d s left"):format(progress.eta) or ""
  io.stderr:write(("\r%d of %d, %.1f a second%s   "):format(progress.done, progress.total, progress.rate, left))
end

local result, doubles = executions.trigger(client.v2.flows(flow_sid).executions, contacts, {
  from = from, journal = journal, name = name, on_progress = show,
  interruptible = true, -- Ctrl-C ends in good order; the same line goes on
})
io.stderr:write "\n"
if not result then
  io.stderr:write(tostring(doubles), "\n")
  os.exit(1)
end

for _, double in ipairs(doubles) do print(("line %d is %s of line %d again"):format(double.n, double.to, double.first)) end
print(("%d created, %d skipped, %d refused, %d doubtful, %d waiting"):format(result.created, result.skipped, result.refused,
  result.doubtful, result.waiting))

for row in assert(executions.report(journal, name)) do
  if row.state == "refused" or row.state == "doubtful" then print(("line %d, %s: %s: %s"):format(row.n, row.to, row.state, row.message)) end
end
client:close()
