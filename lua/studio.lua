--- Twilio Studio for Lua: Studio v1 and v2, and Flex API v1 FlexFlows.
-- @module studio
local client = require "studio.client"
local errors = require "studio.errors"
local json = require "studio.json"
local timestamp = require "studio.timestamp"

local studio = { _VERSION = require "studio.version" }

--- Makes a client, see `studio.client`.
studio.new = client.new

--- JSON null where it is kept: anywhere below the top level of a resource.
studio.null = json.null

--- Marks a table as a JSON array, so that an empty one is sent as `[]`.
studio.array = json.array

--- Reads a date-time field.
-- @tparam string text ISO 8601, such as `2026-11-20T08:30:00Z`; without a zone it is UTC
-- @treturn number UTC epoch seconds; or nil and an error of kind `"argument"`
function studio.timestamp(text)
  if type(text) ~= "string" then errors.misuse("timestamp needs a string, got %s", type(text)) end
  local seconds = timestamp.parse(text)
  if seconds then return seconds end
  return nil, errors.argument("this is not an ISO 8601 date-time")
end

-- What needs another library than libcurl is loaded when it is asked for.
local on_demand = { webhook = "studio.webhook" }

--- Signatures of webhooks, see `studio.webhook`.
-- @field webhook
return setmetatable(studio, {
  __index = function(_, name)
    local path = on_demand[name]
    if not path then return nil end
    studio[name] = require(path)
    return studio[name]
  end,
})
