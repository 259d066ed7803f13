--- Ctrl-C while a program waits; and several clients, Lua states and threads in one process.
local child = require "spec.child"
local core = require "studio.core"
local support = require "spec.support"

local quote = child.quote

-- Programs that wait for an answer that never comes, each in a way of its own.
local waits = {
  ["a call"] = "flow:fetch()",
  ["a call of a client whose descriptor is polled"] = "client:pollfd() flow:fetch()",
  ["a call with a coroutine around it"] = "coroutine.wrap(function() flow:fetch() end)()",
  ["a task that a script waits for"] = "client:spawn(function() return flow:fetch() end):wait()",
  ["a map"] = "for _ in client:map({ 1, 2, 3 }, function() return flow:fetch() end) do end",
  ["a step without an end"] = "client:spawn(function() return flow:fetch() end) repeat until client:step(1e6) == 0",
  ["a page that is read ahead"] = "for _ in client.v1.flows:each { page_size = 2 } do end",
  ["a token"] = "oauth.v1.flows:list()",
  ["a wait for a retry"] = "client.v2.flows:list { page_size = 7 }",
}

local prelude = [[
  local studio = require "studio"
  local options = { base_url = %q, account_sid = "AC00000000000000000000000000000000", auth_token = "not-a-real-token", timeout = 60 }
  local client = studio.new(options)
  local flow = client.v1.flows("FW00000000000000000000000000000001")
  options.oauth, options.account_sid, options.auth_token = { client_id = "OQ1", client_secret = "not-a-real-secret" }
  local oauth = studio.new(options)
]]

local scenario = [[
  local request = connection:request()
  if request.target:find("PageSize=2", 1, true) then
    connection:answer('{"flows":[{"sid":"FW1"},{"sid":"FW2"}],"meta":{"key":"flows","page":0,"page_size":2,"next_page_url":"'
      .. "http://" .. request.headers.host .. '/v1/Flows?next=1"}}')
    connection:request()
  elseif request.target:find("PageSize=7", 1, true) then
    connection:send("HTTP/1.1 503 Busy\r\nRetry-After: 50\r\nContent-Length: 0\r\n\r\n")
  end
  connection:log("waits")
  connection:request()]]

describe("Ctrl-C ends a program at once that waits for", function()
  for name, code in pairs(waits) do
    it(name, function()
      local server = child.server(scenario)
      local directory = child.directory()
      local file = assert(io.open(directory .. "/program.lua", "w"))
      file:write(prelude:format(server.origin), code, "\nprint('went on')\n")
      file:close()
      local program = io.popen(("{ %s %s & echo $! >%s; wait $!; echo status=$?; } 2>&1"):format(
        "env " .. child.interpreter(), quote(directory .. "/program.lua"), quote(directory .. "/pid")))
      local waits_for_it = server:wait("^waits")
      local before = core.now()
      local signal = waits_for_it and "sleep 0.1; kill -INT" or "kill -KILL"
      os.execute(signal .. " $(cat " .. quote(directory .. "/pid") .. ")")
      local output = program:read("*a")
      program:close()
      assert.truthy(output:find("interrupted!", 1, true), output)
      assert.truthy(output:find("status=1\n$"), output)
      assert.is_nil(output:find("went on", 1, true))
      assert.is_true(core.now() - before < 10, "it took " .. core.now() - before .. " seconds")
      server:stop()
      child.remove(directory)
    end)
  end
end)

describe("In one process", function()
  local emulator = support.emulator()

  it("Lua states in four threads do not disturb one another", function()
    local service, directory = emulator(), child.directory()
    local interpreter = support.interpreter
    local library = interpreter == "luajit" and "-l:libluajit-5.1.so.2" or "-l" .. interpreter
    local compiled = child.shell(("cc -o %s/threads $(build-aux/lua-include %s) spec/threads/threads.c %s -lpthread"):format(
      directory, interpreter, library))
    assert.are.equal("", compiled)
    local paths = child.interpreter():match("^(.*) %S+$")
    local account = ("STUDIO_BASE_URL=%s TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s"):format(
      service.base_url, service.account_sid, service.auth_token)
    local output = child.shell(("env %s %s timeout 120 %s/threads spec/threads/busy.lua 4 10"):format(paths, account, directory))
    -- Each client is let go of with a task in flight, and says so.
    assert.are.equal("fine\n", (output:gsub("studio: 1 task [^\n]*\n", "")))
    child.remove(directory)
  end)

  it("clients do not disturb one another", function()
    local service = emulator()
    local clients = {}
    for index = 1, 10 do
      clients[index] = support.client(service)
      clients[index]:spawn(function() return clients[index].v1.flows(service.flows.survey):fetch() end)
      if index % 2 == 0 then clients[index]:pollfd() end
    end
    for index = 1, 10, 3 do clients[index]:close() end
    for index, client in ipairs(clients) do
      local flow, err = client.v1.flows(service.flows.survey):fetch()
      assert.are.equal(index % 3 == 1 and "cancelled" or nil, err and err.kind)
      assert.are.equal(index % 3 ~= 1 and service.flows.survey or nil, flow and flow.sid)
      client:close()
    end
  end)
end)
