rockspec_format = "3.0"
package = "studio-cli"
version = "scm-1"

-- For `luarocks make build-aux/studio-cli-scm-1.rockspec` in a checkout, which fetches nothing.
source = {
  url = "file://.",
}

description = {
  summary = "Twilio Studio on the command line",
  detailed = [[
    The command `studio`: flows as code (check, compare, run, test, deploy), executions (start, follow, export), all operations of the API.
    A rock of its own, so that the library studio needs no parser of arguments.
  ]],
  homepage = "https://lua-studio.example",
  maintainer = "the studio authors <authors@lua-studio.example>",
  license = "MIT",
  labels = { "twilio", "commandline" },
}

dependencies = {
  "lua >= 5.1",
  "studio",
  "argparse >= 0.7",
}

build = {
  type = "builtin",
  modules = {
    ["studio.cli.changes"] = "lua/studio/cli/changes.lua",
    ["studio.cli.collections"] = "lua/studio/cli/collections.lua",
    ["studio.cli.commands.api"] = "lua/studio/cli/commands/api.lua",
    ["studio.cli.commands.completion"] = "lua/studio/cli/commands/completion.lua",
    ["studio.cli.commands.doctor"] = "lua/studio/cli/commands/doctor.lua",
    ["studio.cli.commands.emulator"] = "lua/studio/cli/commands/emulator.lua",
    ["studio.cli.commands.executions_end"] = "lua/studio/cli/commands/executions_end.lua",
    ["studio.cli.commands.executions_export"] = "lua/studio/cli/commands/executions_export.lua",
    ["studio.cli.commands.executions_trigger"] = "lua/studio/cli/commands/executions_trigger.lua",
    ["studio.cli.commands.executions_watch"] = "lua/studio/cli/commands/executions_watch.lua",
    ["studio.cli.commands.flows_check"] = "lua/studio/cli/commands/flows_check.lua",
    ["studio.cli.commands.flows_deploy"] = "lua/studio/cli/commands/flows_deploy.lua",
    ["studio.cli.commands.flows_diff"] = "lua/studio/cli/commands/flows_diff.lua",
    ["studio.cli.commands.flows_graph"] = "lua/studio/cli/commands/flows_graph.lua",
    ["studio.cli.commands.flows_run"] = "lua/studio/cli/commands/flows_run.lua",
    ["studio.cli.commands.flows_test"] = "lua/studio/cli/commands/flows_test.lua",
    ["studio.cli.commands.flows_view"] = "lua/studio/cli/commands/flows_view.lua",
    ["studio.cli.commands.help"] = "lua/studio/cli/commands/help.lua",
    ["studio.cli.commands"] = "lua/studio/cli/commands/init.lua",
    ["studio.cli.commands.profiles"] = "lua/studio/cli/commands/profiles.lua",
    ["studio.cli.commands.webhook"] = "lua/studio/cli/commands/webhook.lua",
    ["studio.cli.context"] = "lua/studio/cli/context.lua",
    ["studio.cli.definitions"] = "lua/studio/cli/definitions.lua",
    ["studio.cli.failure"] = "lua/studio/cli/failure.lua",
    ["studio.cli.files"] = "lua/studio/cli/files.lua",
    ["studio.cli.following"] = "lua/studio/cli/following.lua",
    ["studio.cli.help"] = "lua/studio/cli/help.lua",
    ["studio.cli"] = "lua/studio/cli/init.lua",
    ["studio.cli.manual"] = "lua/studio/cli/manual.lua",
    ["studio.cli.operations.changing"] = "lua/studio/cli/operations/changing.lua",
    ["studio.cli.operations"] = "lua/studio/cli/operations/init.lua",
    ["studio.cli.operations.parameters"] = "lua/studio/cli/operations/parameters.lua",
    ["studio.cli.operations.places"] = "lua/studio/cli/operations/places.lua",
    ["studio.cli.operations.reading"] = "lua/studio/cli/operations/reading.lua",
    ["studio.cli.options"] = "lua/studio/cli/options.lua",
    ["studio.cli.output.fields"] = "lua/studio/cli/output/fields.lua",
    ["studio.cli.output"] = "lua/studio/cli/output/init.lua",
    ["studio.cli.output.separated"] = "lua/studio/cli/output/separated.lua",
    ["studio.cli.output.table"] = "lua/studio/cli/output/table.lua",
    ["studio.cli.output.values"] = "lua/studio/cli/output/values.lua",
    ["studio.cli.parser"] = "lua/studio/cli/parser.lua",
    ["studio.cli.profiles"] = "lua/studio/cli/profiles.lua",
    ["studio.cli.progress"] = "lua/studio/cli/progress.lua",
    ["studio.cli.quick"] = "lua/studio/cli/quick.lua",
    ["studio.cli.simulation"] = "lua/studio/cli/simulation.lua",
    ["studio.cli.suggestions"] = "lua/studio/cli/suggestions.lua",
    ["studio.cli.terminal"] = "lua/studio/cli/terminal.lua",
    ["studio.cli.text"] = "lua/studio/cli/text.lua",
    ["studio.cli.topics"] = "lua/studio/cli/topics.lua",
    ["studio.cli.width"] = "lua/studio/cli/width.lua",
  },
  install = {
    bin = { "bin/studio" },
  },
}
