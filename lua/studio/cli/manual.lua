--- The man page, made of what the help is made of.
local parser = require "studio.cli.parser"
local topics = require "studio.cli.topics"

local manual = {}

-- Text that roff takes as it is.
local function roff(value)
  value = value:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("…", "...")
  return (value:gsub("^([.'])", "\\&%1"):gsub("\n([.'])", "\n\\&%1"))
end

--- What an option or an argument is called in a list.
-- @tparam table element of argparse
-- @treturn string `-o, --output FORM`, `SID`
function manual.label(element)
  if element._public_aliases then
    local words = { table.concat(element._public_aliases, ", ") }
    for _, name in ipairs(element:_get_argument_list()) do words[#words + 1] = name end
    return table.concat(words, " ")
  end
  local name = element._argname or element._name
  return type(name) == "table" and name[1] or name
end

-- Options that nearly every command has are told once.
local everywhere = {
  ["--help"] = true, ["--verbose"] = true, ["--color"] = true, ["--output"] = true, ["--fields"] = true, ["--no-header"] = true,
  ["--no-pager"] = true, ["--profile"] = true, ["--emulator"] = true, ["--timeout"] = true, ["--dry-run"] = true, ["--yes"] = true,
  ["--no-input"] = true,
}

local function is_own(option)
  for _, alias in ipairs(option._aliases) do
    if everywhere[alias] then return false end
  end
  return true
end

local function add_element(lines, element)
  lines[#lines + 1] = ".TP\n.B " .. roff(manual.label(element))
  lines[#lines + 1] = roff(element._description or "")
end

local function add_command(lines, words, command, shared)
  local made, module = parser.build(command, words)
  lines[#lines + 1] = ".SS " .. roff(words)
  lines[#lines + 1] = roff(command.doc)
  lines[#lines + 1] = ".PP\n" .. roff((made:get_usage():gsub("^Usage: ", ""):gsub("\n%s*", " ")))
  for _, argument in ipairs(made._arguments) do add_element(lines, argument) end
  for _, option in ipairs(made._options) do
    if is_own(option) then
      add_element(lines, option)
    else
      local label = manual.label(option)
      if not shared[label] then
        shared[#shared + 1] = option
        shared[label] = true
      end
    end
  end
  if module.examples then lines[#lines + 1] = ".PP\n.nf\n" .. roff("  " .. table.concat(module.examples, "\n  ")) .. "\n.fi" end
end

--- Writes the man page.
-- @tparam table commands `studio.cli.commands`
-- @treturn string roff, for man(7)
function manual.write(commands)
  local lines, shared = {}, {}
  for _, group in ipairs(commands.groups) do
    for _, api_version in ipairs(group.versions or { false }) do
      for _, command in ipairs(commands.of(group, api_version or nil)) do
        local words = ("studio %s %s"):format(group.name, command.name)
        if not shared[words] then add_command(lines, words, command, shared) end
        shared[words] = true
      end
    end
  end
  for _, command in ipairs(commands.of(nil)) do add_command(lines, "studio " .. command.name, command, shared) end
  local head = {
    '.TH STUDIO 1 "" "studio" "User Commands"',
    ".SH NAME\nstudio \\- Twilio Studio on the command line",
    ".SH SYNOPSIS\n.B studio\n.I GROUP COMMAND\n[\\fIOPTION\\fR]...\n.br\n.B studio\n.I COMMAND\n[\\fIOPTION\\fR]...",
    ".SH DESCRIPTION\n" .. roff("Everything that the library studio does: flows as code (check, compare, run, test, deploy), executions "
      .. "(start for a list of contacts, follow, export), and a command for each operation of the API. Words in capitals are arguments, in "
      .. "the order of the path in the API."),
    ".SH OPTIONS\nThose that many commands have.",
  }
  for _, option in ipairs(shared) do add_element(head, option) end
  head[#head + 1] = ".SH COMMANDS"
  for _, line in ipairs(lines) do head[#head + 1] = line end
  for _, topic in ipairs(topics.list) do
    head[#head + 1] = (".SH %s\n.nf\n%s.fi"):format(roff((topic.name:gsub("-", " "):gsub("%l", string.upper))), roff(topic.text()))
  end
  return table.concat(head, "\n") .. "\n"
end

return manual
