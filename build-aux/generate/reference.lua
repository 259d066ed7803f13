--- docs/reference/VERSION.md: what the declarations of one version say, for people; and the tree of the README.
local model = require "generate.model"

local reference = {}

local function type_words(row)
  local kind = row[3]
  if kind[1] then return "table, see below" end
  if kind.words then return "`" .. table.concat(kind.words, "`, `") .. "`" end
  if kind.prefix then return ("SID (`%s…`)"):format(kind.prefix) end
  local words = { json = "table, or JSON as a string", datetime = "ISO 8601 string or epoch seconds", texts = "array of strings" }
  local text = words[kind.name] or kind.lua
  if row.min and row.max then return ("%s, %d to %d"):format(text, row.min, row.max) end
  return text
end

local function parameter_table(out, rows, prefix)
  for _, row in ipairs(rows) do
    local required = row.required and " (required)" or ""
    out("| `%s%s`%s | %s | `%s` | %s |", prefix, row[1], required, type_words(row):gsub("|", "\\|"), row[2], row.doc)
    if row[3][1] then parameter_table(out, row[3], prefix .. row[1] .. ".") end
  end
end

local function call_of(entry, operation)
  local here = entry.lua_path
  if operation.on_member and entry.is_collection then here = ("%s(%s)"):format(here, entry.id_name) end
  local parameters = (#operation.rows > 0 or operation.verb == "list") and "parameters" or ""
  return ("%s:%s(%s)"):format(here, operation.verb, parameters)
end

local function entry_page(out, entry)
  out("## %s", entry.lua_path)
  out ""
  out("%s", entry.declaration.doc)
  out ""
  out "| call | request |"
  out "|---|---|"
  for _, operation in ipairs(model.operations(entry)) do
    out("| `%s` | %s `%s` |", call_of(entry, operation), operation.method, operation.wire)
  end
  out ""
  if entry.declaration.list then
    out "Beside `list` there are `each`, `pages`, `page` and `page_at`; all take `page_size`, `page`, `page_token`, `limit`, `read_ahead`."
    out ""
  end
  for _, operation in ipairs(model.operations(entry)) do
    if #operation.rows > 0 then
      out("Parameters of `%s`:", operation.verb)
      out ""
      out "| name | type | on the wire | |"
      out "|---|---|---|---|"
      parameter_table(out, operation.rows, "")
      out ""
    end
  end
  out "A record has:"
  out ""
  local words = {}
  for _, name in ipairs(model.sorted(entry.declaration.fields, "sid")) do
    words[#words + 1] = ("`%s` (%s)"):format(name, entry.declaration.fields[name])
  end
  out("%s.", table.concat(words, ", "))
  out ""
end

--- Writes the page of one version.
-- @tparam function out (format, …), one line
-- @tparam string version
function reference.page(out, version)
  out("# %s", model.title(version))
  out ""
  out "Made by `make generate` from the declarations in `lua/studio/api`. A field whose value is null is absent."
  out ""
  for _, entry in ipairs(model.entries(version)) do entry_page(out, entry) end
end

local list_words = "list each pages page"

--- The table of all operations, as the README has it.
-- @tparam function out (format, …), one line
function reference.tree(out)
  out "| path in Lua | operations |"
  out "|---|---|"
  for _, version in ipairs(model.versions) do
    for _, entry in ipairs(model.entries(version)) do
      local of_collection, of_member = {}, {}
      for _, operation in ipairs(model.operations(entry)) do
        local list = operation.on_member and of_member or of_collection
        list[#list + 1] = operation.verb == "list" and list_words or operation.verb
      end
      local words = {}
      if #of_collection > 0 then words[1] = ("`%s`"):format(table.concat(of_collection, " ")) end
      local of_one = ("`%s`"):format(table.concat(of_member, " "))
      words[#words + 1] = entry.is_collection and ("`(%s)`: %s"):format(entry.id_name, of_one) or of_one
      out("| `%s` | %s |", entry.lua_path, table.concat(words, "; "))
    end
  end
end

return reference
