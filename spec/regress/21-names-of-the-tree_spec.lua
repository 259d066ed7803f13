-- Seen: a slip in a name of the tree (`client.flows`, `flow.excutions`, `flows[sid]`) was "attempt to index a nil value", a list in a
-- generic `for` "attempt to call a table value"; tostring of a resource was the address of a table.
local studio = require "studio"
local support = require "spec.support"

local FW, FN = "FW" .. ("0"):rep(32), "FN" .. ("1"):rep(32)
local contact = { to = "+15550001111", from = "+15550002222" }

local function listing()
  return support.transport { status = 200, body = '{"executions":[],"meta":{"key":"executions","next_page_url":null}}' }
end

describe("A slip in a name of the tree", function()
  local transport = support.transport()
  local client = support.offline(transport)
  local flows = client.v2.flows
  local slips = {
    { "a version left out", function() return client.flows end, { "client.v1.flows", "client.v2.flows" } },
    { "a method of the client", function() return client:spwan() end, { "'spawn'" } },
    { "a collection below, asked of the client", function() return client.steps end, { "client.v2.flows(id).executions(id).steps" } },
    { "a collection below, asked of a version", function() return client.v2.executions end, { "client.v2.flows(id).executions" } },
    { "a version that is called", function() return client.v2(FW) end, { "client.v2 is not called" } },
    { "a client that is called", function() return client(FW) end, { "client.v2.flows" } },
    { "a handle that is called", function() return flows(FW)(FN) end, { "handle of flow is not called" } },
    { "a verb of the collection, asked of a member", function() return flows(FW):list {} end, { "flows:list" } },
    { "a verb of a member, asked of the collection", function() return flows(FW).executions:fetch(FN) end, { "executions(sid):fetch" } },
    { "a field of an answer, asked of a handle", function() return flows(FW).friendly_name end, { ":fetch().friendly_name" } },
    { "a task that is called", function() local task = client:spawn(type, 1) client:drain() return task() end, { ":wait()" } },
    { "a collection in the singular", function() return client.v1.flow end, { "'flows'" } },
    { "a collection of no version", function() return client.v2.widgets end, { "client.v2", "flows" } },
    { "flex flows without the underscore", function() return client.flex.flexflows end, { "'flex_flows'" } },
    { "a collection below", function() return flows(FW).excutions end, { "'executions'" } },
    { "what another version has", function() return flows(FW).engagements end, { "client.v1.flows(id).engagements" } },
    { "a verb of another version", function() return client.v1.flows:create {} end, { "client.v2.flows:create" } },
    { "a verb of a member", function() return flows(FW):fecth() end, { "'fetch'" } },
    { "a verb of the collection", function() return flows(FW).executions:creat(contact) end, { "'create'" } },
    { "a member by index", function() return flows[FW] end, { "flows(\"FW0000...\")" } },
    { "a record by number", function() return flows(FW).executions[1] end, { ":each()" } },
    { "a collection in the singular, a version left out", function() return client.flow end, { "client.v1.flows", "client.v2.flows" } },
    { "a collection below in the singular", function() return client.v2.execution end, { "client.v2.flows(id).executions" } },
    { "flex flows in one word, a version left out", function() return client.flexflows end, { "client.flex.flex_flows" } },
    { "another library's word for a verb", function() return flows(FW):get() end, { "'fetch'" } },
    { "another library's word for a verb of a member", function() return flows:get(FW) end, { "flows(sid):fetch" } },
    { "another library's word for a verb of the collection", function() return flows:all() end, { "did you mean 'list'" } },
    { "another library's word for one of another version", function() return client.v1.flows:add {} end, { "client.v2.flows:create" } },
    { "a method of a task", function() local task = client:spawn(type, 1) client:drain() return task:wiat() end, { "'wait'" } },
    { "a module that is called", function() local made = studio { account_sid = "AC1" } return made end, { "studio.new" } },
    { "a module's function", function() return studio.neu() end, { "'new'" } },
    { "a module that is to be required", function() return studio.flow.check {} end, { "require \"studio.flow\"" } },
    { "a function of studio.flow", function() return require("studio.flow").chek {} end, { "'check'" } },
    { "a function of studio.executions", function() return require("studio.executions").triger() end, { "'trigger'" } },
    { "a function of studio.webhook", function() return studio.webhook.validate() end, { "fields, sign, valid" } },
    { "a function of studio.emulator", function() return require("studio.emulator").strat() end, { "'start'" } },
    { "a colon with studio.flow", function()
      local findings = require("studio.flow"):check {}
      return findings
    end, { "with a dot" } },
    { "an option of the emulator", function() require("studio.emulator").start { prot = 1 } end, { "did you mean 'port'" } },
    { "a method of a run", function() return require("studio.flow").simulate({ states = {} }):mesage("x") end, { "'message'" } },
    { "a list that is called", function()
      for _ in flows(FW).executions:list {} do error "not reached" end
    end, { ":each()", "ipairs" } },
  }
  for _, slip in ipairs(slips) do
    it(slip[1] .. " raises at the program's line, says what was meant, and sends nothing", function()
      transport.requests = {}
      if slip[1]:find("list") then
        client = support.offline(listing())
        flows = client.v2.flows
      end
      local ok, message = pcall(slip[2])
      assert.is_false(ok)
      assert.truthy(message:find("21%-names%-of%-the%-tree_spec.lua:%d+: "), message)
      for _, word in ipairs(slip[3]) do assert.truthy(message:find(word, 1, true), message) end
      assert.are.equal(0, #transport.requests)
    end)
  end

  it("is told each name once, also of what has been asked for", function()
    assert.truthy(studio.webhook)
    local _, message = pcall(function() return studio.zzzz end)
    assert.are.equal(1, select(2, message:gsub("webhook", "")), message)
  end)

  it("is none where Lua or a library looks for what any table may have", function()
    for _, object in ipairs { client, client.v1, flows, flows(FW), flows(FW).executions } do
      assert.is_nil(object.__index)
      assert.is_nil(object._private)
      assert.is_nil(object[true])
    end
  end)

  it("is a page that is called: it is no iterator", function()
    local page = assert(support.offline(listing()).v2.flows(FW).executions:page())
    local ok, message = pcall(function() for _ in page do error "not reached" end end)
    assert.is_false(ok)
    assert.truthy(message:find("21%-names%-of%-the%-tree_spec.lua:%d+: .*page%.items"), message)
  end)

  it("is a name that a page does not have, or one of its records by number", function()
    local page = assert(support.offline(listing()).v2.flows(FW).executions:page())
    assert.is_nil(page.next_page_url)
    assert.is_nil(page.previous_page_url)
    for slip, word in pairs { item = "'items'", nxt = "'next'", total = "the names are items, meta, next", [1] = "page.items" } do
      local ok, message = pcall(function() return page[slip] end)
      assert.is_false(ok, slip)
      assert.truthy(message:find("21%-names%-of%-the%-tree_spec.lua:%d+: "), message)
      assert.truthy(message:find(word, 1, true), message)
    end
  end)

  it("is a name that is nearly one of an error's; any other one may be asked for", function()
    local _, err = client.v2.flows("x"):fetch()
    for slip, word in pairs { Status = "'status'", mesage = "'message'", is_notfound = "'is_not_found'", isConflict = "'is_conflict'" } do
      local ok, message = pcall(function() return err[slip] end)
      assert.is_false(ok, slip)
      assert.truthy(message:find("21%-names%-of%-the%-tree_spec.lua:%d+: .*" .. word), message)
    end
    for _, name in ipairs { "status", "code", "details", "findings", "traceback", "stack", "class", "type", "name", "line", "reason" } do
      assert.is_nil(err[name])
    end
    local ok, message = pcall(function() return err() end)
    assert.is_false(ok)
    assert.truthy(message:find("an error is not called", 1, true), message)
  end)

  it("is a resource that is called", function()
    local record = assert(support.offline(support.transport { status = 200, body = ('{"sid":"%s"}'):format(FW) }).v2.flows(FW):fetch())
    local ok, message = pcall(function() return record() end)
    assert.is_false(ok)
    assert.truthy(message:find("21%-names%-of%-the%-tree_spec.lua:%d+: a resource is not called"), message)
  end)

  it("leaves a field that a resource does not have nil", function()
    local record = assert(support.offline(support.transport { status = 200, body = ('{"sid":"%s"}'):format(FW) }).v2.flows(FW):fetch())
    assert.is_nil(record.date_updated)
    assert.is_nil(record.executionz)
  end)
end)

describe("tostring", function()
  it("of a resource names its kind, its SID and its status", function()
    local body = ('{"sid":"%s","status":"ended"}'):format(FN)
    local client = support.offline(support.transport { status = 200, body = body })
    local execution = assert(client.v2.flows(FW).executions(FN):fetch())
    assert.are.equal("studio.execution " .. FN .. " (ended)", tostring(execution))
    local context = support.offline(support.transport { status = 200, body = '{"context":{}}' })
    assert.are.equal("studio.execution_context", tostring(assert(context.v2.flows(FW).executions(FN).execution_context:fetch())))
  end)

  it("of a handle and of a collection names its path", function()
    local client = support.offline(support.transport())
    assert.are.equal("studio.flow.handle /v2/Flows/" .. FW, tostring(client.v2.flows(FW)))
    assert.are.equal("studio.execution.collection /v2/Flows/" .. FW .. "/Executions", tostring(client.v2.flows(FW).executions))
  end)

  it("of a page, an array, a version and a client tells no address", function()
    local client = support.offline(listing())
    local executions = client.v2.flows(FW).executions
    assert.are.equal("studio.page /v2/Flows/" .. FW .. "/Executions (0 items)", tostring(assert(executions:page())))
    assert.are.equal("studio.array (1 item)", tostring(studio.array { "x" }))
    assert.are.equal("studio.v1", tostring(client.v1))
    assert.is_nil(tostring(client):find "0x")
  end)
end)
