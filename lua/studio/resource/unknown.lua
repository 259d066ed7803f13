--- Messages about names that the tree of operations does not have.
local api = require "studio.api"
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"
local suggest = require "studio.base.suggest"

local misuse = errors.misuse

local unknown = {}

-- Whether a name is a slip of the program's. Keys that Lua code asks any table for are none: names of metamethods, other names that begin
-- with an underscore, and keys that are no names.
local function is_slip(name)
  return type(name) == "string" and name:find("^[A-Za-z][A-Za-z0-9_]*$") ~= nil
end

local function sorted_keys(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  ascii.sort(names)
  return names
end

-- Every declaration called `name` in a version: `visit(declaration, path)` gets each with the way to it.
local function each_declared(version_name, name, visit)
  local version = api.versions[version_name]
  local function walk(declaration, own_name, path)
    local member = declaration.member or declaration
    if own_name == name then visit(declaration, path) end
    for child_name, child in pairs(member.children or {}) do
      walk(child, child.name, ("%s%s.%s"):format(path, declaration.member and "(id)" or "", child_name))
    end
  end
  for key, outline in pairs(version.collections) do
    walk(version.declarations()[key], outline.name, ("client.%s.%s"):format(version_name, key))
  end
end

-- Where another version of the API has what is missing here; an empty text where none has.
local function elsewhere(class, is_collection, name)
  for _, version_name in ipairs(sorted_keys(api.versions)) do
    local found
    each_declared(version_name, class.name, function(declaration, path)
      local member = declaration.member or declaration
      if is_collection and declaration[name] then
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
  local names = {}
  for name, method in pairs(class.methods) do
    if type(method) == "function" and name ~= "resource_metatable" and name ~= "handle" then names[#names + 1] = name end
  end
  for name in pairs(class.children or {}) do names[#names + 1] = name end
  ascii.sort(names)
  return names
end

--- Raises, where a client is asked for a name that it does not have.
-- @tparam string name
-- @tparam {string,...} known the client's methods
function unknown.in_client(name, known)
  if not is_slip(name) then return nil end
  local ways = {}
  for _, version_name in ipairs(sorted_keys(api.versions)) do
    if api.versions[version_name].collections[name] then table.insert(ways, 1, ("client.%s.%s"):format(version_name, name)) end
  end
  if #ways > 0 then misuse("the client has no '%s': did you mean %s?", name, table.concat(ways, " or ")) end
  for version_name in pairs(api.versions) do known[#known + 1] = version_name end
  misuse("the client has no '%s'%s", name, suggest(name, known, "names"))
end

--- Raises, where a version of the API is asked for a collection that it does not have.
-- @tparam string version_name `"v1"`, `"v2"` or `"flex"`
-- @tparam string name
function unknown.in_version(version_name, name)
  if not is_slip(name) then return nil end
  local known = sorted_keys(api.versions[version_name].collections)
  misuse("client.%s has no '%s'%s", version_name, name, suggest(name, known, "collections"))
end

--- Raises, where a handle, or a thing of which there is one, is asked for a name that it does not have.
-- @tparam table class
-- @tparam string name
function unknown.in_handle(class, name)
  if not is_slip(name) then return nil end
  local hint = elsewhere(class, false, name)
  misuse("the handle of %s has no '%s'%s", class.name, name, hint ~= "" and hint or suggest(name, public_names(class), "names"))
end

--- Raises, where a collection is asked for a name that it does not have, or is indexed with what belongs into a call.
-- @tparam table class
-- @param name
function unknown.in_collection(class, name)
  if type(name) == "number" then misuse("'%s' holds no records: walk the list with :each(), or ask for it with :list()", class.key) end
  if type(name) == "string" and name:find("^[A-Z][A-Z]%x+$") and #name == 34 then
    misuse("a member of '%s' is reached by a call: write %s(\"%s...\")", class.key, class.key, name:sub(1, 6))
  end
  if not is_slip(name) then return nil end
  local hint = elsewhere(class, true, name)
  misuse("'%s' has no '%s'%s", class.key, name, hint ~= "" and hint or suggest(name, public_names(class), "names"))
end

return unknown
