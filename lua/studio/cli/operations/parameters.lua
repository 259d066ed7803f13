--- The parameters of an operation as options of a command, and back.
local text = require "studio.cli.text"

local parameters = {}

local kebab = text.kebab

-- Documentation of a parameter as the help of a command has it: a value in a shell is no Lua table.
local function doc_of(row)
  local doc = (row.doc or ""):gsub("`", ""):gsub(": a table as fetch gives it, or JSON as a string", ""):gsub(
    ": a table, or JSON as a string", ""):gsub("{} for none", "--no-" .. kebab(row[1]) .. " for none")
  if row[3].name == "json" then doc = doc .. " JSON, @FILE or - for stdin." end
  return doc
end

-- How the help writes a value of each type.
local function argname(kind)
  return ({ sid = "SID", json = "JSON", integer = "N", datetime = "DATE", texts = "TEXT" })[kind.name] or "TEXT"
end

local function integer(name)
  return function(value)
    if value:find "^%-?%d+$" then return tonumber(value) end
    return nil, ("%s must be a whole number, got '%s'"):format(name, value)
  end
end

-- What the commands over many executions call these; both names are taken.
local also = { date_created_from = " --from", date_created_to = " --to" }

local function add_option(parser, row, prefix, is_due)
  local name, kind = prefix .. row[1], row[3]
  if not kind.check then -- rows of its own: one level below
    for _, below in ipairs(kind) do add_option(parser, below, name .. "_", false) end
    return
  end
  local flag = "--" .. kebab(name)
  if kind.name == "boolean" then
    parser:mutex(
      parser:flag(flag, doc_of(row)):target(name),
      parser:flag("--no-" .. kebab(name), "The opposite."):target(name):action "store_false")
    return
  end
  local option = parser:option(flag .. (also[name] or ""), doc_of(row)):target(name):argname(argname(kind))
  if is_due and row.required then option:count "1" end
  if kind.words then option:choices(kind.words):argname(table.concat(kind.words, "|")) end
  if kind.name == "integer" then option:convert(integer(flag)) end
  if kind.name == "texts" then
    option:count "*"
    parser:flag("--no-" .. kebab(name), "None at all."):target("no_" .. name)
  end
end

--- Adds the options of an operation to a parser.
-- @tparam table parser
-- @tparam {table,...} rows of its declaration
-- @tparam[opt] boolean is_free whether what is required may be left out
function parameters.describe(parser, rows, is_free)
  for _, row in ipairs(rows) do add_option(parser, row, "", not is_free) end
end

local function read(context, rows, prefix)
  local arguments, params = context.arguments, nil
  for _, row in ipairs(rows) do
    local name, kind = prefix .. row[1], row[3]
    local value = arguments[name]
    if not kind.check then
      value = read(context, kind, name .. "_")
    elseif kind.name == "json" and value then
      value = context:read(value, "--" .. kebab(name))
    elseif kind.name == "texts" then
      if value and #value == 0 then value = nil end
      if arguments["no_" .. name] then value = {} end
    end
    if value ~= nil then
      params = params or {}
      params[row[1]] = value
    end
  end
  return params
end

--- The parameters of an operation, as the library takes them.
-- @tparam table context
-- @tparam {table,...} rows of its declaration
-- @treturn table|nil nil where none was given
function parameters.read(context, rows)
  return read(context, rows, "")
end

return parameters
