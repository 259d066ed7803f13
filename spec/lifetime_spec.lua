--- Handles die in any order, at any moment: nothing crashes, leaks, or speaks out of turn.
local child = require "spec.child"
local core = require "studio.core"
local support = require "spec.support"

-- Since 5.4 there is <close>.
local has_close = tonumber(_VERSION:match "%d%.%d") >= 5.4
local unpack = rawget(table, "unpack") or unpack

local function collect()
  for _ = 1, 2 do collectgarbage() end
end

local function own_pid()
  local file = assert(io.open("/proc/self/stat", "r"))
  local pid = file:read("*n")
  file:close()
  return math.floor(pid)
end

-- How many sockets and pollers are open. Files and pipes come and go with the counting itself.
local function descriptors()
  return tonumber((child.shell("ls -l /proc/" .. own_pid() .. "/fd | grep -c -e socket: -e eventpoll"):match("%d+")))
end

local function new_multi()
  return core.multi { connect_timeout = 5, max_response_bytes = 1e6 }
end

local function permutations(list)
  local found = {}
  local function place(at)
    if at > #list then found[#found + 1] = { unpack(list) } end
    for index = at, #list do
      list[at], list[index] = list[index], list[at]
      place(at + 1)
      list[at], list[index] = list[index], list[at]
    end
  end
  place(1)
  return found
end

describe("Handles of the C module", function()
  local server

  setup(function()
    -- Answers to /slow never come.
    server = child.server [[
      while true do
        local request = connection:request()
        if not request then return end
        if request.target ~= "/slow" then connection:answer() end
      end]]
  end)
  teardown(function() server:stop() end)

  local function start(multi, target, headers)
    local transfer = multi:transfer()
    assert(transfer:start("GET", server.origin, target, headers or core.headers { "Accept", "x" }, nil, 20))
    return transfer
  end

  local function finish(multi, transfer)
    repeat multi:step(20) until transfer:done()
    return transfer:outcome()
  end

  -- A multi with one transfer in flight, one that has ended and was not told, one that was never started.
  local function set_up(descriptor)
    local all = { multi = new_multi(), headers = core.headers { "Accept", "x" } }
    if descriptor then assert(all.multi:pollfd()) end
    all.flying = start(all.multi, "/slow", all.headers)
    all.multi:step(0)
    all.ended = start(all.multi, "/fast", all.headers)
    finish(all.multi, all.ended)
    all.idle = all.multi:transfer()
    return all
  end

  it("can be closed in any order, twice, and collected in any order", function()
    local before
    for _, descriptor in ipairs { false, true } do
      for _, order in ipairs(permutations { "multi", "flying", "ended", "idle", "headers" }) do
        local all = set_up(descriptor)
        for _, name in ipairs(order) do
          all[name]:close()
          all[name]:close()
        end
        for _, name in ipairs(order) do
          assert.is_string(tostring(all[name]))
          all[name]:close()
        end
        all = set_up(descriptor)
        for _, name in ipairs(order) do
          all[name] = nil
          collectgarbage()
        end
        before = before or descriptors()
      end
    end
    assert.are.equal(before, descriptors())
  end)

  it("tell of use after their end, and no more", function()
    local all = set_up()
    local multi, flying, ended, idle = all.multi, all.flying, all.ended, all.idle
    multi:close()
    assert.are.equal("studio.multi (closed)", tostring(multi))
    -- It has nothing in flight, no descriptor and no timer.
    assert.are.equal(0, multi:step(5))
    for _, method in ipairs { "completed", "pollfd", "timeout", "ring" } do assert.is_nil((multi[method](multi))) end
    assert.is_false(multi:watch(0, true))
    assert.is_false(multi:moved())
    for transfer, sent in pairs { [flying] = true, [ended] = true, [idle] = false, [multi:transfer()] = false } do
      assert.is_true(transfer:done())
      local status, message, name, was_sent = transfer:outcome()
      assert.is_nil(status)
      assert.are.same({ "the transfer was cancelled", "cancelled", sent }, { message, name, was_sent })
      assert.are.equal("", transfer:body())
      assert.are.equal(0, transfer:size())
      assert.are.same({}, transfer:headers())
      assert.is_nil(transfer:header("x"))
      assert.is_nil((transfer:decode()))
      assert.is_number(transfer:seconds())
      assert.is_number(transfer:id())
      transfer:cancel()
      transfer:reset()
      local started, text, reason = transfer:start("GET", server.origin, "/", all.headers, nil, 1)
      assert.are.same({ "multi is closed", "cancelled" }, { text, reason })
      assert.is_nil(started)
    end
    all.headers:close()
    local other = new_multi()
    assert.has_error(function() other:transfer():start("GET", server.origin, "/", all.headers) end)
    other:close()
  end)

  it("refuse what is not theirs", function()
    local multi, headers = new_multi(), core.headers {}
    local transfer = multi:transfer()
    for _, wrong in ipairs { 1, "x", {}, io.stdout, headers } do
      assert.has_error(function() transfer.outcome(wrong) end)
      assert.has_error(function() transfer.close(wrong) end)
      assert.has_error(function() multi.step(wrong) end)
      assert.has_error(function() getmetatable(multi).__gc(wrong) end)
    end
    assert.has_error(function() transfer:outcome() end)
    assert.has_error(function() transfer:decode() end)
    assert.has_error(function() headers.close(multi) end)
    multi:close()
  end)

  it("are refused a second start while in flight; what is in flight goes on", function()
    local multi = new_multi()
    local transfer, headers = multi:transfer(), core.headers {}
    assert(transfer:start("GET", server.origin, "/fast", headers, nil, 20))
    assert.has_error(function() transfer:start("GET", server.origin, "/fast", headers, nil, 20) end, "the transfer is in flight")
    assert.has_error(function() transfer:reset() end, "the transfer is in flight")
    assert.are.equal(200, finish(multi, transfer))
    multi:close()
  end)

  it("are told as completed once, in the order of their ends, and not when cancelled, restarted, reset, closed or collected", function()
    local multi = new_multi()
    local transfers = {}
    for index = 1, 6 do transfers[index] = start(multi, "/fast") end
    repeat until multi:step(1) == 0
    transfers[2]:close()
    transfers[3]:reset()
    transfers[4]:cancel()
    assert(transfers[5]:start("GET", server.origin, "/slow", core.headers {}, nil, 20))
    local told = {}
    for id in function() return multi:completed() end do told[#told + 1] = id end
    table.sort(told)
    assert.are.same({ transfers[1]:id(), transfers[4]:id(), transfers[6]:id() }, told)
    transfers[5]:cancel()
    assert.are.equal("cancelled", (select(3, transfers[5]:outcome())))
    assert.is_nil(multi:completed())
    assert.are.equal(0, multi:step(0))
    multi:close()
  end)

  it("go on with the others when one is cancelled, closed or collected", function()
    local multi = new_multi()
    local flying = {}
    for index = 1, 20 do flying[index] = start(multi, index % 2 == 0 and "/fast" or "/slow") end
    multi:step(0)
    for index = 1, 20, 2 do
      local how = index % 3
      if how == 0 then flying[index]:cancel() elseif how == 1 then flying[index]:close() end
      flying[index] = nil
    end
    collect()
    for index = 2, 20, 2 do assert.are.equal(200, finish(multi, flying[index])) end
    assert.are.equal(0, multi:step(0))
    multi:close()
  end)

  it("keep what was sent until it is answered, whatever becomes of the header set and the body", function()
    local multi = new_multi()
    local transfer = multi:transfer()
    do
      local headers = core.headers { "X-Kept", ("k"):rep(1000) }
      assert(transfer:start("POST", server.origin, "/kept", headers, ("b"):rep(10000), 20))
      headers:close()
    end
    collect()
    assert.are.equal(200, finish(multi, transfer))
    assert.are.equal(1, server:count("^request %d+ POST /kept " .. ("b"):rep(10000) .. "$"))
    multi:close()
  end)

  it("can be driven by turns with and without the descriptor while transfers are in flight", function()
    local multi = new_multi()
    local flying = { start(multi, "/slow"), start(multi, "/fast") }
    multi:step(0)
    local descriptor = assert(multi:pollfd())
    assert.are.equal("r", multi:events())
    flying[3] = start(multi, "/fast")
    assert.are.equal(0, multi:timeout())
    for index = 2, 3 do assert.are.equal(200, finish(multi, flying[index])) end
    assert.are.equal(descriptor, multi:pollfd())
    flying[1]:cancel()
    assert.are.equal(200, finish(multi, start(multi, "/fast")))
    assert.is_true(multi:timeout() == nil or multi:timeout() >= 0)
    multi:close()
  end)

  it("give every descriptor and byte back over a thousand multis", function()
    local headers = core.headers {}
    local open, bytes
    local function live(round)
      local multi = new_multi()
      if round % 2 == 0 then multi:pollfd() end
      assert.are.equal(200, finish(multi, start(multi, "/fast", headers)))
      if round % 3 == 0 then start(multi, "/slow", headers) end
      multi:step(0)
      if round % 5 ~= 0 then multi:close() end
    end
    for round = 1, 1000 do
      live(round)
      if round == 200 then
        collect()
        open, bytes = descriptors(), collectgarbage("count")
      end
    end
    collect()
    assert.are.equal(open, descriptors())
    assert.is_true(collectgarbage("count") < bytes + 100)
  end)
end)

describe("A client", function()
  local emulator = support.emulator()
  local sid

  before_each(function() sid = emulator().flows.survey end)

  -- Runs a program whose environment names the emulator, and whose argument is a flow.
  local function run(program)
    local service = emulator()
    local environment = ("STUDIO_BASE_URL=%s TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s")
    return child.run(program, {
      before = environment:format(service.base_url, service.account_sid, service.auth_token), arguments = { sid },
    })
  end

  it("closed in the middle of a call by its own wait ends the call as cancelled", function()
    local client
    client = support.client(emulator(), { wait = function() client:close() end })
    local flow, err = client.v1.flows(sid):fetch()
    assert.is_nil(flow)
    assert.are.equal("cancelled", err.kind)
    flow, err = client.v1.flows(sid):fetch()
    assert.is_nil(flow)
    assert.are.same({ "cancelled", false }, { err.kind, err.sent })
    client:close()
  end)

  it("whose wait yields can be left in the middle of a call, dropped and collected", function()
    emulator():fault { delay = 1, times = math.huge }
    local function leave(round)
      local client = support.client(emulator(), { wait = coroutine.yield })
      local routines = {}
      for index = 1, 5 do
        routines[index] = coroutine.create(function() return client.v1.flows(sid):fetch() end)
        for _ = 1, 3 do assert(coroutine.resume(routines[index])) end
      end
      if round % 2 == 0 then client:close() end
      if round % 4 ~= 0 then return end
      for _, routine in ipairs(routines) do
        local _, flow, err = assert(coroutine.resume(routine))
        assert.is_nil(flow)
        assert.are.equal("cancelled", err.kind)
      end
    end
    local before
    for round = 1, 20 do
      leave(round)
      collect()
      before = before or descriptors()
    end
    assert.are.equal(before, descriptors())
  end)

  it("whose wait raises can be used again", function()
    local raise = true
    local client = support.client(emulator(), { wait = function() if raise then error("enough", 0) end end })
    local fine, message = pcall(function() return client.v1.flows(sid):fetch() end)
    assert.are.same({ false, "enough" }, { fine, message })
    raise = false
    assert.are.equal(sid, assert(client.v1.flows(sid):fetch()).sid)
    client:close()
  end)

  if has_close then
    it("and its handles can be to-be-closed variables", function()
      local program = [[
        local core, support, service, sid = ...
        local kept
        do
          local client <close> = support.client(service)
          assert(client.v1.flows(sid):fetch())
          kept = client
          local multi <close> = core.multi { connect_timeout = 1, max_response_bytes = 1 }
          local transfer <close> = multi:transfer()
          local headers <close> = core.headers {}
        end
        return kept]]
      local client = assert(load(program))(core, support, emulator(), sid)
      local _, err = client.v1.flows(sid):fetch()
      assert.are.equal("cancelled", err.kind)
    end)
  end

  it("does not grow over thousands of requests", function()
    local output = run [[
      local studio = require "studio"
      local function resident()
        local file = io.open("/proc/self/statm", "r")
        local _, pages = file:read("*n", "*n")
        file:close()
        return pages * 4
      end
      local client = studio.new()
      local before
      for round = 1, 6000 do
        local flow = client.v1.flows(arg[1])
        if round % 3 == 0 then assert(flow.engagements:page { page_size = 20 })
        elseif round % 3 == 1 then assert(flow:fetch())
        else assert(not flow.engagements("FN" .. ("f"):rep(32)):fetch()) end
        if round == 2000 or round == 6000 then
          collectgarbage() collectgarbage()
          if before then print(resident() - before, collectgarbage("count")) else before = resident() end
        end
      end
      client:close()
    ]]
    local growth = tonumber(output:match("^(-?[%d.]+)\t"))
    assert.is_truthy(growth, output)
    -- Sanitizers keep freed memory back; they look for leaks themselves.
    if not os.getenv("LD_PRELOAD") then assert.is_true(growth < 1024, output) end
  end)

  it("may be left open when the program ends, in any way", function()
    for _, ending in ipairs { "", "os.exit(0)", "os.exit(0, true)", "error('x', 0)", "client:close()", "client = nil collectgarbage()" } do
      local output = run([[
        local studio, core = require "studio", require "studio.core"
        client = studio.new()
        assert(client.v1.flows(arg[1]):fetch())
        local multi = core.multi { connect_timeout = 5, max_response_bytes = 1e6 }
        flying = multi:transfer()
        flying:start("GET", os.getenv "STUDIO_BASE_URL", "/", core.headers {}, nil, 20)
        multi:step(0)
      ]] .. ending)
      if ending:find "error" then
        assert.is_truthy(output:find("^[^\n]+: x\n.*status=1\n$"), output)
      else
        assert.are.equal("status=0\n", output)
      end
    end
  end)
end)
