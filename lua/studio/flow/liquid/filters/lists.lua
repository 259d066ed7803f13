--- Filters of lists.
-- @module studio.flow.liquid.filters.lists

local ascii = require "studio.base.ascii"
local numbers = require "studio.flow.liquid.numbers"
local problem = require "studio.flow.liquid.problem"
local text = require "studio.flow.liquid.text"
local values = require "studio.flow.liquid.values"
local work = require "studio.flow.liquid.work"

local is_list, list, to_text, field, known = values.is_list, values.list, values.to_text, values.field, values.known
local nothing = values.nothing

-- A copy of a list; nothing is an empty one, anything else a list of it alone.
local function copy(state, value)
  if value == nil then return {} end
  if not is_list(value) then return { value } end
  local elements = {}
  work.list_of(state, #value)
  for index = 1, #value do
    local element = known(value[index])
    elements[index] = element == nil and nothing or element
  end
  return elements
end

local function changing(least, most, change)
  return { least, most, function(state, value, a, b)
    if value ~= nil and not is_list(value) then return value end
    return list(change(copy(state, value), a, b, state))
  end }
end

local function reversed(elements)
  local result, n = {}, #elements
  for index = 1, n do result[index] = elements[n + 1 - index] end
  return result
end

-- Sorts stably by a key made of each element, with elements that have none at the end.
local function sorted(elements, key_of, state)
  local entries, n = {}, #elements
  work.charge(state, n)
  local kind
  for index = 1, n do
    local key = key_of(elements[index])
    if key ~= nil then
      local key_kind = type(key)
      if key_kind ~= "number" and key_kind ~= "string" or kind and kind ~= key_kind then
        problem.raise("the elements of the list cannot be compared with each other")
      end
      kind = key_kind
    end
    if key ~= key then key = nil end
    entries[index] = { key = key, index = index, element = elements[index] }
  end
  local is_before = kind == "string" and ascii.order()
  table.sort(entries, function(a, b)
    if a.key == b.key then return a.index < b.index end
    if a.key == nil or b.key == nil then return b.key == nil end
    if is_before then return is_before(a.key, b.key) end
    return a.key < b.key
  end)
  for index = 1, n do entries[index] = entries[index].element end
  return entries
end

local function element_or_field(element, name)
  element = known(element)
  if name ~= nil then element = field(element, to_text(name)) end
  return numbers.plain(element) or element
end

-- What an element is in a set of those seen: equal ones have equal marks.
local function mark(element)
  local number = numbers.plain(element)
  if number then return "n" .. ("%.17g"):format(number) end
  if type(element) == "table" then return "t" .. (is_list(element) and "[" or "{") .. to_text(element) end
  return type(element) .. to_text(element)
end

local function uniq(elements, name)
  local seen, result = {}, {}
  for _, element in ipairs(elements) do
    local key = element
    if name ~= nil then key = field(element, to_text(name)) end
    key = mark(key)
    if not seen[key] then
      seen[key] = true
      result[#result + 1] = element
    end
  end
  return result
end

local function where(elements, name, wanted)
  local result = {}
  name = to_text(name)
  for _, element in ipairs(elements) do
    local found = nil
    if values.is_object(element) then found = field(element, name) end
    local keep = wanted == nil and found ~= nil and found ~= false
    if keep or wanted ~= nil and found ~= nil and values.equal(found, wanted) then result[#result + 1] = element end
  end
  return result
end

local function ends(place)
  return { 0, 0, function(_, value)
    if not is_list(value) then return nil end
    return known(value[place == "first" and 1 or #value])
  end }
end

return {
  compact = changing(0, 1, function(elements, name)
    local result = {}
    for _, element in ipairs(elements) do
      local tested = known(element)
      if tested ~= nil and name ~= nil then tested = field(tested, to_text(name)) end
      if tested ~= nil then result[#result + 1] = element end
    end
    return result
  end),
  concat = { 1, 1, function(state, value, more)
    if not is_list(more) and more ~= nil then problem.raise("'concat' takes a list") end
    local result = copy(state, value)
    for _, element in ipairs(copy(state, more)) do result[#result + 1] = element end
    return list(result)
  end },
  first = ends "first",
  last = ends "last",
  join = { 0, 1, function(state, value, glue)
    local elements = copy(state, value)
    glue = glue == nil and " " or to_text(glue)
    local size = 0
    for index, element in ipairs(elements) do
      elements[index] = to_text(element)
      size = size + #elements[index] + #glue
      if size > work.text + #glue then problem.raise("a text is too long", nil, "limit") end
    end
    return work.text_of(state, table.concat(elements, glue))
  end },
  map = { 1, 1, function(state, value, name)
    local result = {}
    name = to_text(name)
    for _, element in ipairs(copy(state, value)) do
      local found = field(element, name)
      if found ~= nil then result[#result + 1] = found end
    end
    return list(result)
  end },
  pop = changing(0, 1, function(elements, count)
    for _ = 1, math.min(#elements, numbers.plain(count) or 1) do elements[#elements] = nil end
    return elements
  end),
  push = changing(1, 1, function(elements, element)
    elements[#elements + 1] = element == nil and nothing or element
    return elements
  end),
  shift = changing(0, 1, function(elements, count)
    local result = {}
    for index = math.floor(math.max(0, numbers.plain(count) or 1)) + 1, #elements do result[#result + 1] = elements[index] end
    return result
  end),
  unshift = changing(1, 1, function(elements, element)
    table.insert(elements, 1, element == nil and nothing or element)
    return elements
  end),
  reverse = changing(0, 0, reversed),
  sort = changing(0, 1, function(elements, name, _, state)
    return sorted(elements, function(element) return element_or_field(element, name) end, state)
  end),
  sort_natural = changing(0, 1, function(elements, name, _, state)
    return sorted(elements, function(element)
      element = element_or_field(element, name)
      return element ~= nil and text.lower(to_text(element)) or nil
    end, state)
  end),
  uniq = changing(0, 1, uniq),
  where = changing(1, 2, where),
}
