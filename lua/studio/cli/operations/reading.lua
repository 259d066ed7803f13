--- Commands that read: lists, and single things.
--
-- Each maker gets an operation: `place`, `declaration` (of what is there), `version` of the API, `spec` for the output, `name` of the
-- thing, `has_steps`: whether it is a run of a flow, which can be followed.
local places = require "studio.cli.operations.places"

local makers = {}

-- late: few lists have parameters.
local function parameters() return require "studio.cli.operations.parameters" end

-- late: runs of flows can be followed.
local function following() return require "studio.cli.following" end

local function run_list(context, operation, collection)
  local out, rows, arguments = context:out(), operation.declaration.list, context.arguments
  local params = #rows > 0 and parameters().read(context, rows) or {}
  local contact = arguments.to_contact
  if operation.has_steps and following().is_wanted(arguments) then return following().list(context, collection, params, operation.spec) end
  local limit = out:limit()
  params.limit = not contact and limit or nil
  params.page_size = arguments.page_size or not params.limit and 1000 or nil
  local source = collection:each(params)
  out:list(contact and following().wanted(source, contact, limit) or source, operation.spec)
  return 0
end

--- All of a collection; or, where the last argument of its place is given, that one.
function makers.list(operation)
  local place, rows, spec = operation.place, operation.declaration.list, operation.spec
  return {
    describe = function(parser, add)
      places.describe(parser, place)
      if #rows > 0 then parameters().describe(parser, rows) end
      if operation.has_steps then following().describe_list(parser, add) end
      add.list()
      add.output()
      add.connection()
    end,
    run = function(context, arguments)
      if context:out():is_help(spec) then return 0 end
      local target = places.at(context:client(), operation.version, place, arguments)
      if places.id(place, arguments) then return places.show(context, spec, target:fetch()) end
      return run_list(context, operation, target)
    end,
  }
end

--- One of a collection.
function makers.fetch(operation)
  local place, spec = operation.place, operation.spec
  return {
    describe = function(parser, add)
      places.describe(parser, place)
      if operation.has_steps then following().describe(parser, add, "Shows its steps as they happen, until it has ended.") end
      add.output()
      add.connection()
    end,
    run = function(context, arguments)
      local shown = spec
      if operation.has_steps and following().is_wanted(arguments) then
        shown = following().steps_spec(operation.declaration.children.steps.fields)
      end
      if context:out():is_help(shown) then return 0 end
      local handle = places.at(context:client(), operation.version, place, arguments)
      if arguments.follow then return following().steps(context, handle, { interval = arguments.interval }, shown) end
      return places.show(context, spec, handle:fetch())
    end,
  }
end

return makers
