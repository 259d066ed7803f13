--- What a job tells of itself while it runs: the option `on_progress` of all of them.
local core = require "studio.core"

local now = core.now

-- Seconds between two calls of the program's function.
local INTERVAL = 0.5
-- Seconds over which the rate is measured, at least and at most.
local SHORTEST, LONGEST = 1, 30

local progress_methods = {}
local progress_mt = { __index = progress_methods }

-- Things done a second, of late. Marks are moments and what was done by then, an interval apart.
local function rate_of(self, moment, done)
  local marks = self.marks
  marks[#marks + 1] = { at = moment, done = done }
  while #marks > 2 and moment - marks[2].at >= LONGEST do table.remove(marks, 1) end
  local oldest = marks[1]
  local seconds = moment - oldest.at
  return seconds > 0 and (done - oldest.done) / math.max(seconds, #marks > 2 and SHORTEST or 0) or 0
end

--- Whether the program is to be told now. What costs something to count is counted then, and no more often.
-- @treturn boolean
function progress_methods:is_due()
  return self.tell_program ~= nil and now() >= self.due
end

--- Tells the program how far the job is.
-- @tparam integer done
-- @tparam ?integer total nil where nobody knows
-- @tparam ?table counts by state, where the job has states
function progress_methods:tell(done, total, counts)
  if not self.tell_program then return end
  local moment = now()
  self.due = moment + INTERVAL
  local rate = rate_of(self, moment, done)
  local eta
  if total and rate > 0 then eta = (total - done) / rate end
  self.tell_program { done = done, total = total, rate = rate, eta = eta, counts = counts }
end

--- Begins to measure.
-- @tparam ?function on_progress of the program: gets a table with `done` and `total` (whole numbers; no total where it is unknown), `rate`
--   (done a second), `eta` (seconds until the end, as far as the rate tells) and `counts` (name of a state → number, in jobs that
--   have states). Without it nothing is told.
-- @tparam[opt=0] integer done what an earlier run of the job has done
-- @treturn table
local function new(on_progress, done)
  local moment = now()
  return setmetatable({ tell_program = on_progress, due = moment + INTERVAL, marks = { { at = moment, done = done or 0 } } }, progress_mt)
end

return { new = new }
