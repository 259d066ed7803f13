--- Studio API v1, as its reference page tells it: Flows (read and delete), Engagements and Executions with their Steps and contexts.
-- A row: name in Lua, name on the wire, type, rules.
local values = require "studio.values"

local sid, enum = values.sid, values.enum

local contact = {
  { "to", "To", values.text, required = true },
  { "from", "From", values.text, required = true },
  { "parameters", "Parameters", values.json },
}

local steps = {
  name = "step", path = "Steps", key = "steps", id = sid "FT",
  list = {},
  member = {
    fetch = {},
    children = {
      step_context = { name = "step_context", path = "Context", fetch = {} },
    },
  },
}

local engagements = {
  name = "engagement", path = "Engagements", key = "engagements", id = sid "FN",
  create = contact,
  list = {},
  member = {
    fetch = {},
    delete = {},
    children = {
      engagement_context = { name = "engagement_context", path = "Context", fetch = {} },
      steps = steps,
    },
  },
}

local executions = {
  name = "execution", path = "Executions", key = "executions", id = sid "FN",
  create = contact,
  list = {
    { "date_created_from", "DateCreatedFrom", values.datetime },
    { "date_created_to", "DateCreatedTo", values.datetime },
  },
  member = {
    fetch = {},
    update = {
      { "status", "Status", enum("active", "ended"), required = true },
    },
    delete = {},
    children = {
      execution_context = { name = "execution_context", path = "Context", fetch = {} },
      steps = steps,
    },
  },
}

return {
  service = "studio", path = "/v1",
  collections = {
    flows = {
      name = "flow", path = "Flows", key = "flows", id = sid "FW",
      list = {},
      member = {
        fetch = {},
        delete = {},
        children = { engagements = engagements, executions = executions },
      },
    },
  },
}
