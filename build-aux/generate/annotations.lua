--- types/studio.lua: the annotations for the Lua language server, of what the declarations say. What they do not say (the client, options,
-- errors, tasks) is in annotations.txt beside this file.
local model = require "generate.model"

local field_types = {
  string = "string", integer = "integer", boolean = "boolean", datetime = "string", strings = "string[]", table = "table<string, string>",
  any = "any",
}

local function parameters_class(out, class, rows, own)
  out("---@class %s%s", class, own and ": " .. own or "")
  for _, row in ipairs(rows) do
    local kind = row[3][1] and class .. "." .. model.camel(row[1]) or row[3].lua
    out("---@field %s%s %s %s", row[1], row.required and "" or "?", kind, row.doc)
  end
  out ""
  for _, row in ipairs(rows) do
    if row[3][1] then parameters_class(out, class .. "." .. model.camel(row[1]), row[3]) end
  end
end

local function method(out, owner, name, parameters, result)
  local required = parameters and parameters.required
  if parameters then out("---@param parameters%s %s", required and "" or "?", parameters.class) else out "---@param parameters? nil" end
  out "---@param options? studio.CallOptions"
  for _, line in ipairs(result) do out("---@return %s", line) end
  out("function %s:%s(parameters, options) end", owner, name)
  out ""
end

local function one_or_error(class) return { class .. "? value", "studio.Error? err" } end

local function needs_any(rows)
  for _, row in ipairs(rows) do
    if row.required then return true end
  end
end

local function list_methods(out, owner, entry, class)
  local list_class, page_class = class .. ".ListParameters", class .. ".Page"
  parameters_class(out, list_class, entry.declaration.list, "studio.ListParameters")
  out("---@class %s", page_class)
  out("---@field items %s[] the records", class)
  out "---@field meta table what the service says of the page"
  out "---@field next_page_url? string"
  out "---@field previous_page_url? string"
  out "local Page = {}"
  out ""
  for _, name in ipairs { "next", "previous" } do
    out("---@return %s? page nil where there is none", page_class)
    out "---@return studio.Error? err"
    out("function Page:%s() end", name)
    out ""
  end
  method(out, owner, "list", { class = list_class }, one_or_error(class .. "[]"))
  method(out, owner, "each", { class = list_class }, { ("fun(): %s iterator; raises a studio.Error"):format(class) })
  method(out, owner, "pages", { class = list_class }, { ("fun(): %s iterator; raises a studio.Error"):format(page_class) })
  method(out, owner, "page", { class = list_class }, one_or_error(page_class))
  out "---@param url string a saved `next_page_url`"
  out "---@param options? studio.CallOptions"
  for _, line in ipairs(one_or_error(page_class)) do out("---@return %s", line) end
  out("function %s:page_at(url, options) end", owner)
  out ""
end

local function result_of(operation, class)
  if operation.verb == "delete" then return { "true? deleted", "studio.Error? err" } end
  if operation.verb == "validate" then return { "{ valid: boolean }? value", "studio.Error? err" } end
  return one_or_error(class)
end

local function operation_method(out, owner, operation, class)
  local parameters
  if #operation.rows > 0 then
    local name = class .. "." .. model.camel(operation.verb) .. "Parameters"
    parameters = { class = name, required = needs_any(operation.rows) }
  end
  method(out, owner, operation.verb, parameters, result_of(operation, class))
end

local function member_methods(out, owner, entry, class)
  for _, operation in ipairs(model.operations(entry)) do
    if operation.on_member then operation_method(out, owner, operation, class) end
  end
end

local function child_fields(out, entry)
  for _, child in ipairs(entry.children) do
    out("---@field %s %s", child.key, child.class .. (child.is_collection and ".Collection" or ".Handle"))
  end
end

local function entry_classes(out, entry)
  local class, declaration = entry.class, entry.declaration
  for _, operation in ipairs(model.operations(entry)) do
    if #operation.rows > 0 and operation.verb ~= "list" then
      parameters_class(out, class .. "." .. model.camel(operation.verb) .. "Parameters", operation.rows)
    end
  end
  out("---%s", declaration.doc)
  out("---@class %s", class)
  for _, name in ipairs(model.sorted(declaration.fields, "sid")) do
    out("---@field %s? %s", name, field_types[declaration.fields[name]])
  end
  child_fields(out, entry)
  out "local Record = {}"
  out ""
  member_methods(out, "Record", entry, class)
  out("---@class %s.Handle", class)
  child_fields(out, entry)
  out "local Handle = {}"
  out ""
  member_methods(out, "Handle", entry, class)
  if not entry.is_collection then return end
  out("---@class %s.Collection", class)
  out("---@overload fun(%s: %s): %s.Handle", entry.id_name, declaration.id.lua, class)
  out "local Collection = {}"
  out ""
  for _, operation in ipairs(model.operations(entry)) do
    if not operation.on_member and operation.verb ~= "list" then operation_method(out, "Collection", operation, class) end
  end
  if declaration.list then list_methods(out, "Collection", entry, class) end
end

local function version_fields()
  local lines = {}
  for index, version in ipairs(model.versions) do lines[index] = ("---@field %s studio.%s"):format(version, version) end
  return table.concat(lines, "\n")
end

--- Writes the file.
-- @tparam function out (format, …), one line
-- @tparam string preamble what the declarations do not say; `<versions>` and `<services>` stand for what they do say
return function(out, preamble)
  out "---@meta studio"
  out "-- Made by `make generate` from lua/studio/api and build-aux/generate/annotations.txt: change those."
  out "-- It has what `studio` and a client give; for studio.flow, studio.executions and studio.emulator see docs/."
  out ""
  local placeholders = { versions = version_fields(), services = '"' .. table.concat(model.services, '"|"') .. '"' }
  out("%s", (preamble:gsub("\n$", ""):gsub("<(%l+)>", placeholders)))
  out ""
  for _, version in ipairs(model.versions) do
    local entries = model.entries(version)
    out("---%s", model.title(version))
    out("---@class studio.%s", version)
    for _, entry in ipairs(entries) do
      if entry.lua_path == ("client.%s.%s"):format(version, entry.key) then out("---@field %s %s.Collection", entry.key, entry.class) end
    end
    out ""
    for _, entry in ipairs(entries) do
      out("do -- %s", entry.lua_path)
      out ""
      entry_classes(out, entry)
      out "end"
      out ""
    end
  end
  out "return studio"
end
