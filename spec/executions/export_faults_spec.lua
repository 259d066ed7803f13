-- executions.export when something goes wrong: kills, stops, full disks, services that go away, states of other exports.
-- KILLS (3) says how often it is killed.
local child = require "spec.child"
local core = require "studio.core"
local emulator = require "studio.emulator"
local executions = require "studio.executions"
local studio = require "studio"
local support = require "spec.support"

local KILLS = tonumber(os.getenv "KILLS") or 3

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

describe("executions.export", function()
  local COUNT = 1050
  local service, client, directory, out, state, begun

  setup(function()
    directory = child.directory()
    out = directory .. "/executions.jsonl"
    state, begun = out .. ".state", directory .. "/begun"
    service = assert(emulator.start { engagements = COUNT })
    client = support.client(service)
  end)

  teardown(function()
    client:close()
    service:stop()
    child.remove(directory)
  end)

  before_each(function()
    os.execute("rm -f " .. directory .. "/*")
    service:clear_faults()
  end)

  local function survey() return client.v2.flows(service.flows.survey).executions end

  local function export(options)
    options.out = options.out or out
    return executions.export(survey(), options)
  end

  local function fails(options, words)
    local result, err = export(options)
    assert.is_nil(result)
    assert.truthy(tostring(err):find(words, 1, true), tostring(err))
    return err
  end

  -- How many there are: each line is whole, none is there twice.
  local function count_lines()
    local count, seen, text = 0, {}, read(out)
    assert.is_true(text == "" or text:sub(-1) == "\n", "the last line is torn")
    for line in text:gmatch "[^\n]+" do
      local sid = assert(studio.decode(line)).sid
      assert.is_nil(seen[sid])
      seen[sid], count = true, count + 1
    end
    return count
  end

  -- A program that exports, and prints what it got.
  local function program(options)
    return ([[
      local studio = require "studio"
      local client = studio.new { base_url = "%s", account_sid = "%s", auth_token = "%s" }
      local executions = require "studio.executions"
      io.open("%s", "w"):close()
      local result, err = executions.export(client.v2.flows("%s").executions, { out = "%s", %s })
      print(result and result.executions or err, result and result.stopped)
    ]]):format(service.base_url, service.account_sid, service.auth_token, begun, service.flows.survey, out, options)
  end

  -- Runs it, and sends it a signal some seconds after a condition of the shell's holds; gives what it printed.
  local function run_and_signal(options, signal, condition, seconds)
    write(directory .. "/program.lua", program(options))
    local words = "env %s %s & pid=$!; for i in $(seq 500); do %s && break; sleep 0.02; done; sleep %.3f; kill -%s $pid 2>/dev/null; "
      .. "wait $pid 2>/dev/null"
    return child.shell(words:format(child.interpreter(), child.quote(directory .. "/program.lua"), condition, seconds, signal))
  end

  it("goes on after each kill, and no line is missing, doubled or torn", function()
    for _, format in ipairs { "jsonl", "csv" } do
      local options = ("steps = true, concurrency = 2, format = %q, rate = 600, from = '2024-01-20'"):format(format)
      local kills, torn = 0, 0
      for _ = 1, KILLS do
        os.remove(begun)
        run_and_signal(options, "KILL", "[ -e " .. begun .. " ]", 0.1 + core.random() * 0.4)
        if not exists(state) then break end
        local text = read(out)
        kills, torn = kills + 1, torn + (text:sub(-1) ~= "\n" and 1 or 0)
      end
      assert.is_true(kills > 0)
      local text = child.run(program(options))
      local due = assert(survey():list { date_created_from = "2024-01-20", page_size = 1000 })
      assert.are.equal(("%d\tnil\nstatus=0\n"):format(#due), text)
      local lines, steps, seen = {}, 0, {}
      for line in io.lines(out) do lines[#lines + 1] = line end
      if format == "jsonl" then
        assert.are.equal(#due, count_lines())
        for index, line in ipairs(lines) do
          local record = studio.decode(line)
          assert.are.equal(due[index].sid, record.sid)
          assert.are.equal(5, #record.steps)
        end
      else
        assert.are.equal("sid", lines[1]:match "^%w+")
        for index = 2, #lines do
          local step = lines[index]:match ",(FT%x+),"
          assert.is_nil(seen[step])
          seen[step], steps = true, steps + 1
          assert.are.equal(due[math.floor((index - 2) / 5) + 1].sid, lines[index]:match "^FN%x+")
        end
        assert.are.equal(5 * #due, steps)
      end
      os.remove(out)
    end
  end)

  it("cuts off what a kill has left torn", function()
    service:fault { pattern = "Executions$", query = "DateCreatedTo", status = 403 }
    fails({}, "403")
    assert.are.equal(1000, count_lines())
    local file = assert(io.open(out, "ab"))
    file:write(read(out):sub(1, 70000))
    file:close()
    assert.are.equal(COUNT, assert(export {}).executions)
    assert.are.equal(COUNT, count_lines())
    assert.is_false(exists(state))
  end)

  it("returns when it is told to stop, and goes on with the next call", function()
    local told
    local result = assert(export { from = "2024-02-10", steps = true, rate = 90, on_progress = function(progress)
      executions.stop()
      told = told or progress
    end })
    assert.is_true(result.stopped)
    local before = count_lines()
    assert.are.equal(result.executions, before)
    assert.is_true(told.done > 0 and told.done <= before)
    local done
    result = assert(export { from = "2024-02-10", steps = true, on_progress = function(progress) done = done or progress.done end })
    assert.is_nil(result.stopped)
    assert.is_true(done > before)
    assert.are.equal(result.executions, count_lines())
    assert.are.equal(5 * result.executions, result.steps)
    assert.are.equal(#read(out), result.bytes)
  end)

  it("ends cleanly with the first SIGINT", function()
    local said = run_and_signal("steps = true, rate = 200, interruptible = true", "INT", "[ -s " .. out .. " ]", 0.1)
    local count = tonumber(said:match "^(%d+)\ttrue\n$")
    assert.truthy(count, said)
    assert.are.equal(count, count_lines())
    assert.is_true(exists(state))
  end)

  it("says what cannot be written", function()
    fails({ out = "/nonexistent/folder/file" }, "argument: cannot write '/nonexistent/folder/file': No such file or directory")
    fails({ out = directory }, "Is a directory")
    write(directory .. "/folder.jsonl", "")
    os.execute("mkdir " .. state .. ".new")
    fails({}, state .. ".new': Is a directory")
    os.execute("rmdir " .. state .. ".new")
    fails({ out = "/dev/full" }, "cannot write '/dev/full': No space left on device")
    assert.is_false(exists "/dev/full.state")
  end)

  it("keeps what was written when the disk is full, and goes on when there is room", function()
    local full = child.run(program "", { before = [[sh -c 'trap "" XFSZ; ulimit -f 2000; exec env "$@"' --]] })
    assert.truthy(full:find("studio: argument: cannot write '" .. out .. "': File too large", 1, true), full)
    local before = count_lines()
    assert.is_true(before > 0 and before < COUNT, before)
    assert.are.equal(COUNT, assert(export {}).executions)
    assert.are.equal(COUNT, count_lines())
  end)

  it("keeps what was written when the service goes away, and goes on when it is back", function()
    local options = { from = "2024-02-10", steps = true, concurrency = 4 }
    local given = 0
    options.on_progress = function(progress) given = progress.done end
    local gone = client.v2.flows(service.flows.survey).executions:list { limit = 1, date_created_to = "2024-02-11" }
    service:fault { pattern = "/Executions/" .. gone[1].sid .. "/Steps", drop = "before", times = 4 }
    local err = fails(options, "transport")
    assert.are.equal(4, err.attempts)
    local before = count_lines()
    assert.is_true(before > 0)
    local result = assert(export(options))
    assert.are.equal(result.executions, count_lines())
    assert.are.equal(result.executions, given)
    assert.is_true(result.executions > before)
    -- One that was never there leaves nothing behind.
    local nobody = studio.new { base_url = "http://127.0.0.1:1", account_sid = service.account_sid, auth_token = "x", retry = false }
    local other = directory .. "/other.jsonl"
    result, err = executions.export(nobody.v2.flows(service.flows.survey).executions, { out = other })
    assert.is_nil(result)
    assert.are.equal(false, err.sent)
    assert.is_false(exists(other .. ".state"))
    nobody:close()
  end)

  it("does not go on with what another export has written, unless told to begin anew", function()
    service:fault { pattern = "Executions$", query = "DateCreatedTo", status = 403, times = 9 }
    fails({}, "403")
    fails({ steps = true }, "is of an export with another 'steps'")
    fails({ from = 1 }, "is of an export with another 'from'")
    local _, err = executions.export(client.v1.flows(service.flows.survey).engagements, { out = out })
    assert.truthy(tostring(err):find("another 'list'", 1, true), tostring(err))
    local text = read(out)
    write(out, text:sub(1, -10))
    fails({}, "is shorter than its state says")
    write(state, "{}")
    fails({}, "is no state of an export")
    service:clear_faults()
    assert.are.equal(COUNT, assert(export { resume = false }).executions)
    assert.are.equal(COUNT, count_lines())
    -- What was removed begins anew.
    service:fault { pattern = "Executions$", query = "DateCreatedTo", status = 403, times = 9 }
    fails({}, "403")
    service:clear_faults()
    os.remove(out)
    assert.are.equal(COUNT, assert(export {}).executions)
    assert.are.equal(COUNT, count_lines())
  end)

  it("has its file alone", function()
    local held = assert(core.hold(out))
    fails({}, "another process, or another call of this one, holds it")
    held:close()
    assert.are.equal(COUNT, assert(export {}).executions)
  end)

  it("raises for what no export can be", function()
    local function raises(options, words)
      local fine, problem = pcall(executions.export, survey(), options)
      assert.is_false(fine)
      assert.truthy(problem:find(words, 1, true), problem)
    end
    raises(nil, "export needs the option 'out': a path or a function")
    raises({ out = 1 }, "option 'out' must be a path or a function, got number")
    raises({ out = out, step = true }, "did you mean 'steps'?")
    raises({ out = out, concurrency = 0 }, "option 'concurrency' must be")
    raises({ out = out, rate = -1 }, "option 'rate' must be a number more than 0")
    raises({ out = out, from = {} }, "option 'from' must be an ISO 8601 string or epoch seconds, got table")
    fails({ from = "yesterday" }, "option 'from' must be an ISO 8601 date-time")
    for _, moment in ipairs { 2 ^ 63, -2 ^ 63, math.huge, 0 / 0 } do
      fails({ to = moment }, "option 'to' must lie between the years 0 and 9999")
    end
    fails({ format = "json" }, "option 'format' must be one of jsonl, csv, got 'json': did you mean 'jsonl'?")
    fails({ status = "Active" }, "option 'status' must be one of active, ended")
    local _, err = executions.export(client.v2.flows("FW1").executions, { out = out })
    assert.are.equal("argument", err.kind)
    assert.is_false(exists(out))
  end)
end)
