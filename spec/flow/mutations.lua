--- Definitions with parts dropped, doubled, retyped, swapped and nested deep, the same for the same seed on every interpreter.
local mutations = {}

--- A source of whole numbers from 1 to `limit`, exact in doubles.
function mutations.random(seed)
  local state = seed % 2147483647
  if state == 0 then state = 1 end
  return function(limit)
    state = state * 16807 % 2147483647
    return state % limit + 1
  end
end

--- A copy of a tree.
function mutations.copy(value)
  if type(value) ~= "table" then return value end
  local new = {}
  for key, inner in pairs(value) do new[key] = mutations.copy(inner) end
  return setmetatable(new, getmetatable(value))
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) < type(b) end
    return a < b
  end)
  return keys
end

-- All places of a tree: { holder, key }.
local function places_in(value, places)
  for _, key in ipairs(sorted_keys(value)) do
    places[#places + 1] = { value, key }
    if type(value[key]) == "table" then places_in(value[key], places) end
  end
  return places
end

local function deep(random)
  local inner = random(2) == 1 and "text" or 5
  for _ = 1, random(2) == 1 and 300 or 5 do
    inner = random(2) == 1 and { "x", inner } or { next = inner }
  end
  return inner
end

local strange = {
  function() return nil end, function() return true end, function() return 0 / 0 end, function() return -1 end,
  function() return math.huge end, function() return 2 ^ 60 end, function() return "" end, function() return {} end,
  function() return { 1, 2, 3 } end, function() return { {}, false } end, function() return "{{" end,
  function() return "{{ widgets.a.b[c] | nofilter: 1 }}" end, function() return "{% for i in (1..99) %}{{ i }}{% endfor %}" end,
  function() return "{% if flow.variables.n > 1 %}" end, function() return ("x"):rep(20000) end, function() return "\255\0\n" end,
  function() return "Trigger" end, function() return "match" end, function() return "timeout" end, function() return "trigger" end,
  function() return "regex" end, function() return "((" end, function() return "99999999999999999999" end, deep,
}

local function any(list, random)
  return list[random(#list)]
end

local function mutate_once(root, random)
  local places = places_in(root, {})
  if #places == 0 then return end
  local place, other = any(places, random), any(places, random)
  local holder, key = place[1], place[2]
  local kind = random(7)
  if kind == 1 then
    if type(key) == "number" and key <= #holder then table.remove(holder, key) else holder[key] = nil end
  elseif kind == 2 then
    if type(key) == "number" then
      if key > #holder then return end
      table.insert(holder, key, mutations.copy(holder[key]))
    else
      holder[key .. "_2"] = mutations.copy(holder[key])
    end
  elseif kind <= 4 then
    holder[key] = any(strange, random)(random)
  elseif kind == 5 then
    holder[key] = mutations.copy(other[1][other[2]])
  elseif kind == 6 then
    -- Copies, so that a tree stays a tree.
    local here, there = mutations.copy(holder[key]), mutations.copy(other[1][other[2]])
    holder[key], other[1][other[2]] = there, here
  elseif type(holder[key]) == "string" then
    holder[key] = any({ holder[key] .. "x", holder[key]:sub(2), holder[key]:upper(), "{{" .. holder[key] .. "}}" }, random)
  end
end

--- A copy of a definition with one to eight changes.
-- @tparam table definition
-- @tparam function random of `mutations.random`
function mutations.mutate(definition, random)
  local mutated = mutations.copy(definition)
  for _ = 1, random(8) do
    if type(mutated) == "table" then mutate_once({ mutated }, random) end
  end
  return mutated
end

return mutations
