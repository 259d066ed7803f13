--- Errors: the table that a failed call gives, and the raise that answers misuse.
local later = require "studio.later"
local error_object = later "studio.base.error_object"

--- Why a call failed. Fields that do not apply are absent.
-- @table error
-- @field kind `"argument"`, `"transport"`, `"timeout"`, `"http"`, `"decode"`, `"limit"`, `"cancelled"` or `"context"`
-- @field message what happened, one line
-- @field status HTTP status of the answer (integer)
-- @field code Twilio's error code (integer)
-- @field more_info URL of Twilio's page about the code
-- @field details Twilio's details as decoded, null as `studio.null`
-- @field request_id `Twilio-Request-Id` of the answer
-- @field retry_after seconds the service asked to wait (number)
-- @field method,url the request
-- @field attempts how often it was sent or tried (integer)
-- @field retryable whether the same call may be repeated safely, whatever the `retry` option says
-- @field sent `false`: surely not processed; `true`: answered; `nil`: unknown
-- @field body the first 4 KiB of a body that was not JSON

--- Makes an error.
-- @tparam string kind one of the kinds above
-- @tparam string message
-- @tparam[opt] table fields the other fields; taken over, not copied
-- @treturn table
local function new(kind, message, fields)
  local err = fields or {}
  err.kind, err.message = kind, message
  err.retryable = err.retryable or false
  return setmetatable(err, error_object.metatable)
end

--- An error of the caller's data: nothing was sent, and repeating will not help.
-- @tparam string message with the parameter's name and the rule, printf style
-- @param ... values for it
-- @treturn table
local function argument(message, ...)
  return new("argument", message:format(...), { sent = false })
end

-- Every file of this library begins with this path, so that the line to blame is the first one outside it.
local own_path = debug.getinfo(1, "S").source:match("^(.*)[/\\]base[/\\]errors%.lua$")

local function is_own(source)
  if not own_path or source:sub(1, #own_path) ~= own_path then return false end
  local rest = source:sub(#own_path + 1)
  return rest == ".lua" or rest:find("^[/\\]") ~= nil
end

--- Raises an error at the caller's line: misuse of the library, such as an unknown option or a wrong Lua type.
-- @tparam string message printf style
-- @param ... values for it
local function misuse(message, ...)
  message = error_object.one_line(message:format(...))
  local level = 2
  local info = debug.getinfo(level, "S")
  -- Lua 5.1 keeps a nameless level for each tail call.
  while info and (info.what == "C" or info.what == "tail" or is_own(info.source)) do
    level = level + 1
    info = debug.getinfo(level, "S")
  end
  -- A tail call may have left no line of the caller's: none is better than one in here.
  error(message, info and level or 0)
end

--- Raises where a function of a module was called with a colon: its first argument is then the module itself.
-- @param first its first argument
-- @tparam table module
-- @tparam string name of the function, as a program calls it: `"studio.new"`
local function refuse_colon(first, module, name)
  if rawequal(first, module) then
    misuse("call '%s' with a dot, not with a colon: its first argument is the module itself", name)
  end
end

return { new = new, argument = argument, misuse = misuse, refuse_colon = refuse_colon }
