--- One contract for all journals: what is claimed, paid and written, and what of it lasts.
local core = require "studio.core"
local journal_module = require "studio.executions.journal"
local journals = require "spec.journals"
local states = require("studio.executions.states").states

local function pull_of(rows)
  local index = 0
  return function()
    index = index + 1
    local row = rows[index]
    return row and { n = index, to = row[1] or row, parameters = row[2] }
  end
end

local function addresses(count)
  local list = {}
  for index = 1, count do list[index] = ("+1555%07d"):format(index) end
  return list
end

local function campaign(more)
  local all = {
    flow = "/v2/Flows/FW1/Executions", from = "+15550009999", rate = false, burst = 0, lease = 30, timeout = 10,
    options = { from = "+15550009999", parameters = '{"a":"\\n"}' },
  }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

for _, kind in ipairs(journals) do
  describe("A journal in " .. kind.name, function()
    local place, target, opened

    setup(function() if not kind.missing then place = kind.start() end end)
    teardown(function() if place then place.stop() end end)
    before_each(function()
      opened = {}
      target = place and place.new()
    end)
    after_each(function()
      for _, journal in ipairs(opened) do
        journal:leave()
        journal:close()
      end
    end)

    local function open(name)
      local journal = assert(journal_module.open(target, name or "c"))
      opened[#opened + 1] = journal
      return journal
    end

    local function begun(rows, more, name)
      local journal = open(name)
      assert(journal:enter(campaign(more)))
      if not journal.is_loaded then assert(journal:load(pull_of(rows))) end
      return journal
    end

    local function test(sentence, run)
      it(sentence, function()
        if kind.missing then return pending(kind.missing) end
        run()
      end)
    end

    test("claims waiting contacts in order, each once", function()
      local journal = begun(addresses(5))
      assert.same({ [0] = 5 }, journal:counts())
      local claimed, _, is_empty = journal:round({}, 2)
      assert.same({ 1, 2 }, { claimed[1].n, claimed[2].n })
      assert.equal("+15550000001", claimed[1].to)
      assert.equal(1, claimed[1].attempts)
      assert.is_false(is_empty)
      claimed, _, is_empty = journal:round({}, 9)
      assert.equal(3, #claimed)
      assert.is_true(is_empty)
      assert.same({}, (journal:round({}, 9)))
      assert.same({ [states.sending] = 5 }, journal:counts())
      assert.is_false(journal:is_done())
    end)

    test("writes what became of contacts, with the next claim", function()
      local journal = begun(addresses(5))
      local claimed = journal:round({}, 4)
      assert(journal:round({
        { contact = claimed[1], state = states.created, sid = "FN1" },
        { contact = claimed[2], state = states.refused, code = 21211, note = "it's \\ \"bad\"" },
        { contact = claimed[3], state = states.waiting },
        { contact = claimed[4], state = states.sending, note = "lost", is_unknown = true },
      }, 0))
      assert.same({ [0] = 2, [2] = 1, [3] = 1, [4] = 1 }, journal:counts())
      local again = journal:round({}, 9)
      assert.equal(2, #again)
      for _, contact in ipairs(again) do assert.is_nil(contact.unknown_since) end
      local results = { { contact = claimed[4], state = states.waiting } }
      for _, contact in ipairs(again) do results[#results + 1] = { contact = contact, state = states.skipped, code = 20409 } end
      local last = journal:round(results, 9)
      assert.equal(1, #last)
      assert.is_truthy(last[1].unknown_since)
      assert(journal:round({ { contact = last[1], state = states.doubtful, note = "nobody knows" } }, 0))
      assert.is_true(journal:is_done())
      assert.same({ [3] = 1, [4] = 1, [5] = 2, [6] = 1 }, journal:counts())
    end)

    test("tells which contacts are there twice, and keeps the first", function()
      local journal = open()
      assert(journal:enter(campaign()))
      local doubles = journal:load(pull_of { "+15550000001", "+15550000002", "+15550000001", "+15550000002", "+15550000001" })
      assert.same({ 3, 4, 5 }, { doubles[1].n, doubles[2].n, doubles[3].n })
      assert.same({ 1, 2, 1 }, { doubles[1].first, doubles[2].first, doubles[3].first })
      assert.same({ [0] = 2 }, journal:counts())
    end)

    test("loads all or nothing", function()
      local journal = open()
      assert(journal:enter(campaign()))
      local index = 0
      local loaded, err = journal:load(function()
        index = index + 1
        if index < 1200 then return { n = index, to = "+1555" .. index } end
        return nil, "line 1200 is bad"
      end)
      assert.is_nil(loaded)
      assert.equal("line 1200 is bad", err)
      assert.is_falsy(journal.is_loaded)
      if kind.lasts then assert.same({}, journal:counts()) end
    end)

    test("keeps every text as it is", function()
      local odd = { "client:it's", "client:back\\slash", "client:%s \"quoted\"", "client:ünï — 🙂", "client:');DROP TABLE contact;--" }
      local rows = {}
      for index, to in ipairs(odd) do rows[index] = { to, ('{"text":"%s"}'):format(to) } end
      local journal = begun(rows)
      local claimed = journal:round({}, 9)
      for index, to in ipairs(odd) do
        assert.equal(to, claimed[index].to)
        assert.equal(rows[index][2], claimed[index].parameters)
      end
    end)

    test("keeps a NUL, or says that it cannot", function()
      local journal = open()
      assert(journal:enter(campaign()))
      local loaded, err = journal:load(pull_of { { "client:a\0b" } })
      if kind.keeps_nul then
        assert.equal("client:a\0b", journal:round({}, 1)[1].to)
      else
        assert.is_nil(loaded)
        assert.truthy(err:find("NUL", 1, true))
      end
    end)

    test("pays for what it claims from a bucket, and says when there is more", function()
      local begun_at, count = core.now(), 0
      local journal = begun(addresses(50), { rate = 20, burst = 5 })
      repeat
        local claimed, wait = journal:round({}, 50)
        count = count + #claimed
        assert.truthy(#claimed <= 5)
        -- A journal's clock counts whole milliseconds.
        assert.truthy(count <= 1 + (core.now() - begun_at + 0.002) * 20, count)
        assert.truthy(wait >= 0 and wait <= 0.05, wait)
      until count >= 6
    end)

    test("halves its rate after the service had too many requests", function()
      local journal = begun(addresses(50), { rate = 100, burst = 1 })
      local claimed, wait = journal:round({}, 50)
      assert.truthy(wait <= 0.01, wait)
      claimed = journal:round({ { contact = claimed[1], state = states.waiting, is_slow = true } }, 0)
      assert.same({}, claimed)
      repeat claimed, wait = journal:round({}, 50) until #claimed == 1
      assert.truthy(wait > 0.0101, wait)
    end)

    test("has no other contact's SIDs at first", function()
      local journal = begun(addresses(2))
      local claimed = journal:round({}, 1)
      assert.same({}, journal:other_sids(claimed[1]))
      if not kind.lasts then return end
      assert(journal:round({ { contact = claimed[1], state = states.created, sid = "FN1" } }, 0))
      assert.same({}, journal:other_sids(claimed[1]))
      journal:leave()
      journal:close()
      local other = begun(addresses(2), nil, "other")
      assert.same({ FN1 = true }, other:other_sids(other:round({}, 1)[1]))
    end)

    if not kind.lasts then return end

    test("goes on where it was when it is opened again", function()
      local journal = begun(addresses(3))
      local claimed = journal:round({}, 1)
      assert(journal:round({ { contact = claimed[1], state = states.created, sid = "FN1" } }, 0))
      journal:leave()
      journal:close()
      local again = begun {}
      assert.is_true(again.is_loaded)
      assert.same({ [0] = 2, [3] = 1 }, again:counts())
      local rows = again:rows(0)
      assert.equal("number", type(rows[1].started))
      rows[1].started = nil
      assert.same({ n = 1, to = "+15550000001", state = 3, sid = "FN1", attempts = 1 }, rows[1])
      assert.equal(3, #rows)
      assert.same({}, again:rows(3))
    end)

    test("names the campaigns that it has", function()
      if kind.is_shared then
        local reader = assert(journal_module.open(target, nil, true))
        assert.same({}, reader:names())
        reader:close()
      end
      assert.same({ "c" }, begun(addresses(1)):names())
    end)

    test("refuses a campaign of that name with other options, and names the first", function()
      local journal = begun(addresses(1))
      journal:close()
      local entered, message = open():enter(campaign { options = { from = "+15550009999", parameters = "none" } })
      assert.is_nil(entered)
      assert.equal("the campaign 'c' was begun with another 'parameters': {\"a\":\"\\\\n\"}, not none", message)
    end)

    test("gives what a dead worker was sending to the next, and takes no more of it from the dead", function()
      local dead = begun(addresses(3), { lease = 1, timeout = 1 })
      local claimed = dead:round({}, 2)
      if kind.is_shared then
        local living = begun({}, { lease = 1, timeout = 1 })
        assert.same({}, living:take_over())
        os.execute "sleep 2.2"
        dead = { round = function(_, ...) return opened[1]:round(...) end }
        local found = living:take_over()
        assert.same({ 1, 2 }, { found[1].n, found[2].n })
        assert.is_truthy(found[1].unknown_since)
        assert(dead:round({ { contact = claimed[1], state = states.created, sid = "FN1" } }, 0))
        assert.same({ [0] = 1, [2] = 2 }, living:counts())
        assert(living:round({ { contact = found[1], state = states.created, sid = "FN2" } }, 0))
        assert.equal("FN2", living:rows(0)[1].sid)
        assert.same({}, living:take_over())
      else
        dead:close() -- whoever holds the file is the only one
        local living = begun {}
        local found = living:take_over()
        assert.same({ 1, 2 }, { found[1].n, found[2].n })
        assert.equal(2, found[1].fence)
      end
    end)

    test("is in use, or shared", function()
      local journal = begun(addresses(4))
      local other, err = journal_module.open(target, "c")
      if not kind.is_shared then
        assert.is_nil(other)
        assert.equal("argument", err.kind)
        assert.truthy(err.message:find("another process, or another call in this one, is using", 1, true), err.message)
        local reader = assert(journal_module.open(target, "c", true))
        assert.is_true(reader:find())
        assert.same({ [0] = 4 }, reader:counts())
        return reader:close()
      end
      opened[#opened + 1] = other
      assert(other:enter(campaign()))
      assert.is_true(other.is_loaded)
      local one, two = journal:round({}, 2), other:round({}, 9)
      assert.same({ 1, 2, 3, 4 }, { one[1].n, one[2].n, two[1].n, two[2].n })
      assert.same({}, journal:take_over())
    end)

    if not kind.is_shared then return end

    test("is gone on with when its connection was lost", function()
      local journal = begun(addresses(2))
      local claimed = journal:round({}, 1)
      local pid = journal.connection:rows "SELECT pg_backend_pid()"[1][1]
      local other = begun {}
      other.connection:rows("SELECT pg_terminate_backend(" .. pid .. ")")
      local nothing, message = journal:round({}, 1)
      assert.is_nil(nothing)
      assert.equal("string", type(message))
      assert.is_true(journal:reopen())
      assert(journal:round({ { contact = claimed[1], state = states.created, sid = "FN1" } }, 0))
      assert.same({ [0] = 1, [3] = 1 }, journal:counts())
    end)
  end)
end
