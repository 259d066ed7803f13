-- Seen: two versions of the module in one Lua state shared the names of their metatables in the registry, so that a handle of the one
-- was taken by the other, whose structs differ; and no descriptor left for a connection was told as "Couldn't connect". The first call of a
-- program that failed raised "module 'studio.request.answer' not found" then, also behind a POST that was sent; where on_event listened,
-- a first call that had succeeded was told as an error, or it raised before it was sent; and a client could not be printed, a SID that is
-- none raised. Whatever is read late was "not found" then: `client.v2`, parameters, options.
local child = require "spec.child"
local core = require "studio.core"
local support = require "spec.support"

local OPTIONS = { connect_timeout = 5, max_response_bytes = 1000000, proxy = "" }

describe("Two copies of the module in one Lua state", function()
  local emulator = support.emulator()
  local other, directory

  setup(function()
    directory = child.directory()
    local path = (os.getenv "STUDIO_OUT" or "build") .. "/" .. support.interpreter .. "/studio/core.so"
    child.shell(("cp %s %s/another.so"):format(child.quote(path), directory))
    other = assert(package.loadlib(directory .. "/another.so", "luaopen_studio_core"))()
  end)

  teardown(function() child.remove(directory) end)

  local function status(transfer, multi, headers)
    assert(transfer:start("GET", emulator().base_url, "/v2/Flows", headers, nil, 10))
    while not transfer:done() do multi:step(1) end
    return (transfer:outcome())
  end

  it("both work, at the same time", function()
    local one, two = core.multi(OPTIONS), other.multi(OPTIONS)
    assert.equal(401, status(one:transfer(), one, core.headers {}))
    assert.equal(401, status(two:transfer(), two, other.headers {}))
    one:close()
    assert.equal(401, status(two:transfer(), two, other.headers {}))
    two:close()
  end)

  it("refuse each other's userdata with a sentence", function()
    local one, two = core.multi(OPTIONS), other.multi(OPTIONS)
    local ok, message = pcall(getmetatable(one).__index.step, two, 0)
    assert.is_false(ok)
    assert.is_truthy(message:find("studio.multi of another copy of the module", 1, true), message)
    ok, message = pcall(status, one:transfer(), one, other.headers {})
    assert.is_false(ok)
    assert.is_truthy(message:find("studio.headers of another copy of the module", 1, true), message)
    one:close()
    two:close()
  end)

  it("opened twice, one copy takes what it made the first time", function()
    local multi, headers = core.multi(OPTIONS), core.headers {}
    package.loaded["studio.core"] = nil
    local again = require "studio.core"
    package.loaded["studio.core"] = core
    assert.are_not.equal(core, again)
    assert.equal(401, status(multi:transfer(), multi, headers))
    assert.equal(401, status(multi:transfer(), multi, again.headers {}))
    multi:close()
  end)
end)

describe("Without a descriptor left", function()
  local emulator = support.emulator()

  -- What a program prints that may open 40 files, and whose last words are `line`.
  local function output_of(program, ...)
    local directory = child.directory()
    local file = assert(io.open(directory .. "/program.lua", "wb"))
    file:write(program:format(...))
    file:close()
    local output = child.shell("ulimit -n 40; " .. child.interpreter() .. " " .. directory .. "/program.lua")
    child.remove(directory)
    return output
  end

  it("a call says so, and that nothing was sent", function()
    local program = [[
      local studio = require "studio.all" and require "studio"
      local client = studio.new {
        account_sid = "AC" .. ("0"):rep(32), auth_token = ("0"):rep(32), base_url = "http://127.0.0.1:1", retry = false,
      }
      local kept = {}
      repeat local file = io.open("/dev/null", "r"); kept[#kept + 1] = file until not file
      local value, err = client.v2.flows:create { friendly_name = "x", status = "draft", definition = {} }
      io.write(tostring(value), " ", tostring(err.kind), " ", tostring(err.sent), " ", err.message, "\n")
      local task = client:spawn(function() return client.v2.flows("FW" .. ("0"):rep(32)):fetch() end)
      value, err = task:wait()
      io.write(tostring(value), " ", tostring(err.kind), " ", tostring(err.sent), "\n")
      io.write(tostring(client:pollfd()), " ", tostring(client:timeout()), " ", tostring(client:step(0)), "\n")
    ]]
    local output = output_of(program)
    assert.is_truthy(output:find("^nil transport false [^\n]*no descriptor is left[^\n]*\nnil transport false\nnil nil %w+\n$"), output)
  end)

  -- The files that tell why a call failed are read when one fails.
  local first_failure = [[
    local studio = require "studio"
    local client = studio.new { account_sid = "%s", auth_token = "%s", base_url = "%s", retry = false }
    local flows = client.v2.flows
    local missing, connected = flows("FW" .. ("0"):rep(32)), %s
    if connected then assert(flows:create { friendly_name = "x", status = "draft", definition = connected }) end
    local kept = {}
    repeat local file = io.open("/dev/null", "r"); kept[#kept + 1] = file until not file
    for index = 1, %d do kept[index]:close() end
    local value, err
    if connected then value, err = missing:update { status = "draft" } else value, err = missing:fetch() end
    io.write(tostring(value), " ", err.kind, " ", tostring(err.status), " ", tostring(err.sent), "\n")
  ]]
  local definition = [[{
    description = "x", initial_state = "Trigger", states = { { name = "Trigger", type = "trigger", transitions = studio.array {} } },
  }]]

  for free = 0, 6 do
    it(("but %d, the first call that fails is told, and whether it was sent"):format(free), function()
      local service = emulator()
      local output = output_of(first_failure, service.account_sid, service.auth_token, service.base_url, definition, free)
      assert.equal("nil http 404 true\n", output)
      output = output_of(first_failure, service.account_sid, service.auth_token, service.base_url, "nil", free)
      if free == 0 then assert.equal("nil transport nil false\n", output) end
      assert.is_true(output == "nil transport nil false\n" or output == "nil http 404 true\n", output)
    end)
  end

  local first_use = [[
    local studio = require "studio"
    local client = studio.new {
      account_sid = "AC" .. ("0"):rep(32), auth_token = ("0"):rep(32), base_url = "http://127.0.0.1:1", retry = false,
    }
    local kept, FLOW, file = {}, "FW" .. ("0"):rep(32), nil
    repeat
      file = io.open("/dev/null", "r")
      kept[#kept + 1] = file
    until not file
    local function use() %s end
    local _, value, err = pcall(use)
    io.write(tostring(value), " ", tostring(type(err) == "table" and err.kind), " ", tostring(type(err) == "table" and err.sent), "\n")
  ]]
  local uses = {
    ["a fetch"] = { "return client.v2.flows(FLOW):fetch()", "nil transport false" },
    ["a list"] = { "return client.v1.flows(FLOW).engagements:list { limit = 5 }", "nil transport false" },
    ["a create with options"] = {
      "return client.v2.flows(FLOW).executions:create({ to = '+15550001111', from = '+15550002222' }, { retry = { attempts = 2 } })",
      "nil transport false",
    },
    ["a raw request"] = { "return client:request('GET', '/v2/Flows')", "nil transport false" },
    ["a task"] = { "return client:spawn(function() return client.flex.flex_flows:list() end):wait()", "nil transport false" },
    ["a slip"] = { "return client.v2.flow", "[^\n]*did you mean 'flows'[^\n]* false false" },
    ["a date"] = { "return studio.timestamp '2024-01-01T00:00:00Z'", "1704067200[.0]* false false" },
    ["a flow"] = { "return type(require 'studio.flow'.check)", "function false false" },
    ["a module in C"] = { "return type(studio.webhook.sign)", "function false false" },
  }
  for what, use in pairs(uses) do
    it("a first use reads the files of the library all the same: " .. what, function()
      if what == "a task" and _VERSION == "Lua 5.1" and not jit then return pending "PUC 5.1 has no tasks" end
      local output = output_of(first_use, use[1])
      assert.is_truthy(output:find("^" .. use[2] .. "\n$"), output)
    end)
  end

  it("a client shows itself, and a SID that is none is told", function()
    local program = [[
      local client = require "studio".new { account_sid = "AC" .. ("0"):rep(32), auth_token = ("0"):rep(32) }
      local flows, kept = client.v2.flows, {}
      local handle = flows("FW" .. ("0"):rep(32))
      repeat local file = io.open("/dev/null", "r"); kept[#kept + 1] = file until not file
      local value, err = flows "FW1":fetch()
      io.write(tostring(client), "\n", tostring(value), " ", err.kind, " ", tostring(handle ~= nil), "\n")
    ]]
    local output = output_of(program)
    assert.is_truthy(output:find("^studio%.client AC00%.%.%.0000 [^\n]*\nnil argument true\n$"), output)
  end)

  local first_heard = [[
    local studio = require "studio"
    local heard = {}
    local client = studio.new {
      account_sid = "%s", auth_token = "%s", base_url = "%s", retry = false, on_event = function(event) heard[#heard + 1] = event.type end,
    }
    local flow = client.v2.flows "%s"
    local kept = {}
    repeat local file = io.open("/dev/null", "r"); kept[#kept + 1] = file until not file
    for index = 1, %d do kept[index]:close() end
    local value, err = flow:fetch()
    io.write(value and value.sid == "%s" and "fetched" or tostring(err and err.kind), " ", table.concat(heard, " "), "\n")
  ]]

  for free = 0, 6 do
    it(("but %d, the first call that on_event hears of is told as what it was"):format(free), function()
      local service = emulator()
      local sid = service.flows.survey
      local output = output_of(first_heard, service.account_sid, service.auth_token, service.base_url, sid, free, sid)
      if free == 0 then assert.equal("transport request error\n", output) end
      assert.is_true(output == "transport request error\n" or output == "fetched request response\n", output)
    end)
  end
end)
