--- The scenarios that are the same however a program waits, inside a real nginx.
if not rawget(_G, "jit") then return end -- nginx's Lua is LuaJIT, whoever asks

local nginx_server = require "spec.nginx_server"
local scenarios = require "spec.scenario"
local support = require "spec.support"

local init = [[
  studio, json = require "studio", require "studio.base.json"
  scenarios = require "scenario"
  local flows = json.decode(os.getenv("FLOWS"))
  local control = studio.new { retry = false }

  local function new_client(options)
    local all = { retry = { base = 0.001, cap = 0.01 } }
    for name, value in pairs(options or {}) do all[name] = value end
    return studio.new(all)
  end

  function run(number)
    local client = new_client()
    local fine, problem = xpcall(scenarios[number].run, debug.traceback, {
      client = client, new_client = new_client, flows = flows, now = require("studio.core").now,
      fault = function(fault) assert(control:request("POST", "/_emulator/faults", { form = { fault = json.encode(fault) } })) end,
      requests = function() return assert(control:request("GET", "/_emulator/requests")).body.requests end,
    })
    client:close()
    return fine and "fine" or tostring(problem)
  end

  function answer(outcome)
    ngx.header.content_type = "application/json"
    ngx.print(json.encode { outcome = outcome })
  end
]]

local http = [[
  server {
    listen 127.0.0.1:$port;
    location = /content { content_by_lua_block { answer(run(tonumber(ngx.var.arg_number))) } }
    location = /task { content_by_lua_block {
      local number, client = tonumber(ngx.var.arg_number), studio.new()
      answer(client:spawn(run, number):wait())
    } }
    location = /timer { content_by_lua_block {
      local number, outcome = tonumber(ngx.var.arg_number), nil
      local done = require("ngx.semaphore").new()
      ngx.timer.at(0, function()
        outcome = run(number)
        done:post(1)
      end)
      done:wait(30)
      answer(outcome or "it did not end")
    } }
  }
]]

for way, main in pairs { ["with naps"] = "", ["with a thread pool"] = "thread_pool studio threads=4;\n" } do
  describe("In nginx, " .. way .. ",", function()
    local service_of = support.emulator { auth_token = "of-service-and-doors", control_token = "of-service-and-doors" }
    local service, server

    setup(function()
      service = service_of()
      local flows = {}
      for name, sid in pairs(service.flows) do
        if type(name) == "string" then flows[#flows + 1] = ('"%s":"%s"'):format(name, sid) end
      end
      server = assert(nginx_server.start {
        service = service, main = main, init = init, http = http, variables = { "FLOWS" },
        environment = ("FLOWS='{%s}'"):format(table.concat(flows, ",")),
      })
    end)

    teardown(function()
      local retired, problem = server:retire()
      server:stop()
      assert(retired, problem)
    end)

    for number, scenario in ipairs(scenarios) do
      for _, where in ipairs { "content", "task", "timer" } do
        it(("a program %s (%s)"):format(scenario.name, where), function()
          local answer = assert(server:get(("/%s?number=%d"):format(where, number)))
          assert.are.equal("fine", answer.outcome)
        end)
      end
    end
  end)
end
