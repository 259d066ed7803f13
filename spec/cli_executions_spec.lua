--- The commands about many executions, and about what becomes of one.
local child = require "spec.child"
local cli = require "spec.cli"
local states = require "spec.flow.states"
local studio = require "studio"
local support = require "spec.support"

local has_sqlite = pcall(require, "luasql.sqlite3")

describe("studio executions", function()
  local service = support.emulator { outcomes = { refused = "failed" } }
  local folder

  local client

  setup(function()
    folder = cli.folder()
    client = support.client(service())
  end)
  teardown(function()
    client:close()
    folder.remove()
  end)

  local function call(arguments) return cli.call(arguments, { service = service() }) end

  local function start(flow, contact)
    local status, out, err = call(("executions create %s --to %s --from +15550002222 -o name"):format(flow, contact or "+15550001111"))
    assert.equal(0, status, err)
    return out:match "FN%x+"
  end

  it("wait gives the one that has ended, and exit code 8 when the time is over", function()
    local flow = service().flows.survey
    local sid = start(flow)
    local status, out, err = call(("executions wait %s %s --timeout 0.3s --interval 0.1s"):format(flow, sid))
    assert.equal(8, status)
    assert.equal("", out)
    assert.truthy(err:find("timeout", 1, true), err)
    assert.equal(0, (call(("executions end %s %s"):format(flow, sid))))
    status, out = call(("engagements wait %s %s --timeout 5s"):format(flow, sid))
    assert.equal(0, status)
    assert.equal("ended", studio.decode(out).status)
    assert.equal(5, (call(("executions wait %s FN%s --timeout 5s --interval 0.3s"):format(flow, ("9"):rep(32)))))
  end)

  it("follow gives the steps, oldest first, until it has ended", function()
    local flow = service().flows.survey
    local sid = start(flow)
    assert.equal(0, (call(("executions end %s %s"):format(flow, sid))))
    local status, out = call(("executions follow %s %s -o csv --fields name,transitioned_from,transitioned_to"):format(flow, sid))
    assert.equal(0, status)
    assert.truthy(out:find("^name,transitioned_from,transitioned_to\nincomingRequest,Trigger,greeting\nsent,greeting,store_start\n"), out)
  end)

  it("wait --exit-status has 3 where it ended with a failure, or before its end", function()
    for name, expected in pairs { told = { 0, "" }, refused = { 3, "studio: it ended with failed of refused\n" } } do
      local message = states.state(name, "send-message", { body = "So." }, { sent = false, failed = false })
      local flow = assert(client.v2.flows:create { friendly_name = name, status = "published", definition = states.flow { message } })
      local status, out, err = call(("executions wait %s %s --exit-status --timeout 5s"):format(flow.sid, start(flow.sid)))
      assert.equal("ended", studio.decode(out).status)
      assert.same(expected, { status, err })
    end
    local flow = service().flows.survey
    local sid = start(flow)
    assert.equal(0, (call(("executions end %s %s"):format(flow, sid))))
    local status, _, err = call(("engagements wait %s %s --exit-status --timeout 5s"):format(flow, sid))
    assert.same({ 3, "studio: it was ended when it was at question_1\n" }, { status, err })
  end)

  -- Runs a command that waits for something, lets that happen when it has made so many requests, and gives what it prints.
  local function meanwhile(arguments, asked, happens)
    service():clear_log()
    local pipe = assert(io.popen(("timeout 60 %s; echo status=$?"):format(cli.line(folder, arguments, { service = service() }))))
    for _ = 1, 1000 do
      if #service():requests() >= asked then break end
      client:sleep(0.02)
    end
    happens(pipe)
    local out = pipe:read "*a"
    pipe:close()
    return out
  end

  it("list --follow gives those that come, oldest first", function()
    local flow = service().flows.survey
    local before = start(flow, "+15550001110")
    local sids = {}
    local out = meanwhile("executions list " .. flow .. " --follow --interval 0.1 --limit 3 -o name", 1, function()
      for number = 1, 3 do sids[number] = start(flow, "+1555000111" .. number) end
    end)
    assert.equal(table.concat(sids, "\n") .. "\nstatus=0\n", out)
    -- From a date on, also what is there; of one contact.
    local since = "--from 2024-02-01T00:00:00Z"
    local status
    status, out = call(("executions list %s --follow %s --limit 4 -o name"):format(flow, since))
    assert.same({ 0, before .. "\n" .. table.concat(sids, "\n") .. "\n" }, { status, out })
    status, out = call(("executions list %s --follow %s --limit 1 -o name --to-contact +15550001112"):format(flow, since))
    assert.same({ 0, sids[2] .. "\n" }, { status, out })
    status, out = call(("executions list %s -o name --to-contact +1-555-000-1112"):format(flow))
    assert.same({ 0, sids[2] .. "\n" }, { status, out:match "^FN%x+\n" })
  end)

  it("list --follow --status ended gives those that were created since, when they have ended", function()
    local flow = service().flows.survey
    local before = start(flow, "+15550001110")
    local last
    local out = meanwhile("executions list " .. flow .. " --follow --status ended --interval 0.1 --limit 1 -o name", 2, function()
      last = start(flow, "+15550001111")
      for _, sid in ipairs { last, before } do assert.equal(0, (call(("executions end %s %s"):format(flow, sid)))) end
    end)
    assert.equal(last .. "\nstatus=0\n", out)
  end)

  it("list --follow says how to go on where it fails", function()
    service():fault({ times = 1 }):fault { status = 400 }
    local status, out, err = call(("executions list %s --follow --date-created-from 2024-01-05T22:30:00Z --interval 0.01 -o name"):format(
      service().flows.survey))
    assert.equal(1, status)
    assert.truthy(out:find "^FN%x+\n$", out)
    assert.truthy(err:find("; next: --date-created-from 2024-01-05T23:00:00Z goes on from there\n", 1, true), err)
  end)

  it("list --follow ends when nobody can take what comes", function()
    local arguments = "executions list %s --follow --date-created-from 2024-01-01T00:00:00Z -o name --interval 0.1"
    local line = "timeout 60 " .. cli.line(folder, arguments:format(service().flows.survey), { service = service() })
    local script = ("{ %s; echo $? >%s/status; } | head -n 1"):format(line, folder.path)
    assert.truthy(child.shell(script):find "^FN%x+\n$")
    assert.equal("141\n", folder.read "status")
    if child.shell "test -c /dev/full && echo yes" ~= "" then
      assert.equal("studio: the output cannot be written: No space left on device; next: --date-created-from 2024-01-01T00:00:00Z goes on "
        .. "from there\nstatus=1\n", child.shell(line .. " 2>&1 >/dev/full; echo status=$?"))
    end
  end)

  it("get --follow gives the steps as they happen", function()
    local flow = service().flows.survey
    local sid = start(flow)
    local line = "executions get %s %s --follow --interval 0.1 -o tsv --no-header --fields transitioned_to"
    local out = meanwhile(line:format(flow, sid), 2, function(pipe)
      for _, name in ipairs { "greeting", "store_start", "question_1" } do assert.equal(name, pipe:read "*l") end
      assert(service():message { from = "+15550001111", to = "+15550002222", body = "3" })
    end)
    assert.equal("thanks\nEnded\nstatus=0\n", out)
    assert.truthy(select(2, call(("engagements get %s %s --follow --fields help"):format(flow, sid))):find("\nengagement_sid\t", 1, true))
    assert.equal(2, (call(("executions list %s --interval 1"):format(flow))))
    assert.equal(2, (call(("executions list %s --follow --all"):format(flow))))
  end)

  it("end ends one, or all that are active, after a question", function()
    local flow = service().flows.survey
    local one, other = start(flow), start(flow, "+15550001112")
    assert.equal(2, (call("executions end " .. flow)))
    assert.equal(2, (call(("executions end %s %s --active"):format(flow, one))))
    for _, filter in ipairs { "--older-than 2d", "--to +15550001112", "--rate 5", "--concurrency 2" } do
      local code, _, words = call(("executions end %s %s %s"):format(flow, one, filter))
      assert.equal(2, code)
      assert.truthy(words:find(filter:match "%S+" .. " goes with --active", 1, true), words)
    end
    local status, out = call(("executions end %s --active -o name --dry-run"):format(flow))
    assert.equal(0, status)
    assert.equal(2, select(2, out:gsub("\n", "\n")))
    local err
    status, out, err = call(("executions end %s --active"):format(flow))
    assert.equal(2, status)
    assert.equal("", out)
    assert.truthy(err:find("this will end 2 executions, and nobody can be asked", 1, true), err)
    status, out, err = call(("executions end %s --active --to +15550001112 -o name"):format(flow))
    assert.same({ 0, other .. "\n", "1 of 1 ended\n" }, { status, out, err })
    status, out, err = call(("executions end %s --active --older-than 1d -y -o name"):format(flow))
    assert.same({ 0, "", "no active executions\n" }, { status, out, err })
    status, out = call(("executions end %s --active -y -o name"):format(flow))
    assert.same({ 0, one .. "\n" }, { status, out })
    assert.truthy(select(2, call(("executions end %s %s --dry-run"):format(flow, one))):find("Status=ended", 1, true))
  end)

  it("export writes all to a file, or to stdout, and says how much that was", function()
    local flow = service().flows.survey
    local path = folder.path .. "/runs.jsonl"
    local status, out, err = call(("executions export %s --out %s --steps"):format(flow, path))
    assert.same({ 0, "" }, { status, out })
    assert.truthy(err:find "^120 executions, %d+ steps, %d+ bytes\n$", err)
    assert.equal(120, select(2, folder.read("runs.jsonl"):gsub("{[^\n]+}\n", "")))
    status, out = call(("engagements export %s --format csv --from 2024-01-05T22:00:00Z --status ended --context"):format(flow))
    assert.equal(0, status)
    assert.equal(3, select(2, out:gsub("\n", "\n")))
    status, out = call(("executions export %s --out %s -o json"):format(flow, path))
    assert.equal(0, status)
    assert.equal(120, studio.decode(out).executions)
    assert.equal(2, (call(("executions export %s --from yesterday"):format(flow))))
    assert.equal(2, (call(("executions export %s --out %s/none/runs"):format(flow, folder.path))))
  end)

  describe("trigger", function()
    local CONTACTS = "to,name\n+15550001111,Ann\n+15550001112,Bob\n+15550001113,Cid\n"

    it("rehearses with --dry-run", function()
      local path = folder.write("contacts.csv", CONTACTS)
      local status, out, err = call(("executions trigger %s %s --from +15550002222 --dry-run"):format(service().flows.survey, path))
      assert.equal(0, status, err)
      assert.truthy(out:find("  To=+15550001111\n", 1, true), out)
      assert.truthy(out:find('Parameters={"name":"Ann"}', 1, true), out)
      assert.truthy(err:find("nothing was sent: 3 contacts, 3 of them would be started", 1, true), err)
      assert.equal(0, #service():requests())
    end)

    it("takes contacts from stdin, CSV and JSON Lines, which need a journal or none", function()
      local flow = service().flows.survey
      local line = ("executions trigger %s - --from +15550002222 "):format(flow)
      local function run(words, input) return cli.run(folder, line .. words, { service = service(), input = input }) end
      local status, out, err = run("--dry-run", CONTACTS .. "+15550001112,Bob\n")
      assert.equal(0, status, err)
      assert.truthy(out:find('  Parameters={"name":"Ann"}', 1, true), out)
      assert.truthy(err:find("stdin, contact 4: +15550001112 is contact 2, and counts once\n", 1, true), err)
      for words, sentence in pairs {
        [""] = "contacts from stdin need --journal JOURNAL, which says where it is written down who was started, or --no-journal",
        ["--no-journal --parameters -"] = "CONTACTS and --parameters cannot both come from stdin",
        ["--no-journal --parameters @-"] = "CONTACTS and --parameters cannot both come from stdin",
      } do
        status, out, err = run(words, CONTACTS)
        assert.same({ 2, "" }, { status, out })
        assert.truthy(err:find(sentence, 1, true), err)
      end
      assert.same({ 2, "", "studio: line 2: 1 field, where the header has 2\n" }, { run("--no-journal", "to,name\n+15550001111\n") })
      assert.equal(0, #service():requests())
      status, out, err = run("--no-journal -o json", '{"to":"+15550001114","name":"Dot"}\n{"to":"+15550001115"}\n')
      assert.equal(0, status, err)
      assert.equal(2, studio.decode(out).created)
      if not has_sqlite then return end
      local journal = "-o json --journal " .. folder.path .. "/stdin.journal"
      assert.equal(3, studio.decode((select(2, run(journal, CONTACTS)))).created)
      status, out, err = run(journal, CONTACTS .. "+15550001116,Eve\n")
      assert.equal(0, status)
      assert.equal(3, studio.decode(out).created)
      assert.truthy(err:find("stdin has 4 contacts now; the campaign keeps those that it began with, 3", 1, true), err)
      assert.equal(5, select(2, call(("executions list %s --status active -o name"):format(flow))):gsub("[^\n]", ""):len())
    end)

    it("starts one for each contact, tells the sum, and goes on where a journal was left", function()
      if not has_sqlite then return pending "luasql.sqlite3 is not here for this Lua" end
      local path = folder.write("contacts.csv", CONTACTS)
      local flow = service().flows.survey
      start(flow, "+15550001112")
      local line = ("executions trigger %s %s --from +15550002222 -p campaign=may -o json"):format(flow, path)
      local status, out, err = call(line)
      assert.equal(0, status, err)
      assert.same({ total = 3, created = 2, skipped = 1, refused = 0, doubtful = 0, waiting = 0 }, studio.decode(out))
      status, out = call(line)
      assert.equal(0, status)
      assert.equal(2, studio.decode(out).created)
      assert.equal(3, select(2, call(("executions list %s --status active -o name"):format(flow))):gsub("[^\n]", ""):len())
      status, out, err = call(("executions report %s.journal %s -o csv --fields to,state"):format(path, flow))
      assert.same({ 0, "to,state\n+15550001111,created\n+15550001112,skipped\n+15550001113,created\n" }, { status, out })
      assert.equal("3 contacts: 2 created, 1 skipped, 0 refused, 0 doubtful, 0 waiting\n", err)
      status, out = call(("engagements report %s.journal %s --state skipped -o tsv --no-header --fields to"):format(path, flow))
      assert.same({ 0, "+15550001112\n" }, { status, out })
      status, out, err = call(("executions report %s.journal --page %s.html"):format(path, path))
      assert.same({ 0, "" }, { status, out })
      assert.truthy(err:find("the page is in " .. path .. ".html", 1, true), err)
      local file = assert(io.open(path .. ".html"))
      local page = file:read "*a"
      file:close()
      assert.truthy(page:find("3 contacts, sent from 20", 1, true), page:match "<p>.-</p>")
      assert.truthy(page:find('class="chart"', 1, true))
      assert.equal(2, (call(("executions report %s.journal other"):format(path))))
      folder.write("contacts.csv", CONTACTS .. "+15550001114,Dot\n")
      status, out, err = call(line)
      assert.same({ 0, 2 }, { status, studio.decode(out).created })
      assert.truthy(err:find("has 4 contacts now; the campaign keeps those that it began with, 3; --name", 1, true), err)
    end)

    it("tells of contacts that a file has twice, and does not count them when it goes on", function()
      if not has_sqlite then return pending "luasql.sqlite3 is not here for this Lua" end
      local path = folder.write("twice.csv", 'to,note\n+15550001121,"two\nlines"\n\n+15550001122,\n+1 555 000 1121,again\n')
      local line = ("executions trigger %s %s --from +15550002222 -o json"):format(service().flows.survey, path)
      local _, _, rehearsed = call(line .. " --dry-run")
      local status, out, err = call(line)
      assert.same({ 0, 2 }, { status, studio.decode(out).created })
      local told = path .. ", line 6: +15550001121 is the contact of line 2, and counts once\n"
      assert.equal(told, err)
      assert.equal(told .. "nothing was sent: 2 contacts, 2 of them would be started\n", rehearsed)
      status, out, err = call(line)
      assert.same({ 0, 2, "" }, { status, studio.decode(out).created, err })
    end)

    it("reports the only campaign of a journal without its name, of several it asks for one", function()
      if not has_sqlite then return pending "luasql.sqlite3 is not here for this Lua" end
      local path = folder.write("named.csv", "to\n+15550001131\n")
      local line = ("executions trigger %s %s --from +15550002222 --name "):format(service().flows.survey, path)
      assert.equal(0, (call(line .. "may")))
      local status, out = call(("executions report %s.journal -o csv --fields to,state"):format(path))
      assert.same({ 0, "to,state\n+15550001131,created\n" }, { status, out })
      assert.equal(0, (call(line .. "june")))
      local err
      status, out, err = call(("executions report %s.journal"):format(path))
      assert.same({ 2, "" }, { status, out })
      assert.truthy(err:find("the journal has 2 campaigns, and the name of one is due: 'may', 'june'", 1, true), err)
    end)

    it("says what is wrong with a file that is none of contacts, or a journal that is none", function()
      if not has_sqlite then return pending "luasql.sqlite3 is not here for this Lua" end
      local nothing = folder.write("nothing.journal", "")
      local flow = service().flows.survey
      for line, words in pairs {
        [("executions trigger %s %s --from +15550002222"):format(flow, folder.path)] = "the contacts cannot be read",
        [("executions report %s %s"):format(nothing, flow)] = "this is no journal, or one of another version",
      } do
        local status, _, err = call(line)
        assert.equal(2, status)
        assert.truthy(err:find(words, 1, true), err)
        assert.is_nil(err:find("please report", 1, true), err)
      end
    end)

    it("has exit code 9 when some were refused", function()
      local path = folder.write("two.csv", "to\n+15550001111\n+15550001112\n")
      service():fault { method = "POST", status = 400, body = '{"code":21211,"message":"not a number","status":400}', times = 1 }
      local status, out = call(("engagements trigger %s %s --from +15550002222 --no-journal -o json"):format(service().flows.survey, path))
      assert.equal(9, status)
      assert.equal(1, studio.decode(out).refused)
    end)

    it("asks about more than a few contacts, and refuses a list that cannot be read", function()
      local lines = { "to" }
      for number = 1, 12 do lines[#lines + 1] = ("+155500033%02d"):format(number) end
      local path = folder.write("many.csv", table.concat(lines, "\n") .. "\n")
      local status, _, err = call(("executions trigger %s %s --from +15550002222"):format(service().flows.survey, path))
      assert.equal(2, status)
      local words = "this will start up to 12 executions, which may cost money, and nobody can be asked; next: --yes"
      assert.truthy(err:find(words, 1, true), err)
      assert.equal(2, (call(("executions trigger %s %s/none.csv --from +15550002222"):format(service().flows.survey, folder.path))))
      assert.equal(2, (call(("executions trigger %s %s"):format(service().flows.survey, path))))
    end)

    it("says with the first Ctrl-C that it waits for what is in flight", function()
      local silent = child.server "connection:request() connection:drain()"
      local path = folder.write("silent.csv", "to\n+15550001111\n")
      local words = ("executions trigger %s %s --from +15550002222 --yes --no-journal"):format(service().flows.survey, path)
      local line = cli.line(folder, words, {
        service = service(), environment = { STUDIO_BASE_URL = silent.origin, no_proxy = "*" },
      })
      local output = child.shell(([[
        %s >%s/out 2>%s/err & pid=$!
        for turn in $(seq 400); do grep -q connection %s && break; sleep 0.05; done
        kill -INT $pid
        for turn in $(seq 400); do grep -q stopping %s/err && break; sleep 0.05; done
        kill -INT $pid; wait $pid; cat %s/err
      ]]):format(line, folder.path, folder.path, silent.log_path, folder.path, folder.path))
      silent:stop()
      assert.truthy(output:find("stopping: what is in flight ends first, Ctrl-C again ends at once\n", 1, true), output)
    end)

    it("ends cleanly with the first Ctrl-C, and says how to go on", function()
      if not has_sqlite then return pending "luasql.sqlite3 is not here for this Lua" end
      local lines = { "to" }
      for number = 1, 60 do lines[#lines + 1] = ("+155500044%02d"):format(number) end
      local path = folder.write("sixty.csv", table.concat(lines, "\n") .. "\n")
      local line = cli.line(folder, ("executions trigger %s %s --from +15550002222 --yes --rate 10 -o json"):format(
        service().flows.survey, path), { service = service() })
      local script = ([[
        %s >%s/out 2>%s/err & pid=$!
        for turn in $(seq 200); do [ -s %s.journal ] && break; sleep 0.05; done
        sleep 0.5; kill -INT $pid; wait $pid; echo status=$?
      ]]):format(line, folder.path, folder.path, path)
      assert.equal("status=130\n", child.shell(script))
      local told = studio.decode(folder.read "out")
      assert.is_true(told.waiting > 0 and told.created < 60)
      assert.equal(60, told.created + told.waiting)
      assert.truthy(folder.read "err":find("stopped; the same command goes on with the %d+ that wait"), folder.read "err")
      assert.equal(told.created, select(2, call(("executions list %s --status active -o name"):format(service().flows.survey)))
        :gsub("[^\n]", ""):len())
    end)
  end)
end)
