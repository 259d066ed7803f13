--- Studio API v1, as its reference page tells it: Flows (read and delete), Engagements and Executions with their Steps and contexts.
-- A row: name in Lua, name on the wire, type, rules.
local executions = require "studio.api.executions"
local types = require "studio.api.types"

local sid = types.sid

local engagements = {
  name = "engagement", path = "Engagements", key = "engagements", id = sid "FN",
  create = executions.start,
  list = {},
  member = {
    fetch = {},
    delete = {},
    children = {
      engagement_context = { name = "engagement_context", path = "Context", fetch = {} },
      steps = executions.steps,
    },
  },
}

return {
  flows = {
    key = "flows", id = sid "FW",
    list = {},
    member = {
      fetch = {},
      delete = {},
      children = {
        engagements = engagements,
        executions = executions.collection {
          { "date_created_from", "DateCreatedFrom", types.datetime },
          { "date_created_to", "DateCreatedTo", types.datetime },
        },
      },
    },
  },
}
