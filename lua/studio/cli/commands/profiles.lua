--- `studio profiles list|add|remove|use`. No secret is ever shown, or taken from the command line.
local core = require "studio.core"
local failure = require "studio.cli.failure"
local profiles = require "studio.cli.profiles"

local commands = {}

commands.list = {
  examples = { "studio profiles list" },
  describe = function(_, add) add.output() end,
  run = function(context)
    local all, rows = profiles.read(), {}
    for index, profile in ipairs(all.list) do
      rows[index] = {
        name = profile.name, current = profile.name == all.current, account_sid = profile.account_sid,
        credentials = profile.api_key and "API key" or profile.auth_token and "auth token" or "none",
        region = profile.region, confirm = profile.confirm or false,
      }
    end
    context:out():list(rows, { columns = { "name", "current", "account_sid", "credentials", "region", "confirm" }, id_field = "name",
      what = "profiles: 'studio profiles add NAME' adds one" })
    return 0
  end,
}

-- A shell reads the line, for it can set the terminal right again whatever ends it.
local READ_HIDDEN = [[
saved=$(stty -g) || exit 1
trap 'stty "$saved"' EXIT
trap 'exit 130' INT QUIT TERM HUP
stty -echo
IFS= read -r line
printf '%s\n' "$line"
]]

-- Asks for a secret on the terminal, which does not show what is typed.
local function ask(question)
  io.stderr:write(question, ": ")
  local shell = assert(io.popen(READ_HIDDEN, "r"))
  local fine, answer = pcall(shell.read, shell, "*l")
  shell:close() -- waits until the terminal is right again
  io.stderr:write "\n"
  if not fine then error(answer, 0) end
  if not answer then error(failure.new(130, "interrupted"), 0) end
  return answer:match "^%s*(.-)%s*$"
end

-- The secret: of the file that the option names, the environment's, or asked for.
local function secret_of(context, option, variable, words)
  local arguments = context.arguments
  local path = arguments[option:gsub("^%-%-", ""):gsub("-", "_")]
  if path then return context:read_secret(path, option) end
  local value = os.getenv(variable)
  if value and value ~= "" then return value end
  if arguments.no_input or not core.terminal(0) or not core.terminal(2) then
    failure.usage("%s: the %s comes from %s, from %s, or is asked for on a terminal", context.called, words, variable, option)
  end
  return ask(words)
end

local function check(name, value)
  if value == "" then failure.usage("%s must not be empty", name) end
  if value:find "[%z\1-\31\127]" then failure.usage("%s must not hold control characters", name) end
  return value
end

commands.add = {
  examples = {
    "studio profiles add staging --account-sid ACxxxx                       asks for the auth token",
    "studio profiles add production --api-key SKxxxx --account-sid ACxxxx --confirm --api-secret-file key.txt",
  },
  describe = function(parser)
    parser:argument("name", "Its name: letters, digits and . _ -"):argname "NAME"
    parser:option("--account-sid", "The account; TWILIO_ACCOUNT_SID unless given."):argname "SID"
    parser:option("--api-key", "An API key instead of the account's auth token."):argname "SID"
    parser:option("--auth-token-file", "A file with the auth token; - for stdin. Without it TWILIO_AUTH_TOKEN has it, or it is asked for.")
      :argname "FILE"
    parser:option("--api-secret-file", "A file with the secret of the API key; - for stdin. Without it TWILIO_API_SECRET has it, or it is "
      .. "asked for."):argname "FILE"
    parser:option("--region", "The region of its data."):argname "REGION"
    parser:option("--edge", "The edge to go through."):argname "EDGE"
    parser:flag("--confirm", "Asks before every change: for accounts that serve people.")
    parser:flag("--use", "Makes it the one that is used where none is named.")
    parser:flag("--no-input", "Asks nothing, and fails where it would have to.")
  end,
  run = function(context, arguments)
    local name = arguments.name
    if not profiles.is_name(name) then
      failure.usage("%s: '%s' is no name for a profile: letters, digits and . _ -", context.called, name)
    end
    local profile = { name = name, region = arguments.region, edge = arguments.edge, confirm = arguments.confirm or nil }
    profile.account_sid = arguments.account_sid or os.getenv "TWILIO_ACCOUNT_SID"
    if not profile.account_sid and not arguments.api_key then
      failure.usage("%s: missing option '--account-sid'", context.called)
    end
    if profile.account_sid and not core.is_sid(profile.account_sid, "AC") then
      failure.usage("%s: --account-sid must be a SID, AC and 32 hex digits", context.called)
    end
    if arguments.api_key then
      profile.api_key = check("--api-key", arguments.api_key)
      profile.api_secret = check("the secret", secret_of(context, "--api-secret-file", "TWILIO_API_SECRET", "API secret"))
    else
      profile.auth_token = check("the auth token", secret_of(context, "--auth-token-file", "TWILIO_AUTH_TOKEN", "auth token"))
    end
    local is_place, problem = pcall(require("studio.request.regions").check, profile) -- late: a profile is added
    if not is_place then error(failure.in_words_of_profile(failure.of_client(problem), profile), 0) end
    local credentials = require "studio.request.credentials" -- late: a profile is added
    local are_sound, why = pcall(credentials.resolve, profiles.client_options(profile))
    if not are_sound then error(failure.in_words_of_profile(failure.new(2, failure.of_client(why).message), profile), 0) end
    local all, place = profiles.read(), nil
    for index, other in ipairs(all.list) do
      if other.name == name then place = index end
    end
    all.list[place or #all.list + 1] = profile
    if arguments.use or not all.current and #all.list == 1 then all.current = name end
    profiles.write(all)
    context:note("%s the profile %s in %s%s", place and "replaced" or "added", name, profiles.path(),
      all.current == name and ", and it is the one that is used" or "")
    return 0
  end,
}

local function position(all, name)
  for index, profile in ipairs(all.list) do
    if profile.name == name then return index end
  end
  profiles.find(name) -- raises, with the names there are
end

commands.remove = {
  describe = function(parser, add)
    parser:argument("name", "Which one."):argname "NAME"
    add.change()
  end,
  run = function(context, arguments)
    local all = profiles.read()
    local place = position(all, arguments.name)
    if arguments.dry_run then
      context:note("would remove the profile %s", arguments.name)
      return 0
    end
    context:confirm("remove the profile " .. arguments.name, { always = true })
    table.remove(all.list, place)
    if all.current == arguments.name then all.current = nil end
    profiles.write(all)
    context:note("removed the profile %s", arguments.name)
    return 0
  end,
}

commands.use = {
  describe = function(parser) parser:argument("name", "Which one."):argname "NAME" end,
  run = function(context, arguments)
    local all = profiles.read()
    position(all, arguments.name)
    all.current = arguments.name
    profiles.write(all)
    context:note("the profile %s is used from now on", arguments.name)
    return 0
  end,
}

return commands
