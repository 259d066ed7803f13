--- Asking again and again what has become of an Execution: soon at first, less and less often while nothing happens.
local ascii = require "studio.base.ascii"
local client_of = require "studio.executions.client_of"
local core = require "studio.core"
local errors = require "studio.base.errors"
local options_of = require("studio.base.options").check

local now = core.now

-- Each wait is that much longer than the one before, and none longer than so many of the first.
local GROWTH, LONGEST = 1.5, 10
-- Seconds. What was just created may be found a moment later only.
local GRACE = 3
-- Seconds. libcurl counts milliseconds: a call whose time is over at the deadline may end so much before.
local EARLY = 0.002

local known = { interval = "seconds", timeout = "seconds" }

local polling_methods = {}
local polling_mt = { __index = polling_methods }

--- Begins to ask.
-- @tparam table execution a handle or a resource
-- @tparam ?table given the program's options: `interval` (1), `timeout`
-- @tparam string name of the public function
-- @treturn table
local function new(execution, given, name)
  local client = client_of.of_execution(execution, name)
  local options = options_of(given, known)
  local interval = options.interval or 1
  return setmetatable({
    client = client, execution = execution, interval = interval, next_wait = interval, seconds = options.timeout,
    deadline = options.timeout and now() + options.timeout, grace = now() + GRACE, was_found = false,
  }, polling_mt)
end

local function timeout_error(self)
  return errors.new("timeout", ("the Execution had not ended after %s seconds"):format(ascii.format("%g", self.seconds)))
end

--- Makes a call that must end before the time is over.
-- @tparam function call of call options
-- @return what it gives; or nil and an error, of kind `"timeout"` when the time is over
function polling_methods:within(call)
  if not self.deadline then return call(nil) end
  local left = self.deadline - now()
  if left <= 0 then return nil, timeout_error(self) end
  local value, err = call { deadline = left }
  if err and err.kind == "timeout" and now() >= self.deadline - EARLY then return nil, timeout_error(self) end
  return value, err
end

--- Waits for the next time to ask.
-- @tparam[opt] number most seconds at most
-- @treturn boolean true; or nil and an error
function polling_methods:pause(most)
  local seconds = math.min(self.next_wait, most or math.huge)
  self.next_wait = math.min(self.next_wait * GROWTH, self.interval * LONGEST)
  if self.deadline then
    local left = self.deadline - now()
    if left <= 0 then return nil, timeout_error(self) end
    seconds = math.min(seconds, left)
  end
  return self.client:sleep(seconds)
end

--- Something has happened: the next wait is a short one again.
function polling_methods:hasten()
  self.next_wait = self.interval
end

--- Fetches the Execution.
-- @treturn table the resource; or nil and an error: of one that was never there when the time is over, that it was not found
function polling_methods:fetch()
  local missing
  while true do
    local found, err = self:within(function(options) return self.execution:fetch(nil, options) end)
    if found then
      self.was_found = true
      return found
    end
    local may_come = err:is_not_found() and not self.was_found and now() < self.grace
    if not may_come then return nil, err.kind == "timeout" and missing or err end
    missing = err
    local waited, failure = self:pause(math.max(0, self.grace - now()))
    if not waited then return nil, failure.kind == "timeout" and missing or failure end
  end
end

return { new = new }
