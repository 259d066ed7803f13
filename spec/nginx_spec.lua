-- long
--- Calls inside a real nginx: who waits, who drives, and what happens to the others when one of them goes away.
if not rawget(_G, "jit") then return end -- nginx's Lua is LuaJIT, whoever asks

local nginx_server = require "spec.nginx_server"
local support = require "spec.support"

local FLOW = "FW00000000000000000000000000000001"

local init = [[
  studio, json = require "studio", require "studio.base.json"
  local loop_module = require "studio.waiting.loop"
  local new_loop = loop_module.new
  loop_module.new = function(...)
    local made = new_loop(...)
    loop = loop or made
    return made
  end
  client = studio.new { on_event = function(event) if on_event then on_event(event) end end, retry = false }
  flow = client.v1.flows("]] .. FLOW .. [[")
  function answer(value)
    ngx.header.content_type = "application/json"
    ngx.print(json.encode(value))
  end
  seen = {}
  function note(call)
    local value, err = call()
    seen[ngx.get_phase()] = { value = value ~= nil, kind = err and err.kind, sent = err and err.sent, message = err and err.message }
  end
  function fetch() return flow:fetch() end
  note(fetch)
]]

local http = [[
  lua_check_client_abort on;
  server {
    listen 127.0.0.1:$port;
    listen 127.0.0.1:$tls_port ssl;
    ssl_certificate ca.pem;
    ssl_certificate_key key.pem;
    ssl_client_hello_by_lua_block { if require("ngx.ssl.clienthello").get_client_hello_server_name() == "localhost" then note(fetch) end }
    ssl_certificate_by_lua_block { if require("ngx.ssl").server_name() == "localhost" then note(fetch) end }
    location = /ping { content_by_lua_block { answer { pong = true } } }
    location = /fetch { content_by_lua_block {
      local one, err = flow:fetch()
      answer { sid = one and one.sid, error = err and tostring(err) }
    } }
    location = /rewrite {
      rewrite_by_lua_block { ngx.ctx.flow = assert(flow:fetch()) }
      content_by_lua_block { answer { sid = ngx.ctx.flow.sid } }
    }
    location = /access {
      access_by_lua_block { ngx.ctx.flow = assert(flow:fetch()) }
      content_by_lua_block { answer { sid = ngx.ctx.flow.sid } }
    }
    location = /timer { content_by_lua_block {
      local done = require("ngx.semaphore").new()
      local sid
      ngx.timer.at(0, function()
        sid = assert(flow:fetch()).sid
        done:post(1)
      end)
      done:wait(10)
      answer { sid = sid }
    } }
    location = /spawned { content_by_lua_block {
      local threads, sids = {}, {}
      for index = 1, 3 do threads[index] = ngx.thread.spawn(function() return assert(flow:fetch()).sid end) end
      for index = 1, 3 do sids[index] = select(2, ngx.thread.wait(threads[index])) end
      answer { sids = sids }
    } }
    location = /wrapped { content_by_lua_block {
      local sids = {}
      local generator = coroutine.wrap(function()
        for _ = 1, 2 do coroutine.yield(assert(flow:fetch()).sid) end
        for engagement in flow.engagements:each { page_size = 2, limit = 4 } do coroutine.yield(engagement.sid) end
      end)
      for sid in generator do sids[#sids + 1] = sid end
      answer { sids = sids }
    } }
    location = /refusing {
      set_by_lua_block $unused { note(fetch) return "" }
      content_by_lua_block { answer { ok = true } }
      header_filter_by_lua_block { note(fetch) }
      body_filter_by_lua_block { note(fetch) }
      log_by_lua_block {
        note(fetch)
        local task, err = client:spawn(fetch)
        seen.spawn = { value = task ~= nil, kind = err and err.kind }
        local fine, problem = pcall(client.map, client, { 1 }, fetch)
        seen.map = { value = fine, kind = problem.kind }
        fine, problem = pcall(flow.engagements:each())
        seen.each = { value = fine, kind = problem.kind }
        seen.step = { value = client:step(5) == 0 }
        local oauth = studio.new { oauth = { client_id = "OQ" .. ("a"):rep(32), client_secret = "not-a-secret" } }
        local value
        value, err = oauth.v1.flows("]] .. FLOW .. [["):fetch()
        seen.oauth = { value = value ~= nil, kind = err and err.kind }
      }
    }
    location = /seen { content_by_lua_block { answer(seen) } }
    location = /watch { content_by_lua_block {
      -- Each turn is told by the light thread that takes it; only the leader's may.
      turns, strangers, owners = 0, 0, setmetatable({}, { __mode = "k" })
      local turn = getmetatable(loop).__index.turn
      loop.turn = function(self, seconds)
        turns = turns + 1
        local thread = coroutine.running()
        local leader = loop.driver or loop.leader
        owners[leader] = owners[leader] or thread
        if owners[leader] ~= thread then strangers = strangers + 1 end
        return turn(self, seconds)
      end
      answer {}
    } }
    location = /watched { content_by_lua_block { answer { turns = turns, strangers = strangers } loop.turn = nil } }
    location = /fail-next-turn { content_by_lua_block {
      local turn = getmetatable(loop).__index.turn
      local count = 0
      loop.turn = function(self, seconds)
        count = count + 1
        if count > 3 then
          loop.turn = nil
          error("a turn that fails")
        end
        return turn(self, seconds)
      end
      answer { sid = assert(flow:fetch()).sid }
    } }
    location = /kill-leader { content_by_lua_block {
      -- The light thread that came last leads.
      local threads = {}
      for index = 1, 5 do threads[index] = ngx.thread.spawn(function() return assert(flow:fetch()).sid end) end
      ngx.sleep(0.02)
      local killed = ngx.thread.kill(threads[5])
      local sids = {}
      for index = 1, 4 do sids[index] = select(2, ngx.thread.wait(threads[index])) end
      answer { killed = killed, sids = sids }
    } }
    location = /exit { content_by_lua_block {
      ngx.thread.spawn(function() return flow:fetch() end)
      ngx.sleep(0.02)
      ngx.header.content_type = "application/json"
      ngx.print("{}")
      ngx.exit(200)
    } }
    location = /state { content_by_lua_block {
      collectgarbage()
      collectgarbage()
      local waiting, followers = 0, 0
      for _ in pairs(loop.waiting) do waiting = waiting + 1 end
      for _ in pairs(loop.followers or {}) do followers = followers + 1 end
      answer { waiting = waiting, followers = followers, pending = client:pending(), leader = loop.leader ~= nil, pid = ngx.worker.pid() }
    } }
    location = /close { content_by_lua_block {
      local other = studio.new()
      local threads = {}
      for index = 1, 3 do
        threads[index] = ngx.thread.spawn(function() return select(2, other.v1.flows("]] .. FLOW .. [["):fetch()).kind end)
      end
      ngx.sleep(0.02)
      other:close()
      local kinds = {}
      for index = 1, 3 do kinds[index] = select(2, ngx.thread.wait(threads[index])) end
      answer { kinds = kinds }
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
    server = assert(nginx_server.start { service = service, main = main, init = init, init_worker = "note(fetch)", http = http })
  end)

  teardown(function()
    local retired, problem = server:retire()
    server:stop()
    assert(retired, problem)
  end)

  local function slow(seconds, times)
    service:fault { method = "GET", path = "/v1/", delay = seconds, times = times or math.huge }
  end

  -- Starts calls in the background of the spec: connections of their own, which `cancel` closes.
  local function start(path, count)
    local tasks = {}
    for index = 1, count or 1 do tasks[index] = server.client:spawn(function() return server:get(path) end) end
    return tasks
  end

  local function wait_all(tasks)
    local bodies = {}
    for index, task in ipairs(tasks) do
      local body, err = task:wait(20)
      bodies[index] = body or { error = tostring(err) }
    end
    return bodies
  end

  -- Waits until so many requests are at the service.
  local function wait_for_requests(count)
    for _ = 1, 2000 do
      server.client:step(0.005)
      if #service:requests() >= count then return end
    end
    error("the requests did not come")
  end

  local function count_sids(bodies)
    local count = 0
    for _, body in ipairs(bodies) do
      if body.sid == FLOW then count = count + 1 end
    end
    return count
  end

  describe("a call", function()
    for _, where in ipairs { "rewrite", "access", "fetch", "timer" } do
      local phase = where == "fetch" and "content" or where
      it("suspends its light thread in the phase " .. phase .. ": other requests are answered meanwhile", function()
        slow(0.5)
        local call = start("/" .. where)[1]
        wait_for_requests(1)
        for _ = 1, 5 do assert.is_true(assert(server:get("/ping")).pong) end
        assert.is_false(call:done())
        assert.are.equal(FLOW, assert(call:wait(20)).sid)
      end)
    end

    it("suspends light threads that the program spawned, and coroutines of its own", function()
      assert.are.same({ FLOW, FLOW, FLOW }, assert(server:get("/spawned")).sids)
      local sids = assert(server:get("/wrapped")).sids
      assert.are.equal(6, #sids)
      assert.are.equal(FLOW, sids[2])
      assert.truthy(sids[6]:find("^FN"))
    end)

    it("suspends the handshake while a certificate is chosen", function()
      slow(0.2)
      local url = server.tls_url:gsub("127%.0%.0%.1", "localhost")
      local client = support.client(service, { base_url = url, ca_file = server.prefix .. "/ca.pem" })
      local task = client:spawn(function() return client:request("GET", "/ping") end)
      repeat client:step(0.005) until #service:requests() > 0
      assert.is_true(assert(server:get("/ping")).pong)
      assert.are.equal(200, assert(task:wait(20)).status)
      local seen = assert(server:get("/seen"))
      assert.are.same({ value = true }, seen.ssl_cert)
      assert.are.equal("context", seen.ssl_client_hello.kind)
      client:close()
    end)

    it("gives an error of kind 'context' where nothing may wait, and sends nothing", function()
      assert(server:get("/refusing"))
      assert.are.equal(0, #service:requests())
      local seen
      for _ = 1, 100 do -- the phase log comes after the answer
        seen = assert(server:get("/seen"))
        if seen.oauth then break end
      end
      for _, phase in ipairs { "init", "init_worker", "set", "header_filter", "body_filter", "log" } do
        local noted = assert(seen[phase], phase)
        assert.are.same({ value = false, kind = "context", sent = false, message = noted.message }, noted, phase)
        assert.truthy(noted.message:find("phase '" .. phase .. "'", 1, true), noted.message)
      end
      for _, what in ipairs { "spawn", "map", "each", "oauth" } do
        assert.are.same({ value = false, kind = "context" }, seen[what], what)
      end
      assert.is_true(seen.step.value) -- it did not wait 5 seconds for nothing: the next lines would have come late
    end)

    it("is made by one client of init_by_lua over one pool of the worker's", function()
      assert.are.equal(FLOW, assert(server:get("/fetch")).sid)
      assert.are.equal(FLOW, assert(server:get("/rewrite")).sid)
      assert.are.equal(FLOW, assert(server:get("/timer")).sid)
      local connections = {}
      for _, request in ipairs(service:requests()) do connections[request.connection] = true end
      local count = 0
      for _ in pairs(connections) do count = count + 1 end
      assert.are.equal(1, count)
    end)

    it("ends as cancelled when its client is closed", function()
      slow(5)
      assert.are.same({ "cancelled", "cancelled", "cancelled" }, assert(server:get("/close")).kinds)
    end)
  end)

  describe("of those that wait", function()
    it("one drives for all, and each other sleeps", function()
      slow(0.3)
      assert(server:get("/watch"))
      assert.are.equal(60, count_sids(server:get_many("/fetch", 60, 30)))
      local watched = assert(server:get("/watched"))
      assert.are.equal(0, watched.strangers)
      assert.truthy(watched.turns > 2, watched.turns)
    end)

    it("the leader hands over when its own call has ended", function()
      slow(0.6, 5)
      slow(0.05, 1)
      local calls = start("/fetch", 5)
      wait_for_requests(5)
      local quick = start("/fetch")[1]
      assert.are.equal(FLOW, assert(quick:wait(20)).sid)
      assert.is_false(calls[1]:done())
      assert.are.equal(5, count_sids(wait_all(calls)))
    end)

    for _, kept in ipairs { 1, 6, 12 } do
      it(("nobody strands when the others' connections are closed, all but the %dth of 12"):format(kept), function()
        slow(0.4)
        local calls = {}
        for index = 1, 12 do
          calls[index] = start("/fetch")[1]
          wait_for_requests(index)
        end
        for index, call in ipairs(calls) do
          if index ~= kept then call:cancel() end
        end
        assert.are.equal(FLOW, assert(calls[kept]:wait(20)).sid)
      end)
    end

    it("nobody strands when leaders go one after the other, in the midst of many", function()
      slow(0.3)
      local calls, kept = {}, {}
      for index = 1, 40 do
        calls[index] = start("/fetch")[1]
        server.client:step(0.002)
        if index % 4 == 0 then calls[index]:cancel() else kept[#kept + 1] = calls[index] end
      end
      assert.are.equal(30, count_sids(wait_all(kept)))
    end)

    it("nobody strands when the leader's light thread is killed, its request exits or its turn fails", function()
      slow(0.3)
      local others = start("/fetch", 3)
      wait_for_requests(3)
      local killed = assert(server:get("/kill-leader"))
      assert.are.same({ FLOW, FLOW, FLOW, FLOW }, killed.sids)
      assert.are.equal(3, count_sids(wait_all(others)))
      others = start("/fetch", 3)
      wait_for_requests(11)
      assert(server:get("/exit"))
      assert.are.equal(3, count_sids(wait_all(others)))
      others = start("/fetch", 3)
      wait_for_requests(15)
      local body, err = server:get("/fail-next-turn")
      assert.are.equal(main == "" and 500 or FLOW, body and body.sid or err.status) -- the driver's turns are nobody's
      assert.are.equal(3, count_sids(wait_all(others)))
      assert.truthy(server:log():find("a turn that fails", 1, true))
    end)

    it("nothing is left when all have gone", function()
      slow(0.2)
      local calls = start("/fetch", 10)
      wait_for_requests(10)
      for _, call in ipairs(calls) do call:cancel() end
      assert.are.equal(FLOW, assert(server:get("/fetch")).sid)
      local state = assert(server:get("/state"))
      assert.are.same({ waiting = 0, followers = 0, pending = 0, leader = false, pid = state.pid }, state)
    end)
  end)
end)

describe("A worker of nginx, " .. way .. ",", function()
  local service_of = support.emulator()
  local service, server

  local function begin(options)
    service = service_of()
    options.service, options.main, options.init = service, main, init .. [[
      function count(name)
        ngx.shared.counts:incr(name, 1, 0)
      end
    ]]
    options.http = ([[
      lua_shared_dict counts 100k;
      keepalive_timeout 0;
      server {
        listen 127.0.0.1:$port backlog=1024;
        location = /counts { content_by_lua_block {
          answer { begun = ngx.shared.counts:get("begun") or 0, ended = ngx.shared.counts:get("ended") or 0, pid = ngx.worker.pid() }
        } }
        location = /fetch { content_by_lua_block {
          count("begun")
          local one, err = flow:fetch()
          if one then count("ended") end
          answer { sid = one and one.sid, error = err and tostring(err) }
        } }
      }
    ]])
    server = assert(nginx_server.start(options))
  end

  after_each(function()
    server:stop()
    server = nil
  end)

  it("that is reloaded under load loses no call in flight", function()
    begin {}
    service:fault { method = "GET", path = "/v1/", delay = 0.2, times = math.huge }
    local numbers = {}
    for index = 1, 120 do numbers[index] = index end
    local count, fine = 0, 0
    local first = assert(server:get("/counts")).pid
    local function fetch() return server:get("/fetch", { retry = { attempts = 4 } }) end
    for _, body in server.client:map(numbers, fetch, { concurrency = 20 }) do
      count = count + 1
      if body and body.sid == FLOW then fine = fine + 1 end
      if count == 20 or count == 60 then server:signal("HUP") end
    end
    local counts = assert(server:get("/counts"))
    assert.are_not.equal(first, counts.pid)
    assert.are.equal(counts.begun, counts.ended)
    assert.are.equal(120, count)
    assert.are.equal(120, fine)
    assert(server:wait_for_log("worker process %d+ exited with code 0", 2))
    assert.is_nil(server:log():find("%[alert%]"))
  end)

  it("ends when its last call has ended, and not before", function()
    begin {}
    service:fault { method = "GET", path = "/v1/", delay = 0.5, times = math.huge }
    local task = server.client:spawn(function() return server:get("/fetch") end)
    repeat server.client:step(0.005) until #service:requests() >= 1
    assert(server:retire())
    assert.are.equal(FLOW, assert(task:wait(20)).sid)
    assert.is_nil(server:log():find("%[alert%]"), server:log())
  end)
end)
end
