--- The commands of the API, made from the declarations in `studio.api`: an operation is a command.
--
-- Of what a group is about there are `list`, `create`, `validate`, `get`, `update` and `delete`; what lies below one of them is a command
-- of its own name (`revisions`, `steps`, `context`), unless it can be created: then it is a group.
local api = require "studio.api"
local ascii = require "studio.base.ascii"
local failure = require "studio.cli.failure"
local text = require "studio.cli.text"

local generated = {}

local kebab = text.kebab

local function words(name) return (name:gsub("_", " ")) end

local function a(name) return (name:find "^[aeiou]" and "an " or "a ") .. words(name) end

-- options of parameters --------------------------------------------------------------------------------------------------------------

-- Documentation of a parameter as the help of a command has it: a value in a shell is no Lua table.
local function doc_of(row)
  local doc = (row.doc or ""):gsub("`", ""):gsub(": a table as fetch gives it, or JSON as a string", ""):gsub(
    ": a table, or JSON as a string", ""):gsub("{} for none", "--no-" .. kebab(row[1]) .. " for none")
  if row[3].name == "json" then doc = doc .. " JSON, @FILE or - for stdin." end
  return doc
end

-- How the help writes a value of each type.
local function argname(kind)
  return ({ sid = "SID", json = "JSON", integer = "N", datetime = "DATE", texts = "TEXT" })[kind.name] or "TEXT"
end

local function integer(name)
  return function(value)
    if value:find "^%-?%d+$" then return tonumber(value) end
    return nil, ("%s must be a whole number, got '%s'"):format(name, value)
  end
end

local function add_option(parser, row, prefix, is_due)
  local name, kind = prefix .. row[1], row[3]
  if not kind.check then -- rows of its own: one level below
    for _, below in ipairs(kind) do add_option(parser, below, name .. "_", false) end
    return
  end
  local flag = "--" .. kebab(name)
  if kind.name == "boolean" then
    parser:mutex(
      parser:flag(flag, doc_of(row)):target(name),
      parser:flag("--no-" .. kebab(name), "The opposite."):target(name):action "store_false")
    return
  end
  local option = parser:option(flag, doc_of(row)):target(name):argname(argname(kind))
  if is_due and row.required then option:count "1" end
  if kind.words then option:choices(kind.words):argname(table.concat(kind.words, "|")) end
  if kind.name == "integer" then option:convert(integer(flag)) end
  if kind.name == "texts" then
    option:count "*"
    parser:flag("--no-" .. kebab(name), "None at all."):target("no_" .. name)
  end
end

-- Adds the options of an operation. `is_due`: whether what is required must be there.
local function add_options(parser, rows, is_due)
  for _, row in ipairs(rows) do add_option(parser, row, "", is_due) end
end

-- The parameters of an operation, as the library takes them, from what the parser read; nil when none was given.
local function parameters(context, arguments, rows, prefix)
  local params
  for _, row in ipairs(rows) do
    local name, kind = prefix .. row[1], row[3]
    local value = arguments[name]
    if not kind.check then
      value = parameters(context, arguments, kind, name .. "_")
    elseif kind.name == "json" and value then
      value = context:read(value, "--" .. kebab(name))
    elseif kind.name == "texts" then
      if value and #value == 0 then value = nil end
      if arguments["no_" .. name] then value = {} end
    end
    if value ~= nil then
      params = params or {}
      params[row[1]] = value
    end
  end
  return params
end

-- places ---------------------------------------------------------------------------------------------------------------------------------

-- A place is where an operation works: `steps`, an array of `{ key, argument, id }` (the collection's name in Lua and, where a member of it
-- is meant, the argument that names it), and what is declared there.
local function add_path(parser, place)
  for _, step in ipairs(place.steps) do
    if step.argument then
      local argument = parser:argument(step.argument, step.doc):argname(step.shown)
      if step.is_optional then argument:args "?" end
    end
  end
end

-- The handle or collection at a place.
local function at(client, version, place, arguments)
  local node = client[version]
  for _, step in ipairs(place.steps) do
    node = node[step.key]
    local id = step.argument and arguments[step.argument]
    if id then node = node(id) end
  end
  return node
end

local function with_step(place, step)
  local steps = {}
  for index, each in ipairs(place) do steps[index] = each end
  steps[#steps + 1] = step
  return steps
end

-- What output needs to know of the records that are declared.
local function spec_of(declaration, name)
  return {
    columns = declaration.columns, fields = declaration.fields, id_field = declaration.id_field, what = words(declaration.key or name),
  }
end

-- commands -----------------------------------------------------------------------------------------------------------------------------

-- Gives a result to the output, or the error.
local function show(context, spec, record, err)
  if not record then return nil, err end
  context:out():record(record, spec)
  return 0
end

local function run_list(context, arguments, collection, rows, spec)
  local out = context:out()
  local params = parameters(context, arguments, rows, "") or {}
  params.limit = out:limit()
  params.page_size = arguments.page_size or not params.limit and 1000 or nil
  out:list(collection:each(params), spec)
  return 0
end

local function begin_output(context, spec)
  local out = context:out()
  if out:is_help(spec) then return true end
  out:check_fields(spec)
  return false
end

local makers = {}

function makers.list(place, declaration, version, spec)
  local rows = declaration.list
  return {
    describe = function(parser, add)
      add_path(parser, place)
      add_options(parser, rows)
      add.list()
      add.output()
      add.connection()
    end,
    run = function(context, arguments)
      if begin_output(context, spec) then return 0 end
      return run_list(context, arguments, at(context:client(), version, place, arguments), rows, spec)
    end,
  }
end

function makers.fetch(place, _, version, spec)
  return {
    describe = function(parser, add)
      add_path(parser, place)
      add.output()
      add.connection()
    end,
    run = function(context, arguments)
      if begin_output(context, spec) then return 0 end
      return show(context, spec, at(context:client(), version, place, arguments):fetch())
    end,
  }
end

-- `create`, `update` and `validate`: operations that have a form.
local function with_form(verb)
  return function(place, declaration, version, spec, name)
    local rows = declaration[verb]
    return {
      describe = function(parser, add)
        add_path(parser, place)
        add_options(parser, rows, true)
        add.change()
        add.output()
        add.connection()
      end,
      run = function(context, arguments)
        if begin_output(context, spec) then return 0 end
        local params = parameters(context, arguments, rows, "")
        if not params then failure.usage("%s: there is nothing to change: see --help", context.called) end
        local function call(client)
          local target = at(client, version, place, arguments)
          return target[verb](target, params)
        end
        if arguments.dry_run then return context:preview(call) end
        if verb ~= "validate" then context:confirm(("%s %s"):format(verb == "create" and "create" or "change", a(name))) end
        local record, err = call(context:client())
        if not record then return nil, err end
        context:out():record(record, spec)
        return verb == "validate" and record.valid == false and 3 or 0
      end,
    }
  end
end

makers.create, makers.update, makers.validate = with_form "create", with_form "update", with_form "validate"

function makers.delete(place, _, version, _, name)
  return {
    describe = function(parser, add)
      add_path(parser, place)
      add.change()
      parser:option("-o --output", "json: errors as JSON."):choices { "json", "table" }:argname "FORM"
      add.connection()
    end,
    run = function(context, arguments)
      local function call(client)
        local target = at(client, version, place, arguments)
        return target:delete()
      end
      if arguments.dry_run then return context:preview(call) end
      local id = arguments[place.steps[#place.steps].argument]
      context:confirm(("delete %s %s"):format(words(name), id), { always = true })
      local deleted, err = call(context:client())
      if not deleted then return nil, err end
      context:note("deleted %s %s", words(name), id)
      return 0
    end,
  }
end

-- A collection below a member, which is only read: all of it, or the one that is named.
local function reader(place, declaration, version, spec)
  return {
    describe = function(parser, add)
      add_path(parser, place)
      add_options(parser, declaration.list)
      add.list()
      add.output()
      add.connection()
    end,
    run = function(context, arguments)
      if begin_output(context, spec) then return 0 end
      local target = at(context:client(), version, place, arguments)
      if arguments[place.steps[#place.steps].argument] then return show(context, spec, target:fetch()) end
      return run_list(context, arguments, target, declaration.list, spec)
    end,
  }
end

-- A thing of which there is one, which can be changed: with something to change it is, else it is shown.
local function single(place, declaration, version, spec, name)
  local rows = declaration.update or {}
  return {
    describe = function(parser, add)
      add_path(parser, place)
      if #rows > 0 then
        add_options(parser, rows)
        add.change()
      end
      add.output()
      add.connection()
    end,
    run = function(context, arguments)
      if begin_output(context, spec) then return 0 end
      local params = parameters(context, arguments, rows, "")
      local function call(client)
        local target = at(client, version, place, arguments)
        if params then return target:update(params) end
        return target:fetch()
      end
      if params and arguments.dry_run then return context:preview(call) end
      if params then context:confirm("change the " .. words(name)) end
      return show(context, spec, call(context:client()))
    end,
  }
end

-- The sentence of each operation of a group's own thing.
local sentences = {
  list = function(declaration) return ("Lists the %s."):format(words(declaration.key)) end,
  fetch = function(_, name) return ("Shows %s."):format(a(name)) end,
  create = function(_, name) return ("Creates %s."):format(a(name)) end,
  update = function(_, name) return ("Changes %s."):format(a(name)) end,
  delete = function(_, name) return ("Deletes %s."):format(a(name)) end,
  validate = function(_, name) return ("Asks the service whether %s is valid."):format(a(name)) end,
}

-- In the order of the help: the operation and its name as a command.
local of_collection = { { "list", "list" }, { "create", "create" }, { "validate", "validate" } }
local of_member = { { "fetch", "get" }, { "update", "update" }, { "delete", "delete" } }

local function add_operation(found, operation, place, declaration, version, spec, name)
  local verb, called = operation[1], operation[2]
  found[#found + 1] = {
    name = called, doc = sentences[verb](declaration, name),
    open = function() return makers[verb](place, declaration[verb] and declaration or declaration.member, version, spec, name) end,
  }
end

local function sorted_keys(from)
  local keys = {}
  for key in pairs(from or {}) do keys[#keys + 1] = key end
  return ascii.sort(keys)
end

-- The names of commands about what lies below: `execution_context` of an execution is `context`.
local function name_below(name, owner)
  if name:sub(1, #owner + 1) == owner .. "_" then name = name:sub(#owner + 2) end
  return kebab(name)
end

-- Adds the commands about what lies below a member; what can be created there is a group of its own.
local function add_below(found, steps, member, owner, version, is_own)
  for _, key in ipairs(sorted_keys(member.children)) do
    local child = member.children[key]
    local doc = (child.doc or ""):gsub("`", "")
    local called = is_own and name_below(key, owner) or kebab(key)
    if child.member and not child.create then
      local shown = ascii.upper(child.name)
      local place = { steps = with_step(steps, {
        key = key, argument = child.name, shown = shown, is_optional = true, doc = ("One %s only."):format(words(child.name)),
      }) }
      local spec = spec_of(child, key)
      found[#found + 1] = { name = called, doc = doc, open = function() return reader(place, child, version, spec) end }
      -- Below one of them that is named.
      local due = with_step(steps, { key = key, argument = child.name, shown = shown, doc = ("The %s."):format(words(child.name)) })
      add_below(found, due, child.member, child.name, version, false)
    elseif not child.member then
      local place, spec = { steps = with_step(steps, { key = key }) }, spec_of(child, child.name)
      found[#found + 1] = { name = called, doc = doc, open = function() return single(place, child, version, spec, child.name) end }
    end
  end
end

-- Gives a command the option that chooses the version of the API.
local function add_choice(command, versions)
  local open = command.open
  function command.open()
    local module = open()
    local describe = module.describe
    function module.describe(parser, add)
      describe(parser, add)
      parser:option("--api", ("The version of the API, %s unless given."):format(versions[1])):choices(versions):argname "VERSION"
    end
    return module
  end
end

--- The commands of a group.
-- @tparam table group an entry of `studio.cli.commands`
-- @tparam string version of the API
-- @treturn {table,...} `name`, `doc`, `open`
function generated.commands(group, version)
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
      doc = ("The %s, %s and 32 hex digits."):format(words(name), kind.prefix or "a number"),
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

return generated
