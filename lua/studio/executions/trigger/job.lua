--- One call of `trigger`: claims contacts of the journal, sends, and writes what became of them, until no contact is left.
--
-- Each request is a task. Tasks leave their results to the coroutine that called `trigger`, which writes them together, in the transaction
-- that claims the next contacts. Beside it only look-ups use the journal; no method of a journal waits for the loop, so none comes between.
local core = require "studio.core"
local errors = require "studio.base.errors"
local look_up = require "studio.executions.trigger.look_up"
local outcome = require "studio.executions.trigger.outcome"
local running = require "studio.executions.running"
local states = require("studio.executions.states").states
local summary = require("studio.executions.states").summary
local timing = require "studio.executions.trigger.timing"

local max, min = math.max, math.min
local now = core.now

-- Seconds between two looks at whether the job is to stop; and between two claims, at least, where the bucket was empty.
local LOOK_EVERY, CLAIM_EVERY = 0.25, 0.01
-- Requests in a row, for each slot, that were not sent because their marks were too old: so many, and the journal is too slow.
local MOST_STALE = 10
-- The share of the slots (`concurrency` of them) that is free before contacts are claimed. While results wait to be written, a smaller one
-- is enough after `timing.linger`.
local SHARE = 0.5

local job_methods = {}
local job_mt = { __index = job_methods }

--- Makes a job.
-- @tparam table fields `client`, `collection`, `is_engagements`, `journal`, `from`, `from_address`, `parameters` (JSON or nil),
--   `on_active`, `concurrency`, `timeout`, `lease`, `interruptible`, `progress`
-- @treturn table
local function new(fields)
  local job = setmetatable(fields, job_mt)
  job.flag = running.start()
  job.in_flight, job.results, job.asleep, job.unknown, job.tasks = 0, {}, false, {}, {}
  job.claim_at, job.write_by, job.take_over_at, job.done_at, job.progress_at = 0, 0, 0, 0, 0
  job.paused_until, job.pauses, job.stale = 0, 0, 0
  job.is_looking, job.is_done = false, false
  return job
end

-- Clocks -------------------------------------------------------------------------------------------------------------------------------

--- The journal's clock, as epoch seconds.
function job_methods:journal_time()
  return now() + self.clock_ahead
end

-- Waiting ------------------------------------------------------------------------------------------------------------------------------

--- Lets the job go on that waits for news.
function job_methods:ring()
  self.has_news = true
  local sleeper = self.sleeper
  if sleeper then
    self.sleeper = nil
    sleeper:cancel()
  end
end

local function sleep(client, seconds)
  client:sleep(seconds)
end

-- Waits for news, some seconds at most. Where no task can run any more the job fails.
local function wait(self, seconds)
  if not self.has_news then
    -- Where no time is left, the others have a turn all the same.
    local sleeper, err = self.client:spawn(sleep, self.client, max(0, seconds))
    if not sleeper then
      self.failure = self.failure or err
      return
    end
    self.sleeper = sleeper
    sleeper:wait()
    self.sleeper = nil
  end
  self.has_news = false
end

-- Results ------------------------------------------------------------------------------------------------------------------------------

-- The moment from which on a claim is worth a transaction: a share of the slots is free, or some have been for a while.
local function claim_due(self)
  local free = self.concurrency - self.in_flight
  if free <= 0 then return math.huge end
  return max(self.claim_at, self.paused_until, free < self.concurrency * SHARE and self.results[1] and self.write_by or 0)
end

--- Takes a result; it is written with the next round.
function job_methods:settle(result)
  local results, contact = self.results, result.contact
  if not results[1] then self.write_by = now() + timing.linger end
  results[#results + 1] = result
  if result.state ~= states.sending then self.unknown[contact.n] = nil end
  if result.state == states.waiting then self.claim_at = 0 end
  -- The job sleeps until its round is due. The first result sets that moment; a later one wakes the job only if a claim is due with it, or
  -- nothing is in flight.
  if not results[2] or self.in_flight == 0 or claim_due(self) <= now() then self:ring() end
end

-- A request did not reach the service: nothing more is sent for a while, which grows, and comes to an end.
local function pause(self, err)
  local moment = now()
  if moment < self.paused_until then return end
  self.pauses = self.pauses + 1
  if self.pauses > timing.pauses then
    self.failure = self.failure or err
  else
    self.paused_until = moment + min(timing.longest_pause, timing.pause * 2 ^ (self.pauses - 1))
  end
end

local function note(self, result)
  local contact = result.contact
  if result.is_unknown then
    contact.unknown_since, contact.is_conflict, contact.look_at = contact.unknown_since or contact.started, result.is_conflict, 0
    self.unknown[contact.n] = contact
  end
  if result.is_delayed or result.is_lost and not result.is_lost.status then
    pause(self, result.is_delayed or result.is_lost)
  elseif not result.is_stale then
    self.pauses = 0
  end
  if result.is_fatal then self.failure = self.failure or result.is_fatal end
end

-- Sending ------------------------------------------------------------------------------------------------------------------------------

local function create(self, contact)
  -- The process was frozen after the mark, perhaps for so long that another took the contact over.
  if now() - contact.marked > timing.oldest_mark then
    return { contact = contact, state = states.waiting, note = "not sent: its mark was too old", is_stale = true }
  end
  local execution, err = self.collection:create({
    to = contact.to, from = self.from, parameters = contact.parameters or self.parameters,
  }, self.call_options)
  if execution and not self.skew then look_up.note_clock(self, execution) end
  return outcome.of(self, contact, execution, err)
end

local function send(self, contact)
  local ok, result = pcall(create, self, contact)
  if not ok then
    self.raised = self.raised or { result }
    result = { contact = contact, state = states.sending, note = "the library raised an error", is_unknown = true }
  end
  self.in_flight = self.in_flight - 1
  note(self, result)
  self:settle(result)
end

local function start(self, contacts, marked)
  for _, contact in ipairs(contacts) do
    contact.marked = marked
    self.in_flight = self.in_flight + 1
    local task, err = self.client:spawn(send, self, contact)
    if task then
      contact.task = task
    else
      self.in_flight = self.in_flight - 1
      self.failure = self.failure or err
      self:settle { contact = contact, state = states.waiting }
    end
  end
end

-- The journal --------------------------------------------------------------------------------------------------------------------------

-- Opens a journal again that has failed, some times over: its database may be back in a moment. Gives whether that worked.
local function reopen(self, message)
  self.journal_failed = message
  for _ = 1, timing.reopenings do
    if self.journal:reopen() then
      self.journal_failed = nil
      return true
    end
    if not self.journal.connect or self.flag.is_stopping or not self.client:sleep(timing.reopen) then break end
  end
  self.failure = errors.new("transport", "the journal failed: " .. message, { retryable = true })
  return false
end

-- Lets contacts go of their tasks once their results are written. A task gives its result a moment before it ends: those that have not
-- ended are kept, and waited for at the job's end.
local function forget_tasks(self, results)
  for _, result in ipairs(results) do
    local task = result.contact.task
    if task then
      result.contact.task = nil
      if not task:done() then self.tasks[#self.tasks + 1] = task end
    end
  end
end

local function count_stale(self, results)
  for _, result in ipairs(results) do
    if result.is_stale then
      self.stale = self.stale + 1
    elseif result.state ~= states.sending then
      self.stale = 0
    end
  end
  if self.stale > MOST_STALE * self.concurrency then
    self.failure = self.failure
      or errors.new("transport", ("the journal is too slow: to mark a contact takes more than %g s"):format(timing.oldest_mark))
  end
end

local function round(self, most)
  local results, moment = self.results, now()
  self.results = {}
  local contacts, seconds, is_empty = self.journal:round(results, most)
  if not contacts then
    for _, result in ipairs(self.results) do results[#results + 1] = result end
    self.results = results
    reopen(self, seconds)
    return
  end
  forget_tasks(self, results)
  count_stale(self, results)
  if most <= 0 then return end
  local after = now()
  if is_empty then
    -- No contact waits, but other workers may hand back some that they have claimed.
    self.claim_at = after + timing.look_again
  else
    self.claim_at = seconds > 0 and after + max(seconds, CLAIM_EVERY) or 0
  end
  start(self, contacts, moment)
end

-- Whether a call of the journal worked; its other failures are those of `round`.
local function checked(self, value, message)
  if value == nil then reopen(self, message) end
  return value
end

-- Unknown fates ------------------------------------------------------------------------------------------------------------------------

-- The process may have slept meanwhile, with its monotonic clock.
local function set_clock(self)
  local clock = checked(self, self.journal:clock())
  if clock then self.clock_ahead = clock / 1000 - now() end
end

local function take_over(self)
  self.take_over_at = now() + timing.take_over
  for _, contact in ipairs(checked(self, self.journal:take_over()) or {}) do
    contact.look_at = 0
    self.unknown[contact.n] = contact
  end
end

local function due_look_ups(self)
  local due, moment = {}, now()
  for _, contact in pairs(self.unknown) do
    if contact.look_at <= moment then due[#due + 1] = contact end
  end
  return due
end

local function look(self, due)
  local ok, looked, err = pcall(look_up.look_up, self, due)
  self.is_looking = false
  if not ok then
    self.raised = self.raised or { looked }
  elseif not looked then
    local later = now() + timing.look_up_failed
    for _, contact in ipairs(due) do contact.look_at = max(contact.look_at, later) end
    if type(err) == "table" and (err.status == 401 or err.kind == "cancelled" or err.kind == "context") then
      self.failure = self.failure or err
    end
    if type(err) == "table" and not err.status then pause(self, err) end
  end
  self:ring()
end

-- One look-up at a time serves all contacts whose fate is unknown.
local function look_for_unknown(self)
  if self.is_looking then return end
  local due = due_look_ups(self)
  if not due[1] then return end
  set_clock(self)
  for _, contact in ipairs(due) do contact.look_at = now() + timing.look_again end
  self.is_looking = true
  local task, err = self.client:spawn(look, self, due)
  if not task then
    self.is_looking, self.failure = false, self.failure or err
  end
end

-- The job ------------------------------------------------------------------------------------------------------------------------------

local function is_stopping(self)
  if self.interruptible and core.interrupts() > 0 then self.flag.is_stopping = true end
  return self.flag.is_stopping or self.failure ~= nil or self.raised ~= nil
end

-- Progress costs a count of all contacts: it takes no more than a twentieth of the time.
local function tell(self)
  local moment = now()
  if moment < self.progress_at or not self.progress:is_due() then return end
  local counts = checked(self, self.journal:counts())
  self.progress_at = now() + 20 * (now() - moment)
  if counts then self:tell_progress(counts) end
end

--- Tells the program how far the campaign is.
function job_methods:tell_progress(counts)
  local found = summary(counts)
  self.progress:tell(found.total - found.waiting, found.total, found)
end

local function work(self)
  if self.journal_failed then return end
  local moment, stopping = now(), is_stopping(self)
  local most = not stopping and moment >= claim_due(self) and self.concurrency - self.in_flight or 0
  local must_write = self.results[1] and (moment >= self.write_by or self.in_flight == 0)
  if most > 0 or must_write or moment >= self.beat_at then
    self.beat_at = moment + self.lease / 4
    round(self, most)
  end
  if stopping or self.failure then return end
  if moment >= self.take_over_at then take_over(self) end
  look_for_unknown(self)
  if self.in_flight == 0 and not self.results[1] and not next(self.unknown) and moment >= self.done_at then
    self.done_at = moment + timing.look_again
    self.is_done = checked(self, self.journal:is_done()) or false
  end
end

-- Seconds until there is something to do, unless news come.
local function idle_time(self)
  local moment = now()
  local due = moment + LOOK_EVERY
  if self.journal_failed then return LOOK_EVERY end
  if self.results[1] then due = min(due, self.write_by) end
  if not is_stopping(self) then due = min(due, claim_due(self)) end
  return due - moment
end

local function is_over(self)
  if self.in_flight > 0 or self.is_looking then return false end
  if self.journal_failed then return true end
  return not self.results[1] and (self.is_done or is_stopping(self))
end

--- Runs the job to its end.
-- @treturn[1] boolean true, when it is done or was stopped
-- @treturn[2] nil
-- @treturn[2] table an error; what was in flight has ended, and is written as far as the journal can be written
function job_methods:run()
  self.call_options = { retry = false, timeout = self.timeout, deadline = self.timeout }
  self.beat_at = now() + self.lease / 4
  self.clock_ahead = 0
  set_clock(self)
  while true do
    work(self)
    if is_over(self) then break end
    wait(self, idle_time(self))
    tell(self)
  end
  for _, task in ipairs(self.tasks) do task:wait() end
  if self.raised then error(self.raised[1], 0) end
  if self.failure then return nil, self.failure end
  return true
end

--- Ends the job, however it came to that.
function job_methods:finish()
  running.finish(self.flag)
end

return { new = new }
