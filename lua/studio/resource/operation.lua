--- Operations that send parameters or options, and those that list. What only fetches or deletes does without.
local core = require "studio.core"
local errors = require "studio.base.errors"
local parameters = require "studio.resource.parameters"

local form_of = core.form_of

local operations = {}

-- late: most programs that send parameters list nothing.
local function lists() return require "studio.resource.list" end

--- Raises: an operation was called as `flow.fetch(…)`, with a dot, so that its target is the program's first argument, or nothing.
-- @tparam string name the operation's
function operations.refuse_target(name)
  errors.misuse("call '%s' with a colon, not with a dot", name)
end

-- Writes the parameters of an operation as a form; or gives nil and an error.
local function make_form(target, operation, params, options)
  local list, err = parameters.collect(operation.rows, params, target.caller)
  err = target.problem or err
  if err then return nil, err end
  if options then parameters.add_extra(list, options.extra, "options.extra") end
  return core.form(list)
end

-- The rows of an operation as `core.form_of` takes them, made on first use.
local function flatten(operation)
  operation.flat_rows = parameters.flat(operation.rows)
  return operation.flat_rows
end

local function read_options(target, given, rows)
  parameters.refuse_misplaced(given, rows)
  return require("studio.resource.call_options").check(target.caller, given) -- late:
end

--- Sends one operation at a target: a collection, a handle, or a thing of which there is one.
-- @tparam table target
-- @tparam table operation `method`, `rule`, `path` (of what lies below the target), `rows`, `flat_rows`
-- @tparam[opt] table params
-- @tparam[opt] table given_options call options
-- @return the value; or nil and an error
function operations.send(target, operation, params, given_options)
  local options = given_options and read_options(target, given_options, operation.rows)
  local path, body = target.path, nil
  if operation.path then path = path .. "/" .. operation.path end
  if params ~= nil or options or operation.method == "POST" then
    local is_plain = not target.problem and not (options and options.extra)
    local form, err = is_plain and form_of(operation.flat_rows or flatten(operation), params), nil
    if not form then form, err = make_form(target, operation, params, options) end
    if err then return nil, err end
    if operation.method == "POST" then
      body = form
    elseif form ~= "" then
      path = path .. "?" .. form
    end
  elseif target.problem then
    return nil, target.problem
  end
  return target.caller:perform({
    method = operation.method, service = target.service, target = path, body = body, rule = operation.rule,
  }, options)
end

local function check_collection(collection, name)
  if type(collection) ~= "table" or rawget(collection, "caller") == nil then operations.refuse_target(name) end
end

-- The parameters of a list operation: its own, and those that all have.
local function list_rows(own_rows)
  local all = { also_known = lists().own_parameters }
  for _, row in ipairs(own_rows) do all[#all + 1] = row end
  for _, row in ipairs(lists().rows) do all[#all + 1] = row end
  return all
end

--- Carries out a list operation.
-- @tparam string name `"page"`, `"pages"`, `"each"` or `"list"`
-- @tparam table declared `own_rows`, the parameters that the declaration has; all that the operation takes are kept beside them, as rows
-- @tparam table collection
-- @tparam[opt] table params
-- @tparam[opt] table options call options
-- @return as the function of that name in `studio.resource.list`
function operations.run_list(name, declared, collection, params, options)
  check_collection(collection, name)
  declared.rows = declared.rows or list_rows(declared.own_rows)
  if options then parameters.refuse_misplaced(options, declared.rows) end
  return lists()[name](collection, declared.rows, params, options)
end

--- The page at a URL that was saved.
-- @tparam table collection
-- @tparam string url
-- @tparam[opt] table options call options
-- @return as `page_at` in `studio.resource.list`
function operations.page_at(collection, url, options)
  check_collection(collection, "page_at")
  return lists().page_at(collection, url, options)
end

return operations
