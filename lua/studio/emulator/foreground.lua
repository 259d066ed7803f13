--- Runs the local Studio service for a person: in the foreground until Ctrl-C, or around another program.
-- @module studio.emulator.foreground

local ascii = require "studio.base.ascii"
local emulator = require "studio.emulator"
local process = require "studio.emulator.process"

local foreground = {}

-- The order in which a person wants to read them.
local names = { "STUDIO_BASE_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN" }

-- os.execute gives a wait status in Lua 5.1, and true or nil, what happened, and a number since.
local function exit_status(ok, what, number)
  if type(ok) == "number" then
    return ok >= 256 and math.floor(ok / 256) or ok > 0 and 128 + ok or 0
  end
  return what == "signal" and 128 + number or number
end

-- The environment goes into a file that nobody else may read: everybody sees the words of a command.
local function run_program(service, program)
  local lines, words = {}, { ". " .. process.quote(service.process.prefix .. "/environment") .. "; exec" }
  for name, value in pairs(service:environment()) do
    lines[#lines + 1] = value and ("export %s=%s\n"):format(name, process.quote(value)) or ("unset %s\n"):format(name)
  end
  local file = assert(io.open(service.process.prefix .. "/environment", "w"))
  file:write(table.concat(lines))
  file:close()
  for _, word in ipairs(program) do
    words[#words + 1] = process.quote(word)
  end
  return exit_status(os.execute(table.concat(words, " ")))
end

-- The other shell's environment cannot be seen from here, and an API key in it would win over the token.
local function unwanted(environment)
  local found = {}
  for name, value in pairs(environment) do
    if not value then found[#found + 1] = name end
  end
  ascii.sort(found)
  return table.concat(found, " ")
end

local function show(service, called)
  local environment, is_terminal = service:environment(), exit_status(os.execute("[ -t 1 ]")) == 0
  print("A local Studio service answers at " .. service.base_url .. " until Ctrl-C. In another shell:")
  print()
  for _, name in ipairs(names) do
    print(("  export %s=%s"):format(name, environment[name]))
  end
  print("  unset " .. unwanted(environment))
  print()
  print("Flow to begin with:   " .. service.flows.survey)
  print("Flex Flow:            " .. service.flex_flow)
  print("See it in a browser:  " .. service.console_url)
  print("TLS and HTTP/2:       " .. service.tls_url)
  print("verified by ca_file:  " .. service.ca_file)
  io.stdout:flush()
  -- In a $(…) all that would be read only when it has ended.
  if not is_terminal then
    io.stderr:write(called, ": in the foreground at ", service.base_url, " until Ctrl-C: in $(…) the shell waits for ever; ",
      "begin it in a shell of its own, or put a program behind --\n")
  end
end

-- Waits for an interrupt, which Lua's interpreter raises as an error. It is raised when a sleep has ended, by the same Ctrl-C or by itself;
-- os.execute would have this program ignore it.
local function wait()
  while true do
    local pipe = assert(io.popen("exec sleep 1", "r"))
    pipe:read "*a"
    pipe:close()
  end
end

local function is_interrupt(problem)
  return tostring(problem):find("interrupted!", 1, true) ~= nil
end

-- The exit code of a program that Ctrl-C has ended, as a shell tells it.
local INTERRUPTED = 130

--- Starts a service, and ends it when it is no longer wanted.
-- @tparam table options of `emulator.start`
-- @tparam {string,...} program its words; none for a service that runs until Ctrl-C, with the credentials that the documentation names
-- @tparam string called what the command is called, for its messages
-- @treturn[1] number the exit code
-- @treturn[2] nil
-- @treturn[2] string why it did not start
-- @treturn[2] boolean whether this was raised, as misuse is
function foreground.run(options, program, called)
  if #program == 0 then
    -- A person types these, in another shell.
    options.auth_token, options.api_secret, options.client_secret = emulator.auth_token, emulator.api_secret, emulator.client_secret
    options.control_token = emulator.auth_token
  end
  local fine, service, message = pcall(emulator.start, options)
  if not fine and is_interrupt(service) then return INTERRUPTED end
  if not fine then return nil, service, true end
  if not service then return nil, message, false end
  local status = 0
  if #program > 0 then
    status = run_program(service, program)
  else
    fine, message = pcall(function()
      show(service, called)
      wait()
    end)
  end
  service:stop()
  if not fine and not is_interrupt(message) then error(message, 0) end
  return status
end

return foreground
