--- Text by characters (UTF-8) instead of bytes: lengths, parts, case.
--
-- A byte that is not part of a character counts as one. Letters outside ASCII have a case here in the ranges of Latin-1, Latin
-- Extended-A, Greek and Cyrillic; others stay as they are.
-- @module studio.flow.liquid.text

local ascii = require "studio.base.ascii"

local byte, char, find, sub = string.byte, string.char, string.find, string.sub

local text = {}

local character = "[%z\1-\127\192-\255][\128-\191]*"

--- How many characters a text has.
-- @string value
-- @treturn integer
local function length(value)
  if not find(value, "[\128-\255]") then return #value end
  local _, stray = value:gsub("[%z\1-\127\192-\255]", "")
  local start = value:match("^[\128-\191]*()")
  return stray + start - 1
end
text.length = length

--- The characters of a text.
-- @string value
-- @treturn table array of strings
function text.characters(value)
  local all, n = {}, 0
  local start = value:match("^[\128-\191]*()")
  for position = 1, start - 1 do
    n = n + 1
    all[n] = sub(value, position, position)
  end
  for one in value:gmatch(character) do
    n = n + 1
    all[n] = one
  end
  return all
end

--- A part of a text.
-- @string value
-- @tparam integer first the first character, counted from 1
-- @tparam integer last the last character
-- @treturn string
function text.part(value, first, last)
  if not find(value, "[\128-\255]") then return sub(value, first, last) end
  return table.concat(text.characters(value), "", math.max(first, 1), math.min(last, length(value)))
end

local to_upper, to_lower = {}, {}

local function encode(point)
  return char(192 + (point - point % 64) / 64, 128 + point % 64)
end

local function pair(lower, upper)
  to_upper[encode(lower)], to_lower[encode(upper)] = encode(upper), encode(lower)
end

for point = 0xE0, 0xFE do
  if point ~= 0xF7 then pair(point, point - 32) end
end
for point = 0x100, 0x176, 2 do
  local base = (point >= 0x139 and point <= 0x148 or point >= 0x179) and point - 1 or point
  if point ~= 0x130 and point ~= 0x138 then pair(base + 1, base) end
end
for upper = 0x139, 0x147, 2 do pair(upper + 1, upper) end
for upper = 0x179, 0x17D, 2 do pair(upper + 1, upper) end
for upper = 0x391, 0x3A9 do
  if upper ~= 0x3A2 then pair(upper + 32, upper) end
end
for upper = 0x410, 0x42F do pair(upper + 32, upper) end
for upper = 0x400, 0x40F do pair(upper + 80, upper) end

local function letters_beyond(map, value)
  if not find(value, "[\195-\209]") then return value end
  return (value:gsub("[\195-\209][\128-\191]", map))
end

--- A text in capital letters.
-- @string value
-- @treturn string
function text.upper(value)
  return letters_beyond(to_upper, ascii.upper(value))
end

--- A text in small letters.
-- @string value
-- @treturn string
function text.lower(value)
  return letters_beyond(to_lower, ascii.lower(value))
end

--- A text without white space at its end; at once, however much of it there is.
-- @string value
-- @treturn string
function text.trim_end(value)
  local last = #value
  while last > 0 do
    local code = byte(value, last)
    if code ~= 32 and (code < 9 or code > 13) then break end
    last = last - 1
  end
  return sub(value, 1, last)
end

--- A text without white space at its start.
-- @string value
-- @treturn string
function text.trim_start(value)
  return sub(value, find(value, "%S") or #value + 1)
end

--- A text without white space at both ends.
-- @string value
-- @treturn string
function text.trim(value)
  return text.trim_end(text.trim_start(value))
end

return text
