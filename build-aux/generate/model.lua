--- What the declarations of lua/studio/api say, in the order in which annotations and reference pages tell it.
local api = require "studio.api"

local model = {}

--- The keys of a table, sorted; `first` before the others where it is among them.
function model.sorted(set, first)
  local names = {}
  for name in pairs(set or {}) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    if (a == first) ~= (b == first) then return a == first end
    return a < b
  end)
  return names
end

--- `test_users` → `TestUsers`.
function model.camel(name)
  return (name:gsub("_?(%l)([%l%d]*)", function(head, rest) return head:upper() .. rest end))
end

-- One entry for a collection or a thing of which there is one: `class` (of its records), `path` (as Lua reaches it), `wire` (its URL).
local function add(entries, version_name, declaration, name, key, owner_class, lua_path, wire)
  local entry = {
    version = version_name, declaration = declaration, name = name, key = key, is_collection = declaration.member ~= nil,
    lua_path = lua_path, wire = wire, children = {},
    class = owner_class .. model.camel(name), member = declaration.member or declaration,
  }
  entry.id_name = declaration.id_field or "sid"
  entries[#entries + 1] = entry
  local here = entry.is_collection and ("%s(%s)"):format(lua_path, entry.id_name) or lua_path
  local below = entry.is_collection and ("%s/{%s}"):format(wire, entry.id_name) or wire
  for _, child_key in ipairs(model.sorted(entry.member.children)) do
    local child = entry.member.children[child_key]
    -- Steps of Engagements and of Executions differ; all else has a name of its own.
    local prefix = (child.name == "step" or name == "step") and entry.class or owner_class
    entry.children[#entry.children + 1] = add(entries, version_name, child, child.name, child_key, prefix,
      here .. "." .. child_key, below .. "/" .. child.path)
  end
  return entry
end

--- Every collection and thing of one version, each before what lies below it.
-- @tparam string version_name
-- @treturn {table,...}
function model.entries(version_name)
  local version, entries = api.versions[version_name], {}
  for _, key in ipairs(model.sorted(version.collections)) do
    local outline = version.collections[key]
    add(entries, version_name, version.declarations()[key], outline.name, key, ("studio.%s."):format(version_name),
      ("client.%s.%s"):format(version_name, key), version.path .. "/" .. outline.path)
  end
  return entries
end

-- The operations that annotations and reference pages know, in their order: those of the collection first.
local verbs = {
  { name = "create", method = "POST" }, { name = "validate", method = "POST" }, { name = "list", method = "GET" },
  { name = "fetch", on_member = true, method = "GET" }, { name = "update", on_member = true, method = "POST" },
  { name = "delete", on_member = true, method = "DELETE" },
}

-- What a declaration has beside its operations.
local is_field = {
  name = true, path = true, key = true, id = true, id_field = true, member = true, children = true, doc = true, fields = true,
  columns = true,
}
for _, verb in ipairs(verbs) do is_field[verb.name] = true end

local function refuse_unknown(entry, declaration)
  for name in pairs(declaration) do
    if not is_field[name] then
      error(("the declaration of %s has '%s', which build-aux/generate/model.lua does not know"):format(entry.lua_path, name), 0)
    end
  end
end

--- The operations of an entry, those of the collection first: `{ verb, rows, on_member, method, wire }`.
function model.operations(entry)
  local operations = {}
  local member_wire = entry.is_collection and ("%s/{%s}"):format(entry.wire, entry.id_name) or entry.wire
  refuse_unknown(entry, entry.declaration)
  refuse_unknown(entry, entry.member)
  for _, verb in ipairs(verbs) do
    local rows = (verb.on_member and entry.member or entry.declaration)[verb.name]
    if rows then
      local wire = verb.on_member and member_wire or entry.wire
      if rows.path then wire = wire .. "/" .. rows.path end
      operations[#operations + 1] = {
        verb = verb.name, rows = rows, on_member = verb.on_member or false, method = verb.method, wire = wire,
      }
    end
  end
  return operations
end

--- The services that a program may ask, that of Studio first.
model.services = {}
for _, name in ipairs(model.sorted(api.services, "studio")) do
  if not api.services[name].is_internal then model.services[#model.services + 1] = name end
end

--- The versions of each service in turn, as they are told.
model.versions = {}
for _, service in ipairs(model.services) do
  for _, name in ipairs(model.sorted(api.versions)) do
    if api.versions[name].service == service then model.versions[#model.versions + 1] = name end
  end
end
assert(#model.versions == #model.sorted(api.versions), "a version in lua/studio/api/init.lua is of no service that programs may ask")

--- How a version is called: `Studio v2`.
function model.title(version_name)
  local version = api.versions[version_name]
  return model.camel(version.service) .. " " .. version.path:match "[^/]+$"
end

return model
