--- Types of parameters: what a Lua value becomes on the wire.
--
-- A type is a table that can be asked: `name`; `lua`, the Lua type as annotations write it; `words` of an enum and `prefix` of a SID;
-- and `check(value, name, row)`, which gives the text to send (an array of texts for a key that is repeated), or nil and an error
-- object. A wrong Lua type is misuse and raises; what depends on data (a SID, an enum, a date, JSON) comes back as an error.
local core = require "studio.core"

local types = {}

-- late: a program that fetches and deletes has no parameters.
local function checks() return require "studio.api.checks" end

-- The check of a type is found in `studio.api.checks` when it is first asked for, and kept.
local kind_mt = {
  __index = function(kind, key)
    if key ~= "check" then return nil end
    local check = checks()[kind.name]
    rawset(kind, "check", check)
    return check
  end,
}

local function declare(kind) return setmetatable(kind, kind_mt) end

--- Text. Empty only where the reference allows it: never for a required parameter, nor where `row.nonempty` is set.
types.text = declare { name = "text", lua = "string" }

--- A type for SIDs: two letters and 32 hex digits (the reference's pattern `^XX[0-9a-fA-F]{32}$`).
-- @tparam string prefix such as `"FW"`
-- @treturn table
function types.sid(prefix)
  return {
    name = "sid", lua = "string", prefix = prefix,
    check = function(value, name)
      if core.is_sid(value, prefix) then return value end
      return nil, checks().no_sid(value, name, prefix)
    end,
  }
end

--- A type for one of a few words.
-- @tparam string ... the words
-- @treturn table
function types.enum(...)
  local words = { ... }
  return declare { name = "enum", lua = '"' .. table.concat(words, '"|"') .. '"', words = words }
end

--- JSON: a table is encoded; a string must be valid JSON and is sent as it is.
types.json = declare { name = "json", lua = "table|string" }

--- A date-time: ISO 8601 text, which goes out with the zone it has (UTC where it has none), or UTC epoch seconds.
types.datetime = declare { name = "datetime", lua = "string|number" }

--- `true` or `false`.
types.boolean = declare { name = "boolean", lua = "boolean" }

--- A whole number between `row.min` and `row.max`.
types.integer = declare { name = "integer", lua = "integer" }

--- An array of strings: the key is repeated; an empty array sends the key once, without a value.
types.texts = declare { name = "texts", lua = "string[]" }

--- The id of a revision: its number, `LatestPublished` or `LatestRevision`.
types.revision = declare { name = "revision", lua = 'integer|"LatestPublished"|"LatestRevision"' }

return types
