--- Letters, order and numbers as ASCII has them, whatever `os.setlocale` says.
--
-- Of the standard library these depend on the locale: `string.lower`, `string.upper`, `%a %l %u %w %c %s %p` in patterns, `<` between
-- strings, `tostring` and `tonumber` of numbers with a fraction, `%f` and `%g` of `string.format`. The library uses these functions and
-- explicit ranges instead.
local ascii = {}

local lower, upper = {}, {}
for code = 65, 90 do
  local capital, small = string.char(code), string.char(code + 32)
  lower[capital], upper[small] = small, capital
end

--- Capitals become small letters.
-- @tparam string text
-- @treturn string
function ascii.lower(text) return (text:gsub("[A-Z]", lower)) end

--- Small letters become capitals.
-- @tparam string text
-- @treturn string
function ascii.upper(text) return (text:gsub("[a-z]", upper)) end

local has_own_order = rawget(_G, "jit") -- LuaJIT compares strings by their bytes

local function native(one, other) return one < other end

local function by_bytes(one, other)
  for at = 1, math.min(#one, #other) do
    local byte, other_byte = one:byte(at), other:byte(at)
    if byte ~= other_byte then return byte < other_byte end
  end
  return #one < #other
end

--- The quickest function that compares texts by their bytes, under the locale that is set.
-- @treturn function(one, other) whether one comes before the other
function ascii.order()
  local name = has_own_order and "C" or os.setlocale(nil, "collate")
  return (name == "C" or name == "POSIX") and native or by_bytes
end

--- Sorts an array of texts by their bytes.
-- @tparam {string,...} texts changed in place
-- @treturn {string,...} the same
function ascii.sort(texts)
  table.sort(texts, ascii.order())
  return texts
end

-- A double holds no more.
local MOST_DIGITS = 15

--- Reads digits with or without a fraction: no sign, no exponent.
-- @tparam string text such as `15` or `0.25`
-- @treturn number; nil when it is none
function ascii.number(text)
  local whole, point, fraction = text:match("^([0-9]+)(%.?)([0-9]*)$")
  if not whole or (point == "") ~= (fraction == "") then return nil end
  local number = tonumber(whole)
  if fraction == "" then return number end
  fraction = fraction:sub(1, MOST_DIGITS)
  return number + tonumber(fraction) / 10 ^ #fraction
end

--- Reads a number as Lua writes it, with a point.
-- @tparam string text
-- @treturn number; nil when it is none
function ascii.read(text)
  return tonumber(text) or tonumber((text:gsub("%.", ("%.1f"):format(0.5):match "^0(.-)5$")))
end

--- Writes a number with a point.
-- @tparam string pattern of `string.format`, of one number
-- @tparam number number
-- @treturn string
function ascii.format(pattern, number)
  return (pattern:format(number):gsub("[^0-9A-Za-z+-]+", "."))
end

--- Makes a text one line, on a terminal and in a log: a message may hold what a server wrote. Control characters, of which U+0080 to
-- U+009F (in UTF-8) are some, and U+2028 and U+2029, which end a line, become blanks.
-- @param text anything `tostring` takes
-- @treturn string
function ascii.one_line(text)
  return (tostring(text):gsub("[%z\1-\31\127]+", " "):gsub("\194[\128-\159]", " "):gsub("\226\128[\168\169]", " "))
end

--- Writes a value as `tostring` does, numbers always with a point.
-- @param value
-- @treturn string
function ascii.text(value)
  if type(value) ~= "number" then return tostring(value) end
  return (tostring(value):gsub("[^0-9A-Za-z+-]+", "."))
end

return ascii
