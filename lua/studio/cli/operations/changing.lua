--- Commands that change something, or may: each maker gets an operation, as those of `studio.cli.operations.reading`.
local failure = require "studio.cli.failure"
local parameters = require "studio.cli.operations.parameters"
local places = require "studio.cli.operations.places"
local text = require "studio.cli.text"

local makers = {}

-- `create`, `update` and `validate`: operations that have a form.
local function with_form(verb)
  return function(operation)
    local place, rows, spec = operation.place, operation.declaration[verb], operation.spec
    return {
      describe = function(parser, add)
        places.describe(parser, place)
        parameters.describe(parser, rows)
        add.change()
        add.output()
        add.connection()
      end,
      run = function(context, arguments)
        if context:out():is_help(spec) then return 0 end
        local params = parameters.read(context, rows)
        if not params then failure.usage("%s: there is nothing to change: see --help", context.called) end
        local function call(client)
          local target = places.at(client, operation.version, place, arguments)
          return target[verb](target, params)
        end
        if arguments.dry_run then return context:preview(call) end
        if verb ~= "validate" then context:confirm(("%s %s"):format(verb == "create" and "create" or "change", text.a(operation.name))) end
        return places.show(context, spec, call(context:client()))
      end,
    }
  end
end

makers.create, makers.update, makers.validate = with_form "create", with_form "update", with_form "validate"

function makers.delete(operation)
  local place = operation.place
  return {
    describe = function(parser, add)
      places.describe(parser, place)
      add.change()
      add.form()
      add.connection()
    end,
    run = function(context, arguments)
      local function call(client) return places.at(client, operation.version, place, arguments):delete() end
      if arguments.dry_run then return context:preview(call) end
      local what = ("%s %s"):format(text.words(operation.name), places.id(place, arguments))
      context:confirm("delete " .. what, { always = true })
      local deleted, err = call(context:client())
      if not deleted then return nil, err end
      context:note("deleted %s", what)
      return 0
    end,
  }
end

--- A thing of which there is one: with something to change it is changed, else it is shown.
function makers.single(operation)
  local place, spec, rows = operation.place, operation.spec, operation.declaration.update or {}
  return {
    describe = function(parser, add)
      places.describe(parser, place)
      if #rows > 0 then
        parameters.describe(parser, rows, true)
        add.change()
      end
      add.output()
      add.connection()
    end,
    run = function(context, arguments)
      if context:out():is_help(spec) then return 0 end
      local params = parameters.read(context, rows)
      local function call(client)
        local target = places.at(client, operation.version, place, arguments)
        if params then return target:update(params) end
        return target:fetch()
      end
      if params and arguments.dry_run then return context:preview(call) end
      if params then context:confirm("change the " .. text.words(operation.name)) end
      return places.show(context, spec, call(context:client()))
    end,
  }
end

return makers
