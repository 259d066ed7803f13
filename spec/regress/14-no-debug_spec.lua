-- Seen: in a program without the debug library `require "studio"` raised "attempt to index a nil value (global 'debug')".
local child = require "spec.child"

describe("Without the debug library", function()
  local function run(program)
    local output = child.run("debug, package.loaded.debug = nil, nil\n" .. program)
    assert.truthy(output:find("status=0\n$"), output)
    return output
  end

  it("every module of the library loads", function()
    assert.are.equal("loaded\nstatus=0\n", run [[
      require "studio.all"
      require "studio.webhook"
      require "studio.emulator"
      print "loaded"
    ]])
  end)

  it("the local service starts, and calls, lists and tasks do what they do with it", function()
    assert.are.equal("5\n2\nnil\thttp\ncaught\tmine\nstatus=0\n", run [[
      local emulator, studio = require "studio.emulator", require "studio"
      local service = assert(emulator.start())
      local client = studio.new { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token }
      print(#assert(client.v1.flows:list()))
      local count = 0
      for _, flow in client:map({ service.flows.survey, service.flows.survey }, function(sid) return client.v1.flows(sid):fetch() end) do
        count = count + (flow.sid == service.flows.survey and 1 or 0)
      end
      print(count)
      local none, err = client.v1.flows("FW" .. ("0"):rep(32)):fetch()
      print(none, err.kind)
      local task = client:spawn(function() error("mine", 0) end)
      local fine, message = pcall(task.wait, task)
      print(fine and "none" or "caught", tostring(message):match "^mine")
      client:close()
      service:stop()
    ]])
  end)

  it("misuse raises with its sentence, though with no line", function()
    local output = run [[
      local studio = require "studio"
      print(pcall(studio.new, { acount_sid = "AC1" }))
      print(pcall(studio.new, 42))
    ]]
    assert.truthy(output:find("^false\t[^\n]*did you mean 'account_sid'%?"), output)
    assert.truthy(output:find("\nfalse\t[^\n]*table"), output)
  end)
end)
