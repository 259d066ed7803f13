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

--- The operations of an entry, those of the collection first: `{ verb, rows, on_member, method, wire }`.
function model.operations(entry)
  local declaration, member, operations = entry.declaration, entry.member, {}
  local member_wire = entry.is_collection and ("%s/{%s}"):format(entry.wire, entry.id_name) or entry.wire
  local function note(verb, rows, on_member, method, wire)
    operations[#operations + 1] = { verb = verb, rows = rows, on_member = on_member, method = method, wire = wire }
  end
  if entry.is_collection then
    if declaration.create then note("create", declaration.create, false, "POST", entry.wire) end
    if declaration.validate then note("validate", declaration.validate, false, "POST", entry.wire .. "/" .. declaration.validate.path) end
    if declaration.list then note("list", declaration.list, false, "GET", entry.wire) end
  end
  if member.fetch then note("fetch", member.fetch, true, "GET", member_wire) end
  if member.update then note("update", member.update, true, "POST", member_wire) end
  if member.delete then note("delete", member.delete, true, "DELETE", member_wire) end
  return operations
end

--- The versions, in the order in which they are told.
model.versions = { "v1", "v2", "flex" }

--- How each version is called.
model.titles = { v1 = "Studio v1", v2 = "Studio v2", flex = "Flex v1" }

return model
