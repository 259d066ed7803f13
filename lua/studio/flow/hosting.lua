--- For a service that runs flows as its Executions, such as the local one: runs whose clock is the service's.
-- @module studio.flow.hosting

local codec = require "studio.flow.codec"
local outcomes = require "studio.flow.run.outcomes"
local raw = require "studio.flow.raw"
local simulate = require "studio.flow.simulate"
local start = require "studio.flow.run.start"

local hosting = {
  --- The JSON of flows.
  codec = codec,
}

local hosted_methods = {}
local hosted_mt = { __name = "studio.flow.hosted", __index = hosted_methods }

--- What is wrong with the options `http` and `outcomes`, if something is.
-- @tparam table options
-- @treturn ?string
function hosting.problem(options)
  return outcomes.problem(raw.of(options.outcomes)) or outcomes.answer_problem(raw.of(options.http))
end

--- Why a start over REST is refused with 81023, if it is.
-- @tparam string to
-- @tparam string from
-- @treturn ?string
function hosting.refusal(to, from)
  return start.is_too_long(to, from) and start.too_long or nil
end

--- Begins a run.
-- @tparam table definition
-- @tparam table options as `flow.simulate` takes them; they are not checked
-- @treturn table with the field `run`
function hosting.begin(definition, options)
  local run, machine = simulate.prepare(definition, options)
  machine:start()
  return setmetatable({ run = run, machine = machine }, hosted_mt)
end

--- Lets time pass until it is what the service says; what times out meanwhile does so. The history tells of the latter alone.
-- @tparam number time epoch seconds; what is past changes nothing
function hosted_methods:settle(time)
  local machine = self.machine
  while machine.wait and machine.wait.deadline and machine.wait.deadline <= time do
    machine:note { kind = "pass", seconds = machine.wait.timeout }
    machine:pass(math.max(0, machine.wait.deadline - machine.now))
  end
  machine:pass(math.max(0, time - machine.now))
end

--- The time of the run, in epoch seconds: requests that took time may have put it before the service's.
-- @treturn number
function hosted_methods:now()
  return self.machine.now
end

--- When something happens by itself next, in epoch seconds.
-- @treturn number
function hosted_methods:due()
  return self.machine:due()
end

return hosting
