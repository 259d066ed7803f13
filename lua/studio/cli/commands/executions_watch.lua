--- `studio executions wait FLOW SID` and `studio executions follow FLOW SID`, and the same of engagements.
local api_executions = require "studio.api.executions"
local collections = require "studio.cli.collections"
local executions = require "studio.executions"
local failure = require "studio.cli.failure"
local following = require "studio.cli.following"

local commands = {}

local fields = api_executions.fields()

local function describe_time(parser, add)
  parser:option("--timeout", "Gives up after this time: 90s, 15m, 2h. Without it there is no end."):argname("TIME"):convert(
    add.seconds "--timeout")
  following.describe_interval(parser, add)
end

-- The time is that of the whole command; requests keep theirs.
local function options_of(context, arguments)
  local options = { timeout = arguments.timeout, interval = arguments.interval }
  arguments.timeout = nil
  context.when_interrupted = following.AFTER_INTERRUPT
  return options
end

-- Why an Execution that has ended did not come to a good end, by the last of its steps; false where it did; nil and an error.
local function shortcoming(handle)
  local page, err = handle.steps:page { page_size = 1 }
  if not page then return nil, err end
  local last = page.items[1]
  if not last then return "nothing tells how it ended: it has no steps" end
  if last.transitioned_to ~= "Ended" then return ("it was ended when it was at %s"):format(last.transitioned_to) end
  if last.name and last.name:find "[Ff]ail" then return ("it ended with %s of %s"):format(last.name, last.transitioned_from) end
  return false
end

--- Waits until one has ended.
-- @tparam string group
function commands.wait(group)
  local spec = { columns = { "sid", "status", "contact_channel_address", "date_created", "date_updated" }, fields = fields }
  return {
    examples = {
      ("studio %s wait FWxxxx FNxxxx --timeout 15m"):format(group),
      ("studio %s wait FWxxxx FNxxxx --exit-status && echo done"):format(group),
    },
    describe = function(parser, add)
      collections.describe(parser, group, "SID")
      describe_time(parser, add)
      parser:flag("--exit-status", "Ends with 3 where its last step is a failure, or it was ended before it came to an end.")
      add.output()
      add.account()
    end,
    run = function(context, arguments)
      local out = context:out()
      if out:is_help(spec) then return 0 end
      local options = options_of(context, arguments)
      local handle = collections.of(context:client(), arguments, group)(arguments.sid)
      local found, err = executions.wait(handle, options)
      if not found then return nil, err end
      out:record(found, spec)
      if not arguments.exit_status then return 0 end
      local short, problem = shortcoming(handle)
      if short == nil then return nil, problem end
      if short then return nil, failure.new(3, short) end
      return 0
    end,
  }
end

--- Shows the steps of one as they happen.
-- @tparam string group
function commands.follow(group)
  local steps = api_executions.steps(group == "engagements" and "engagement_sid" or "execution_sid")
  local spec = following.steps_spec(steps.fields)
  return {
    examples = { ("studio %s follow FWxxxx FNxxxx"):format(group) },
    describe = function(parser, add)
      collections.describe(parser, group, "SID")
      describe_time(parser, add)
      add.output()
      add.account()
    end,
    run = function(context, arguments)
      if context:out():is_help(spec) then return 0 end
      local options = options_of(context, arguments)
      return following.steps(context, collections.of(context:client(), arguments, group)(arguments.sid), options, spec)
    end,
  }
end

return commands
