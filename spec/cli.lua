--- Runs the command `studio` as a user would: bin/studio in a process of its own, with its exit code and both outputs.
local child = require "spec.child"

local cli = {}

local quote = child.quote

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

--- A folder for what the commands of a spec write, with a HOME in it.
-- @treturn table `path`, `remove()`
function cli.folder()
  local path = child.directory()
  os.execute("mkdir " .. quote(path .. "/home"))
  return { path = path, remove = function() child.remove(path) end }
end

-- Variables of the environment as words before a command. Those of the service are there when there is one.
local function environment(folder, options)
  local words = {
    "env -u STUDIO_PROFILE -u STUDIO_PROFILES -u XDG_CONFIG_HOME -u NO_COLOR -u CLICOLOR_FORCE -u PAGER LC_ALL=C.UTF-8 TERM=xterm",
    "HOME=" .. quote(folder.path .. "/home"),
  }
  local service = options.service
  if service then
    words[#words + 1] = ("STUDIO_BASE_URL=%s TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s"):format(quote(service.base_url),
      quote(service.account_sid), quote(service.auth_token))
  end
  for name, value in pairs(options.environment or {}) do words[#words + 1] = name .. "=" .. quote(value) end
  words[#words + 1] = child.interpreter()
  return table.concat(words, " ")
end

--- The command line of a studio command.
-- @tparam table folder of `folder`
-- @tparam string arguments as a shell reads them
-- @tparam[opt] table options `service` (an emulator), `environment` (name → value)
function cli.line(folder, arguments, options)
  return ("%s bin/studio %s"):format(environment(folder, options or {}), arguments)
end

--- Runs a command.
-- @tparam table folder of `folder`
-- @tparam string arguments as a shell reads them
-- @tparam[opt] table options those of `line`, `input` (text of stdin; nothing unless given), `behind` (shell words behind the command)
-- @treturn number exit code
-- @treturn string stdout
-- @treturn string stderr
function cli.run(folder, arguments, options)
  options = options or {}
  local out, err, input = folder.path .. "/out", folder.path .. "/err", "/dev/null"
  if options.input then
    input = folder.path .. "/in"
    local file = assert(io.open(input, "wb"))
    file:write(options.input)
    file:close()
  end
  local command = ("%s %s >%s 2>%s <%s; echo status=$?"):format(cli.line(folder, arguments, options), options.behind or "", quote(out),
    quote(err), quote(input))
  local status = child.shell(command):match "status=(%d+)"
  return tonumber(status), read(out), read(err)
end

--- Runs a command on a pseudo-terminal.
-- @tparam table folder of `folder`
-- @tparam string arguments as a shell reads them
-- @tparam[opt] table options those of `line`, `columns` (80), `rows` (24), `input` (what is typed)
-- @treturn number exit code
-- @treturn string what is on the terminal, lines ended by a newline alone
function cli.type(folder, arguments, options)
  options = options or {}
  local script, output = folder.path .. "/script", folder.path .. "/typescript"
  local file = assert(io.open(script, "wb"))
  file:write(("stty cols %d rows %d; exec "):format(options.columns or 80, options.rows or 24), cli.line(folder, arguments, options), "\n")
  file:close()
  local input = options.input and ("printf %%s %s | "):format(quote(options.input)) or ""
  local command = ("%sscript -qec %s /dev/null >%s </dev/%s; echo status=$?"):format(input, quote("sh " .. script), quote(output),
    options.input and "stdin" or "null")
  local status = child.shell(command):match "status=(%d+)"
  return tonumber(status), (read(output):gsub("\r\n", "\n"))
end

return cli
