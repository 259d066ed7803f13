--- Writes JSON, by a private instance of lua-cjson, so that settings of the program's own `require "cjson"` neither matter nor change; what
-- lua-cjson 2.1.0 cannot write is put right here: empty arrays, integers beyond 14 digits, doubles of up to 17 digits, lone surrogates.
-- A module of its own, for many programs send none.

local cjson = require("cjson").new()
local core = require "studio.core"

local floor, huge = math.floor, math.huge
local format, find, gsub, byte = string.format, string.find, string.gsub, string.byte
local number_type = math.type or function() return "float" end

local array_mt = core.array_mt
local null = cjson.null

local MAX_DEPTH = 512

-- No JSON text holds these two bytes, for they never occur in UTF-8 (nor in the surrogates that we allow beside it).
local RAW = "\255"       -- the string "\255…\255" stands for the text between the two bytes
local BACKSLASH = "\254" -- stands for one backslash

-- A buffer that is kept would stay as large as the largest flow definition that was ever sent.
cjson.encode_keep_buffer(false)

local escapes_slash = cjson.encode("/") == [["\/"]]

-- Metatables that mark arrays. Those of OpenResty's lua-cjson count too, where it is the one installed.
local marks_array = { [array_mt] = true }
if cjson.array_mt then marks_array[cjson.array_mt] = true end
if cjson.empty_array_mt then marks_array[cjson.empty_array_mt] = true end

local function raw(text)
  return RAW .. text .. RAW
end

-- Failures travel up as nil and a table { reason }, to which each level adds its key; most values fail nowhere.
local function failure(reason)
  return nil, { reason }
end

local function describe(problem)
  local place = {}
  for i = #problem, 2, -1 do
    local key = problem[i]
    if type(key) == "number" then
      place[#place + 1] = format("[%d]", key)
    elseif find(key, "^[%a_][%w_]*$") then
      place[#place + 1] = "." .. key
    else
      place[#place + 1] = format("[%q]", (gsub(key, "%c", "?")))
    end
  end
  if #place == 0 then return problem[1] end
  local path = table.concat(place)
  if #path > 100 then path = path:sub(1, 100) .. "..." end
  return "at " .. path .. ": " .. problem[1]
end

-- Fewest of 15 to 17 digits that read back as the same number. What string.format writes as the decimal point, and
-- tonumber reads, depends on the locale.
local function shortest(number)
  local text
  for digits = 15, 17 do
    text = format("%." .. digits .. "g", number)
    if tonumber(text) == number then break end
  end
  return (gsub(text, "[^%d%+%-e]", "."))
end

local function prepare_number(number)
  if number ~= number or number == huge or number == -huge then
    return failure("NaN and infinity are not JSON")
  end
  if number_type(number) == "integer" then
    if number > -100000000000000 and number < 100000000000000 then return number end
    return raw(format("%d", number))
  end
  if number ~= floor(number) or number < -2^63 or number >= 2^63 then return raw(shortest(number)) end
  if number == 0 and 1 / number < 0 then return raw("-0") end
  if number > -1e14 and number < 1e14 then return number end
  return raw(format("%.0f", number))
end

local function escape_surrogate(second, third)
  return BACKSLASH .. format("ud%x%02x", 8 + floor(byte(second) % 32 / 4), byte(second) % 4 * 64 + byte(third) % 64)
end

-- RFC 8259 section 8.1 asks for UTF-8. A lone surrogate, which only an escape can hold, is as the decoder left it: in the
-- three bytes that UTF-8 would have for it.
local function prepare_string(text)
  if not find(text, "[\128-\255]") then return text end
  local escaped = text
  if find(text, "\237[\160-\191]") then
    escaped = gsub(text, "\237([\160-\191])([\128-\191])", escape_surrogate)
    text = gsub(text, "\237[\160-\191][\128-\191]", " ")
  end
  text = gsub(gsub(text, "[^\32-\255]", " "), '["\\]', " ")
  if core.decode('"' .. text .. '"') == nil then
    return failure("the string is not valid UTF-8")
  end
  return escaped
end

local prepare

local function prepare_array(array, count, open, depth)
  local copy
  for i = 1, count do
    local value = array[i]
    local prepared, problem = prepare(value, open, depth)
    if prepared == nil then
      problem[#problem + 1] = i
      return nil, problem
    end
    if not copy and not rawequal(prepared, value) then
      copy = {}
      for j = 1, i - 1 do copy[j] = array[j] end
    end
    if copy then copy[i] = prepared end
  end
  return copy or array
end

local function prepare_object(object, open, depth)
  local changed
  for key, value in next, object do
    local name = prepare_string(key)
    if name == nil then return failure("a key is not valid UTF-8") end
    local prepared, problem = prepare(value, open, depth)
    if prepared == nil then
      problem[#problem + 1] = key
      return nil, problem
    end
    if name ~= key or not rawequal(prepared, value) then
      changed = changed or {}
      changed[key] = { name, prepared }
    end
  end
  if not changed then return object end
  local copy = {}
  for key, value in next, object do
    local change = changed[key]
    if change then
      copy[change[1]] = change[2]
    else
      copy[key] = value
    end
  end
  return copy
end

-- Counts the keys of a table: those that are strings, and those that are 1..n without a gap.
local function count_keys(value)
  local strings, indices, highest = 0, 0, 0
  for key in next, value do
    local kind = type(key)
    if kind == "string" then
      strings = strings + 1
    elseif kind == "number" and key >= 1 and key == floor(key) then
      indices = indices + 1
      if key > highest then highest = key end
    else
      return failure(kind == "number" and "a number that is no array index is a key" or "a " .. kind .. " is a key")
    end
  end
  if strings > 0 and indices > 0 then return failure("the table has both array elements and string keys") end
  if highest ~= indices then return failure("the array has gaps") end
  return strings, indices
end

local function prepare_table(value, open, depth)
  if open[value] then return failure("the table contains itself") end
  if depth == MAX_DEPTH then return failure("tables are nested deeper than 512 levels") end
  local strings, count = count_keys(value)
  if strings == nil then return nil, count end
  local is_marked = marks_array[getmetatable(value)]
  if is_marked and strings > 0 then return failure("the table is marked as an array and has string keys") end
  if is_marked and count == 0 then return raw("[]") end
  local prepared, problem
  open[value] = true
  if count > 0 then
    prepared, problem = prepare_array(value, count, open, depth + 1)
  else
    prepared, problem = prepare_object(value, open, depth + 1)
  end
  open[value] = nil
  return prepared, problem
end

-- What lua-cjson is to encode in place of a value: the value itself when it can, or a copy in which strings made by raw()
-- stand for what it cannot write.
function prepare(value, open, depth)
  local kind = type(value)
  if kind == "string" then return prepare_string(value) end
  if kind == "number" then return prepare_number(value) end
  if kind == "table" then return prepare_table(value, open, depth) end
  if kind == "boolean" then return value end
  if kind == "userdata" then
    if value == null then return value end
    if value == cjson.empty_array then return raw("[]") end -- only OpenResty's lua-cjson has it
  end
  return failure((kind == "nil" and "nil" or "a " .. kind) .. " cannot be written as JSON")
end

--- Encodes a value, see `studio.base.json.encode`.
local function encode(value)
  local prepared, problem = prepare(value, {}, 0)
  if prepared == nil then return nil, describe(problem) end
  local ok, text = pcall(cjson.encode, prepared)
  if not ok then return nil, tostring(text) end
  if escapes_slash then text = gsub(text, [[\/]], "/") end
  if find(text, "[\254\255]") then
    text = gsub(text, '"\255([^\255]*)\255"', "%1")
    text = gsub(text, BACKSLASH, "\\")
  end
  return text
end

return encode
