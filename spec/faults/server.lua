--- Starts the servers of the fault matrix; see spec/servers/faults.lua.
local child = require "spec.child"

local quote, shell = child.quote, child.shell

local server_methods = {}
local server_mt = { __index = server_methods }

-- `good` and the two that are good but for one thing are vouched for by ca.pem, `other` is not.
local certificates = [[
make() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=$1 -addext subjectAltName=$2 \
    -keyout $1.key -out $1.pem 2>said || cat said
}
make good IP:127.0.0.1
make other IP:127.0.0.1
make wrong IP:127.0.0.2
cp good.key old.key
openssl x509 -in good.pem -signkey good.key -days -1 -out old.pem 2>said || cat said
cat good.pem wrong.pem old.pem >ca.pem]]

-- nginx's user reads and writes there, too.
local preparation = [[
set -e
chmod 755 %s
cc -shared -fPIC -o %s/names.so spec/servers/names.c -ldl
cd %s
mkdir -m 777 names
: >names/lookups
chmod 666 names/lookups
%s]]

--- @treturn table `url` (of the control), `ca_file`, `names` (the directory of spec/servers/names.c), `preload` (its library)
local function start()
  local directory = child.directory()
  local where = quote(directory)
  local said = shell(preparation:format(where, where, where, certificates))
  assert(said == "", said)
  local pipe, port = child.start("spec/servers/faults.lua", directory)
  return setmetatable({
    pipe = pipe, directory = directory, url = "http://127.0.0.1:" .. port, ca_file = directory .. "/ca.pem", names = directory .. "/names",
    preload = directory .. "/names.so",
  }, server_mt)
end

function server_methods:stop()
  self.pipe:close()
  child.remove(self.directory)
end

return { start = start }
