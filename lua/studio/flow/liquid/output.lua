--- Where a rendering writes: pieces of text, counted against the service's limit.
-- @module studio.flow.liquid.output

local problem = require "studio.flow.liquid.problem"
local work = require "studio.flow.liquid.work"

local most = work.output

local output = {}

--- Adds a text to what is rendered.
-- @tparam table state
-- @string text
function output.write(state, text)
  local size = state.size + #text
  if size > most then problem.raise(("the rendered text is longer than %d KB"):format(most / 1024), nil, "limit") end
  local count = state.count + 1
  state.size, state.count, state.pieces[count] = size, count, text
end

--- Runs a node and gives what it wrote as a text instead of adding it.
-- @tparam table state
-- @tparam function node
-- @treturn string
-- @treturn ?string `"break"` or `"continue"`
function output.capture(state, node)
  local pieces, count, size = state.pieces, state.count, state.size
  state.pieces, state.count, state.size = {}, 0, 0
  local signal = node(state)
  local text = table.concat(state.pieces, "", 1, state.count)
  state.pieces, state.count, state.size = pieces, count, size
  return text, signal
end

return output
