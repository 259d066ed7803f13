--- The values of records as text, and the fields of them that are asked for.
local ascii = require "studio.base.ascii"
local json = require "studio.base.json"
local text = require "studio.cli.text"

local values = {}

--- The value at a path in a record. Elements of arrays are counted from 0, as in a JSON Pointer.
-- @tparam table record
-- @tparam {string,...} path
-- @return the value; nil where there is none
function values.at(record, path)
  local value = record
  for _, name in ipairs(path) do
    if type(value) ~= "table" then return nil end
    local index = name:find "^%d+$" and value[tonumber(name) + 1]
    -- A record's methods and sub-collections are no data.
    value = index or rawget(value, name)
  end
  return value
end

--- A value as one line.
-- @param value
-- @treturn string an empty one for nil and null; JSON for a table
function values.line(value)
  if type(value) == "string" then return value end
  if value == nil or value == json.null then return "" end
  if type(value) == "table" then return json.encode(value, true) or "" end
  return ascii.text(value)
end

--- A value as a line that a terminal may show.
-- @param value
-- @treturn string
function values.shown(value)
  return text.printable(values.line(value))
end

--- Splits what --fields names.
-- @tparam string list such as `sid,context.flow.name`
-- @treturn {table,...} arrays of names, with `name`, the whole path
function values.paths(list)
  local paths = {}
  for name in list:gmatch "[^,]+" do
    local path = { name = name }
    for part in name:gmatch "[^.]+" do path[#path + 1] = part end
    if path[1] then paths[#paths + 1] = path end
  end
  return paths
end

--- What a record has at the paths, as an object of the record's own form.
-- @tparam table record
-- @tparam {table,...} paths
-- @treturn table
function values.projection(record, paths)
  local made = {}
  for _, path in ipairs(paths) do
    local value, place = values.at(record, path), made
    for index = 1, #path - 1 do
      local below = place[path[index]]
      if type(below) ~= "table" then
        below = {}
        place[path[index]] = below
      end
      place = below
    end
    if value == nil then value = json.null end
    place[path[#path]] = value
  end
  return made
end

return values
