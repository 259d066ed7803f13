--- What a text with Liquid in it reads, and what is wrong with it, for the checker. Nothing is rendered.
--
-- The verdict is that of `studio.flow.liquid`, so that the checker refuses what the runner does. Most texts of a flow need no parser to be
-- seen to be right: names with dots between them, and filters that take no argument.

local liquid = require "studio.flow.liquid"

local ROOTS = { widgets = true, trigger = true, flow = true, contact = true }

local function add(result, path)
  if not ROOTS[path[1]] then return end
  result.references = result.references or {}
  result.references[#result.references + 1] = path
end

-- Are these filters, each without an argument?
local function are_plain(filters)
  for name in filters:gmatch "|%s*([0-9A-Za-z_]*)" do
    local filter = liquid.filters[name]
    if not filter or filter.least > 0 then return false end
  end
  return filters:gsub("|%s*[0-9A-Za-z_]+%s*", "") == ""
end

-- What a text reads that has nothing but plain names in its braces; nil for any other.
local function read_plain(text)
  if text:find("{%", 1, true) then return nil end
  local result, at = {}, 1
  while true do
    local first = text:find("{{", at, true)
    if not first then return result end
    local name, filters, behind = text:match("^%s*([A-Za-z_][0-9A-Za-z_.]*[0-9A-Za-z_])%s*([|0-9A-Za-z_%s]*)}}()", first + 2)
    if not name or name:find("..", 1, true) or not are_plain(filters) then return nil end
    local path = {}
    for part in name:gmatch "[^.]+" do path[#path + 1] = part end
    add(result, path)
    at = behind
  end
end

local function read(text)
  local result = {}
  for _, each in ipairs(liquid.paths(text)) do
    -- What the template has assigned is none of the context.
    if not each.own then add(result, each.path) end
  end
  local problem = liquid.check(text)
  if problem then result.problems = { { rule = "liquid-" .. problem.kind, message = tostring(problem) } } end
  return result
end

local NOTHING = {}

--- Makes a scanner that remembers the texts it has seen.
-- @treturn function(text) → a table: `references`, an array of paths `{ "widgets", "ask", "inbound" }`, and `problems`,
-- an array of `{ rule, message }`; either is nil when there are none
local function scanner()
  local seen = {}
  return function(text)
    local result = seen[text]
    if not result then
      result = liquid.has(text) and (read_plain(text) or read(text)) or NOTHING
      seen[text] = result
    end
    return result
  end
end

return { scanner = scanner }
