-- The declarations say of themselves what the annotations, the reference pages and the command are made of: each is held against the
-- recorded answers of the service.
local api = require "studio.api"
local json = require "studio.base.json"

-- Every collection, and every thing of which there is one: its declaration, and the path of a record of it as a pattern.
local declarations = {}

local function walk(declaration, name, version, path)
  local address = declaration.member and path .. "/[^/]+" or path
  declarations[#declarations + 1] = { declaration = declaration, name = name, version = version, pattern = "^" .. address .. "$" }
  for _, child in pairs((declaration.member or declaration).children or {}) do
    walk(child, child.name, version, address .. "/" .. child.path)
  end
end

for version_name, version in pairs(api.versions) do
  for key, outline in pairs(version.collections) do
    walk(version.declarations()[key], outline.name, version_name, version.path .. "/" .. outline.path)
  end
end

local kinds = { string = true, integer = true, boolean = true, datetime = true, strings = true, table = true, any = true }

local function each_row(rows, visit)
  for _, row in ipairs(rows or {}) do
    visit(row)
    if row[3][1] then each_row(row[3], visit) end
  end
end

describe("A declaration", function()
  for _, entry in ipairs(declarations) do
    local declaration = entry.declaration
    local member = declaration.member or declaration

    it(("of %s in %s says what it is, and what its records have"):format(entry.name, entry.version), function()
      assert.truthy(declaration.doc and declaration.doc:find "%.$")
      for name, kind in pairs(declaration.fields) do assert.truthy(kinds[kind], name) end
      for _, name in ipairs(declaration.columns) do assert.truthy(declaration.fields[name], name) end
    end)

    it(("of %s in %s says of each parameter what it is for"):format(entry.name, entry.version), function()
      for _, operation in ipairs { "create", "validate", "list" } do
        each_row(declaration[operation], function(row)
          assert.truthy(row.doc and row.doc:find "%.$", row[1])
          assert.truthy(row[3][1] or row[3].check and row[3].name and row[3].lua, row[1])
        end)
      end
      each_row(member.update, function(row) assert.truthy(row.doc, row[1]) end)
    end)
  end
end)

describe("The page of a list", function()
  local flows = require("spec.support").offline(require("spec.support").transport()).v1.flows

  it("is refused by another list's collection, whichever it is of", function()
    local seen = 0
    for _, entry in ipairs(declarations) do
      if entry.declaration.list then
        local segment = entry.pattern:match "([^/]+)/%[%^/%]%+%$$"
        local page, err = flows:page_at("https://studio.twilio.com/v9/Other/" .. segment)
        assert.is_nil(page)
        assert.truthy(err.message:find("it is of /v9/Other/" .. segment, 1, true), segment .. ": list_paths of studio.resource.list")
        seen = seen + 1
      end
    end
    assert.is_true(seen >= 9)
  end)
end)

local function declared_at(url)
  local path = url:match "^https?://[^/]+([^?]*)"
  for _, entry in ipairs(declarations) do
    if path:find(entry.pattern) then return entry.declaration end
  end
end

local function records_of(body)
  local key = type(body.meta) == "table" and body.meta.key
  return key and body[key] or { body }
end

local function fits(kind, value)
  if value == json.null or kind == "any" then return true end
  if kind == "integer" then return type(value) == "number" and value % 1 == 0 end
  if kind == "boolean" then return type(value) == "boolean" end
  if kind == "table" or kind == "strings" then return type(value) == "table" end
  return type(value) == "string" and (kind ~= "datetime" or value:find "^%d%d%d%d%-%d%d%-%d%dT" ~= nil)
end

describe("The fields that are declared", function()
  local listing = assert(io.popen "ls spec/data/answers/*.json")
  for path in listing:lines() do
    it("are all that " .. path:match "[^/]*$" .. " has", function()
      local file = assert(io.open(path))
      local body = assert(json.decode(file:read "*a"))
      file:close()
      for _, record in ipairs(records_of(body)) do
        local is_validation = path:find("flow-validate", 1, true)
        local declaration = is_validation and api.versions.v2.declarations().flows.validate or assert(declared_at(record.url))
        for field, value in pairs(record) do
          local kind = declaration.fields[field]
          assert.truthy(kind, field)
          assert.truthy(fits(kind, value), field)
        end
      end
    end)
  end
  listing:close()
end)

describe("The annotations in types/studio.lua", function()
  local file = assert(io.open "types/studio.lua")
  local text = file:read "*a"
  file:close()

  local function fields_of(class)
    local names = {}
    for name in text:match("%-%-%-@class " .. class .. "\n(.-)\n[^-]"):gmatch "%-%-%-@field ([%w_]+)" do names[#names + 1] = name end
    table.sort(names)
    return names
  end

  -- The names that a message about one that is far from all of them lists.
  local function listed(message)
    local names = {}
    for name in message:match "the options are ([^\n]+)":gmatch "[%w_]+" do names[#names + 1] = name end
    table.sort(names)
    return names
  end

  it("have every option of studio.new", function()
    local ok, message = pcall(require("studio").new, { zzzzzzzzzzzz = 1 })
    assert.is_false(ok)
    assert.same(listed(message), fields_of "studio.Options")
  end)

  it("have every option of a call", function()
    local client = require("spec.support").offline(require("spec.support").transport())
    local ok, message = pcall(function() client.v2.flows:list({}, { zzzzzzzzzzzz = 1 }) end)
    assert.is_false(ok)
    assert.same(listed(message), fields_of "studio.CallOptions")
  end)

  it("are Lua", function()
    assert((loadstring or load)(text)) -- luacheck: ignore 113
  end)
end)
