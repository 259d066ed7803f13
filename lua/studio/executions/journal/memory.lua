--- A journal in memory: for campaigns that end with the program.
local bucket_module = require "studio.executions.journal.bucket"
local core = require "studio.core"
local states = require("studio.executions.states").states

local memory_methods = {}
local memory_mt = { __index = memory_methods }

--- Makes an empty journal.
local function open(name)
  return setmetatable({
    name = name, is_loaded = false, contacts = {}, by_address = {}, waiting = {}, first = 1, left = 0,
    started_at = core.now(), epoch = os.time(),
  }, memory_mt)
end

function memory_methods:clock()
  return (self.epoch + core.now() - self.started_at) * 1000
end

function memory_methods:enter(campaign)
  self.bucket = {
    tokens = 1, tokens_at = self:clock(), rate = campaign.rate, burst = campaign.burst, slow_until = 0,
  }
  return true
end

function memory_methods:load(pull)
  local doubles = {}
  local contact, err = pull()
  while contact do
    local first = self.by_address[contact.to]
    if first then
      doubles[#doubles + 1] = { n = contact.n, to = contact.to, first = first.n }
    else
      contact.state, contact.fence, contact.attempts = states.waiting, 0, 0
      self.by_address[contact.to] = contact
      self.contacts[#self.contacts + 1] = contact
    end
    contact, err = pull()
  end
  if err then return nil, err end
  for index, waiting in ipairs(self.contacts) do self.waiting[index] = waiting end
  self.left = #self.contacts
  self.is_loaded = true
  return doubles
end

local function write(self, result, now)
  local contact = result.contact
  contact.state, contact.sid, contact.code, contact.note = result.state, result.sid, result.code, result.note
  if result.is_unknown then contact.unknown_since = contact.unknown_since or contact.started end
  if result.is_slow and self.bucket.slow_until < now then self.bucket.slow_until = now + bucket_module.SLOW_FOR end
  if result.state == states.waiting then
    self.waiting[#self.waiting + 1] = contact
  elseif result.state >= states.created then
    self.left = self.left - 1
  end
end

function memory_methods:round(results, most)
  local now, bucket, claimed = self:clock(), self.bucket, {}
  for _, result in ipairs(results) do write(self, result, now) end
  local tokens, rate = bucket_module.level(bucket, now)
  for _ = 1, math.min(most, math.floor(tokens), #self.waiting - self.first + 1) do
    local contact = self.waiting[self.first]
    self.waiting[self.first] = false
    self.first = self.first + 1
    contact.state, contact.fence, contact.attempts, contact.started = states.sending, contact.fence + 1, contact.attempts + 1, now
    claimed[#claimed + 1] = contact
  end
  bucket.tokens, bucket.tokens_at = tokens - #claimed, now
  return claimed, bucket_module.wait(tokens - #claimed, rate), self.first > #self.waiting
end

function memory_methods.take_over()
  return {}
end

function memory_methods.other_sids()
  return {}
end

function memory_methods:counts()
  local counts = {}
  for _, contact in ipairs(self.contacts) do counts[contact.state] = (counts[contact.state] or 0) + 1 end
  return counts
end

function memory_methods:is_done()
  return self.left == 0
end

function memory_methods.reopen()
  return false
end

function memory_methods.leave() end

function memory_methods.close() end

return { open = open }
