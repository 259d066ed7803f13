--- Where an operation of the API works, as arguments of a command; and what all commands of the API do with their output.
--
-- A place has `steps`, an array of `{ key, argument, shown, doc }`: the name of a collection in Lua and, where one of its members is meant,
-- the argument that names it.
local places = {}

--- Adds the arguments of a place to a parser.
-- @tparam table parser
-- @tparam table place
function places.describe(parser, place)
  for _, step in ipairs(place.steps) do
    if step.argument then
      local argument = parser:argument(step.argument, step.doc):argname(step.shown)
      if step.is_optional then argument:args "?" end
    end
  end
end

--- Finds the handle or collection at a place.
-- @tparam table client
-- @tparam string version of the API
-- @tparam table place
-- @tparam table arguments
-- @treturn table
function places.at(client, version, place, arguments)
  local node = client[version]
  for _, step in ipairs(place.steps) do
    node = node[step.key]
    local id = step.argument and arguments[step.argument]
    if id then node = node(id) end
  end
  return node
end

--- The argument that names what a place is about.
-- @tparam table place
-- @tparam table arguments
-- @treturn string|nil
function places.id(place, arguments)
  local argument = place.steps[#place.steps].argument
  return argument and arguments[argument]
end

--- Gives a record to the output, or the error.
-- @treturn number 0; or nil and the error
function places.show(context, spec, record, err)
  if not record then return nil, err end
  context:out():record(record, spec)
  return 0
end

return places
