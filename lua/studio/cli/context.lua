--- What a command runs in: its arguments, the client of its account, its output, and the questions it may ask.
--
-- A command's `run(context, arguments)` gives its exit code (nothing for 0), or nil and what it failed with: an error of the library, or
-- a failure of `studio.cli.failure`.
local failure = require "studio.cli.failure"
local text = require "studio.cli.text"

local context_methods = {}
local context_mt = { __name = "studio.cli.context", __index = context_methods }

--- Makes a context.
-- @tparam string called the words of the command: `studio flows list`
-- @tparam table arguments what its parser read
-- @treturn table `called`, `arguments`
local function new(called, arguments)
  return setmetatable({ called = called, arguments = arguments }, context_mt)
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
  if not service then error(failure.new(1, problem), 0) end
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
  if arguments.verbose then options.on_event = require("studio.request.log").handler("debug") end -- late: -v
  return options
end

--- The profile that is used: the one that --profile or STUDIO_PROFILE names, else, where the environment has no credentials, the one that
-- `studio profiles use` chose.
-- @treturn table|nil
function context_methods:profile()
  if self.has_profile == nil then
    local named = self.arguments.profile or os.getenv "STUDIO_PROFILE"
    local is_named = named ~= nil and named ~= ""
    if is_named or not (os.getenv "TWILIO_ACCOUNT_SID" or os.getenv "TWILIO_API_KEY") then
      self.used_profile = require("studio.cli.profiles").find(is_named and named or nil) -- late: the environment has none
    end
    self.has_profile = true
  end
  return self.used_profile
end

-- What is wrong with credentials names one of these.
local about_credentials = { "credential", "account SID", "account_sid", "auth_token", "api_key", "api_secret", "API_KEY", "AUTH_TOKEN" }

-- Makes a client; a misuse here is the environment's or the profile's.
local function make_client(options)
  local made, client = pcall(require("studio").new, options) -- late: a client is made
  if made then return client end
  local message = tostring(client):gsub("^[^\n]-:%d+: ", "")
  if message:find("interrupted!", 1, true) then error(client, 0) end
  for _, word in ipairs(about_credentials) do
    if message:find(word, 1, true) then
      if message:find("give account_sid", 1, true) then message = "no credentials" end
      local hint = "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or 'studio profiles add NAME'; --emulator needs none"
      error(failure.new(4, message, hint), 0)
    end
  end
  error(failure.new(2, message), 0)
end

--- The client of the account, made when it is first asked for. Raises a failure where there are no credentials.
-- @treturn table
function context_methods:client()
  if not self.made_client then self.made_client = make_client(client_options(self)) end
  return self.made_client
end

local function unescaped(word)
  return (word:gsub("+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- The fields of a form, in its order.
local function fields_of(form)
  local fields = {}
  for name, value in form:gmatch "([^&=]+)=([^&]*)" do fields[#fields + 1] = { name = unescaped(name), value = unescaped(value) } end
  return fields
end

--- A client whose requests a function answers: nothing is sent.
-- @tparam function answer function(transport, request), as the option `transport` of `studio.new` has it
-- @treturn table
function context_methods:stand_in(answer)
  local options = client_options(self)
  options.retry, options.on_event, options.transport = false, nil, { send = answer }
  return make_client(options)
end

--- Shows a request: its fields as the service would read them, no header.
-- @tparam table request `method`, `url`, `body`
function context_methods:show_request(request)
  local out, fields = self:out(), fields_of(request.body or "")
  if self.arguments.output then
    out:record({ method = request.method, url = request.url, form = fields }, { columns = { "method", "url", "form" } })
    return
  end
  out:write(("%s %s\n"):format(request.method, request.url))
  for _, field in ipairs(fields) do out:write(("  %s=%s\n"):format(field.name, text.printable(field.value))) end
end

--- Shows what a call would send, and sends nothing.
-- @tparam function call function(client), which makes one request
-- @treturn number 0; or nil and an error, where nothing would be sent
function context_methods:preview(call)
  local request
  local _, err = call(self:stand_in(function(_, seen)
    request = seen
    return nil, "not sent"
  end))
  if not request then return nil, err end
  self:show_request(request)
  self:note("nothing was sent: this is what would be")
  return 0
end

--- Begins to show how far a job is.
-- @tparam string what is counted
-- @treturn function for the option `on_progress`
-- @treturn function() that ends it
function context_methods:progress(what)
  return require("studio.cli.progress").new(what, self.arguments) -- late: a job
end

--- Asks before something is changed. `--yes` answers every question; where nobody can be asked the command fails.
-- @tparam string what words behind "This will ": `delete flow FW…`
-- @tparam[opt] table options `always` (boolean): ask whatever the profile says, for what cannot be undone or costs money; without it only
--   where the profile has `confirm = true`. `count`: a number to be typed where the profile has `confirm = true`
-- Raises a failure where the answer is no.
function context_methods:confirm(what, options)
  options = options or {}
  local arguments = self.arguments
  local profile = not arguments.emulator and self:profile()
  local is_guarded = profile and profile.confirm or false
  if arguments.yes or not (options.always or is_guarded) then return end
  local terminal = require "studio.cli.terminal" -- late: a question
  local sentence = ("this will %s%s"):format(what, is_guarded and (" (profile %s)"):format(profile.name) or "")
  if arguments.no_input or not terminal.can_ask() then
    error(failure.new(2, sentence .. ", and nobody can be asked", "--yes"), 0)
  end
  local due = is_guarded and options.count and tostring(options.count)
  io.stdout:flush()
  io.stderr:write(sentence:gsub("^t", "T"), due and (". Type %s to go on: "):format(due) or ". Go on? [y/N] ")
  local answer = (io.read "*l" or ""):match "^%s*(.-)%s*$"
  if due and answer ~= due or not due and answer ~= "y" and answer ~= "Y" and answer ~= "yes" then
    error(failure.new(1, "nothing was done"), 0)
  end
end

--- What a file, stdin or an argument holds: `@PATH` is the file's content, `-` or `@-` what comes from stdin.
-- @tparam string value
-- @tparam string name of the option or argument, for messages
-- @treturn string
function context_methods:read(value, name)
  local path = value == "-" and "-" or value:match "^@(.*)$"
  if not path then return value end
  return self:read_file(path, name)
end

--- The content of a file; `-` is stdin. Raises a failure where it cannot be read.
-- @tparam string path
-- @tparam string name of the option or argument, for messages
-- @treturn string
function context_methods:read_file(path, name)
  local file, problem
  if path == "-" then file = io.stdin else file, problem = io.open(path, "rb") end
  local content
  if file then
    content, problem = file:read "*a"
    if path ~= "-" then file:close() end
  end
  -- A folder can be opened, and gives nothing.
  if not content or problem then failure.usage("%s: %s cannot be read: %s", self.called, name, problem or "it is no file") end
  return content
end

-- Ends what the command began.
local function finish(self)
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
  if not fine then error(result, 0) end
  if err ~= nil then error(err, 0) end
  return result or 0
end

return { new = new }
