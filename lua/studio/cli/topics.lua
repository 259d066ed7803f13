--- The texts of `studio help TOPIC`, which are chapters of the man page, too.
local failure = require "studio.cli.failure"

local topics = {}

local function exit_codes()
  local lines = { "The exit code says what happened:", "" }
  for _, code in ipairs(failure.codes) do lines[#lines + 1] = ("  %3d  %s"):format(code[1], code[2]) end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "A program that writes to a pipe whose reader has gone ends with 141 and no word, as a shell tells it of others."
  lines[#lines + 1] = "'studio doctor' ends with 0 or 1; 'studio emulator -- PROGRAM' with the code of the program."
  return table.concat(lines, "\n") .. "\n"
end

local environment = [[
What decides, the first that says it: an option, the profile, the environment. The profile is the one that --profile or
STUDIO_PROFILE names; without either, and without credentials in the environment, the one that 'studio profiles use' chose.

  TWILIO_ACCOUNT_SID   the account
  TWILIO_AUTH_TOKEN    its auth token
  TWILIO_API_KEY       an API key, in the place of the token
  TWILIO_API_SECRET    its secret
  TWILIO_REGION        the region of the data, such as ie1
  TWILIO_EDGE          the edge to go through, such as dublin
  STUDIO_PROFILE       the profile to use, where --profile is not given; it wins over the credentials above
  STUDIO_PROFILES      the file of profiles (~/.config/studio/profiles, under XDG_CONFIG_HOME where that is set)
  STUDIO_BASE_URL      scheme, host and port of every service: a local one, a proxy, a test
  STUDIO_CA_FILE       the certificates that are trusted
  https_proxy          the proxy; all_proxy and, with hosts that need none, no_proxy
  STUDIO_LOG           info or debug: tells of requests on stderr, without secrets
  NO_COLOR             no colours, whatever it says; CLICOLOR_FORCE colours where there is no terminal
  STUDIO_PAGER         the pager for long tables, before PAGER and less; empty for none
  STUDIO_FORCE_TTY     columns: output is written as for a terminal so wide

Secrets are never words of a command: they come from the environment, from a profile, or from a file (--auth-token-file).
The file of profiles is read only where nobody but its owner may (mode 0600).
]]

local output = [[
Data goes to stdout, everything else to stderr. -o chooses the form:

  table   for people; it is cut to the width of the terminal. What is unless given, on a terminal
  json    a list is one array, one thing an object
  jsonl   an object a line. What a list is unless given, in a pipe
  csv     with a line of names (--no-header leaves it out), as RFC 4180 has it
  tsv     tabs, with \t, \n and \\ in values
  name    one SID a line, for xargs

Names and dates are those of the API. --fields sid,context.flow.name chooses fields, with paths below them; --fields help lists them.
A list on a terminal ends after 50; --limit N and --all say otherwise. In a pipe it is whole.
With -o json an error is an object, {"error": {…}}, on stderr: kind, status, code, message, request_id, sent, exit, hint.
Colours are there on a terminal: --color never, or NO_COLOR, turns them off.
]]

--- In the order of the help: name, sentence, text.
topics.list = {
  { name = "exit-codes", doc = "What each exit code means.", text = exit_codes },
  { name = "environment", doc = "The variables that are read, and what wins.", text = function() return environment end },
  { name = "output", doc = "The forms of output, fields, colours and pages.", text = function() return output end },
}

--- Finds a topic.
-- @tparam string name
-- @treturn table|nil an entry of `list`
function topics.find(name)
  for _, topic in ipairs(topics.list) do
    if topic.name == name then return topic end
  end
end

return topics
