--- The options that commands share, in sets.
local options = {}

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

--- The sets of options that a command adds to its own: `describe(parser, add)` calls `add.output()`. `add.whole(name, least)` and
-- `add.seconds(name)` are for argparse's `convert`, with the name of an option.
local sets = {}

--- For every command.
function sets.common(target)
  target:flag("-h --help", "Shows this help.")
  target:flag("-v --verbose", "Tells of each request on stderr.")
  target:option("--color", "Colours: auto (on a terminal), always, never."):choices { "auto", "always", "never" }:argname "WHEN"
end

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
options.forms = { "table", "json", "jsonl", "csv", "tsv", "name" }

--- For a command that gives records.
function sets.output(target)
  target:option("-o --output", "table, json, jsonl, csv, tsv, or name (one SID a line). On a terminal a table; elsewhere jsonl for a "
    .. "list and json for one thing."):choices(options.forms):argname "FORM"
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

--- Describes a command to a parser: its own options, the sets it asks for, and those of every command.
-- @tparam table module of the command
-- @tparam table target a parser
-- @tparam function add_set function(set, name), which calls `set(target)`
function options.describe(module, target, add_set)
  local add = { whole = whole, seconds = seconds }
  for name, set in pairs(sets) do
    add[name] = function() add_set(set, name) end
  end
  module.describe(target, add)
  add.common()
end

return options
