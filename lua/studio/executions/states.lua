--- The states of a contact in a campaign, as a journal keeps them.

--- Name → number. `sending`: the mark that a request is about to go out is durable; below `created`, a contact is not done.
local states = { waiting = 0, sending = 2, created = 3, refused = 4, skipped = 5, doubtful = 6 }

--- Number → name. 1 is not in use: a contact is claimed and marked in one transaction.
local names = { [1] = "waiting" }
for name, number in pairs(states) do names[number] = name end

--- What a campaign has come to.
-- @tparam table counts number of a state → how many contacts
-- @treturn table `total`, `created`, `skipped`, `refused`, `doubtful` and `waiting` (which counts those being sent, too)
local function summary(counts)
  local found = { total = 0, created = 0, skipped = 0, refused = 0, doubtful = 0, waiting = 0 }
  for state, count in pairs(counts) do
    local name = state < states.created and "waiting" or names[state]
    found[name] = found[name] + count
    found.total = found.total + count
  end
  return found
end

return { states = states, names = names, summary = summary }
