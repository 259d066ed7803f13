-- Seen: in nginx a call where nothing can yield (inside string.gsub, table.sort, require) raised after its POST was sent.
if not rawget(_G, "jit") then return end -- nginx's Lua is LuaJIT, whoever asks

local nginx_server = require "spec.nginx_server"
local support = require "spec.support"

local init = [[
  studio, json = require "studio", require "studio.base.json"
  client = studio.new { retry = false }
  function create()
    return client.v2.flows("FW00000000000000000000000000000001").executions:create { to = "+15550001111", from = "+15550002222" }
  end
  places = {}
  function places.gsub(call) string.gsub("a", "a", function() call() end) end
  function places.sort(call)
    local is_first = true
    table.sort({ 2, 1 }, function(a, b)
      if is_first then call() end
      is_first = false
      return a < b
    end)
  end
  function places.format(call) string.format("%s", (tostring(setmetatable({}, { __tostring = function() call() return "" end })))) end
  function places.require(call)
    package.loaded["a.module"], package.preload["a.module"] = nil, call
    require "a.module"
  end
]]

local http = [[
  server {
    listen 127.0.0.1:$port;
    location = /at { content_by_lua_block {
      local value, err
      local ran, problem = pcall(places[ngx.var.arg_place], function()
        if ngx.var.arg_what == "spawn" then
          value, err = client:spawn(create)
        elseif ngx.var.arg_what == "sleep" then
          value, err = client:sleep(0.01)
        elseif ngx.var.arg_what == "oauth" then
          local other = studio.new { oauth = { client_id = "OQ" .. ("a"):rep(32), client_secret = "not-a-secret" } }
          value, err = other.v1.flows("FW00000000000000000000000000000001"):fetch()
        else
          value, err = create()
        end
      end)
      ngx.header.content_type = "application/json"
      err = err or {}
      ngx.print(json.encode { ran = ran, problem = tostring(problem), value = value and true, kind = err.kind, sent = err.sent })
    } }
    location = /after { content_by_lua_block {
      ngx.sleep(0.05)
      ngx.header.content_type = "application/json"
      ngx.print(json.encode { sid = assert(create()).sid ~= nil, pending = client:pending() })
    } }
  }
]]

describe("In nginx, where nothing can yield,", function()
  local service_of = support.emulator()
  local service, server

  setup(function()
    service = service_of()
    server = assert(nginx_server.start { service = service, init = init, http = http })
  end)

  teardown(function()
    local retired, problem = server:retire()
    server:stop()
    assert(retired, problem)
  end)

  for _, place in ipairs { "gsub", "sort", "require" } do
    it("a create inside " .. place .. " is refused before a byte leaves, and the next one is fine", function()
      local body = assert(server:get("/at?place=" .. place))
      assert.are.same({ ran = true, problem = "nil", kind = "context", sent = false }, body)
      assert.are.equal(0, #service:requests())
      assert.are.same({ sid = true, pending = 0 }, assert(server:get("/after")))
      assert.are.equal(1, #service:requests())
    end)
  end

  it("neither a task nor a sleep begins, and no token is fetched", function()
    for _, what in ipairs { "spawn", "sleep", "oauth" } do
      local body = assert(server:get("/at?place=gsub&what=" .. what))
      assert.are.equal("context", body.kind, what)
      assert.is_false(body.sent)
    end
    assert.are.equal(0, #service:requests())
  end)

  it("is not inside a metamethod that Lua itself calls: there a call waits", function()
    local body = assert(server:get("/at?place=format"))
    assert.is_true(body.value)
  end)
end)
