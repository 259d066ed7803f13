--- What templates compute with: how values are shown, compared and looked into.
--
-- Text, numbers, booleans and nil are Lua's; a list is a table with `t[1]`, or an empty table with a metatable (as decoders mark empty
-- arrays); any other table is an object. A userdata is null, as in lua-cjson, and so is what the codec has for it.
-- @module studio.flow.liquid.values

local ascii = require "studio.base.ascii"
local numbers = require "studio.flow.liquid.numbers"
local problem = require "studio.flow.liquid.problem"
local text = require "studio.flow.liquid.text"

local plain, format_number = numbers.plain, numbers.format

local values = {}

--- What `empty` and `blank` stand for in a comparison.
values.empty = {}
values.blank = {}

--- What nil is kept as in a list, and under a name of the template, so that it hides the same name of the context.
values.nothing = {}

local empty, blank, nothing = values.empty, values.blank, values.nothing
local is_word = { [empty] = true, [blank] = true, [nothing] = true }

-- What the codec of the rendering at hand has for null, and how many values it may still visit within others: a list that holds itself
-- twice, a hundred times over, would have no end.
local null
local visits = 0
local visits_at_most = 200000

--- Begins a rendering.
-- @param marker what stands for null in what is looked into, beside any userdata
function values.begin(marker)
  null, visits = marker, visits_at_most
end

local function visit(depth, length)
  visits = visits - 1 - (length or 0) / 16
  if visits < 0 or depth > 100 then problem.raise("a value is too large, or nested deeper than 100 levels", nil, "limit") end
end

--- A value, or nil for null.
-- @param value
local function known(value)
  if type(value) == "userdata" or value == null or value == nothing then return nil end
  return value
end
values.known = known

--- Is it a list?
-- @param value
-- @treturn boolean
local function is_list(value)
  if type(value) ~= "table" or plain(value) or is_word[value] then return false end
  return value[1] ~= nil or (next(value) == nil and getmetatable(value) ~= nil)
end
values.is_list = is_list

--- Is it an object?
-- @param value
-- @treturn boolean
local function is_object(value)
  return type(value) == "table" and not plain(value) and not is_word[value] and not is_list(value)
end
values.is_object = is_object

local list_mt = { __name = "studio.flow.liquid.list" }

--- Makes a list, which is one when it is empty too.
-- @tparam table elements
-- @treturn table the same table
function values.list(elements)
  return setmetatable(elements, list_mt)
end

--- A value as a codec knows it: the lists that filters made become plain ones, their decimals plain numbers.
-- @param value
-- @tparam table codec
-- @tparam[opt] integer depth
function values.for_codec(value, codec, depth)
  depth = depth or 0
  visit(depth)
  if value == nothing then return codec.null end
  if value == empty or value == blank then return "" end
  if getmetatable(value) ~= list_mt then return plain(value) or value end
  local elements = {}
  for index = 1, #value do elements[index] = values.for_codec(value[index], codec, depth + 1) end
  return codec.array and codec.array(elements) or elements
end

--- The keys of an object, sorted: Lua keeps no order of them, and a rendering is the same every time.
-- @tparam table object
-- @treturn table array of keys
function values.keys(object)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  local is_before = ascii.order()
  table.sort(keys, function(a, b)
    if type(a) == "string" and type(b) == "string" then return is_before(a, b) end
    if type(a) == "number" and type(b) == "number" then return a < b end
    return type(a) < type(b)
  end)
  return keys
end

local to_text

local function show(value, pieces, depth)
  visit(depth, type(value) == "string" and #value)
  if is_list(value) then
    for index = 1, #value do show(known(value[index]), pieces, depth + 1) end
  elseif is_object(value) then
    pieces[#pieces + 1] = "{"
    for index, key in ipairs(values.keys(value)) do
      pieces[#pieces + 1] = (index > 1 and ", " or "") .. ascii.text(key) .. "="
      show(known(value[key]), pieces, depth + 1)
    end
    pieces[#pieces + 1] = "}"
  else
    pieces[#pieces + 1] = to_text(value)
  end
end

--- How a value is shown: a list as its elements without anything between them, an object as `{key=value, key=value}`.
-- @param value
-- @treturn string
function to_text(value)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "number" then return format_number(value) end
  if kind == "boolean" then return value and "true" or "false" end
  if kind ~= "table" or is_word[value] then return "" end
  if plain(value) then return format_number(value) end
  local pieces = {}
  show(value, pieces, 0)
  return table.concat(pieces)
end
values.to_text = to_text

local function is_empty(value)
  return value == "" or value == empty or value == blank
    or type(value) == "table" and not plain(value) and next(value) == nil
end
values.is_empty = is_empty

local function is_blank(value)
  return value == nil or value == false or is_empty(value) or type(value) == "string" and not value:find("%S")
end

local function same(a, b, depth)
  if a == b then return true end
  local x, y = plain(a), plain(b)
  if x or y then return x == y end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  visit(depth)
  for key, value in pairs(a) do
    if not same(value, b[key], depth + 1) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

--- Are two values equal? Text and a number never are.
-- @param a
-- @param b
-- @treturn boolean
function values.equal(a, b)
  if a == blank then return is_blank(b) end
  if b == blank then return is_blank(a) end
  if a == empty then return is_empty(b) end
  if b == empty then return is_empty(a) end
  return same(a, b, 0)
end

--- Is a value less than another? Only two numbers or two texts are compared; anything else is not less.
-- @param a
-- @param b
-- @treturn boolean
function values.less(a, b)
  local x, y = plain(a), plain(b)
  if x and y then return x < y end
  return type(a) == "string" and type(b) == "string" and ascii.order()(a, b)
end

--- Is a value less than another, or equal?
-- @param a
-- @param b
-- @treturn boolean
function values.at_most(a, b)
  local x, y = plain(a), plain(b)
  if x and y then return x <= y end
  return type(a) == "string" and type(b) == "string" and not ascii.order()(b, a)
end


--- What stands under a name in a value.
-- @param value
-- @string name
-- @return nil when nothing does
function values.field(value, name)
  if type(value) == "table" then
    if plain(value) then return nil end
    local found = value[name]
    if found ~= nil then return known(found) end
    if name == "size" then
      if is_list(value) then return #value end
      return #values.keys(value)
    end
    if name == "first" then return known(value[1]) end
    if name == "last" then return known(value[#value]) end
  elseif type(value) == "string" and name == "size" then
    return text.length(value)
  end
end

--- What stands at a place in a list, or under a key in an object.
-- @param value
-- @param key a number counts from 0
-- @return nil when the value is neither
function values.at(value, key)
  if type(key) == "string" then return values.field(value, key) end
  local index = plain(key)
  if not index or not is_list(value) then return nil end
  index = index < 0 and math.ceil(index) or math.floor(index)
  if index < 0 or index >= #value then
    local message = "index %s is out of range: the list has %d element%s"
    problem.raise(message:format(numbers.format(key), #value, #value == 1 and "" or "s"))
  end
  return known(value[index + 1])
end

return values
