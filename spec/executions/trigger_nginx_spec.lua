--- A campaign in memory inside nginx: the worker answers others meanwhile.
if not rawget(_G, "jit") then return end -- nginx's Lua is LuaJIT, whoever asks

local nginx_server = require "spec.nginx_server"
local support = require "spec.support"

local FLOW = "FW00000000000000000000000000000002"

local init = [[
  studio, executions = require "studio", require "studio.executions"
  client = studio.new { retry = false }
  flow = client.v2.flows("]] .. FLOW .. [[")
  running = false
]]

local http = [[
  server {
    listen 127.0.0.1:$port;
    location = /campaign { content_by_lua_block {
      local list = {}
      for index = 1, 30 do list[index] = ("+1555%07d"):format(index) end
      running = true
      local result, err = executions.trigger(flow.executions, list, { from = "+15550009999", rate = 40, concurrency = 5 })
      running = false
      ngx.header.content_type = "application/json"
      ngx.print(result and studio.encode(result) or studio.encode { error = tostring(err) })
    } }
    location = /running { content_by_lua_block {
      ngx.header.content_type = "application/json"
      ngx.print(studio.encode { running = running, pending = client:pending() })
    } }
  }
]]

describe("In nginx executions.trigger", function()
  local service = support.emulator()
  local server

  setup(function() server = assert(nginx_server.start { service = service(), init = init, http = http }) end)
  teardown(function() server:stop() end)

  it("calls each contact once, while the worker answers others", function()
    local others = 0
    local task = server.client:spawn(function() return server:get "/campaign" end)
    repeat
      local answer = assert(server:get "/running")
      others = others + (answer.running and 1 or 0)
    until task:done()
    assert.same({ total = 30, created = 30, skipped = 0, refused = 0, doubtful = 0, waiting = 0 }, task:wait())
    assert.truthy(others > 0)
    assert.same({ running = false, pending = 0 }, server:get "/running")
    local called = {}
    local client = support.client(service())
    for execution in client.v2.flows(FLOW).executions:each { date_created_from = os.time() - 3600 } do
      local to = execution.contact_channel_address
      assert.is_nil(called[to])
      called[to] = true
    end
    client:close()
    assert.is_true(called["+15550000030"])
  end)
end)
