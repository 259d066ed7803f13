--- The pages about the command studio, its man page and what shells read to complete its words: made of what its help is made of.
local commands = require "studio.cli.commands"
local completion = require "studio.cli.commands.completion"
local manual = require "studio.cli.manual"
local parser = require "studio.cli.parser"
local topics = require "studio.cli.topics"

local made_by = "Made by `make generate` from what the help of the command is made of: `studio %s --help`."

local function cell(value) return (value:gsub("|", "\\|"):gsub("\n", " ")) end

local function table_of(out, title, elements)
  if #elements == 0 then return end
  out("| %s | |", title)
  out("|---|---|")
  for _, element in ipairs(elements) do
    out("| `%s` | %s |", manual.label(element):gsub("`", ""):gsub("|", "\\|"), cell(element._description or ""))
  end
  out("")
end

local function write_command(out, words, command, only)
  local made, module = parser.build(command, words)
  out("## %s", words)
  out("")
  out("%s%s", command.doc, only or "")
  out("")
  out("```")
  for _, example in ipairs(module.examples or {}) do out("%s", example) end
  out("%s", (made:get_usage():gsub("\n%s*", " ")))
  out("```")
  out("")
  table_of(out, "argument", made._arguments)
  table_of(out, "option", made._options)
end

local pages = {}

-- The page of a group: its commands, those of other versions of the API behind those that are meant without --api.
local function write_group(out, group)
  out("# studio %s", group.name)
  out("")
  out("%s", group.doc)
  out("")
  out(made_by, group.name)
  out("")
  local is_there = {}
  for index, version in ipairs(group.versions or { false }) do
    for _, command in ipairs(commands.of(group, version or nil)) do
      if not is_there[command.name] then
        write_command(out, ("studio %s %s"):format(group.name, command.name), command, index > 1 and (" With `--api %s`."):format(version))
      end
      is_there[command.name] = true
    end
  end
end

for _, group in ipairs(commands.groups) do
  pages["docs/reference/studio-" .. group.name .. ".md"] = function(out) write_group(out, group) end
end

pages["docs/reference/studio.md"] = function(out)
  out("# studio")
  out("")
  out("Made by `make generate` from what the help of the command is made of.")
  out("")
  out("| group | |")
  out("|---|---|")
  for _, group in ipairs(commands.groups) do out("| [studio %s](studio-%s.md) | %s |", group.name, group.name, cell(group.doc)) end
  out("")
  for _, command in ipairs(commands.of(nil)) do write_command(out, "studio " .. command.name, command) end
  for _, topic in ipairs(topics.list) do
    out("## studio help %s", topic.name)
    out("")
    out("```")
    for line in topic.text():gmatch "[^\n]*" do
      if line ~= "" then out("%s", line) end
    end
    out("```")
    out("")
  end
end

pages["share/man/man1/studio.1"] = function(out) out("%s", (manual.write(commands):gsub("\n$", ""))) end
for shell, path in pairs {
  bash = "bash-completion/completions/studio", zsh = "zsh/site-functions/_studio", fish = "fish/vendor_completions.d/studio.fish",
} do
  pages["share/" .. path] = function(out) out("%s", (completion.scripts[shell]:gsub("\n$", ""))) end
end

-- Path of each file → function(out).
return pages
