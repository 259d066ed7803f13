--- Filters of numbers. Text that spells a number is one; anything else counts as 0 before the `|`, and is a problem after it.
-- @module studio.flow.liquid.filters.math

local numbers = require "studio.flow.liquid.numbers"
local problem = require "studio.flow.liquid.problem"
local values = require "studio.flow.liquid.values"

local plain, is_integer, integer, rounded = numbers.plain, numbers.is_integer, numbers.integer, numbers.rounded

local exact = 2 ^ 53

local function spelt(value)
  if plain(value) then return value end
  return type(value) == "string" and #value < 400 and numbers.parse(value) or nil
end

local function operand(value)
  if value == nil then return 0 end
  local number = spelt(value)
  if number then return number end
  problem.raise(("'%s' is not a number"):format(values.to_text(value):sub(1, 40)))
end

local function subject(value)
  return spelt(value) or 0
end

-- An integer result, a decimal where it has more digits than a double holds exactly.
local function whole(value)
  if value < exact and value > -exact then return integer(value) end
  return rounded(value)
end

local function calculation(of_doubles)
  return { 1, 1, function(_, value, argument)
    local left, right = subject(value), operand(argument)
    local result = of_doubles(plain(left) + 0.0, plain(right) + 0.0)
    if is_integer(left) and is_integer(right) then return whole(result) end
    return rounded(result)
  end }
end

local function refuse_zero(divisor)
  if divisor == 0 then problem.raise("divided by 0") end
end

local function cut(value)
  return value < 0 and math.ceil(value) or math.floor(value)
end

local function division(of_integers, of_doubles)
  return { 1, 1, function(_, value, argument)
    local left, right = subject(value), operand(argument)
    local a, b = plain(left) + 0.0, plain(right) + 0.0
    refuse_zero(b)
    if is_integer(left) and is_integer(right) then return whole(of_integers(a, b)) end
    return of_doubles(a, b)
  end }
end

local function finite(value)
  return value - value == 0
end

local function rounding(round)
  return { 0, 0, function(_, value)
    local number = plain(subject(value)) + 0.0
    if not finite(number) then return numbers.decimal(number) end
    return whole(round(number))
  end }
end

local function half_up(value)
  return value < 0 and -math.floor(-value + 0.5) or math.floor(value + 0.5)
end

local function limit(is_better)
  return { 1, 1, function(_, value, argument)
    local left, right = subject(value), operand(argument)
    return is_better(plain(right), plain(left)) and right or left
  end }
end

return {
  plus = calculation(function(a, b) return a + b end),
  minus = calculation(function(a, b) return a - b end),
  times = calculation(function(a, b) return a * b end),
  -- Integers are divided as in Java: what is left over is cut off, and has the sign of the dividend.
  divided_by = division(function(a, b) return cut(a / b) end, function(a, b) return numbers.decimal(a / b) end),
  modulo = division(math.fmod, function(a, b) return rounded(math.fmod(a, b)) end),
  abs = { 0, 0, function(_, value)
    local number = subject(value)
    if is_integer(number) then return number < 0 and -number or number end
    return numbers.decimal(math.abs(plain(number)))
  end },
  ceil = rounding(math.ceil),
  floor = rounding(math.floor),
  round = { 0, 1, function(_, value, digits)
    local number, places = plain(subject(value)) + 0.0, plain(operand(digits))
    if not finite(number) then return numbers.decimal(number) end
    if places < 1 then return whole(half_up(number)) end
    local shift = 10 ^ math.floor(math.min(places, 15))
    if number == math.floor(number) or math.abs(number * shift) >= exact then return value == nil and 0 or subject(value) end
    return numbers.decimal(tonumber(("%.15g"):format(half_up(tonumber(("%.15g"):format(number * shift))) / shift)))
  end },
  at_least = limit(function(argument, value) return argument > value end),
  at_most = limit(function(argument, value) return argument < value end),
}
