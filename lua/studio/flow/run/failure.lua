--- Errors of runs and transcripts: tables with a `kind` and a `message`, as those of the library.
-- @module studio.flow.run.failure

local failure_mt = { __name = "studio.flow.error" }

function failure_mt:__tostring()
  return self.message
end

--- An error object.
-- @tparam string kind
-- @tparam string message
-- @tparam[opt] table more fields of it
local function new(kind, message, more)
  local failure = { kind = kind, message = message }
  for name, value in pairs(more or {}) do failure[name] = value end
  return setmetatable(failure, failure_mt)
end

return { new = new }
