--- What a word of the command may become: commands, options, their values, profiles, flows of the account.
local parser = require "studio.cli.parser"

local suggestions = {}

-- Seconds for which the names of flows are kept, and those that asking for them may take: somebody waits for a word.
local KEPT, PATIENCE = 600, 2

-- Adds what begins with the word.
local function add(found, word, name, doc)
  if name:sub(1, #word) == word then found[#found + 1] = { (found.before or "") .. name, (doc or ""):gsub("%s+", " "), nil } end
end

local function add_commands(found, word, list)
  for _, command in ipairs(list) do add(found, word, command.name, command.doc) end
end

-- profiles and flows -------------------------------------------------------------------------------------------------------------------

local function add_profiles(found, word)
  local profiles = require "studio.cli.profiles" -- late: a name of one is due
  local fine, all = pcall(profiles.read)
  for _, profile in ipairs(fine and all.list or {}) do add(found, word, profile.name, profile.account_sid or profile.api_key) end
end

local function environment(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- Where the flows of a client are kept; nil where there is no place.
local function cache_of(client)
  local folder = environment "XDG_CACHE_HOME" or environment "HOME" and environment "HOME" .. "/.cache"
  return folder and ("%s/studio/flows-%s"):format(folder, (tostring(client):gsub("[^%w]+", "-")))
end

-- The flows that were asked for lately: the first line is when that was.
local function read_cache(path)
  local file = path and io.open(path, "r")
  if not file then return nil end
  local time, lines = tonumber(file:read "*l"), {}
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  return time and math.abs(os.time() - time) < KEPT and lines or nil
end

local function write_cache(path, lines)
  os.execute("mkdir -p '" .. path:match("^(.*)/"):gsub("'", "'\\''") .. "' 2>/dev/null")
  pcall(require("studio.cli.files").replace, path, os.time() .. "\n" .. table.concat(lines, "\n") .. "\n") -- late: names are kept
end

local function ask_for_flows(client, path)
  local lines = {}
  local fine, list = pcall(function() return client.v2.flows:list { limit = 200 } end)
  for _, flow in ipairs(fine and list or {}) do
    lines[#lines + 1] = ("%s\t%s"):format(flow.sid, (tostring(flow.friendly_name):gsub("[%z\1-\31\127]+", " ")))
  end
  if path and fine and list then write_cache(path, lines) end
  return lines
end

local function add_flows(found, word, profile)
  local context = require("studio.cli.context").new("studio completion", { timeout = PATIENCE, profile = profile }) -- late: flows are due
  local made, client = pcall(context.client, context)
  if not made then return end
  local path = cache_of(client)
  for _, line in ipairs(read_cache(path) or ask_for_flows(client, path)) do
    local sid, name = line:match "^(%S+)\t(.*)$"
    if sid then add(found, word, sid, name) end
  end
  client:close()
end

-- one command --------------------------------------------------------------------------------------------------------------------------

local function takes_value(option) return option and option._maxargs > 0 end

local function by_alias(made)
  local options = {}
  for _, option in ipairs(made._options) do
    for _, alias in ipairs(option._aliases) do options[alias] = option end
  end
  return options
end

local function argname_of(element)
  local name = element._argname or element._name
  return type(name) == "table" and name[1] or name
end

local function add_values(found, word, element, group, profile)
  local name = argname_of(element)
  for _, choice in ipairs(element._choices or {}) do add(found, word, choice, "") end
  if name == "NAME" and (element._name == "--profile" or group == "profiles") then
    add_profiles(found, word)
  elseif name == "FLOW" or name == "SID" and group == "flows" then
    add_flows(found, word, profile)
  end
end

local function add_options(found, word, made)
  for _, option in ipairs(made._options) do
    for _, alias in ipairs(option._public_aliases) do
      if #alias > 2 or #word == 2 then add(found, word, alias, option._description) end
    end
  end
end

-- The words behind a command's name: options with their values, and arguments.
local function complete(found, words, word, command, group)
  local made = parser.build(command, "studio")
  local options, place, due, profile = by_alias(made), 1, nil, nil
  for _, each in ipairs(words) do
    if due then
      if due._name == "--profile" then profile = each end
      due = nil
    elseif each:sub(1, 1) == "-" and #each > 1 then
      due = takes_value(options[each]) and options[each] or nil
      profile = each:match "^%-%-profile=(.*)" or profile
    else
      place = place + 1
    end
  end
  local alias, value = word:match "^(%-%-[^=]+)=(.*)$"
  if due then
    add_values(found, word, due, group, profile)
  elseif takes_value(options[alias]) then
    found.before = alias .. "="
    add_values(found, value, options[alias], group, profile)
  elseif word:sub(1, 1) == "-" then
    add_options(found, word, made)
  else
    local last = made._arguments[#made._arguments]
    local argument = made._arguments[place] or last and last._maxargs > 1 and last
    if argument then add_values(found, word, argument, group, profile) end
  end
end

local function find(list, name)
  for _, command in ipairs(list) do
    if command.name == name then return command end
  end
end

--- What the last word may become.
-- @tparam table commands `studio.cli.commands`
-- @tparam {string,...} words behind `studio`
-- @treturn {table,...} `{ word, what it is }`
function suggestions.of(commands, words)
  local found, named, rest, word = {}, {}, {}, words[#words] or ""
  for index = 1, #words - 1 do
    local each = words[index]
    local is_complete = #named == 2 or named[1] and not commands.group(named[1])
    if is_complete or each:sub(1, 1) == "-" then rest[#rest + 1] = each else named[#named + 1] = each end
  end
  local group = named[1] and commands.group(named[1])
  if not named[1] then
    add_commands(found, word, commands.groups)
    add_commands(found, word, commands.of(nil))
    if word:sub(1, 1) == "-" then
      add(found, word, "--help", "Shows the help.")
      add(found, word, "--version", "Tells the version.")
    end
  elseif group and not named[2] then
    add_commands(found, word, commands.of(group))
  else
    local command = find(commands.of(group or nil), group and named[2] or named[1])
    if command then complete(found, rest, word, command, group and group.name) end
  end
  return found
end

return suggestions
