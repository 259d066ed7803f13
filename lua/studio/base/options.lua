--- Tables of options: copied on entry, unknown names refused, each value checked.
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"
local names = require "studio.base.names"

local misuse = errors.misuse
local huge = math.huge

local checks = {}

function checks.string(value, name)
  if type(value) ~= "string" or value == "" then
    misuse("option '%s' must be a non-empty string, got %s", name, value == "" and "an empty one" or type(value))
  end
  if value:find("[%z\1-\31\127]") then misuse("option '%s' must not hold a control character", name) end
end

function checks.seconds(value, name)
  if type(value) ~= "number" then misuse("option '%s' must be a number of seconds, got %s", name, type(value)) end
  if not (value > 0 and value < huge) then misuse("option '%s' must be more than 0 seconds and finite", name) end
end

local function check_whole(value, name, least)
  if type(value) ~= "number" then misuse("option '%s' must be a number, got %s", name, type(value)) end
  if not (value >= least and value < huge and value % 1 == 0) then misuse("option '%s' must be a whole number, %d or more", name, least) end
end

function checks.count(value, name) check_whole(value, name, 0) end

function checks.one_or_more(value, name) check_whole(value, name, 1) end

-- So many a second; `math.huge` sets no limit.
function checks.rate(value, name)
  if type(value) ~= "number" or value ~= value or value <= 0 then
    misuse("option '%s' must be a number more than 0", name)
  end
end

function checks.boolean(value, name)
  if type(value) ~= "boolean" then misuse("option '%s' must be a boolean, got %s", name, type(value)) end
end

--- Whether a value may be called. Of a table whose metatable is hidden (`__metatable`) that is not known, so it counts as none.
-- @param value
-- @treturn boolean
local function is_callable(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and rawget(meta, "__call") ~= nil
end

--- Whether a table without an element 1 of its own has one by its metatable, which is not asked where data is read.
-- @tparam table value
-- @treturn boolean
local function is_proxy(value)
  local fine, element = pcall(function() return value[1] end)
  return fine and element ~= nil
end

checks["function"] = function(value, name)
  if not is_callable(value) then
    misuse("option '%s' must be a function, got %s", name, type(value))
  end
end

function checks.table(value, name)
  if type(value) ~= "table" then misuse("option '%s' must be a table, got %s", name, type(value)) end
end

-- What the option is for checks it.
function checks.any() end

--- Copies a table that a program gave, whose names the library knows. Known names are read as `given[name]` reads them, so that defaults
-- may come from `__index`; unknown ones, which are for the caller to refuse, are those that `next` finds.
-- @tparam table given
-- @tparam table known the names, as keys
-- @treturn table a copy without a metatable
local function fields(given, known)
  local copy = {}
  for name, value in next, given do copy[name] = value end
  if getmetatable(given) ~= nil then
    for name in next, known do
      if copy[name] == nil then copy[name] = given[name] end
    end
  end
  return copy
end

--- Copies a table of options after checking it.
-- @tparam table|nil options what the program gave
-- @tparam table known name → `"string"`, `"seconds"`, `"count"` (0 or more), `"one_or_more"`, `"rate"`, `"boolean"`, `"function"`,
--   `"table"`, `"any"`, or a function(value, name) that returns what to keep
-- @tparam[opt] string where words before the option's name in a message, such as `"retry."`
-- @treturn table a copy; a program that changes its table later changes nothing here
local function check(options, known, where)
  where = where or ""
  if options == nil then return {} end
  if type(options) ~= "table" then
    misuse("%s must be a table, got %s", where == "" and "options" or where:sub(1, -2), type(options))
  end
  local copy = fields(options, known)
  for name, value in next, copy do
    local rule = known[name]
    if rule == nil then
      misuse("unknown option '%s%s'%s", where, ascii.text(name),
        require "studio.base.suggest"(name, names.sorted(known), "options")) -- late:
    elseif type(rule) == "function" then
      copy[name] = rule(value, where .. name)
    else
      checks[rule](value, where .. name)
    end
  end
  return copy
end

--- Where an option was found, in words for messages.
-- @tparam table options `variables`, option → the variable of the environment that it was taken from
-- @tparam string name
-- @treturn string `"option 'region'"`, or `"TWILIO_REGION in the environment"`
local function place(options, name)
  local variable = options.variables and options.variables[name]
  return variable and variable .. " in the environment" or ("option '%s'"):format(name)
end

return { check = check, checks = checks, fields = fields, is_callable = is_callable, is_proxy = is_proxy, place = place }
