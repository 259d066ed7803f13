--- Types of parameters that are written otherwise than they are given, and what is said of values that fit no type: see `studio.api.types`.
local later = require "studio.later"
local errors = require "studio.base.errors"
local json = require "studio.base.json"
local suggest = later "studio.base.suggest"
local timestamp = later "studio.base.timestamp"

local argument, misuse = errors.argument, errors.misuse
local huge = math.huge

local conversions = {}

local function expect(kind, value, name)
  if type(value) ~= kind then misuse("parameter '%s' must be a %s, got %s", name, kind, type(value)) end
end

local function shown(text)
  if #text > 40 then text = text:sub(1, 40) .. "..." end
  return (text:gsub("[%c\128-\255]", "?"))
end

--- Text that is empty where it must not be, or no text.
-- @return nil and an error of kind `"argument"`; raises where it is no text. So do the next two.
function conversions.refuse_text(value, name)
  expect("string", value, name)
  return nil, argument("parameter '%s' must not be empty", name)
end

--- What is no SID.
-- @tparam string prefix that it should have
function conversions.refuse_sid(value, name, prefix)
  expect("string", value, name)
  return nil, argument("parameter '%s' must be a SID, %s and 32 hex digits, got '%s'", name, prefix, shown(value))
end

--- What is none of a few words.
-- @tparam {string,...} words
function conversions.refuse_word(value, name, words)
  expect("string", value, name)
  return nil, argument("parameter '%s' must be one of %s, got '%s'%s", name, table.concat(words, ", "), shown(value),
    suggest(value, words))
end

--- JSON: a table is encoded; a string must be valid JSON and is sent as it is.
function conversions.json(value, name)
  if type(value) == "string" then
    local valid, message = json.check(value)
    if valid then return value end
    return nil, argument("parameter '%s' must be valid JSON: %s", name, message)
  end
  if type(value) ~= "table" then misuse("parameter '%s' must be a table or a JSON string, got %s", name, type(value)) end
  local text, message = json.encode(value)
  if text then return text end
  return nil, argument("parameter '%s' cannot be written as JSON: %s", name, message)
end

--- A date-time: ISO 8601 text, which goes out with the zone it has (UTC where it has none), or UTC epoch seconds.
function conversions.datetime(value, name)
  local kind = type(value)
  if kind == "number" then
    local text = timestamp.format(value)
    if text then return text end
    return nil, argument("parameter '%s' must lie between the years 0 and 9999", name)
  end
  if kind ~= "string" then misuse("parameter '%s' must be an ISO 8601 string or epoch seconds, got %s", name, kind) end
  local seconds, zoned = timestamp.parse(value)
  if not seconds then
    return nil, argument("parameter '%s' must be an ISO 8601 date-time such as 2026-11-20T08:30:00Z, got '%s'", name, shown(value))
  end
  if #value == 10 then return value .. "T00:00:00Z" end
  -- A space or small letters are read by many and written by none: the service gets them as ISO 8601 has them.
  local text = value:sub(1, 10) .. "T" .. value:sub(12):upper():gsub("([+-]%d%d)(%d%d)$", "%1:%2")
  return zoned and text or text .. "Z"
end

--- `true` or `false`.
function conversions.boolean(value, name)
  expect("boolean", value, name)
  return tostring(value)
end

--- A whole number between `row.min` and `row.max`.
function conversions.integer(value, name, row)
  expect("number", value, name)
  local min, max = row.min or -huge, row.max or huge
  if value % 1 ~= 0 or value < min or value > max or value == huge or value == -huge then
    local range = row.max and ("from %d to %d"):format(row.min, row.max) or row.min and ("of %d or more"):format(row.min) or ""
    return nil, argument("parameter '%s' must be a whole number %s, got %s", name, range, tostring(value))
  end
  -- Minus zero is a whole number, too, and its sign means nothing.
  return json.encode(value + 0)
end

--- An array of strings: the key is repeated; an empty array sends the key once, without a value.
-- @treturn {string,...}
function conversions.texts(value, name)
  expect("table", value, name)
  local count = 0
  for key, entry in pairs(value) do
    if type(key) ~= "number" or key % 1 ~= 0 or key < 1 or key > #value then
      misuse("parameter '%s' must be an array of strings, got the key '%s'", name, tostring(key))
    end
    if type(entry) ~= "string" then misuse("parameter '%s[%d]' must be a string, got %s", name, key, type(entry)) end
    count = count + 1
  end
  if count ~= #value then misuse("parameter '%s' must be an array without holes", name) end
  return count > 0 and value or { "" }
end

return conversions
