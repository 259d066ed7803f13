-- Modules that are read with the library and compiled when they are first used.
local child = require "spec.child"
local studio = require "studio"
local support = require "spec.support"

local shell, quote = child.shell, child.quote

-- The modules of the library that a program may use without naming them: not the emulator, what waits in one way, nor the webhook.
local function own_modules()
  local names = {}
  for path in shell("cd lua && ls studio/*.lua studio/api/*.lua"):gmatch("(%S+)%.lua\n") do
    if path ~= "studio/emulator" and path ~= "studio/webhook" then names[#names + 1] = (path:gsub("/", ".")) end
  end
  assert(#names > 30)
  return names
end

-- Runs a program in a folder that holds a copy of the library, found by a relative path.
local function run_with_copy(program, arguments)
  local directory = child.directory()
  shell("cp -R lua " .. quote(directory))
  local file = assert(io.open(directory .. "/program.lua", "wb"))
  file:write(program)
  file:close()
  local words = {}
  for index, argument in ipairs(arguments or {}) do words[index] = quote(argument) end
  -- The copy comes first in the path; what the library needs itself is found behind it.
  local command = child.interpreter():gsub("LUA_PATH='", "LUA_PATH='lua/?.lua;", 1)
  local output = shell(("cd %s && env %s program.lua %s; echo status=$?"):format(quote(directory), command, table.concat(words, " ")))
  child.remove(directory)
  return output
end

local is_late = package.searchpath ~= nil and pcall(load, "") -- luacheck: ignore 143

describe("A module that is compiled later", function()
  local emulator = support.emulator()

  it("does what it does when nothing of the library can be read any more", function()
    local service = emulator()
    local program = [[
      local studio = require "studio"
      local origin, sid, token, flow, client_id, client_secret, own, is_late = ...
      for _, name in ipairs { "map", "task", "paging", "parameters", "suggest", "oauth", "api.v1", "api.v2", "api.flex" } do
        assert((package.loaded["studio." .. name] == nil) == (is_late == "true"), name)
      end
      os.execute "for file in $(find lua -name '*.lua'); do echo 'error \"read too late\"' >$file; done"
      local function new(options)
        options.base_url, options.retry = options.base_url or origin, { base = 0.001, cap = 0.002 }
        return studio.new(options)
      end
      local client = new { account_sid = sid, auth_token = token }
      assert(client.v1.flows(flow):fetch())
      assert(client.v2.flows(flow):fetch())
      assert(client.flex.flex_flows:list { page_size = 1 })
      for record in client.v2.flows:each { page_size = 1 } do assert(record.revisions:list()) end
      assert(client.v2.flows(flow).executions:create { to = "+15558675310", from = "+15017122661", parameters = { a = {} } })
      assert(client.v1.flows(flow).executions:list { date_created_from = 0 })
      assert(client:request("GET", "/v2/Flows", { timeout = 5 }).status == 200)
      local ran = 0
      for _, number in client:map({ 1, 2, 3 }, function(value) return value end, { rate = 1000 }) do ran = ran + number end
      assert(ran == 6)
      local task = client:spawn(function() return client.v1.flows(flow):fetch({}, { timeout = 5, headers = {} }) end)
      assert(task:wait().sid == flow)
      local other = new { account_sid = sid, auth_token = token }
      assert(client:spawn(function() return other.v1.flows(flow):fetch() end):wait().sid == flow)
      local oauth = new { oauth = { client_id = client_id, client_secret = client_secret } }
      assert(oauth.v1.flows(flow):fetch())
      local _, err = client.v1.flows("FW" .. ("0"):rep(32)):fetch()
      assert(err:is_not_found() and tostring(err):find "404", tostring(err))
      local fine, message = pcall(studio.new, { timeot = 1 })
      assert(not fine and message:find "program.lua:%d+: unknown option 'timeot': did you mean 'timeout'?", message)
      fine, message = pcall(new, { account_sid = sid, auth_token = token, base_url = "https://studio.ie1.twilio.com" })
      assert(not fine and message:find "retired", message)
      assert(studio.encode({ b = studio.array(), a = 1 }, { indent = 2 }) == '{\n  "a": 1,\n  "b": []\n}\n')
      assert(studio.timestamp "1970-01-01T00:00:01Z" == 1)
      assert(tostring(client):find "studio.client")
      local answer = { status = 200, headers = { ["Content-Type"] = "application/json" }, body = "{}" }
      local canned = new { account_sid = sid, auth_token = token, transport = { send = function() return answer end } }
      assert(canned.v2.flows(flow):fetch())
      fine, message = pcall(function() client:spawn(error, "on purpose"):wait() end)
      assert(not fine and message:find "on purpose", message)
      client:close()
      for name in own:gmatch "%S+" do assert(package.loaded[name] ~= nil, name) end
      print "all fine"
    ]]
    local output = run_with_copy(program, {
      service.base_url, service.account_sid, service.auth_token, service.flows.survey, service.client_id, service.client_secret,
      table.concat(own_modules(), " "), tostring(is_late),
    })
    assert.are.equal("all fine\nstatus=0\n", output)
  end)

  it("is the one that require gives, and is named in a traceback", function()
    local output = run_with_copy [[
      local client = require "studio".new { account_sid = "AC1", auth_token = "0123456789" }
      local trace
      local function source() trace = debug.traceback() end
      for _ in client:map(source, print) do end
      assert(trace:find("lua/studio/waiting/map.lua:%d+:"), trace)
      local map = require "studio.waiting.map"
      assert(map == package.loaded["studio.waiting.map"] and type(map) == "function")
      assert(debug.getinfo(map, "S").source == "@lua/studio/waiting/map.lua")
      -- The other way round: what the program asked for first is what the library uses.
      package.loaded["studio.base.suggest"] = function() return " (no idea)" end
      local _, message = pcall(require "studio".new, { timeot = 1 })
      io.write(message)
    ]]
    assert.are.equal("program.lua:11: unknown option 'timeot' (no idea)status=0\n", output)
  end)

  it("does not need what the program took away after it had loaded the library", function()
    local output = run_with_copy [[
      local studio = require "studio"
      local client = studio.new { account_sid = "AC1", auth_token = "0123456789" }
      load, loadstring, require, dofile, io.open = nil
      for _, number in client:map({ 1 }, function(value) return value end) do io.write(number, " ") end
      local _, err = client.v2.flows("FW1"):fetch()
      io.write(err.kind, " ", studio.timestamp "1970-01-01T00:00:01Z", " ")
    ]]
    assert.are.equal("1 argument 1 status=0\n", (output:gsub("1%.0", "1")))
  end)

  it("has the globals of the library, whatever those of the thread are that is the first to use it", function()
    local output = run_with_copy [[
      local client = require "studio".new { account_sid = "AC1", auth_token = "0123456789" }
      local function count() return client:pending() end
      local thread = coroutine.create(setfenv and function() setfenv(0, {}) return count() end or count)
      print(select(2, coroutine.resume(thread)), count(), client:spawn(function() return 7 end):wait())
    ]]
    assert.are.equal("0\t0\t7\nstatus=0\n", output)
  end)

  it("shows nothing of its text to whoever prints a client with its metatables", function()
    local output = run_with_copy [[
      local client = require "studio".new { account_sid = "AC1", auth_token = "0123456789" }
      local seen, longest = {}, 0
      local function walk(value)
        if type(value) == "string" then longest = math.max(longest, #value) end
        if type(value) ~= "table" or seen[value] then return end
        seen[value] = true
        walk(getmetatable(value))
        for key, field in next, value do walk(key) walk(field) end
      end
      walk(client)
      walk(getmetatable(client).open())
      print(longest > 10 and longest < 200, longest)
    ]]
    assert.is_truthy(output:find "^true\t", output)
  end)

  it("answers misuse, too, when the program has taken require away", function()
    local output = run_with_copy [[
      local client = require "studio".new { account_sid = "AC1", auth_token = "0123456789" }
      local _, err = client.v2.flows("FW1"):fetch()
      require = nil
      print(pcall(err.is_conflict))
    ]]
    assert.are.equal("false\tprogram.lua:4: call 'is_conflict' with a colon, not with a dot\nstatus=0\n", output)
  end)

  it("is of the same instance of the library as what it works with, also after the program has loaded another", function()
    local output = run_with_copy [[
      local function load_anew()
        for name in pairs(package.loaded) do
          if name:find "^studio" and name ~= "studio.core" then package.loaded[name] = nil end
        end
        local studio = require "studio"
        return studio, studio.new { account_sid = "AC1", auth_token = "0123456789" }, package.loaded["studio.base.errors"]
      end
      local _, old, old_errors = load_anew()
      local _, new, new_errors = load_anew()
      assert(old_errors ~= new_errors)
      for _ in new:map({ 1 }, function() end) do end
      assert(package.loaded["studio.waiting.task"])
      local mt = getmetatable(old_errors.new("http", "x"))
      local task = old:spawn(function()
        local _, err = old.v2.flows("FW1"):fetch()
        return err, getmetatable(old:spawn(coroutine.yield))
      end)
      local err, task_mt = task:wait()
      assert(getmetatable(err) == mt and task_mt == getmetatable(task))
      assert(task_mt ~= getmetatable(new:spawn(function() end)))
      io.write "fine "
    ]]
    assert.are.equal("fine status=0\n", output)
  end)

  it("is loaded at once where files are not found in the usual way", function()
    local ways = {
      "package.searchpath = nil",
      "ngx = {}",
      -- An archive.
      [[local searchpath, path = package.searchpath, package.path
        package.path = ""
        table.insert(package.searchers or package.loaders, 2, function(name)
          local found = searchpath and searchpath(name, path) or "lua/" .. name:gsub("%.", "/") .. ".lua"
          local file = io.open(found, "rb")
          if not file then return nil end
          local text = file:read "*a"
          file:close()
          return (loadstring or load)(text, "@archive.zip/" .. found)
        end)]],
    }
    for _, way in ipairs(ways) do
      local output = run_with_copy(way .. "\n" .. [[
        local studio = require "studio"
        for name in (...):gmatch "%S+" do assert(package.loaded[name] ~= nil, name) end
        local client = studio.new { account_sid = "AC1", auth_token = "0123456789" }
        for _ in client:map({ 1 }, function() return 1 end) do end
        io.write "fine "
      ]], { table.concat(own_modules(), " ") })
      assert.are.equal("fine status=0\n", output)
    end
  end)

  it("is the program's own, where it gives one", function()
    local output = run_with_copy [[
      package.preload["studio.base.suggest"] = function() return function() return " (no idea)" end end
      local _, message = pcall(require "studio".new, { timeot = 1 })
      io.write(message, " ")
    ]]
    assert.are.equal("program.lua:2: unknown option 'timeot' (no idea) status=0\n", output)
  end)
end)

describe("A client whose declarations are not compiled yet", function()
  local client = studio.new { account_sid = "AC1", auth_token = "0123456789" }

  local function walk(collections, visit)
    for name, declared in pairs(collections or {}) do
      visit(name, declared)
      walk(declared.member and declared.member.children, visit)
    end
  end

  it("has the collections at the top, as they are declared", function()
    for _, version in ipairs { "v1", "v2", "flex" } do
      local api = require("studio.api." .. version)
      for name in pairs(client[version]) do assert.truthy(api.collections[name], name) end
      for name, declared in pairs(api.collections) do
        local collection = rawget(client[version], name)
        assert.are.equal(api.path .. "/" .. declared.path, rawget(collection, "path"))
        assert.are.equal(api.service, rawget(collection, "service"))
        assert.are.equal("studio." .. declared.name .. ".collection", getmetatable(collection).__name)
      end
    end
  end)

  it("knows the lists of every version", function()
    local flow = client.v1.flows("FW" .. ("0"):rep(32))
    for _, version in ipairs { "v1", "v2", "flex" } do
      walk(require("studio.api." .. version).collections, function(_, declared)
        if not declared.member then return end
        local collection = declared.path == "Engagements" and flow.executions or flow.engagements
        local _, err = collection:page_at("https://studio.twilio.com/v1/" .. declared.path)
        assert.are.equal("argument", err.kind)
        assert.truthy(err.message:find(declared.path, 1, true), err.message)
      end)
    end
  end)
end)
