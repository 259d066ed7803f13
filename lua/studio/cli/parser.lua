--- The parser of one command, with argparse: for help, slips, the manual and completion. Arguments that have nothing wrong with them are
-- read by `studio.cli.quick`.
local argparse = require "argparse"
local options = require "studio.cli.options"

local unpack = rawget(_G, "unpack") or table.unpack

local parser = {}

-- The titles of the sets in the help.
local titles = {
  account = "Account", connection = "Account", output = "Output", form = "Output", list = "How many", change = "Safety", common = "General",
}

-- All names of an option stand in one line of the help; argparse by itself gives each a line.
local function label_of_option(option)
  local words = { table.concat(option._public_aliases, ", "), unpack(option:_get_argument_list()) }
  return { table.concat(words, " ") }
end

local function label_of_argument(argument) return { argument:_get_argname(1):gsub("^<(.*)>$", "%1"), nil } end

-- The options that are no set's come first in the help.
local function group_own(made, in_sets)
  local own = {}
  for _, option in ipairs(made._options) do
    if not in_sets[option] then own[#own + 1] = option end
  end
  if own[1] then
    made:group("Options", unpack(own))
    table.insert(made._groups, 1, table.remove(made._groups))
  end
end

-- The line that says how the command is called; the options are listed below it.
local function usage_of(made, words)
  local parts = { "Usage: " .. words }
  for _, argument in ipairs(made._arguments) do parts[#parts + 1] = argument:_get_usage() end
  for _, option in ipairs(made._options) do
    if option._mincount > 0 then parts[#parts + 1] = option:_get_usage():gsub("^%[(.*)%]$", "%1") end
  end
  parts[#parts + 1] = "[OPTION]…"
  return table.concat(parts, " ")
end

--- Builds the parser of a command.
-- @tparam table command an entry of `studio.cli.commands`
-- @tparam string words `studio flows list`
-- @tparam[opt] table module what `open` gave, where that is known
-- @treturn table the parser
-- @treturn table the module
function parser.build(command, words, module)
  module = module or command.open()
  local made = argparse(words, command.doc):add_help(false):help_max_width(100):help_description_margin(28)
  local in_sets = {}
  options.describe(module, made, function(set, name)
    local first = #made._options + 1
    set(made)
    made:group(titles[name], unpack(made._options, first))
    for index = first, #made._options do in_sets[made._options[index]] = true end
  end)
  group_own(made, in_sets)
  for _, option in ipairs(made._options) do option._get_label_lines = label_of_option end
  for _, argument in ipairs(made._arguments) do argument._get_label_lines = label_of_argument end
  made:usage(usage_of(made, words))
  return made, module
end

--- Reads the arguments of a command; raises a failure when they are not as they should be.
-- @tparam table made what `build` gave
-- @tparam string words `studio flows list`
-- @tparam {string,...} arguments
-- @treturn table
function parser.read(made, words, arguments)
  for _, word in ipairs(arguments) do
    if word == "--" then break end
    if word == "-h" or word == "--help" then return { help = true } end
  end
  local fits, result = made:pparse(arguments)
  if fits then return result end
  local failure = require "studio.cli.failure" -- late: a slip
  local message = result:gsub("\nDid you mean", ": did you mean"):gsub("\n", " ")
  error(failure.new(2, ("%s: %s"):format(words, message), words .. " --help"), 0)
end

return parser
