-- long
--- The fault matrix of spec/faults/table.lua: every phase, every fault, every method, counted at the server; in a script, in tasks, and
--- in nginx.
local cases = require "spec.faults.cases"
local check = require "spec.faults.check"
local child = require "spec.child"
local core = require "studio.core"
local descriptors = require "spec.descriptors"
local fault_server = require "spec.faults.server"
local nginx_server = require "spec.nginx_server"
local studio = require "studio"
local support = require "spec.support"
local words = require "spec.faults.words"

-- How many cases go on at once, where they can. Seconds that a slow row waits: one at a time, and among others.
local MOST_AT_ONCE = 24
local PATIENCE, PATIENCE_AMONG_OTHERS = 0.15, 0.4

local quote = child.quote
local list = cases.list()
local server, env

-- Seconds that an honest exchange over TLS takes: where that is slow (valgrind is), everything gets more time, and less goes on at once.
local function honest_exchange()
  local number
  for _, case in ipairs(list) do
    if case.row[1] == "after the body" and case.row[2] == "silence" and case.wire == "tls" then number = number or case.number end
  end
  local started = core.now()
  assert.are.equal("fine", check.run(env, list[number]))
  return core.now() - started
end

setup(function()
  support.collect()
  server = fault_server.start()
  env = { ca_file = server.ca_file }
  env.control = check.control(server.url)
  honest_exchange()
  -- The least: one that a busy machine has held up for a second would make every slow row wait for four.
  local exchange = math.min(honest_exchange(), honest_exchange(), honest_exchange())
  env.patience = math.max(PATIENCE, 4 * exchange)
  env.patience_among_others = math.max(PATIENCE_AMONG_OTHERS, 8 * exchange)
  env.at_once = math.max(2, math.min(MOST_AT_ONCE, math.floor(0.3 / exchange)))
end)

teardown(function() server:stop() end)

-- Descriptors that a thread of the resolver still holds are closed by it, soon after.
local function assert_no_more_descriptors(before, count)
  local give_up = core.now() + 10
  while count() > before and core.now() < give_up do child.sleep(0.005) end
  -- There may be fewer: those of clients that other specs left to the collector.
  assert.is_true(count() <= before, ("%d descriptors before, %d now"):format(before, count()))
end

local function needs_resolver(case) return case.row.at == "resolve" end

-- One test a row: all of its wires and methods.
local function each_row(describe_row)
  local rows, seen = {}, {}
  for _, case in ipairs(list) do
    if not seen[case.row] then
      seen[case.row] = { row = case.row, cases = {} }
      rows[#rows + 1] = seen[case.row]
    end
    table.insert(seen[case.row].cases, case)
  end
  for _, entry in ipairs(rows) do
    local row = entry.row
    describe_row(("%s: %s (%s)"):format(row[1], row[2], row[3]), entry.cases)
  end
end

-- `outcome_of(case)`: "fine", or what is not.
local function assert_fine(some, outcome_of)
  local problems = {}
  for _, case in ipairs(some) do
    local outcome = outcome_of(case)
    if outcome ~= "fine" then problems[#problems + 1] = case.name .. "\n" .. tostring(outcome) end
  end
  assert.are.equal("", table.concat(problems, "\n"))
end

describe("In a script, a fault", function()
  for _, case in ipairs(list) do
    if not needs_resolver(case) then
      it(("%s does what the table says, and leaves no descriptor"):format(case.name), function()
        local before = descriptors.count()
        assert.are.equal("fine", check.run(env, case))
        assert_no_more_descriptors(before, descriptors.count)
      end)
    end
  end
end)

describe("In a task among others, a fault", function()
  local outcomes, before = {}, nil

  setup(function()
    before = descriptors.count()
    local runner = studio.new { account_sid = words.account_sid, auth_token = words.auth_token }
    local control, close_control = check.control(server.url)
    local among_others = { control = control, ca_file = env.ca_file, patience = env.patience_among_others }
    for case, outcome in runner:map(list, function(case)
      return needs_resolver(case) and "fine" or check.run(among_others, case)
    end, { concurrency = env.at_once }) do
      outcomes[case.number] = outcome
    end
    close_control()
    runner:close()
  end)

  each_row(function(name, some)
    if needs_resolver(some[1]) then return end
    it(name .. " does what the table says", function()
      assert_fine(some, function(case) return outcomes[case.number] end)
    end)
  end)

  it("leaves no descriptor", function() assert_no_more_descriptors(before, descriptors.count) end)
end)

-- The resolver is the system's: in a process of its own it is replaced.
describe("In a program with a resolver that fails, a fault", function()
  local outcomes = {}

  setup(function()
    local output = child.run([[
      local cases, check, words = require "spec.faults.cases", require "spec.faults.check", require "spec.faults.words"
      local env = { control = check.control(arg[1]), ca_file = arg[2], patience = tonumber(arg[3]) }
      local function run(case) return check.run(env, case) end
      local some = {}
      for _, case in ipairs(cases.list()) do
        if case.row.at == "resolve" then
          some[#some + 1] = case
          print("script " .. case.number, (run(case):gsub("\n", "|")))
        end
      end
      local runner = require("studio").new { account_sid = words.account_sid, auth_token = words.auth_token }
      for case, outcome in runner:map(some, run, { concurrency = 10 }) do print("task " .. case.number, (outcome:gsub("\n", "|"))) end
    ]], {
      before = ("FAULTS_NAMES=%s LD_PRELOAD=%s"):format(quote(server.names),
        quote((os.getenv("LD_PRELOAD") or "") .. ":" .. server.preload)),
      arguments = { server.url, server.ca_file, env.patience_among_others },
    })
    for where, outcome in output:gmatch("(%a+ %d+)\t([^\n]*)") do outcomes[where] = outcome end
    outcomes.output = output
  end)

  each_row(function(name, some)
    if not needs_resolver(some[1]) then return end
    for _, where in ipairs { "script", "task" } do
      it(("%s does what the table says in a %s"):format(name, where), function()
        assert_fine(some, function(case) return outcomes[where .. " " .. case.number] or outcomes.output end)
      end)
    end
  end)
end)

if not rawget(_G, "jit") then return end -- nginx's Lua is LuaJIT, whoever asks

local init = [[
  check, json = require "spec.faults.check", require "studio.base.json"
  list = require("spec.faults.cases").list()
  local control, close_control = check.control(os.getenv "FAULTS_URL")
  local env = { control = control, ca_file = os.getenv "FAULTS_CA", patience = tonumber(os.getenv "FAULTS_PATIENCE") }

  -- The control keeps as many connections as it ever needed at once.
  function count_descriptors()
    close_control()
    env.control, close_control = check.control(os.getenv "FAULTS_URL")
    return require("spec.descriptors").count()
  end

  function run(number) return check.run(env, list[number]) end

  function answer(body)
    ngx.header.content_type = "application/json"
    ngx.print(json.encode(body))
  end
]]

local http = [[
  server {
    listen 127.0.0.1:$port;
    keepalive_requests 1;
    location = /case { content_by_lua_block { answer { outcome = run(tonumber(ngx.var.arg_number)) } } }
    location = /descriptors { content_by_lua_block { answer { count = count_descriptors() } } }
  }
]]

for way, main in pairs { ["with naps"] = "", ["with a thread pool"] = "thread_pool studio threads=4;\n" } do
  describe("In nginx, " .. way .. ", a fault", function()
    local outcomes, nginx, before = {}, nil, nil

    local function count_descriptors() return assert(nginx:get "/descriptors").count end

    setup(function()
      nginx = assert(nginx_server.start {
        main = main, init = init, http = http, preload = server.preload,
        variables = { "FAULTS_URL", "FAULTS_CA", "FAULTS_PATIENCE", "FAULTS_NAMES" },
        environment = ("FAULTS_URL=%s FAULTS_CA=%s FAULTS_PATIENCE=%g FAULTS_NAMES=%s"):format(server.url, server.ca_file,
          env.patience_among_others, server.names),
      })
      -- What the first call opens for good.
      nginx:get("/case?number=" .. #list)
      before = count_descriptors()
      for case, body, err in nginx.client:map(list, function(case) return nginx:get("/case?number=" .. case.number) end,
        { concurrency = env.at_once }) do
        outcomes[case.number] = body and body.outcome or tostring(err)
      end
    end)

    teardown(function()
      local retired, problem = nginx:retire()
      nginx:stop()
      assert(retired, problem)
    end)

    each_row(function(name, some)
      it(name .. " does what the table says", function()
        assert_fine(some, function(case) return outcomes[case.number] end)
      end)
    end)

    it("leaves no descriptor", function() assert_no_more_descriptors(before, count_descriptors) end)
  end)
end
