--- What a command runs in: its arguments, the client of its account, its output, and the questions it may ask.
--
-- A command's `run(context, arguments)` gives its exit code (nothing for 0), or nil and what it failed with: an error of the library, or
-- a failure of `studio.cli.failure`.
local text = require "studio.cli.text"

local context_methods = {}
local context_mt = { __name = "studio.cli.context" }

-- What a command that only reads does not need is in a module of its own.
function context_mt.__index(_, name)
  return context_methods[name] or require("studio.cli.changes")[name] -- late: something is to be changed, or read from a file
end

--- Makes a context.
-- @tparam string called the words of the command: `studio flows list`
-- @tparam table arguments what its parser read
-- @treturn table `called`, `arguments`; a command may set `when_interrupted` to what can be done after Ctrl-C
local function new(called, arguments)
  return setmetatable({
    called = called, arguments = arguments, output = false, made_client = false, service = false, used_profile = false,
    has_profile = false, clear_progress = false, when_interrupted = false,
  }, context_mt)
end

--- The output, see `studio.cli.output`.
-- @treturn table
function context_methods:out()
  if not self.output then
    self.output = require("studio.cli.output").new(self.arguments) -- late: data is written
  end
  return self.output
end

--- Says something that is no data, on stderr.
-- @tparam string message printf style
-- @param ... values for it
function context_methods.note(_, message, ...)
  io.stdout:flush()
  io.stderr:write(text.printable(message:format(...)), "\n")
end

--- Says several lines that are no data, on stderr.
-- @tparam string message
function context_methods:lines(message)
  for line in message:gmatch "[^\n]+" do self:note("%s", line) end
end

-- Options of the client for a service of its own.
local function start_emulator(self)
  local emulator = require "studio.emulator" -- late: --emulator
  local service, problem = emulator.start()
  if not service then error(require("studio.cli.failure").new(1, problem), 0) end -- late: a failure
  self.service = service
  return { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token, no_proxy = "*" }
end

-- The options of the client, as the arguments, the environment and the profiles have them.
local function client_options(self)
  local arguments = self.arguments
  local profile = not arguments.emulator and self:profile()
  local options = arguments.emulator and start_emulator(self)
    or profile and require("studio.cli.profiles").client_options(profile) or {} -- late: a profile is used
  options.timeout = arguments.timeout
  options.user_agent = "studio-cli"
  if arguments.verbose then options.on_event = require("studio.request.log").handler("info") end -- late: -v
  return options
end

--- The profile that is used: the one that --profile or STUDIO_PROFILE names, else, where the environment has no credentials, the one that
-- `studio profiles use` chose.
-- @treturn table|nil
function context_methods:profile()
  if not self.has_profile then
    local named = self.arguments.profile or os.getenv "STUDIO_PROFILE"
    local is_named = named ~= nil and named ~= ""
    if is_named or not (os.getenv "TWILIO_ACCOUNT_SID" or os.getenv "TWILIO_API_KEY") then
      self.used_profile = require("studio.cli.profiles").find(is_named and named or nil) -- late: the environment has none
    end
    self.has_profile = true
  end
  return self.used_profile
end

-- Makes a client; a misuse here is the environment's or the profile's.
local function make_client(options)
  local made, client = pcall(require("studio").new, options) -- late: a client is made
  if made then return client end
  error(require("studio.cli.failure").of_client(client), 0) -- late: a failure
end

--- The client of the account, made when it is first asked for. Raises a failure where there are no credentials.
-- @tparam[opt] table more options of `studio.new`, for another client
-- @treturn table
function context_methods:client(more)
  if self.made_client and not more then return self.made_client end
  local options = client_options(self)
  for name, value in pairs(more or {}) do options[name] = value end
  local client = make_client(options)
  if not more then self.made_client = client end
  return client
end

--- Begins to show how far a job is.
-- @tparam string what is counted
-- @treturn function for the option `on_progress`
-- @treturn function() that ends it
function context_methods:progress(what)
  local tell, clear = require("studio.cli.progress").new(what, self.arguments) -- late: a job
  self.clear_progress = clear
  return tell, clear
end

-- Ends what the command began.
local function finish(self)
  if self.clear_progress then self.clear_progress() end
  if self.made_client then self.made_client:close() end
  if self.service then self.service:stop() end
end

--- Runs a command.
-- @tparam table module with `run`
-- @treturn number its exit code; raises what it failed with
function context_methods:run(module)
  local fine, result, err = xpcall(function() return module.run(self, self.arguments) end, function(problem)
    if type(problem) == "string" and os.getenv "STUDIO_LOG" == "debug" then return debug.traceback(problem, 2) end
    return problem
  end)
  finish(self)
  if not fine and self.when_interrupted and tostring(result):find("interrupted!", 1, true) then
    local failure = require "studio.cli.failure" -- late: Ctrl-C
    error(failure.new(130, "interrupted", self.when_interrupted), 0)
  end
  if fine and err == nil then return result or 0 end
  if not fine then err = result end
  error(self.used_profile and require("studio.cli.failure").in_words_of_profile(err, self.used_profile) or err, 0) -- late: a failure
end

return { new = new }
