--- Child programs of the specs: hostile servers, and programs that run with this library in a process of their own.
local core = require "studio.core"
local support = require "spec.support"

local child = {}

--- A word that the shell takes as it is.
function child.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local quote = child.quote

--- What a command prints on both outputs.
function child.shell(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1", "r"))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

local shell = child.shell
local here = shell("pwd"):match("[^\n]+")

local function absolute(paths)
  return (paths:gsub("[^;]+", function(path) return path:sub(1, 1) == "/" and path or here .. "/" .. path end))
end

--- A temporary directory, removed when `remove` is called.
function child.directory()
  return assert(shell("mktemp -d"):match("^(/[^\n]+)\n$"))
end

function child.remove(directory)
  os.execute("rm -rf " .. quote(directory))
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

--- The command that runs this interpreter with this library.
function child.interpreter(cpath)
  local paths = { quote(absolute(package.path)), quote((cpath or "") .. absolute(package.cpath)) }
  return ("LUA_PATH=%s LUA_CPATH=%s %s"):format(paths[1], paths[2], support.interpreter)
end

--- Runs a program and gives what it prints, with `status=N` behind it.
-- @tparam string program
-- @tparam[opt] table options `before` (shell words before the interpreter), `arguments` (strings), `cpath` (more to search for C modules)
function child.run(program, options)
  options = options or {}
  local directory = child.directory()
  write(directory .. "/program.lua", program)
  local words = { options.before or "", child.interpreter(options.cpath), quote(directory .. "/program.lua") }
  for _, argument in ipairs(options.arguments or {}) do words[#words + 1] = quote(tostring(argument)) end
  local output = shell("env " .. table.concat(words, " ") .. "; echo status=$?")
  child.remove(directory)
  return output
end

--- Compiles spec/servers/posix.c for this interpreter; gives the directory and what to search for it.
function child.posix()
  local directory = child.directory()
  local command = "cc -shared -fPIC -o %s/posix.so $(build-aux/lua-include %s) spec/servers/posix.c"
  local output = shell(command:format(quote(directory), support.interpreter))
  assert(output == "", output)
  return directory, directory .. "/?.so;"
end

-- Servers ------------------------------------------------------------------------------------------------------------------

local server_methods = {}
local server_mt = { __index = server_methods }

local function started(command, directory, input)
  os.execute("mkfifo " .. quote(directory .. "/port"))
  local pipe = assert(io.popen(command, "w"))
  if input then
    pipe:write(#input, "\n", input)
    pipe:flush()
  end
  local port = tonumber(shell("timeout 20 cat " .. quote(directory .. "/port")))
  assert(port, "a server for tests did not start")
  return setmetatable({ pipe = pipe, directory = directory, port = port, origin = "http://127.0.0.1:" .. port }, server_mt)
end

--- Starts a server that does what the scenario says; see spec/servers/raw.lua. `OK` is a status line.
function child.server(scenario)
  local directory = child.directory()
  local command = ("exec env %s spec/servers/raw.lua %s"):format(child.interpreter(), quote(directory))
  return started(command, directory, [[local connection, number = ... local OK = "HTTP/1.1 200 OK\r\n" ]] .. scenario)
end

--- The lines of the log so far.
function server_methods:log()
  local lines = {}
  local file = io.open(self.directory .. "/log", "r")
  if not file then return lines end
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  return lines
end

--- How many lines match.
function server_methods:count(pattern)
  local count = 0
  for _, line in ipairs(self:log()) do
    if line:find(pattern) then count = count + 1 end
  end
  return count
end

--- Waits until a line matches, ten seconds at most.
function server_methods:wait(pattern)
  local give_up = core.now() + 10
  while self:count(pattern) == 0 do
    if core.now() > give_up then return false end
    os.execute("sleep 0.01")
  end
  return true
end

function server_methods:stop()
  if not self.pipe then return end
  self.pipe:close()
  self.pipe = nil
  child.remove(self.directory)
end

return child
