--- The commands of the API, each against the local service, with its exit code and what it prints.
local api = require "studio.api"
local cli = require "spec.cli"
local commands = require "studio.cli.commands"
local studio = require "studio"
local support = require "spec.support"

local NOBODY = "FW" .. ("9"):rep(32)

describe("The commands of the API:", function()
  local service = support.emulator()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local function call(arguments, environment)
    return cli.call(arguments, { service = service(), environment = environment })
  end

  -- What a command prints that ends well.
  local function output(arguments)
    local status, out, err = call(arguments)
    assert.equal(0, status, err)
    return out, err
  end

  local function object(arguments) return assert(studio.decode((output(arguments)))) end

  local function active_execution(flow)
    return object(("executions create %s --to +15550001111 --from +15550002222 -o json"):format(flow)).sid
  end

  it("every operation of every version has one", function()
    local reached = 0
    local function count(declaration)
      local total = 0
      for _, verb in ipairs { "create", "validate", "list", "fetch", "update", "delete" } do
        if declaration[verb] then total = total + 1 end
        if declaration.member and declaration.member[verb] then total = total + 1 end
      end
      for _, child in pairs((declaration.member or declaration).children or {}) do total = total + count(child) end
      return total
    end
    local declared = 0
    for name, version in pairs(api.versions) do
      for key in pairs(version.collections) do declared = declared + count(api.versions[name].declarations()[key]) end
    end
    for _, group in ipairs(commands.groups) do
      for _, version in ipairs(group.versions or {}) do
        for _, command in ipairs(commands.of(group, version)) do
          -- A collection that is only read has two operations in one command, and so has a single thing that can be changed. validate
          -- is a file of its own.
          local name = command.name
          local has_two = name == "revisions" or name == "steps" or name == "test-users"
          if not command.group or name == "validate" and version == "v2" then reached = reached + (has_two and 2 or 1) end
        end
      end
    end
    assert.equal(declared, reached)
  end)

  it("flows list, get and revisions", function()
    local flow = service().flows.survey
    assert.equal(5, select(2, output("flows list"):gsub("\n", "\n")))
    assert.equal(5, #object("flows list -o json"))
    assert.equal("Customer survey", object("flows get " .. flow).friendly_name)
    assert.equal(1, object("flows get --api v1 " .. flow).version)
    assert.equal("revision\tstatus\n1\tpublished\n", (output("flows revisions " .. flow .. " -o tsv --fields revision,status")))
    assert.equal("Three questions by SMS", object("flows revisions " .. flow .. " LatestPublished").definition.description)
    assert.equal("1\n", (output("flows revisions " .. flow .. " -o name")))
  end)

  it("flows create, update and delete", function()
    local path = folder.write("flow.json", studio.encode(object("flows get " .. service().flows.survey).definition))
    local made = object("flows create --friendly-name Copy --status draft --definition @" .. path .. " -o json")
    assert.equal("draft", made.status)
    local changed = object { "flows", "update", made.sid, "--status", "published", "--commit-message", "Second words" }
    assert.equal(2, changed.revision)
    assert.equal("Second words", changed.commit_message)
    local status, _, err = call("flows delete " .. made.sid)
    assert.equal(2, status)
    assert.truthy(err:find("this will delete flow " .. made.sid .. ", and nobody can be asked; next: --yes", 1, true), err)
    local _, told = output("flows delete " .. made.sid .. " --yes")
    assert.truthy(told:find("deleted flow", 1, true))
    status = call("flows get " .. made.sid)
    assert.equal(5, status)
  end)

  it("flows test-users shows and changes them", function()
    local flow = service().flows.survey
    assert.same({}, object("flows test-users " .. flow).test_users)
    assert.same({ "+15550001111", "+15550002222" },
      object("flows test-users " .. flow .. " --test-users +15550001111 --test-users +15550002222").test_users)
    assert.same({}, object("flows test-users " .. flow .. " --no-test-users").test_users)
  end)

  it("executions create, list, get, update, steps, contexts and delete", function()
    local flow = service().flows.survey
    local sid = active_execution(flow)
    assert.equal(sid .. "\n", (output("executions list " .. flow .. " --status active -o name")))
    assert.equal(50, select(2, output("executions list " .. flow .. " --limit 50 -o name"):gsub("\n", "\n")))
    assert.equal("active", object(("executions get %s %s"):format(flow, sid)).status)
    local step = output(("executions steps %s %s -o name"):format(flow, sid)):match "FT%x+"
    assert.equal(step, object(("executions steps %s %s %s"):format(flow, sid, step)).sid)
    assert.equal("table", type(object(("executions context %s %s"):format(flow, sid)).context))
    assert.equal(step, object(("executions step-context %s %s %s"):format(flow, sid, step)).step_sid)
    assert.equal("ended", object(("executions update %s %s --status ended"):format(flow, sid)).status)
    output(("executions delete %s %s --yes"):format(flow, sid))
    assert.equal(5, (call(("executions get %s %s"):format(flow, sid))))
  end)

  it("executions and engagements of v1", function()
    local flow = service().flows.survey
    local made = object("engagements create " .. flow .. " --to +15550001111 --from +15550002222 --parameters {\"name\":\"Ann\"}")
    assert.equal("Ann", object(("engagements context %s %s"):format(flow, made.sid)).context.flow.data.name)
    assert.equal(made.sid, object(("engagements get %s %s"):format(flow, made.sid)).sid)
    local step = output(("engagements steps %s %s -o name"):format(flow, made.sid)):match "FT%x+"
    assert.equal(step, object(("engagements step-context %s %s %s"):format(flow, made.sid, step)).step_sid)
    assert.equal(made.sid, object(("executions get --api v1 %s %s"):format(flow, made.sid)).sid)
    output(("engagements delete %s %s -y"):format(flow, made.sid))
    local status, _, err = call("engagements list " .. flow .. " --api v2")
    assert.equal(2, status)
    assert.truthy(err:find("--api is one of v1", 1, true), err)
  end)

  it("flex-flows, with flags for booleans and options below an object", function()
    local made = object(("flex-flows create --friendly-name Web --chat-service-sid IS%s --channel-type sms --integration-type studio "
      .. "--integration-flow-sid %s --integration-retry-count 2 --no-enabled -o json"):format(("1"):rep(32), service().flows.survey))
    assert.is_false(made.enabled)
    assert.equal(2, made.integration.retry_count)
    assert.equal(1, #object("flex-flows list --friendly-name Web -o json"))
    assert.is_true(object("flex-flows update " .. made.sid .. " --enabled").enabled)
    assert.equal("Web", object("flex-flows get " .. made.sid).friendly_name)
    output("flex-flows delete " .. made.sid .. " -y")
  end)

  it("--dry-run shows the request and sends none", function()
    local flow = service().flows.survey
    local out, err = output("executions create " .. flow .. " --to +15550001111 --from +15550002222 --dry-run")
    assert.equal(("POST %s/v2/Flows/%s/Executions\n  To=+15550001111\n  From=+15550002222\n"):format(service().base_url, flow), out)
    assert.truthy(err:find("nothing was sent", 1, true))
    local shown = object(("flows delete %s --dry-run -o json"):format(flow))
    assert.same({ method = "DELETE", url = service().base_url .. "/v2/Flows/" .. flow, form = {} }, shown)
    assert.equal(0, #service():requests())
    -- What would be refused here is refused.
    assert.equal(2, (call "executions create FW1 --to a --from b --dry-run"))
  end)

  it("a profile that confirms asks before every change, where --yes does not answer", function()
    local profile = ("[live]\naccount_sid = %s\nauth_token = %s\nconfirm = true\n"):format(service().account_sid, service().auth_token)
    local path = folder.write("profiles", profile)
    os.execute("chmod 600 '" .. path .. "'")
    local environment = { STUDIO_PROFILES = path, STUDIO_PROFILE = "live", STUDIO_BASE_URL = service().base_url }
    local change = ("flows update %s --status draft"):format(service().flows.survey)
    local status, _, err = cli.call(change, { environment = environment })
    assert.equal(2, status)
    assert.truthy(err:find("this will change a flow (profile live), and nobody can be asked", 1, true), err)
    assert.equal(0, (cli.call(change .. " --yes", { environment = environment })))
    local flow = service().flows.survey
    object(("executions create %s --to +15550001113 --from +15550002222"):format(flow))
    status, _, err = cli.call(("executions end %s --active"):format(flow), { environment = environment })
    assert.equal(2, status)
    assert.truthy(err:find("this will end the execution FN%x+ %(profile live%), and nobody can be asked"), err)
    assert.equal(0, (cli.call("flows list", { environment = environment })))
  end)

  it("api sends any request, with its fields, and walks pages", function()
    local flow = service().flows.survey
    assert.equal(2, #object("api GET /v2/Flows -q PageSize=2 -o json").flows)
    assert.equal(5, #object("api GET /v2/Flows -q PageSize=2 --paginate -o json"))
    local made = object(("api POST /v2/Flows/%s/Executions -f To=+15550001111 -f From=+15550002222"):format(flow))
    assert.equal("active", made.status)
    assert.equal(6, (call(("api POST /v2/Flows/%s/Executions -f To=+15550001111 -f From=+15550002222"):format(flow))))
    assert.equal(1, #object("api GET /v1/FlexFlows --service flex -o json").flex_flows)
    assert.equal(2, (call("api DELETE /v2/Flows/" .. flow)))
    local out = output("api DELETE /v2/Flows/" .. flow .. " --dry-run")
    assert.equal("DELETE " .. service().base_url .. "/v2/Flows/" .. flow .. "\n", out)
    local _, err = output("api DELETE /v2/Flows/" .. flow .. " -y --include")
    assert.truthy(err:find("HTTP 204", 1, true), err)
    assert.equal(2, (call "api GET /v2/Flows -q PageSize"))
    assert.equal(("curl -u \"$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN\" -X POST --data 'To=%%2B1' '%s/v2/Flows/FW1/Executions'\n"):format(
      service().base_url), (output "api POST /v2/Flows/FW1/Executions -f To=+1 --curl"))
  end)

  it("--fields chooses, with paths, and lists what there is", function()
    local flow = service().flows.survey
    assert.truthy(output("flows list --fields help"):find("friendly_name\tstring\n", 1, true))
    assert.equal('{"links":{"revisions":"' .. service().base_url .. "/v2/Flows/" .. flow .. '/Revisions"},"sid":"' .. flow .. '"}\n',
      (output "flows list --limit 1 --fields sid,links.revisions"))
    local out = output(("flows revisions %s 1 --fields definition.states.0.name,definition.none -o csv --no-header"):format(flow))
    assert.equal("Trigger,\n", out)
    assert.equal(2, (call "flows list --fields sdi"))
  end)

  it("a service that does not know the flow, and one that knows nobody", function()
    assert.equal(5, (call("flows get " .. NOBODY)))
    assert.equal(5, (call("executions list " .. NOBODY)))
    assert.equal(4, (call("flows list", { TWILIO_AUTH_TOKEN = "not-the-right-one-at-all" })))
  end)
end)
