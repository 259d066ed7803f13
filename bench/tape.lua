-- Writes the tapes of bench/limit.c: what Lua tables and strings each page becomes. Prints the keys, a line each.
--
-- tape.lua ORIGIN FLOW COUNT SIZE PART FILE    PART: "all", or one of `parts`
--
-- Only what the canned pages hold is known: objects, arrays, strings without escapes, integers, and nulls, all of which are dropped.
local limit = require "limit" -- before the library: libcurl is to be as the floor has it
local core = require "studio.core"

-- As in limit.c.
local OBJECT, ARRAY, STRING, SHARE, SHARED, NUMBER, FIELD, ELEMENT, DROP = 0, 1, 2, 3, 4, 5, 6, 7, 8

-- The array of keys is its own index: place by name.
local function place_of(keys, name)
  if not keys[name] then
    keys[#keys + 1] = name
    keys[name] = #keys
  end
  return keys[name]
end

-- The slots of strings that stand in the text more than once.
local function find_shared(text, put)
  local seen, slots, count = {}, {}, 0
  for start, value in text:gmatch '": "()([^"\\]*)"' do
    if seen[value] and not slots[value] then
      count = count + 1
      slots[value] = count
      put(SHARE, 0, #value, start - 1)
    end
    seen[value] = true
  end
  return slots
end

-- The tape of a text; new keys are added to `keys`.
local function write(text, keys)
  local list = {}
  local read
  local function put(kind, key, length, number)
    local place = #list
    list[place + 1], list[place + 2], list[place + 3], list[place + 4] = kind, key, length, number
    return place + 4
  end
  local slots = find_shared(text, put)

  local function read_object(at, key)
    local size, count = put(OBJECT, key, 0, 0), 0
    while true do
      local name, start = text:match('^[{,]%s*"([^"\\]*)":%s*()', at)
      if not name then break end
      local is_made
      at, is_made = read(start, place_of(keys, name))
      if is_made then count = count + 1 end
    end
    list[size] = count
    return assert(text:match("^}()", at), "no object as expected")
  end

  local function read_array(at, key)
    local size, count = put(ARRAY, key, 0, 0), 0
    repeat
      count = count + 1
      at = read(text:match("^[%[,]%s*()", at), 0)
      put(ELEMENT, 0, 0, count)
    until text:sub(at, at) ~= ","
    list[size] = count
    return assert(text:match("^%]()", at), "no array as expected")
  end

  -- Gives the place behind the value, and whether anything is made of it.
  function read(at, key)
    local first = text:sub(at, at)
    if first == "{" or first == "[" then
      at = (first == "{" and read_object or read_array)(at, key)
      if key ~= 0 then put(FIELD, 0, 0, 0) end
      return at, true
    end
    local value, stop = text:match('^"([^"\\]*)"()', at)
    if slots[value] then
      put(SHARED, key, 0, slots[value])
    elseif value then
      put(STRING, key, #value, at)
    else
      value, stop = text:match("^(%d+)()", at)
      if not value then return assert(text:match("^null()", at), "no value as expected"), false end
      put(NUMBER, key, 0, tonumber(value))
    end
    return stop, true
  end

  read(1, 0)
  return list
end

-- To tell what takes how much of the time.
local parts = {}

-- The exchanges alone.
function parts.nothing() return {} end

-- The strings alone, each of which is garbage at once.
function parts.strings(list)
  local strings = {}
  for at = 1, #list, 4 do
    if list[at] == STRING or list[at] == SHARE then
      for _, number in ipairs { STRING, 0, list[at + 2], list[at + 3], DROP, 0, 0, 0 } do strings[#strings + 1] = number end
    end
  end
  return strings
end

-- The tables alone, filled with one string.
function parts.tables(list)
  local tables = { SHARE, 0, 0, 0 }
  for at = 1, #list, 4 do
    local kind, key, length, number = list[at], list[at + 1], list[at + 2], list[at + 3]
    if kind == STRING or kind == SHARED then kind, length, number = SHARED, 0, 1 end
    if kind ~= SHARE then
      for _, value in ipairs { kind, key, length, number } do tables[#tables + 1] = value end
    end
  end
  return tables
end

-- Only what makes the same is a limit.
local function check_same(made, decoded, path)
  assert(type(made) == type(decoded) and getmetatable(made) == getmetatable(decoded), path)
  if type(made) ~= "table" then return assert(made == decoded, path) end
  for key, value in pairs(decoded) do check_same(made[key], value, path .. "." .. tostring(key)) end
  for key in pairs(made) do assert(decoded[key] ~= nil, path) end
end

local origin, flow_sid, records, page_size, chosen, file = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4]), arg[5], arg[6]
local keys = {}
limit.open(("%s/v1/Flows/%s/Engagements"):format(origin, flow_sid), keys)
for page = 0, records / page_size - 1 do
  limit.fetch(page_size, page)
  local text = limit.text()
  local list = write(text, keys)
  limit.add(chosen == "all" and list or parts[chosen](list))
  if chosen == "all" then check_same(limit.make(page), core.decode(text, "page"), "page " .. page) end
end
limit.save(file)
print(table.concat(keys, "\n"))
