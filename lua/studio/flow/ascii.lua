--- Letters, order and numbers as ASCII has them, whatever `os.setlocale` says; what `studio.base.ascii` is to the library.
local ascii = {}

local to_lower, to_upper = {}, {}
for code = 65, 90 do
  local capital, small = string.char(code), string.char(code + 32)
  to_lower[capital], to_upper[small] = small, capital
end

--- Capitals become small letters.
-- @tparam string text
-- @treturn string
function ascii.lower(text) return (text:gsub("[A-Z]", to_lower)) end

--- Small letters become capitals.
-- @tparam string text
-- @treturn string
function ascii.upper(text) return (text:gsub("[a-z]", to_upper)) end

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
-- @treturn function(one, other)
function ascii.order()
  local name = has_own_order and "C" or os.setlocale(nil, "collate")
  return (name == "C" or name == "POSIX") and native or by_bytes
end

--- Sorts an array of texts.
-- @tparam {string,...} texts changed in place
-- @treturn {string,...} the same
function ascii.sort(texts)
  table.sort(texts, ascii.order())
  return texts
end

--- Writes a number with a point.
-- @tparam string pattern of `string.format`
-- @tparam number value
-- @treturn string
function ascii.number(pattern, value)
  return (pattern:format(value):gsub("[^%dA-Za-z+-]+", "."))
end

--- Reads a number with a point.
-- @tparam string text
-- @treturn ?number nil when it is none
function ascii.read(text)
  return tonumber(text) or tonumber((text:gsub("%.", ("%.1f"):format(0.5):match "^0(.-)5$")))
end

return ascii
