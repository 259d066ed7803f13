--- The records of a list, a page at a time and some pages ahead.
--
-- Pages of one walk come one after the other. Where a range of dates is given, what is left of it after the first page is split into
-- windows, whose first pages are asked for at the same time; they are given in the order of the list all the same. A window is as long as
-- holds most of a page, by what the windows before it had.
local walk = require "studio.executions.walk"

local floor, max, min = math.floor, math.max, math.min

-- Records that a window is to have: so many more make no second page of it.
local WANTED = 750
-- One window is at most so many times as long, or as short, as the one that it is measured by.
local CHANGE = 4

local listing_methods = {}
local listing_mt = { __index = listing_methods }

--- Begins to list.
-- @tparam table client
-- @tparam table collection
-- @tparam table filters see `studio.executions.walk`
-- @tparam table options `position` as there; `windows`: how many at a time; `pace`: called before a page is asked for
-- @treturn table
local function new(client, collection, filters, options)
  return setmetatable({
    client = client, collection = collection, filters = filters, windows = options.windows, pace = options.pace,
    -- What comes next, in order: walks, with the task that asks for their next page where that has begun.
    queue = { { walk = walk.new(collection, filters, options.position) } },
    -- The part of the range that has no window yet ends at `top`.
    top = nil, length = nil, known = nil,
    -- Whether all that was given was in the order of dates.
    in_order = true,
  }, listing_mt)
end

local function ask(self, entry)
  self.pace()
  return entry.walk:next()
end

-- Splits what is left of the range after the first page.
local function split(self, first, dates)
  self.top, self.known = first.before, first:seen()
  self.length = max(1, floor(((dates[1] or first.before) - first.before) * WANTED / #dates))
end

local function may_split(self, entry, items)
  return self.top == nil and self.filters.from and items and not entry.walk.has_ended and entry.walk:is_sound()
end

local function add_windows(self)
  local from, queue = self.filters.from, self.queue
  while self.top and self.top > from and #queue < self.windows do
    local filters = { from = max(from, self.top - self.length), to = self.top, status = self.filters.status }
    queue[#queue + 1] = { walk = walk.new(self.collection, filters, { known = self.known }), window = filters }
    self.top = filters.from
  end
end

-- Learns from the first page of a window how long the next ones should be.
local function measure(self, entry, items)
  local window = entry.window
  if not window then return end
  local seconds = window.to - window.from
  local factor = WANTED / max(1, items and #items or 0)
  if not entry.walk.has_ended then
    seconds, factor = window.to - min(window.to, entry.walk.before), WANTED / 1000
  end
  self.length = max(1, floor(seconds * min(CHANGE, max(1 / CHANGE, factor))))
end

--- Asks for the pages that come next, without waiting for them.
function listing_methods:ahead()
  add_windows(self)
  for _, entry in ipairs(self.queue) do
    if not entry.task then entry.task = self.client:spawn(ask, self, entry) end
  end
end

--- The next records.
-- @return what `next` of a walk gives
function listing_methods:next()
  while true do
    add_windows(self)
    if self.top then self:ahead() end
    local entry = table.remove(self.queue, 1)
    if not entry then return nil end
    local items, err, dates
    if entry.task then items, err, dates = entry.task:wait() else items, err, dates = ask(self, entry) end
    if err then return nil, err end
    if not entry.walk.in_order then self.in_order = false end
    measure(self, entry, items)
    if may_split(self, entry, items) then
      split(self, entry.walk, dates)
    elseif not entry.walk.has_ended then
      table.insert(self.queue, 1, { walk = entry.walk })
    end
    if items then return items, nil, dates end
  end
end

--- Ends what was begun ahead.
function listing_methods:close()
  for _, entry in ipairs(self.queue) do
    if entry.task then entry.task:cancel() end
  end
  self.queue, self.top = {}, nil
end

return { new = new }
