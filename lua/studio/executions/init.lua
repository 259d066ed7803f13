--- Jobs on many Executions: campaigns, exports, and waiting for what becomes of one.
--
-- A *collection* is `client.v2.flows(sid).executions`, `client.v1.flows(sid).executions` or `client.v1.flows(sid).engagements`. Misuse
-- raises at the caller's line; what depends on data is `nil, err`. In a task a job suspends the task, elsewhere it waits.
-- @module studio.executions

-- Each function is loaded when it is first asked for.
local doors = {
  --- Ends the Executions of a flow that are active. They are found first, and then ended, several at a time.
  -- @function end_active
  -- @tparam table collection one of Executions; for Engagements, which can only be deleted, it raises, and deletes nothing
  -- @tparam[opt] table options `older_than`: only those created more than so many seconds ago, by the service's clock; `to`:
  -- only those of this contact; `dry_run` (true: none is ended); `concurrency`: how many at a time (20); `rate`: how many a second at
  -- most; `on_progress`: a function of a table with `done` and `total`
  -- @treturn[1] {string,...} the SIDs of those that were ended, or would be
  -- @treturn[2] nil
  -- @treturn[2] table an error: the first one, after which nothing more was begun; `ended`, an array of SIDs, tells what was ended before
  end_active = function() return require "studio.executions.end_active" end, -- late: by what is asked for

  --- The steps of an Execution as they happen, oldest first, until it has ended. It is asked at growing intervals: each wait is half as
  -- long again as the one before, up to ten times the first; a new step makes the next one short again.
  -- @function follow
  -- @tparam table execution an Execution or Engagement: a handle or a resource
  -- @tparam[opt] table options `interval`: seconds until it is asked again for the first time (1); `timeout`: seconds in all
  -- @treturn function an iterator of Step resources, each given once. It raises an error object: that of a call that failed, or one of
  -- kind `"timeout"` when the time is over
  follow = function() return require "studio.executions.follow" end, -- late: by what is asked for

  --- Waits until an Execution has ended. It is asked at growing intervals, as `follow` does.
  -- @function wait
  -- @tparam table execution an Execution or Engagement: a handle or a resource
  -- @tparam[opt] table options `interval`: seconds until it is asked again for the first time (1); `timeout`: seconds in all
  -- @treturn[1] table the Execution, which has ended
  -- @treturn[2] nil
  -- @treturn[2] table an error: that of a call that failed, or one of kind `"timeout"` when the time is over
  wait = function() return require "studio.executions.wait" end, -- late: by what is asked for

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
