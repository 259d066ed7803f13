-- Definitions with parts dropped, doubled, retyped, swapped and nested deep go through flow.check, flow.diff, flow.graph and flow.page:
-- findings, never a raise and never a hang. Each case is made of its number alone, so that one that fails can be run again:
--
--     build-aux/with-studio build lua5.4 lua5.4 fuzz/flow.lua [COUNT [FIRST]]
local codec = require "studio.flow.codec"
local flow = require "studio.flow"

local names = { "order-bot", "ivr", "reminder", "survey-subflow", "parent", "flex-webchat", "every-widget" }
local texts = {}
for position, name in ipairs(names) do
  local file = assert(io.open("spec/data/flows/sound/" .. name .. ".json", "rb"))
  texts[position] = file:read "*a"
  file:close()
end

-- Numbers that are the same on every Lua (Lehmer's generator).
local seed
local function random(limit)
  seed = seed * 48271 % 2147483647
  return seed % limit + 1
end

local WORDS = {
  "", " ", "Trigger", "ask", "match", "noMatch", "next", "timeout", "{{", "{% if", "{{widgets.ask.inbound.Body}}", "{{a|b}}", "{% endif %}",
  "equal_to", "regex", "is_blank", "split-based-on", "trigger", "send-message", "run-subflow", "set-variables", "a b", "a.b", "1", "-1",
  "+15550001111", "FW00000000000000000000000000000000", "${X}", "\0", "\255\254", "é", "[", "(?=", "%", "%s%d%99", "a/b~c",
}
local KEYS = {
  "name", "type", "properties", "transitions", "event", "next", "conditions", "arguments", "value", "friendly_name", "states",
  "initial_state", "flags", "input", "variables", "parameters", "key", "offset", "body", "flow_sid", "flow_revision", "participants",
  "1", "~", "/",
}

local function deep(levels)
  local value = random(2) == 1 and "{{widgets.ask.x}}" or {}
  for _ = 1, levels do value = random(2) == 1 and { value } or { [KEYS[random(#KEYS)]] = value } end
  return value
end

local function anything()
  local kind = random(10)
  if kind <= 4 then return WORDS[random(#WORDS)] end
  if kind == 5 then return random(3) == 1 and 1e300 or random(2000) - 1000 end
  if kind == 6 then return random(2) == 1 end
  if kind == 7 then return codec.null end
  if kind == 8 then return codec.array() end
  if kind == 9 then return {} end
  return deep(random(20) == 1 and random(2000) or random(8))
end

-- Tables and keys of a value, in one order on every Lua.
local function places_of(value, found)
  found = found or {}
  local waiting, at = { value }, 1
  while waiting[at] do
    local container, keys = waiting[at], {}
    for key in pairs(container) do keys[#keys + 1] = key end
    table.sort(keys, function(a, b) return type(a) == type(b) and a < b or type(a) ~= type(b) and type(a) == "number" end)
    for _, key in ipairs(keys) do
      found[#found + 1] = { container, key }
      if type(container[key]) == "table" and container[key] ~= codec.null then waiting[#waiting + 1] = container[key] end
    end
    at = at + 1
  end
  return found
end

local function copy(value)
  return assert(codec.decode(assert(codec.encode(value))))
end

-- What an edit may be, on one place and another.
local edits = {
  function(container, key) container[key] = nil end,
  function(container, key) container[key] = anything() end,
  function(container, key) container[key] = WORDS[random(#WORDS)] end,
  function(container, _, other, there) other[there] = container end,
  function(container, key, other, there) container[key], other[there] = other[there], container[key] end,
  function(container, key)
    if type(container[key]) == "table" and codec.encode(container[key]) then container[#container + 1] = copy(container[key]) end
  end,
  function(container, key) container[#container + 1] = container[key] end,
  function(container) container[KEYS[random(#KEYS)]] = anything() end,
  function(container, key)
    if type(container[key]) == "string" then
      local text, at = container[key], random(#container[key] + 1)
      container[key] = text:sub(1, at - 1) .. WORDS[random(#WORDS)] .. text:sub(at + random(4) - 1)
    end
  end,
}

local function spoil(definition)
  local places = places_of(definition)
  for _ = 1, random(5) do
    local one, other = places[random(#places)], places[random(#places)]
    edits[random(#edits)](one[1], one[2], other[1], other[2])
  end
  return random(400) == 1 and anything() or definition
end

local LEVELS = { error = true, warning = true, note = true }

-- Raises when a case does not give what is promised.
local function try(number)
  seed = number * 7919 % 2147483646 + 1
  for _ = 1, 3 do random(2) end
  local text = texts[random(#texts)]
  local sound = assert(codec.decode(text))
  local definition
  if random(10) == 1 then
    local at = random(#text)
    definition = text:sub(1, at - 1) .. WORDS[random(#WORDS)] .. text:sub(at + random(50))
  else
    definition = spoil(assert(codec.decode(text)))
  end
  if type(definition) ~= "table" and type(definition) ~= "string" and definition ~= codec.null then
    assert(not pcall(flow.check, definition), "no definition")
    return
  end
  local flows = random(4) == 1 and { ["FW" .. ("1"):rep(32)] = definition } or nil
  for _, finding in ipairs(flow.check(definition, { flows = flows })) do
    assert(flow.rules[finding.rule] and LEVELS[finding.level] and type(finding.message) == "string", "a finding")
    assert(finding.path == "" or finding.path:sub(1, 1) == "/", "a path")
    assert(not tostring(finding):find "\n", "one line")
  end
  if type(definition) == "table" or type(definition) == "string" then
    local changes = flow.diff(sound, definition)
    if changes then
      assert(type(tostring(changes)) == "string")
      for _, format in ipairs { "dot", "mermaid" } do
        assert(type((flow.graph(definition, { format = format, changes = changes }))) == "string")
      end
      -- What JSON cannot say is no page.
      local page, err = flow.page(definition, { changes = changes })
      assert(page and page:find "^<!doctype html>" or err.kind == "argument", "a page")
    end
  end
end

local function run(count, first)
  for number = first or 1, (first or 1) + count - 1 do
    local before = os.clock()
    local ok, message = xpcall(function() try(number) end, debug.traceback)
    if not ok then error(("case %d: %s"):format(number, message), 0) end
    assert(os.clock() - before < 10, ("case %d took %.1f s"):format(number, os.clock() - before))
  end
end

-- As a program, or as a part of the suite.
if arg and arg[0] and arg[0]:find "fuzz/flow%.lua$" then
  local count = tonumber(arg[1] or 200000)
  run(count, tonumber(arg[2] or 1))
  print(count .. " definitions: nothing raised, nothing hung")
end

return { run = run }
