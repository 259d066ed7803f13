--- Short names for what a property of a widget may be; what the fields mean is told in `studio.flow.widgets`.
local property = {}

local function kind(json_type)
  return function(name, more)
    local row = { name = name, type = json_type }
    for field, value in pairs(more or {}) do row[field] = value end
    return row
  end
end

property.text = kind "string"
property.integer = kind "integer"
property.boolean = kind "boolean"
property.list = kind "array"
property.object = kind "object"

function property.word(name, words, more)
  local row = property.text(name, more)
  row.words = words
  return row
end

function property.sid(name, letters, more)
  local row = property.text(name, more)
  row.sid = letters
  return row
end

--- A text of digits.
function property.number(name, more)
  local row = property.text(name, more)
  row.number = true
  return row
end

--- `parameters` and their like: an array of `{ key, value }`.
function property.pairs(name, more)
  local row = property.list(name, more)
  row.items = { property.text("key", { needed = "error" }), property.text("value", { needed = "warning" }) }
  return row
end

return property
