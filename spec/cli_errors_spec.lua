--- How the command fails: the exit code and the one line of each kind of error, and what it leaves where it cannot write.
local child = require "spec.child"
local cli = require "spec.cli"
local files = require "studio.cli.files"
local studio = require "studio"
local support = require "spec.support"

describe("The command studio fails", function()
  local service = support.emulator()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local function call(arguments, environment)
    return cli.call(arguments, { service = service(), environment = environment })
  end

  -- The exit code and the line of a command that gives no data.
  local function failure(arguments, environment)
    local status, out, err = call(arguments, environment)
    assert.equal("", out)
    assert.truthy(err:find "^studio[: ][^\n]+\n$", err)
    return status, err
  end

  it("with the code of each answer", function()
    for answer, code in pairs { [400] = 1, [401] = 4, [403] = 4, [404] = 5, [409] = 6, [418] = 1, [429] = 7, [500] = 1, [503] = 1 } do
      service():fault { status = answer, body = ('{"code":%d,"message":"so it is","status":%d}'):format(20000 + answer, answer), times = 9 }
      local status, err = failure("flows update " .. service().flows.survey .. " --status draft")
      assert.equal(code, status, err)
      assert.truthy(err:find("so it is", 1, true), err)
      service():reset()
    end
  end)

  it("with the code of each kind of error that is no answer", function()
    service():fault { drop = "before", times = 99 }
    assert.equal(8, (failure("flows update " .. service().flows.survey .. " --status draft")))
    service():reset()
    service():fault { delay = 2, times = 9 }
    local status, err = failure("flows update --timeout 0.2 --status draft " .. service().flows.survey)
    assert.equal(8, status)
    assert.truthy(err:find("may have been carried out", 1, true), err)
    service():reset()
    service():fault { status = 200, body = "this is no JSON", headers = { ["Content-Type"] = "application/json" }, times = 9 }
    assert.equal(1, (failure "flows list")) -- decode
    assert.equal(2, (failure "flows get FW1")) -- argument
    assert.equal(8, (failure("flows list --timeout 1s", { STUDIO_BASE_URL = "http://127.0.0.1:1" }))) -- nobody listens
  end)

  it("with the error as JSON on stderr, where JSON is asked for", function()
    local status, out, err = call "flows get FW99999999999999999999999999999999 -o json"
    assert.equal(5, status)
    assert.equal("", out)
    local told = assert(studio.decode(err)).error
    assert.same({ "http", 404, 20404, 5, true }, { told.kind, told.status, told.code, told.exit, told.sent })
    assert.truthy(told.request_id)
    status, out, err = call "flows lst -o json"
    assert.same({ 2, "" }, { status, out })
    assert.same({
      kind = "usage", exit = 2, hint = "studio flows --help", message = "studio flows: unknown command 'lst': did you mean 'list'?",
    }, studio.decode(err).error)
  end)

  it("in the middle of a list with nothing but whole lines behind it", function()
    local flow = service().flows.survey
    service():fault { method = "GET", query = "Page=1", status = 500, body = "{}", times = 99 }
    local line = "executions list " .. flow .. " --page-size 50"
    local status, out, err = call(line .. " -o jsonl")
    assert.equal(1, status, err)
    assert.equal(50, select(2, out:gsub("{[^\n]+}\n", "")))
    status, out = call(line .. " -o json")
    assert.same({ 1, "" }, { status, out })
  end)

  describe("without credentials", function()
    it("with code 4 and the ways to give some", function()
      for _, environment in ipairs { {}, { HOME = folder.path .. "/nowhere" }, { TWILIO_ACCOUNT_SID = "AC" .. ("0"):rep(32) } } do
        local status, out, err = cli.call("flows list", { environment = environment })
        assert.equal(4, status)
        assert.equal("", out)
        assert.truthy(err:find("'studio profiles add NAME'", 1, true), err)
      end
    end)

    it("with code 4 for a profile that is not there, is broken, or that others may read", function()
      local path = folder.write("profiles", "[one]\naccount_sid = AC1\nauth_tokn = x\n")
      local function profile_failure()
        local status, out, err = cli.call("flows list --profile two", { environment = { STUDIO_PROFILES = path } })
        assert.equal(4, status)
        assert.equal("", out)
        assert.truthy(err:find "^[^\n]+\n$", err)
        return err
      end
      os.execute("chmod 644 " .. child.quote(path))
      assert.truthy(profile_failure():find("others may read or change it (mode 0644); next: chmod 600 " .. path, 1, true))
      os.execute("chmod 600 " .. child.quote(path))
      assert.truthy(profile_failure():find(path .. ":3: a profile has no 'auth_tokn': did you mean 'auth_token'?", 1, true))
      for text, words in pairs {
        ["nonsense"] = "neither [NAME] nor NAME = VALUE", ["[a]\n[a]\n"] = "two profiles 'a'",
        ["[a]\nconfirm = yes\n"] = "is true or false",
        ["[a]\naccount_sid =\n"] = "has no value", ["[two x]\n"] = "the name of a profile", ["[tow]\n"] = "did you mean 'tow'?",
        ["\255\254[\0t\0w\0o\0]\0"] = "profiles is in UTF-16", ["\254\255\0[\0t\0w\0o\0]"] = "profiles is in UTF-16",
      } do
        folder.write("profiles", text)
        local err = profile_failure()
        assert.truthy(err:find(words, 1, true), err)
      end
    end)
  end)

  it("in words of the profile that was used, whose file may begin with a byte order mark", function()
    local path = folder.write("marked", ("\239\187\191[live]\naccount_sid = AC%s\nauth_token = wrong\n"):format(("1"):rep(32)))
    os.execute("chmod 600 " .. child.quote(path))
    local environment = { STUDIO_PROFILES = path, STUDIO_BASE_URL = service().base_url }
    local status, _, err = cli.call("flows list --profile live", { environment = environment })
    assert.equal(4, status)
    assert.truthy(err:find("the auth token from 'auth_token' of the profile 'live'", 1, true), err)
  end)

  describe("where it cannot write", function()
    it("with code 1 on a full disk", function()
      for _, form in ipairs { "table", "tsv", "csv", "name" } do
        local status, _, err = cli.run(folder, "flows list -o " .. form .. " >/dev/full", { service = service() })
        assert.equal(1, status)
        assert.equal("studio: the output cannot be written: No space left on device\n", err)
      end
      for _, arguments in ipairs { "--version", "--help", "help man", "flows --help" } do
        local status, _, err = cli.run(folder, arguments .. " >/dev/full")
        assert.equal(1, status, arguments)
        assert.equal("studio: the output cannot be written: No space left on device\n", err)
        status, _, err = cli.run(folder, arguments .. " >&-")
        assert.equal(1, status, arguments)
        assert.equal("studio: the output cannot be written: Bad file descriptor\n", err)
      end
      local status, _, err = cli.run(folder, ("executions export %s >/dev/full"):format(service().flows.survey), { service = service() })
      assert.equal(1, status)
      assert.equal("studio: the output cannot be written: No space left on device\n", err)
      status, _, err = cli.run(folder, ("flows pull %s /dev/full/flow.json"):format(service().flows.survey), { service = service() })
      assert.equal(1, status)
      assert.truthy(err:find("cannot be written", 1, true))
    end)

    it("with code 1 in the place of a device, a pipe or a folder, and opens none of them", function()
      local pipe = folder.path .. "/pipe"
      os.execute("mkfifo " .. child.quote(pipe) .. " && ln -s /dev/zero " .. child.quote(folder.path .. "/zero"))
      service():clear_log()
      for _, path in ipairs { pipe, folder.path, folder.path .. "/zero", "/dev/zero", "/dev/full" } do
        local line = cli.line(folder, ("flows pull %s %s"):format(service().flows.survey, child.quote(path)), { service = service() })
        local said = child.shell(("timeout 10 %s 2>&1; echo status=$?"):format(line))
        assert.equal(("studio: %s cannot be written: it is no regular file\nstatus=1\n"):format(path), said)
      end
      assert.equal(0, #service():requests())
      -- What a shell led to a file.
      local fine, problem = pcall(files.check_place, "/dev/stdout")
      assert.same({ false, "/dev/stdout cannot be written: it is no regular file" }, { fine, tostring(problem) })
      local status, _, err = call(("flows view %s --out %s"):format(service().flows.survey, pipe))
      assert.same({ 1, ("studio: %s cannot be written: it is no regular file\n"):format(pipe) }, { status, err })
    end)

    it("with code 1 where an export cannot be written, and with 2 where nothing was asked for yet", function()
      local export = ("executions export %s --out %%s"):format(service().flows.survey)
      for _, format in ipairs { "jsonl", "csv" } do
        service():clear_log()
        local status, out, err = call(export:format "/dev/full" .. " --format " .. format)
        assert.same({ 1, "", "studio: cannot write '/dev/full': No space left on device\n" }, { status, out, err })
        assert.is_true(#service():requests() > 0)
      end
      local status, _, err = call(export:format "/dev/full" .. " -o json --to 2000-01-01 --format csv")
      assert.same({ 1, true }, { status, studio.decode(err).error.sent })
      service():clear_log()
      status, _, err = call(export:format(folder.path .. "/nowhere/file"))
      assert.equal(2, status)
      assert.truthy(err:find("No such file or directory", 1, true), err)
      assert.equal(0, #service():requests())
    end)

    it("quietly where the reader of a pipe has gone", function()
      local line = cli.line(folder, "executions list " .. service().flows.survey .. " --all", { service = service() })
      local output = child.shell(("{ %s; echo status=$? >&2; } | head -n 1 | wc -l"):format(line))
      assert.equal("1\nstatus=141\n", (output:gsub("^(status=%d+)\n(1)\n", "%2\n%1\n")))
      -- Where somebody has SIGPIPE ignored, too.
      output = child.shell(("trap '' PIPE; { %s; echo status=$? >&2; } | head -n 1 | wc -l"):format(line))
      assert.equal("1\nstatus=141\n", (output:gsub("^(status=%d+)\n(1)\n", "%2\n%1\n")))
    end)

    it("with code 1 where there is no place for profiles", function()
      local status, _, err = cli.run(folder, "profiles add one --account-sid AC" .. ("1"):rep(32) .. " --auth-token-file -",
        { without_home = true, input = "secret\n" })
      assert.equal(1, status)
      assert.truthy(err:find("neither HOME nor STUDIO_PROFILES is set", 1, true), err)
      status, _, err = cli.run(folder, "profiles add one --account-sid AC" .. ("1"):rep(32) .. " --auth-token-file -",
        { environment = { STUDIO_PROFILES = "/dev/full/profiles" }, input = "secret\n" })
      assert.equal(1, status)
      assert.truthy(err:find("cannot be written", 1, true), err)
    end)
  end)

  it("with code 130 after Ctrl-C, in one line", function()
    service():fault { delay = 20, times = 9 }
    local line, pid = cli.line(folder, "flows list", { service = service() }), child.quote(folder.path .. "/pid")
    local pipe = assert(io.popen(("{ %s & echo $! >%s; wait $!; echo status=$?; } 2>&1"):format(line, pid), "r"))
    -- Before it has begun to wait a shell's background job takes no SIGINT.
    assert.truthy(child.wait_until(function() return #service():requests() > 0 end))
    os.execute("kill -INT $(cat " .. pid .. ")")
    local output = pipe:read "*a"
    pipe:close()
    assert.equal("studio: interrupted\nstatus=130\n", output)
  end)

  it("without a word of a secret in what -v and the error tell", function()
    service():fault { status = 500, body = "{}", times = 9 }
    local flow = service().flows.survey
    local line = "executions create %s --to +15550001111 --from +15550002222 --parameters {\"pin\":\"9876\"} -v"
    local status, _, err = call(line:format(flow))
    assert.equal(1, status)
    assert.truthy(err:find("studio response POST /v2/Flows/" .. flow .. "/Executions", 1, true), err)
    for _, secret in ipairs { service().auth_token, "15550001111", "15550002222", "9876" } do
      assert.is_nil(err:find(secret, 1, true), err)
    end
  end)
end)

describe("studio profiles", function()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local SID = "AC" .. ("a1"):rep(16)

  local function call(arguments) return cli.call(arguments, { environment = { STUDIO_PROFILES = folder.path .. "/p/rofiles" } }) end

  it("adds, lists, uses and removes, in a file of mode 0600, and shows no secret", function()
    local secret = folder.write("secret", "not-a-real-secret\n")
    local status, out, err = call(("profiles add live --account-sid %s --confirm --region ie1 --auth-token-file %s"):format(SID, secret))
    assert.same({ 0, "" }, { status, out }, err)
    assert.truthy(err:find("added the profile live", 1, true))
    assert.equal(0, (call(("profiles add test --api-key SK1 --account-sid %s --api-secret-file %s"):format(SID, secret))))
    assert.equal("600\n", child.shell("stat -c %a " .. child.quote(folder.path .. "/p/rofiles")))
    status, out = call "profiles list -o csv"
    assert.equal(0, status)
    assert.equal(("name,current,account_sid,credentials,region,confirm\nlive,true,%s,auth token,ie1,true\n"
      .. "test,false,%s,API key,,false\n"):format(SID, SID), out)
    assert.equal(0, (call "profiles use test"))
    assert.equal("test\n", (select(2, call "profiles list -o name"):match "test\n"))
    assert.truthy(folder.read "p/rofiles":find("current = test\n", 1, true))
    assert.equal(2, (call "profiles remove test"))
    assert.equal(0, (call "profiles remove test --yes"))
    assert.same({ 0, "live\n", "" }, { call "profiles list -o name" })
    assert.equal(4, (call "profiles use test"))
  end)

  it("takes a secret from a file with a byte order mark, and says that one is in UTF-16", function()
    local add = "profiles add marked --account-sid %s --%s-file %s"
    for _, option in ipairs { "auth-token", "api-key SK1 --api-secret" } do
      local status, _, err = call(add:format(SID, option, folder.write("secret", "\239\187\191not-a-real-secret\r\n")))
      assert.equal(0, status, err)
      assert.truthy(folder.read "p/rofiles":find("= not-a-real-secret\n", 1, true))
      for _, content in ipairs { "\255\254n\0o\0", "\254\255\0n\0o", "n\0o\0" } do
        local refused, _, why = call(add:format(SID, option, folder.write("secret", content)))
        assert.same({ 2, true }, { refused, why:find("-file is in UTF-16: write it in UTF-8\n", 1, true) ~= nil }, why)
      end
    end
  end)

  it("takes no secret from the command line, and refuses names and SIDs that are none", function()
    local secret = folder.write("secret", "not-a-real-secret\n")
    local status, _, err = call(("profiles add x --account-sid %s --region IE1 --auth-token-file %s"):format(SID, secret))
    assert.equal(2, status)
    assert.truthy(err:find("'region' of the profile 'x' must be a short lower-case name", 1, true), err)
    assert.equal(2, (call(("profiles add x --account-sid %s --auth-token secret"):format(SID))))
    status, _, err = call(("profiles add x --account-sid %s"):format(SID))
    assert.equal(2, status)
    assert.truthy(err:find("comes from TWILIO_AUTH_TOKEN, from --auth-token-file, or is asked for on a terminal", 1, true), err)
    assert.equal(2, (call { "profiles", "add", "a b", "--account-sid", SID }))
    assert.equal(2, (call "profiles add x --account-sid AC1"))
    assert.equal(2, (call "profiles add x"))
  end)
end)
