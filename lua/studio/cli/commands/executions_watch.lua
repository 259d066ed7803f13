--- `studio executions wait FLOW SID` and `studio executions follow FLOW SID`, and the same of engagements.
local api_executions = require "studio.api.executions"
local collections = require "studio.cli.collections"
local executions = require "studio.executions"

local commands = {}

local fields = api_executions.fields()
local steps = api_executions.steps "execution_sid"

local function describe_time(parser, add)
  parser:option("--timeout", "Gives up after this time: 90s, 15m, 2h. Without it there is no end."):argname("TIME"):convert(
    add.seconds "--timeout")
  parser:option("--interval", "Time until it is asked again for the first time (1s); the next ones are longer."):argname("TIME"):convert(
    add.seconds "--interval")
end

-- The time is that of the whole command; requests keep theirs.
local function options_of(context, arguments)
  local options = { timeout = arguments.timeout, interval = arguments.interval }
  arguments.timeout = nil
  context.when_interrupted = "the execution goes on; so does the same command"
  return options
end

--- Waits until one has ended.
-- @tparam string group
function commands.wait(group)
  local spec = { columns = { "sid", "status", "contact_channel_address", "date_created", "date_updated" }, fields = fields }
  return {
    examples = { ("studio %s wait FWxxxx FNxxxx --timeout 15m"):format(group) },
    describe = function(parser, add)
      collections.describe(parser, group, "SID")
      describe_time(parser, add)
      add.output()
      add.account()
    end,
    run = function(context, arguments)
      local out = context:out()
      if out:is_help(spec) then return 0 end
      local options = options_of(context, arguments)
      local found, err = executions.wait(collections.of(context:client(), arguments, group)(arguments.sid), options)
      if not found then return nil, err end
      out:record(found, spec)
      return 0
    end,
  }
end

--- Shows the steps of one as they happen.
-- @tparam string group
function commands.follow(group)
  local spec = {
    columns = { "date_created", "name", "transitioned_from", "transitioned_to", "sid" }, fields = steps.fields, is_live = true,
    what = "steps",
  }
  return {
    examples = { ("studio %s follow FWxxxx FNxxxx"):format(group) },
    describe = function(parser, add)
      collections.describe(parser, group, "SID")
      describe_time(parser, add)
      add.output()
      add.account()
    end,
    run = function(context, arguments)
      local out = context:out()
      if out:is_help(spec) then return 0 end
      local options = options_of(context, arguments)
      out:list(executions.follow(collections.of(context:client(), arguments, group)(arguments.sid), options), spec)
      return 0
    end,
  }
end

return commands
