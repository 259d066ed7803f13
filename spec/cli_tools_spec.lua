--- The commands beside those of the API: doctor, emulator, webhook, completion, help and the man page.
local child = require "spec.child"
local cli = require "spec.cli"
local support = require "spec.support"
local webhook = require "studio.webhook"

describe("The command studio", function()
  local service = support.emulator()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local function run(arguments, options)
    options = options or {}
    options.service = service()
    return cli.run(folder, arguments, options)
  end

  describe("doctor", function()
    it("has a sentence for each thing, in the order in which they rest on each other", function()
      local status, out, err = run "doctor --fields check,state -o csv"
      assert.equal(0, status, out .. err)
      local names = { "lua", "libcurl", "tls", "certificates", "cjson", "credentials", "region", "proxy", "clock", "nginx", "emulator" }
      assert.truthy(out:find("^check,state\n" .. table.concat(names, ",%l+\n") .. ",%l+\n$"), out)
      assert.truthy(out:find("credentials,ok\n", 1, true))
      assert.truthy(out:find("clock,ok\n", 1, true))
    end)

    it("says what is wrong and what mends it, and ends with 1", function()
      for expected, environment in pairs {
        ["bad   credentials  http 401 (20003): Authenticate"] = { TWILIO_AUTH_TOKEN = ("f"):rep(32) },
        ["bad   certificates STUDIO_CA_FILE names /etc/hostname, which holds no certificate"] = { STUDIO_CA_FILE = "/etc/hostname" },
        ["bad   proxy        http_proxy in the environment must have a port"] = { http_proxy = "http://127.0.0.1:0", no_proxy = "" },
        ["bad   region       "] = { TWILIO_REGION = "nowhere", STUDIO_BASE_URL = "" },
        ["bad   credentials  transport: "] = { STUDIO_BASE_URL = "http://127.0.0.1:9" },
      } do
        local is_asked = environment.TWILIO_AUTH_TOKEN or environment.STUDIO_BASE_URL == "http://127.0.0.1:9"
        local status, out, err = run("doctor" .. (is_asked and "" or " --offline"), { environment = environment })
        assert.equal(1, status, expected)
        assert.truthy(out:find(expected, 1, true), out)
        assert.truthy(out:find("mend: ", 1, true), out)
        assert.truthy(err:find "^%d of %d+ to mend\n$", err)
        assert.is_nil(out:find(("f"):rep(32), 1, true))
      end
    end)

    it("tells the proxy that leads to where requests go, without user and password", function()
      local name = ("http://%s:%s@127.0.0.1:1"):format("somebody", "hidden")
      local here, other = "http://127.0.0.1:9", ("https://%s:%s@127.0.0.1:9"):format("somebody", "hid/den")
      for _, row in ipairs {
        { "ok    proxy        http://127.0.0.1:1, of http_proxy in the environment", http_proxy = name },
        { "ok    proxy        none: no_proxy names 127.0.0.1", http_proxy = name, no_proxy = "127.0.0.1" },
        { "ok    proxy        none", http_proxy = name, STUDIO_BASE_URL = other },
        { "ok    proxy        none", http_proxy = name, STUDIO_BASE_URL = "" },
        { "ok    proxy        none", https_proxy = name },
        { "ok    proxy        http://127.0.0.1:1, of https_proxy in the environment", https_proxy = name, STUDIO_BASE_URL = other },
        { "ok    proxy        http://127.0.0.1:1, of https_proxy in the environment", https_proxy = name, STUDIO_BASE_URL = "" },
        { "bad   proxy        http_proxy in the environment must have a port from 1 to 65535", http_proxy = "hidden:0" },
      } do
        local environment = { STUDIO_BASE_URL = here, no_proxy = "", NO_PROXY = "" }
        for variable, value in pairs(row) do environment[variable] = variable ~= 1 and value or nil end
        local _, out = run("doctor --offline", { environment = environment })
        assert.truthy(out:find(row[1] .. "\n", 1, true), row[1] .. "\n" .. out)
        assert.is_nil(out:find("hidden", 1, true), out)
      end
      local _, out = cli.run(folder, "doctor --emulator --fields check,sentence -o csv", { environment = { http_proxy = name } })
      assert.truthy(out:find("\nproxy,none\n", 1, true), out)
    end)

    it("shows no user and password of a base URL", function()
      for _, url in ipairs { "http://%s:%s@127.0.0.1:1", "http://%s:%s/x@127.0.0.1:1", "%s:%s@127.0.0.1:1", "//%s@%s@127.0.0.1:1" } do
        local status, out = run("doctor --offline", { environment = { STUDIO_BASE_URL = url:format("somebody", "Pa55word") } })
        assert.equal(1, status)
        assert.truthy(out:find("requests go to ", 1, true), out)
        assert.truthy(out:find("127.0.0.1:1\n", 1, true), out)
        for _, secret in ipairs { "somebody", "Pa55word" } do assert.is_nil(out:find(secret, 1, true), out) end
      end
    end)

    it("finds a clock that is wrong", function()
      local emulator = require "studio.emulator"
      local late = assert(emulator.start { now = os.time() - 7200 })
      local status, out = cli.run(folder, "doctor", { service = late })
      late:stop()
      assert.equal(1, status)
      assert.truthy(out:find "bad   clock        7%d%d%d s ahead of the service's\n +mend: set the clock", out)
    end)

    it("sends nothing when it is told so, and needs no account for that", function()
      local before = #service():requests()
      local status, out = run "doctor --offline -o name"
      assert.equal(0, status)
      assert.is_nil(out:find "clock")
      assert.equal(before, #service():requests())
      status, out = cli.run(folder, "doctor --offline")
      assert.equal(1, status)
      assert.truthy(out:find("no credentials\n", 1, true), out)
    end)
  end)

  describe("emulator", function()
    it("runs around a program, whose exit code is its own", function()
      local status, out, err = cli.run(folder, "emulator --engagements 3 -- sh -c 'echo $STUDIO_BASE_URL; exit 7'")
      assert.equal(7, status)
      assert.truthy(out:find "^http://127%.0%.0%.1:%d+\n$", out)
      assert.equal("", err)
    end)

    it("ends by an interrupt that it alone gets, as kill sends it, and leaves nothing", function()
      local log = folder.write("log", "")
      local output = child.shell(([[
        env --default-signal=INT %s >%s 2>&1 &
        pid=$!
        i=0
        until grep -q ca_file %s || [ $i -eq 200 ]; do sleep 0.05; i=$((i + 1)); done
        kill -INT $pid
        timeout 10 tail --pid=$pid -f /dev/null || kill -KILL $pid
        wait $pid
        echo "status=$?"]]):format(cli.line(folder, "emulator"), child.quote(log), child.quote(log)))
      assert.equal("status=0\n", output, folder.read "log")
      assert.is_nil((io.open(folder.read("log"):match "ca_file: +(%S+)\n")))
    end)

    it("says what is wrong with its options", function()
      for words, sentence in pairs {
        ["--port 0"] = "--port must be a whole number of 1 or more", ["--page-size x"] = "must be a whole number",
        ["--port 99999"] = "studio: --port must be a whole number from 0 to 65535, got 99999\n",
        ["--page-size 1001"] = "studio: --page-size must be a whole number from 1 to 1000, got 1001\n",
        ["--now 999999999999"] = "studio: --now must be seconds since 1970, before the year 10000",
      } do
        local status, _, err = cli.run(folder, "emulator " .. words .. " -- true")
        assert.equal(2, status, err)
        assert.truthy(err:find(sentence, 1, true), err)
        assert.truthy(err:find "^[^\n]+\n$", err)
      end
      local status, _, err = cli.run(folder, "emulator --port " .. service().port .. " -- true")
      assert.equal(1, status)
      assert.truthy(err:find "^studio: the emulator did not start: [^\n]+ in use", err)
    end)
  end)

  describe("webhook", function()
    local token = { TWILIO_AUTH_TOKEN = "12345" }
    local url = "https://mycompany.com/myapp.php?foo=1&bar=2"

    it("signs as the library does, forms and bodies", function()
      local status, out = cli.run(folder, ("webhook sign '%s' --form Digits=1234 --form From=+1"):format(url), { environment = token })
      assert.same({ 0, webhook.sign("12345", url, { Digits = "1234", From = "+1" }) .. "\n" }, { status, out })
      local signature, signed = webhook.sign("12345", url, '{"a":1}')
      local _, body, err = cli.run(folder, ("webhook sign '%s' --body -"):format(url), { environment = token, input = '{"a":1}' })
      assert.equal(signature .. "\n", body)
      assert.equal("the URL that was signed: " .. signed .. "\n", err)
    end)

    it("verifies, and ends with 3 where a request is not Twilio's", function()
      local signature = webhook.sign("12345", url, { Digits = "1234", From = "+1" })
      local verify = "webhook verify '%s' '%s' --auth-token-file - %s"
      for words, expected in pairs {
        ["--form Digits=1234 --form From=+1"] = { 0, "valid\n" }, ["--body 'Digits=1234&From=%2B1'"] = { 0, "valid\n" },
        ["--form Digits=1235 --form From=+1"] = { 3, "not valid: the signature is not of this URL and these fields\n" },
      } do
        local status, out, err = cli.run(folder, verify:format(url, signature, words), { input = "12345\n" })
        assert.same(expected, { status, out }, err)
      end
    end)

    it("signs with a token whose file has a byte order mark, and says that one is in UTF-16", function()
      local sign, due = ("webhook sign '%s' --auth-token-file -"):format(url), webhook.sign("12345", url) .. "\n"
      assert.same({ 0, due, "" }, { cli.run(folder, sign, { input = "\239\187\19112345\r\n" }) })
      local status, out, err = cli.run(folder, sign, { input = "\255\0541\0002\0003\0" })
      assert.same({ 2, "", "studio webhook sign: --auth-token-file is in UTF-16: write it in UTF-8\n" }, { status, out, err })
    end)

    it("wants a token, from anywhere but the command line", function()
      local status, _, err = cli.run(folder, "webhook sign " .. child.quote(url))
      assert.equal(4, status)
      assert.truthy(err:find("no auth token; next: set TWILIO_AUTH_TOKEN", 1, true), err)
      status, _, err = cli.run(folder, "webhook sign " .. child.quote(url) .. " --form a=b --body c", { environment = token })
      assert.equal(2, status)
      assert.truthy(err:find("--form and --body exclude each other", 1, true), err)
    end)
  end)

  describe("completion", function()
    local function words(line)
      local _, out = run("completion words -- " .. line)
      return (out:gsub("\t[^\n]*", ""))
    end

    it("knows commands, options and their values", function()
      assert.equal("flows\nflex-flows\n", words "f")
      assert.equal("delete\ndeploy\n", words "flows de")
      assert.equal("table\ntsv\n", words "flows list -o t")
      assert.equal("--fields\n", words "flows list -o json --f")
      assert.equal("--output=json\n--output=jsonl\n", words "flows list --output=j")
      assert.equal("dot\n", words "flows graph flow.json --format d")
      assert.equal("bash\n", words "completion b")
    end)

    it("knows profiles, and the flows of the account, which it keeps for some minutes", function()
      local file = assert(io.open(folder.path .. "/profiles", "w"))
      file:write("[staging]\naccount_sid = AC" .. ("0"):rep(32) .. "\nauth_token = " .. ("f"):rep(32) .. "\n")
      file:close()
      child.shell("chmod 600 " .. child.quote(folder.path .. "/profiles"))
      local _, out = cli.run(folder, "completion words -- flows list --profile ''", {
        environment = { STUDIO_PROFILES = folder.path .. "/profiles" },
      })
      assert.equal("staging\tAC" .. ("0"):rep(32) .. "\n", out)
      local flow = service().flows.survey
      assert.truthy(words("executions list ''"):find(flow, 1, true))
      local before = #service():requests()
      _, out = run "completion words -- flows get FW"
      assert.truthy(out:find(flow .. "\tCustomer survey\n", 1, true), out)
      assert.equal(before, #service():requests())
    end)

    -- What a script prints in which `studio` is the command; nil where the shell is not there.
    local function of_shell(shell, script)
      if child.shell("command -v " .. shell) == "" then return nil end
      folder.write("studio", ("#!/bin/sh\nexec %s \"$@\"\n"):format(cli.line(folder, "")))
      child.shell("chmod +x " .. child.quote(folder.path .. "/studio"))
      return child.shell(("PATH=%s:$PATH %s %s 2>&1"):format(child.quote(folder.path), shell, child.quote(folder.write("script", script))))
    end

    it("completes words in bash, values behind a sign, too", function()
      assert.equal("delete deploy\njson jsonl\n--fields\ncomplete -o default -F _studio studio\n", of_shell("bash", [[
        eval "$(studio completion bash)"
        ask() { COMP_WORDS=(studio "$@") COMP_CWORD=$#; _studio; echo "${COMPREPLY[*]}"; }
        ask flows de
        ask flows list --output = j
        ask flows list --output = json --fi
        complete -p studio
      ]]))
    end)

    it("completes words in zsh", function()
      local out = of_shell("zsh -f", [[
        compdef() { print -r -- "compdef $*" }
        _describe() { print -rl -- "${(@P)2}" }
        eval "$(studio completion zsh)"
        words=(studio flows de) CURRENT=3
        _studio
        words=(studio flows list --output=jsonl) CURRENT=4
        _studio
      ]])
      if not out then return pending "zsh is not here" end
      assert.equal("compdef _studio studio\ndelete:Deletes a flow.\ndeploy:Brings a definition to the service, where it is another one.\n"
        .. "--output=jsonl:\n", out)
    end)

    it("completes words in fish", function()
      local out = of_shell("fish --no-config", [[
        studio completion fish | source
        complete --do-complete "studio flows de"
        complete --do-complete "true; studio flows list --output=jsonl"
      ]])
      if not out then return pending "fish is not here" end
      assert.equal("delete\tDeletes a flow.\ndeploy\tBrings a definition to the service, where it is another one.\n--output=jsonl\n", out)
    end)
  end)

  describe("help", function()
    it("has topics, and the help of groups and commands", function()
      for topic, sentence in pairs {
        ["exit-codes"] = "  130  ended by Ctrl-C\n", environment = "\n  STUDIO_PROFILE  ", output = "\n  jsonl   ", ["flows"] = "revisions",
        ["flows run"] = "Usage: studio flows run FILE", ["doctor"] = "--offline",
      } do
        local status, out, err = cli.run(folder, "help " .. topic)
        assert.same({ 0, "" }, { status, err })
        assert.truthy(out:find(sentence, 1, true), out)
      end
      local status, _, err = cli.run(folder, "help exit-code")
      assert.equal(2, status)
      assert.truthy(err:find "^[^\n]+\n$", err)
    end)

    it("writes a man page that has every command, and that man takes without a word", function()
      local status, out, err = cli.run(folder, "help man")
      assert.same({ 0, "" }, { status, err })
      for _, words in ipairs { ".SS studio flows run", ".SS studio executions trigger", ".SS studio doctor", ".SH EXIT CODES" } do
        assert.truthy(out:find("\n" .. words:gsub("%-", "\\-") .. "\n", 1, true), words)
      end
      assert.equal("", child.shell(("command -v groff >/dev/null || exit 0; env -u LD_PRELOAD groff -man -ww -Tutf8 -z %s"):format(
        child.quote(folder.path .. "/out"))))
    end)
  end)
end)
