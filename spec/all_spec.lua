--- `require "studio.all"` leaves nothing to be loaded later.
local child = require "spec.child"
local support = require "spec.support"

-- Modules that only programs of another kind can load.
local elsewhere = {
  ["studio.waiting.ways.nginx"] = true, ["studio.waiting.ways.nginx_poll"] = true, ["studio.waiting.ways.cqueues"] = true,
}

local function modules()
  local names = {}
  local rooms = { "api", "base", "request", "resource", "transport", "waiting" }
  for path in child.shell("cd lua && find studio/" .. table.concat(rooms, " studio/") .. " -name '*.lua'"):gmatch "[^\n]+" do
    local name = path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    if not elsewhere[name] then names[#names + 1] = name end
  end
  return names
end

describe("studio.all", function()
  local service = support.emulator()

  it("loads every module of the layers below the client", function()
    local names = modules()
    assert.is_true(#names > 25)
    local program = ([[
      assert(require "studio.all" == require "studio")
      for name in ("%s"):gmatch "%%S+" do
        if not package.loaded[name] then print("not loaded: " .. name) end
      end
    ]]):format(table.concat(names, " "))
    assert.equal("status=0\n", child.run(program))
  end)

  support.test_with "cqueues"("loads the way of cqueues where the program has that", function()
    local program = [[
      require "cqueues"
      require "studio.all"
      print(package.loaded["studio.waiting.ways.cqueues"] ~= nil)
    ]]
    assert.equal("true\nstatus=0\n", child.run(program))
  end)

  it("lets a program do without its files", function()
    local program = ([[
      local studio = require "studio.all"
      package.path, package.cpath = "", ""
      local client = studio.new { base_url = "%s", account_sid = "%s", auth_token = "%s" }
      local flow = client.v2.flows("%s")
      assert(flow:fetch())
      assert(#assert(flow.executions:list { date_created_from = "2024-01-01", limit = 3 }) == 3)
      assert(client:request("GET", "/v2/Flows"))
      assert(client.v1.flows:list { limit = 1 })
      assert(client.flex.flex_flows:list { limit = 1 })
      local _, err = client.v2.flows("FW00000000000000000000000000000099"):fetch()
      assert(err:is_not_found())
      local fine, problem = pcall(function() return flow.excutions end)
      print(fine, problem)
      print(client:spawn(function() return assert(flow:fetch()).friendly_name end):wait())
      for word, value in client:map({ "one" }, function() return flow:fetch().revision end) do print(word, value) end
      print(studio.timestamp "2024-01-01T00:00:00Z")
      print(studio.webhook.valid("12345", "none", "https://example.com/", {}))
    ]]):format(service().base_url, service().account_sid, service().auth_token, service().flows.survey)
    local said = child.run(program)
    assert.truthy(said:find("false\t.-did you mean 'executions'%?"), said)
    assert.truthy(said:find("Customer survey\none\t1\n1704067200\nfalse\t.-\nstatus=0\n$"), said)
  end)
end)
