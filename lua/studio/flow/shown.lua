--- How a value of a definition is shown to people: a text as it is, anything else as JSON has it, so that null is `null`, and numbers that
-- differ look different.
-- @module studio.flow.shown
local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"

--- Shows a value.
-- @param value
-- @treturn string
local function shown(value)
  if type(value) == "string" then return value end
  return value ~= nil and codec.encode(value) or type(value) == "table" and "a table" or ascii.text(value)
end

return shown
