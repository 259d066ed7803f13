--- The command `studio`: how it finds its commands, what it says, and its exit codes.
local cli = require "spec.cli"
local support = require "spec.support"

describe("The command studio", function()
  local service = support.emulator()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local function run(arguments, options)
    options = options or {}
    options.service = service()
    return cli.call(arguments, options)
  end

  it("tells its version, and needs neither account nor HOME", function()
    local status, out, err = cli.run(folder, "--version", { without_home = true })
    assert.equal(0, status)
    assert.truthy(out:find "^studio %d+%.%d+%.%d+ %(", out)
    assert.equal("", err)
  end)

  it("has help for all, for a group and for a command", function()
    for arguments, words in pairs {
      ["--help"] = "executions", ["flows --help"] = "revisions", ["flows get --help"] = "Usage: studio flows get SID",
      ["-h flows list"] = "limit",
    } do
      local status, out = cli.call(arguments)
      assert.equal(0, status, arguments)
      assert.truthy(out:find(words, 1, true), out)
    end
    local status, out = cli.call ""
    assert.equal(2, status)
    assert.truthy(out:find("Exit codes:", 1, true))
  end)

  it("says what a slip was meant to be", function()
    for arguments, words in pairs {
      ["flow list"] = "studio: unknown command 'flow': did you mean 'flows'?",
      ["help exit"] = "there is no topic 'exit': did you mean 'exit-codes'?", ["help flow list"] = "did you mean 'flows'?",
      ["flows lst"] = "did you mean 'list'?",
      ["flows list --filds x"] = "did you mean '--fields'?", ["flows list -o xml"] = "must be one of",
      ["flows get"] = "missing argument 'sid'",
      ["flows list --api v3"] = "--api is one of v2, v1", ["flows list --limit many"] = "--limit must be a whole number",
      ["flows list --fields sid,statsu"] = "there is no field 'statsu': did you mean 'status'?", ["flows get FW1"] = "must be a SID",
    } do
      local status, out, err = run(arguments)
      assert.equal(2, status, arguments)
      assert.equal("", out)
      assert.truthy(err:find(words, 1, true), err)
      assert.truthy(err:find "^[^\n]+\n$", err)
      assert.is_nil(err:find "^studio: studio", err)
    end
  end)

  it("gives lists in every form", function()
    local first = service().flows.survey
    local status, out = run "flows list"
    assert.equal(0, status)
    assert.equal(5, select(2, out:gsub("{[^\n]+}\n", "")))
    status, out = run "flows list -o csv --fields sid,friendly_name --limit 1"
    assert.equal(0, status)
    assert.equal("sid,friendly_name\n" .. first .. ",Customer survey\n", out)
    status, out = run "flows list -o name --limit 2"
    assert.equal(0, status)
    assert.truthy(out:find("^" .. first .. "\nFW%x+\n$"), out)
  end)
end)
