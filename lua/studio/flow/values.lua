--- What there is to say about the values of a widget's properties: one walk over them, for all the rules about properties.
local ascii = require "studio.base.ascii"
local model_of = require "studio.flow.model"

local is_array, is_null, is_object = model_of.is_array, model_of.is_null, model_of.is_object

-- What is due but may be an empty text: a template that gives nothing is a value as good as any, and the Console exports an empty caller.
local MAY_BE_EMPTY = { value = true, caller_id = true }

-- What is wrong with a value that is there; what has a SID or a form of its own is kept for the rules about those.
local function look(property, value)
  local due, kind = property.type, type(value)
  if due == "string" and kind == "string" then
    if value == "" then
      if property.needed and not MAY_BE_EMPTY[property.name] then return "empty-property", ("'%s' is empty"):format(property.name) end
    elseif property.sid then
      return "sid"
    elseif property.words or property.each or property.number or property.pattern or property.longest or property.json then
      return "value"
    end
  elseif due == "integer" and kind == "number" then
    if value % 1 ~= 0 then return "property-type", ("'%s' is %s, a whole number is due"):format(property.name, ascii.text(value)) end
    if property.min or property.max then return "value" end
  elseif due == "array" and is_array(value) then
    if property.least and #value < property.least then return "empty-property", ("'%s' is empty"):format(property.name) end
    if property.each then return "value" end
  elseif not (due == "boolean" and kind == "boolean") and not (due == "object" and is_object(value)) then
    local article = (due == "array" or due == "integer" or due == "object") and "an" or "a"
    return "property-type", ("'%s' is %s, %s %s is due"):format(property.name, model_of.kind_of(value), article, due)
  end
end

local NONE = {}

local function keep(state, list, element)
  if state[list] == NONE then state[list] = { element } else state[list][#state[list] + 1] = element end
end

-- Looks at the properties that are declared, in order, those within the elements of lists included.
local function look_at_all(rows, values, place, state)
  for row = 1, #rows do
    local property = rows[row]
    local name = property.name
    local value = values[name]
    if value == nil or property.needed and is_null(value) then
      local needed = property.needed
      if needed and needed ~= "note" then
        local rule = needed == "error" and "missing-property" or "expected-property"
        keep(state, "faults", { rule = rule, place = place, message = ("there is no '%s'"):format(name) })
      end
    else
      local rule, message = look(property, value)
      if rule then
        keep(state, message and "faults" or "values", {
          rule = rule, place = ("%s/%s"):format(place, name), message = message, property = property, value = value,
        })
      end
      if property.items and is_array(value) then
        for position, element in ipairs(value) do
          if is_object(element) then
            look_at_all(property.items, element, ("%s/%s/%d"):format(place, name, position - 1), state)
          end
        end
      end
    end
  end
end

--- Looks at the properties of a state.
-- @tparam table state gets `faults`, an array of `{ rule, place, message }`, and `values`, an array of `{ rule, place, property, value }`
-- with the rule `"sid"` or `"value"`, for what has a form of its own
local function look_at(state)
  state.faults, state.values = NONE, NONE
  local widget = state.widget
  if widget and widget.events then look_at_all(widget.properties, state.properties, "/properties", state) end
end

return { look_at = look_at }
