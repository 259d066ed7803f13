-- Seen: `flows pull FLOW -` and `--out -` wrote a file of the name "-", where a source of that name is stdin; `--fields ''`, an empty
-- variable in a script most often, gave records with nothing in them.
local cli = require "spec.cli"
local studio = require "studio"
local support = require "spec.support"

describe("The command", function()
  local service = support.emulator()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local function run(line) return cli.run(folder, line, { service = service() }) end

  local function is_file() -- of this name, where the command runs
    local file = io.open("-", "rb")
    if file then file:close() end
    return file ~= nil
  end

  it("writes to stdout where a file is called -", function()
    local flow = service().flows.survey
    local status, out, err = run("flows pull " .. flow .. " -")
    assert.same({ 0, "" }, { status, err })
    assert.is_table(studio.decode(out).states)
    assert.equal(out, (select(2, run("flows pull " .. flow))))
    local definition = folder.write("flow.json", out)
    status, out, err = run("flows view " .. definition .. " --out -")
    assert.same({ 0, "" }, { status, err })
    assert.truthy(out:find("^<!doctype html>"), out:sub(1, 100))
    assert(support.client(service()).v2.flows(flow).executions:create { to = "+15550001111", from = "+15550002222" })
    status, out = run("executions export " .. flow .. " --out -")
    assert.equal(0, status)
    assert.equal(flow, studio.decode(out:match "[^\n]+").flow_sid)
    assert.is_false(is_file())
  end)

  it("refuses that where stdout has something else already", function()
    local definition = folder.write("empty.json", '{"states":[]}')
    local status, out, err = run("flows run " .. definition .. " --record - --message x")
    assert.same({ 2, "" }, { status, out })
    assert.truthy(err:find("--record needs a file", 1, true), err)
    assert.is_false(is_file())
  end)

  it("takes no fields that have no name", function()
    for _, list in ipairs { "''", ",", ".", ",.," } do
      local status, out, err = run("flows list --fields " .. list)
      assert.same({ 2, "" }, { status, out })
      assert.truthy(err:find("--fields names no field: 'help' lists them", 1, true), err)
    end
  end)
end)
