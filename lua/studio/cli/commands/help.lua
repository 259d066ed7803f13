--- `studio help TOPIC`, `studio help GROUP COMMAND`, and the man page.
local failure = require "studio.cli.failure"
local suggest = require "studio.base.suggest"
local topics = require "studio.cli.topics"

local function is_command(context, name)
  if context.commands.group(name) then return true end
  for _, command in ipairs(context.commands.of(nil)) do
    if command.name == name then return true end
  end
end

local function refuse(context, name)
  local known = { "man" }
  for _, list in ipairs { topics.list, context.commands.groups, context.commands.of(nil) } do
    for _, entry in ipairs(list) do known[#known + 1] = entry.name end
  end
  failure.usage("%s: there is no topic '%s'%s", context.called, name, (suggest(name, known, "topics")))
end

return {
  examples = { "studio help exit-codes", "studio help flows deploy", "studio help man | man -l -" },
  describe = function(parser)
    parser:argument("topic", "exit-codes, environment or output; 'man' for the man page; a group, or a group and a command."):args "*"
      :argname "TOPIC"
  end,
  run = function(context, arguments)
    local words = arguments.topic
    local topic = #words == 1 and topics.find(words[1])
    local out = context:out()
    if topic then
      out:write(topic.text())
    elseif #words == 1 and words[1] == "man" then
      out:write(require("studio.cli.manual").write(context.commands)) -- late: whoever asks
    elseif #words > 2 then
      failure.usage("%s takes a topic, or a group and a command", context.called)
    else
      if words[1] and not is_command(context, words[1]) then refuse(context, words[1]) end
      local given = {}
      for index, word in ipairs(words) do given[index] = word end
      given[#given + 1] = "--help"
      return context.carry_out(given)
    end
    return 0
  end,
}
