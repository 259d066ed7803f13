-- The page of a campaign: counts, columns over time, and the doubtful contacts by name.
local report = require "studio.console.report"

local began = 1767225600                    -- 2026-01-01T00:00:00Z

local function rows()
  local list = {}
  for number = 1, 400 do
    list[number] = { to = "+1555" .. number, state = "created", sid = "FN" .. number, started = began + number / 20 }
  end
  for number = 1, 6 do
    list[#list + 1] = {
      to = "+1666" .. number, state = "refused", code = 21211, message = "Invalid 'To' <b>", started = began + number, attempts = 1,
    }
  end
  list[#list + 1] = { to = "+1777<script>", state = "doubtful", message = "no answer & none found", started = began + 9.25, attempts = 2 }
  list[#list + 1] = { to = "+1888", state = "skipped", code = 20409, message = "active", started = began + 11 }
  list[#list + 1] = { to = "+1999", state = "waiting" }
  return list
end

local function count_of(text, pattern)
  local _, count = text:gsub(pattern, "")
  return count
end

describe("The page of a campaign", function()
  it("tells how many contacts are in which state", function()
    local html = assert(report.page(rows(), { title = "Spring <sale>" }))
    assert.truthy(html:find("<title>Spring &lt;sale&gt;</title>", 1, true))
    assert.truthy(html:find("409 contacts, sent from 2026-01-01 00:00:00 to 2026-01-01 00:00:20 UTC.", 1, true))
    for state, count in pairs { created = 400, refused = 6, doubtful = 1, skipped = 1, waiting = 1 } do
      assert.truthy(html:find(('</i>%s<td class="number">%d<'):format(state, count), 1, true), state)
    end
    assert.truthy(html:find("97.8 %", 1, true))
  end)

  it("draws them over time, each column as tall as what was started then", function()
    local html = assert(report.page(rows()))
    assert.truthy(html:find("<h2>Started in each second</h2>", 1, true))
    local chart = assert(html:match '<svg class="chart".-</svg>')
    -- 21 seconds with created ones, 6 of them with a refused one; one skipped, one doubtful.
    assert.equal(21, count_of(chart, '<rect class="created"'))
    assert.equal(6, count_of(chart, '<rect class="refused"'))
    assert.equal(1, count_of(chart, '<rect class="doubtful"'))
    assert.truthy(chart:find("<title>2026-01-01 00:00:01 created: 20</title>", 1, true))
    local sum = 0
    for number in chart:gmatch "created: (%d+)<" do sum = sum + tonumber(number) end
    assert.equal(400, sum)
  end)

  it("takes steps of time that are few enough", function()
    local function heading(span)
      return report.page({ { state = "created", started = began }, { state = "created", started = began + span } }):match "<h2>(.-)</h2>"
    end
    assert.equal("Started in each second", heading(100))
    assert.equal("Started in each 30 seconds", heading(3000))
    assert.equal("Started in each 2 hours", heading(9 * 86400))
    assert.equal("Started in each 9 days", heading(1000 * 86400))
  end)

  it("counts the service's codes, the most frequent first", function()
    local html = assert(report.page(rows()))
    local codes = {}
    for code, count in html:gmatch '<th scope="row">(%d+)<td class="number">(%d+)' do codes[#codes + 1] = code .. " " .. count end
    assert.same({ "21211 6", "20409 1" }, codes)
    assert.truthy(html:find("Invalid &#39;To&#39; &lt;b&gt;", 1, true))
  end)

  it("names the doubtful ones, and what strangers wrote stays text", function()
    local html = assert(report.page(rows()))
    assert.truthy(html:find("<td>+1777&lt;script&gt;<td>2026-01-01 00:00:09<td", 1, true))
    assert.truthy(html:find('<td class="number">2<td><td>no answer &amp; none found', 1, true))
    assert.is_nil(html:find("<script", 1, true))
    assert.truthy(html:find("script-src 'none'", 1, true))
    assert.is_nil(html:find "https?://")
  end)

  it("takes an iterator, counts what is too much to list, and what has no time", function()
    local number = 0
    local html = assert(report.page(function()
      number = number + 1
      if number <= 1200 then return { state = "doubtful", to = "+" .. number } end
    end))
    assert.equal(1000, count_of(html, "<tr><td>%+%d+<td>"))
    assert.truthy(html:find("And 200 more.", 1, true))
    assert.is_nil(html:find('class="chart"', 1, true))
  end)

  it("is one of nothing, too", function()
    assert.truthy(assert(report.page {}):find("<p>0 contacts.</p>", 1, true))
    local html = assert(report.page { { state = "created", started = began } })
    assert.truthy(html:find("<p>1 contact, sent from", 1, true))
    assert.truthy(html:find("None: of every contact it is known", 1, true))
  end)
end)
