--- Lists, newest first, a page at a time.
-- @module studio.emulator.server.paging

local errors = require "studio.emulator.server.errors"
local form = require "studio.emulator.server.form"
local json = require "studio.emulator.server.json_writer"
local store = require "studio.emulator.server.store"
local validate = require "studio.emulator.server.validate"

local page_rules = {
  { "PageSize", validate.integer(1) },
  { "Page", validate.integer(0) },
  { "PageToken", validate.text },
}
local own = { PageSize = true, Page = true, PageToken = true }
local largest_page = 1000
local default_size

local function configure(page_size)
  default_size = page_size
end

-- A token names the first record of its page by its place in the order of creation, so that it stays good when records come and go.
local function token_of(record)
  return "PA" .. ngx.encode_base64("seq:" .. record.seq, true):gsub("%+", "-"):gsub("/", "_")
end

local function seq_of(token)
  local text = token:sub(1, 2) == "PA" and ngx.decode_base64((token:sub(3):gsub("%-", "+"):gsub("_", "/")))
  local seq = text and tonumber(text:match("^seq:(%d+)$"))
  if not seq then
    errors.refuse(400, 20001, "Invalid parameter PageToken: not a token of this service")
  end
  return seq
end

-- The records from `first` downwards that pass the filter, `size` of them, and the one that follows.
local function collect(list, first, size, filter)
  local found = {}
  for i = first, 1, -1 do
    local record = list[i]
    if not filter or filter(record) then
      if #found == size then
        return found, record
      end
      found[#found + 1] = record
    end
  end
  return found
end

-- The record that starts the page before the one that starts at `first`.
local function previous_start(list, first, size, filter)
  local start, count = nil, 0
  for i = first + 1, #list do
    local record = list[i]
    if not filter or filter(record) then
      start, count = record, count + 1
      if count == size then
        break
      end
    end
  end
  return start
end

--- The body of one page.
-- @tparam table request
-- @tparam table collection
-- @tparam function filter which records are asked for; nil for all
-- @tparam string key the name of the list in the body
-- @tparam function view writes a record
local function body(request, collection, filter, key, view)
  local values = validate.parameters(page_rules, request.query, "query string")
  local size, page = values.PageSize or default_size, values.Page or 0
  if size > largest_page then
    errors.refuse(400, 20007, "Page size is invalid: " .. size .. " is more than " .. largest_page)
  end
  local list = collection.list
  local first = values.PageToken and store.position(collection, seq_of(values.PageToken)) or #list
  local found, following = collect(list, first, size, filter)
  local before = values.PageToken and previous_start(list, first, size, filter)

  local kept = {}
  for _, pair in ipairs(request.query) do
    if not own[pair[1]] then
      kept[#kept + 1] = form.escape(pair[1]) .. "=" .. form.escape(pair[2])
    end
  end
  kept[#kept + 1] = "PageSize=" .. size
  local base = request.origin .. request.path .. "?" .. table.concat(kept, "&")
  local function page_url(number, token)
    return json.text(base .. "&Page=" .. number .. (token and "&PageToken=" .. token or ""))
  end

  local records = {}
  for i = 1, #found do
    records[i] = view(found[i], request.origin)
  end
  return table.concat {
    '{"meta":{"key":', json.text(key),
    ',"page":', json.integer(page),
    ',"page_size":', json.integer(size),
    ',"first_page_url":', page_url(0),
    ',"previous_page_url":', before and page_url(math.max(page - 1, 0), token_of(before)) or "null",
    ',"next_page_url":', following and page_url(page + 1, token_of(following)) or "null",
    ',"url":', page_url(page, values.PageToken),
    '},', json.text(key), ":[", table.concat(records, ","), "]}",
  }
end

return { configure = configure, body = body }
