--- The examples for event loops, as they are, against the local service.
local child = require "spec.child"
local support = require "spec.support"

describe("The example for", function()
  local emulator = support.emulator { now = os.time() }

  local function run(name, arguments)
    local words = { "env" }
    for variable, value in pairs(emulator():environment()) do
      if value then words[#words + 1] = variable .. "=" .. child.quote(value) else table.insert(words, 2, "-u " .. variable) end
    end
    local output = child.shell(table.concat(words, " ") .. " " .. child.interpreter() .. " examples/" .. name .. ".lua "
      .. (arguments or "") .. "; echo status=$?")
    assert.truthy(output:find("\nstatus=0\n$"), output)
    return output
  end

  local function count(text, pattern)
    return select(2, text:gsub(pattern, ""))
  end

  support.test_with "cqueues"("cqueues counts three lists at once, and reads the steps of Engagements", function()
    local output = run "cqueues"
    for _, name in ipairs { "v1 Flows", "v2 Flows" } do assert.truthy(output:find(name .. "%s+5 records in %d+ ms"), output) end
    assert.truthy(output:find("Flex Flows%s+1 records"), output)
    assert.are.equal(10, count(output, "FN%x+%s+%d+ steps"))
    assert.truthy(output:find("the other coroutine had %d+ turns meanwhile"), output)
  end)

  support.test_with "luv"("luv reads the Engagements of Flows while luv's own timer runs", function()
    local output = run "luv"
    assert.are.equal(5, count(output, "FW%x+%s+[%w ]+%s+%d+ Engagements"))
    assert.truthy(output:find("luv's own timer had %d+ turns meanwhile"), output)
  end)

  it("select counts three lists beside a server of the program's own", function()
    local output = run "select"
    for _, name in ipairs { "v1 Flows", "v2 Flows" } do assert.truthy(output:find(name .. "%s+5\n"), output) end
    assert.truthy(output:find("Flex Flows%s+1\n"), output)
    assert.truthy(output:find("the visitor read: %d tasks are pending"), output)
  end)

  it("conversation shows what the Flow says, and the steps", function()
    local output = run "conversation"
    for _, text in ipairs {
      "Flow     Hello Zoë, which order?", "Flow     Are you still there?", "Contact  42", "Flow     Order 42 is on its way.",
    } do
      assert.truthy(output:find(text, 1, true), output)
    end
    assert.truthy(output:find("Execution FN%x+ has ended"), output)
    assert.are.equal(6, count(output, "%-%- %w+ +%-%->"))
  end)

  it("export writes a file for each day, once", function()
    local directory = child.directory()
    local arguments = ("%s %s 3 2>/dev/null"):format(emulator().flows.survey, directory)
    local output = run("export", arguments)
    assert.are.equal(3, count(output, "FW%x+%-%d+%-%d+%-%d+%.jsonl: 24 Executions, 120 Steps\n"), output)
    assert.is_nil(run("export", arguments .. "; echo"):find "Executions")
    assert.are.equal("72\n", child.shell("cat " .. directory .. "/*.jsonl | wc -l"))
    child.remove(directory)
  end)
end)
