--- From declarations to collections, handles and resources: one engine for all operations.
--
-- A declaration is a table that reads like the reference page. A collection has `path`, `sid` (the type of what names a member),
-- `key` and `member`; a member, and a thing of which there is one only, has its operations and what lies below it.
local later = require "studio.later"
local errors = require "studio.base.errors"
local operations = later("studio.resource.operations", "studio.resource.call_options", "studio.resource.list", "studio.resource.parameters")

local resource = {}

-- operations --------------------------------------------------------------------------------------------------------------------

-- For operations whose answer is a resource of `target`.
local function sender(operation, name)
  local method, rule, is_plain = operation.method, operation.rule, operation.plain
  -- Without parameters there is nothing to make of most.
  local is_bare = method ~= "POST" and not operation.path
  return function(target, params, options)
    local caller = type(target) == "table" and target.caller or operations.refuse_target(name)
    local record, err
    if is_bare and params == nil and options == nil and not target.problem then
      record, err = caller:call(method, target.service, target.path, nil, rule)
    else
      record, err = operations.send(target, operation, params, options)
    end
    if not record then return nil, err end
    if is_plain then return record end
    return setmetatable(record, target.made_resource_metatable or target:resource_metatable())
  end
end

-- What each verb of a declaration does.
local verbs = {
  create = { method = "POST", rule = "resource" },
  update = { method = "POST", rule = "resource" },
  validate = { method = "POST", rule = "resource", plain = true },
  fetch = { method = "GET", rule = "resource" },
  delete = { method = "DELETE", rule = "nothing", plain = true },
}

local function add_lists(methods, own_rows)
  local declared = { own_rows = own_rows }
  for _, name in ipairs { "page", "pages", "each", "list" } do
    methods[name] = function(collection, params, options) return operations.list(name, declared, collection, params, options) end
  end
  function methods.page_at(collection, url, options) return operations.page_at(collection, url, options) end
end

local function methods_of(declaration)
  local methods = {}
  for verb, base in pairs(verbs) do
    local own = declaration[verb]
    if own then
      local operation = { method = base.method, rule = base.rule, plain = base.plain, path = own.path, rows = own, flat_rows = false }
      methods[verb] = sender(operation, verb)
    end
  end
  if declaration.list then add_lists(methods, declaration.list) end
  return methods
end

-- classes -----------------------------------------------------------------------------------------------------------------------

local make_collection, make_single

local function instantiate(class, caller, service, parent_path, problem)
  return setmetatable({
    caller = caller, service = service, path = parent_path .. "/" .. class.path, problem = problem or false,
  }, class.mt)
end

-- A class is filled when one of its objects is first asked for something: a program uses few of all there are. `fill()` gives what its
-- objects are indexed by from then on.
local function fill_later(class, fill)
  function class.fill()
    class.mt.__index = fill()
    class.fill = nil
  end
  function class.mt.__index(object, key)
    class.fill()
    return object[key]
  end
end

-- Shared by handles and by things of which there is one: methods first, then what lies below, made on first use and kept.
local function index_with_children(class)
  local methods, children = class.methods, class.children
  return function(self, key)
    local method = methods[key]
    if method then return method end
    local child = children[key]
    if not child then return nil end
    local made = instantiate(child, self.caller, self.service, self.path, self.problem)
    rawset(self, key, made)
    return made
  end
end

-- The methods that a resource has: those of its handle, asked for through it.
local function forwarded(mt, handle_of, name)
  return function(record, params, options)
    if getmetatable(record) ~= mt then operations.refuse_target(name) end
    local handle = handle_of(record)
    return handle[name](handle, params, options)
  end
end

-- A metatable for the records of one collection or handle; `handle_of(record)` finds the handle. Only what is missing in a record
-- asks here, so a data field wins over a method of the same name.
local function resource_metatable(class, handle_of)
  if class.fill then class.fill() end
  local mt = { __name = "studio." .. class.name }
  local forwards = {}
  for name in pairs(class.methods) do
    if verbs[name] then forwards[name] = forwarded(mt, handle_of, name) end
  end
  local children = class.children
  function mt.__index(record, key)
    return forwards[key] or (children[key] and handle_of(record)[key]) or nil
  end
  return mt
end

local function declared_children(declaration)
  local children = {}
  for name, child in pairs(declaration.children or {}) do
    children[name] = child.member and make_collection(child) or make_single(child)
  end
  return children
end

-- A class for what has one address: a member of a collection, or a thing of which there is one. `resource_metatable` is the method of that
-- name, given the class.
local function make_addressed(declaration, name, resource_metatable_of)
  local class = { name = name, path = declaration.path, mt = { __name = ("studio.%s.handle"):format(name) } }
  fill_later(class, function()
    class.methods, class.children = methods_of(declaration), declared_children(declaration)
    class.methods.resource_metatable = resource_metatable_of(class)
    return index_with_children(class)
  end)
  return class
end

function make_single(declaration)
  return make_addressed(declaration, declaration.name, function(class)
    return function(handle)
      local made = resource_metatable(class, function() return handle end)
      handle.made_resource_metatable = made
      return made
    end
  end)
end

local collection_methods = {}

--- The handle of one member; makes no request.
-- @tparam string id its SID (for revisions an integer, too); one that breaks its pattern shows when an operation is called
-- @treturn table a handle
function collection_methods:handle(id)
  local class = self.class
  local segment, problem = class.identify(id, class.id_field)
  -- A SID or a revision that fits its pattern is its own percent-encoding.
  return setmetatable({
    caller = self.caller, service = self.service, collection = self, problem = self.problem or problem or false,
    path = segment and self.path .. "/" .. segment or self.path, made_resource_metatable = self.made_resource_metatable,
  }, class.member.mt)
end

function collection_methods:resource_metatable()
  local made = self.made_resource_metatable
  if not made then
    local class = self.class
    made = resource_metatable(class.member, function(record)
      local id = rawget(record, class.id_field)
      -- Only revisions are numbers; what an answer has wrong is no misuse of the program's.
      if type(id) == "string" or (type(id) == "number" and class.id_field ~= "sid") then return self:handle(id) end
      local handle = setmetatable({ caller = self.caller, service = self.service, collection = self, path = self.path }, class.member.mt)
      handle.problem = errors.argument("this resource has no '%s' to find it by", class.id_field)
      return handle
    end)
    self.made_resource_metatable = made
  end
  return made
end

-- A member's answers are resources of its collection: one metatable for all of them.
local function metatable_of_member()
  return function(handle) return handle.collection:resource_metatable() end
end

-- `outline` is the declaration, or has its `name` and `path` alone: then `find` gives all of it.
function make_collection(outline, find)
  local class = { name = outline.name, path = outline.path }
  class.mt = {
    __name = ("studio.%s.collection"):format(outline.name),
    __call = function(self, id)
      if type(id) ~= "string" then operations.refuse_id(self, id) end
      return collection_methods.handle(self, id)
    end,
  }
  fill_later(class, function()
    local declaration = find and find() or outline
    class.identify, class.key, class.id_field = declaration.id, declaration.key, declaration.id_field or "sid"
    class.member = make_addressed(declaration.member, declaration.name, metatable_of_member)
    local methods = methods_of(declaration)
    for name, method in pairs(collection_methods) do methods[name] = method end
    methods.class = class
    return methods
  end)
  return class
end

--- Makes classes of the declarations of one API version, to be bound to any number of clients.
-- @tparam string service
-- @tparam string path that all of its paths begin with
-- @tparam table outlines name of a collection → its `name` and `path`, as they are declared
-- @tparam table api the declarations; not indexed until they are needed
-- @treturn function(caller) → table of collections
function resource.define(service, path, outlines, api)
  local classes = {}
  for name, outline in pairs(outlines) do
    classes[name] = make_collection(outline, function() return api.collections[name] end)
  end
  return function(caller)
    local bound = {}
    for name, class in pairs(classes) do bound[name] = instantiate(class, caller, service, path) end
    return bound
  end
end

return resource
