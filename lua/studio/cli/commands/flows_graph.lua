--- `studio flows graph SOURCE`: a picture of a flow, for Graphviz or Mermaid.
local definitions = require "studio.cli.definitions"
local failure = require "studio.cli.failure"
local flow = require "studio.flow"

return {
  examples = {
    "studio flows graph flow.json | dot -Tsvg > flow.svg",
    "studio flows graph FWxxxx --execution FNxxxx --format mermaid     the path that an execution took",
  },
  describe = function(parser, add)
    parser:argument("source", "A file, - for stdin, SID or SID@REVISION."):argname "SOURCE"
    parser:option("--format", "dot (unless given) or mermaid."):choices { "dot", "mermaid" }:argname "FORMAT"
    parser:option("--execution", "Shows the path that this execution of the flow took; SOURCE is the flow's SID."):argname "SID"
    parser:option("--since", "Shows what changed since this one: a file, SID or SID@REVISION."):argname "SOURCE"
    definitions.describe(parser)
    add.connection()
  end,
  run = function(context, arguments)
    local definition, err = definitions.of(context, arguments.source)
    if not definition then return nil, err end
    local steps, changes
    if arguments.execution then
      local sid = arguments.source:match "^FW%x+"
      if not sid then failure.usage("%s: --execution needs the SID of its flow as SOURCE", context.called) end
      steps, err = context:client().v2.flows(sid).executions(arguments.execution).steps:list()
      if not steps then return nil, err end
    end
    if arguments.since then
      local old
      old, err = definitions.of(context, arguments.since)
      if not old then return nil, err end
      changes, err = flow.diff(old, definition)
      if not changes then return nil, err end
    end
    local text
    text, err = flow.graph(definition, { format = arguments.format, steps = steps, changes = changes })
    if not text then return nil, err end
    context:out():write(text)
    return 0
  end,
}
