--- A list from its newest record to its oldest, while others arrive and vanish.
--
-- The next page is asked for by date, not by `next_page_url`. Where the oldest record so far was created in the second S, the next request
-- is for all that were created before S + 3 (one second, and MARGIN), and those that were given already are left out. So nothing depends on
-- what a page token means to the service, nor on how long it is good for. Where the list takes no dates, does not heed them, or has more
-- than a page of one moment, its `next_page_url` is followed.
local errors = require "studio.base.errors"
local timestamp = require "studio.base.timestamp"

local floor, huge, min = math.floor, math.huge, math.min
local format, parse = timestamp.format, timestamp.parse

-- The service's own limit.
local PAGE_SIZE = 1000
-- Seconds by which the order of a list may differ from that of its dates.
local MARGIN = 2
-- Pages whose SIDs are remembered.
local MOST_PAGES = 5

local walk_methods = {}
local walk_mt = { __index = walk_methods }

local walk = { MARGIN = MARGIN }

--- Reads a date that the program gave.
-- @tparam string|number|nil value ISO 8601, or epoch seconds
-- @tparam string name of the option
-- @treturn number epoch seconds, nil for none; or nil and an error
function walk.moment(value, name)
  if value == nil then return nil end
  if type(value) == "number" then
    if format(value) then return value end
    return nil, errors.argument("option '%s' must lie between the years 0 and 9999", name)
  end
  if type(value) ~= "string" then errors.misuse("option '%s' must be an ISO 8601 string or epoch seconds, got %s", name, type(value)) end
  local seconds = parse(value)
  if seconds then return seconds end
  return nil, errors.argument("option '%s' must be an ISO 8601 date-time such as 2026-11-20T08:30:00Z", name)
end

-- When a record was created: epoch seconds, nil where it does not say.
local function created(record)
  local text = record.date_created
  return type(text) == "string" and parse(text) or nil
end

-- What comes behind the oldest record so far was created before this moment.
local function bound(oldest) return floor(oldest) + 1 + MARGIN end

--- Begins to walk.
-- @tparam table collection of Executions or Engagements
-- @tparam table filters `from`, `to` (epoch seconds; at or after, before) and `status`
-- @tparam[opt] table position where an earlier walk stopped: `second`, the oldest second it came to (nil where the list was in no order),
--   and `known`, SID → true: what it has given of that second and the two before, or of all
-- @treturn table
function walk.new(collection, filters, position)
  position = position or {}
  local takes = collection.class.takes
  return setmetatable({
    collection = collection, takes = takes, from = filters.from, to = filters.to, status = filters.status,
    by_date = takes.date_created_to or false, in_order = true, known = position.known or {},
    -- What comes was created before, where the list is in order.
    before = min(filters.to or huge, bound(position.second or huge)),
    page = nil, by_url = false, pages = {}, forgotten = huge, has_ended = false,
  }, walk_mt)
end

local function ask(self)
  if self.by_url then return self.page:next() end
  local params, takes = { page_size = PAGE_SIZE }, self.takes
  if takes.status then params.status = self.status end
  if takes.date_created_from then params.date_created_from = self.from end
  if self.by_date and self.before < huge then params.date_created_to = self.before end
  return self.collection:page(params)
end

-- Looks at the dates of a page: gives an array of them, the oldest, the newest, and whether they are in order.
local function look(items)
  local dates, oldest, newest, in_order = {}, huge, -huge, true
  for index = 1, #items do
    local at = created(items[index])
    if not at or at >= bound(oldest) then in_order = false end
    dates[index] = at or false
    if at and at < oldest then oldest = at end
    if at and at > newest then newest = at end
  end
  return dates, oldest, newest, in_order
end

local function is_seen(self, id)
  if self.known[id] then return true end
  for _, page in ipairs(self.pages) do
    if page.ids[id] then return true end
  end
  return false
end

local function is_wanted(self, record, at)
  if self.status and record.status ~= self.status then return false end
  if not at then return true end
  local before = self.in_order and self.before or self.to
  return (not self.from or at >= self.from) and (not before or at < before)
end

-- The records of a page that are wanted and were not given yet; remembers them all.
local function take(self, items, dates, oldest)
  local new, kept, ids = {}, {}, {}
  for index = 1, #items do
    local record = items[index]
    local id = record.sid or record
    if is_wanted(self, record, dates[index]) and not is_seen(self, id) then
      local count = #new + 1
      new[count], kept[count] = record, dates[index]
    end
    ids[id] = true
  end
  local pages = self.pages
  pages[#pages + 1] = { ids = ids, oldest = oldest }
  if #pages > MOST_PAGES then self.forgotten = min(self.forgotten, table.remove(pages, 1).oldest) end
  return new, kept
end

-- Whether all that follows was created before the range.
local function is_past(self, oldest)
  return self.in_order and self.from ~= nil and oldest < self.from - MARGIN
end

-- Whether going on by date lists no more than a quarter of the page again, and nothing that was forgotten.
local function can_go_by_date(self, dates, before)
  local quarter = dates[math.ceil(#dates * 0.75)]
  return self.by_date and quarter and quarter >= before and before <= self.forgotten
end

-- Finds what is asked for next.
local function advance(self, page, dates, oldest)
  page.items = nil -- they are the reader's from now on
  self.page, self.by_url = page, true
  if not page.next_page_url or is_past(self, oldest) then self.has_ended = true end
  local before = bound(oldest)
  if not self.in_order or before >= self.before then return end
  self.before = before
  if can_go_by_date(self, dates, before) then self.by_url = false end
  local pages = self.pages
  while pages[1] and pages[1].oldest >= before do table.remove(pages, 1) end
end

--- Whether what is left can be listed by dates alone.
-- @treturn boolean
function walk_methods:is_sound()
  return self.in_order and self.by_date and self.takes.date_created_from and not self.by_url
end

--- What was given, and may be listed again.
-- @treturn table SID → true
function walk_methods:seen()
  local all = {}
  for id in pairs(self.known) do all[id] = true end
  for _, page in ipairs(self.pages) do
    for id in pairs(page.ids) do all[id] = true end
  end
  return all
end

--- The next records, at most a page of them.
-- @treturn {table,...} new ones, at least one; nil at the end; or nil and an error
-- @treturn nil
-- @treturn {number,...} when each was created, epoch seconds; false where it does not say
function walk_methods:next()
  while not self.has_ended do
    local page, err = ask(self)
    if not page then return nil, err end
    local dates, oldest, newest, in_order = look(page.items)
    local heeds_dates = self.by_url or not self.by_date or newest < self.before
    if not heeds_dates then self.by_date = false end
    if not heeds_dates and self.page then
      self.by_url = true
    else
      self.in_order = self.in_order and in_order
      local new, kept = take(self, page.items, dates, oldest)
      advance(self, page, dates, oldest)
      if #new > 0 then return new, nil, kept end
    end
  end
  return nil
end

return walk
