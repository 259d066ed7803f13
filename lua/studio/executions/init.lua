--- Jobs on many Executions: campaigns, exports, and waiting for what becomes of one.
--
-- A *collection* is `client.v2.flows(sid).executions`, `client.v1.flows(sid).executions` or `client.v1.flows(sid).engagements`. Misuse
-- raises at the caller's line; what depends on data is `nil, err`. In a task a job suspends the task, elsewhere it waits.
-- @module studio.executions
local names = require "studio.base.names"

-- Each function is loaded when it is first asked for, behind `studio`, which says so where its module in C is for another Lua, or missing.
local doors = {
  --- Starts an Execution for each contact, and for none twice, whatever dies: called again with the same journal and name it goes on. A
  -- request whose fate is unknown is looked up before anything is repeated. Any number of processes may run the same call on one
  -- PostgreSQL: they share the contacts and the rate. Needs a Lua that can run tasks, see `client:spawn`.
  -- @function trigger
  -- @tparam table collection of Executions or Engagements
  -- @tparam {string|table,...}|function|string contacts an array or an iterator of numbers or rows `{ to = …, NAME = value }`, or the path
  --   of a CSV file (a header line, with a column `to` or `To`) or of JSON Lines; what a row has beside `to` becomes its `parameters`, over
  --   those of the options. A journal that holds the contacts already reads none.
  -- @tparam table options
  -- @tparam string options.from the number or sender that the flow answers from
  -- @tparam[opt] table options.parameters for every contact
  -- @tparam[opt] string options.journal a file (SQLite), or `postgresql://…`; memory by default
  -- @tparam[opt] string options.name of the campaign in the journal; the flow's SID by default
  -- @tparam[opt=20] number options.rate starts a second, of all workers of the campaign together; `math.huge` for no limit
  -- @tparam[opt=20] integer options.concurrency requests at a time, of this call
  -- @tparam[opt="skip"] string options.on_active what becomes of a contact that is in an Execution already: `"skip"` it, `"end"` that
  --   Execution and start (not with Engagements), or `"fail"`: it counts as refused
  -- @tparam[opt=false] boolean options.interruptible the first SIGINT does what `stop` does, the second ends the process at once
  -- @tparam[opt] function options.on_progress gets a table now and then: `done`, `total`, `rate` (a second), `eta` (seconds, nil while
  --   unknown), `counts`
  -- @treturn[1] table whole numbers of the whole campaign: `total`, `created`, `skipped`, `refused`, `doubtful` (a person has to decide)
  --   and `waiting` (more than 0 after `stop`)
  -- @treturn[1] {table,...} contacts that the list had twice, when this call has loaded it: `n` (line in a file, else place), `to`,
  --   `first` (the `n` that holds)
  -- @treturn[1] boolean whether this call has read the contacts: the journal did not hold them yet
  -- @treturn[2] nil
  -- @treturn[2] table an error: of kind `"argument"` for contacts that cannot be read (with the line), and for a journal that cannot be
  --   opened, is in use, or holds another campaign of that name; else why it could not go on, with `summary`. The call may be repeated.
  trigger = function() return require "studio.executions.trigger" end, -- late: by what is asked for

  --- Reads a campaign in a journal, also while it runs.
  -- @function report
  -- @tparam string journal a file or `postgresql://…`
  -- @tparam[opt] string name of the campaign; the only one of the journal by default
  -- @treturn[1] function an iterator of `{ n, to, state, sid, code, message, attempts, started }`, in the order of the list; `state` is
  --   `"waiting"`, `"sending"`, `"created"`, `"refused"`, `"skipped"` or `"doubtful"`; `started` is when the newest request went out, in
  --   epoch seconds. It raises where the journal cannot be read any more.
  -- @treturn[1] table the summary, as `trigger` gives it
  -- @treturn[1] string the name of the campaign
  -- @treturn[2] nil
  -- @treturn[2] table an error of kind `"argument"`
  report = function() return require "studio" and require "studio.executions.report" end, -- late: by what is asked for

  --- Writes the Executions of a flow to a file or a function, the newest first, with what is asked for below each, in constant memory.
  --
  -- Beside a file, `OUT.state` tells how far it came. Called again after a kill, an error or a stop it goes on there: no line is missing,
  -- doubled or torn. When all is written the state is removed, and the next call begins anew.
  -- @function export
  -- @tparam table collection one of Executions or Engagements
  -- @tparam table options `out`: a path, or a function that is called with each piece of text, an Execution's, and may give nil and a
  -- message; `format`: `"jsonl"` (the default) or `"csv"`; `from` and `to`: only those created at or after, and before (ISO 8601 or epoch
  -- seconds); `status`: only those that are `"active"` or have `"ended"`; `steps`, `context`, `step_contexts`: booleans, what is fetched
  -- for each; `concurrency`: how many at a time (8); `rate`: how many requests a second at most; `resume` (false: begins anew whatever
  -- is there); `interruptible` (true: the first SIGINT does what `stop` does, the second ends the process at once); `on_progress`: a
  -- function of a table with `done`, `rate` and `counts` by status
  -- @treturn[1] table `executions`, `steps` and `bytes`: what there is in all, by this call and those before; `stopped`: true when
  -- @{stop} ended it
  -- @treturn[2] nil
  -- @treturn[2] table an error: of the service, or of kind `"argument"` when a file cannot be read or written, another export holds it, or
  -- its state is of an export with other options. What was written before stays
  export = function() return require "studio" and require "studio.executions.export" end, -- late: by what is asked for

  --- Ends the Executions of a flow that are active. They are found first, and then ended, several at a time.
  -- @function end_active
  -- @tparam table collection one of Executions; for Engagements, which can only be deleted, it raises, and deletes nothing
  -- @tparam[opt] table options `older_than`: only those created more than so many seconds ago, by the service's clock; `to`:
  -- only those of this contact; `dry_run` (true: none is ended); `concurrency`: how many at a time (20); `rate`: how many a second at
  -- most; `on_progress`: a function of a table with `done` and `total`
  -- @treturn[1] {string,...} the SIDs of those that were ended, or would be
  -- @treturn[2] nil
  -- @treturn[2] table an error: the first one, after which nothing more was begun; `ended`, an array of SIDs, tells what was ended before
  end_active = function() return require "studio" and require "studio.executions.end_active" end, -- late: by what is asked for

  --- The steps of an Execution as they happen, oldest first, until it has ended. It is asked at growing intervals: each wait is half as
  -- long again as the one before, up to ten times the first; a new step makes the next one short again.
  -- @function follow
  -- @tparam table execution an Execution or Engagement: a handle or a resource
  -- @tparam[opt] table options `interval`: seconds until it is asked again for the first time (1); `timeout`: seconds in all
  -- @treturn function an iterator of Step resources, each given once. It raises an error object: that of a call that failed, or one of
  -- kind `"timeout"` when the time is over
  follow = function() return require "studio" and require "studio.executions.follow" end, -- late: by what is asked for

  --- Waits until an Execution has ended. It is asked at growing intervals, as `follow` does.
  -- @function wait
  -- @tparam table execution an Execution or Engagement: a handle or a resource
  -- @tparam[opt] table options `interval`: seconds until it is asked again for the first time (1); `timeout`: seconds in all
  -- @treturn[1] table the Execution, which has ended
  -- @treturn[2] nil
  -- @treturn[2] table an error: that of a call that failed, or one of kind `"timeout"` when the time is over
  wait = function() return require "studio" and require "studio.executions.wait" end, -- late: by what is asked for

  --- Tells every `trigger` and `export` that runs in this Lua state to stop: it starts no more, lets what is in flight finish, writes down
  -- how far it came, and returns. Safe in a signal hook.
  -- @function stop
  stop = function() return require("studio.executions.running").stop end, -- late: by what is asked for
}

return names.guard({}, "the module 'studio.executions'", {
  doors = doors, call = "the module is not called: executions.trigger(…) starts Executions, executions.export(…) writes them to a file",
})
