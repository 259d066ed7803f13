--- Runs the command `studio`: in this process, as fast as a call; in one of its own, as a user does; and on a pseudo-terminal.
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
-- @treturn table `path`; `write(name, text)`, which gives the file's path; `read(name)`; `remove()`
function cli.folder()
  local path = child.directory()
  os.execute("mkdir " .. quote(path .. "/home"))
  return {
    path = path,
    write = function(name, text)
      local file = assert(io.open(path .. "/" .. name, "wb"))
      file:write(text)
      file:close()
      return path .. "/" .. name
    end,
    read = function(name) return read(path .. "/" .. name) end,
    remove = function() child.remove(path) end,
  }
end

-- The variables of the environment that tell the command of a service.
local function variables(options)
  local found, service = {}, options.service
  if service then
    found.STUDIO_BASE_URL, found.TWILIO_ACCOUNT_SID, found.TWILIO_AUTH_TOKEN = service.base_url, service.account_sid, service.auth_token
  end
  for name, value in pairs(options.environment or {}) do found[name] = value end
  return found
end

-- In this process ------------------------------------------------------------------------------------------------------------

-- A file that keeps what is written to it.
local function memory()
  local parts = {}
  local file = { setvbuf = function() return true end, flush = function() return true end }
  function file:write(...)
    for _, text in ipairs { ... } do parts[#parts + 1] = tostring(text) end
    return self
  end
  return file, function() return table.concat(parts) end
end

local function split(line)
  local words = {}
  for word in line:gmatch "%S+" do words[#words + 1] = word end
  return words
end

--- Runs a command in this process; neither output is a terminal, nobody can be asked.
-- @tparam string|{string,...} arguments words with blanks between them, or an array
-- @tparam[opt] table options `service` (an emulator), `environment` (name → value)
-- @treturn number exit code
-- @treturn string stdout
-- @treturn string stderr
function cli.call(arguments, options)
  local found = variables(options or {})
  local stdout, stderr, getenv = io.stdout, io.stderr, os.getenv
  local out, written = memory()
  local err, told = memory()
  -- luacheck: push ignore 122
  io.stdout, io.stderr = out, err
  os.getenv = function(name) return found[name] end
  local fine, status = pcall(require "studio.cli", type(arguments) == "table" and arguments or split(arguments))
  io.stdout, io.stderr, os.getenv = stdout, stderr, getenv
  -- luacheck: pop
  assert(fine, status)
  return status, written(), told()
end

-- In a process of its own ------------------------------------------------------------------------------------------------------

--- The command line of a studio command, for a shell.
-- @tparam table folder of `folder`
-- @tparam string arguments as a shell reads them
-- @tparam[opt] table options `service`, `environment`; `without_home`
function cli.line(folder, arguments, options)
  options = options or {}
  local words = {
    "env -u STUDIO_PROFILE -u STUDIO_PROFILES -u XDG_CONFIG_HOME -u NO_COLOR -u CLICOLOR_FORCE -u PAGER -u LESS -u HOME LC_ALL=C.UTF-8",
    "TERM=xterm", options.without_home and "" or "HOME=" .. quote(folder.path .. "/home"),
  }
  for name, value in pairs(variables(options)) do words[#words + 1] = name .. "=" .. quote(value) end
  words[#words + 1] = child.interpreter()
  return ("%s bin/studio %s"):format(table.concat(words, " "), arguments)
end

--- Runs a command.
-- @tparam table folder of `folder`
-- @tparam string arguments as a shell reads them
-- @tparam[opt] table options those of `line`, `input` (text of stdin; nothing unless given)
-- @treturn number exit code
-- @treturn string stdout
-- @treturn string stderr
function cli.run(folder, arguments, options)
  options = options or {}
  local out, err = folder.path .. "/out", folder.path .. "/err"
  local input = options.input and folder.write("in", options.input) or "/dev/null"
  local line = cli.line(folder, arguments, options)
  local command = ("{ %s; } >%s 2>%s <%s; echo status=$?"):format(line, quote(out), quote(err), quote(input))
  local status = child.shell(command):match "status=(%d+)"
  return tonumber(status), read(out), read(err)
end

--- Runs a shell script on a pseudo-terminal.
-- @tparam table folder of `folder`; what is on the terminal is in its file `typescript` as it comes
-- @tparam string text of the script
-- @tparam[opt] table options `columns` (80), `rows` (24), `input` (what is typed; false: nothing is, and the terminal stays open)
-- @treturn number exit code
-- @treturn string what is on the terminal, lines ended by a newline alone
function cli.on_terminal(folder, text, options)
  options = options or {}
  local script = folder.write("script", ("stty cols %d rows %d -echo\n%s\n"):format(options.columns or 80, options.rows or 24, text))
  local output = folder.path .. "/typescript"
  local input = options.input and ("(sleep 0.5; printf %%s %s) |"):format(quote(options.input)) or ""
  local pipe = quote(folder.path .. "/pipe")
  local from = options.input and "" or options.input == nil and "</dev/null" or "<>" .. pipe
  if options.input == false then child.shell("rm -f " .. pipe .. "; mkfifo " .. pipe) end
  -- The script is the leader of the session, whatever shell the user has: a leader that a signal ends takes the terminal with it.
  local command = ("%s SHELL=/bin/sh timeout 20 script -qec %s /dev/null >%s %s; echo status=$?"):format(
    input, quote("exec sh " .. script), quote(output), from)
  local status = child.shell(command):match "status=(%d+)"
  return tonumber(status), (read(output):gsub("\r\n", "\n"))
end

--- Runs a command on a pseudo-terminal.
-- @tparam table folder of `folder`
-- @tparam string arguments as a shell reads them
-- @tparam[opt] table options those of `line` and of `on_terminal`
-- @treturn number exit code
-- @treturn string what is on the terminal, lines ended by a newline alone
function cli.type(folder, arguments, options)
  return cli.on_terminal(folder, "exec " .. cli.line(folder, arguments, options), options)
end

return cli
