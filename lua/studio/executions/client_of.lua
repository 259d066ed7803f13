--- The client that a collection, handle or resource came from, for jobs that are given nothing else.
local errors = require "studio.base.errors"

local collections = { ["studio.execution.collection"] = true, ["studio.engagement.collection"] = true }
local members = {
  ["studio.execution"] = true, ["studio.execution.handle"] = true, ["studio.engagement"] = true, ["studio.engagement.handle"] = true,
}

local function kind_of(object)
  local metatable = type(object) == "table" and getmetatable(object)
  return type(metatable) == "table" and metatable.__name or ""
end

--- The client of a collection of Executions or Engagements; anything else raises.
-- @param collection
-- @tparam string name of the function that was given it, such as `"executions.export"`
-- @treturn table the client
-- @treturn boolean whether it is one of Engagements
local function of_collection(collection, name)
  errors.refuse_colon(collection, package.loaded["studio.executions"], name)
  local kind = kind_of(collection)
  if not collections[kind] then errors.misuse("%s needs a collection such as client.v2.flows(sid).executions", name) end
  return collection.caller.client, kind == "studio.engagement.collection"
end

--- The client of an Execution or Engagement, a handle or a resource; anything else raises.
-- @param execution
-- @tparam string name of the function that was given it
-- @treturn table
local function of_execution(execution, name)
  errors.refuse_colon(execution, package.loaded["studio.executions"], name)
  if not members[kind_of(execution)] then
    errors.misuse("%s needs an Execution, such as client.v2.flows(sid).executions(sid)", name)
  end
  return execution.steps.caller.client
end

return { of_collection = of_collection, of_execution = of_execution }
