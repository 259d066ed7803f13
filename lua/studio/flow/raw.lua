--- Values of programs as JSON is written from them: raw. What a metatable would give is no part of them.
--
-- The functions of `studio.flow` read in many places what they are given. So it is looked through once, at their doors; where a table in it
-- has a metatable of the program's, or of a resource, copies without one take the place of all the tables.
-- @module studio.flow.raw
local codec = require "studio.flow.codec"

local raw = {}

-- The metatable of arrays.
local ARRAY = getmetatable(codec.array {})

-- A key of metatables whose tables are the library's own, and stay as they are.
local OWN = {}

--- Marks a metatable whose tables get fields from it that are part of them.
-- @tparam table metatable of the library's
-- @treturn table the same
function raw.own(metatable)
  metatable[OWN] = true
  return metatable
end

local function is_own(metatable)
  return type(metatable) == "table" and rawget(metatable, OWN) ~= nil
end

-- Whether a metatable says of a table no more than that it is an array. Those of lua-cjson have nothing in them.
local function is_mark(metatable)
  return rawequal(metatable, ARRAY) or type(metatable) == "table" and next(metatable) == nil
end

-- Null is a table where the codec is in plain Lua.
local function stays(value)
  return rawequal(value, codec.null) or is_own(getmetatable(value))
end

-- All the tables in a table, itself included; and whether one of them has a metatable that would be asked.
local function look_through(value)
  local tables, count, at, seen, is_foreign = { value }, 1, 0, { [value] = true }, false
  while at < count do
    at = at + 1
    local container = tables[at]
    local metatable = getmetatable(container)
    if metatable == nil or is_mark(metatable) or not stays(container) then
      is_foreign = is_foreign or metatable ~= nil and not is_mark(metatable)
      for _, inner in next, container do
        if type(inner) == "table" and not seen[inner] then
          count = count + 1
          tables[count], seen[inner] = inner, true
        end
      end
    end
  end
  return tables, is_foreign
end

--- Gives a value without metatables that would be asked.
-- @param value
-- @return the same value; or a copy, where some table in it has such a metatable. What the value holds twice, or within itself, the copy
-- holds so, too.
function raw.of(value)
  if type(value) ~= "table" then return value end
  local tables, is_foreign = look_through(value)
  if not is_foreign then return value end
  local copies = {}
  for _, container in ipairs(tables) do
    local metatable = getmetatable(container)
    copies[container] = stays(container) and container or setmetatable({}, is_mark(metatable) and metatable or nil)
  end
  for container, copy in next, copies do
    if not rawequal(copy, container) then
      for key, inner in next, container do rawset(copy, copies[key] or key, copies[inner] or inner) end
    end
  end
  return copies[value]
end

return raw
