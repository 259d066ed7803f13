--- From a table of parameters in snake_case to the names and values of a query or form.
local arrays = require "studio.base.arrays"
local ascii = require "studio.base.ascii"
local call_options = require("studio.resource.call_options").known
local core = require "studio.core"
local errors = require "studio.base.errors"
local json = require "studio.base.json"
local redaction = require "studio.request.redaction"
local types = require "studio.api.types"

local argument, misuse = errors.argument, errors.misuse

--- One row of a declaration: `{ "to", "To", types.text, required = true }`.
-- @table row
-- @field 1 name in Lua
-- @field 2 name on the wire
-- @field 3 a type of `studio.api.types`; a table of rows for a nested table of parameters
-- @field required whether the operation needs it
-- @field nonempty,min,max rules that the type looks at
-- A list of rows may name in `also_known` what the caller has taken out already, for "did you mean".

local function names_of(rows)
  local names = {}
  for index, row in ipairs(rows) do names[index] = row[1] end
  for _, name in ipairs(rows.also_known or {}) do names[#names + 1] = name end
  return names
end

local function refuse_unknown(params, rows, prefix)
  local known = {}
  for _, row in ipairs(rows) do known[row[1]] = true end
  for name in next, params do
    if not known[name] then
      if prefix == "" and call_options[name] then
        misuse("unknown parameter '%s': it is a call option, which goes into a second table behind the parameters", name)
      end
      misuse("unknown parameter '%s%s'%s", prefix, ascii.text(name),
        require "studio.base.suggest"(name, names_of(rows), "parameters")) -- late:
    end
  end
end

--- Refuses a call option that is one of the operation's parameters: it belongs into the table before.
-- @tparam table|nil options what the program gave
-- @tparam table rows see @{row}
local function refuse_misplaced(options, rows)
  if type(options) ~= "table" then return end
  for name in next, options do
    if not call_options[name] then
      for _, known in ipairs(names_of(rows)) do
        if known == name then misuse("unknown option '%s': it is a parameter, which goes into the first table", name) end
      end
    end
  end
end

local function append(pairs_list, wire_name, value)
  local count = #pairs_list
  if type(value) == "table" then
    for index = 1, #value do
      pairs_list[count + 1], pairs_list[count + 2] = wire_name, value[index]
      count = count + 2
    end
  else
    pairs_list[count + 1], pairs_list[count + 2] = wire_name, value
  end
end

local function add_rows(pairs_list, rows, params, prefix)
  local used, problem = 0, nil
  for index = 1, #rows do
    local row = rows[index]
    local name, kind = row[1], row[3]
    local value = params[name]
    if value ~= nil then
      if rawget(params, name) ~= nil then used = used + 1 end
      local wire, err
      if kind[1] then
        if type(value) ~= "table" then misuse("parameter '%s%s' must be a table, got %s", prefix, name, type(value)) end
        wire, err = nil, add_rows(pairs_list, kind, value, prefix .. name .. ".")
      else
        wire, err = kind.check(value, prefix .. name, row)
      end
      if err then
        problem = problem or err
      elseif wire then
        append(pairs_list, row[2], wire)
      end
    elseif row.required then
      problem = problem or argument("parameter '%s%s' is required", prefix, name)
    end
  end
  for _ in next, params do used = used - 1 end
  if used ~= 0 then refuse_unknown(params, rows, prefix) end
  return problem
end

--- Flattens rows into one list, five entries for each, as `core.form_of` takes them.
-- @tparam table rows see @{row}
-- @treturn table
local function flat(rows)
  local list = {}
  for _, row in ipairs(rows) do
    local kind = row[3] ~= types.text and (row[3].check or row[3])
    local entry = { row[1], core.escape(row[2] or "") .. "=", kind, row.required or false, row }
    for _, value in ipairs(entry) do list[#list + 1] = value end
  end
  return list
end

--- Checks parameters against their rows and lists what to send, in the order of the rows.
-- @tparam table rows see @{row}
-- @tparam table|nil params what the program gave; an unknown name or a wrong Lua type raises
-- @tparam table caller whose secrets no error shows, see `studio.request.call`
-- @treturn {string,...} wire name, value, wire name, value, …; or nil
-- @treturn table the error, when a value breaks a rule or a required one is missing
local function collect(rows, params, caller)
  local pairs_list = {}
  if params == nil then params = {} end
  if type(params) ~= "table" then misuse("parameters must be a table, got %s", type(params)) end
  local problem = add_rows(pairs_list, rows, params, "")
  if not problem then return pairs_list end
  problem.message = redaction.of(caller).value(problem.message)
  return nil, problem
end

local function scalar_text(value, what)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "boolean" then return tostring(value) end
  if kind ~= "number" then misuse("%s must be a string, a number or a boolean, got %s", what, kind) end
  local text = json.encode(value + 0)
  if not text then misuse("%s must be a finite number", what) end
  return text
end

--- Adds names that the declarations do not know: `options.extra`, and `query` and `form` of `client:request`.
-- @tparam {string,...} pairs_list as `collect` gives it
-- @tparam table|nil extra wire name → string, number, boolean, or an array of them (the key is repeated)
-- @tparam string what its name in a message
local function add_extra(pairs_list, extra, what)
  if extra == nil then return end
  if type(extra) ~= "table" then misuse("%s must be a table, got %s", what, type(extra)) end
  local names = {}
  for name in next, extra do
    if type(name) ~= "string" or name == "" then misuse("the names in %s must be non-empty strings", what) end
    names[#names + 1] = name
  end
  ascii.sort(names)
  for _, name in ipairs(names) do
    local value, where = rawget(extra, name), ("%s.%s"):format(what, name)
    if type(value) == "table" then
      local stray = arrays.stray_key(value)
      if stray ~= nil then
        misuse("%s must be an array, and nothing but its own elements is sent: got the key '%s' (what is JSON is given as a text)", where,
          ascii.text(stray))
      end
      local index, element = 1, rawget(value, 1)
      if element == nil then append(pairs_list, name, "") end
      while element ~= nil do
        append(pairs_list, name, scalar_text(element, where))
        index = index + 1
        element = rawget(value, index)
      end
    else
      append(pairs_list, name, scalar_text(value, where))
    end
  end
end

return { collect = collect, flat = flat, refuse_misplaced = refuse_misplaced, add_extra = add_extra }
