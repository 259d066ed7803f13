--- A PostgreSQL of the specs' own: in a temporary directory, on a socket there, ended with the program that started it.
local child = require "spec.child"
local lfs = require "lfs"

local postgres = {}

-- The server refuses to run as root: another user does, to whom the directory belongs. PostgreSQL's programs hang under a preloaded
-- AddressSanitizer.
local script = [[exec sh -c '
  cd "$0" || exit
  unset LD_PRELOAD
  programs=$(ls -d /usr/lib/postgresql/*/bin /usr/local/pgsql/bin 2>/dev/null | tail -n 1)
  PATH="$PATH:$programs"
  as=
  if [ "$(id -u)" = 0 ]; then
    user=$(id -un postgres 2>/dev/null || echo nobody)
    chown "$user" "$0"
    as="runuser -u $user --"
  fi
  $as initdb -D "$0/data" -U studio -A trust -E UTF8 --locale=C --no-sync >said 2>&1 </dev/null || { : >failed; exit; }
  $as postgres -D "$0/data" -k "$0" -c listen_addresses= -c max_connections=40 $1 >>said 2>&1 </dev/null &
  cat >/dev/null
  kill -INT $(head -n 1 "$0/data/postmaster.pid")
  wait']]

--- Whether there is one to be started, with the module that speaks to it; else why not.
-- @treturn boolean
-- @treturn ?string
function postgres.is_there()
  if not child.shell("ls /usr/lib/postgresql/*/bin/postgres /usr/local/pgsql/bin/postgres 2>/dev/null"):find "postgres" then
    return false, "PostgreSQL is not installed"
  end
  if not pcall(require, "luasql.postgres") then return false, "luasql.postgres is not installed" end
  return true
end

--- Starts a server.
-- @tparam[opt] table options `durable`: whether commits wait for the disk
-- @treturn table `url`, `stop()`
function postgres.start(options)
  local directory = child.directory()
  local settings = options and options.durable and "-c fsync=on" or "-c fsync=off -c synchronous_commit=off"
  local pipe = assert(io.popen(script .. " " .. child.quote(directory) .. " " .. child.quote(settings), "w"))
  child.wait_until(function()
    local file = io.open(directory .. "/said", "r")
    local said = file and file:read "*a" or ""
    if file then file:close() end
    return said:find("ready to accept connections", 1, true) or lfs.attributes(directory .. "/failed", "mode")
  end, 30, 0.01)
  local server = { url = ("postgresql://studio@/postgres?host=%s"):format(directory), directory = directory }
  function server.stop()
    if not pipe then return end
    pipe:close()
    pipe = nil
    child.remove(directory)
  end
  return server
end

return postgres
