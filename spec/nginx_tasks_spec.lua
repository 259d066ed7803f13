--- Tasks, map, reading ahead and shared tokens inside a real nginx, where tasks are light threads.
if not rawget(_G, "jit") then return end -- nginx's Lua is LuaJIT, whoever asks

local nginx_server = require "spec.nginx_server"
local support = require "spec.support"

local FLOW = "FW00000000000000000000000000000001"

local init = [[
  studio, json = require "studio", require "studio.base.json"
  events = {}
  client = studio.new { on_event = function(event) if event.kind == "task" then events[#events + 1] = event.message end end, retry = false }
  oauth_client = studio.new {
    oauth = { client_id = os.getenv("CLIENT_ID"), client_secret = os.getenv("CLIENT_SECRET") }, retry = false,
  }
  flow = client.v1.flows("]] .. FLOW .. [[")
  function answer(value)
    ngx.header.content_type = "application/json"
    ngx.print(json.encode(value))
  end
  function fetch() return flow:fetch() end
]]

local http = [[
  lua_check_client_abort on;
  server {
    listen 127.0.0.1:$port;
    location = /map { content_by_lua_block {
      local fine, numbers = 0, {}
      for index = 1, 10 do numbers[index] = index end
      for _, one in client:map(numbers, fetch, { concurrency = 10 }) do fine = fine + (one and 1 or 0) end
      answer { fine = fine }
    } }
    location = /wide { content_by_lua_block {
      local running, most, sum = 0, 0, 0
      local last = 0
      for _, one in client:map(function()
        last = last + 1
        return last <= 600 and last or nil
      end, function(number)
        running = running + 1
        most = math.max(most, running)
        while most < 300 do client:sleep(0.01) end
        running = running - 1
        return number
      end, { concurrency = 300 }) do sum = sum + one end
      answer { most = most, sum = sum }
    } }
    location = /busy { content_by_lua_block {
      local running, most, last = 0, 0, 0
      for _ in client:map(function()
        last = last + 1
        return last <= 2000 and last or nil
      end, function()
        running = running + 1
        most = math.max(most, running)
        ngx.sleep(0)
        running = running - 1
      end, { concurrency = 1000 }) do end
      answer { most = most }
    } }
    location = /give-way { content_by_lua_block {
      local flag, sleeps = false, 0
      client:spawn(function() flag = true end)
      while not flag and sleeps < 1e6 do
        client:sleep(0)
        sleeps = sleeps + 1
      end
      answer { flag = flag }
    } }
    location = /short { content_by_lua_block {
      local function now() ngx.update_time() return ngx.now() end
      local began = now()
      for _ = 1, 50 do client:sleep(0.001) end
      local middle = now()
      for _ = 1, 50 do ngx.sleep(0.005) end
      answer { ours = middle - began, others = now() - middle }
    } }
    location = /each { content_by_lua_block {
      local count = 0
      for _ in flow.engagements:each { page_size = 20 } do count = count + 1 end
      answer { count = count }
    } }
    location = /left-early { content_by_lua_block {
      for _ in flow.engagements:each { page_size = 2 } do break end
      for _ in client:map({ 1, 2, 3, 4 }, fetch, { concurrency = 4 }) do break end
      collectgarbage() collectgarbage()
      answer { pending = client:pending() }
    } }
    location = /oauth { content_by_lua_block {
      local one, err = oauth_client.v1.flows("]] .. FLOW .. [["):fetch()
      answer { sid = one and one.sid, error = err and tostring(err) }
    } }
    location = /pending { content_by_lua_block {
      collectgarbage() collectgarbage()
      answer { pending = client:pending() }
    } }
    location = /tasks { content_by_lua_block {
      local order = {}
      local task = client:spawn(function(first, second)
        order[#order + 1] = "task"
        ngx.sleep(0.01) -- all of nginx is there in a task
        return first, ngx.var.uri, assert(flow:fetch()).sid, second
      end, "a", nil)
      order[#order + 1] = "spawned"
      local a, uri, sid, b = task:wait()
      local nested = client:spawn(function()
        local inner = client:spawn(function() return assert(client:spawn(fetch):wait()).sid end)
        return inner:wait()
      end)
      local again = select("#", task:wait())
      answer { order = order, results = { a, uri, sid, tostring(b) }, count = again, nested = nested:wait(), pending = client:pending() }
    } }
    location = /failing { content_by_lua_block {
      local function broken() error("on purpose") end
      local fine, problem = pcall(function() return client:spawn(broken):wait() end)
      local kept, object = pcall(function() return client:spawn(function() error({ code = 7 }) end):wait() end)
      client:spawn(broken)
      local mapped = {}
      for value, result, err in client:map({ 1, 2 }, function(n) if n == 2 then error("two") end return n end) do
        mapped[value] = result or err:match("two") or err
      end
      ngx.sleep(0.05)
      collectgarbage() collectgarbage()
      answer { fine = fine or kept, problem = problem, code = object.code, events = events, mapped = mapped, pending = client:pending() }
    } }
    location = /cancelled { content_by_lua_block {
      local steps = {}
      local task = client:spawn(function()
        steps[#steps + 1] = "begun"
        pcall(fetch)
        local one, err = flow:fetch()
        steps[#steps + 1] = one and "fetched" or err.kind
        flow:fetch()
      end)
      ngx.sleep(0.05)
      local running = client:pending()
      local first, second = task:cancel(), task:cancel()
      local value, err = task:wait()
      local unwound = true
      local other = client:spawn(function()
        fetch()
        unwound = false
      end)
      ngx.sleep(0.05)
      other:cancel()
      local unbegun = client:spawn(function() steps[#steps + 1] = "unbegun" end)
      unbegun:cancel()
      local itself
      itself = client:spawn(function()
        itself:cancel()
        itself.seen = select(2, flow:fetch()).kind
      end)
      itself:wait()
      ngx.sleep(0.05)
      answer {
        first = first, second = second, kind = err.kind, value = value ~= nil, steps = steps, unwound = unwound, running = running,
        itself = itself.seen, pending = client:pending(),
      }
    } }
    location = /waits { content_by_lua_block {
      local task = client:spawn(function() ngx.sleep(0.3) return "late" end)
      local _, err = task:wait(0.02)
      local circle
      circle = client:spawn(function() return select(2, pcall(circle.wait, circle)) end)
      local text = circle:wait()
      answer { kind = err.kind, done = task:done(), late = task:wait(5), circle = text:match("a task cannot wait for itself") }
    } }
    location = /rate { content_by_lua_block {
      local function now() ngx.update_time() return ngx.now() end
      local began, last = now(), nil
      for _ in client:map({ 1, 2, 3, 4, 5 }, function() last = now() end, { rate = 20 }) do end
      answer { seconds = last - began }
    } }
    location = /share { content_by_lua_block {
      shared = client:spawn(function()
        if ngx.var.arg_sleep then ngx.sleep(30) end
        return flow:fetch()
      end)
      answer { value = shared:wait() ~= nil }
    } }
    location = /wait-for-shared { content_by_lua_block {
      local value, err = shared:wait(15)
      answer { sid = value and value.sid, kind = err and err.kind }
    } }
    location = /many { content_by_lua_block {
      local count, pulled = 0, 0
      for _, value in client:map(function()
        pulled = pulled + 1
        return pulled <= 3000 and pulled or nil
      end, function(n) return n end, { concurrency = 50 }) do count = count + (value and 1 or 0) end
      answer { count = count }
    } }
  }
]]

-- Whoever leads naps, or waits for a thread.
local ways = { ["with naps"] = "", ["with a thread pool"] = "thread_pool studio threads=2;\n" }

for way, main in pairs(ways) do
describe("In nginx, " .. way .. ",", function()
  local service_of = support.emulator()
  local service, server

  setup(function()
    service = service_of()
    server = assert(nginx_server.start {
      service = service, main = main, init = init, http = http, variables = { "CLIENT_ID", "CLIENT_SECRET" },
      environment = ("CLIENT_ID=%s CLIENT_SECRET=%s"):format(service.client_id, service.client_secret),
    })
  end)

  teardown(function()
    local retired, problem = server:retire()
    server:stop()
    assert(retired, problem)
  end)

  local function slow(seconds, path)
    service:fault { path = path or "/v1/", delay = seconds, times = math.huge }
  end

  local function start(path)
    return server.client:spawn(function() return server:get(path) end)
  end

  local function wait_for_requests(count)
    for _ = 1, 2000 do
      server.client:step(0.005)
      if #service:requests() >= count then return end
    end
    error("the requests did not come")
  end

  describe("tasks", function()
    it("run after they were spawned, with all of nginx at hand, and nest", function()
      assert.are.same({
        order = { "spawned", "task" }, results = { "a", "/tasks", FLOW, "nil" }, count = 4, nested = FLOW, pending = 0,
      }, assert(server:get("/tasks")))
    end)

    it("that fail raise where they are waited for, take no other along, and are reported where nobody waits", function()
      local body = assert(server:get("/failing"))
      assert.is_false(body.fine)
      assert.truthy(body.problem:find("on purpose", 1, true))
      assert.truthy(body.problem:find("stack traceback", 1, true))
      assert.are.equal(7, body.code)
      assert.are.equal(1, #body.events)
      assert.truthy(body.events[1]:find("on purpose", 1, true))
      assert.are.same({ 1, "two" }, body.mapped)
      assert.are.equal(0, body.pending)
    end)

    it("that are cancelled end where they wait, and send nothing more", function()
      slow(2)
      assert.are.same({
        first = true, second = false, kind = "cancelled", value = false, steps = { "begun", "cancelled" }, unwound = true, running = 1,
        itself = "cancelled", pending = 0,
      }, assert(server:get("/cancelled")))
      assert.are.equal(2, #service:requests())
    end)

    it("are waited for only so long, and never by themselves", function()
      local body = assert(server:get("/waits"))
      assert.are.same({ kind = "timeout", done = false, late = "late", circle = "a task cannot wait for itself" }, body)
    end)

    it("of requests that were aborted are gone, and who waits for one elsewhere is told", function()
      for _, how in ipairs { "", "?sleep=1" } do
        service:reset()
        slow(30)
        local owner = start("/share" .. how)
        if how == "" then wait_for_requests(1) else repeat server.client:step(0.01) until server:get("/pending").pending == 1 end
        local waiting = start("/wait-for-shared")
        for _ = 1, 10 do server.client:step(0.01) end
        owner:cancel()
        assert.are.same({ kind = "cancelled" }, assert(waiting:wait(20)), how)
        assert.are.equal(0, assert(server:get("/pending")).pending)
      end
    end)

    it("by the thousand need not be collected by hand", function()
      assert.are.equal(3000, assert(server:get("/many")).count)
    end)
  end)

  describe("many requests at once", function()
    for path, expected in pairs { ["/map"] = { fine = 10 }, ["/each"] = { count = 120 } } do
      it("each have their own tasks, whoever leads: " .. path, function()
        slow(0.02)
        for _, body in ipairs(server:get_many(path, 24, 12)) do assert.are.same(expected, body) end
      end)
    end

    it("share one token, though the first of them is aborted while it is fetched", function()
      slow(0.5, "/v2/token")
      local first = start("/oauth")
      wait_for_requests(1)
      local others = { start("/oauth"), start("/oauth"), start("/oauth") }
      for _ = 1, 10 do server.client:step(0.01) end
      first:cancel()
      for _, call in ipairs(others) do assert.are.same({ sid = FLOW }, assert(call:wait(20))) end
      local fetches = 0
      for _, request in ipairs(service:requests()) do
        if request.path == "/v2/token" then fetches = fetches + 1 end
      end
      assert.are.equal(1, fetches)
    end)
  end)

  it("map runs as many tasks at once as it may, where none ends", function()
    assert.are.same({ most = 300, sum = 600 * 601 / 2 }, assert(server:get("/wide")))
  end)

  it("map runs few tasks at once that end soon", function()
    local most = assert(server:get("/busy")).most
    assert.is_true(most <= 400, most)
  end)

  it("a sleep of no seconds gives way", function()
    assert.are.same({ flag = true }, assert(server:get("/give-way")))
  end)

  it("a short sleep does not wait for whoever leads", function()
    local seconds = assert(server:get("/short"))
    assert.is_true(seconds.ours < seconds.others, seconds.ours)
  end)

  it("map starts no more tasks in a second than it may", function()
    assert.truthy(assert(server:get("/rate")).seconds >= 0.19)
  end)

  it("loops that are left early hold nothing up", function()
    slow(0.05)
    assert(server:get("/left-early"))
    for _ = 1, 200 do
      if server:get("/pending").pending == 0 then break end
    end
    assert.are.equal(0, assert(server:get("/pending")).pending)
  end)
end)
end
