--- Twilio Studio for Lua: Studio v1 and v2, and Flex API v1 FlexFlows.
-- @module studio
local loads, problem = pcall(require, "studio.core")
if not loads then require("studio.base.built_for").refuse("studio.core", problem) end -- late:

local ascii = require "studio.base.ascii"
local client = require "studio.client"
local errors = require "studio.base.errors"
local json = require "studio.base.json"
local names = require "studio.base.names"
local options_module = require "studio.base.options"

local studio = { _VERSION = require "studio.base.version" }

--- Makes a client. No request is made, and no connection.
-- @tparam[opt] table options see docs/options.md; what they lack comes from the environment
-- @treturn table the client: `v1.flows`, `v2.flows`, `flex.flex_flows`, and the methods of `studio.client.methods`
-- @raise when an option is unknown or wrong, or nothing tells who the client is
function studio.new(options)
  errors.refuse_colon(options, studio, "studio.new")
  return client.new(options)
end

--- JSON null where it is kept: anywhere below the top level of a resource.
studio.null = json.null

--- Marks a table as a JSON array, so that an empty one is sent as `[]`.
-- @function studio.array
-- @tparam[opt] table elements a table without a metatable; a new one where there is none
-- @treturn table the same table; raises where it has a metatable of its own, but for those by which lua-cjson marks arrays
studio.array = json.array

-- Spaces a level that a text may be indented by: `studio.core` refuses more.
local MOST_INDENT = 64

local encode_options = {
  sort = "boolean",
  indent = function(value, name)
    if type(value) ~= "number" or not (value >= 0 and value <= MOST_INDENT and value % 1 == 0) then
      errors.misuse("option '%s' must be a whole number from 0 to %d, got %s", name, MOST_INDENT,
        type(value) == "number" and ascii.text(value) or type(value))
    end
    return value
  end,
}

--- Writes a value as JSON that loses nothing of what `decode` and the answers of the service give: arrays, null, integers. Tables are read
-- raw: what a metatable would give is no part of the value.
-- @tparam table|string|number|boolean value
-- @tparam[opt] table options `sort`, a boolean: keys in order, by their bytes; `indent`, spaces for each level, 0 to 64: line breaks, the
--   last line ended too, and keys in order unless `sort` is false, for files that people compare
-- @treturn string; or nil and an error of kind `"argument"`
-- @raise when an option is unknown or not as said here
function studio.encode(value, options)
  errors.refuse_colon(value, studio, "studio.encode")
  local sort, indent
  if options ~= nil then
    options = options_module.check(options, encode_options)
    sort, indent = options.sort, options.indent
    if sort == nil then sort = indent ~= nil end
  end
  local text, message = json.encode(value, sort, indent)
  if text then return text end
  return nil, errors.argument("this cannot be written as JSON: %s", message)
end

--- Reads JSON (RFC 8259), null as `studio.null`.
-- @tparam string text
-- @return the value; or nil and an error of kind `"argument"`
function studio.decode(text)
  errors.refuse_colon(text, studio, "studio.decode")
  if type(text) ~= "string" then errors.misuse("decode needs a string, got %s", type(text)) end
  local value, message = json.decode(text)
  if message == nil then return value end
  return nil, errors.argument("this is not JSON: %s", message)
end

--- Reads a date-time field.
-- @tparam string text ISO 8601, such as `2026-11-20T08:30:00Z`; without a zone it is UTC
-- @treturn number UTC epoch seconds; or nil and an error of kind `"argument"`
function studio.timestamp(text)
  errors.refuse_colon(text, studio, "studio.timestamp")
  if type(text) ~= "string" then errors.misuse("timestamp needs a string, got %s", type(text)) end
  local seconds = require("studio.base.timestamp").parse(text) -- late: the first date
  if seconds then return seconds end
  return nil, errors.argument("this is not an ISO 8601 date-time")
end

--- Tells of the answer that a resource or a page came in.
-- @tparam table value a resource that fetch, create or update gave, or a page
-- @treturn table `status`, `attempts` (integers), `headers` (lower-case name → value), `request_id`, `seconds` (of the last attempt); nil
--   for what came in a list, for its page has it
function studio.response_of(value)
  errors.refuse_colon(value, studio, "studio.response_of")
  if type(value) ~= "table" then errors.misuse("response_of needs a resource or a page, got %s", type(value)) end
  return require("studio.request.responses").of(value) -- late:
end

-- Public modules that few programs need; each can be required by its own name, too.
local on_demand = {
  webhook = function() return require "studio.webhook" end, -- late:
}

-- The others are opened by name.
local elsewhere = {}
for _, name in ipairs { "flow", "executions", "emulator", "all" } do
  elsewhere[name] = ("it is a module of its own, require \"studio.%s\""):format(name)
end

--- Signatures of webhooks, see `studio.webhook`.
-- @field webhook
return names.guard(studio, "the module 'studio'", {
  doors = on_demand, elsewhere = elsewhere, call = "the module is not called: studio.new { ... } makes a client",
})
