--- Commands that read: lists, and single things.
--
-- Each maker gets an operation: `place`, `declaration` (of what is there), `version` of the API, `spec` for the output, `name` of the
-- thing.
local places = require "studio.cli.generated.places"

local makers = {}

-- late: few lists have parameters.
local function parameters() return require "studio.cli.generated.parameters" end

local function run_list(context, operation, collection)
  local out, rows, arguments = context:out(), operation.declaration.list, context.arguments
  local params = #rows > 0 and parameters().read(context, rows) or {}
  params.limit = out:limit()
  params.page_size = arguments.page_size or not params.limit and 1000 or nil
  out:list(collection:each(params), operation.spec)
  return 0
end

--- All of a collection; or, where the last argument of its place is given, that one.
function makers.list(operation)
  local place, rows, spec = operation.place, operation.declaration.list, operation.spec
  return {
    describe = function(parser, add)
      places.describe(parser, place)
      if #rows > 0 then parameters().describe(parser, rows) end
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
      add.output()
      add.connection()
    end,
    run = function(context, arguments)
      if context:out():is_help(spec) then return 0 end
      return places.show(context, spec, places.at(context:client(), operation.version, place, arguments):fetch())
    end,
  }
end

return makers
