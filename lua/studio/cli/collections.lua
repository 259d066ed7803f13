--- The collection that a command about executions or engagements is about.
local collections = {}

--- Adds the arguments that name it, and one of its members.
-- @tparam table parser
-- @tparam string group `"executions"` or `"engagements"`
-- @tparam[opt] string member `"SID"`, or `"[SID]"` where it may be left out
function collections.describe(parser, group, member)
  parser:argument("flow", "The flow, FW and 32 hex digits."):argname "FLOW"
  if member then
    local argument = parser:argument("sid", ("The %s, FN and 32 hex digits."):format(group:sub(1, -2))):argname "SID"
    if member == "[SID]" then argument:args "?" end
  end
  if group == "executions" then
    parser:option("--api", "The version of the API, v2 unless given."):choices { "v2", "v1" }:argname "VERSION"
  end
end

--- Finds it.
-- @tparam table client
-- @tparam table arguments
-- @tparam string group
-- @treturn table a collection
function collections.of(client, arguments, group)
  if group == "engagements" then return client.v1.flows(arguments.flow).engagements end
  return client[arguments.api or "v2"].flows(arguments.flow).executions
end

return collections
