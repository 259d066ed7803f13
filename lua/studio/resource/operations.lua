--- What an operation takes beyond its target: parameters, call options, lists; and what is said of those who call it wrongly. A module
-- of its own, for a program that fetches and deletes needs none of it.
local later = require "studio.later"
local call_options = later "studio.resource.call_options"
local core = require "studio.core"
local errors = require "studio.base.errors"
local paging = later "studio.resource.list"
local parameters = require "studio.resource.parameters"

local form_of = core.form_of
local misuse = errors.misuse

local operations = {}

-- What an operation sends of its parameters, as a form; or nil and an error.
local function make_form(target, operation, params, options)
  local list, err = parameters.collect(operation.rows, params)
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
  return call_options.check(target.caller, given)
end

--- Sends one operation at a target.
-- @tparam table target a collection, a handle, or a thing of which there is one
-- @tparam table operation `method`, `rule`, `path` (of what lies below the target), `rows`, `flat_rows`
-- @tparam table|nil params
-- @tparam table|nil given_options
-- @return the value, or nil and an error
function operations.send(target, operation, params, given_options)
  local options = given_options and read_options(target, given_options, operation.rows)
  local path, body = target.path, nil
  if operation.path then path = path .. "/" .. operation.path end
  if params ~= nil or options or operation.method == "POST" then
    local form, err = not options and not target.problem and form_of(operation.flat_rows or flatten(operation), params), nil
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
  if not options then return target.caller:call(operation.method, target.service, path, body, operation.rule) end
  return target.caller:perform({
    method = operation.method, service = target.service, target = path, body = body, rule = operation.rule,
  }, options)
end

--- Raises, where an operation was called with a dot for the colon: its first argument is the program's then, or nothing.
-- @tparam string name of the operation
function operations.refuse_target(name)
  misuse("call '%s' with a colon, not with a dot", name)
end

local function check_collection(collection, name)
  if type(collection) ~= "table" or collection.caller == nil then operations.refuse_target(name) end
end

-- The parameters of a list operation: its own, and those that all have.
local function list_rows(own_rows)
  local all = { also_known = paging.own_parameters }
  for _, row in ipairs(own_rows) do all[#all + 1] = row end
  for _, row in ipairs(paging.rows) do all[#all + 1] = row end
  return all
end

--- Carries out a list operation, see `studio.resource.list`.
-- @tparam string name `"page"`, `"pages"`, `"each"` or `"list"`
-- @tparam table declared `own_rows`, the parameters that the declaration has; keeps all there are as `rows`
-- @tparam table collection
-- @tparam table|nil params
-- @tparam table|nil options
-- @return those of the function of that name in `studio.resource.list`
function operations.list(name, declared, collection, params, options)
  check_collection(collection, name)
  declared.rows = declared.rows or list_rows(declared.own_rows)
  if options then parameters.refuse_misplaced(options, declared.rows) end
  return paging[name](collection, declared.rows, params, options)
end

--- See `paging.page_at`.
function operations.page_at(collection, url, options)
  check_collection(collection, "page_at")
  return paging.page_at(collection, url, options)
end

--- Raises, where what is given to a collection names no member; a number may be a revision.
-- @tparam table collection
-- @param id not a string
function operations.refuse_id(collection, id)
  local class = collection.class
  if id == nil then misuse("this needs a %s; to walk the list call :each()", class.id_field) end
  if type(id) ~= "table" then return end
  local metatable = getmetatable(id)
  local is_ours = type(metatable) == "table" and tostring(metatable.__name):find("^studio%.")
  if not is_ours and rawget(id, class.key) ~= collection then return end
  misuse("'%s' is reached with a dot, not with a colon: write .%s(%s)", class.key, class.key, class.id_field)
end

return operations
