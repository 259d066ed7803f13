--- A real nginx for specs: a master and one worker in a temporary prefix, unprivileged, with this checkout inside. It ends with the
--- program that started it.
local process = require "studio.emulator.process"
local socket = require "socket"
local studio = require "studio"

local server_methods = {}
local server_mt = { __index = server_methods }

local function run(command)
  local pipe = assert(io.popen("exec 2>&1\n" .. command))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

local function write_file(name, text)
  local file = assert(io.open(name, "w"))
  file:write(text)
  file:close()
end

local function read_file(name)
  local file = io.open(name)
  if not file then return "" end
  local text = file:read("*a")
  file:close()
  return text
end

local out = os.getenv("STUDIO_OUT") or "build"

-- The worker's user may not be allowed to read the checkout. A run for lua5.4 alone has no module for nginx.
local function copy_checkout(prefix)
  local copied = run(([[
    set -e
    for name in core crypto; do [ -e %s/luajit/studio/$name.so ] || make -s OUT=%s LUAS=luajit %s/luajit/studio/$name.so; done
    mkdir -p %s/build/luajit/studio
    cp %s/luajit/studio/*.so %s/build/luajit/studio/
    cp -r lua examples %s/
    mkdir -p %s/lua/spec/servers
    cp spec/scenario.lua %s/lua/
    cp -r spec/descriptors.lua spec/libcurl.lua spec/faults %s/lua/spec/
    cp spec/servers/frames.lua %s/lua/spec/servers/
    echo copied]]):format(out, out, out, prefix, out, prefix, prefix, prefix, prefix, prefix, prefix))
  if not copied:find("copied\n$") then return nil, copied end
  return true
end

local main = [[
daemon off;
pid nginx.pid;
worker_processes 1;
error_log error.log info;
env STUDIO_BASE_URL;
env TWILIO_ACCOUNT_SID;
env TWILIO_AUTH_TOKEN;
]]

local http = [[
  access_log off;
  client_body_temp_path temp_body;
  proxy_temp_path temp_proxy;
  fastcgi_temp_path temp_fastcgi;
  uwsgi_temp_path temp_uwsgi;
  scgi_temp_path temp_scgi;
  lua_package_path "$prefix/lua/?.lua;$prefix/lua/?/init.lua;;/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua";
  lua_package_cpath "$prefix/build/luajit/?.so;;/usr/lib/x86_64-linux-gnu/lua/5.1/?.so";
  lua_socket_log_errors off;
]]

local ready = [[local file = io.open(ngx.config.prefix() .. "ready", "w") file:write "ready\n" file:close()]]

local function configuration(options, found)
  local parts = {}
  for _, file in ipairs(found.modules) do parts[#parts + 1] = ("load_module %s;\n"):format(file) end
  for _, variable in ipairs(options.variables or {}) do parts[#parts + 1] = ("env %s;\n"):format(variable) end
  parts[#parts + 1] = main .. (options.main or "") .. "events { worker_connections 2048; }\nhttp {\n" .. http
  parts[#parts + 1] = ("  init_by_lua_block { %s }\n  init_worker_by_lua_block { %s %s }\n"):format(options.init or "",
    options.init_worker or "", ready)
  parts[#parts + 1] = (options.http or ""):gsub("%$port", found.port):gsub("%$tls_port", found.tls_port) .. "\n}\n"
  return table.concat(parts)
end

--- Starts one.
-- @tparam table options `http` (text of the block http; $port is replaced), `main` (text before it), `init`, `init_worker` (Lua);
--   `service` (an emulator, whose URL and credentials get into the environment), `environment` (more assignments), `variables` (their
--   names); `preload` (a library to load before all others); `prepare(found)`, which writes nginx.conf itself
local function start(options)
  local assignments = options.environment or ""
  if options.service then
    assignments = ("STUDIO_BASE_URL=%s TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s %s"):format(options.base_url or options.service.base_url,
      options.service.account_sid, options.service.auth_token, assignments)
  end
  local preload = os.getenv("LD_PRELOAD")
  -- Under AddressSanitizer its reports, those of leaks at the end included, become files in the prefix.
  if preload then assignments = assignments .. " ASAN_OPTIONS=detect_leaks=1:log_path=reports/asan" end
  if preload or options.preload then
    assignments = ('%s NGINX_PRELOAD="%s:%s"'):format(assignments, preload or "", options.preload or "")
  end
  local running, problem = process.run {
    signal = "TERM", environment = assignments,
    prepare = function(found)
      local copied, message = copy_checkout(found.prefix)
      if not copied then return nil, message end
      if options.prepare then return options.prepare(found) end
      write_file(found.prefix .. "/nginx.conf", configuration(options, found))
      return true
    end,
  }
  if not running then return nil, problem end
  local server = setmetatable({
    process = running, prefix = running.prefix, base_url = ("http://127.0.0.1:%d"):format(running.port), port = running.port,
    tls_url = ("https://127.0.0.1:%d"):format(running.tls_port),
  }, server_mt)
  server.client = studio.new {
    base_url = server.base_url, account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32), retry = false, timeout = 20,
    no_proxy = "*",
  }
  return server
end

--- The decoded body of a GET; or nil and the error.
function server_methods:get(path, options)
  local answer, err = self.client:request("GET", path, options)
  if not answer then return nil, err end
  return answer.body
end

--- The same path many times, at most `concurrency` at once: what each gave, or its error as `{ error = … }`.
function server_methods:get_many(path, count, concurrency)
  local numbers, answers = {}, {}
  for index = 1, count do numbers[index] = index end
  for _, body, err in self.client:map(numbers, function() return self:get(path) end, { concurrency = concurrency }) do
    answers[#answers + 1] = body or { error = tostring(err) }
  end
  return answers
end

--- Sends a signal to the master: HUP reloads, QUIT ends when nothing is in flight.
function server_methods:signal(name)
  run(("kill -%s $(cat %s/nginx.pid)"):format(name, self.prefix))
end

function server_methods:log()
  return read_file(self.prefix .. "/error.log")
end

--- Waits, at most 10 seconds, until the log has a text so many times.
function server_methods:wait_for_log(text, times)
  for _ = 1, 1000 do
    local _, count = self:log():gsub(text, "")
    if count >= (times or 1) then return true end
    socket.sleep(0.01)
  end
  return nil, "not in the log: " .. text
end

--- Lets the worker end without haste; another takes its place.
-- @treturn boolean true when it ended well; or nil and why, or what AddressSanitizer, if it is there, has to say of this library (of
--   nginx itself it may have something to say, too)
function server_methods:retire()
  local worker = assert(self:log():match(".*start worker process (%d+)"))
  self:signal("HUP")
  local ended, problem = self:wait_for_log("worker process " .. worker .. " exited")
  if not ended then return nil, problem .. "\n" .. self:log() end
  local report = run("cat " .. self.prefix .. "/reports/asan.* 2>/dev/null")
  if report:find("/studio/core", 1, true) then return nil, report end
  if report == "" and not self:log():find("worker process " .. worker .. " exited with code 0") then return nil, self:log() end
  return true
end

function server_methods:stop()
  self.client:close()
  self.process.handle:close()
end

-- The system's curl hangs under a preloaded AddressSanitizer, and warns of a libcurl that is not its own.
local curl = "env -u LD_PRELOAD -u LD_LIBRARY_PATH curl"

return { start = start, run = run, read_file = read_file, write_file = write_file, curl = curl }
