--- What one rendering may cost: rounds of loops, length of texts and lists. Without these a short template could run for years.
-- @module studio.flow.liquid.work

local problem = require "studio.flow.liquid.problem"

local work = {
  --- Rounds of one loop, as in the service.
  rounds = 15,
  --- Bytes of rendered text, as in the service ("16 KB"; bytes are counted here).
  output = 16384,
  --- Bytes of a text that a filter makes. The service's own limit is not known; an answer of 64 KB as JSON is well below this.
  text = 262144,
  --- Units of work of one rendering: a node of a loop's body, 256 bytes that a filter reads or writes, 8 elements of a list.
  units = 200000,
}

--- Takes units off what a rendering has left.
-- @tparam table state
-- @tparam number units
local function charge(state, units)
  local left = state.units - units
  state.units = left
  if left < 0 then problem.raise("the template does too much work", nil, "limit") end
end
work.charge = charge

--- Pays for a text that a filter reads or has made.
-- @tparam table state
-- @string value
-- @treturn string the same text
function work.text_of(state, value)
  local length = #value
  if length > 256 then
    if length > work.text then problem.raise(("a text is longer than %d KB"):format(work.text / 1024), nil, "limit") end
    charge(state, length / 256)
  end
  return value
end

--- Pays for a list of this many elements.
-- @tparam table state
-- @tparam integer count
function work.list_of(state, count)
  if count > 8 then charge(state, count / 8) end
end

--- Pays for the search of a text in another, whose cost is their product at worst.
-- @tparam table state
-- @string value
-- @string sought
function work.search(state, value, sought)
  if #value > 256 then charge(state, #value * (#sought + 64) / 65536) end
end

return work
