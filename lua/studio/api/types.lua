--- Types of parameters: what a Lua value becomes on the wire.
-- Each function takes (value, name, row) and gives the text to send, or nil and an error object. A wrong Lua type is misuse
-- and raises; what depends on data (a SID, an enum, a date, JSON) comes back as an error.
local later = require "studio.later"
local conversions = later "studio.api.conversions"
local core = require "studio.core"

local is_sid = core.is_sid

local values = {}

--- Text. Empty only where the reference allows it: never for a required parameter, nor where `row.nonempty` is set.
function values.text(value, name, row)
  if type(value) == "string" and (value ~= "" or not (row.required or row.nonempty)) then return value end
  return conversions.refuse_text(value, name)
end

--- A type for SIDs: two letters and 32 hex digits (the reference's pattern `^XX[0-9a-fA-F]{32}$`).
-- @tparam string prefix such as `"FW"`
-- @treturn function
function values.sid(prefix)
  return function(value, name)
    if is_sid(value, prefix) then return value end
    return conversions.refuse_sid(value, name, prefix)
  end
end

--- A type for one of a few words.
-- @tparam string ... the words
-- @treturn function
function values.enum(...)
  local words, allowed = { ... }, {}
  for _, word in ipairs(words) do allowed[word] = true end
  return function(value, name)
    if type(value) == "string" and allowed[value] then return value end
    return conversions.refuse_word(value, name, words)
  end
end

-- Those that `studio.api.conversions` describes: a program that fetches calls none of them.
for _, kind in ipairs { "json", "datetime", "boolean", "integer", "texts" } do
  values[kind] = function(value, name, row) return conversions[kind](value, name, row) end
end

return values
