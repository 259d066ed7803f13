--- The filters, by name: `{ apply = function(state, value, argument, argument, named), least, most }`, with how many arguments they take.
-- @module studio.flow.liquid.filters

local values = require "studio.flow.liquid.values"
local work = require "studio.flow.liquid.work"

local filters = { named = {} }

for _, group in ipairs {
  require "studio.flow.liquid.filters.math",
  require "studio.flow.liquid.filters.strings",
  require "studio.flow.liquid.filters.lists",
  (require "studio.flow.liquid.filters.others"),
} do
  for name, filter in pairs(group) do
    filters.named[name] = { least = filter[1], most = filter[2], apply = filter[3] }
  end
end

--- Does a text contain another, a list an element, an object a key?
-- @tparam table state
-- @param collection
-- @param sought
-- @treturn boolean
function filters.contains(state, collection, sought)
  if type(collection) == "string" then
    if sought == nil then return false end
    local needle = values.to_text(sought)
    work.search(state, collection, needle)
    return collection:find(needle, 1, true) ~= nil
  elseif values.is_list(collection) then
    work.list_of(state, #collection)
    for index = 1, #collection do
      if values.equal(collection[index], sought) then return true end
    end
  elseif values.is_object(collection) and type(sought) == "string" then
    return collection[sought] ~= nil
  end
  return false
end

return filters
