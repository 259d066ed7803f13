--- Writes the Executions of a flow, with what is below them, to a file or a function.
local client_of = require "studio.executions.client_of"
local core = require "studio.core"
local errors = require "studio.base.errors"
local files = require "studio.executions.export.file"
local formats = require "studio.executions.export.formats"
local listing = require "studio.executions.export.listing"
local options_module = require "studio.base.options"
local progress_of = require("studio.executions.progress").new
local refuse_old_lua = require("studio.waiting.task").refuse_old_lua
local running = require "studio.executions.running"
local suggest = require "studio.base.suggest"
local walk = require "studio.executions.walk"

local floor, huge = math.floor, math.huge
local misuse, now = errors.misuse, core.now

local DEFAULT_CONCURRENCY = 8
-- Windows of a range that are listed at the same time, where nothing else is asked for and where the parts of each Execution are.
local WINDOWS, WINDOWS_BESIDE_PARTS = 4, 2
-- An Execution whose parts take long holds up those behind it in the file. That many for each worker may be ready and wait.
local READY_EACH = 16
-- Seconds until a worker that found too many ready looks again.
local WAIT = 0.01

local all_steps = { page_size = 1000 }

-- Options -----------------------------------------------------------------------------------------------------------------------------

local function check_out(value, name)
  if not options_module.is_callable(value) and (type(value) ~= "string" or value == "") then
    misuse("option '%s' must be a path or a function, got %s", name, value == "" and "an empty string" or type(value))
  end
  return value
end

local known = {
  from = "any", to = "any", status = "string", steps = "boolean", context = "boolean", step_contexts = "boolean", format = "string",
  out = check_out, concurrency = "one_or_more", rate = "rate", resume = "boolean", interruptible = "boolean", on_progress = "function",
}

local function check_word(value, name, words)
  for _, word in ipairs(words) do
    if value == word then return true end
  end
  return nil, errors.argument("option '%s' must be one of %s, got '%s'%s", name, table.concat(words, ", "), value, suggest(value, words))
end

-- What the program wants, complete; or nil and an error.
local function read_options(given)
  local options = options_module.check(given, known)
  if options.out == nil then misuse "export needs the option 'out': a path or a function" end
  local ok, err = check_word(options.format or "jsonl", "format", { "jsonl", "csv" })
  if ok and options.status then ok, err = check_word(options.status, "status", { "active", "ended" }) end
  if not ok then return nil, err end
  for _, name in ipairs { "from", "to" } do
    options[name], err = walk.moment(options[name], name)
    if err then return nil, err end
  end
  options.format = options.format or "jsonl"
  options.steps = options.steps or options.step_contexts or false
  options.concurrency = options.concurrency or DEFAULT_CONCURRENCY
  return options
end

-- Where it goes -----------------------------------------------------------------------------------------------------------------------

-- A function of the program's in the place of a file: nothing to go on from.
local function function_sink(out)
  local sink = { bytes = 0, state = { executions = 0, steps = 0 }, was_begun = false }
  function sink:write(lines)
    local text = lines .. "\n"
    local ok, message = out(text)
    if not ok and message ~= nil then return nil, errors.argument("cannot write: %s", tostring(message)) end
    self.bytes = self.bytes + #text
    return true
  end
  function sink.is_due() return false end
  function sink.save() return true end
  function sink.finish() return true end
  function sink.close() end
  return sink
end

local function open_sink(collection, options)
  if type(options.out) ~= "string" then return function_sink(options.out) end
  return files.open(options.out, {
    list = collection.path, from = options.from, to = options.to, status = options.status, format = options.format,
    steps = options.steps, context = options.context or false, step_contexts = options.step_contexts or false,
  }, options.resume ~= false)
end

-- Where an earlier call stopped, see `studio.executions.walk`; nil at the beginning; or nil and an error.
local function find_position(sink, format)
  local state = sink.state
  if not sink.was_begun or state.executions == 0 then return nil end
  local seen = {}
  local ok, err = sink:read_lines(state.second and state.second_bytes or 0, state.bytes, function(line)
    local sid = format.sid(line)
    if sid then seen[sid] = true end
  end)
  if not ok then return nil, err end
  return { second = state.second, known = seen }
end

-- Writing -----------------------------------------------------------------------------------------------------------------------------

-- Notes where in the output the records of the last few seconds begin: what may be listed again when the export is begun again. What is
-- between two marks is of one second.
local function mark(self, at)
  local second = at and floor(at)
  if not second or second == self.marked then return end
  self.marked, self.second = second, math.min(self.second or huge, second)
  local marks = self.marks
  marks[#marks + 1] = { second = second, bytes = self.sink.bytes }
  while #marks > 1 and marks[1].second > self.second + walk.MARGIN do table.remove(marks, 1) end
end

local function save(self)
  local state, first = { executions = self.executions, steps = self.steps, counts = self.counts }, self.marks[1]
  if self.listing.in_order and first then state.second, state.second_bytes = self.second, first.bytes end
  return self.sink:save(state)
end

local function fail(self, err)
  self.failure = self.failure or err
end

local function write(self, record, created, text)
  mark(self, created)
  local ok, err = self.sink:write(text)
  if not ok then return fail(self, err) end
  self.executions = self.executions + 1
  if record.steps then self.steps = self.steps + #record.steps end
  local counts = self.counts
  if record.status then counts[record.status] = (counts[record.status] or 0) + 1 end
  if self.sink:is_due() then
    ok, err = save(self)
    if not ok then fail(self, err) end
  end
  if self.progress:is_due() then self.progress:tell(self.executions, nil, counts) end
end

local function format(self, record)
  local text, message = self.format.write(record, self.options)
  if text then return text end
  return nil, errors.argument("%s cannot be written: %s", tostring(record), message)
end

-- Reading -----------------------------------------------------------------------------------------------------------------------------

-- Waits until the next request may begin.
local function pace(self)
  local rate = self.options.rate
  if not rate then return end
  local moment = now()
  local due = math.max(moment, self.next_request)
  self.next_request = due + 1 / rate
  if due > moment then self.client:sleep(due - moment) end
end

-- Takes the next page over; where several workers find that one is due, all wait for the same.
local function turn_page(self)
  if not self.turning then
    local task, problem = self.client:spawn(self.listing.next, self.listing)
    if not task then return fail(self, problem) end
    self.turning = task
  end
  local page = self.turning
  local items, err, dates = page:wait()
  if self.turning ~= page then return end
  self.turning = nil
  if err then return fail(self, err) end
  self.items, self.dates, self.index, self.has_ended = items or {}, dates, 0, items == nil
  self.halfway = floor(#self.items / 2) + 1
end

local function read_ahead(self)
  self.listing:ahead()
  -- The workers wait soon; where there are none, the requests have to be sent.
  if not self.has_parts then self.client:step(0) end
end

local function is_stopping(self)
  if self.options.interruptible and core.interrupts() > 0 then self.job.is_stopping = true end
  return self.job.is_stopping
end

-- The next record, its number and when it was created; nil when there is none, or no more is to be begun.
local function take(self)
  while not self.failure and not is_stopping(self) do
    local index = self.index + 1
    local record = self.items[index]
    if record then
      self.items[index], self.index = false, index -- it is garbage when it was written
      if index == self.halfway then read_ahead(self) end
      self.taken = self.taken + 1
      return record, self.taken, self.dates[index]
    end
    if self.has_ended then return nil end
    turn_page(self)
  end
end

-- A part of an Execution could not be had: gives true where it can be done without, false where the Execution itself was deleted since it
-- was listed; or nil and the error.
local function do_without(self, handle, err)
  if not err:is_not_found() then return nil, err end
  pace(self)
  local found, problem = handle:fetch()
  if found then return true end
  if problem:is_not_found() then return false end
  return nil, problem
end

-- Fetches the parts of an Execution into its record. Gives true; false when it is gone; or nil and an error.
local function complete(self, record)
  local options, handle, is_there = self.options, self.collection(record.sid), true
  local part, err
  if options.steps then
    pace(self)
    part, err = handle.steps:list(all_steps)
    if not part then is_there, err = do_without(self, handle, err) end
    record.steps = part
  end
  if options.context and is_there then
    pace(self)
    part, err = handle[self.context_name]:fetch()
    if part then record.context = part.context else is_there, err = do_without(self, handle, err) end
  end
  for _, step in ipairs(options.step_contexts and is_there and record.steps or {}) do
    pace(self)
    part, err = handle.steps(step.sid).step_context:fetch()
    if part then step.context = part.context else is_there, err = do_without(self, handle, err) end
    if not is_there then break end
  end
  if is_there == nil then return nil, err end
  return is_there
end

-- Writes what is ready, in the order of the list.
local function write_ready(self)
  local ready = self.ready
  local first = ready[self.next]
  while first and not self.failure do
    ready[self.next], self.next = nil, self.next + 1
    if first.text then write(self, first.record, first.created, first.text) end
    first = ready[self.next]
  end
end

-- What each of several tasks does: takes a record, completes it, and writes those whose turn has come.
local function work(self)
  local most = READY_EACH * self.options.concurrency
  local record, number, created = take(self)
  while record do
    local is_there, err = complete(self, record)
    local text
    if is_there then text, err = format(self, record) end
    if is_there == nil or is_there and not text then return fail(self, err) end
    self.ready[number] = { record = record, created = created, text = text or false }
    write_ready(self)
    while self.taken - self.next >= most and not self.failure do
      local slept, failure = self.client:sleep(WAIT)
      if not slept then return fail(self, failure) end
    end
    record, number, created = take(self)
  end
end

local function run_workers(self)
  local numbers = {}
  for number = 1, self.options.concurrency do numbers[number] = number end
  for _, _, problem in self.client:map(numbers, function() work(self) end, { concurrency = #numbers }) do
    if problem ~= nil then fail(self, problem) end
  end
end

-- Without parts: the list as it is.
local function copy(self)
  local record, _, created = take(self)
  while record do
    local text, err = format(self, record)
    if not text then return fail(self, err) end
    write(self, record, created, text)
    record, _, created = take(self)
  end
end

-- All together ------------------------------------------------------------------------------------------------------------------------

local function begin(self)
  local position, err = find_position(self.sink, self.format)
  if err then return fail(self, err) end
  local options = self.options
  self.listing = listing.new(self.client, self.collection, { from = options.from, to = options.to, status = options.status }, {
    position = position, windows = self.has_parts and WINDOWS_BESIDE_PARTS or WINDOWS, pace = function() pace(self) end,
  })
  if position and not position.second then self.listing.in_order = false end
  if self.sink.bytes == 0 and self.format.header then
    local ok
    ok, err = self.sink:write(self.format.header(options))
    if not ok then return fail(self, err) end
  end
  if self.has_parts then run_workers(self) else copy(self) end
end

local function run(self)
  begin(self)
  if self.failure then return end
  local ok, err
  self.stopped = not self.has_ended and is_stopping(self) or nil
  if self.stopped then ok, err = save(self) else ok, err = self.sink:finish() end
  if not ok then return fail(self, err) end
  self.progress:tell(self.executions, nil, self.counts)
end

-- Whatever happened, what was written in order stays, and the next call goes on behind it.
local function close(self)
  if self.listing then
    self.listing:close()
    if self.failure then save(self) end
  end
  self.sink:close()
  running.finish(self.job)
end

local function new(client, collection, is_engagements, options, sink)
  local state = sink.state
  return {
    client = client, collection = collection, options = options, sink = sink, format = formats[options.format],
    context_name = is_engagements and "engagement_context" or "execution_context",
    has_parts = options.steps or options.context or false,
    job = running.start(), progress = progress_of(options.on_progress, state.executions), failure = nil,
    executions = state.executions, steps = state.steps, counts = state.counts or {},
    second = state.second, marked = state.second, marks = { state.second and { second = state.second, bytes = state.second_bytes } },
    -- The page that is being worked through, and the task that brings the next one.
    items = {}, dates = {}, index = 0, halfway = 0, has_ended = false, turning = nil,
    -- Records are numbered as they are taken, and written in that order.
    taken = 0, next = 1, ready = {}, next_request = 0,
  }
end

--- Exports, see `studio.executions`.
local function export(collection, given)
  local client, is_engagements = client_of.of_collection(collection, "executions.export")
  refuse_old_lua "executions.export"
  local options, err = read_options(given)
  if not options then return nil, err end
  if collection.problem then return nil, collection.problem end
  local sink
  sink, err = open_sink(collection, options)
  if not sink then return nil, err end
  local self = new(client, collection, is_engagements, options, sink)
  if options.interruptible then core.catch_interrupts() end
  local ok, problem = pcall(run, self)
  if options.interruptible then core.release_interrupts() end
  if not ok then fail(self, problem) end
  close(self)
  local failure = self.failure
  if failure == nil then
    return { executions = self.executions, steps = self.steps, bytes = sink.bytes, stopped = self.stopped }
  end
  -- What the program's own function raised is raised again.
  if getmetatable(failure) ~= errors.metatable then error(failure, 0) end
  -- What cannot be written was read before.
  if failure.kind == "argument" and (self.taken > 0 or self.has_ended) then failure.sent = true end
  return nil, failure
end

return export
