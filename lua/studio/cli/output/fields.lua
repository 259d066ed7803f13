--- Which fields of a record are shown.
local ascii = require "studio.base.ascii"
local sorted = require("studio.base.names").sorted
local values = require "studio.cli.output.values"

local fields = {}

--- Looks at what --fields names.
-- @tparam table out the output
-- @tparam string list
-- @tparam table known name → type
-- @treturn boolean true when the fields were listed, as `help` asks for. Raises a failure for a name that is not known.
function fields.look(out, list, known)
  if list == "help" then
    for _, name in ipairs(sorted(known)) do out:write(("%s\t%s\n"):format(name, known[name])) end
    return true
  end
  local paths = values.paths(list)
  if not paths[1] then require("studio.cli.failure").usage("--fields names no field: 'help' lists them") end -- late: a slip
  for _, path in ipairs(paths) do
    if not known[path[1]] then
      local suggest = require "studio.base.suggest" -- late: a slip
      local failure = require "studio.cli.failure" -- late: a slip
      failure.usage("--fields: there is no field '%s'%s", path[1], suggest(path[1], sorted(known), "fields"))
    end
  end
  return false
end

--- The paths of a list's columns.
-- @tparam table spec `columns`
-- @treturn {table,...}
function fields.of_columns(spec)
  local paths = {}
  for index, name in ipairs(spec.columns) do paths[index] = { name, name = name } end
  return paths
end

--- The paths of a record's fields: those that a list would show first, the others in order.
-- @tparam table record
-- @tparam table spec `columns`
-- @treturn {table,...}
function fields.of_record(record, spec)
  local paths, is_first, others = {}, {}, {}
  local function add(name) paths[#paths + 1] = { name, name = name } end
  for _, name in ipairs(spec.columns or {}) do
    is_first[name] = true
    if rawget(record, name) ~= nil then add(name) end
  end
  for name in next, record do
    if type(name) == "string" and not is_first[name] then others[#others + 1] = name end
  end
  for _, name in ipairs(ascii.sort(others)) do add(name) end
  return paths
end

return fields
