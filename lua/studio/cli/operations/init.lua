--- The commands of the API, made from the declarations in `studio.api`: an operation is a command.
--
-- Of what a group is about there are `list`, `create`, `validate`, `get`, `update` and `delete`; what lies below one of them is a command
-- of its own name (`revisions`, `steps`, `context`), unless it can be created: then it is a group.
local api = require "studio.api"
local ascii = require "studio.base.ascii"
local text = require "studio.cli.text"

local operations = {}

local function with_step(before, step)
  local steps = {}
  for index, each in ipairs(before) do steps[index] = each end
  steps[#steps + 1] = step
  return steps
end

-- What output needs to know of the records that are declared.
local function spec_of(declaration, name)
  return {
    columns = declaration.columns, fields = declaration.fields, id_field = declaration.id_field, what = text.words(declaration.key or name),
  }
end

local is_reading = { list = true, fetch = true }

-- Adds a command; `maker` is the name of a function in one of the two modules that make them.
local function add(found, name, doc, maker, operation)
  found[#found + 1] = {
    name = name, doc = doc,
    open = function()
      if is_reading[maker] then return require("studio.cli.operations.reading")[maker](operation) end -- late: the command that is asked for
      return require("studio.cli.operations.changing")[maker](operation) -- late: the command that is asked for
    end,
  }
end

-- The sentence of each operation of a group's own thing.
local sentences = {
  list = function(declaration) return ("Lists the %s."):format(text.words(declaration.key)) end,
  fetch = function(_, name) return ("Shows %s."):format(text.a(name)) end,
  create = function(_, name) return ("Creates %s."):format(text.a(name)) end,
  update = function(_, name) return ("Changes %s."):format(text.a(name)) end,
  delete = function(_, name) return ("Deletes %s."):format(text.a(name)) end,
  validate = function(_, name) return ("Asks the service whether %s is valid."):format(text.a(name)) end,
}

-- In the order of the help: the operation and its name as a command.
local of_collection = { { "list", "list" }, { "create", "create" }, { "validate", "validate" } }
local of_member = { { "fetch", "get" }, { "update", "update" }, { "delete", "delete" } }

local function add_operation(found, operation, place, declaration, version, spec, name)
  local verb, called = operation[1], operation[2]
  local own = declaration[verb] and declaration or declaration.member
  local below = declaration.member.children
  add(found, called, sentences[verb](declaration, name), verb, {
    place = place, declaration = own, version = version, spec = spec, name = name, has_steps = below ~= nil and below.steps ~= nil,
  })
end

local function sorted_keys(from)
  local keys = {}
  for key in pairs(from or {}) do keys[#keys + 1] = key end
  return ascii.sort(keys)
end

-- The names of commands about what lies below: `execution_context` of an execution is `context`.
local function name_below(name, owner)
  if name:sub(1, #owner + 1) == owner .. "_" then name = name:sub(#owner + 2) end
  return text.kebab(name)
end

-- Adds the commands about what lies below a member; what can be created there is a group of its own.
local function add_below(found, steps, member, owner, version, is_own)
  for _, key in ipairs(sorted_keys(member.children)) do
    local child = member.children[key]
    local doc = (child.doc or ""):gsub("`", "")
    local called = is_own and name_below(key, owner) or text.kebab(key)
    if child.member and not child.create then
      local shown = ascii.upper(child.name)
      local place = { steps = with_step(steps, {
        key = key, argument = child.name, shown = shown, is_optional = true, doc = ("One %s only."):format(text.words(child.name)),
      }) }
      add(found, called, doc, "list", { place = place, declaration = child, version = version, spec = spec_of(child, key) })
      -- Below one of them that is named.
      local due = with_step(steps, { key = key, argument = child.name, shown = shown, doc = ("The %s."):format(text.words(child.name)) })
      add_below(found, due, child.member, child.name, version, false)
    elseif not child.member then
      local place = { steps = with_step(steps, { key = key }) }
      add(found, called, doc, "single", {
        place = place, declaration = child, version = version, spec = spec_of(child, child.name), name = child.name,
      })
    end
  end
end

-- Gives a command the option that chooses the version of the API.
local function add_choice(command, versions)
  local open = command.open
  function command.open()
    local module = open()
    local describe = module.describe
    function module.describe(parser, sets)
      describe(parser, sets)
      parser:option("--api", ("The version of the API, %s unless given."):format(versions[1])):choices(versions):argname "VERSION"
    end
    return module
  end
end

--- The commands of a group.
-- @tparam table group an entry of `studio.cli.commands`
-- @tparam string version of the API
-- @treturn {table,...} `name`, `doc`, `open`
function operations.commands(group, version)
  local outlines, declarations = api.versions[version].collections, api.versions[version].declarations()
  local steps, declaration, name = {}, nil, nil
  for index, key in ipairs(group.path) do
    local outline = index == 1 and outlines[key]
    declaration = index == 1 and declarations[key] or declaration.member.children[key]
    name = outline and outline.name or declaration.name
    local is_last = index == #group.path
    local kind = declaration.id
    steps[index] = {
      key = key, argument = is_last and "sid" or name, shown = is_last and "SID" or ascii.upper(name),
      doc = ("The %s, %s and 32 hex digits."):format(text.words(name), kind.prefix or "a number"),
    }
  end
  local last = steps[#steps]
  local collection = with_step(steps, nil)
  collection[#collection] = { key = last.key }
  local spec, found = spec_of(declaration, name), {}
  for _, operation in ipairs(of_collection) do
    if declaration[operation[1]] then
      local own = operation[1] == "validate" and { columns = { "valid" }, fields = declaration.validate.fields } or spec
      add_operation(found, operation, { steps = collection }, declaration, version, own, name)
    end
  end
  for _, operation in ipairs(of_member) do
    if declaration.member[operation[1]] then add_operation(found, operation, { steps = steps }, declaration, version, spec, name) end
  end
  add_below(found, steps, declaration.member, name, version, true)
  if #group.versions > 1 then
    for _, command in ipairs(found) do add_choice(command, group.versions) end
  end
  return found
end

return operations
