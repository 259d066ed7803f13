--- The command `studio`: finds the command that the arguments name, runs it, and tells how it went.
local commands = require "studio.cli.commands"

-- Options before the command that have a value behind them.
local has_value = {
  ["--profile"] = true, ["--color"] = true, ["-o"] = true, ["--output"] = true, ["--api"] = true, ["--fields"] = true,
  ["--timeout"] = true,
}

-- Splits the arguments into the words that name a command, one or two, and the rest: options may stand before them.
local function split(arguments)
  local words, rest, is_value = {}, {}, false
  for _, word in ipairs(arguments) do
    local is_complete = #words == 2 or words[1] and not commands.group(words[1])
    if is_complete or is_value or word:sub(1, 1) == "-" then
      rest[#rest + 1] = word
      is_value = not is_value and has_value[word] or false
    else
      words[#words + 1] = word
    end
  end
  return words, rest
end

-- The value of an option that is needed before there is a parser; nil where it is not given.
local function early(arguments, ...)
  for index, word in ipairs(arguments) do
    if word == "--" then return nil end
    for _, name in ipairs { ... } do
      if word == name then return arguments[index + 1] end
      if word:sub(1, #name + 1) == name .. "=" then return word:sub(#name + 2) end
    end
  end
end

local function wants_help(arguments)
  for _, word in ipairs(arguments) do
    if word == "-h" or word == "--help" then return true end
  end
end

local function names_of(list)
  local names = {}
  for index, entry in ipairs(list) do names[index] = entry.name end
  return names
end

local function refuse(where, name, list)
  local failure = require "studio.cli.failure" -- late: a slip
  local suggest = require "studio.base.suggest" -- late: a slip
  local hint = where == "studio" and "studio --help" or where .. " --help"
  error(failure.new(2, ("%s: unknown command '%s'%s"):format(where, name, suggest(name, names_of(list))), hint), 0)
end

local function find(list, name)
  for _, command in ipairs(list) do
    if command.name == name then return command end
  end
end

local function help_of(...)
  io.stdout:write(require("studio.cli.help").of(...)) -- late: whoever asks
  return 0
end

-- The command that the words name, and these words as a text; nil where help is due, with the exit code.
local function choose(words, rest)
  local group = words[1] and commands.group(words[1])
  if group then
    local version = early(rest, "--api") or group.versions and group.versions[1]
    local is_known = not group.versions
    for _, known in ipairs(group.versions or {}) do is_known = is_known or known == version end
    if not is_known then
      require("studio.cli.failure").usage("studio %s: --api is one of %s, not '%s'", group.name, -- late: a slip
        table.concat(group.versions, ", "), version)
    end
    local list = commands.of(group, version)
    if not words[2] then return nil, help_of(group, list), wants_help(rest) end
    return find(list, words[2]) or refuse("studio " .. group.name, words[2], list), "studio " .. words[1] .. " " .. words[2]
  end
  local list = commands.of(nil)
  if not words[1] then return nil, help_of(nil, list), wants_help(rest) end
  local command = find(list, words[1])
  if command then return command, "studio " .. words[1] end
  local all = {}
  for _, entry in ipairs(commands.groups) do all[#all + 1] = entry end
  for _, entry in ipairs(list) do all[#all + 1] = entry end
  refuse("studio", words[1], all)
end

local function show_version()
  local lua = rawget(_G, "jit")
  io.stdout:write("studio ", require "studio.base.version", " (", lua and lua.version or _VERSION, ")\n") -- late: whoever asks
  return 0
end

local function carry_out(arguments)
  if arguments[1] == "--version" then return show_version() end
  local words, rest = split(arguments)
  local command, called, is_help = choose(words, rest)
  if not command then return is_help and 0 or 2 end
  local module = command.open()
  local given = require("studio.cli.quick").read(module, rest) -- late: a command, not its name, is asked for
  if not given then
    local parser = require "studio.cli.parser" -- late: help, or a slip
    local made = parser.build(command, called, module)
    given = parser.read(made, called, rest)
    if given.help then
      io.stdout:write(require("studio.cli.help").of_command(made, module)) -- late: whoever asks
      return 0
    end
  end
  local context = require("studio.cli.context").new(called, given) -- late: a command runs
  -- For the commands that are about commands.
  context.commands, context.carry_out = commands, carry_out
  return context:run(module)
end

-- Tells of a failure on stderr, and gives the exit code.
local function tell(err, arguments)
  local failure = require "studio.cli.failure" -- late: a failure
  local read = failure.read(err)
  if read.is_told then return read.exit end
  local form = early(arguments, "-o", "--output")
  if form == "json" or form == "jsonl" then
    local json = require "studio.base.json" -- late: a failure
    io.stderr:write(json.encode(failure.object(read), true) or failure.line(read), "\n")
  else
    io.stderr:write(failure.line(read), "\n")
  end
  return read.exit
end

-- Ends the output. What does not reach a file or a pipe is a failure; a reader who has seen enough is none to be told of.
local function close_output()
  local written, problem = io.stdout:flush()
  if written then return nil end
  local failure = require "studio.cli.failure" -- late: a failure
  return failure.unwritten(problem)
end

--- Runs the command.
-- @tparam {string,...} arguments
-- @treturn number the exit code
return function(arguments)
  local fine, result = pcall(carry_out, arguments)
  if not fine then return tell(result, arguments) end
  local problem = close_output()
  if problem then return tell(problem, arguments) end
  return result
end
