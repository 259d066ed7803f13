--- `studio executions end FLOW SID`, and `studio executions end FLOW --active`.
local collections = require "studio.cli.collections"
local executions = require "studio.executions"
local failure = require "studio.cli.failure"

local spec = { columns = { "sid", "status" }, fields = { sid = "string", status = "string" }, what = "active executions" }

local function end_one(context, arguments)
  local function call(client)
    return collections.of(client, arguments, "executions")(arguments.sid):update { status = "ended" }
  end
  if arguments.dry_run then return context:preview(call) end
  context:confirm("end the execution " .. arguments.sid)
  local ended, err = call(context:client())
  if not ended then return nil, err end
  context:out():record(ended, { columns = { "sid", "status", "contact_channel_address" } })
  return 0
end

-- SIDs as records.
local function rows_of(sids, status)
  local rows = {}
  for index, sid in ipairs(sids) do rows[index] = { sid = sid, status = status } end
  return rows
end

local function end_all(context, arguments)
  local collection = collections.of(context:client(), arguments, "executions")
  local tell, clear = context:progress "ended"
  local options = {
    older_than = arguments.older_than, to = arguments.to, concurrency = arguments.concurrency, rate = arguments.rate, dry_run = true,
  }
  local active, err = executions.end_active(collection, options)
  if not active then return nil, err end
  if arguments.dry_run or #active == 0 then
    local out = context:out()
    out:list(rows_of(active, "active"), spec)
    if #active > 0 then
      context:note "nothing was sent: these would be ended"
    elseif not out.columns then
      context:note("no %s", spec.what) -- on a terminal the list has said so
    end
    return 0
  end
  local words = #active == 1 and "end the execution " .. active[1] or ("end %d executions"):format(#active)
  context:confirm(words, { always = #active > 1, count = #active > 1 and #active or nil })
  options.dry_run, options.on_progress = nil, tell
  context.when_interrupted = "the same command ends those that are left"
  local ended
  ended, err = executions.end_active(collection, options)
  clear()
  local sids = ended or err.ended or {}
  context:out():list(rows_of(sids, "ended"), spec)
  context:note("%d of %d ended", #sids, #active)
  if ended then return 0 end
  if #sids > 0 then return nil, failure.partly(err) end
  return nil, err
end

return {
  examples = {
    "studio executions end FWxxxx FNxxxx",
    "studio executions end FWxxxx --active --older-than 2d",
  },
  describe = function(parser, add)
    collections.describe(parser, "executions", "[SID]")
    parser:flag("--active", "Ends all that are active.")
    parser:option("--older-than", "With --active: only those begun longer ago than this: 90s, 15m, 2h, 3d."):argname("TIME"):convert(
      add.seconds "--older-than")
    parser:option("--to", "With --active: only those of this contact."):argname "CONTACT"
    parser:option("--concurrency", "With --active: requests at a time (20)."):argname("N"):convert(add.whole("--concurrency", 1))
    parser:option("--rate", "With --active: requests a second at most."):argname("N"):convert(add.whole("--rate", 1))
    add.change()
    add.output()
    add.connection()
  end,
  run = function(context, arguments)
    if (arguments.sid ~= nil) == (arguments.active or false) then
      failure.usage("%s: either the SID of one, or --active for all", context.called)
    end
    for _, name in ipairs { "older_than", "to", "concurrency", "rate" } do
      if arguments.sid and arguments[name] then
        failure.usage("%s: --%s goes with --active, not with the SID of one", context.called, (name:gsub("_", "-")))
      end
    end
    return (arguments.sid and end_one or end_all)(context, arguments)
  end,
}
