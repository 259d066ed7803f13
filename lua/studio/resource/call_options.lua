--- Call options: what a single call may say beside its parameters.
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local errors = require "studio.base.errors"
local options_module = require "studio.base.options"
local retry = require "studio.request.retry"

local misuse = errors.misuse

-- Headers that the library itself writes: another value would break the framing of the request, or send credentials that nobody checked.
local reserved = {
  authorization = true, host = true, connection = true, expect = true,
  ["content-length"] = true, ["content-type"] = true, ["transfer-encoding"] = true, ["user-agent"] = true, accept = true,
  ["accept-encoding"] = true, cookie = true,
}

--- Checks a table of header lines.
-- @tparam table headers name → value, both strings; control characters raise (RFC 9110 §5.5)
-- @treturn {string,...} name, value, name, value, … in the order of the names
local function header_list(headers)
  if type(headers) ~= "table" then misuse("option 'headers' must be a table, got %s", type(headers)) end
  local names = {}
  for name, value in next, headers do
    if type(name) ~= "string" or not name:find("^[A-Za-z0-9!#$%%&'*+%-.^_`|~]+$") then
      misuse("option 'headers': a name may hold only letters, digits and !#$%%&'*+-.^_`|~")
    end
    if reserved[ascii.lower(name)] then misuse("option 'headers': '%s' is written by the library", name) end
    if type(value) ~= "string" then misuse("option 'headers.%s' must be a string, got %s", name, type(value)) end
    if value:find("[%z\1-\8\10-\31\127]") then misuse("option 'headers.%s' must not hold a control character", name) end
    names[#names + 1] = name
  end
  ascii.sort(names)
  local list = {}
  for index, name in ipairs(names) do
    list[2 * index - 1], list[2 * index] = name, rawget(headers, name)
  end
  return list
end

--- The rule for each call option, see `studio.base.options`.
local known = {
  timeout = "seconds",
  deadline = "seconds",
  retry = "any",
  headers = "any",
  extra = "table",
}

--- Completes options that were checked against `known`.
-- @tparam table caller
-- @tparam table options changed in place
-- @treturn table see `check`
local function complete(caller, options)
  if options.retry ~= nil then options.retry = retry.policy(options.retry, caller.retry) end
  if options.headers ~= nil then options.header_list = header_list(options.headers) end
  if options.deadline then options.deadline_at = core.now() + options.deadline end
  return options
end

--- Checks the options of one call.
-- @tparam table caller whose defaults they complete
-- @tparam table|nil given `timeout`, `deadline` (seconds), `retry` (table or false), `headers`, `extra` (tables); an unknown one raises
-- @treturn table `timeout`, `deadline_at` (a moment of `core.now`), `retry` (a policy), `header_list`, `extra`; nil for none
local function check(caller, given)
  if given == nil then return nil end
  return complete(caller, options_module.check(given, known))
end

return { check = check, complete = complete, known = known }
