--- Errors of the functions that need no client: tables with the fields and methods of the library's errors, made without the library.
-- @module studio.flow.run.failure

local failure_methods = {}
local failure_mt = { __name = "studio.flow.error", __index = failure_methods }

function failure_mt:__tostring()
  return self.message
end

function failure_mt.__concat(left, right)
  return tostring(left) .. tostring(right)
end

local function no() return false end

--- Whether the service said so: it was not asked.
-- @treturn boolean false
failure_methods.is_conflict, failure_methods.is_not_found, failure_methods.is_rate_limited = no, no, no

--- What the service says of a definition: nothing here.
-- @treturn table an empty one
function failure_methods.validation_errors()
  return {}
end

--- An error object.
-- @tparam string kind
-- @tparam string message
-- @tparam[opt] table more fields of it
local function new(kind, message, more)
  local failure = { kind = kind, message = message, sent = false, retryable = false }
  for name, value in pairs(more or {}) do failure[name] = value end
  return setmetatable(failure, failure_mt)
end

return { new = new }
