--- How a command fails: its exit code, its one line on stderr, and the next step.
local text = require "studio.cli.text"

local failure = {}

--- What an exit code means. Beside these there is BROKEN_PIPE, which `studio.cli.topics` tells.
failure.codes = {
  { 0, "done" },
  { 1, "failed" },
  { 2, "a slip on the command line: nothing was sent" },
  { 3, "findings, differences, or a definition that is not valid" },
  { 4, "no credentials, or they were refused" },
  { 5, "not found" },
  { 6, "conflict: the contact has an active execution already" },
  { 7, "rate limited" },
  { 8, "timeout or network" },
  { 9, "partly done" },
  { 130, "ended by Ctrl-C" },
}

-- The metatable of what a command raises to end with a sentence of its own.
local failure_mt = { __tostring = function(self) return self.message end }

--- Makes a failure, for a command to return behind nil, or to raise.
-- @tparam number exit the exit code
-- @tparam string message one sentence
-- @tparam[opt] string hint the next step
-- @treturn table
function failure.new(exit, message, hint)
  return setmetatable({ exit = exit, message = message, hint = hint, kind = exit == 2 and "usage" or "command" }, failure_mt)
end

--- Makes a failure of an error that came when part of the work was done.
-- @param err an error of the library
-- @treturn table
function failure.partly(err)
  local read = failure.read(err)
  return failure.new(9, "partly done: " .. read.message, read.hint)
end

--- Raises a slip on the command line.
-- @tparam string message printf style
-- @param ... values for it
function failure.usage(message, ...)
  error(failure.new(2, message:format(...)), 0)
end

--- Has what a command failed with speak of a profile where the library speaks of options of the client: whoever ran it gave none.
-- @param err an error of the library, or a failure
-- @tparam table profile see `studio.cli.profiles`
-- @return the same
function failure.in_words_of_profile(err, profile)
  if type(err) == "table" and type(err.message) == "string" then
    err.message = err.message:gsub("option '([%w_]+)'", function(name)
      return profile[name] ~= nil and ("'%s' of the profile '%s'"):format(name, profile.name) or nil
    end)
  end
  return err
end

-- What is wrong with credentials names one of these.
local about_credentials = { "credential", "account SID", "account_sid", "auth_token", "api_key", "api_secret", "API_KEY", "AUTH_TOKEN" }

--- The failure of `studio.new`: what the environment or the profile has wrong.
-- @param err what it raised
-- @return what to raise
function failure.of_client(err)
  local message = tostring(err):gsub("^[^\n]-:%d+: ", "")
  if message:find("interrupted!", 1, true) then return err end
  for _, word in ipairs(about_credentials) do
    if message:find(word, 1, true) then
      if message:find("give account_sid", 1, true) then message = "no credentials" end
      return failure.new(4, message, "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or 'studio profiles add NAME'; --emulator needs none")
    end
  end
  return failure.new(2, message)
end

-- Exit codes of HTTP statuses; the others are 1.
local of_status = { [401] = 4, [403] = 4, [404] = 5, [409] = 6, [429] = 7 }
local of_kind = { argument = 2, transport = 8, timeout = 8 }

local hints = {
  [4] = "'studio doctor' looks at the credentials",
  [6] = "'studio executions list FLOW --status active' shows it, 'studio executions end' ends it",
  [7] = "wait, or lower --rate",
}

-- Whether an error says that a definition is not what it should be.
local function has_findings(err)
  return err.findings ~= nil or err.code == 81022
end

local function exit_of(err)
  if has_findings(err) then return 3 end
  -- A file that cannot be written once the service has answered is no slip on the command line.
  if err.kind == "argument" and err.sent then return 1 end
  return err.status and of_status[err.status] or of_kind[err.kind] or 1
end

--- Reads what a command failed with.
-- @param err an error of the library, a failure of `new`, or what Lua raised
-- @treturn table `exit`, `message` (one line), `hint`, and the fields of a library's error
function failure.read(err)
  if getmetatable(err) == failure_mt then return err end
  if type(err) == "table" and err.kind then
    local exit = exit_of(err)
    local message = tostring(err):gsub("^studio: ", ""):gsub("^argument: ", "")
    return {
      exit = exit, message = message, hint = err.hint or hints[exit], kind = err.kind, status = err.status, code = err.code,
      request_id = err.request_id, retry_after = err.retry_after, sent = err.sent, details = err.details, text = err.message,
    }
  end
  local message = tostring(err)
  if message:find("interrupted!", 1, true) then return failure.new(130, "interrupted") end
  -- Misuse of the library is told at the line of bin/studio, or at none: a slip in what the command was given.
  local misuse = message:match "^[^\n]-bin/studio:%d+: ([^\n]*)"
  if misuse or not message:find "^[^\n]-%.lua:%d+:" then return failure.new(2, misuse or message) end
  return failure.new(1, "this is a fault of the command, please report it: " .. message:gsub("[\n\t]+", " | "))
end

-- The exit code of a program that wrote to a pipe whose reader had gone, as a shell tells it: 128 and SIGPIPE.
local BROKEN_PIPE = 141

--- The failure of a write to stdout. Where the reader of a pipe has gone there is nothing to tell.
-- @tparam string problem what the system says
-- @treturn table
function failure.unwritten(problem)
  local is_broken_pipe = problem:find("Broken pipe", 1, true) ~= nil
  local err = failure.new(is_broken_pipe and BROKEN_PIPE or 1, ("the output cannot be written: %s"):format(problem))
  err.is_told = is_broken_pipe
  return err
end

--- The failure as an object for `-o json`.
-- @tparam table read what `read` gave
-- @treturn table
function failure.object(read)
  return {
    error = {
      kind = read.kind, status = read.status, code = read.code, message = read.text or read.message, request_id = read.request_id,
      retry_after = read.retry_after, sent = read.sent, details = read.details, exit = read.exit, hint = read.hint,
    },
  }
end

--- The failure as a line.
-- @tparam table read what `read` gave
-- @treturn string
function failure.line(read)
  local hint = read.hint and ("; next: %s"):format(read.hint) or ""
  local message = text.printable(read.message)
  return (message:find "^studio[ :]" and message or "studio: " .. message) .. hint
end

return failure
