--- `studio emulator`: the local service, until Ctrl-C or around a program.
local failure = require "studio.cli.failure"

local function whole(add, parser, name, doc, least)
  parser:option(name, doc):argname("N"):convert(add.whole(name, least))
end

-- The service speaks of its own options, whose names have no hyphens.
local function in_words_of_options(problem)
  return (problem:gsub("option '([%w_]+)'", function(name) return "--" .. name:gsub("_", "-") end))
end

return {
  examples = {
    "studio emulator --port 8081                 in the foreground; other shells get the lines that it prints",
    "studio emulator -- lua5.4 program.lua       around a program, with the service in its environment",
  },
  describe = function(parser, add)
    parser:argument("program", "A program, behind --, with its arguments; the service ends with it, and its exit code is that of the "
      .. "command."):argname("PROGRAM"):args "*"
    whole(add, parser, "--port", "The port of plain HTTP; a free one unless given.", 1)
    whole(add, parser, "--engagements", "How many engagements the seeded survey has (120).", 0)
    whole(add, parser, "--page-size", "The page size of lists that are asked for without one (50).", 1)
    whole(add, parser, "--now", "The time of the service, in seconds since 1970.", 0)
    whole(add, parser, "--starts-per-second", "The most executions that may start in a second; then 429.", 1)
  end,
  run = function(_, arguments)
    local foreground = require "studio.emulator.foreground" -- late: this command
    local status, problem, was_raised = foreground.run({
      port = arguments.port, engagements = arguments.engagements, page_size = arguments.page_size, now = arguments.now,
      starts_per_second = arguments.starts_per_second,
    }, arguments.program, "studio emulator")
    if was_raised then error(in_words_of_options(problem), 0) end
    if not status then return nil, failure.new(1, problem) end
    return status
  end,
}
