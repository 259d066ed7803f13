-- No definition makes a run raise or hang, and what a run shows can be played again. FUZZ_RUNS (250) and FUZZ_SEED choose how much.
local codec = require "studio.flow.codec"
local every = require "spec.flow.every_widget"
local mutations = require "spec.flow.mutations"
local replay = require "studio.flow.replay"
local simulate = require("studio.flow.simulate").simulate
local transcript = require "studio.flow.transcript"

local runs = tonumber(os.getenv "FUZZ_RUNS" or "") or 250
local first_seed = tonumber(os.getenv "FUZZ_SEED" or "") or 1

local answers = {
  { status = 200, headers = {}, body = '{"text":"yes","n":1}' }, { status = 200, body = "plain text" }, { status = 404, body = "[1]" },
  { status = 302, headers = { Location = "/there" } }, { error = "connection refused" }, { status = 200, body = "{}", delay = 2.5 },
  { status = 200, headers = { ["Content-Type"] = "application/json" }, body = "{broken" }, { status = 500 },
}

local words = { "one", "two", "3", "", "flex", "12x", "a\nb\\*c", "99" }
local event_names = {
  "timeout", "success", "failed", "callCompleted", "hangup", "answered", "busy", "completed", "sessionEnded", "done", "return",
  "recordingComplete", "callComplete", "deliveryFailure", "keypress", "incomingMessage",
}

-- One thing that may happen to a run.
local function drive(run, random)
  local kind = random(8)
  local word = words[random(#words)]
  if kind <= 2 then return run:message(word) end
  if kind == 3 then return run:digits(tostring(random(4))) end
  if kind == 4 then return run:speech(word) end
  if kind == 5 then return run:pass(random(10) == 1 and 9000 or random(100)) end
  if kind == 6 and random(5) == 1 then return run:hangup() end
  return run:event(event_names[random(#event_names)], random(2) == 1 and { n = random(9), text = word } or nil)
end

local statuses = { waiting = true, ended = true, stuck = true }

local function play(definition, trigger, seed)
  local random = mutations.random(seed)
  local options = {
    trigger = trigger, flows = { ["FW" .. ("a"):rep(32)] = mutations.mutate(every.subflow, random) },
    http = random(4) > 1 and function() return answers[random(#answers)] end or nil,
  }
  local run, err = simulate(definition, options)
  if not run then return nil, err end
  for _ = 1, 12 do
    if run.status == "ended" then break end
    local fine, failed = drive(run, random)
    assert(fine or type(failed.message) == "string")
  end
  assert(statuses[run.status], run.status)
  assert((run.status == "waiting") == (run.waiting ~= nil))
  assert(#run.steps <= 1000)
  return run, options
end

describe("fuzz", function()
  it("of definitions finds no run that raises, hangs or cannot be played again", function()
    for seed = first_seed, first_seed + runs - 1 do
      local random = mutations.random(seed * 7919)
      local row = every.list[random(#every.list)]
      local definition = mutations.mutate(row[2], random)
      local fine, message = pcall(function()
        if type(definition) ~= "table" then return end
        local run, options = play(definition, row[3], seed)
        local text = transcript.write(run)
        local again, difference = replay(definition, text, { flows = options.flows })
        assert(again == true, difference and difference.message .. "\n" .. text)
        for _, step in ipairs(run.steps) do assert(step.context.flow and step.transitioned_to) end
      end)
      assert(fine, ("FUZZ_SEED=%d FUZZ_RUNS=1: %s\n%s"):format(seed, tostring(message), row[1]))
    end
  end)

  it("leaves the flows themselves alone", function()
    for _, row in ipairs(every.list) do
      local before = codec.encode(row[2])
      play(row[2], row[3], 5)
      assert.are.equal(before, codec.encode(row[2]))
    end
  end)
end)
