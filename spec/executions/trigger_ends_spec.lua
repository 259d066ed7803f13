--- How a campaign ends before its time, and what becomes of it then; contacts that are busy; journals and services that fail.
local child = require "spec.child"
local core = require "studio.core"
local executions = require "studio.executions"
local studio = require "studio"
local support = require "spec.support"
local timing = require "studio.executions.trigger.timing"

local SENDER = "+15550009999"

local function numbers(count, first)
  local list = {}
  for index = 1, count do list[index] = ("+1555%07d"):format((first or 0) + index) end
  return list
end

-- What a program of its own begins with.
local prelude = [[
  local studio, executions = require "studio", require "studio.executions"
  local base_url, sid, token, flow, journal = ...
  local client = studio.new { base_url = base_url, account_sid = sid, auth_token = token }
  local collection = client.v2.flows(flow).executions
  local list = {}
  for index = 1, 60 do list[index] = ("+1555%07d"):format(index) end
  local function interrupt() io.popen("kill -INT $PPID"):close() end
]]

describe("executions.trigger", function()
  local service = support.emulator()
  local former, directory, count = {}, nil, 0
  local client, flow

  setup(function()
    for name, value in pairs(timing) do former[name] = value end
    timing.settle, timing.look_again, timing.take_over, timing.pause, timing.longest_pause = 1, 0.05, 0.05, 0.01, 0.02
    directory = child.directory()
  end)

  teardown(function()
    for name, value in pairs(former) do timing[name] = value end
    child.remove(directory)
  end)

  before_each(function()
    client = support.client(service())
    flow = client.v2.flows(service().flows.reminder)
  end)

  after_each(function() client:close() end)

  local function journal()
    count = count + 1
    return ("%s/%d"):format(directory, count)
  end

  local function options(more)
    local all = { from = SENDER, rate = math.huge, name = "c" }
    for name, value in pairs(more or {}) do all[name] = value end
    return all
  end

  local function run(program, path, before)
    local arguments = { service().base_url, service().account_sid, service().auth_token, service().flows.reminder, path }
    return child.run(prelude .. program, { arguments = arguments, before = before })
  end

  local function assert_each_once(list)
    local found = {}
    for execution in flow.executions:each { date_created_from = os.time() - 3600 } do
      local to = execution.contact_channel_address
      found[to] = (found[to] or 0) + 1
    end
    for _, to in ipairs(list) do
      assert.equal(1, found[to], to)
      found[to] = nil
    end
    assert.is_nil(next(found))
  end

  -- Goes on with what a program has left, and sees that nobody was called twice.
  local function assert_goes_on(path)
    local result = assert(executions.trigger(flow.executions, {}, options { journal = path }))
    assert.same({ 60, 60, 0 }, { result.total, result.created, result.waiting })
    assert_each_once(numbers(60))
  end

  local function posts()
    local found = 0
    for _, request in ipairs(service():requests()) do found = found + (request.method == "POST" and 1 or 0) end
    return found
  end

  describe("ends in good order", function()
    it("when it is told to stop, and goes on later", function()
      local path = journal()
      client:spawn(function()
        client:sleep(0.15)
        executions.stop()
      end)
      local result = executions.trigger(flow.executions, numbers(60), options { journal = path, rate = 100 })
      assert.truthy(result.waiting > 0 and result.created > 0, result.waiting)
      assert.equal(60, result.waiting + result.created)
      result = executions.trigger(flow.executions, {}, options { journal = path, rate = 100 })
      assert.equal(60, result.created)
      assert_each_once(numbers(60))
    end)

    local interrupted = [[
      local seen = 0
      client = studio.new { base_url = base_url, account_sid = sid, auth_token = token, on_event = function(event)
        seen = seen + (event.type == "response" and 1 or 0)
        if seen == 10 then for _ = 1, TIMES do interrupt() end end
      end }
      local result = executions.trigger(client.v2.flows(flow).executions, list,
        { from = "+15550009999", rate = math.huge, concurrency = 4, journal = journal, name = "c", interruptible = true })
      print(result.total, result.created > 0, result.waiting > 0)
      local core = require "studio.core"
      print(core.interrupts())
      interrupt()
      for _ = 1, 1e9 do end
    ]]

    it("at a first Ctrl-C, and the next is the program's own again", function()
      local path = journal()
      local said = run(interrupted:gsub("TIMES", "1"), path)
      assert.truthy(said:find "^60\ttrue\ttrue\n0\n.*interrupted!.*status=1\n$", said)
      assert_goes_on(path)
    end)

    it("at a second Ctrl-C at once", function()
      local path = journal()
      assert.truthy(run(interrupted:gsub("TIMES", "2"), path):find "status=130\n$")
      assert_goes_on(path)
    end)
  end)

  it("goes on after a kill, and looks up what was under way", function()
    local path = journal()
    local said = run([[
      service_calls = 0
      client = studio.new { base_url = base_url, account_sid = sid, auth_token = token, on_event = function(event)
        service_calls = service_calls + (event.type == "response" and 1 or 0)
        if service_calls == 25 then io.popen("kill -KILL $PPID"):close() end
      end }
      executions.trigger(client.v2.flows(flow).executions, list, { from = "+15550009999", rate = math.huge, journal = journal, name = "c" })
    ]], path)
    assert.truthy(said:find "status=137\n$", said)
    assert_goes_on(path)
  end)

  it("sends nothing whose mark is old", function()
    local oldest = timing.oldest_mark
    timing.oldest_mark = -1
    local result, err = executions.trigger(flow.executions, numbers(3), options { journal = journal() })
    timing.oldest_mark = oldest
    assert.is_nil(result)
    assert.truthy(err.message:find("the journal is too slow", 1, true), err.message)
    assert.equal(3, err.summary.waiting)
    assert.equal(0, posts())
  end)

  describe("with contacts that are in an Execution", function()
    local survey

    before_each(function()
      survey = client.v2.flows(service().flows.survey)
      assert(survey.executions:create { to = "+15550000001", from = SENDER })
    end)

    it("skips them", function()
      local result = executions.trigger(survey.executions, numbers(2), options())
      assert.same({ total = 2, created = 1, skipped = 1, refused = 0, doubtful = 0, waiting = 0 }, result)
    end)

    it("counts them as refused", function()
      local result = executions.trigger(survey.executions, numbers(2), options { on_active = "fail" })
      assert.same({ total = 2, created = 1, skipped = 0, refused = 1, doubtful = 0, waiting = 0 }, result)
    end)

    it("ends it and starts another", function()
      local result = executions.trigger(survey.executions, numbers(2), options { on_active = "end" })
      assert.equal(2, result.created)
    end)

    it("never ends one that may be its own", function()
      service():fault { method = "POST", request_body = { To = "+15550000007" }, drop = "after" }
      local nothing = '{"executions":[],"meta":{"key":"executions"}}'
      service():fault { method = "GET", path = "/v2/Flows", status = 200, body = nothing, times = math.huge }
      local result = executions.trigger(survey.executions, { "+15550000007" }, options { on_active = "end" })
      assert.equal(1, result.doubtful)
      service():clear_faults()
      local active = survey.executions:list { status = "active", date_created_from = os.time() - 3600 }
      local found = 0
      for _, execution in ipairs(active) do found = found + (execution.contact_channel_address == "+15550000007" and 1 or 0) end
      assert.equal(1, found)
    end)
  end)

  it("starts Engagements, and finds those whose answer was lost", function()
    local engagements = client.v1.flows(service().flows.reminder).engagements
    assert.has_error(function() executions.trigger(engagements, numbers(1), options { on_active = "end" }) end)
    service():fault { method = "POST", drop = "after" }
    service():fault { method = "POST", drop = "before" }
    local result = executions.trigger(engagements, numbers(4), options { journal = journal() })
    assert.equal(4, result.created)
    assert_each_once(numbers(4))
  end)

  describe("gives an error", function()
    local function fails(list, more, collection)
      local result, err = executions.trigger(collection or flow.executions, list, options(more))
      assert.is_nil(result)
      return err
    end

    it("where nobody knows who asks, and refuses no contact for that", function()
      local stranger = support.client(service(), { auth_token = ("0"):rep(32) })
      local err = fails(numbers(30), nil, stranger.v2.flows(service().flows.reminder).executions)
      assert.equal(401, err.status)
      assert.same({ 30, 30, 0 }, { err.summary.total, err.summary.waiting, err.summary.refused })
    end)

    it("where the service cannot be reached, and goes on later", function()
      local path = journal()
      local nowhere = support.client(service(), { base_url = "http://127.0.0.1:1" })
      local err = fails(numbers(60), { journal = path }, nowhere.v2.flows(service().flows.reminder).executions)
      assert.equal("transport", err.kind)
      assert.equal(60, err.summary.waiting)
      assert_goes_on(path)
    end)

    it("where a row cannot be read, and calls nobody", function()
      local path = journal()
      local err = fails({ "+15550000001", "nonsense" }, { journal = path })
      assert.equal("contact 2: 'to' must be a number with its country, such as +15550001111, got 'nonsense'", err.message)
      assert.equal(0, posts())
      assert.equal(1, executions.trigger(flow.executions, { "+15550000001" }, options { journal = path }).created)
    end)

    it("where the journal is no journal", function()
      local text = journal()
      local file = assert(io.open(text, "w"))
      file:write(("this is a letter to somebody\n"):rep(100))
      file:close()
      for target, message in pairs {
        [text] = "not a database", [directory] = "directory|unable to open", [directory .. "/none/here"] = "unable to open",
        ["mysql://there"] = "postgresql://", ["postgresql://studio@127.0.0.1:1/none"] = "[Cc]onnection refused",
      } do
        local err = fails({ "+15550000001" }, { journal = target })
        assert.equal("argument", err.kind)
        assert.truthy(err.message:find("^the journal cannot be "), err.message)
        local fits = false
        for part in message:gmatch "[^|]+" do fits = fits or err.message:find(part) ~= nil end
        assert.truthy(fits, err.message)
      end
      assert.equal(0, posts())
    end)

    it("that names the module which is missing", function()
      local loaded, preload = package.loaded["luasql.sqlite3"], package.preload["luasql.sqlite3"]
      package.loaded["luasql.sqlite3"], package.preload["luasql.sqlite3"] = nil, function() error "no" end
      local err = fails({ "+15550000001" }, { journal = journal() })
      package.loaded["luasql.sqlite3"], package.preload["luasql.sqlite3"] = loaded, preload
      assert.truthy(err.message:find("needs the Lua module luasql.sqlite3", 1, true), err.message)
      assert.truthy(err.message:find("lua%-sql%-sqlite3 %(Debian%) or luasql%-sqlite3 %(LuaRocks%)"), err.message)
    end)

    it("where the disk is full, and what was written stays", function()
      local path = journal()
      local said = run([[
        for _, name in ipairs { "wal", "shm" } do assert(name) end
        local result, err = executions.trigger(collection, list, { from = "+15550009999", rate = math.huge, journal = journal, name = "c" })
        print(result, err.kind, err.message, err.summary and err.summary.total)
      ]], path, "sh -c 'trap \"\" XFSZ; ulimit -f 180; exec \"$0\" \"$@\"' env")
      assert.truthy(said:find("^nil\t%a+\tthe journal [%a ]+: .*status=0\n$"), said)
      local result = assert(executions.trigger(flow.executions, numbers(60), options { journal = path }))
      assert.equal(60, result.created)
      assert_each_once(numbers(60))
    end)
  end)

  it("refuses misuse at the caller's line", function()
    for _, call in ipairs {
      function() executions.trigger(flow, {}, { from = SENDER }) end, function() executions.trigger(flow.executions, {}, {}) end,
      function() executions.trigger(flow.executions, nil, { from = SENDER }) end,
      function() executions.trigger(flow.executions, {}, { from = SENDER, rat = 5 }) end,
      function() executions.trigger(flow.executions, {}, { from = SENDER, rate = 0 }) end,
      function() executions.trigger(flow.executions, {}, { from = SENDER, on_active = "call" }) end,
      function() executions.trigger(flow.executions, 5, { from = SENDER }) end, function() executions.report(nil, "c") end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.truthy(tostring(message):find("trigger_ends_spec.lua", 1, true), message)
    end
    local nothing, err = executions.report(journal(), "c")
    assert.is_nil(nothing)
    assert.truthy(err.message:find("there is no file", 1, true))
  end)

  it("may be begun with other options as long as its list could not be read", function()
    local path = journal()
    local nothing, err = executions.trigger(flow.executions, { "5550001" }, { from = "+15550000009", journal = path, name = "c" })
    assert.is_nil(nothing)
    assert.truthy(err.message:find("contact 1", 1, true), err.message)
    local call = { from = SENDER, journal = path, name = "c", rate = 50, parameters = { a = "b" } }
    assert.equal(1, assert(executions.trigger(flow.executions, { "+15550001" }, call)).created)
    call.from = "+15550000009"
    nothing, err = executions.trigger(flow.executions, { "+15550001" }, call)
    assert.is_nil(nothing)
    assert.truthy(err.message:find("was begun with another 'from'", 1, true), err.message)
  end)

  it("reads a journal that may not be written", function()
    local path = journal()
    assert(executions.trigger(flow.executions, { "+15550009999" }, { from = SENDER, journal = path, name = "c" }))
    local is_root = child.shell "id -u" == "0\n"
    local folder = child.directory()
    child.shell(("cp %s %s/kept.journal && chmod 444 %s/kept.journal && chmod 555 %s"):format(child.quote(path), folder, folder, folder))
    local program = ([[
      local rows, summary = require("studio.executions").report("%s/kept.journal", "c")
      print(rows and summary.total or summary)
    ]]):format(folder)
    -- Root may write everything, unless it has given that up.
    local said = child.run(program, { before = is_root and "setpriv --bounding-set=-dac_override --inh-caps=-dac_override env" or nil })
    child.shell("chmod 755 " .. folder)
    child.remove(folder)
    assert.truthy(said:find("^1\n"), said)
  end)

  it("tells how far it is, and lets others go on meanwhile", function()
    local turns, told = 0, nil
    local other = client:spawn(function()
      repeat turns = turns + 1 until not client:sleep(0.01) or turns == 10
    end)
    local began = core.now()
    executions.trigger(flow.executions, numbers(20), options { rate = 25, on_progress = function(progress) told = progress end })
    assert.truthy(core.now() - began < 60)
    other:wait()
    assert.equal(10, turns)
    assert.same({ 20, 20, 20, 0 }, { told.done, told.total, told.counts.created, told.counts.waiting })
    assert.equal("number", type(told.rate))
  end)

  it("is the example campaign", function()
    local csv, path = directory .. "/contacts.csv", journal()
    local file = assert(io.open(csv, "w"))
    file:write "to,first_name\n+15550000001,Zoë\n+15550000002,Ada\n+1 555 000 0001,Zoë\n"
    file:close()
    local words = { "env" }
    for name, value in pairs(service():environment()) do
      if value then words[#words + 1] = name .. "=" .. child.quote(value) else table.insert(words, 2, "-u " .. name) end
    end
    local command = ("%s %s examples/campaign.lua %s %s %s %s 2>/dev/null; echo status=$?"):format(table.concat(words, " "),
      child.interpreter(), service().flows.reminder, SENDER, child.quote(csv), child.quote(path))
    assert.equal("line 4 is +15550000001 of line 2 again\n2 created, 0 skipped, 0 refused, 0 doubtful, 0 waiting\nstatus=0\n",
      child.shell(command))
    assert_each_once(numbers(2))
    assert.equal("string", type(studio.encode(executions.report(path, "contacts.csv")())))
  end)
end)
