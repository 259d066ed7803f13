--- Reads the file of a definition, with what differs from place to place filled in.
local arguments = require "studio.flow.arguments"
local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local encoding = require "studio.base.encoding"
local errors = require "studio.base.errors"
local failure = require "studio.flow.run.failure"

local function content_of(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local text
  text, message = file:read "*a"
  file:close()
  -- A folder can be opened, not read.
  if not text then return nil, ("%s: %s"):format(path, message or "it cannot be read") end
  return encoding.unmarked(text)
end

-- Replaces what stands in braces after a dollar sign; names without a value are kept in `missing`.
local function filled(text, value_of, missing)
  local function replace(dollars, name, closing)
    if dollars == "$$" then return "${" .. name .. closing end
    if closing == "" or not name:find "^[A-Za-z_]" then return nil end
    local value = value_of(name)
    if value == nil then missing[name] = true end
    return value
  end
  if not text:find("${", 1, true) then return text end
  -- In one pass, so that what a value holds is left as it is.
  return (text:gsub("(%$%$?){([0-9A-Za-z_]*)(}?)", replace))
end

-- No recursion: texts may be nested as deep as the decoder allows.
local function fill(value, value_of, missing)
  if type(value) == "string" then return filled(value, value_of, missing) end
  if type(value) ~= "table" then return value end
  local waiting, at = { value }, 1
  while waiting[at] do
    local container = waiting[at]
    for key, inner in pairs(container) do
      if type(inner) == "string" then
        container[key] = filled(inner, value_of, missing)
      elseif type(inner) == "table" then
        waiting[#waiting + 1] = inner
      end
    end
    at = at + 1
  end
  return value
end

local SIMPLE = { string = true, number = true, boolean = true }

local function check_variable(name, value)
  if not SIMPLE[type(value)] then errors.misuse("variable '%s' must be a string, got %s", ascii.text(name), type(value)) end
end

-- The names are those in the file, so what a table of variables lacks may come through its `__index`.
local function lookup(variables)
  if not variables then return os.getenv end
  return function(name)
    local value = variables[name]
    if value == nil then return nil end
    check_variable(name, value)
    return ascii.text(value)
  end
end

local function read(path, given)
  arguments.refuse_colon(path, 2)
  if type(path) ~= "string" then error(("path must be a string, got %s"):format(type(path)), 2) end
  local variables = arguments.options(given, { variables = "table" }, 2).variables and given.variables
  for name, value in next, variables or {} do check_variable(name, value) end
  local text, message = content_of(path)
  if not text then return nil, failure.new("argument", message) end
  local definition
  definition, message = codec.decode(text)
  if definition == nil then return nil, failure.new("argument", ("%s is not JSON: %s"):format(path, message)) end
  local missing, names = {}, {}
  definition = fill(definition, lookup(variables), missing)
  for name in pairs(missing) do names[#names + 1] = name end
  if names[1] then
    ascii.sort(names)
    local where = variables and "the variables lack" or "the environment lacks"
    return nil, failure.new("argument", ("%s: %s %s"):format(path, where, table.concat(names, ", ")))
  end
  return definition
end

return read
