--- Starts nginx in a prefix of its own and sees to it that nothing of it outlives this program.
-- @module studio.emulator.process

local ascii = require "studio.base.ascii"
local console_files = require "studio.console.files"
local nginx_conf = require "studio.emulator.nginx_conf"

-- What nginx begins with.
local server_module = "studio.emulator.server.app"

-- Below the range that outgoing connections get their ports from.
local lowest_port, highest_port = 20000, 32000
local attempts = 5
local seconds_to_start = 20

-- Looks for what is needed and makes the prefix. A program started as root lends nothing of that to the service: it gets the user
-- nobody and, should TMPDIR be closed to that user, a directory below /tmp. The prefix stays root's: nobody may read it, and write
-- only the files and folders that the launcher makes for it.
local survey_script = [[
umask 077
PATH="$PATH:/usr/local/openresty/bin:/usr/local/sbin:/usr/sbin:/sbin"
nginx=$(command -v "${given:-openresty}" || { [ -z "$given" ] && command -v nginx; }) || { echo problem=nginx; exit; }
configured=$("$nginx" -V 2>&1)
case $configured in *lua-nginx-module*|*ngx_lua*) ;; *)
  modules=${configured##*--modules-path=}
  modules=${modules%%[!A-Za-z0-9/._+-]*}
  for dir in "$modules" /usr/lib/nginx/modules /usr/lib64/nginx/modules; do
    [ -e "$dir/ngx_http_lua_module.so" ] && break
  done
  [ -e "$dir/ngx_http_lua_module.so" ] || { echo problem=module; exit; }
  [ -e "$dir/ndk_http_module.so" ] && echo "module=$dir/ndk_http_module.so"
  echo "module=$dir/ngx_http_lua_module.so"
esac
version=${configured#*nginx version: } && version=${version#*/}
echo "version=${version%%[!0-9.]*}"
command -v openssl >/dev/null || { echo problem=openssl; exit; }
prefix=$(mktemp -d "${TMPDIR:-/tmp}/studio-emulator.XXXXXX") || { echo problem=directory; exit; }
if [ "$(id -u)" = 0 ]; then
  ids=$(id nobody) && command -v setpriv >/dev/null || { rmdir "$prefix"; echo problem=setpriv; exit; }
  user=${ids#uid=} && user=${user%%[!0-9]*} && group=${ids#* gid=} && group=${group%%[!0-9]*}
  drop="setpriv --reuid=$user --regid=$group --clear-groups"
  chgrp "$group" "$prefix" && chmod 750 "$prefix"
  if ! $drop test -x "$prefix"; then
    rmdir "$prefix"
    prefix=$(mktemp -d /tmp/studio-emulator.XXXXXX) || { echo problem=directory; exit; }
    chgrp "$group" "$prefix" && chmod 750 "$prefix"
  fi
  echo "drop=$drop"
  echo "owner=$user:$group"
fi
mkfifo "$prefix/ready" || { rmdir "$prefix"; echo problem=directory; exit; }
echo "nginx=$nginx"
echo "prefix=$prefix"
]]

local problems = {
  nginx = "nginx is missing: install the packages nginx and libnginx-mod-http-lua, or put openresty on PATH",
  module = "nginx has no Lua module: install the package libnginx-mod-http-lua, or put openresty on PATH",
  openssl = "openssl is missing: install the package openssl",
  setpriv = "the service does not run as root: setpriv (package util-linux) and the user nobody are needed to start it from root",
  directory = "no temporary directory could be made",
}

-- Waits for nginx and cleans up after it. Its input is a pipe that the program holds: it ends with the program, however that ends,
-- and then so does all this. Signals of the terminal are meant for the program, not for the service.
local launcher_script = [[
trap '' HUP INT QUIT PIPE
unset LUA_PATH LUA_CPATH LUA_INIT LUA_PATH_5_1 LUA_CPATH_5_1 LD_PRELOAD NGINX
exec 3<&0 </dev/null
prefix=$1 nginx=$2 owner=$3 drop=$4 folders=$5 program=$6 signal=$7
cd "$prefix" || exit
# As it can be read here, too, writing never waits for a reader.
exec 5<>ready
echo "$program" >program
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out ca.pem 2>openssl.log
umask 077
: >error.log && : >nginx.pid && mkfifo lifeline
mkdir $folders
if [ -n "$owner" ]; then
  chown -hR "0:${owner#*:}" . && chmod -R g+rX,o= .
  chown "$owner" error.log nginx.pid ready $folders
fi
[ -z "$NGINX_PRELOAD" ] || export LD_PRELOAD="$NGINX_PRELOAD"
$drop "$nginx" -p "$prefix/" -e error.log -c nginx.conf >/dev/null 2>nginx.log 3<&- 5<&- &
server=$!
unset LD_PRELOAD
# This process alone holds the lifeline: its end, even by a signal that nobody sees, is the end of all, and of the prefix.
( exec 3<&- 5<&-; cat lifeline; while kill -0 $server; do sleep 0.1; done; cd / && rm -rf "$prefix" ) &
exec 4>lifeline
trap 'kill -$signal $server' TERM
( while read -r line <&3; do :; done; kill -$signal $server ) 4>&- 5<&- &
watcher=$!
wait $server
while kill -0 $server 2>/dev/null; do wait $server; done
[ -e started ] || { echo failed >&5; wait $watcher; }
kill -KILL $watcher
cd / && rm -rf "$prefix"
]]

-- Gives the outcome as soon as there is one: what nginx, the launcher or the clock writes first.
local wait_script = [[
umask 077
exec 3<>ready
( trap 'kill $clock; exit' TERM; sleep %d & clock=$!; wait $clock; echo late >&3 ) >/dev/null 2>&1 &
read -r outcome <&3
kill $!
case $outcome in
  ready) : >started; echo ready ;;
  failed) echo failed; cat nginx.log ;;
  *) echo late ;;
esac
]]

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function run(script)
  local pipe = assert(io.popen(script, "r"))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

local function read_file(name)
  local file = io.open(name, "rb")
  if not file then
    return nil
  end
  local text = file:read("*a")
  file:close()
  return text
end

local function write_file(name, text)
  local file = assert(io.open(name, "wb"))
  assert(file:write(text))
  file:close()
end

-- The directory of the library: that above studio/emulator/process.lua. Without the debug library it is where Lua finds modules.
local function library_directory()
  if debug then return debug.getinfo(1, "S").source:match "^@(.*)studio/emulator/process%.lua$" end
  for template in package.path:gmatch "[^;]+" do
    local name = template:gsub("%?", "studio/emulator/process")
    local file = io.open(name)
    if file then
      file:close()
      return name:match "^(.*)studio/emulator/process%.lua$"
    end
  end
end

local function look_around(nginx)
  local found = { modules = {} }
  for line in run("given=" .. quote(nginx or "") .. "\n" .. survey_script):gmatch("[^\n]+") do
    local name, value = line:match("^(%w+)=(.*)$")
    if name == "module" then
      table.insert(found.modules, value)
    elseif name then
      found[name] = value
    end
  end
  if found.problem or not found.prefix then
    return nil, problems[found.problem] or "no shell could be run"
  end
  return found
end

-- Ports of this machine that something uses, as far as the system tells.
local function ports_in_use()
  local used = {}
  for _, name in ipairs { "/proc/net/tcp", "/proc/net/tcp6" } do
    for port, state in (read_file(name) or ""):gmatch("%d+: %x+:(%x+) %x+:%x+ (%x+)") do
      used[tonumber(port, 16)] = state
    end
  end
  return used
end

-- A random number of our own: math.random belongs to the program, which may have seeded it.
local function random(limit)
  local file = io.open("/dev/urandom", "rb")
  if not file then
    return (os.time() * 31 + math.floor(os.clock() * 1e6)) % limit
  end
  local a, b, c = file:read(3):byte(1, 3)
  file:close()
  return (a * 65536 + b * 256 + c) % limit
end

-- 128 random bits as 32 hex digits.
local function secret()
  local file = assert(io.open("/dev/urandom", "rb"))
  local bytes = file:read(16)
  file:close()
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function free_port(used)
  local port
  repeat
    port = lowest_port + random(highest_port - lowest_port)
  until not used[port]
  used[port] = true
  return port
end

local function write_config(name, config)
  local out = { "return {\n" }
  for key, value in pairs(config) do
    out[#out + 1] = ("  %s = %s,\n"):format(key, type(value) == "string" and ("%q"):format(value) or ascii.text(value))
  end
  out[#out + 1] = "}\n"
  write_file(name, table.concat(out))
end

-- A module of the library and those it requires, each as the file it is in: path → text.
local function collect_modules(library, name, found)
  local path = name:gsub("%.", "/")
  for _, file in ipairs { path .. ".lua", path .. "/init.lua" } do
    if found[file] then return true end
    local text = read_file(library .. file)
    if text then
      found[file] = text
      for required in text:gmatch("require[%s(]*[\"'](studio%.[%w_.]+)[\"']") do
        local fine, missing = collect_modules(library, required, found)
        if not fine then return nil, missing end
      end
      return true
    end
  end
  return nil, name
end

-- What nginx runs is copied into the prefix, for its user may not be allowed to read where the library is.
local function copy_server(prefix)
  local library, found = library_directory(), {}
  local fine, missing = collect_modules(library or "", server_module, found)
  if not fine then
    return nil, "the emulator's module " .. missing .. " cannot be read"
  end
  local folders = {}
  for file in pairs(found) do folders[#folders + 1] = quote(prefix .. "/lua/" .. file:match("^(.*)/")) end
  run("mkdir -p " .. table.concat(folders, " "))
  for file, text in pairs(found) do write_file(prefix .. "/lua/" .. file, text) end
  for _, name in ipairs(console_files.names) do
    -- A package of Lua files alone is a service without a page.
    local text = console_files.read(name)
    if text then write_file(prefix .. "/lua/studio/console/" .. name, text) end
  end
  return true
end

-- A session of its own keeps the terminal's Ctrl-C from the service.
local function launch(found, signal, environment)
  write_file(found.prefix .. "/launcher", launcher_script)
  local folders = { "reports" }
  for folder in read_file(found.prefix .. "/nginx.conf"):gmatch "_temp_path +([a-z._]+);" do folders[#folders + 1] = folder end
  local words = { quote(found.prefix .. "/launcher"), quote(found.prefix), quote(found.nginx), quote(found.owner or ""),
    quote(found.drop or ""), quote(table.concat(folders, " ")), "$PPID", signal }
  local command = "sh " .. table.concat(words, " ") .. " >/dev/null 2>&1"
  return assert(io.popen("exec env " .. (environment or "") .. " $(command -v setsid) " .. command, "w"))
end

local function wait_until_ready(prefix)
  local output = run("cd " .. quote(prefix) .. " && " .. wait_script:format(seconds_to_start))
  local outcome, rest = output:match("^(%w+)\n?(.*)$")
  return outcome or "failed", rest or ""
end

-- The line of nginx's log that says why it gave up; warnings come before it.
local function reason_in(log)
  for _, level in ipairs { "emerg", "alert", "crit", "error" } do
    local reason = log:match("%[" .. level .. "%] ([^\n]*)")
    if reason then return (reason:gsub("^%d+#%d+: ", "")) end
  end
  for line in log:gmatch "[^\n]+" do
    if not line:find("[warn]", 1, true) and not line:find("[notice]", 1, true) then return line end
  end
  return log:match "[^\n]+" or "no reason is known"
end

-- Since nginx 1.25.1 HTTP/2 is a directive of its own, and the word behind `listen` a warning.
local function has_http2_directive(version)
  local numbers = {}
  for number in (version or ""):gmatch "%d+" do numbers[#numbers + 1] = tonumber(number) end
  local major, minor, patch = numbers[1] or 0, numbers[2] or 0, numbers[3] or 0
  return major * 1000000 + minor * 1000 + patch >= 1025001
end

local function remove(prefix)
  run("rm -rf " .. quote(prefix))
end

local function attempt(options)
  local found, problem = look_around(options.nginx)
  if not found then
    return nil, problem
  end
  local used = ports_in_use()
  if options.port and used[options.port] == "0A" then
    remove(found.prefix)
    return nil, ("port %d is in use"):format(options.port)
  end
  found.port = options.port or free_port(used)
  found.tls_port = free_port(used)
  local prepared, message = options.prepare(found)
  if not prepared then
    remove(found.prefix)
    return nil, message
  end
  found.handle = launch(found, options.signal or "KILL", options.environment)
  local outcome, log = wait_until_ready(found.prefix)
  if outcome == "ready" then
    return found
  end
  log = log .. (read_file(found.prefix .. "/error.log") or "")
  found.handle:close()
  local taken = log:find("Address already in use", 1, true) or log:find("bind() to", 1, true)
  return nil, outcome == "late" and "nginx did not start in time" or "nginx did not start: " .. reason_in(log), taken
end

--- Starts an nginx that ends with this program.
-- @tparam table options `prepare` (found → true; or nil and a message), which writes nginx.conf and what else it needs into
--   `found.prefix`, for `found.port`, `found.tls_port` and `found.modules`; it must make nginx write the line `ready` into the FIFO of that
--   name there. nginx may write that, `error.log`, `nginx.pid`, a folder `reports` and those that nginx.conf names as `…_temp_path`.
--   `port`, `nginx`; `signal` (`"KILL"`), which ends it: one with a master and workers needs `"TERM"`;
--   `environment`, assignments for its shell; NGINX_PRELOAD is the LD_PRELOAD of nginx itself.
-- @treturn ?table { handle, prefix, port, tls_port }; closing the handle ends it
-- @treturn string why it did not start
local function run_nginx(options)
  for _ = 1, attempts do
    local process, message, taken = attempt(options)
    if process then
      return process
    elseif not taken or options.port then
      return nil, message
    end
  end
  return nil, "no free port was found"
end

--- Starts the service.
-- @tparam table options `port`, `nginx`
-- @tparam table config what the server reads
-- @return as `run` gives
local function start(options, config)
  return run_nginx {
    port = options.port, nginx = options.nginx,
    prepare = function(found)
      local copied, message = copy_server(found.prefix)
      if not copied then
        return nil, message
      end
      write_config(found.prefix .. "/config.lua", config)
      write_file(found.prefix .. "/nginx.conf", nginx_conf.render {
        port = found.port, tls_port = found.tls_port, modules = found.modules, log_level = "error",
        http2_directive = has_http2_directive(found.version),
      })
      return true
    end,
  }
end

return { start = start, run = run_nginx, random = random, secret = secret, quote = quote }
