--- Lists: one page, all pages, all records.
local ascii = require "studio.base.ascii"
local ahead = require "studio.request.ahead"
local call_options = require "studio.resource.call_options"
local core = require "studio.core"
local errors = require "studio.base.errors"
local json = require "studio.base.json"
local names = require "studio.base.names"
local options_module = require "studio.base.options"
local parameters = require "studio.resource.parameters"
local receipts = require("studio.request.call").receipts
local redaction = require "studio.request.redaction"
local settle = require "studio.request.settle"
local targets = require "studio.request.targets"
local types = require "studio.api.types"

local argument, misuse = errors.argument, errors.misuse
local min, huge = math.min, math.huge

local lists = {}

-- The service's own limit.
local LARGEST_PAGE = 1000

--- The parameters of every list operation (reference: PageSize, Page, PageToken).
lists.rows = {
  { "page_size", "PageSize", types.integer, min = 1, max = LARGEST_PAGE },
  { "page", "Page", types.integer, min = 0 },
  { "page_token", "PageToken", types.text, nonempty = true },
}

--- Parameters that the list methods use themselves; all others are sent.
lists.own_parameters = { "limit", "read_ahead" }

-- The last segments of the paths of all lists: by them a page's URL that is of another list than the collection's is refused.
local list_paths = { Flows = true, Engagements = true, Executions = true, Steps = true, Revisions = true, FlexFlows = true }

local page_methods = {}

-- Splits the parameters that the list methods use from those that are sent. Gives the parameters to send, the limit, or nil and an error.
local function split(params, rows)
  if params == nil then return nil, huge end
  if type(params) ~= "table" then misuse("parameters must be a table, got %s", type(params)) end
  local limit, read_ahead = params.limit, params.read_ahead
  if read_ahead ~= nil and type(read_ahead) ~= "boolean" then
    misuse("parameter 'read_ahead' must be a boolean, got %s", type(read_ahead))
  end
  if limit == nil and read_ahead == nil then return params, huge end
  local known = {}
  for _, row in ipairs(rows) do known[row[1]] = true end
  local sent = options_module.fields(params, known)
  sent.limit, sent.read_ahead = nil, nil
  if limit == nil then return sent, huge end
  if type(limit) ~= "number" then misuse("parameter 'limit' must be a number, got %s", type(limit)) end
  if limit ~= limit or limit < 0 or (limit % 1 ~= 0 and limit ~= huge) then
    return nil, nil, argument("parameter 'limit' must be a whole number of 0 or more, got %s", ascii.text(limit))
  end
  if sent.page_size == nil and limit > 0 and limit ~= huge then sent.page_size = min(limit, LARGEST_PAGE) end
  return sent, limit
end

-- The target of a walk's first request, and the limit; or nil, nil and an error.
local function first_target(collection, rows, params, options)
  local sent, limit, err = split(params, rows)
  if err then return nil, nil, err end
  local list
  list, err = parameters.collect(rows, sent, collection.caller)
  err = collection.problem or err
  if err then return nil, nil, err end
  if options then parameters.add_extra(list, options.extra, "options.extra") end
  local query = core.form(list)
  return query == "" and collection.path or collection.path .. "?" .. query, limit
end

local page_urls = { "first_page_url", "previous_page_url", "next_page_url", "url" }

-- Makes the check that every page of a collection must pass, a function(body) → a message against it, or nil. It makes the records
-- resources on the way: a second walk over a thousand of them would cost as much again.
local function make_refuser(collection)
  local resource_mt, default_key = collection:resource_metatable(), collection.class.key
  return function(body)
    local meta = body.meta
    if type(meta) ~= "table" or getmetatable(meta) == core.array_mt then return "the page has no object 'meta'" end
    local key = meta.key or default_key
    if type(key) ~= "string" then return "the page's 'key' is not a string" end
    local items = body[key]
    if getmetatable(items) ~= core.array_mt then
      return ("the page has no list '%s'"):format(redaction.of(collection.caller).value(key):sub(1, 80))
    end
    if not core.set_metatables(items, resource_mt) then return "a record of the page is not an object" end
    for _, name in ipairs(page_urls) do
      if meta[name] ~= nil and type(meta[name]) ~= "string" then return ("the page's '%s' is not a string"):format(name) end
    end
  end
end

-- The check of a collection's pages: made once, and kept in the collection.
local function refuser_of(collection)
  local made = collection.made_page_refuser
  if not made then
    made = make_refuser(collection)
    collection.made_page_refuser = made
  end
  return made
end

local function describe_page(page)
  local items = page.items
  return ("studio.page %s (%d item%s)"):format(getmetatable(page).collection.path, #items, #items == 1 and "" or "s")
end

local refuse_page_call = names.refuse_call(
  "this is a page, not an iterator: write `for _, item in ipairs(page.items)`, or use :each() where :page() is")

local function metatable_of_pages(collection)
  local made = collection.made_page_metatable
  if not made then
    made = {
      __name = "studio.page", __index = page_methods, __tostring = describe_page, __call = refuse_page_call, collection = collection,
    }
    collection.made_page_metatable = made
  end
  return made
end

-- Page → where it came from, how many records its limit leaves, and the trail that led there (see new_trail). Kept beside the page, so
-- that printing or encoding a page does not show it.
local insides = setmetatable({}, { __mode = "k" })

-- Makes a page of a body that passed the check.
local function make_page(collection, body, target, limit, trail)
  local meta = body.meta
  local items = body[meta.key or collection.class.key]
  for index = #items, limit + 1, -1 do items[index] = nil end
  local page = setmetatable({
    items = items, meta = meta, next_page_url = meta.next_page_url, previous_page_url = meta.previous_page_url,
  }, metatable_of_pages(collection))
  insides[page] = { target = target, left = limit - #items, trail = trail }
  receipts[page], receipts[body] = receipts[body], nil
  return page
end

-- The call that asks for one page.
local function call_for(collection, target)
  return { method = "GET", service = collection.service, target = target, rule = "page", refuse = refuser_of(collection) }
end

-- Asks for one page, with a call that may have begun.
local function fetch(collection, call, limit, options, trail)
  local body, err = ahead.finish(collection.caller, call, options)
  if not body then return nil, err end
  return make_page(collection, body, call.target, limit, trail)
end

-- The trail of a walk through pages; `way` is its direction, "next" or "previous". Answers may lead in a circle for ever; Brent's
-- algorithm finds that by one remembered target, the landmark.
local function new_trail(way, landmark)
  return { way = way, steps = 0, horizon = 2, landmark = landmark }
end

-- A trail, one step longer; nil when the step leads back.
local function step_on(trail, target)
  if target == trail.landmark then return nil end
  local steps, horizon = trail.steps + 1, trail.horizon
  if steps == horizon then return { way = trail.way, steps = 0, horizon = horizon * 2, landmark = target } end
  return { way = trail.way, steps = steps, horizon = horizon, landmark = trail.landmark }
end

-- The target of a URL that the page at `from` gave, and the trail that leads there; or nil and an error: nothing is asked of another
-- origin.
local function follow(collection, url, from, trail)
  local caller, service = collection.caller, collection.service
  local target, problem = targets.of_url(caller.origins[service], url)
  if not target then return nil, argument("the page URL is refused: %s", redaction.of(caller).value(problem)) end
  if target == from then return settle.refuse_answer(caller, "GET", service, from, "the page leads to itself") end
  local longer = trail and step_on(trail, target)
  if trail and not longer then return settle.refuse_answer(caller, "GET", service, from, "the page leads back to an earlier one") end
  return target, longer
end

-- The page behind one of a page's URLs. A program that walks back meets pages again that it has seen, and
-- may: each direction has a trail of its own.
local function neighbour(page, url, way, options, limit)
  if not url then return nil end
  local collection, inside = getmetatable(page).collection, insides[page]
  local trail = inside.trail
  if not trail or trail.way ~= way then trail = new_trail(way, inside.target) end
  local target, trail_or_err = follow(collection, url, inside.target, trail)
  if not target then return nil, trail_or_err end
  return fetch(collection, call_for(collection, target), limit, call_options.check(collection.caller, options), trail_or_err)
end

local function check_page(page, name)
  local metatable = type(page) == "table" and getmetatable(page)
  if type(metatable) ~= "table" or rawget(metatable, "__index") ~= page_methods then
    misuse("call '%s' with a colon, not with a dot", name)
  end
end

--- The next page.
-- @tparam[opt] table options call options
-- @treturn table a page; `nil` where there is none; `nil, err` on failure
function page_methods:next(options)
  check_page(self, "next")
  local left = insides[self].left
  if left <= 0 then return nil end
  return neighbour(self, self.next_page_url, "next", options, left)
end

--- The previous page.
-- @tparam[opt] table options call options
-- @treturn table a page; `nil` where there is none; `nil, err` on failure
function page_methods:previous(options)
  check_page(self, "previous")
  return neighbour(self, self.previous_page_url, "previous", options, huge)
end

names.guard(page_methods, "the page", {
  fields = { "items", "meta", "next_page_url", "previous_page_url" },
  number = "a page holds its records in page.items: write `for _, item in ipairs(page.items)`, or use :each() where :page() is",
})

local function no_records(collection)
  local page = setmetatable({ items = json.array(), meta = {} }, metatable_of_pages(collection))
  insides[page] = { left = 0 }
  return page
end

--- One page.
-- @tparam table collection
-- @tparam table rows the operation's parameters
-- @tparam[opt] table params with `page_size`, `page`, `page_token`, `limit`
-- @tparam[opt] table options call options
-- @treturn table `items`, `meta`, `next_page_url`, `previous_page_url`, `next()`, `previous()`; or nil, err
function lists.page(collection, rows, params, options)
  options = call_options.check(collection.caller, options)
  local target, limit, err = first_target(collection, rows, params, options)
  if not target then return nil, err end
  if limit == 0 then return no_records(collection) end
  return fetch(collection, call_for(collection, target), limit, options)
end

--- The page at a URL that was saved: a page's `next_page_url`, say.
-- @tparam table collection
-- @tparam string url of the configured origin, or the service's own; any other is an error and nothing is sent
-- @tparam[opt] table options call options
-- @treturn table a page; or nil, err
function lists.page_at(collection, url, options)
  options = call_options.check(collection.caller, options)
  if type(url) ~= "string" then misuse("the URL must be a string, got %s", type(url)) end
  local target, err = follow(collection, url)
  if not target then return nil, err end
  local path = target:match("^[^?]*")
  -- Hex digits of a SID may be written in either case.
  if list_paths[path:match("[^/]*$")] and ascii.lower(path) ~= ascii.lower(collection.path) then
    return nil, collection.problem or argument("the page URL is refused: it is of %s, this collection is %s",
      redaction.of(collection.caller).value(path), collection.path)
  end
  return fetch(collection, call_for(collection, target), huge, options)
end

-- Seconds. Nothing drives the request for a page that is read ahead while the program works. Where the program was away for longer than
-- this, its absence may be why the page failed (by its timeout, say), so the page is asked for once more.
local AWAY = 1

-- Walks pages. Gives two functions: each call of the first gives the next page, nil at the end, or nil and an error, the same one from then
-- on; the second asks for the next page early, and does not wait for it. Nothing is asked for that is not needed. Where several coroutines
-- walk at once, they ask for the same page: who has it first goes on, the others get a third value, true, and look again.
-- A deadline among the call options bounds the whole walk, the client's own each page.
local function walker(collection, rows, params, options)
  local target, limit, err = first_target(collection, rows, params, options)
  local trail, had = new_trail "next", 0
  local early, since -- the call for the next page
  local function begin_next()
    if early or err or not target or limit <= 0 then return end
    early, since = call_for(collection, target), core.now()
    ahead.begin(collection.caller, early, options)
  end
  local function walk()
    if err then return nil, err end
    if not target or limit <= 0 then return nil end
    local call, was_away = early or call_for(collection, target), early and core.now() - since > AWAY
    early = nil
    local from, had_before = target, had
    local page, problem = fetch(collection, call, limit, options, trail)
    if problem and was_away and (problem.kind == "timeout" or problem.kind == "transport") then
      page, problem = fetch(collection, call_for(collection, from), limit, options, trail)
    end
    if had ~= had_before then return nil, nil, true end
    had, err = had + 1, problem
    if not page then return nil, err end
    limit = insides[page].left
    target = nil
    if page.next_page_url and limit > 0 then
      local trail_or_err
      target, trail_or_err = follow(collection, page.next_page_url, from, trail)
      if target then trail = trail_or_err else err = trail_or_err end
    end
    return page
  end
  return walk, begin_next
end

--- All pages, lazily.
-- @tparam table collection
-- @tparam table rows the operation's parameters
-- @tparam[opt] table params as `page` takes them
-- @tparam[opt] table options call options
-- @treturn function an iterator of pages; raises the error object
function lists.pages(collection, rows, params, options)
  local walk = walker(collection, rows, params, call_options.check(collection.caller, options))
  return function()
    local page, err, is_late
    repeat page, err, is_late = walk() until not is_late
    if err then error(err, 0) end
    return page
  end
end

--- All records, lazily. One page is held at a time, two while the next one is read ahead: it is asked for when half of the present one
-- is done, so that the service works while the program does.
-- @tparam table collection
-- @tparam table rows the operation's parameters
-- @tparam[opt] table params as `page` takes them, and `read_ahead`
-- @tparam[opt] table options call options
-- @treturn function an iterator of resources; raises the error object
function lists.each(collection, rows, params, options)
  local walk, begin_next = walker(collection, rows, params, call_options.check(collection.caller, options))
  if params and params.read_ahead == false then begin_next = nil end
  -- The page is kept in a table: Lua 5.4's generational collector takes what an old closure refers to for old itself, and whole pages
  -- would wait for a major collection.
  local none = {}
  local held, index, halfway = { items = none }, 0, nil
  return function()
    index = index + 1
    local item = held.items[index]
    if index == halfway then begin_next() end
    while item == nil do
      held.items = none -- a page that is done is garbage before the next one comes
      local page, err, is_late = walk()
      if err then error(err, 0) end
      if is_late then
        index = index + 1
        item = held.items[index]
      elseif page then
        local items = page.items
        held.items, index = items, 1
        item = items[1]
        halfway = begin_next and page.next_page_url and insides[page].left > 0 and math.floor(#items / 2) + 1 or nil
        if halfway == 1 then begin_next() end
      else
        index, halfway = 0, nil
        return nil
      end
    end
    return item
  end
end

--- All records in one array.
-- @tparam table collection
-- @tparam table rows the operation's parameters
-- @tparam[opt] table params as `page` takes them
-- @tparam[opt] table options call options
-- @treturn {table,...}; or nil, err
function lists.list(collection, rows, params, options)
  options = call_options.check(collection.caller, options) or {}
  -- All pages are one call here, with one deadline.
  local seconds = collection.caller.deadline
  if seconds and not options.deadline_at then options.deadline_at = core.now() + seconds end
  local walk = walker(collection, rows, params, options)
  local all = json.array()
  while true do
    local page, err = walk()
    if err then return nil, err end
    if not page then return all end
    local count = #all
    for index, item in ipairs(page.items) do all[count + index] = item end
  end
end

return lists
