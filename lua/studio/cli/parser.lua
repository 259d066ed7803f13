--- The parser of one command. Only that of the command that is asked for is built.
local argparse = require "argparse"

local unpack = rawget(_G, "unpack") or table.unpack

local parser = {}

-- Converts an option's value to a whole number; `name` is the option's, for the message.
local function whole(name, least)
  return function(value)
    local number = value:find "^%d+$" and tonumber(value)
    if number and number >= least then return number end
    return nil, ("%s must be a whole number of %d or more, got '%s'"):format(name, least, value)
  end
end

-- Converts an option's value to seconds: a number, or one with `s`, `m`, `h` or `d` behind it.
local function seconds(name)
  local units = { [""] = 1, s = 1, m = 60, h = 3600, d = 86400 }
  return function(value)
    local digits, unit = value:match "^([%d.]+)([smhd]?)$"
    local number = digits and require("studio.base.ascii").number(digits) -- late: most commands take no time
    if number then return number * units[unit] end
    return nil, ("%s must be a time such as 30, 90s, 15m or 2h, got '%s'"):format(name, value)
  end
end

-- The options of every command.
local function common(target)
  target:flag("-h --help", "Shows this help.")
  target:flag("-v --verbose", "Tells of each request on stderr.")
  target:option("--color", "Colours: auto (on a terminal), always, never."):choices { "auto", "always", "never" }:argname "WHEN"
end

--- The sets of options that a command adds to its own: `describe(parser, add)` calls `add.output()`. `add.whole(name, least)` and
-- `add.seconds(name)` are for argparse's `convert`, with the name of an option.
local sets = {}

--- For a command that talks to the service, and has a time-out of its own.
function sets.account(target)
  target:option("--profile", "The account to use, see 'studio profiles'; STUDIO_PROFILE unless given."):argname "NAME"
  target:flag("--emulator", "Asks a local service that lives as long as this command, and needs no account.")
end

--- For a command that talks to the service.
function sets.connection(target)
  sets.account(target)
  target:option("--timeout", "Seconds for one attempt of a request (30)."):argname "SECONDS":convert(seconds "--timeout")
end

-- The forms of output, the default ones first.
parser.forms = { "table", "json", "jsonl", "csv", "tsv", "name" }

--- For a command that gives records.
function sets.output(target)
  target:option("-o --output", "table, json, jsonl, csv, tsv, or name (one SID a line). On a terminal a table; elsewhere jsonl for a "
    .. "list and json for one thing."):choices(parser.forms):argname "FORM"
  target:option("--fields", "The fields to show, with paths below them: sid,context.flow.name. 'help' lists them."):argname "LIST"
  target:flag("--no-header", "Leaves out the line with the names of the fields."):target "no_header"
  target:flag("--no-pager", "Never opens a pager."):target "no_pager"
end

--- For a command that gives no records.
function sets.form(target)
  target:option("-o --output", "json: errors as JSON."):choices { "json", "table" }:argname "FORM"
end

--- For a command that gives a list.
function sets.list(target)
  target:option("--limit", "At most so many (50 on a terminal, all elsewhere)."):argname "N":convert(whole("--limit", 0))
  target:flag("--all", "All of them.")
  target:option("--page-size", "Records that one request asks for, 1 to 1000."):argname "N":convert(whole("--page-size", 1))
end

--- For a command that changes something.
function sets.change(target)
  target:flag("--dry-run", "Shows what would be sent, and sends nothing.")
  target:flag("-y --yes", "Asks nothing.")
  target:flag("--no-input", "Asks nothing, and fails where it would have to.")
end

-- The titles of the sets in the help.
local titles = { account = "Account", connection = "Account", output = "Output", form = "Output", list = "How many", change = "Safety" }

-- argparse gives each name of an option a line.
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
-- @treturn table the parser
-- @treturn table what `open` gave
function parser.build(command, words)
  local module = command.open()
  local made = argparse(words, command.doc):add_help(false):help_max_width(100):help_description_margin(28)
  local add, in_sets = { whole = whole, seconds = seconds }, {}
  local function add_set(set, title)
    local first = #made._options + 1
    set(made)
    made:group(title, unpack(made._options, first))
    for index = first, #made._options do in_sets[made._options[index]] = true end
  end
  for name, set in pairs(sets) do
    add[name] = function() add_set(set, titles[name]) end
  end
  module.describe(made, add)
  add_set(common, "General")
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
