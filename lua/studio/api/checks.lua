--- The checks of the types of parameters, by the names of the types. Each is `check(value, name, row)`, as `studio.api.types` tells; what
-- a type takes is said there, beside it.
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"
local json = require "studio.base.json"
local options_module = require "studio.base.options"

local argument, misuse = errors.argument, errors.misuse
local huge = math.huge

local checks = {}

local function expect(kind, value, name)
  if type(value) ~= kind then misuse("parameter '%s' must be a %s, got %s", name, kind, type(value)) end
end

-- A value of the program's as a message shows it.
local function excerpt(text)
  if #text > 40 then text = text:sub(1, 40) .. "..." end
  return (text:gsub("[%z\1-\31\127-\255]", "?"))
end

function checks.text(value, name, row)
  expect("string", value, name)
  if value ~= "" or not (row.required or row.nonempty) then return value end
  return nil, argument("parameter '%s' must not be empty", name)
end

--- What is wrong with a value that is no SID.
-- @param value no string raises
-- @tparam string name of the parameter
-- @tparam string prefix of the SIDs that are asked for
-- @treturn table an error
function checks.no_sid(value, name, prefix)
  expect("string", value, name)
  return argument("parameter '%s' must be a SID, %s and 32 hex digits, got '%s'", name, prefix, excerpt(value))
end

function checks.enum(value, name, row)
  expect("string", value, name)
  local words = row[3].words
  for _, word in ipairs(words) do
    if value == word then return value end
  end
  local hint = require "studio.base.suggest"(value, words) -- late:
  return nil, argument("parameter '%s' must be one of %s, got '%s'%s", name, table.concat(words, ", "), excerpt(value), hint)
end

function checks.json(value, name)
  if type(value) == "string" then
    local valid, message = json.check(value)
    -- RFC 8259 §8.1: what is sent has no byte order mark, which a file may begin with.
    if valid then return (value:gsub("^\239\187\191", "")) end
    return nil, argument("parameter '%s' must be valid JSON: %s", name, message)
  end
  if type(value) ~= "table" then misuse("parameter '%s' must be a table or a JSON string, got %s", name, type(value)) end
  local text, message = json.encode(value)
  if text then return text end
  return nil, argument("parameter '%s' cannot be written as JSON: %s", name, message)
end

function checks.datetime(value, name)
  local timestamp = require "studio.base.timestamp" -- late:
  local kind = type(value)
  if kind == "number" then
    local text = timestamp.format(value)
    if text then return text end
    return nil, argument("parameter '%s' must lie between the years 0 and 9999", name)
  end
  if kind ~= "string" then misuse("parameter '%s' must be an ISO 8601 string or epoch seconds, got %s", name, kind) end
  local seconds, zoned = timestamp.parse(value)
  if not seconds then
    return nil, argument("parameter '%s' must be an ISO 8601 date-time such as 2026-11-20T08:30:00Z, got '%s'", name, excerpt(value))
  end
  if #value == 10 then return value .. "T00:00:00Z" end
  -- A space or small letters are read by many and written by none: the service gets them as ISO 8601 has them.
  local text = value:sub(1, 10) .. "T" .. ascii.upper(value:sub(12)):gsub("([+-]%d%d)(%d%d)$", "%1:%2")
  return zoned and text or text .. "Z"
end

function checks.boolean(value, name)
  expect("boolean", value, name)
  return tostring(value)
end

function checks.integer(value, name, row)
  expect("number", value, name)
  local min, max = row.min or -huge, row.max or huge
  if value % 1 ~= 0 or value < min or value > max or value == huge or value == -huge then
    local range = row.max and ("from %d to %d"):format(row.min, row.max) or row.min and ("of %d or more"):format(row.min) or ""
    return nil, argument("parameter '%s' must be a whole number %s, got %s", name, range, ascii.text(value))
  end
  -- Minus zero is a whole number, too, and its sign means nothing.
  return json.encode(value + 0)
end

function checks.texts(value, name)
  expect("table", value, name)
  local count, list = 0, {}
  for _ in next, value do count = count + 1 end
  for key, entry in next, value do
    if type(key) ~= "number" or key % 1 ~= 0 or key < 1 then
      misuse("parameter '%s' must be an array of strings, got the key '%s'", name, tostring(key))
    end
    if type(entry) ~= "string" then misuse("parameter '%s[%d]' must be a string, got %s", name, key, type(entry)) end
    if key > count then misuse("parameter '%s' must be an array without holes", name) end
    list[key] = entry
  end
  if count == 0 and options_module.is_proxy(value) then misuse("parameter '%s' must be an array with elements of its own", name) end
  return count > 0 and list or { "" }
end

function checks.revision(value, name)
  if type(value) == "number" then
    if value >= 0 and value % 1 == 0 and value < 2 ^ 53 then return ("%.0f"):format(value) end
  elseif type(value) ~= "string" then
    misuse("parameter '%s' must be an integer or a string, got %s", name, type(value))
  elseif value == "LatestPublished" or value == "LatestRevision" or (value:find("^%d+$") and #value <= 15) then
    return value
  end
  local hint = require "studio.base.suggest"(value, { "LatestRevision", "LatestPublished" }) -- late:
  return nil, argument("parameter '%s' must be a whole number, LatestPublished or LatestRevision%s", name, hint)
end

return checks
