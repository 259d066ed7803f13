--- Errors: the table that a failed call gives, and the raise that answers misuse.

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
-- @field body the first 4 KiB of a body that was not JSON, or lacked what was due
-- @field findings,summary,ended what `flow.deploy` found; what a campaign, and `end_active`, had done before the failure

local ascii = require "studio.base.ascii"

local error_methods = {}
local error_mt = { __name = "studio.error", __index = error_methods }

function error_mt:__tostring()
  local is_there, text_of = pcall(require, "studio.base.error_text") -- late: few errors are printed
  return is_there and text_of(self) or ascii.one_line(("studio: %s: %s"):format(self.kind, self.message))
end

-- So that `"it failed: " .. err` says what failed.
function error_mt.__concat(left, right)
  return tostring(left) .. tostring(right)
end

--- Makes an error.
-- @tparam string kind one of the kinds above
-- @tparam string message
-- @tparam[opt] table fields the other fields; taken over, not copied
-- @treturn table
local function new(kind, message, fields)
  local err = fields or {}
  err.kind, err.message = kind, message
  err.retryable = err.retryable or false
  return setmetatable(err, error_mt)
end

--- An error of the caller's data: nothing was sent, and repeating will not help.
-- @tparam string message with the parameter's name and the rule, printf style
-- @param ... values for it
-- @treturn table
local function argument(message, ...)
  return new("argument", message:format(...), { sent = false })
end

-- A program may have no debug library; then no line can be blamed.
local getinfo = debug and debug.getinfo or function() end

-- Every file of this library begins with this path, so that the line to blame is the first one outside it.
local own_info = getinfo(1, "S")
local own_path = own_info and own_info.source:match("^(.*)[/\\]base[/\\]errors%.lua$")

local function is_own(source)
  if not own_path or source:sub(1, #own_path) ~= own_path then return false end
  local rest = source:sub(#own_path + 1)
  return rest == ".lua" or rest:find("^[/\\]") ~= nil
end

--- Raises an error at the caller's line: misuse of the library, such as an unknown option or a wrong Lua type.
-- @tparam string message printf style
-- @param ... values for it
local function misuse(message, ...)
  message = ascii.one_line(message:format(...))
  local level = 2
  local info = getinfo(level, "S")
  -- Lua 5.1 keeps a nameless level for each tail call.
  while info and (info.what == "C" or info.what == "tail" or is_own(info.source)) do
    level = level + 1
    info = getinfo(level, "S")
  end
  -- A tail call may have left no line of the caller's: none is better than one in here.
  error(message, info and level or 0)
end

--- Raises where a function of a module was called with a colon: its first argument is then the module itself.
-- @param first its first argument
-- @tparam table module
-- @tparam string name of the function, as a program calls it: `"studio.new"`
local function refuse_colon(first, module, name)
  if first ~= nil and rawequal(first, module) then
    misuse("call '%s' with a dot, not with a colon: its first argument is the module itself", name)
  end
end

-- With a dot for the colon the first argument is the program's, or nothing.
local function check_self(err, name)
  if getmetatable(err) ~= error_mt then misuse("call '%s' with a colon, not with a dot", name) end
end

--- Whether the contact already has an active Execution (HTTP 409, code 20409).
-- @treturn boolean
function error_methods:is_conflict()
  check_self(self, "is_conflict")
  return self.status == 409 or self.code == 20409
end

--- Whether what was asked for does not exist (HTTP 404, code 20404).
-- @treturn boolean
function error_methods:is_not_found()
  check_self(self, "is_not_found")
  return self.status == 404 or self.code == 20404
end

--- Whether the service refused because of too many requests (HTTP 429, code 20429).
-- @treturn boolean
function error_methods:is_rate_limited()
  check_self(self, "is_rate_limited")
  return self.status == 429 or self.code == 20429
end

--- What is wrong with a flow definition (code 81022): the list in `details`, be it `details` itself or `details.errors`.
-- @treturn {table,...} as the service wrote them; empty when there are none
function error_methods:validation_errors()
  check_self(self, "validation_errors")
  local details = self.details
  if type(details) ~= "table" then return {} end
  local list = type(details.errors) == "table" and details.errors or details
  return list[1] ~= nil and list or {}
end

error_mt.__call = function() misuse("an error is not called: print it, or read its fields and ask its methods with a colon") end

return { metatable = error_mt, new = new, argument = argument, misuse = misuse, refuse_colon = refuse_colon }
