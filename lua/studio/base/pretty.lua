--- JSON as people keep it in files: keys in order, one thing on a line, so that a change shows as a change.
local core = require "studio.core"
local json = require "studio.base.json"

local rep = string.rep

local write

local function write_array(out, array, indent, depth)
  out[#out + 1] = "[\n"
  for index = 1, #array do
    out[#out + 1] = rep(indent, depth + 1)
    write(out, array[index], indent, depth + 1)
    out[#out + 1] = index < #array and ",\n" or "\n"
  end
  out[#out + 1] = rep(indent, depth) .. "]"
end

local function write_object(out, object, indent, depth)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys)
  out[#out + 1] = "{\n"
  for index, key in ipairs(keys) do
    out[#out + 1] = rep(indent, depth + 1) .. json.encode(key) .. ": "
    write(out, object[key], indent, depth + 1)
    out[#out + 1] = index < #keys and ",\n" or "\n"
  end
  out[#out + 1] = rep(indent, depth) .. "}"
end

-- What is no table, and a table that is empty, is written as in compact JSON.
function write(out, value, indent, depth)
  if type(value) ~= "table" or next(value) == nil then
    out[#out + 1] = json.encode(value)
  elseif getmetatable(value) == core.array_mt or value[1] ~= nil then
    write_array(out, value, indent, depth)
  else
    write_object(out, value, indent, depth)
  end
end

--- Writes a value as JSON with keys in order and line breaks.
-- @tparam any value that `studio.base.json.encode` can write
-- @tparam number width spaces for each level
-- @treturn string ending in a line break; or nil and a message
return function(value, width)
  -- The walk below relies on what this has checked: no circles, no keys but strings, no arrays with holes.
  local compact, message = json.encode(value)
  if not compact then return nil, message end
  local out = {}
  write(out, value, rep(" ", width), 0)
  out[#out + 1] = "\n"
  return table.concat(out)
end
