--- Messages about names that the tree of operations does not have.
local api = require "studio.api"
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"
local names = require "studio.base.names"
local suggest = require "studio.base.suggest"

local misuse = errors.misuse

local unknown = {}

-- Every collection and single thing of a version: `visit(declaration, name, path)` gets each with its own name and the way to it.
local function each_declared(version_name, visit)
  local version = api.versions[version_name]
  local function walk(declaration, own_name, path)
    visit(declaration, own_name, path)
    local inside = path .. (declaration.member and "(id)" or "")
    for child_name, child in pairs((declaration.member or declaration).children or {}) do
      walk(child, child.name, ("%s.%s"):format(inside, child_name))
    end
  end
  for key, outline in pairs(version.collections) do
    walk(version.declarations()[key], outline.name, ("client.%s.%s"):format(version_name, key))
  end
end

-- What other libraries call the operations.
local habits = {
  get = "fetch", retrieve = "fetch", find = "fetch", read = "fetch", show = "fetch", remove = "delete", destroy = "delete", add = "create",
  new = "create", insert = "create", start = "create", trigger = "create", execute = "create", set = "update", save = "update",
  patch = "update", edit = "update", all = "list", index = "list", stream = "each", iter = "each", iterate = "each",
}

-- Every name of the tree, each once.
local function all_names()
  local found = {}
  for version_name in pairs(api.versions) do
    each_declared(version_name, function(_, _, path) found[path:match("[0-9A-Za-z_]+$")] = true end)
  end
  return names.sorted(found)
end

-- Where the tree has what is called so, the shortest way of each version; an empty text where it has none.
local function places_of(name)
  local ways = {}
  for _, version_name in ipairs(names.sorted(api.versions)) do
    local found
    each_declared(version_name, function(_, _, path)
      if path:match("[0-9A-Za-z_]+$") == name and (not found or #path < #found or #path == #found and path < found) then found = path end
    end)
    ways[#ways + 1] = found
  end
  return ways[1] and (": did you mean %s?"):format(table.concat(ways, " or ")) or ""
end

-- Where another version of the API has, at the same thing, what is missing here; an empty text where none has.
local function elsewhere(class, is_collection, name)
  for _, version_name in ipairs(names.sorted(api.versions)) do
    local found
    each_declared(version_name, function(declaration, own_name, path)
      if own_name ~= class.name then return end
      local member = declaration.member or declaration
      if is_collection and declaration[name] and declaration[name] ~= declaration.fields then
        found = ("%s:%s"):format(path, name)
      elseif not is_collection and member.children and member.children[name] then
        found = ("%s(id).%s"):format(path, name)
      elseif not is_collection and member[name] and name ~= "children" then
        found = ("%s(id):%s"):format(path, name)
      end
    end)
    if found then return (": there is %s"):format(found) end
  end
  return ""
end

-- The names that a program may use of a class's methods; the others are between the files of this folder.
local function public_names(class)
  local known = {}
  for name, method in pairs(class.methods) do
    if type(method) == "function" and name ~= "resource_metatable" and name ~= "handle" then known[#known + 1] = name end
  end
  for name in pairs(class.children or {}) do known[#known + 1] = name end
  ascii.sort(known)
  return known
end

local function has_public(class, name)
  for _, known in ipairs(public_names(class)) do
    if known == name then return true end
  end
  return false
end

-- An operation that other libraries call so; an empty text where the class has none such.
local function by_habit(class, name)
  local meant = habits[name]
  return meant and has_public(class, meant) and (": did you mean '%s'?"):format(meant) or ""
end

-- A collection's name asked of its member; an empty text where the collection has none such either.
local function in_collection_of(class, name)
  local collection = class.collection
  if not collection or not has_public(collection, name) then return "" end
  return (": the collection has it, %s:%s"):format(collection.key, name)
end

-- A member's name asked of its collection.
local function in_member_of(class, name)
  local member = class.member
  if member.fill then member.fill() end
  if not has_public(member, name) then return "" end
  return (": a member has it, %s(%s)%s%s"):format(class.key, class.id_field, member.children[name] and "." or ":", name)
end

-- A field of what the service answers, asked of a handle.
local function in_answer_of(class, name)
  local fields = class.collection and class.collection.all_fields or class.fields
  if not fields or not fields[name] then return "" end
  return (": it is a field of what fetch gives (:fetch().%s)%s"):format(name, suggest(name, public_names(class)))
end

local function first_of(...)
  for index = 1, select("#", ...) do
    local text = select(index, ...)
    if text ~= "" then return text end
  end
end

-- Where the tree has what is nearly called so; an empty text where it has nothing.
local function near_places_of(name)
  local _, near = suggest(name, all_names())
  return near and places_of(near) or ""
end

--- Raises, where a client is asked for a name that it does not have.
-- @tparam string name
-- @tparam {string,...} known the client's methods
function unknown.in_client(name, known)
  if not names.is_slip(name) then return nil end
  for version_name in pairs(api.versions) do known[#known + 1] = version_name end
  ascii.sort(known)
  misuse("the client has no '%s'%s", name, first_of(
    places_of(name), (suggest(name, known)), near_places_of(name), suggest(name, known, "names")))
end

--- Raises, where a version of the API is asked for a collection that it does not have.
-- @tparam string version_name `"v1"`, `"v2"` or `"flex"`
-- @tparam string name
function unknown.in_version(version_name, name)
  if not names.is_slip(name) then return nil end
  local known = names.sorted(api.versions[version_name].collections)
  misuse("client.%s has no '%s'%s", version_name, name, first_of(
    places_of(name), (suggest(name, known)), near_places_of(name), suggest(name, known, "collections")))
end

--- Raises, where a handle, or a thing of which there is one, is asked for a name that it does not have.
-- @tparam table class
-- @tparam string name
function unknown.in_handle(class, name)
  if not names.is_slip(name) then return nil end
  local meant = habits[name] or name
  misuse("the handle of %s has no '%s'%s", class.name, name, first_of(
    by_habit(class, name), in_collection_of(class, meant), in_answer_of(class, name), elsewhere(class, false, name),
    suggest(name, public_names(class), "names")))
end

--- Raises, where a collection is asked for a name that it does not have, or is indexed with what belongs into a call.
-- @tparam table class
-- @param name
function unknown.in_collection(class, name)
  if type(name) == "number" then misuse("'%s' holds no records: walk the list with :each(), or ask for it with :list()", class.key) end
  if type(name) == "string" and name:find("^[A-Z][A-Z]%x+$") and #name == 34 then
    misuse("a member of '%s' is reached by a call: write %s(\"%s...\")", class.key, class.key, name:sub(1, 6))
  end
  if not names.is_slip(name) then return nil end
  local meant = habits[name] or name
  misuse("'%s' has no '%s'%s", class.key, name, first_of(
    by_habit(class, name), in_member_of(class, meant), elsewhere(class, true, meant), suggest(name, public_names(class), "names")))
end

--- Raises where a collection was called and what it was called with names no member of it.
-- @tparam table collection
-- @tparam table|nil id a table of the program's own does not raise here: it is no SID, which the type of the id says
function unknown.in_call(collection, id)
  local class = collection.class
  if id == nil then misuse("this needs a %s; to walk the list call :each()", class.id_field) end
  local metatable = getmetatable(id)
  local is_ours = type(metatable) == "table" and tostring(metatable.__name):find("^studio%.")
  if not is_ours and rawget(id, class.key) ~= collection then return end
  misuse("'%s' is reached with a dot, not with a colon: write .%s(%s)", class.key, class.key, class.id_field)
end

return unknown
