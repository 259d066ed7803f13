--- Numbers of templates: integers and decimals are told apart on every Lua, because `3` and `3.0` are shown differently.
--
-- Where Lua has one kind of number only (5.1, 5.2, LuaJIT), a decimal with a whole value is a table that holds it.
-- @module studio.flow.liquid.numbers
local ascii = require "studio.base.ascii"

local floor, huge = math.floor, math.huge
local kind_of = math.type

local numbers = {}

local decimal_mt = { __name = "studio.flow.liquid.decimal" }
local exact = 2 ^ 53

--- Makes a decimal.
-- @tparam number value
-- @return a value of templates
local function decimal(value)
  -- There is no negative zero.
  value = value + 0.0
  if kind_of then return value end
  if value == floor(value) and value - value == 0 then return setmetatable({ value = value }, decimal_mt) end
  return value
end
numbers.decimal = decimal

--- Makes an integer of a whole number, or leaves it a decimal where it is too large for one.
-- @tparam number value
-- @return a value of templates
function numbers.integer(value)
  if kind_of then return math.tointeger(value) or value end
  return value
end

--- The plain number in a value of templates.
-- @param value
-- @treturn ?number nil when it is not a number
local function plain(value)
  if type(value) == "number" then return value end
  if getmetatable(value) == decimal_mt then return value.value end
end
numbers.plain = plain

--- Is this a number that is shown without a decimal point?
-- @param value
-- @treturn boolean
function numbers.is_integer(value)
  if type(value) ~= "number" then return false end
  if kind_of then return kind_of(value) == "integer" end
  return value == floor(value) and value < exact and value > -exact
end

--- The number that a text spells.
-- @string text
-- @return[1] a value of templates
-- @return[2] nil when the text is not a number
function numbers.parse(text)
  local digits = text:match("^%s*([+-]?%d+)%s*$")
  if digits then
    local value = tonumber((digits:gsub("^%+", "")))
    if kind_of and kind_of(value) == "integer" or not kind_of and value < exact and value > -exact then return value end
    return decimal(value)
  end
  local spelt = text:match("^%s*([+-]?%d+%.?%d*[eE]?[+-]?%d*)%s*$") or text:match("^%s*([+-]?%.%d+[eE]?[+-]?%d*)%s*$")
  local value = spelt and ascii.read((spelt:gsub("^%+", "")))
  return value and decimal(value)
end

--- A decimal with the noise of binary arithmetic taken off (0.1 + 0.2 is 0.3): fifteen digits.
-- @tparam number value
-- @return a value of templates
function numbers.rounded(value)
  if value ~= value or value == huge or value == -huge then return decimal(value) end
  return decimal(tonumber(("%.15g"):format(value)))
end

local function plain_digits(value)
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then return ascii.format("%s", text) end
  end
end

--- How a number is shown.
-- @param value an integer, a decimal or a plain number
-- @treturn string
function numbers.format(value)
  local number = plain(value)
  if number ~= number then return "NaN" end
  if number == huge then return "Infinity" end
  if number == -huge then return "-Infinity" end
  if numbers.is_integer(value) then return ("%d"):format(value) end
  if number == floor(number) and number < 1e16 and number > -1e16 then return ascii.format("%.1f", number) end
  local text = plain_digits(number)
  local mantissa, sign, exponent = text:match("^(.-)e([+-])0*(%d+)$")
  if not mantissa then return text end
  if not mantissa:find(".", 1, true) then mantissa = mantissa .. ".0" end
  return mantissa .. "e" .. sign .. (#exponent < 2 and "0" or "") .. exponent
end

return numbers
