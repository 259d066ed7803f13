--- A process that forks: the child has connections of its own, and the parent's stay whole.
local child = require "spec.child"
local support = require "spec.support"

-- What every program here begins with: two ways to wait, a client, and one request.
local prelude = [[
local posix, core, studio = require "test_posix", require "studio.core", require "studio"
local base_url, ca_file, account_sid, auth_token, flow = arg[1], arg[2], arg[3], arg[4], arg[5]
local client = studio.new {
  base_url = base_url, ca_file = ca_file ~= "" and ca_file or nil, account_sid = account_sid, auth_token = auth_token, retry = false,
}
local function ask(who)
  local found, err = client:request("GET", "/v1/Flows/" .. flow, { headers = { ["X-Who"] = who } })
  print(who, found and found.status or err)
  io.stdout:flush()
end
]]

describe("After a fork", function()
  local emulator = support.emulator()
  local directory, cpath

  setup(function() directory, cpath = child.posix() end)
  teardown(function() child.remove(directory) end)

  local function run(program, tls)
    local service = emulator()
    local arguments = {
      tls and service.tls_url or service.base_url, tls and service.ca_file or "",
      service.account_sid, service.auth_token, service.flows.survey,
    }
    return child.run(prelude .. program, { cpath = cpath, arguments = arguments })
  end

  -- Who asked on which connection: { parent = { 7 }, child = { 8 } }.
  local function connections()
    local by_name = {}
    for _, request in ipairs(emulator():requests()) do
      local who = request.headers["x-who"]
      if who then
        local list = by_name[who] or {}
        by_name[who] = list
        if list[#list] ~= request.connection then list[#list + 1] = request.connection end
      end
    end
    return by_name
  end

  -- How a child can end, with its client untouched, used, closed or collected.
  local ends = {
    ["leaves at once"] = "posix.exit(0)",
    ["closes its Lua state"] = "os.exit(0, true)",
    ["asks and leaves at once"] = "ask 'child' ask 'child' posix.exit(0)",
    ["asks and closes its Lua state"] = "ask 'child' ask 'child' os.exit(0, true)",
    ["closes its client"] = "client:close() os.exit(0, true)",
    ["closes its client after use"] = "ask 'child' client:close() os.exit(0, true)",
    ["collects its client"] = "client, ask = nil collectgarbage() collectgarbage() os.exit(0, true)",
    ["asks by the descriptor"] = "assert(client:pollfd()) ask 'child' os.exit(0, true)",
    ["forks again"] = [[
      ask 'child'
      local pid = posix.fork()
      if pid == 0 then ask 'grandchild' os.exit(0, true) end
      posix.wait(pid)
      ask 'child'
      os.exit(0, true)]],
  }

  for _, tls in ipairs { false, true } do
    for what, ending in pairs(ends) do
      for _, descriptor in ipairs { false, true } do
        local how = (tls and "HTTP/2 over TLS" or "HTTP/1.1") .. (descriptor and ", driven by its descriptor" or "")
        it(("a child that %s leaves the parent's connection whole (%s)"):format(what, how), function()
          local output = run((descriptor and "assert(client:pollfd())\n" or "") .. [[
            ask "parent"
            local pid = posix.fork()
            if pid == 0 then ]] .. ending .. [[ end
            local status = posix.wait(pid)
            assert(status == 0, status)
            ask "parent"
            client:close()
          ]], tls)
          assert.is_truthy(output:find("status=0\n$"), output)
          for status in output:gmatch("%l+\t(%S+)") do assert.are.equal("200", status, output) end
          local seen = connections()
          assert.are.equal(1, #seen.parent)
          assert.are.equal(ending:find "'child'" and 1 or 0, #(seen.child or {}))
          local owner = {}
          for who, list in pairs(seen) do
            assert.is_nil(owner[list[1]], "a connection has two users")
            owner[list[1]] = who
          end
        end)
      end
    end

    for _, descriptor in ipairs { false, true } do
      local how = (tls and "HTTP/2 over TLS" or "HTTP/1.1") .. (descriptor and ", driven by its descriptor" or "")
      it("what was in flight goes on in the parent, and ends in the child with an unknown fate (" .. how .. ")", function()
        local service = emulator()
        service:fault { delay = 0.3 }
        local output = run([[
          local multi = core.multi { connect_timeout = 5, max_response_bytes = 1e6, ca_file = ca_file ~= "" and ca_file or nil }
          local transfer, headers = multi:transfer(), core.headers { "X-Who", "both" }
          if ]] .. tostring(descriptor) .. [[ then multi:pollfd() end
          assert(transfer:start("POST", base_url, "/v1/Flows", headers, "a=b", 20))
          local until_sent = core.now() + 0.1
          repeat multi:step(0.02) until core.now() > until_sent
          local pid = posix.fork()
          if pid == 0 then
            multi:step(0)
            print("child", transfer:done(), multi:completed() == transfer:id(), transfer:outcome())
            assert(transfer:start("GET", base_url, "/v1/Flows", headers, nil, 20))
            repeat multi:step(20) until transfer:done()
            print("child", transfer:outcome())
            os.exit(0, true)
          end
          assert(posix.wait(pid) == 0)
          repeat multi:step(20) until transfer:done()
          print("parent", transfer:outcome())
        ]], tls)
        local forked = "the process forked while the request was in flight\tforked\ttrue\t0"
        assert.are.equal("child\ttrue\ttrue\tnil\t" .. forked .. "\nchild\t401\nparent\t401\nstatus=0\n", output)
        local posts = 0
        for _, request in ipairs(service:requests()) do
          if request.method == "POST" then posts = posts + 1 end
        end
        assert.are.equal(1, posts)
      end)
    end
  end

  for _, tls in ipairs { false, true } do
    it("a loop over a list goes on in both, each with a next page of its own" .. (tls and " (HTTP/2 over TLS)" or ""), function()
      local service = emulator()
      service:fault { times = 1 }
      service:fault { delay = 0.3 } -- what was answered before the fork would be good for both
      local output = run([[
        local count, sids, pid = 0, {}, nil
        for engagement in client.v1.flows(flow).engagements:each { page_size = 10, limit = 20 } do
          count = count + 1
          sids[engagement.sid] = true
          if count == 6 then pid = posix.fork() end
        end
        local distinct = 0
        for _ in pairs(sids) do distinct = distinct + 1 end
        if pid == 0 then
          print("child", count, distinct)
          os.exit(0, true)
        end
        assert(posix.wait(pid) == 0)
        print("parent", count, distinct)
      ]], tls)
      assert.are.equal("child\t20\t20\nparent\t20\t20\nstatus=0\n", output)
      assert.are.equal(3, #service:requests())
    end)
  end

  it("the timeout and the descriptor of a child are its own", function()
    local output = run [[
      local multi = core.multi { connect_timeout = 5, max_response_bytes = 1e6 }
      local transfer, headers = multi:transfer(), core.headers {}
      multi:pollfd()
      assert(transfer:start("GET", base_url, "/v1/Flows", headers, nil, 20))
      multi:step(0)
      local pid = posix.fork()
      if pid == 0 then
        print(multi:timeout())
        multi:step(0)
        print(multi:completed() == transfer:id(), multi:completed(), multi:timeout())
        print(type(multi:pollfd()), multi:step(0))
        os.exit(0, true)
      end
      assert(posix.wait(pid) == 0)
      repeat multi:step(20) until transfer:done()
      print(transfer:outcome())
    ]]
    assert.is_truthy(output:find("^0[%.0]*\ntrue\tnil\nnumber\t0\n401\nstatus=0\n$"), output)
  end)

  for _, tls in ipairs { false, true } do
    it("what a task sent is not sent again by the child (" .. (tls and "HTTP/2 over TLS" or "HTTP/1.1") .. ")", function()
      emulator():fault { delay = 0.4, times = 5 }
      local output = run([[
        local contact = { to = "+18001234567", from = "+18007654321" }
        local task = client:spawn(function() return client.v2.flows(flow).executions:create(contact) end)
        local until_sent = core.now() + 0.1
        repeat client:step(0.02) until core.now() > until_sent
        local pid = posix.fork()
        local execution, err = task:wait()
        print(pid == 0 and "child" or "parent", execution ~= nil, err and err.message, err and tostring(err.sent))
        io.stdout:flush()
        if pid == 0 then posix.exit(0) end
        posix.wait(pid)
      ]], tls)
      assert.are.equal("child\tfalse\tthe process forked while the request was in flight\tnil\nparent\ttrue\tnil\tnil\nstatus=0\n", output)
      assert.are.equal(1, #emulator():requests())
    end)
  end

  it("the child fetches an OAuth token of its own where the parent was fetching one", function()
    local service = emulator()
    service:fault { path = "/v2/token", delay = 0.5 }
    local output = child.run([[
      local posix, core, studio = require "test_posix", require "studio.core", require "studio"
      local client = studio.new { base_url = arg[1], oauth = { client_id = arg[2], client_secret = arg[3] }, retry = false }
      local function fetch() return client.v1.flows(arg[4]):fetch() end
      local task = client:spawn(fetch)
      local until_sent = core.now() + 0.1
      repeat client:step(0.02) until core.now() > until_sent
      local pid = posix.fork()
      local found, err
      if pid == 0 then found, err = fetch() else found, err = task:wait() end
      print(pid == 0 and "child" or "parent", found and found.sid == arg[4], err)
      io.stdout:flush()
      if pid == 0 then posix.exit(0) end
      posix.wait(pid)
    ]], { cpath = cpath, arguments = { service.base_url, service.client_id, service.client_secret, service.flows.survey } })
    local lines = {}
    for line in output:gmatch "[^\n]+" do lines[#lines + 1] = line end
    table.sort(lines)
    assert.are.same({ "child\ttrue\tnil", "parent\ttrue\tnil", "status=0" }, lines)
  end)

  it("a child that has used its client keeps none of the parent's connections open", function()
    local server = child.server "while connection:request() do connection:answer() end"
    local output = child.run([[
      local posix, core, studio = require "test_posix", require "studio.core", require "studio"
      local origin, log = arg[1], arg[2]
      local client = studio.new { base_url = origin, account_sid = "AC" .. ("0"):rep(32), auth_token = "secret" }
      assert(client:request("GET", "/parent"))
      local function exists(name, text)
        local file = io.open(log .. name)
        local found = file and (not text or file:read("*a"):find(text, 1, true))
        if file then file:close() end
        return found
      end
      local function wait(...)
        local give_up = core.now() + 10
        while not exists(...) do
          if core.now() > give_up then print("gave up on", ...) os.exit(1) end
          os.execute("sleep 0.01")
        end
      end
      local pid = posix.fork()
      if pid == 0 then
        client:step(0)
        io.open(log .. ".child", "w"):close()
        wait ".done"
        posix.exit(0)
      end
      wait ".child"
      client:close()
      wait("", "eof 1")
      io.open(log .. ".done", "w"):close()
      print(posix.wait(pid))
    ]], { cpath = cpath, arguments = { server.origin, server.log_path } })
    server:stop()
    assert.are.equal("0\nstatus=0\n", output)
  end)
end)
