--- From declarations to collections, handles and resources: one engine for all operations.
--
-- A declaration is a table that reads like the reference page, see `studio.api.v1`. A collection has `path`, `id` (the type of a member's
-- name), `key` and `member`; a member, and a single thing such as a context, has its operations and, in `children`, what lies below it.
local errors = require "studio.base.errors"
local names = require "studio.base.names"

local resource = {}

-- late: a program that fetches and deletes has no parameters, no options and no lists.
local function operations() return require "studio.resource.operation" end
-- late: only a program with a slip in a name needs it.
local function unknown() return require "studio.resource.unknown" end

-- operations --------------------------------------------------------------------------------------------------------------------

local send -- that of `studio.resource.operation`, once it is needed

-- Makes the method of an operation that is one request: function(target, parameters, options) → a resource of the target, or for an
-- operation that is `plain` what the answer is.
local function sender(operation, name)
  local method, rule, is_plain = operation.method, operation.rule, operation.plain
  -- A GET or DELETE of the target itself needs no form, where the program gives neither parameters nor options.
  local is_bare = method ~= "POST" and not operation.path
  -- The table of a call that has ended serves the next one: making one anew takes the hundredth part of a fetch.
  local spare = false
  return function(target, params, options)
    local caller = type(target) == "table" and target.caller or operations().refuse_target(name)
    local record, err
    if is_bare and params == nil and options == nil then
      if target.problem then return nil, target.problem end
      local call = spare or { method = method, rule = rule, service = false, target = false }
      spare = false
      call.service, call.target = target.service, target.path
      record, err = caller:perform(call)
      spare = call
    else
      send = send or operations().send
      record, err = send(target, operation, params, options)
    end
    if not record then return nil, err end
    if is_plain then return record end
    return setmetatable(record, target.made_resource_metatable or target:resource_metatable())
  end
end

-- The method and the kind of answer of each verb in a declaration; `plain` answers become no resource.
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
    methods[name] = function(collection, params, options) return operations().run_list(name, declared, collection, params, options) end
  end
  function methods.page_at(collection, url, options) return operations().page_at(collection, url, options) end
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

local function describe(object) return ("%s %s"):format(getmetatable(object).__name, object.path) end

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
    local fill_now = class.fill -- none, where a finalizer or a hook has had it filled since this function was looked up
    if fill_now then fill_now() end
    return object[key]
  end
end

-- Shared by handles and by things of which there is one: methods first, then what lies below, made on first use and kept.
local function index_with_children(class)
  local methods, children = class.methods, class.children
  return function(self, key)
    local method = methods[key]
    if method ~= nil then return method end
    local child = children[key]
    if not child then return unknown().in_handle(class, key) end
    local made = instantiate(child, self.caller, self.service, self.path, self.problem)
    rawset(self, key, made)
    return made
  end
end

-- The methods that a resource has: those of its handle, asked for through it.
local function forwarded(mt, handle_of, name)
  return function(record, params, options)
    if getmetatable(record) ~= mt then operations().refuse_target(name) end
    local handle = handle_of(record)
    return handle[name](handle, params, options)
  end
end

-- A metatable for the records of one collection or handle; `handle_of(record)` finds the handle. Only what is missing in a record
-- asks here, so a data field wins over a method of the same name.
local function resource_metatable(class, handle_of)
  local fill_now = class.fill
  if fill_now then fill_now() end
  local mt = {
    __name = "studio." .. class.name,
    __call = names.refuse_call(("a resource is not called: this %s has its methods behind a colon"):format(class.name)),
  }
  local forwards = {}
  for name in pairs(class.methods) do
    if verbs[name] then forwards[name] = forwarded(mt, handle_of, name) end
  end
  local children = class.children
  function mt.__index(record, key)
    return forwards[key] or (children[key] and handle_of(record)[key]) or nil
  end
  function mt.__tostring(record)
    local sid, status = rawget(record, "sid"), rawget(record, "status")
    return mt.__name .. (type(sid) == "string" and " " .. sid or "") .. (type(status) == "string" and (" (%s)"):format(status) or "")
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

-- A class for what has one address: a member of a collection, or a thing of which there is one. `resource_metatable_of(class)` gives the
-- method `resource_metatable` of its handles.
local function make_addressed(declaration, name, resource_metatable_of)
  local class = {
    name = name, path = declaration.path,
    mt = {
      __name = ("studio.%s.handle"):format(name), __tostring = describe,
      __call = names.refuse_call(("the handle of %s is not called: what lies below it is reached with a dot"):format(name)),
    },
  }
  fill_later(class, function()
    class.methods, class.children, class.fields = methods_of(declaration), declared_children(declaration), declaration.fields
    class.methods.resource_metatable, class.methods.made_resource_metatable = resource_metatable_of(class), false
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
  if problem then
    local redaction = require "studio.request.redaction" -- late: what is no SID may be a secret in the wrong place
    problem.message = redaction.of(self.caller).value(problem.message)
  end
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

-- `outline` has the collection's `name` and `path`; the rest of its declaration stands there, too, or `find` gives it.
function make_collection(outline, find)
  local class = { name = outline.name, path = outline.path }
  class.mt = {
    __name = ("studio.%s.collection"):format(class.name), __tostring = describe,
    __call = function(self, id)
      if id == nil or type(id) == "table" then unknown().in_call(self, id) end
      return collection_methods.handle(self, id)
    end,
  }
  fill_later(class, function()
    local declaration = find and find() or outline
    class.identify, class.key, class.id_field = declaration.id.check, declaration.key, declaration.id_field or "sid"
    class.member = make_addressed(declaration.member, class.name, metatable_of_member)
    -- The filters that its list takes, for programs over the library.
    class.takes = {}
    for _, row in ipairs(declaration.list or {}) do class.takes[row[1]] = true end
    class.member.collection, class.all_fields = class, declaration.fields
    local methods = methods_of(declaration)
    for name, method in pairs(collection_methods) do methods[name] = method end
    -- Made when they are first needed, and kept in the collection then.
    methods.made_resource_metatable, methods.made_page_refuser, methods.made_page_metatable = false, false, false
    methods.class, class.methods = class, methods
    return setmetatable(methods, { __index = function(_, key) return unknown().in_collection(class, key) end })
  end)
  return class
end

--- Makes the classes of one API version, which serve any number of clients.
-- @tparam string version_name
-- @tparam table version an entry of `versions` in `studio.api`; its declarations are not read until they are needed
-- @treturn function(caller) → table of collections
function resource.define(version_name, version)
  local classes = {}
  for name, outline in pairs(version.collections) do
    classes[name] = make_collection(outline, function() return version.declarations()[name] end)
  end
  local version_mt = {
    __name = "studio." .. version_name,
    __tostring = function() return "studio." .. version_name end,
    __call = names.refuse_call(("client.%s is not called: what lies below it is reached with a dot"):format(version_name)),
    __index = function(_, name) return unknown().in_version(version_name, name) end,
  }
  return function(caller)
    local bound = {}
    for name, class in pairs(classes) do bound[name] = instantiate(class, caller, version.service, version.path) end
    return setmetatable(bound, version_mt)
  end
end

return resource
