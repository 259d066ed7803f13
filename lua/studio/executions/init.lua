--- Jobs on many Executions: campaigns, exports, and waiting for what becomes of one.
--
-- A *collection* is `client.v2.flows(sid).executions`, `client.v1.flows(sid).executions` or `client.v1.flows(sid).engagements`. Misuse
-- raises at the caller's line; what depends on data is `nil, err`. In a task a job suspends the task, elsewhere it waits.
-- @module studio.executions

-- Each function is loaded when it is first asked for.
local doors = {
  --- Tells every `trigger` and `export` that runs in this Lua state to stop: it starts no more, lets what is in flight finish, writes down
  -- how far it came, and returns. Safe in a signal hook.
  -- @function stop
  stop = function() return require("studio.executions.running").stop end, -- late: by what is asked for
}

return setmetatable({}, {
  __index = function(executions, name)
    local door = doors[name]
    if not door then return nil end
    local value = door()
    rawset(executions, name, value)
    return value
  end,
})
