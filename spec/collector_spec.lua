-- Lua's collector around the decoding of large texts, during which it rests.
local core = require "studio.core"

local function page(records)
  local list = {}
  for index = 1, records do list[index] = ('{"sid":"FN%032x","links":{"steps":"https://studio.twilio.com/%d"}}'):format(index, index) end
  return '{"engagements":[' .. table.concat(list, ",") .. "]}"
end

local LARGE = page(4000)

-- PUC 5.1 cannot say; there nothing rests.
local function is_running()
  local known, running = pcall(collectgarbage, "isrunning")
  return not known or running
end

describe("While a large text is decoded the collector rests", function()
  after_each(function() collectgarbage "restart" end)

  it("and goes on afterwards", function()
    assert.are.equal(4000, #core.decode(LARGE).engagements)
    assert.is_true(is_running())
  end)

  it("also when the text is no JSON", function()
    local value, message = core.decode(LARGE:sub(1, -3) .. "!")
    assert.is_nil(value)
    assert.matches("got '!'$", message)
    assert.is_true(is_running())
  end)

  it("but one that the program stopped is not set going", function()
    collectgarbage "stop"
    local before = is_running()
    assert.are.equal(4000, #core.decode(LARGE).engagements)
    assert.are.equal(before, is_running())
  end)

  it("and it keeps up with a program that does nothing else", function()
    local most = 0
    collectgarbage()
    local before = collectgarbage "count"
    local value = core.decode(LARGE)
    local one = collectgarbage "count" - before
    for _ = 1, 60 do
      value = core.decode(LARGE)
      most = math.max(most, collectgarbage "count" - before)
    end
    assert.is_truthy(value)
    assert.is_true(most < 8 * one, ("%.0f KiB where one text makes %.0f"):format(most, one))
  end)

  it("and nothing of it is lost when the program's finalizers run", function()
    local newproxy = rawget(_G, "newproxy")
    local finalized = 0
    local function leave_garbage()
      local function count() finalized = finalized + 1 end
      if not newproxy then return setmetatable({}, { __gc = count }) end
      local proxy = newproxy(true)
      getmetatable(proxy).__gc = count
    end
    for _ = 1, 40 do
      leave_garbage()
      local list = core.decode(LARGE).engagements
      assert.are.equal("FN" .. ("%032x"):format(4000), list[4000].sid)
      assert.are.equal("https://studio.twilio.com/1", list[1].links.steps)
    end
    assert.is_true(finalized > 0)
  end)
end)
