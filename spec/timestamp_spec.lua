-- Date-times: read from answers, and sent in filters.
local studio = require "studio"
local support = require "spec.support"

local FW = "FW" .. ("0"):rep(32)

local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- What arrives as DateCreatedFrom for a value; or nil and the error.
local function sent(value)
  local transport = support.transport { status = 200, body = '{"meta":{"key":"executions"},"executions":[]}' }
  local client = support.offline(transport)
  local page, err = client.v2.flows(FW).executions:page { date_created_from = value }
  if not page then
    assert.equal(0, #transport.requests)
    return nil, err
  end
  return decode(transport.requests[1].url:match("%?DateCreatedFrom=(.*)$"))
end

-- Computed with GNU date.
local readable = {
  { "1970-01-01T00:00:00Z", 0 },
  { "1969-12-31T23:59:59Z", -1 },
  { "2015-07-30T20:00:00Z", 1438286400 },
  { "2026-11-20T08:30:00Z", 1795163400 },
  { "2026-11-20T08:30:00+00:00", 1795163400 },
  { "2026-11-20T08:30:00-00:00", 1795163400 },
  { "2026-11-20T09:30:00+01:00", 1795163400 },
  { "2026-11-20T09:30:00+0100", 1795163400 },
  { "2026-11-20T03:00:00-05:30", 1795163400 },
  { "2026-11-21T00:30:00+16:00", 1795163400 },
  { "2026-11-20t08:30:00z", 1795163400 },
  { "2026-11-20 08:30:00Z", 1795163400 },
  { "2026-11-20T08:30:00", 1795163400 },
  { "2026-11-20", 1795132800 },
  { "2024-02-29T12:00:00Z", 1709208000 },
  { "2000-02-29T00:00:00Z", 951782400 },
  { "2100-03-01T00:00:00Z", 4107542400 },
  { "1900-03-01T00:00:00Z", -2203891200 },
  { "0001-01-01T00:00:00Z", -62135596800 },
  { "9999-12-31T23:59:59Z", 253402300799 },
  { "2016-12-31T23:59:60Z", 1483228800 },
  { "2024-12-31T23:59:59-12:00", 1735732799 },
}

local fractions = {
  { "2026-11-20T08:30:00.250Z", 1795163400.25 },
  { "2026-11-20T08:30:00.5+01:00", 1795159800.5 },
  { "1969-12-31T23:59:59.75Z", -0.25 },
}

-- Neither dates, nor times, nor text that reads like both.
local unreadable = {
  "", "x", "now", "today", "2026", "2026-11", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
  "2026-01-32T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
  "2026-11-20T24:00:00Z", "2026-11-20T08:60:00Z", "2026-11-20T08:30:61Z", "2026-11-20T8:30:00Z", "2026-1-20T08:30:00Z",
  "26-11-20T08:30:00Z", "20261120T083000Z", "2026-11-20T08:30:00 Z", "2026-11-20T08:30:00.Z", "2026-11-20T08:30:00,5Z",
  "2026-11-20T08:30:00+1:00", "2026-11-20T08:30:00+24:00", "2026-11-20T08:30:00+01:60", "2026-11-20T08:30:00+01:00:00",
  "2026-11-20T08:30:00CET", "2026-11-20T08:30:00ZZ", " 2026-11-20T08:30:00Z", "2026-11-20T08:30:00Z ", "2026-11-20T08:30:00Z\n",
  "2026-11-20T08:30:00Z\0", "2026-11-20T", "2026-11-20Z", "-2026-11-20T08:30:00Z", "2026-11-20T-8:30:00Z", "1795163400",
  "Fri, 20 Nov 2026 08:30:00 GMT", "２０２６-11-20T08:30:00Z", "2026/11/20T08:30:00Z", "2026-11-20X08:30:00Z",
}

describe("studio.timestamp", function()
  for _, case in ipairs(readable) do
    it("reads " .. case[1], function()
      local seconds = studio.timestamp(case[1])
      assert.equal(case[2], seconds)
      assert.equal(("%d"):format(case[2]), tostring(seconds))
    end)
  end

  for _, case in ipairs(fractions) do
    it("reads " .. case[1], function() assert.equal(case[2], studio.timestamp(case[1])) end)
  end

  it("agrees with the calendar from 1600 to 2400, day by day", function()
    local days = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
    local due = studio.timestamp("1600-01-01")
    for year = 1600, 2400 do
      local leap = year % 400 == 0 or (year % 4 == 0 and year % 100 ~= 0)
      for month = 1, 12 do
        local last = month == 2 and leap and 29 or days[month]
        for day = 1, last do
          local text = ("%04d-%02d-%02d"):format(year, month, day)
          if studio.timestamp(text) ~= due then assert.equal(due, studio.timestamp(text), text) end
          due = due + 86400
        end
        assert.is_nil((studio.timestamp(("%04d-%02d-%02d"):format(year, month, last + 1))))
      end
    end
    assert.equal(13601088000, due)
  end)

  it("gives nil and an error for what is no date-time", function()
    for _, text in ipairs(unreadable) do
      local seconds, err = studio.timestamp(text)
      assert.is_nil(seconds, ("%q"):format(text))
      assert.equal("argument", err.kind)
      assert.equal(false, err.sent)
      assert.truthy(err.message:find("ISO 8601", 1, true))
    end
  end)

  it("raises at the caller's line for what is no string", function()
    for _, value in ipairs { 0, true, {}, print } do
      local call = function() local _ = studio.timestamp(value) end
      local line = debug.getinfo(call, "S").linedefined
      local fine, message = pcall(call)
      assert.is_false(fine)
      assert.equal(("spec/timestamp_spec.lua:%d: timestamp needs a string, got %s"):format(line, type(value)), message:gsub("^%./", ""))
    end
    assert.is_false((pcall(studio.timestamp)))
  end)
end)

describe("a date-time filter", function()
  it("goes out with the zone it has", function()
    for _, zone in ipairs { "Z", "+01:00", "-05:30", "+00:00", "-12:00" } do
      assert.equal("2026-11-20T09:30:00" .. zone, (sent("2026-11-20T09:30:00" .. zone)))
      assert.equal("2026-11-20T09:30:00.250" .. zone, (sent("2026-11-20T09:30:00.250" .. zone)))
    end
  end)

  it("is UTC where it has no zone", function()
    assert.equal("2026-11-20T08:30:00Z", (sent("2026-11-20T08:30:00")))
    assert.equal("2026-11-20T00:00:00Z", (sent("2026-11-20")))
    assert.equal("2026-11-20T08:30:00.5Z", (sent("2026-11-20T08:30:00.5")))
  end)

  it("goes out as ISO 8601 has it, however loosely it was written", function()
    assert.equal("2026-11-20T08:30:00Z", (sent("2026-11-20 08:30:00")))
    assert.equal("2026-11-20T08:30:00Z", (sent("2026-11-20t08:30:00z")))
    assert.equal("2026-11-20T08:30:00+05:30", (sent("2026-11-20 08:30:00+0530")))
  end)

  it("may be epoch seconds, which go out in UTC", function()
    for _, case in ipairs(readable) do
      if case[1]:find("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$") and not case[1]:find(":60Z", 1, true) then
        assert.equal(case[1], (sent(case[2])))
        assert.equal(case[1], (sent(case[2] + 0.0)))
      end
    end
  end)

  it("agrees with the C library about epoch seconds", function()
    local seconds = 0
    for step = 1, 4000 do
      seconds = seconds + 86399 * (step % 13) + step
      assert.equal(os.date("!%Y-%m-%dT%H:%M:%SZ", seconds), (sent(seconds)))
    end
  end)

  it("has milliseconds where epoch seconds have a fraction", function()
    assert.equal("2026-11-20T08:30:00.250Z", (sent(1795163400.25)))
    assert.equal("1969-12-31T23:59:59.750Z", (sent(-0.25)))
    assert.equal("2024-12-31T23:59:59.999Z", (sent(1735689599.999)))
  end)

  it("has the millisecond nearest to the fraction, whatever a double makes of it", function()
    for thousandths = 1, 999 do
      local text = ("2026-11-20T08:30:00.%03dZ"):format(thousandths)
      assert.equal(text, (sent(1795163400 + thousandths / 1000)))
      assert.equal(text, (sent(assert(studio.timestamp(text)))))
    end
    assert.equal("2025-01-01T00:00:00Z", (sent(1735689599.9999)))
    assert.equal("2024-12-31T23:59:59Z", (sent(1735689599.0001)))
  end)

  it("that is no date-time, or none with four digits of a year, gives nil and an error, and nothing is sent", function()
    local bad = { 0 / 0, math.huge, -math.huge, 253402300800, 253402300799.9999, -62167219201, 1e300 }
    for _, text in ipairs(unreadable) do bad[#bad + 1] = text end
    for _, value in ipairs(bad) do
      local text, err = sent(value)
      assert.is_nil(text, tostring(value))
      assert.equal("argument", err.kind)
      assert.equal(false, err.sent)
      assert.truthy(err.message:find("'date_created_from'", 1, true), err.message)
      assert.is_nil(tostring(err):find("%c"))
    end
  end)
end)
