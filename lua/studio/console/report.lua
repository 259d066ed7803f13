--- The page of a campaign: how many contacts are in which state, over time and by the service's codes, and the doubtful ones by name.
--
-- One file without a script: pictures are SVG within it. Texts of contacts and of the service are texts, whatever is in them.
-- @module studio.console.report

local document = require "studio.console.document"

local escape = document.escape

-- In the order in which they stand on each other and in tables.
local STATES = { "created", "skipped", "refused", "doubtful", "waiting" }
local MEANINGS = {
  created = "an Execution was started", skipped = "the contact had an active Execution", refused = "the service said no",
  doubtful = "nobody knows whether one was started", waiting = "not started yet",
}

local MOST_COLUMNS = 120
local MOST_DOUBTFUL = 1000
local MOST_CODES = 20
local WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 220, 46, 10, 26

local collector_methods = {}
local collector_mt = { __name = "studio.console.report", __index = collector_methods }

local report = {}

-- A value as a text; of a number with a point whatever the locale says.
local function text_of(value)
  local text = tostring(value)
  return type(value) == "number" and (text:gsub("[^0-9A-Za-z+-]+", ".")) or text
end

--- Begins a report. Contacts are added one by one, and only counted but for the doubtful ones.
-- @treturn table with `add` and `page`
function report.new()
  return setmetatable({
    total = 0, states = {}, seconds = {}, codes = {}, messages = {}, doubtful = {}, first = math.huge, last = -math.huge,
  }, collector_mt)
end

--- Adds a contact.
-- @tparam table row `state`; for the chart `started`, when it was sent, in epoch seconds; `code` and `message` of the service; `to`,
-- `sid` and `attempts`, which are shown of doubtful ones
function collector_methods:add(row)
  local state = text_of(row.state)
  self.total = self.total + 1
  self.states[state] = (self.states[state] or 0) + 1
  if type(row.started) == "number" then
    local second = math.floor(row.started)
    local counts = self.seconds[second]
    if not counts then
      counts = {}
      self.seconds[second] = counts
      self.first, self.last = math.min(self.first, second), math.max(self.last, second)
    end
    counts[state] = (counts[state] or 0) + 1
  end
  if row.code ~= nil then
    local code = text_of(row.code)
    self.codes[code] = (self.codes[code] or 0) + 1
    self.messages[code] = self.messages[code] or row.message
  end
  if state == "doubtful" and #self.doubtful < MOST_DOUBTFUL then
    self.doubtful[#self.doubtful + 1] = {
      to = row.to, sid = row.sid, message = row.message, attempts = row.attempts, started = row.started,
    }
  end
end

-- The states that there are: those known in their order, then the others by name.
local function states_of(self)
  local known, list, others = {}, {}, {}
  for _, state in ipairs(STATES) do
    known[state] = true
    if self.states[state] then list[#list + 1] = state end
  end
  for state in pairs(self.states) do
    if not known[state] then others[#others + 1] = state end
  end
  table.sort(others)
  for _, state in ipairs(others) do list[#list + 1] = state end
  return list, known
end

local function time_of(seconds, form)
  return os.date("!" .. form, math.floor(seconds))
end

-- A number, with a point whatever the locale says.
local function fixed(number, form)
  return ((form or "%.2f"):format(number):gsub("[^0-9-]+", "."))
end

local function percent(part, whole)
  if part > 0 and part / whole < 0.0005 then return "&lt; 0.1 %" end
  return whole > 0 and fixed(100 * part / whole, "%.1f") .. " %" or "0 %"
end

local function class_of(state, known)
  return known[state] and state or "other"
end

-- One bar of all contacts, a part of it for each state.
local function write_bar(self, out)
  local list, known = states_of(self)
  out[#out + 1] = ('<svg class="bar" viewBox="0 0 %d 22" role="img" aria-label="Contacts by state">'):format(WIDTH)
  local x = 0
  for _, state in ipairs(list) do
    local width = WIDTH * self.states[state] / self.total
    out[#out + 1] = ('<rect class="%s" x="%s" y="0" width="%s" height="22"><title>%s: %d (%s)</title></rect>'):format(
      class_of(state, known), fixed(x), fixed(width), escape(state), self.states[state], percent(self.states[state], self.total))
    x = x + width
  end
  out[#out + 1] = "</svg>"
end

local function write_states(self, out)
  local list, known = states_of(self)
  out[#out + 1] = "<table><thead><tr><th>State<th class=number>Contacts<th class=number>Share<th>Meaning</thead><tbody>"
  for _, state in ipairs(list) do
    out[#out + 1] = ('<tr><th scope="row"><i class="%s"></i>%s<td class="number">%d<td class="number">%s<td>%s'):format(
      class_of(state, known), escape(state), self.states[state], percent(self.states[state], self.total), MEANINGS[state] or "")
  end
  out[#out + 1] = "</tbody></table>"
end

-- Steps of time that people count in.
local STEPS = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400 }

local function step_for(span)
  for _, step in ipairs(STEPS) do
    if span / step <= MOST_COLUMNS then return step end
  end
  return math.ceil(span / MOST_COLUMNS / 86400) * 86400
end

local function words_for(step)
  if step % 86400 == 0 then return step == 86400 and "day" or ("%d days"):format(step / 86400) end
  if step % 3600 == 0 then return step == 3600 and "hour" or ("%d hours"):format(step / 3600) end
  if step % 60 == 0 then return step == 60 and "minute" or ("%d minutes"):format(step / 60) end
  return step == 1 and "second" or ("%d seconds"):format(step)
end

local function columns_of(self, step)
  local first = math.floor(self.first / step)
  local columns, most = {}, 0
  for number = 1, math.floor(self.last / step) - first + 1 do columns[number] = { total = 0 } end
  for second, counts in pairs(self.seconds) do
    local column = columns[math.floor(second / step) - first + 1]
    for state, count in pairs(counts) do
      column[state], column.total = (column[state] or 0) + count, column.total + count
    end
    most = math.max(most, column.total)
  end
  return columns, most, first * step
end

-- Stacked columns, one for each step of time.
local function write_chart(self, out)
  local step = step_for(self.last - self.first + 1)
  local columns, most, begin = columns_of(self, step)
  local list, known = states_of(self)
  local width, height = (WIDTH - LEFT) / #columns, HEIGHT - TOP - BOTTOM
  local words = words_for(step)
  out[#out + 1] = ("<h2>Started in each %s</h2>"):format(words)
  out[#out + 1] = ('<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="Contacts started in each %s, by state; at most %d">')
    :format(WIDTH, HEIGHT, words, most)
  for _, part in ipairs { 0, 0.5, 1 } do
    local y = TOP + height * (1 - part)
    out[#out + 1] = ('<path d="M%d %sH%d"/><text x="%d" y="%s" text-anchor="end">%s</text>'):format(
      LEFT, fixed(y), WIDTH, LEFT - 6, fixed(y + 4), fixed(most * part, most * part % 1 == 0 and "%d" or "%.1f"))
  end
  for number, column in ipairs(columns) do
    local y = TOP + height
    for _, state in ipairs(list) do
      local count = column[state]
      if count then
        local tall = height * count / most
        y = y - tall
        out[#out + 1] = ('<rect class="%s" x="%s" y="%s" width="%s" height="%s"><title>%s %s: %d</title></rect>'):format(
          class_of(state, known), fixed(LEFT + (number - 1) * width), fixed(y),
          fixed(math.max(width - (width > 3 and 1 or 0), 0.5)), fixed(tall),
          time_of(begin + (number - 1) * step, "%Y-%m-%d %H:%M:%S"), escape(state), count)
      end
    end
  end
  local finish = begin + #columns * step
  local form = math.floor(begin / 86400) == math.floor((finish - 1) / 86400) and "%H:%M:%S" or "%Y-%m-%d %H:%M"
  out[#out + 1] = ('<text x="%d" y="%d">%s</text><text x="%d" y="%d" text-anchor="end">%s UTC</text></svg>'):format(
    LEFT, HEIGHT - 8, time_of(begin, form), WIDTH, HEIGHT - 8, time_of(finish, form))
end

local function write_codes(self, out)
  local codes = {}
  for code, count in pairs(self.codes) do codes[#codes + 1] = { code = code, count = count } end
  if not codes[1] then return end
  table.sort(codes, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.code < b.code
  end)
  out[#out + 1] = "<h2>By the service's code</h2>"
  out[#out + 1] = "<table><thead><tr><th>Code<th class=number>Contacts<th><th>Message, of the first</thead><tbody>"
  for position = 1, math.min(#codes, MOST_CODES) do
    local code = codes[position]
    out[#out + 1] = ('<tr><th scope="row">%s<td class="number">%d<td><svg class="small" viewBox="0 0 120 12" aria-hidden="true">'
      .. '<rect class="refused" width="%s" height="12"/></svg><td>%s'):format(
      escape(code.code), code.count, fixed(120 * code.count / codes[1].count), escape(text_of(self.messages[code.code] or "")))
  end
  out[#out + 1] = "</tbody></table>"
  if #codes > MOST_CODES then out[#out + 1] = ("<p>And %d more codes.</p>"):format(#codes - MOST_CODES) end
end

local function cell(value)
  return "<td>" .. escape(value == nil and "" or text_of(value))
end

local function write_doubtful(self, out)
  local count = self.states.doubtful or 0
  out[#out + 1] = "<h2>Doubtful</h2>"
  if count == 0 then
    out[#out + 1] = "<p>None: of every contact it is known whether an Execution was started.</p>"
    return
  end
  out[#out + 1] = "<p>A request went out, and it is not known what became of it. Look these up before anything is repeated.</p>"
  out[#out + 1] = "<table><thead><tr><th>To<th>Sent (UTC)<th class=number>Attempts<th>SID<th>Why</thead><tbody>"
  for _, row in ipairs(self.doubtful) do
    out[#out + 1] = "<tr>" .. cell(row.to) .. cell(type(row.started) == "number" and time_of(row.started, "%Y-%m-%d %H:%M:%S") or nil)
      .. ('<td class="number">%s'):format(escape(text_of(row.attempts or ""))) .. cell(row.sid) .. cell(row.message)
  end
  out[#out + 1] = "</tbody></table>"
  if count > #self.doubtful then out[#out + 1] = ("<p>And %d more.</p>"):format(count - #self.doubtful) end
end

--- Writes the page of what was added.
-- @tparam[opt] table options `title`
-- @treturn[1] string one HTML file
-- @treturn[2] nil
-- @treturn[2] string why the style of the page cannot be read
function collector_methods:page(options)
  local title = options and options.title or "A campaign"
  local out = { ("<main><h1>%s</h1>"):format(escape(title)) }
  local span = self.first <= self.last and (", sent from %s to %s UTC"):format(
    time_of(self.first, "%Y-%m-%d %H:%M:%S"), time_of(self.last, "%Y-%m-%d %H:%M:%S")) or ""
  out[#out + 1] = ("<p>%d %s%s.</p>"):format(self.total, self.total == 1 and "contact" or "contacts", span)
  if self.total > 0 then
    write_bar(self, out)
    write_states(self, out)
    if self.first <= self.last then write_chart(self, out) end
    write_codes(self, out)
    write_doubtful(self, out)
  end
  out[#out + 1] = "</main>"
  return document.write { title = title, styles = { "report.css" }, body = table.concat(out, "\n") }
end

--- Writes the page of all contacts of a campaign.
-- @tparam table|function rows an array, or an iterator, of what `add` takes
-- @tparam[opt] table options as of `page`
-- @return as `page` gives
function report.page(rows, options)
  local collector = report.new()
  if type(rows) == "table" then
    for _, row in ipairs(rows) do collector:add(row) end
  else
    for row in rows do collector:add(row) end
  end
  return collector:page(options)
end

return report
