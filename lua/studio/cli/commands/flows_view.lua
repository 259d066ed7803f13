--- `studio flows view SOURCE [SOURCE]`: a flow, a path through it or a comparison as one HTML file.
local definitions = require "studio.cli.definitions"
local failure = require "studio.cli.failure"
local files = require "studio.cli.files"
local flow = require "studio.flow"

-- The steps of an execution, each with its context.
local function steps_of(context, arguments)
  local sid = arguments.source:match "^FW%x+"
  if not sid then failure.usage("%s: --execution needs the SID of its flow as SOURCE", context.called) end
  local client = context:client()
  local steps, err = client.v2.flows(sid).executions(arguments.execution).steps:list()
  if not steps then return nil, err end
  for step, found, problem in client:map(steps, function(step) return step.step_context:fetch() end, { concurrency = 8 }) do
    if not found then return nil, problem end
    step.context = found.context
  end
  return steps
end

return {
  examples = {
    "studio flows view flow.json --out flow.html",
    "studio flows view FWxxxx@LatestPublished flow.json --out change.html     what changed, on one canvas",
    "studio flows view FWxxxx --execution FNxxxx --out run.html     the path that an execution took, with its contexts",
  },
  describe = function(parser, add)
    parser:argument("source", "A file, - for stdin, SID or SID@REVISION."):argname "SOURCE"
    parser:argument("new", "Another one, which the first is compared with; the page shows this one, and what is gone.")
      :argname("SOURCE"):args "?"
    parser:option("--execution", "Shows the path that this execution of the flow took; SOURCE is the flow's SID."):argname "SID"
    parser:option("--out", "The file to write; - or nothing for stdout."):argname "FILE"
    definitions.describe(parser)
    add.connection()
  end,
  run = function(context, arguments)
    local definition, err = definitions.of(context, arguments.source)
    if not definition then return nil, err end
    local options = {}
    if arguments.execution then
      options.steps, err = steps_of(context, arguments)
      if not options.steps then return nil, err end
    end
    if arguments.new then
      local old = definition
      definition, err = definitions.of(context, arguments.new)
      if not definition then return nil, err end
      options.changes, err = flow.diff(old, definition)
      if not options.changes then return nil, err end
    end
    local page
    page, err = flow.page(definition, options)
    if not page then return nil, err end
    if not arguments.out or arguments.out == "-" then
      context:out():write(page)
      return 0
    end
    files.replace(arguments.out, page)
    context:note("the page is in %s", arguments.out)
    return 0
  end,
}
