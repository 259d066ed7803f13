--- Compares JSON values, and tells of the smallest parts that differ.
local ascii = require "studio.base.ascii"
local model_of = require "studio.flow.model"

local is_array, is_object, is_null, escape = model_of.is_array, model_of.is_object, model_of.is_null, model_of.escape

-- Deeper than any decoder goes: a table that holds itself ends here.
local DEEPEST = 520

local function sorted_keys(one, other, left_out)
  local keys = {}
  for key in pairs(one) do
    if not (left_out and left_out[key]) then keys[#keys + 1] = key end
  end
  for key in pairs(other) do
    if one[key] == nil and not (left_out and left_out[key]) then keys[#keys + 1] = key end
  end
  local is_before = ascii.order()
  table.sort(keys, function(a, b) return is_before(ascii.text(a), ascii.text(b)) end)
  return keys
end

-- Tells whether two values are the same; `rename` is applied to the texts of the old one.
local function same(old, new, rename, depth)
  if old == new then return not rename or type(old) ~= "string" or rename(old) == new end
  if type(old) == "string" and rename then return rename(old) == new end
  if type(old) ~= "table" or type(new) ~= "table" then return is_null(old) and is_null(new) end
  depth = (depth or 0) + 1
  if depth > DEEPEST or is_array(old) ~= is_array(new) then return false end
  for key, value in pairs(old) do
    local other = new[key]
    if other == nil or not same(value, other, rename, depth) then return false end
  end
  for key in pairs(new) do
    if old[key] == nil then return false end
  end
  return true
end

local compare

-- Compares what objects have under their keys.
local function compare_keys(place, old, new, add, rename, left_out, depth)
  -- Where nothing differs no list of keys is made.
  local differs = false
  for key, value in pairs(old) do
    if not (left_out and left_out[key]) and (new[key] == nil or not same(value, new[key], rename)) then differs = true end
  end
  for key in pairs(new) do
    if old[key] == nil and not (left_out and left_out[key]) then differs = true end
  end
  if not differs then return end
  for _, key in ipairs(sorted_keys(old, new, left_out)) do
    compare(place .. "/" .. escape(key), old[key], new[key], add, rename, depth)
  end
end

-- What is said of an array that has the same elements in another order, where they are not too many to be looked for.
local MOVED, MOST_MOVED = "in another order", 100

-- Tells whether the elements from `first` to `last` are the same on both sides, in another order.
local function are_moved(old, new, first, last, rename)
  if last == first or last - first >= MOST_MOVED then return false end
  local taken = {}
  for position = first, last do
    local other = first
    while other <= last and (taken[other] or not same(old[position], new[other], rename)) do other = other + 1 end
    if other > last then return false end
    taken[other] = true
  end
  return true
end

-- Compares arrays: what both begin and end with is left out, so that an element put in between is one change, and another order is one.
local function compare_arrays(place, old, new, add, rename, depth)
  local first, old_last, new_last = 1, #old, #new
  while first <= old_last and first <= new_last and same(old[first], new[first], rename) do first = first + 1 end
  while old_last >= first and new_last >= first and same(old[old_last], new[new_last], rename) do
    old_last, new_last = old_last - 1, new_last - 1
  end
  if old_last == new_last and first <= old_last and are_moved(old, new, first, old_last, rename) then
    return add(place, old, new, MOVED)
  end
  for position = first, math.max(old_last, new_last) do
    local from, to
    if position <= old_last then from = old[position] end
    if position <= new_last then to = new[position] end
    compare(("%s/%d"):format(place, position - 1), from, to, add, rename, depth)
  end
end

--- Tells of the smallest parts that differ.
-- @tparam string place a JSON Pointer
-- @param old,new the values, nil where there is none
-- @tparam function(place, from, to, note) add
-- @tparam[opt] function rename applied to the texts of the old value before they are compared
function compare(place, old, new, add, rename, depth)
  if same(old, new, rename) then return end
  depth = (depth or 0) + 1
  if depth <= DEEPEST and is_array(old) and is_array(new) then return compare_arrays(place, old, new, add, rename, depth) end
  if depth <= DEEPEST and is_object(old) and is_object(new) then return compare_keys(place, old, new, add, rename, nil, depth) end
  add(place, old, new)
end

return { same = same, compare = compare, compare_keys = compare_keys, MOVED = MOVED }
