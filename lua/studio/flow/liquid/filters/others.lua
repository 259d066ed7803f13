--- Filters of any value: default, size, date, to_json.
-- @module studio.flow.liquid.filters.others

local dates = require "studio.flow.liquid.dates"
local numbers = require "studio.flow.liquid.numbers"
local problem = require "studio.flow.liquid.problem"
local text = require "studio.flow.liquid.text"
local values = require "studio.flow.liquid.values"
local work = require "studio.flow.liquid.work"

local function to_json(state, value)
  if value == nil then return "null" end
  local codec = state.codec
  if not codec then problem.raise("'to_json' needs a codec: give options.codec") end
  local ok, encoded, message = pcall(codec.encode, values.for_codec(value, codec))
  if not ok then encoded, message = nil, encoded end
  if type(encoded) ~= "string" then problem.raise("to_json: " .. tostring(message)) end
  return work.text_of(state, encoded)
end

return {
  default = { 0, 1, function(_, value, otherwise, _, named)
    if value == false and named and named.allow_false then return false end
    if value == nil or value == false or values.is_empty(value) then return otherwise end
    return value
  end },
  size = { 0, 0, function(_, value)
    if type(value) == "string" then return text.length(value) end
    if values.is_list(value) then return #value end
    if values.is_object(value) then return #values.keys(value) end
    return numbers.plain(value) and 8 or 0
  end },
  date = { 1, 1, function(state, value, format)
    format = values.to_text(format)
    if value == nil or not format:find("%S") then return value end
    local time = dates.read(value, state.now)
    if not time then return value end
    return work.text_of(state, dates.format(time, format))
  end },
  json = { 0, 0, to_json },
  to_json = { 0, 0, to_json },
}
