--- The list of commands: those of the API by their groups, which the declarations fill, and others, of which a file of this folder
-- has one or several.
local commands = {}

--- The groups, in the order of the help. `path` leads to the collection that a group is about, in the declarations of `studio.api`;
-- `versions` are those of the API that have it, the one that is meant without `--api` first. `own` is a group without operations.
commands.groups = {
  { name = "flows", doc = "Flows: definitions as code, their revisions, test users and conversations.",
    path = { "flows" }, versions = { "v2", "v1" } },
  { name = "executions", doc = "Runs of a flow, each for one contact.", path = { "flows", "executions" }, versions = { "v2", "v1" } },
  { name = "engagements", doc = "Runs of a flow, as v1 of the API has them.", path = { "flows", "engagements" }, versions = { "v1" } },
  { name = "flex-flows", doc = "How contacts reach Flex.", path = { "flex_flows" }, versions = { "flex" } },
  { name = "profiles", doc = "Accounts that the command knows.", own = true },
  { name = "webhook", doc = "The signature of Twilio's requests.", own = true },
}

--- The commands that are no operation of the API: `group` (nil where there is none), `name`, `doc` (one sentence, with its full stop),
-- `open`, which gives `{ describe(parser, add), run(context, arguments) }`; see `studio.cli.parser` and `studio.cli.context`.
commands.own = {
  { group = "flows", name = "validate", doc = "Asks the service whether a definition is valid.",
    open = function() return require("studio.cli.commands.flows_deploy").validate end }, -- late: by what is asked for
  { group = "flows", name = "check", doc = "Finds what is wrong with definitions, without an account.",
    open = function() return require "studio.cli.commands.flows_check" end }, -- late: by what is asked for
  { group = "flows", name = "diff", doc = "Compares two definitions by what they mean.",
    open = function() return require "studio.cli.commands.flows_diff" end }, -- late: by what is asked for
  { group = "flows", name = "graph", doc = "Draws a flow, for Graphviz or Mermaid.",
    open = function() return require "studio.cli.commands.flows_graph" end }, -- late: by what is asked for
  { group = "flows", name = "view", doc = "Writes a page that shows a flow, a path through it or what changed.",
    open = function() return require "studio.cli.commands.flows_view" end }, -- late: by what is asked for
  { group = "flows", name = "deploy", doc = "Brings a definition to the service, where it is another one.",
    open = function() return require("studio.cli.commands.flows_deploy").deploy end }, -- late: by what is asked for
  { group = "flows", name = "rollback", doc = "Publishes an earlier revision again.",
    open = function() return require("studio.cli.commands.flows_deploy").rollback end }, -- late: by what is asked for
  { group = "flows", name = "pull", doc = "Writes the definition of a flow to a file.",
    open = function() return require("studio.cli.commands.flows_deploy").pull end }, -- late: by what is asked for
  { group = "flows", name = "run", doc = "A conversation with a flow on the terminal, without an account.",
    open = function() return require "studio.cli.commands.flows_run" end }, -- late: by what is asked for
  { group = "flows", name = "test", doc = "Plays transcripts of conversations, and says what differs.",
    open = function() return require "studio.cli.commands.flows_test" end }, -- late: by what is asked for
  { group = "executions", name = "end", doc = "Ends an execution, or all that are active.",
    open = function() return require "studio.cli.commands.executions_end" end }, -- late: by what is asked for
  { group = "executions", name = "wait", doc = "Waits until an execution has ended.",
    open = function() return require("studio.cli.commands.executions_watch").wait "executions" end }, -- late: by what is asked for
  { group = "executions", name = "follow", doc = "Shows the steps of an execution as they happen.",
    open = function() return require("studio.cli.commands.executions_watch").follow "executions" end }, -- late: by what is asked for
  { group = "executions", name = "trigger", doc = "Starts an execution for each contact of a list, and for none twice.",
    open = function() return require("studio.cli.commands.executions_trigger").trigger "executions" end }, -- late: by what is asked for
  { group = "executions", name = "report", doc = "Shows what became of each contact of such a list.",
    open = function() return require("studio.cli.commands.executions_trigger").report "executions" end }, -- late: by what is asked for
  { group = "executions", name = "export", doc = "Writes them to a file, with what is below each.",
    open = function() return require "studio.cli.commands.executions_export" "executions" end }, -- late: by what is asked for
  { group = "engagements", name = "wait", doc = "Waits until an engagement has ended.",
    open = function() return require("studio.cli.commands.executions_watch").wait "engagements" end }, -- late: by what is asked for
  { group = "engagements", name = "follow", doc = "Shows the steps of an engagement as they happen.",
    open = function() return require("studio.cli.commands.executions_watch").follow "engagements" end }, -- late: by what is asked for
  { group = "engagements", name = "trigger", doc = "Starts an engagement for each contact of a list, and for none twice.",
    open = function() return require("studio.cli.commands.executions_trigger").trigger "engagements" end }, -- late: by what is asked for
  { group = "engagements", name = "report", doc = "Shows what became of each contact of such a list.",
    open = function() return require("studio.cli.commands.executions_trigger").report "engagements" end }, -- late: by what is asked for
  { group = "engagements", name = "export", doc = "Writes them to a file, with what is below each.",
    open = function() return require "studio.cli.commands.executions_export" "engagements" end }, -- late: by what is asked for
  { group = "profiles", name = "list", doc = "Lists the profiles.",
    open = function() return require("studio.cli.commands.profiles").list end }, -- late: by what is asked for
  { group = "profiles", name = "add", doc = "Adds a profile, or replaces it.",
    open = function() return require("studio.cli.commands.profiles").add end }, -- late: by what is asked for
  { group = "profiles", name = "remove", doc = "Removes a profile.",
    open = function() return require("studio.cli.commands.profiles").remove end }, -- late: by what is asked for
  { group = "profiles", name = "use", doc = "Makes a profile the one that is used where none is named.",
    open = function() return require("studio.cli.commands.profiles").use end }, -- late: by what is asked for
  { group = "webhook", name = "sign", doc = "Signs a request as Twilio does, for tests of a handler.",
    open = function() return require("studio.cli.commands.webhook").sign end }, -- late: by what is asked for
  { group = "webhook", name = "verify", doc = "Tells whether Twilio sent a request.",
    open = function() return require("studio.cli.commands.webhook").verify end }, -- late: by what is asked for
  { name = "api", doc = "Sends any request to the API.",
    open = function() return require "studio.cli.commands.api" end }, -- late: by what is asked for
  { name = "emulator", doc = "Runs the local service, in the foreground or around a program.",
    open = function() return require "studio.cli.commands.emulator" end }, -- late: by what is asked for
  { name = "doctor", doc = "Looks at what a client needs, and says what mends it.",
    open = function() return require "studio.cli.commands.doctor" end }, -- late: by what is asked for
  { name = "completion", doc = "Prints what a shell reads to complete words of the command.",
    open = function() return require "studio.cli.commands.completion" end }, -- late: by what is asked for
  { name = "help", doc = "Shows a topic, the help of a command, or the man page.",
    open = function() return require "studio.cli.commands.help" end }, -- late: by what is asked for
}

--- Finds a group.
-- @tparam string name
-- @treturn table|nil an entry of `groups`
function commands.group(name)
  for _, group in ipairs(commands.groups) do
    if group.name == name then return group end
  end
end

--- The commands of a group, or those without one, in the order of the help.
-- @tparam table|nil group an entry of `groups`
-- @tparam[opt] string version of the API, one of the group's; the first one unless given
-- @treturn {table,...} `name`, `doc`, `open`
function commands.of(group, version)
  local found, is_there = {}, {}
  if group and not group.own then
    local operations = require("studio.cli.operations") -- late: the operations of the API are read for what is about them
    for _, command in ipairs(operations.commands(group, version or group.versions[1])) do
      found[#found + 1] = command
      is_there[command.name] = #found
    end
  end
  for _, command in ipairs(commands.own) do
    if command.group == (group and group.name) then
      -- A file of its own stands in the place of an operation.
      local place = is_there[command.name] or #found + 1
      found[place] = command
    end
  end
  return found
end

return commands
