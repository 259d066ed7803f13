--- A JSON reader and writer in plain Lua, for where the C one does not load (RFC 8259).
--
-- Arrays keep a metatable, so that an empty one is written as an array again; null is a value of its own; integers stay integers where
-- Lua has them. Of equal keys the last wins.
local ascii = require "studio.base.ascii"
local encoding = require "studio.base.encoding"

-- Arrays and objects within each other, as in studio.core.
local DEEPEST = 512

local ESCAPED = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function fail(text, at, message)
  local _, lines = text:sub(1, at - 1):gsub("\n", "")
  local column = #text:sub(1, at - 1):match("[^\n]*$") + 1
  -- A table, so that it is told from an error of this module's own.
  error({ syntax = ("line %d, column %d (byte %d): %s"):format(lines + 1, column, at, message) }, 0)
end

local function unexpected(text, at, expected)
  local char = text:sub(at, at)
  fail(text, at, ("expected %s, got %s"):format(expected, char == "" and "the end" or ("'%s'"):format(char)))
end

local function utf8_of(code)
  local floor = math.floor
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xC0 + floor(code / 64), 0x80 + code % 64) end
  if code < 0x10000 then return string.char(0xE0 + floor(code / 4096), 0x80 + floor(code / 64) % 64, 0x80 + code % 64) end
  return string.char(0xF0 + floor(code / 262144), 0x80 + floor(code / 4096) % 64, 0x80 + floor(code / 64) % 64, 0x80 + code % 64)
end

-- Reads `\uXXXX`, two of them where they are a pair; gives the character and where the text goes on.
local function read_unicode(text, at)
  local digits = text:match("^%x%x%x%x", at + 2)
  if not digits then fail(text, at, "expected four hexadecimal digits after '\\u'") end
  local code, after = tonumber(digits, 16), at + 6
  if code >= 0xD800 and code < 0xDC00 then
    local low = text:match("^\\u([dD][c-fC-F]%x%x)", after)
    if low then return utf8_of(0x10000 + (code - 0xD800) * 1024 + tonumber(low, 16) - 0xDC00), after + 6 end
  end
  return utf8_of(code), after
end

local function read_string(text, at)
  local last = text:find('["\\%z\1-\31\127]', at + 1)
  if last and text:byte(last) == 34 then return text:sub(at + 1, last - 1), last + 1 end
  local parts, from = {}, at + 1
  while true do
    last = text:find('["\\%z\1-\31\127]', from)
    if not last then fail(text, at, "a text is not closed") end
    parts[#parts + 1] = text:sub(from, last - 1)
    local byte = text:byte(last)
    if byte == 34 then return table.concat(parts), last + 1 end
    if byte == 127 then
      parts[#parts + 1] = "\127"
      from = last + 1
    elseif byte ~= 92 then
      fail(text, last, "a control character within a text must be escaped")
    else
      local letter = text:sub(last + 1, last + 1)
      if letter == "u" then
        parts[#parts + 1], from = read_unicode(text, last)
      elseif ESCAPED[letter] then
        parts[#parts + 1], from = ESCAPED[letter], last + 2
      else
        fail(text, last, "there is no such escape")
      end
    end
  end
end

local function read_number(text, at)
  local digits = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  if not digits then unexpected(text, at, "a value") end
  local whole, fraction, exponent = digits:match "^-?(%d+)(%.?%d*)([eE]?[+-]?%d*)$"
  local sound = (whole == "0" or whole:sub(1, 1) ~= "0") and fraction ~= "." and (exponent == "" or exponent:find "%d$")
    and (exponent == "" or exponent:find "^[eE]")
  if not sound then fail(text, at, ("'%s' is no number"):format(digits)) end
  local value = ascii.read(digits)
  if value - value ~= 0 then fail(text, at, ("'%s' is too large a number"):format(digits)) end
  return value, at + #digits
end

local read_value

local function read_array(text, at, depth, own)
  local array, count = setmetatable({}, own.array_mt), 0
  at = text:find("[^ \t\r\n]", at + 1) or #text + 1
  if text:byte(at) == 93 then return array, at + 1 end
  while true do
    local value
    value, at = read_value(text, at, depth, own)
    count = count + 1
    array[count] = value
    at = text:find("[^ \t\r\n]", at) or #text + 1
    local byte = text:byte(at)
    if byte == 93 then return array, at + 1 end
    if byte ~= 44 then unexpected(text, at, "',' or ']' after a value") end
    at = at + 1
  end
end

local function read_object(text, at, depth, own)
  local object = {}
  at = text:find("[^ \t\r\n]", at + 1) or #text + 1
  if text:byte(at) == 125 then return object, at + 1 end
  while true do
    at = text:find("[^ \t\r\n]", at) or #text + 1
    if text:byte(at) ~= 34 then unexpected(text, at, "a key in quotation marks") end
    local key, value
    key, at = read_string(text, at)
    at = text:find("[^ \t\r\n]", at) or #text + 1
    if text:byte(at) ~= 58 then unexpected(text, at, "':' after a key") end
    value, at = read_value(text, at + 1, depth, own)
    object[key] = value
    at = text:find("[^ \t\r\n]", at) or #text + 1
    local byte = text:byte(at)
    if byte == 125 then return object, at + 1 end
    if byte ~= 44 then unexpected(text, at, "',' or '}' after a value") end
    at = at + 1
  end
end

function read_value(text, at, depth, own)
  at = text:find("[^ \t\r\n]", at) or #text + 1
  local byte = text:byte(at)
  if byte == 34 then return read_string(text, at) end
  if byte == 123 or byte == 91 then
    if depth == DEEPEST then fail(text, at, ("expected at most %d levels of arrays and objects"):format(DEEPEST)) end
    return (byte == 123 and read_object or read_array)(text, at, depth + 1, own)
  end
  if text:find("^true", at) then return true, at + 4 end
  if text:find("^false", at) then return false, at + 5 end
  if text:find("^null", at) then return own.null, at + 4 end
  return read_number(text, at)
end

-- JSON begins with a character of ASCII and holds no NUL.
local function refuse_other_encodings(text)
  local other = encoding.other(text)
  if other then fail(text, 1, ("expected UTF-8, got %s"):format(other)) end
end

-- A character beyond ASCII, as RFC 3629 has it: no byte too many, no surrogate, nothing beyond U+10FFFF.
local CHARACTERS = {
  "^[\194-\223][\128-\191]()", "^\224[\160-\191][\128-\191]()", "^[\225-\236\238\239][\128-\191][\128-\191]()",
  "^\237[\128-\159][\128-\191]()", "^\240[\144-\191][\128-\191][\128-\191]()",
  "^[\241-\243][\128-\191][\128-\191][\128-\191]()", "^\244[\128-\143][\128-\191][\128-\191]()",
}

local function refuse_other_bytes(text)
  local at = text:find "[\128-\255]"
  while at do
    local after
    for _, character in ipairs(CHARACTERS) do after = after or text:match(character, at) end
    if not after then fail(text, at, "a byte that is not UTF-8") end
    at = text:find("[\128-\255]", after)
  end
end

local function decode_all(text, own)
  refuse_other_encodings(text)
  refuse_other_bytes(text)
  local value, at = read_value(text, text:find("^\239\187\191") and 4 or 1, 0, own)
  at = text:find("[^ \t\r\n]", at)
  if at then unexpected(text, at, "nothing after the value") end
  return value
end

local NAMES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function write_string(text)
  return '"' .. text:gsub('[%z\1-\31\127"\\]', function(char)
    return NAMES[char] or char ~= "\127" and ("\\u%04x"):format(char:byte()) or nil
  end) .. '"'
end

local function write_number(value)
  if value ~= value or value == math.huge or value == -math.huge then error({ syntax = "a number that is not finite" }, 0) end
  if value == math.floor(value) and math.abs(value) < 2 ^ 53 then return ("%.0f"):format(value) end
  if math.type and math.type(value) == "integer" then return ("%d"):format(value) end
  for digits = 14, 17 do
    local text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value or digits == 17 then return ascii.format("%s", text) end
  end
end

-- How many elements an array has; nil when a table is none.
local function length_of(value, own)
  local count = 0
  for key in pairs(value) do
    if type(key) ~= "number" then return nil end
    count = count + 1
  end
  if count ~= #value then return nil end
  if count == 0 and getmetatable(value) ~= own.array_mt then return nil end
  return count
end

local write_value

local function write_table(value, depth, own)
  if depth == DEEPEST then error({ syntax = ("more than %d levels of tables"):format(DEEPEST) }, 0) end
  local parts, count = {}, length_of(value, own)
  if count then
    for position = 1, count do parts[position] = write_value(value[position], depth + 1, own) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local keys = {}
  for key in pairs(value) do
    if type(key) ~= "string" then error({ syntax = "a table with keys that are neither texts nor 1 to n" }, 0) end
    keys[#keys + 1] = key
  end
  ascii.sort(keys)
  for position, key in ipairs(keys) do parts[position] = write_string(key) .. ":" .. write_value(value[key], depth + 1, own) end
  return "{" .. table.concat(parts, ",") .. "}"
end

function write_value(value, depth, own)
  if value == own.null then return "null" end
  local kind = type(value)
  if kind == "string" then return write_string(value) end
  if kind == "number" then return write_number(value) end
  if kind == "boolean" then return tostring(value) end
  if kind == "table" then return write_table(value, depth, own) end
  error({ syntax = ("a %s cannot be written as JSON"):format(kind) }, 0)
end

local function guarded(work, value, own)
  local ok, result = pcall(work, value, own)
  if ok then return result end
  if type(result) == "table" and result.syntax then return nil, result.syntax end
  error(result, 0)
end

--- Makes a codec.
-- @tparam table marks `null`: what stands for null; `array_mt`: the metatable of arrays
-- @treturn table `decode(text)` → value, or nil and what is wrong; `encode(value)` → text with its keys sorted, or nil and what is wrong;
-- `null`; `array(elements)` → the same table, marked
local function new(marks)
  local own = { null = marks.null, array_mt = marks.array_mt }
  return {
    decode = function(text) return guarded(decode_all, text, own) end,
    encode = function(value) return guarded(function(whole) return write_value(whole, 0, own) end, value, own) end,
    null = own.null,
    array = function(elements) return setmetatable(elements or {}, own.array_mt) end,
  }
end

-- In nginx null is what its Lua has for it; elsewhere a table that is told by its identity.
local nginx = rawget(_G, "ngx")
local null = type(nginx) == "table" and nginx.null or setmetatable({}, { __tostring = function() return "null" end })

local codec = new { null = null, array_mt = { __name = "studio.array" } }
codec.new = new
return codec
