--- `--follow`: the executions of a flow as they come, and the steps of one as they happen.
local timestamp = require "studio.base.timestamp"

local following = {}

-- Each wait is that much longer than the one before, and none longer than so many of the first.
local GROWTH, LONGEST = 1.5, 10
local PAGE_SIZE, LARGEST_PAGE = 50, 1000
-- Seconds by which the order of a list may differ from that of its dates, and by which a record may come late.
local MARGIN, LATE = 2, 60
-- SIDs that are remembered before those of old records are forgotten.
local MOST_SEEN = 10000

--- Adds --follow to a parser.
-- @tparam table parser
-- @tparam table add see `studio.cli.options`
-- @tparam string doc what it shows
function following.describe(parser, add, doc)
  parser:flag("--follow", doc)
  following.describe_interval(parser, add)
end

--- Whether to follow; raises a failure for options that do not go together.
-- @tparam table arguments
-- @treturn boolean
function following.is_wanted(arguments)
  local usage = require("studio.cli.failure").usage -- late: few lists are followed
  if arguments.interval and not arguments.follow then usage "--interval goes with --follow" end
  if arguments.follow and arguments.all then usage "--follow shows what comes: it does not go with --all" end
  return arguments.follow
end

--- Adds --follow of a list, and the contact that its records are to be of, to a parser.
-- @tparam table parser
-- @tparam table add
function following.describe_list(parser, add)
  following.describe(parser, add, "Shows those that come from now on, or since --date-created-from, until Ctrl-C or --limit.")
  parser:option("--to-contact", "Only those of this contact: a number, or another address."):argname "NUMBER"
end

--- Adds --interval to a parser.
-- @tparam table parser
-- @tparam table add see `studio.cli.options`
function following.describe_interval(parser, add)
  parser:option("--interval", "Time until it is asked again for the first time (1s); the next ones are longer."):argname("TIME"):convert(
    add.seconds "--interval")
end

-- steps --------------------------------------------------------------------------------------------------------------------------------

--- What can be done after Ctrl-C.
following.AFTER_INTERRUPT = "the execution goes on; so does the same command"

--- What the output needs to know of steps.
-- @tparam table fields name → type
-- @treturn table
function following.steps_spec(fields)
  return {
    columns = { "date_created", "name", "transitioned_from", "transitioned_to", "sid" }, fields = fields, is_live = true, what = "steps",
  }
end

--- Writes the steps of one as they happen, until it has ended.
-- @tparam table context
-- @tparam table handle of an execution or engagement
-- @tparam table options of `studio.executions.follow`
-- @tparam table spec of `steps_spec`
-- @treturn number the exit code
function following.steps(context, handle, options, spec)
  local executions = require "studio.executions" -- late: to be followed is asked for
  context.when_interrupted = following.AFTER_INTERRUPT
  context:out():list(executions.follow(handle, options), spec)
  return 0
end

-- a list -------------------------------------------------------------------------------------------------------------------------------

local function moment_of(record)
  return type(record.date_created) == "string" and timestamp.parse(record.date_created) or nil
end

-- Remembers a record; gives whether it is new. What is older than `floor` was there before, and has only moved up in its list.
local function is_new(state, record)
  local id, at = record.sid or record, moment_of(record)
  if state.seen[id] then return false end
  state.seen[id], state.count = at or true, state.count + 1
  if at and at > state.newest then state.newest = at end
  return not at or at >= state.floor
end

-- Forgets what is too old to be in a page that is read again.
local function forget(state)
  if state.count <= MOST_SEEN or state.is_of_ended then return end
  state.floor, state.count = math.max(state.floor, state.newest - LATE), 0
  local kept = {}
  for id, at in pairs(state.seen) do
    if at == true or at >= state.floor then kept[id], state.count = at, state.count + 1 end
  end
  state.seen = kept
end

-- What came to the list since it was read the last time, oldest first; or nil and an error. The list has the newest first, and is read as
-- far as it brings something; of those that have ended it is read to its end, for they were not the last to be created.
local function read_new(state)
  local found = {}
  local page, err = state.collection:page(state.params)
  while page do
    local brings = false
    for _, record in ipairs(page.items) do
      if is_new(state, record) then
        brings = true
        found[#found + 1] = record
      end
    end
    if not brings and not state.is_of_ended then break end
    page, err = page:next()
  end
  if err then return nil, err end
  forget(state)
  for index = 1, math.floor(#found / 2) do
    local other = #found + 1 - index
    found[index], found[other] = found[other], found[index]
  end
  return found
end

-- The newest record of a list, whatever its state; false where there is none; or nil and an error.
local function newest_of(collection)
  local page, err = collection:page { page_size = 1 }
  if not page then return nil, err end
  return page.items[1] or false
end

-- What is there already is not shown, unless a date says from when on.
local function begin(state)
  local params = state.params
  if params.date_created_from then return read_new(state) end
  if state.is_of_ended then
    local newest, err = newest_of(state.collection)
    if newest == nil then return nil, err end
    if newest then
      is_new(state, newest)
      params.date_created_from = newest.date_created
    end
  end
  local page, err = state.collection:page(params)
  if not page then return nil, err end
  for _, record in ipairs(page.items) do is_new(state, record) end
  if not state.is_of_ended and state.newest > -math.huge then state.floor = state.newest - MARGIN end
  return {}
end

local function checked(value, err)
  if value == nil then error(err, 0) end
  return value
end

-- An iterator of the records that come; it raises an error object.
local function records(client, out, state, interval)
  local waiting, pause, at = checked(begin(state)), interval, 0
  return function()
    at = at + 1
    while not waiting[at] do
      checked(client:sleep(pause))
      out:check_reader()
      waiting, at = checked(read_new(state)), 1
      pause = waiting[1] and interval or math.min(pause * GROWTH, interval * LONGEST)
    end
    return waiting[at]
  end
end

--- Gives the records of an iterator that are wanted.
-- @tparam function next_record
-- @tparam string|nil contact only those of this one
-- @tparam number|nil most at most so many
-- @treturn function an iterator
function following.wanted(next_record, contact, most)
  local left = most or math.huge
  if contact then
    contact = require("studio.executions.contacts.address").normalised(contact) or contact -- late: few lists are of one contact
  end
  return function()
    if left <= 0 then return nil end
    local record = next_record()
    while contact and record and record.contact_channel_address ~= contact do record = next_record() end
    left = left - 1
    return record
  end
end

--- Writes the records of a list as they come, until Ctrl-C or as many as --limit says. Those that have ended are written when they have,
-- if they were created since it began.
-- @tparam table context
-- @tparam table collection of executions or engagements
-- @tparam table params of the list operation
-- @tparam table spec of the output
-- @treturn number the exit code
function following.list(context, collection, params, spec)
  local arguments = context.arguments
  local is_of_ended = params.status == "ended"
  params.page_size = arguments.page_size or is_of_ended and LARGEST_PAGE or PAGE_SIZE
  local out = context:out()
  local state = {
    collection = collection, params = params, is_of_ended = is_of_ended, seen = {}, count = 0, newest = -math.huge, floor = -math.huge,
  }
  local live = { columns = spec.columns, fields = spec.fields, id_field = spec.id_field, what = spec.what, is_live = true }
  local source = following.wanted(records(context:client(), out, state, arguments.interval or 1), arguments.to_contact, arguments.limit)
  local way_on = false
  local fine, err = pcall(out.list, out, function()
    local record = source()
    if record then
      way_on = ("--date-created-from %s goes on from there"):format(tostring(record.date_created))
      context.when_interrupted = way_on
    end
    return record
  end, live)
  if fine then return 0 end
  if type(err) == "table" then err.hint = err.hint or way_on or nil end
  error(err, 0)
end

return following
