--- Child programs of the specs: hostile servers, and programs that run with this library in a process of their own.
local core = require "studio.core"
local lfs = require "lfs"
local socket = require "socket"
local support = require "spec.support"

local child = {}

--- A word that the shell takes as it is.
function child.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local quote = child.quote
local EEXIST = 17

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
  local directory
  repeat
    directory = ("%s/studio_spec_%012.0f"):format(os.getenv "TMPDIR" or "/tmp", core.random() * 1e12)
    local made, problem, code = lfs.mkdir(directory)
    assert(made or code == EEXIST, problem)
  until made
  return directory
end

--- Removes a file, or a directory with what is in it.
function child.remove(path)
  if lfs.symlinkattributes(path, "mode") == "directory" then
    for name in lfs.dir(path) do
      if name ~= "." and name ~= ".." then child.remove(path .. "/" .. name) end
    end
  end
  os.remove(path)
end

--- Waits without starting a program for it.
child.sleep = socket.sleep

--- Waits until `is_so()` gives something, and gives that; nil after so many seconds.
-- @tparam function is_so
-- @tparam[opt=20] number seconds
-- @tparam[opt=0.002] number pause seconds between two questions
function child.wait_until(is_so, seconds, pause)
  local give_up = core.now() + (seconds or 20)
  local found = is_so()
  while not found and core.now() < give_up do
    child.sleep(pause or 0.002)
    found = is_so()
  end
  return found or nil
end

local wait_until = child.wait_until

local function read(path)
  local file = io.open(path, "r")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return text
end

local function exists(path) return lfs.attributes(path, "mode") ~= nil end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function paths(cpath)
  return ("LUA_PATH=%s LUA_CPATH=%s "):format(quote(absolute(package.path)), quote((cpath or "") .. absolute(package.cpath)))
end

--- The command that runs this interpreter with this library.
function child.interpreter(cpath)
  return paths(cpath) .. support.interpreter
end

-- The same for a shell that becomes it, to run a server: LuaJIT without its compiler, which asks the system for each trace twice.
local function exec_interpreter()
  return paths() .. "exec " .. support.interpreter .. (rawget(_G, "jit") and " -joff" or "")
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
  -- Assignments the shell does itself.
  local needs_env = options.before and not options.before:find "^[%a_][%w_]*="
  local output = shell((needs_env and "env " or "") .. table.concat(words, " ") .. "; echo status=$?")
  child.remove(directory)
  return output
end

--- Compiles spec/servers/posix.c for this interpreter; gives the directory and what to search for it.
function child.posix()
  local directory = child.directory()
  local command = "cc -shared -fPIC -o %s/test_posix.so $(build-aux/lua-include %s) spec/servers/posix.c"
  local output = shell(command:format(quote(directory), support.interpreter))
  assert(output == "", output)
  return directory, directory .. "/?.so;"
end

-- Servers ------------------------------------------------------------------------------------------------------------------

local server_methods = {}
local server_mt = { __index = server_methods }

--- Starts a program that tells its port in the file `port` of its directory; gives a pipe to its stdin, and the port.
-- @tparam string program
-- @tparam string directory its first argument
function child.start(program, directory)
  local pipe = assert(io.popen(table.concat({ exec_interpreter(), quote(program), quote(directory) }, " "), "w"))
  local port = tonumber(wait_until(function() return read(directory .. "/port") end))
  assert(port, "a server for tests did not start")
  return pipe, port
end

-- The program of spec/servers/raw.lua, which lives as long as this one.
local raw = { servers = 0 }

local function ask_raw(...)
  if not raw.pipe then
    raw.directory = child.directory()
    os.execute("mkfifo " .. quote(raw.directory .. "/answers"))
    raw.pipe = assert(io.popen(exec_interpreter() .. " spec/servers/raw.lua " .. quote(raw.directory), "w"))
    raw.answers = assert(io.open(raw.directory .. "/answers", "r"))
  end
  raw.pipe:write(...)
  raw.pipe:flush()
  return raw.answers:read "*l" or "the program of the servers has ended"
end

local raw_methods = setmetatable({}, { __index = server_methods })
local raw_mt = { __index = raw_methods }

function raw_methods:finish()
  if self.is_over then return end
  self.is_over = true
  local answer = ask_raw("close ", self.number, "\n")
  assert(answer == "closed", answer)
end

function raw_methods:stop()
  self:finish()
  os.remove(self.log_path)
end

--- Starts a server that does what the scenario says; see spec/servers/raw.lua. `OK` is a status line.
-- @tparam string scenario
-- @tparam[opt] table tls what `child.certificate` gives; `origin` is https then
-- @tparam[opt] boolean is_http2 over TLS; see spec/servers/h2.lua for what the scenario is called with
function child.server(scenario, tls, is_http2)
  local text = (is_http2 and "" or [[local connection, number = ... local OK = "HTTP/1.1 200 OK\r\n" ]]) .. scenario
  raw.servers = raw.servers + 1
  local wire = tls and (" %s %s %s"):format(is_http2 and "h2" or "tls", tls.key, tls.certificate) or ""
  local answer = ask_raw("open ", raw.servers, " ", #text, wire, "\n", text)
  local port = assert(tonumber(answer), answer)
  return setmetatable({
    number = raw.servers, log_path = raw.directory .. "/log." .. raw.servers, port = port,
    origin = (tls and "https" or "http") .. "://127.0.0.1:" .. port,
  }, raw_mt)
end

--- A port that no program of this machine uses. Another one's listener, taken for that of a server that has just begun, ends at any moment.
function child.free_port()
  local used = read "/proc/net/tcp"
  local port
  repeat port = 20000 + math.floor(core.random() * 12000) until not used:find((":%04X "):format(port), 1, true)
  return port
end

local tls_conf = [[
daemon off;
master_process off;
pid ready;
error_log error.log error;
events { worker_connections 64; }
http {
  log_format lines "request $connection $request_method $request_uri $server_protocol";
  access_log log lines;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  client_max_body_size 10m;
  keepalive_timeout %s;
  server {
    listen 127.0.0.1:%d ssl %s;
    ssl_certificate %s;
    ssl_certificate_key %s;
    %s
    location / { return 200 "{}"; }
  }
}
]]

--- Starts nginx with TLS; it answers everything with `{}`. `origin` is https.
-- @tparam table options `certificate` and `key` (paths); `keepalive` (a time of nginx, 75s unless given), `http2` (boolean),
--   `more` (lines of nginx's configuration)
function child.tls_server(options)
  for _ = 1, 5 do
    local directory = child.directory()
    local port = child.free_port()
    write(directory .. "/nginx.conf", tls_conf:format(options.keepalive or "75s", port, options.http2 and "http2" or "",
      options.certificate, options.key, options.more or ""))
    local pipe = assert(io.popen([[exec sh -c '
      PATH="$PATH:/usr/local/openresty/bin:/usr/local/sbin:/usr/sbin"
      nginx=$(command -v nginx || command -v openresty)
      "$nginx" -p "$0/" -e "$0/error.log" -c "$0/nginx.conf" >"$0/said" 2>&1 || : >"$0/failed" &
      cat >/dev/null
      kill $(cat "$0/ready")' ]] .. quote(directory), "w"))
    wait_until(function() return exists(directory .. "/failed") or (read(directory .. "/ready") or "") ~= "" end, 10)
    local server = setmetatable({
      pipe = pipe, directory = directory, log_path = directory .. "/log", port = port, origin = "https://127.0.0.1:" .. port,
    }, server_mt)
    if not exists(directory .. "/failed") then return server end
    server:stop()
  end
  error("no TLS server could be started")
end

--- Makes a certificate and its key in a directory: `NAME.pem`, `NAME.key`.
-- @tparam string words more for `openssl req -x509`
function child.certificate(directory, name, words)
  local path = quote(directory .. "/" .. name)
  local output = shell(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes %s -keyout %s.key -out %s.pem")
    :format(words, path, path))
  return { certificate = directory .. "/" .. name .. ".pem", key = directory .. "/" .. name .. ".key", output = output }
end

--- Waits until the server has closed its side of a connection that this process keeps, ten seconds at most.
function server_methods:wait_for_close()
  local pattern = (": %%x+:%%x+ %%x+:%04X 08 "):format(self.port)
  -- The list takes the kernel as long as many sleeps.
  return wait_until(function() return read "/proc/net/tcp":find(pattern) end, 10, 0.01) ~= nil
end

--- The lines of the log so far.
function server_methods:log()
  local lines = {}
  local file = io.open(self.log_path, "r")
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
  return wait_until(function() return self:count(pattern) > 0 end, 10) ~= nil
end

--- Ends the server; its log stays, and is whole, where the server itself ends with its input.
function server_methods:finish()
  if not self.pipe then return end
  self.pipe:close()
  self.pipe = nil
end

function server_methods:stop()
  self:finish()
  if self.directory then child.remove(self.directory) end
  self.directory = nil
end

return child
