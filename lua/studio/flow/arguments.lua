--- What programs give to the functions of `studio.flow`: misuse raises at the line that called.
local ascii = require "studio.base.ascii"
local nearest = require("studio.base.nearest").find
local options_module = require "studio.base.options"
local raw = require "studio.flow.raw"
local sorted = require("studio.base.names").sorted

--- Checks a table of options, and copies it; what is in it is read raw.
-- @tparam table|nil options
-- @tparam table known name → Lua type
-- @tparam int level of the line to blame, 1 being the caller of this function
-- @treturn table the copy, an empty table when there are none
local function options(given, known, level)
  if given == nil then return {} end
  if type(given) ~= "table" then error(("options must be a table, got %s"):format(type(given)), level + 1) end
  local read = options_module.fields(given, known)
  for name, value in next, read do
    local due = known[name]
    if not due then
      local names = sorted(known)
      local near = nearest(ascii.text(name), names)
      local hint = near and ("did you mean '%s'?"):format(near) or "the options are " .. table.concat(names, ", ")
      error(("unknown option '%s': %s"):format(ascii.text(name), hint), level + 1)
    elseif type(value) ~= due then
      error(("option '%s' must be a %s, got %s"):format(name, due, type(value)), level + 1)
    end
    read[name] = raw.of(value)
  end
  return read
end

--- Raises where a function of the module was called with a colon.
-- @param first its first argument
-- @tparam int level as above
local function refuse_colon(first, level)
  if first ~= nil and rawequal(first, package.loaded["studio.flow"]) then
    error("call this with a dot, not with a colon: the first argument is the module itself", level + 1)
  end
end

--- Checks that a definition is a table or a text, and reads it raw.
-- @param definition
-- @tparam string name of the parameter
-- @tparam int level as above
-- @treturn table|string the definition
local function definition(value, name, level)
  refuse_colon(value, level + 1)
  if type(value) ~= "table" and type(value) ~= "string" then
    error(("%s must be a table or JSON text, got %s"):format(name, type(value)), level + 1)
  end
  return raw.of(value)
end

return { options = options, definition = definition, refuse_colon = refuse_colon }
