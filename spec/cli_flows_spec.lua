--- The commands about flow definitions: check, diff, graph, validate, deploy, rollback, pull.
local cli = require "spec.cli"
local flow = require "studio.flow"
local studio = require "studio"
local support = require "spec.support"

local BOT = "examples/flows/order-bot.json"
local variables = {
  SHOP_URL = "https://shop.example", WORKFLOW_SID = "WW" .. ("0"):rep(32), TASK_CHANNEL_SID = "TC" .. ("0"):rep(32),
}

describe("studio flows", function()
  local service = support.emulator()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local function call(arguments, environment)
    return cli.call(arguments, { service = service(), environment = environment or variables })
  end

  describe("check", function()
    it("finds nothing wrong, and says so", function()
      local status, out, err = call("flows check " .. BOT)
      assert.same({ 0, "", "nothing found\n" }, { status, out, err })
    end)

    it("tells findings, one a line or as data, and fails for errors; for warnings when it is strict", function()
      local definition = assert(flow.read(BOT, { variables = variables }))
      definition.states[2].transitions[1].next = "nowhere"
      local path = folder.write("dangling.json", studio.encode(definition))
      local status, out, err = call("flows check " .. path)
      assert.equal(3, status)
      assert.truthy(out:find(path .. ": error: ask:", 1, true), out)
      assert.truthy(err:find("^%d+ error"), err)
      local rows
      status, rows = call("flows check " .. path .. " -o json")
      assert.equal(3, status)
      assert.equal("dangling-transition", studio.decode(rows)[1].rule)
      assert.equal(3, (call("flows check " .. service().flows.survey .. " --strict")))
    end)

    it("names what a file lacks and how to give it; takes it as --var; reads stdin", function()
      local status, _, err = call("flows check " .. BOT, {})
      assert.equal(2, status)
      local words = "the environment lacks SHOP_URL, TASK_CHANNEL_SID, WORKFLOW_SID; next: --var NAME=VALUE gives them"
      assert.truthy(err:find(words, 1, true), err)
      local given = ""
      for name, value in pairs(variables) do given = ("%s --var %s=%s"):format(given, name, value) end
      assert.equal(0, (call("flows check " .. BOT .. given, {})))
      status, _, err = cli.run(folder, "flows check -", { input = "[1" })
      assert.equal(2, status)
      assert.truthy(err:find("is not JSON", 1, true), err)
    end)

    it("lists the rules", function()
      local status, out = call "flows check --rules -o name"
      assert.equal(0, status)
      assert.truthy(out:find("dangling-transition\n", 1, true))
    end)
  end)

  describe("diff", function()
    it("says what changed, with exit code 3, and nothing when nothing did", function()
      local survey = service().flows.survey
      local status, out = call(("flows diff %s %s"):format(survey, BOT))
      assert.equal(3, status)
      assert.truthy(out:find("+ ask (send-and-wait-for-reply)", 1, true), out)
      status, out = call(("flows diff %s %s -o json"):format(survey, BOT))
      assert.equal(3, status)
      assert.equal("change", studio.decode(out)[1].op)
      local err
      status, out, err = call(("flows diff %s@1 %s@LatestRevision"):format(survey, survey))
      assert.same({ 0, "", "no difference\n" }, { status, out, err })
      assert.equal(5, (call(("flows diff %s@99 %s"):format(survey, BOT))))
    end)
  end)

  describe("graph", function()
    it("draws a file, the path of an execution, and what changed", function()
      local orders = service().flows.survey
      local status, out = call("flows graph " .. BOT)
      assert.equal(0, status)
      assert.truthy(out:find "^digraph flow {")
      status, out = call("flows graph --format mermaid " .. BOT)
      assert.equal(0, status)
      assert.truthy(out:find("flowchart", 1, true), out)
      local _, sid = call(("executions create %s --to +15550001111 --from +15550002222 -o name"):format(orders))
      local plain = select(2, call("flows graph " .. orders))
      status, out = call(("flows graph %s --execution %s"):format(orders, sid:match "%w+"))
      assert.equal(0, status)
      assert.is_true(out ~= plain)
      status, out = call(("flows graph %s --since %s"):format(BOT, orders))
      assert.equal(0, status)
      assert.is_true(out ~= select(2, call("flows graph " .. BOT)))
      assert.equal(2, (call("flows graph " .. BOT .. " --execution FN1")))
    end)
  end)

  describe("view", function()
    it("writes a page of a file, the path of an execution with its contexts, and what changed", function()
      local status, out, err = call("flows view " .. BOT)
      assert.equal(0, status, err)
      assert.truthy(out:find "^<!doctype html>")
      local survey = service().flows.survey
      local _, sid = call(("executions create %s --to +15550001111 --from +15550002222 -o name"):format(survey))
      status, out, err = call(("flows view %s --execution %s"):format(survey, sid:match "%w+"))
      assert.equal(0, status, err)
      assert.truthy(out:find('"steps":[{"added":{"set":{', 1, true))
      local path = os.tmpname()
      status, out, err = call(("flows view %s %s --out %s"):format(survey, BOT, path))
      assert.same({ 0, "", "the page is in " .. path .. "\n" }, { status, out, err })
      local file = assert(io.open(path))
      assert.truthy(file:read("*a"):find('"changes":[{', 1, true))
      file:close()
      os.remove(path)
      assert.equal(2, (call("flows view " .. BOT .. " --execution FN1")))
    end)
  end)

  describe("validate, deploy, rollback and pull", function()
    it("are told in the help of all by lines that work one after the other", function()
      local _, out = call("flows deploy " .. BOT .. " --friendly-name Bot -o json")
      local sid = studio.decode(out).sid
      local _, help = call "--help"
      local count = 0
      for line in help:match("^.-\n\n(.-)\n\n"):gmatch "studio (flows [^\n]*)" do
        local words = line:gsub("   .*$", ""):gsub("FWxxxx", sid):gsub("flow%.json", folder.path .. "/%0")
        local status, _, err = call(words)
        assert.equal(0, status, words .. ": " .. err)
        count = count + 1
      end
      assert.equal(3, count)
    end)

    it("bring a definition to the service and back", function()
      local survey = service().flows.survey
      local status, out, err = call("flows validate " .. BOT)
      assert.same({ 0, "", "the definition is valid\n" }, { status, out, err })
      status, out, err = call(("flows deploy %s --sid %s --dry-run"):format(BOT, survey))
      assert.equal(0, status, err)
      assert.equal("would be updated " .. survey .. "\n", out)
      status, out, err = call(("flows deploy %s --sid %s"):format(BOT, survey))
      assert.equal("updated " .. survey .. " revision 2\n", out)
      assert.equal(0, status)
      assert.truthy(err:find("+ ask (send-and-wait-for-reply)", 1, true), err)
      assert.equal("unchanged " .. survey .. " revision 2\n", (select(2, call(("flows deploy %s --sid %s"):format(BOT, survey)))))
      status, out = call(("flows rollback %s --to 1 -o json"):format(survey))
      assert.equal(0, status)
      local told = studio.decode(out)
      assert.same({ "updated", 3, 2 }, { told.action, told.revision, told.previous })
      local path = folder.path .. "/pulled.json"
      status, out, err = call(("flows pull %s %s --revision 2"):format(survey, path))
      assert.same({ 0, "", ("%s: revision 2 of %s\n"):format(path, survey) }, { status, out, err })
      assert.equal(0, (call(("flows diff %s %s"):format(path, BOT))))
      assert.equal(folder.read "pulled.json", (select(2, call(("flows pull %s --revision 2"):format(survey)))))
    end)

    it("keep in a file what stands there as ${NAME}, and double what the flow itself has so", function()
      local survey = service().flows.survey
      local path = folder.path .. "/variables.json"
      local definition = assert(flow.read(BOT, { variables = variables }))
      definition.states[2].properties.body = "It costs ${PRICE}, $${PRICE} or ${ 3 }."
      local before = studio.encode(definition, { sort = true })
      assert(support.client(service()).v2.flows(survey):update { definition = definition, status = "draft" })
      folder.write("variables.json", assert(io.open(BOT)):read "*a")
      local status, _, err = call(("flows pull %s %s"):format(survey, path))
      assert.same({ 0, ("%s: revision 2 of %s\n"):format(path, survey) }, { status, err })
      local text = folder.read "variables.json"
      for name, value in pairs(variables) do
        assert.truthy(text:find("${" .. name .. "}", 1, true), name)
        assert.is_nil(text:find(value, 1, true), value)
      end
      assert.equal(before, studio.encode(assert(flow.read(path, { variables = variables })), { sort = true }))
      -- Pulled again, the file is as it was.
      assert.equal(0, (call(("flows pull %s %s"):format(survey, path))))
      assert.equal(text, folder.read "variables.json")
      -- The service has another value now: it stands in the file.
      assert.equal(0, (call(("flows pull %s %s --var SHOP_URL=https://other.example"):format(survey, path))))
      text = folder.read "variables.json"
      assert.truthy(text:find(variables.SHOP_URL, 1, true) and text:find("${TASK_CHANNEL_SID}", 1, true))
      status, _, err = call(("flows pull %s %s"):format(survey, path), {})
      assert.equal(0, status)
      assert.truthy(err:find("the environment lacks TASK_CHANNEL_SID, WORKFLOW_SID, and keeps no ${NAME}\n", 1, true), err)
      assert.is_nil(folder.read("variables.json"):find("[^$]%${"))
      assert.equal(before, studio.encode(assert(flow.read(path, { variables = variables })), { sort = true }))
    end)

    it("create a flow that has a name", function()
      local status, out = call { "flows", "deploy", BOT, "--friendly-name", "Order bot", "--status", "draft" }
      assert.equal(0, status)
      assert.truthy(out:find "^created FW%x+ revision 1\n$", out)
      assert.equal(2, (call("flows deploy " .. BOT)))
    end)

    it("refuse what the check finds, and what the service finds, with exit code 3", function()
      local definition = assert(flow.read(BOT, { variables = variables }))
      definition.states[2].transitions[1].next = "nowhere"
      local path = folder.write("dangling.json", studio.encode(definition))
      local status, out, err = call(("flows deploy %s --sid %s"):format(path, service().flows.survey))
      assert.equal(3, status)
      assert.equal("", out)
      assert.truthy(err:find("\nstudio: the definition has an error: ", 1, true), err)
      status, out, err = call("flows validate " .. path)
      assert.equal(3, status)
      assert.equal("", out)
      assert.truthy(err:find("81022", 1, true), err)
      assert.equal(3, (call(("flows deploy %s --no-check --sid %s"):format(path, service().flows.survey))))
    end)

    it("leave a file as it was that cannot be written", function()
      local status, _, err = call(("flows pull %s %s/none/here.json"):format(service().flows.survey, folder.path))
      assert.equal(1, status)
      assert.truthy(err:find("here.json cannot be written: No such file or directory", 1, true), err)
    end)
  end)
end)
