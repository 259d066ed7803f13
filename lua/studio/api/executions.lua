--- What both versions of the Studio API say of running a Flow for a contact: the parameters that start it, the steps it went
-- through, the Executions themselves. A row: name in Lua, name on the wire, type, rules.
local types = require "studio.api.types"

local sid, enum = types.sid, types.enum

local executions = {}

executions.status = enum("active", "ended")

--- To start an Engagement or an Execution.
executions.start = {
  { "to", "To", types.text, required = true },
  { "from", "From", types.text, required = true },
  { "parameters", "Parameters", types.json },
}

executions.steps = {
  name = "step", path = "Steps", key = "steps", id = sid "FT",
  list = {},
  member = {
    fetch = {},
    children = {
      step_context = { name = "step_context", path = "Context", fetch = {} },
    },
  },
}

--- The collection of Executions.
-- @tparam {table,...} filters rows of the list operation, in which the versions differ
-- @treturn table
function executions.collection(filters)
  return {
    name = "execution", path = "Executions", key = "executions", id = sid "FN",
    create = executions.start,
    list = filters,
    member = {
      fetch = {},
      update = {
        { "status", "Status", executions.status, required = true },
      },
      delete = {},
      children = {
        execution_context = { name = "execution_context", path = "Context", fetch = {} },
        steps = executions.steps,
      },
    },
  }
end

return executions
