--- Help: of all, of a group, of a command. Examples come first.
local commands = require "studio.cli.commands"
local failure = require "studio.cli.failure"

local help = {}

local function listed(title, entries)
  local lines, width = { title }, 0
  for _, entry in ipairs(entries) do width = math.max(width, #entry.name) end
  for _, entry in ipairs(entries) do lines[#lines + 1] = ("  %s%s  %s"):format(entry.name, (" "):rep(width - #entry.name), entry.doc) end
  return table.concat(lines, "\n")
end

local beginning = [[
studio: Twilio Studio on the command line

  studio flows list                                  the flows of the account
  studio flows pull FWxxxx flow.json                 the definition of a flow, to a file
  studio flows deploy flow.json --sid FWxxxx         brings a changed definition to the service
  studio executions create FWxxxx --to +1555… --from +1555…

Usage: studio GROUP COMMAND [OPTION]…, studio COMMAND [OPTION]…
]]

--- The help of a group, or of all.
-- @tparam table|nil group an entry of `commands.groups`
-- @tparam {table,...} list its commands; those without a group
-- @treturn string
function help.of(group, list)
  if group then
    local more = group.versions and #group.versions > 1 and ("\n\n--api %s chooses the version of the API, %s unless given."):format(
      table.concat(group.versions, "|"), group.versions[1]) or ""
    return ("%s\n\nUsage: studio %s COMMAND [OPTION]…\n\n%s%s\n\n'studio %s COMMAND --help' has the options of one.\n"):format(
      group.doc, group.name, listed("Commands:", list), more, group.name)
  end
  local codes = { "Exit codes:" }
  for _, code in ipairs(failure.codes) do codes[#codes + 1] = ("  %3d  %s"):format(code[1], code[2]) end
  return table.concat({
    beginning, listed("Groups:", commands.groups), "", listed("Commands:", list), "", table.concat(codes, "\n"), "",
    "'studio GROUP COMMAND --help' has the options of one; 'studio --version' tells the version.", "",
  }, "\n")
end

--- The help of a command.
-- @tparam table made its parser
-- @tparam table module `examples`, an array of lines, may be in it
-- @treturn string
function help.of_command(made, module)
  local text = made:get_help() .. "\n"
  if not module.examples then return text end
  return "  " .. table.concat(module.examples, "\n  ") .. "\n\n" .. text
end

return help
