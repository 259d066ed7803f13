-- What flow.deploy and flow.rollback do to the service: what the request log shows, not only what they say.
local codec = require "studio.flow.codec"
local flow = require "studio.flow"
local support = require "spec.support"

local service_of = support.emulator()

local function load(name)
  local file = assert(io.open("spec/data/flows/sound/" .. name .. ".json", "rb"))
  local text = file:read "*a"
  file:close()
  return assert(codec.decode(text)), text
end

local function state_called(definition, name)
  for position, state in ipairs(definition.states) do
    if state.name == name then return state, position end
  end
end

-- The methods and last words of the paths that the service was asked.
local function asked(service)
  local words = {}
  for position, request in ipairs(service:requests()) do
    words[position] = ("%s %s"):format(request.method, request.path:gsub("^/v2/", ""):gsub("FW%x+", "FW"))
  end
  return table.concat(words, ", ")
end

describe("flow.deploy", function()
  local service, client, sid

  before_each(function()
    service = service_of()
    client = support.client(service)
    sid = assert(client.v2.flows:create { friendly_name = "Orders", status = "published", definition = (load "order-bot") }).sid
    service:clear_log()
  end)

  it("creates a flow, once the service has validated it", function()
    local definition = load "parent"
    local result = assert(flow.deploy(client, definition, { friendly_name = "Parent", commit_message = "First" }))
    assert.are.equal("created", result.action)
    assert.are.equal("Parent", result.flow.friendly_name)
    assert.are.equal("published", result.flow.status)
    assert.are.equal("First", result.flow.commit_message)
    assert.is_nil(result.previous)
    assert.are.equal(#definition.states + 3, #result.changes, "all of it is new")
    assert.are.equal("POST Flows/Validate, POST Flows, GET Flows/FW", asked(service))
  end)

  it("takes an empty 'next' and a null for the end of a branch, as the service does", function()
    local definition = load "order-bot"
    state_called(definition, "too_late").transitions[1].next = ""
    state_called(definition, "too_late").transitions[2].next = codec.null
    assert.are.equal("unchanged", assert(flow.deploy(client, definition, { sid = sid })).action)
    assert.are.equal("created", assert(flow.deploy(client, definition, { friendly_name = "The same" })).action)
  end)

  it("updates what is there by what has changed", function()
    local definition = load "order-bot"
    state_called(definition, "too_late").properties.body = "Good bye."
    local result = assert(flow.deploy(client, definition, { sid = sid, status = "draft", friendly_name = "Orders 2" }))
    assert.are.equal("updated", result.action)
    assert.are.equal(1, result.previous)
    assert.are.equal(2, result.flow.revision)
    assert.are.equal("draft", result.flow.status)
    assert.are.equal("Orders 2", result.flow.friendly_name)
    assert.are.equal(1, #result.changes)
    assert.are.equal("/states/too_late/properties/body", result.changes[1].path)
    assert.are.equal("GET Flows/FW, POST Flows/Validate, POST Flows/FW, GET Flows/FW", asked(service))
    assert.are.equal(0, #flow.diff(definition, client.v2.flows(sid):fetch().definition))
  end)

  it("sends nothing but a read when nothing changed", function()
    local definition, text = load "order-bot"
    local states = definition.states
    states[2], states[5] = states[5], states[2]
    states[3].properties.offset = { x = 1, y = 2 }
    for _, given in ipairs { definition, text } do
      local result = assert(flow.deploy(client, given, { sid = sid, friendly_name = "Orders" }))
      assert.are.equal("unchanged", result.action)
      assert.are.equal(1, result.previous)
      assert.are.equal(0, #result.changes)
      assert.are.equal("GET Flows/FW", asked(service))
      service:clear_log()
    end
  end)

  it("updates for another status, another name, and on request for a widget that was moved", function()
    local all = { { status = "draft" }, { friendly_name = "Other", status = "draft" }, { offsets = true, status = "draft" } }
    for _, options in ipairs(all) do
      local definition = load "order-bot"
      if options.offsets then state_called(definition, "ask").properties.offset = { x = 7, y = 7 } end
      options.sid = sid
      local result = assert(flow.deploy(client, definition, options))
      assert.are.equal("updated", result.action)
      assert.are.equal(0, #result.changes)
      assert.are.equal("unchanged", assert(flow.deploy(client, definition, options)).action)
    end
  end)

  it("says in a dry run what it would do, and does not", function()
    local definition = load "order-bot"
    assert.are.equal("unchanged", assert(flow.deploy(client, definition, { sid = sid, dry_run = true })).action)
    state_called(definition, "too_late").properties.body = "Good bye."
    local result = assert(flow.deploy(client, definition, { sid = sid, dry_run = true }))
    assert.are.equal("updated", result.action)
    assert.are.equal(1, #result.changes)
    assert.are.equal(1, result.flow.revision)
    result = assert(flow.deploy(client, definition, { friendly_name = "New", dry_run = true }))
    assert.are.equal("created", result.action)
    assert.is_nil(result.flow)
    assert.are.equal("GET Flows/FW, GET Flows/FW, POST Flows/Validate, POST Flows/Validate", asked(service))
    assert.are.equal(1, client.v2.flows(sid):fetch().revision)
  end)

  it("asks the service nothing when the check finds errors", function()
    local definition = load "order-bot"
    state_called(definition, "ask").transitions[1].next = "nobody"
    local result, err = flow.deploy(client, definition, { sid = sid })
    assert.is_nil(result)
    assert.are.equal("argument", err.kind)
    assert.are.equal("dangling-transition", err.findings[1].rule)
    assert.is_truthy(tostring(err):find "the definition has an error: error: ask: ")
    assert.are.equal("", asked(service))
  end)

  it("changes nothing when the service refuses the definition", function()
    local definition = load "order-bot"
    state_called(definition, "ask").transitions[1].next = "nobody"
    for _, options in ipairs { { sid = sid, check = false }, { friendly_name = "New", check = false } } do
      local result, err = flow.deploy(client, definition, options)
      assert.is_nil(result)
      assert.are.equal(81022, err.code)
      assert.is_true(#err:validation_errors() > 0)
    end
    assert.are.equal("GET Flows/FW, POST Flows/Validate, POST Flows/Validate", asked(service))
    assert.are.equal(1, client.v2.flows(sid):fetch().revision)
  end)

  it("waits until what was written can be read, before and after", function()
    service:fault { method = "GET", path = "/v2/Flows/" .. sid, status = 404, times = 2 }
    local definition = load "order-bot"
    assert.are.equal("unchanged", assert(flow.deploy(client, definition, { sid = sid })).action)
    assert.are.equal("GET Flows/FW, GET Flows/FW, GET Flows/FW", asked(service))
    service:clear_log()
    local stale = assert(client:request("GET", "/v2/Flows/" .. sid)).body
    service:clear_log()
    state_called(definition, "too_late").properties.body = "Good bye."
    service:fault { method = "GET", path = "/v2/Flows/" .. sid, status = 200, body = codec.encode(stale), times = 3 }
    assert.are.equal("updated", assert(flow.deploy(client, definition, { sid = sid })).action)
    assert.are.equal("GET Flows/FW, POST Flows/Validate, POST Flows/FW, GET Flows/FW, GET Flows/FW, GET Flows/FW", asked(service))
    service:clear_log()
    state_called(definition, "too_late").properties.body = "See you."
    service:fault { method = "POST", path = "/v2/Flows/" .. sid, status = 404 }
    assert.are.equal(3, assert(flow.deploy(client, definition, { sid = sid })).flow.revision)
    assert.are.equal("GET Flows/FW, POST Flows/Validate, POST Flows/FW, POST Flows/FW, GET Flows/FW", asked(service))
  end)

  it("gives the service's error for a flow that is too large", function()
    local definition = load "order-bot"
    for number = #definition.states + 1, 2001 do
      definition.states[number] = { name = "w" .. number, type = "say-play", properties = {}, transitions = codec.array() }
    end
    local result, err = flow.deploy(client, definition, { sid = sid, check = false })
    assert.is_nil(result)
    assert.are.same({ 400, 81025 }, { err.status, err.code })
    table.remove(definition.states)
    assert(flow.deploy(client, definition, { sid = sid, check = false }))
  end)

  it("gives the service's error where there is no such flow", function()
    local result, err = flow.deploy(client, (load "parent"), { sid = "FW" .. ("f"):rep(32) })
    assert.is_nil(result)
    assert.is_true(err:is_not_found())
    assert.is_nil(asked(service):find("POST", 1, true))
  end)

  it("gives an error for data that cannot be right, and raises for misuse", function()
    for _, case in ipairs {
      { { "{", {} }, "the definition is no JSON object: line 1" }, { { load "parent", {} }, "a new flow needs 'friendly_name'" },
      { { load "parent", { status = "live" } }, "status 'live' is neither 'draft' nor 'published'" },
    } do
      local arguments = case[1]
      local result, err = flow.deploy(client, arguments[1], arguments[#arguments])
      assert.is_nil(result)
      assert.are.equal("argument", err.kind)
      assert.is_truthy(tostring(err):find(case[2], 1, true), tostring(err))
    end
    for message, arguments in pairs {
      ["the first argument must be a client"] = { {}, {} }, ["must be a table or JSON text, got number"] = { client, 5 },
      ["unknown option 'dryrun': did you mean 'dry_run'?"] = { client, {}, { dryrun = true } },
      ["option 'dry_run' must be true or false, got string"] = { client, {}, { dry_run = "yes" } },
    } do
      local ok, raised = pcall(function() flow.deploy(arguments[1], arguments[2], arguments[3]) end)
      assert.is_false(ok)
      assert.is_truthy(raised:find(message, 1, true), raised)
      assert.is_truthy(raised:find("deploy_spec.lua:", 1, true), raised)
    end
    assert.are.equal("", asked(service))
  end)
end)

describe("flow.rollback", function()
  local service, client, sid

  local function body_of(number)
    local revision = assert(client.v2.flows(sid).revisions(number):fetch())
    return state_called(revision.definition, "too_late").properties.body
  end

  before_each(function()
    service = service_of()
    client = support.client(service)
    local definition = load "order-bot"
    sid = assert(client.v2.flows:create { friendly_name = "Orders", status = "published", definition = definition }).sid
    for number, status in ipairs { "draft", "published", "published", "draft" } do
      state_called(definition, "too_late").properties.body = "Number " .. number + 1
      assert(client.v2.flows(sid):update { status = status, definition = definition })
    end
    service:clear_log()
  end)

  it("publishes the published revision before the present one again", function()
    local result = assert(flow.rollback(client, sid))
    assert.are.equal("updated", result.action)
    assert.are.equal(5, result.previous)
    assert.are.equal(6, result.flow.revision)
    assert.are.equal("published", result.flow.status)
    assert.are.equal("Back to revision 3", result.flow.commit_message)
    assert.are.equal("Number 3", body_of(6))
    assert.are.equal("Number 5", result.changes[1].from)
    assert.are.equal("Number 3", result.changes[1].to)
  end)

  it("publishes the revision that is named", function()
    local result = assert(flow.rollback(client, sid, { to = 2, commit_message = "Undo" }))
    assert.are.equal("Undo", result.flow.commit_message)
    assert.are.equal("Number 2", body_of(6))
    assert.are.equal("unchanged", assert(flow.rollback(client, sid, { to = 6 })).action)
    assert.are.equal("updated", assert(flow.rollback(client, sid, { to = 1, dry_run = true })).action)
    assert.are.equal(6, client.v2.flows(sid):fetch().revision)
  end)

  it("waits until the revision can be read", function()
    service:fault { method = "GET", path = ("/v2/Flows/%s/Revisions/2"):format(sid), status = 404, times = 2 }
    assert.are.equal("updated", assert(flow.rollback(client, sid, { to = 2 })).action)
    assert.are.equal("Number 2", body_of(6))
  end)

  it("gives an error where there is nothing to go back to", function()
    local result, err = flow.rollback(client, sid, { to = 99 })
    assert.is_nil(result)
    assert.is_true(err:is_not_found())
    local new = assert(client.v2.flows:create { friendly_name = "New", status = "published", definition = (load "parent") })
    result, err = flow.rollback(client, new.sid)
    assert.is_nil(result)
    assert.is_truthy(tostring(err):find "no published revision comes before 1")
    local draft = assert(client.v2.flows:create { friendly_name = "New", status = "draft", definition = (load "parent") })
    result, err = flow.rollback(client, draft.sid)
    assert.is_nil(result)
    assert.is_truthy(tostring(err):find "no revision of the flow is published")
    result, err = flow.rollback(client, "FW1")
    assert.is_nil(result)
    assert.are.equal("argument", err.kind)
    assert.has_error(function() flow.rollback(client, sid, { to = "LatestPublished" }) end)
  end)
end)
