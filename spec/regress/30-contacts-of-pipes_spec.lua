-- Seen: contacts from /dev/stdin or a pipe with a name were taken for a file, whose journal was /dev/stdin.journal: the next list that came
-- so was not called, and nobody said so; nor did anybody where a file had other contacts than before, as many. A JSON array of contacts was
-- CSV with "a quote in a field that does not begin with one"; "a contact must be a number" was said of a number.
local cli = require "spec.cli"
local studio = require "studio"
local support = require "spec.support"

local has_sqlite = pcall(require, "luasql.sqlite3")
local FIRST, SECOND = "to\n+15550001111\n+15550001112\n", "to\n+15550001113\n+15550001112\n"

describe("studio executions trigger", function()
  if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then return end
  local service = support.emulator()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local function run(contacts, words, input)
    local line = ("executions trigger %s %s --from +15550002222 -o json %s"):format(service().flows.survey, contacts, words)
    return cli.run(folder, line, { service = service(), input = input })
  end

  it("takes contacts from a pipe or a device as from stdin: with a journal that is named, or none", function()
    local pipe = folder.path .. "/pipe"
    os.execute(("rm -f %s; mkfifo %s"):format(pipe, pipe))
    for _, source in ipairs { "/dev/stdin", pipe } do
      local status, out, err = run(source, "", FIRST)
      assert.same({ 2, "" }, { status, out })
      assert.truthy(err:find(("contacts from %s need --journal JOURNAL"):format(source), 1, true), err)
      assert.is_nil(io.open(source .. ".journal"))
    end
    for _, list in ipairs { FIRST, '{"to":"+15550001114"}\n{"to":"+15550001115"}\n' } do
      local status, out, err = run("/dev/stdin", "--no-journal", list)
      assert.equal(0, status, err)
      assert.equal(2, studio.decode(out).created)
    end
    local path = folder.write("second.csv", "to\n+15550001116\n")
    local status, out, err = run(pipe, ("--no-journal & cat %s >%s; wait $!"):format(path, pipe))
    assert.equal(0, status, err)
    assert.equal(1, studio.decode(out).created)
  end)

  it("says what a JSON array of contacts, or a number for one, should be", function()
    local array = '[{"to":"+15550001111"}]'
    for _, source in ipairs { folder.write("contacts.json", array), "/dev/stdin", "-" } do
      local status, out, err = run(source, "--no-journal", array)
      assert.same({ 2, "" }, { status, out })
      assert.truthy(err:find(source:gsub("^%-$", "stdin") .. " begins as a JSON array; JSON Lines", 1, true), err)
    end
    local collection = support.client(service()).v2.flows(service().flows.survey).executions
    local _, err = require("studio.executions").trigger(collection, { 15550001111 }, { from = "+15550002222" })
    assert.equal('contact 1: a contact must be a text, such as "+15550001111", or a row { to = … }, got number', err.message)
  end)

  it("tells of contacts that the campaign does not have, be they as many as before", function()
    if not has_sqlite then return pending "luasql.sqlite3 is not here for this Lua" end
    local path = folder.write("contacts.csv", FIRST)
    local status, out, err = run(path, "")
    assert.same({ 0, 2, "" }, { status, studio.decode(out).created, err })
    assert.same({ 0, "" }, { (run(path, "")), (select(3, run(path, ""))) })
    for list, words in pairs { [SECOND] = "has 2 contacts now", ["to\n+15550001113\n"] = "has 1 contact now" } do
      folder.write("contacts.csv", list)
      status, out, err = run(path, "")
      assert.same({ 0, 2 }, { status, studio.decode(out).created })
      words = words .. "; the campaign keeps those that it began with, 2; --name NAME begins another one, for the 1"
      assert.truthy(err:find(words, 1, true), err)
    end
    status, out = run(path, "--name second")
    assert.same({ 0, 1 }, { status, studio.decode(out).created })
  end)
end)
