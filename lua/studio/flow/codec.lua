--- The JSON that flows are read and written with: `studio.core` where it loads, else `studio.flow.json`.
--
-- A program that must not open C modules puts the latter in its place before anything else of the flows is required:
-- `package.loaded["studio.flow.codec"] = require "studio.flow.json"`.
--
-- @table codec
-- @field decode function(text) → the value; or nil and what is wrong and where
-- @field encode function(value) → JSON, its keys sorted, so that equal values give equal texts; or nil and what is wrong
-- @field null what stands for null
-- @field array function(elements) → the same table, marked as an array, so that it is one even when it is empty
local json = require "studio.flow.json"

local loads, core = pcall(require, "studio.core")
if not loads or type(core) ~= "table" or not core.decode or not core.encode then return json end

local codec = json.new { null = core.decode "null", array_mt = core.array_mt }
codec.decode = core.decode

function codec.encode(value)
  if value == nil then return nil, "a nil cannot be written as JSON" end
  return core.encode(value, true)
end

return codec
