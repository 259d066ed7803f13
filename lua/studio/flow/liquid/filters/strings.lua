--- Filters of text. What is not text is taken as it is shown.
-- @module studio.flow.liquid.filters.strings

local numbers = require "studio.flow.liquid.numbers"
local problem = require "studio.flow.liquid.problem"
local text = require "studio.flow.liquid.text"
local values = require "studio.flow.liquid.values"
local work = require "studio.flow.liquid.work"

local to_text, text_of = values.to_text, work.text_of
local find, sub = string.find, string.sub

local function simple(change)
  return { 0, 0, function(state, value)
    return text_of(state, change(text_of(state, to_text(value))))
  end }
end

local function joined(join)
  return { 1, 1, function(state, value, argument)
    return text_of(state, join(to_text(value), to_text(argument)))
  end }
end

local function count(value, default)
  if value == nil and default then return default end
  local number = numbers.plain(value) or type(value) == "string" and numbers.plain(numbers.parse(value))
  if not number or number ~= number then
    problem.raise(("'%s' is not a number"):format(to_text(value):sub(1, 40)))
  end
  return math.floor(math.max(-1e9, math.min(1e9, number)))
end

-- Replaces a text by another, everywhere or at the first place, without building what is too long.
local function replaced(state, value, sought, by, once)
  text_of(state, value)
  if sought == "" then
    if once then return text_of(state, by .. value) end
    work.charge(state, #value / 8)
    local pieces = { by }
    if #by * (#value + 1) > work.text then problem.raise("a text is too long", nil, "limit") end
    for _, character in ipairs(text.characters(value)) do pieces[#pieces + 1] = character .. by end
    return text_of(state, table.concat(pieces))
  end
  work.search(state, value, sought)
  local pieces, n, start, size = {}, 0, 1, #value
  while true do
    local first, last = find(value, sought, start, true)
    if not first then break end
    size = size + #by - #sought
    if size > work.text then problem.raise(("a text is longer than %d KB"):format(work.text / 1024), nil, "limit") end
    pieces[n + 1], pieces[n + 2] = sub(value, start, first - 1), by
    n, start = n + 2, last + 1
    if once then break end
  end
  if n == 0 then return value end
  work.charge(state, n / 8)
  pieces[n + 1] = sub(value, start)
  return text_of(state, table.concat(pieces))
end

local function replacing(once)
  return { 1, 2, function(state, value, sought, by)
    return replaced(state, to_text(value), to_text(sought), to_text(by), once)
  end }
end

local function removing(once)
  return { 1, 1, function(state, value, sought)
    sought = to_text(sought)
    if sought == "" then return to_text(value) end
    return replaced(state, to_text(value), sought, "", once)
  end }
end

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function escape(value)
  return (value:gsub("[&<>\"']", entities))
end

local ENTITY = "^&#?[0-9A-Za-z]" .. ("[0-9A-Za-z]?"):rep(7) .. ";"

local function escape_once(value)
  value = value:gsub("[<>\"']", entities)
  local pieces, n, start = {}, 0, 1
  while true do
    local position = find(value, "&", start, true)
    if not position then break end
    local is_entity = find(value, ENTITY, position)
    n = n + 1
    pieces[n] = sub(value, start, position - 1) .. (is_entity and "&" or "&amp;")
    start = position + 1
  end
  return table.concat(pieces) .. sub(value, start)
end

-- Leaves out what stands between two texts; an opening one that is not closed stays.
local function without(value, opening, closing)
  local pieces, start = {}, 1
  while true do
    local first, last = find(value, opening, start, true)
    local _, stop = nil, nil
    if first then _, stop = find(value, closing, last + 1, true) end
    if not stop then break end
    pieces[#pieces + 1] = sub(value, start, first - 1)
    start = stop + 1
  end
  return table.concat(pieces) .. sub(value, start)
end

local function strip_html(value)
  value = without(without(without(value, "<script", "</script>"), "<style", "</style>"), "<!--", "-->")
  return without(value, "<", ">")
end

local function url_encode(value)
  return (value:gsub("[^0-9A-Za-z%-%._~ ]", function(one) return ("%%%02X"):format(one:byte()) end):gsub(" ", "+"))
end

local function url_decode(value)
  return (value:gsub("%+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function truncate(state, value, length, ending)
  if value == nil then return "" end
  value, length, ending = text_of(state, to_text(value)), count(length, 50), ending == nil and "..." or to_text(ending)
  if text.length(value) <= length then return value end
  return text_of(state, text.part(value, 1, math.max(0, length - text.length(ending))) .. ending)
end

local function truncatewords(state, value, most, ending)
  if value == nil then return "" end
  value, most, ending = text_of(state, to_text(value)), math.max(1, count(most, 15)), ending == nil and "..." or to_text(ending)
  local words = {}
  for word in value:gmatch "%S+" do
    if #words == most then return table.concat(words, " ") .. ending end
    words[#words + 1] = word
  end
  return value
end

local function slice(state, value, first, length)
  local is_list = values.is_list(value)
  if not is_list then value = text_of(state, to_text(value)) end
  local size = is_list and #value or text.length(value)
  first, length = count(first), count(length, 1)
  if first < 0 then first = size + first end
  local last = math.min(size, first + length)
  if not is_list then
    if first < 0 or last <= first then return "" end
    return text.part(value, first + 1, last)
  end
  local part = {}
  work.list_of(state, size)
  if first >= 0 then
    for index = first + 1, last do part[#part + 1] = value[index] end
  end
  return values.list(part)
end

local function split(state, value, separator)
  value, separator = text_of(state, to_text(value)), to_text(separator)
  local parts, n = {}, 0
  if separator == "" then
    parts = text.characters(value)
  elseif separator == " " then
    for word in value:gmatch "%S+" do
      n = n + 1
      parts[n] = word
    end
  else
    work.search(state, value, separator)
    local start = 1
    while true do
      local first, last = find(value, separator, start, true)
      n = n + 1
      parts[n] = sub(value, start, (first or 0) - 1)
      if not first then break end
      start = last + 1
    end
    while n > 0 and parts[n] == "" do
      parts[n] = nil
      n = n - 1
    end
  end
  work.list_of(state, #parts)
  return values.list(parts)
end

local whole_escape = simple(escape)

return {
  append = joined(function(value, ending) return value .. ending end),
  prepend = joined(function(value, beginning) return beginning .. value end),
  capitalize = simple(function(value)
    return text.upper(text.part(value, 1, 1)) .. text.part(value, 2, #value)
  end),
  downcase = simple(text.lower),
  upcase = simple(text.upper),
  escape = whole_escape,
  h = whole_escape,
  escape_once = simple(escape_once),
  lstrip = simple(text.trim_start),
  rstrip = simple(text.trim_end),
  strip = simple(text.trim),
  newline_to_br = simple(function(value) return (value:gsub("\r?\n", "<br />\n")) end),
  strip_newlines = simple(function(value) return (value:gsub("[\r\n]", "")) end),
  normalize_whitespace = simple(function(value) return (text.trim(value):gsub("%s+", " ")) end),
  strip_html = simple(strip_html),
  url_encode = simple(url_encode),
  url_decode = simple(url_decode),
  replace = replacing(false),
  replace_first = replacing(true),
  remove = removing(false),
  remove_first = removing(true),
  truncate = { 0, 2, truncate },
  truncatewords = { 0, 2, truncatewords },
  slice = { 1, 2, slice },
  split = { 1, 1, split },
}
