--- What became of each call, held against what the server's log says of it.
local ledger_methods = {}
local ledger_mt = { __index = ledger_methods }

-- So many are told one by one.
local TOLD = 20

--- @treturn table a ledger
local function new()
  return setmetatable({
    open = {},                                                    -- number of a call → its entry, until it is settled
    late = {},                                                    -- the same of those before whose requests may still arrive
    calls = 0, answered = 0, seen = 0, failed = {}, problems = {}, problem_count = 0, doubled = 0, rejections = 0,
  }, ledger_mt)
end

--- Notes that something does not hold.
function ledger_methods:problem(message, ...)
  self.problem_count = self.problem_count + 1
  if self.problem_count <= TOLD then self.problems[#self.problems + 1] = message:format(...) end
end

--- Opens an entry.
-- @tparam string method
-- @tparam number most attempts that its retry policy allows
-- @tparam[opt=1] number requests that it takes when all goes well
-- @treturn table with `number`
function ledger_methods:begin(method, most, requests)
  self.calls = self.calls + 1
  local entry = { number = self.calls, method = method, most = most, requests = requests or 1, seen = 0 }
  self.open[entry.number] = entry
  return entry
end

--- Notes the end of a call.
function ledger_methods:finish(entry, value, err)
  entry.done, entry.value, entry.err = true, value ~= nil, err
  if value ~= nil then
    self.answered = self.answered + 1
  else
    local name = ("%s, sent %s"):format(err.kind, err.sent == nil and "unknown" or tostring(err.sent))
    self.failed[name] = (self.failed[name] or 0) + 1
  end
end

--- Notes that the service may be sent one POST once more, for it has refused one with a 429.
function ledger_methods:reject() self.rejections = self.rejections + 1 end

local function check_sightings(self, entry)
  if entry.seen > entry.requests - 1 + entry.most then
    self:problem("call %d, %s: %d requests came of %d attempts at most", entry.number, entry.method, entry.seen, entry.most)
  end
end

--- Notes a request that came to the server.
function ledger_methods:saw(number)
  self.seen = self.seen + 1
  local entry = self.open[number]
  if entry then
    entry.seen = entry.seen + 1
    return
  end
  entry = self.late[number]
  if not entry then return self:problem("a request came of call %s, which was settled, or never made", tostring(number)) end
  entry.seen = entry.seen + 1
  if entry.method == "POST" and entry.seen > 1 then self:problem("call %d: its POST came twice, once of them late", number) end
  check_sightings(self, entry)
end

local function check_failure(self, entry)
  local err, number, method = entry.err, entry.number, entry.method
  if err.sent == true and entry.seen == 0 then
    self:problem("call %d, %s: sent is true, and the server saw nothing: %s", number, method, tostring(err))
  elseif err.sent == false and entry.seen > 0 then
    self:problem("call %d, %s: sent is false, and the server saw it: %s", number, method, tostring(err))
  end
  if err.attempts > entry.most then self:problem("call %d, %s: %d attempts", number, method, err.attempts) end
end

--- Holds all that is open against what was seen, and closes it. Call it when nothing is in flight, and the log has been read.
function ledger_methods:settle()
  local late, doubled = {}, 0
  for number, entry in pairs(self.open) do
    if not entry.done then
      self:problem("call %d, %s: it never ended", number, entry.method)
    elseif entry.value then
      if entry.seen < entry.requests then
        self:problem("call %d, %s: answered, and the server saw %d requests of %d", number, entry.method, entry.seen, entry.requests)
      end
    else
      check_failure(self, entry)
      if entry.err.sent == nil then late[number] = entry end
    end
    check_sightings(self, entry)
    if entry.method == "POST" and entry.seen > 1 then doubled = doubled + entry.seen - 1 end
  end
  -- Which POST a 429 met is not known where many are in flight, but how many there were.
  if doubled > self.rejections then
    self:problem("up to call %d: %d POSTs came again, and %d were refused with 429", self.calls, doubled, self.rejections)
  end
  self.doubled, self.rejections = self.doubled + doubled, 0
  self.open, self.late = {}, late
end

return { new = new }
