--- What reads arguments that are right gives what argparse gives, and leaves to it what is not right.
local commands = require "studio.cli.commands"
local parser = require "studio.cli.parser"
local quick = require "studio.cli.quick"

local function words_of(line)
  local words = {}
  for word in line:gmatch "%S+" do words[#words + 1] = word end
  return words
end

local function each_command(visit)
  local groups = { false }
  for _, group in ipairs(commands.groups) do groups[#groups + 1] = group end
  for _, group in ipairs(groups) do
    for _, version in ipairs(group and group.versions or { false }) do
      for _, command in ipairs(commands.of(group or nil, version or nil)) do
        visit(command, "studio " .. (group and group.name .. " " or "") .. command.name)
      end
    end
  end
end

-- The value that an option of argparse takes.
local function value_of(option)
  if option._choices then return option._choices[#option._choices] end
  if not option._convert then return "value=1" end
  for _, value in ipairs { "7", "90s", "2026-11-29" } do
    if option._convert(value) ~= nil then return value end
  end
  return "1"
end

-- Options that many commands have are tried with a few of them.
local FEW = 3
local tried = {}

local function is_tried(option)
  local name = option._name .. option._description
  tried[name] = (tried[name] or 0) + 1
  return tried[name] > FEW
end

-- Lines that a command takes: its arguments and what it must have, and that with each of its options.
local function lines_of(made)
  local needed, lines = {}, {}
  for _, argument in ipairs(made._arguments) do needed[#needed + 1] = argument._choices and argument._choices[1] or "word" end
  for _, option in ipairs(made._options) do
    if option._mincount > 0 then needed[#needed + 1] = option._name .. " " .. value_of(option) end
  end
  local base = table.concat(needed, " ")
  lines[1] = base
  for _, option in ipairs(made._options) do
    for _, alias in ipairs(is_tried(option) and {} or option._public_aliases) do
      local text = option._maxargs == 0 and alias or alias .. " " .. value_of(option)
      lines[#lines + 1] = text .. " " .. base
      lines[#lines + 1] = base .. " " .. (option._maxargs > 0 and alias:find "^%-%-" and alias .. "=" .. value_of(option) or text)
      lines[#lines + 1] = text .. " " .. text .. " " .. base
    end
  end
  return lines
end

describe("studio.cli.quick", function()
  it("reads as argparse does, for every command and every option", function()
    local read, all = 0, 0
    each_command(function(command, words)
      local made, module = parser.build(command, words)
      for _, line in ipairs(lines_of(made)) do
        local arguments = words_of(line)
        local result = quick.read(module, arguments)
        local fits, expected = made:pparse(arguments)
        all = all + 1
        if result then
          read = read + 1
          assert.is_true(fits, words .. " " .. line)
          assert.same(expected, result, words .. " " .. line)
        end
      end
    end)
    assert.is_true(all > 400)
    -- What remains are -h and --help, and what some commands describe otherwise.
    assert.is_true(read / all > 0.9, read .. " of " .. all)
  end)

  it("leaves slips to argparse", function()
    local list
    for _, command in ipairs(commands.of(commands.group "executions")) do
      if command.name == "list" then list = command end
    end
    for _, line in ipairs {
      "", "FW1 FN1", "FW1 --limit", "FW1 --limit x", "FW1 --limit -1", "FW1 --nothing", "FW1 --status other", "FW1 --all=yes", "FW1 -x",
      "-- FW1", "FW1 --help", "FW1 -vo json",
    } do
      assert.is_nil(quick.read(list.open(), words_of(line)), line)
    end
  end)
end)
