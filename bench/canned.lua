--- The server of the benchmarks: nginx with canned answers, and the data that it answers with.
local canned = {
  account = "AC0123456789abcdef0123456789abcdef", token = "0123456789abcdef0123456789abcdef",
  records = 20000, page_sizes = { 50, 1000 },
}

-- The same data each time: SIDs that differ all over, as real ones do.
local state = 20231120
local function random(limit)
  state = (state * 16807) % 2147483647
  return state % limit
end

local function sid(prefix)
  local parts = { prefix }
  for index = 2, 9 do parts[index] = ("%04x"):format(random(65536)) end
  return table.concat(parts)
end

canned.flow = sid "FW"

local record_template = [[{"sid": "%s", "account_sid": "%s", "flow_sid": "%s", "contact_sid": "%s", ]]
  .. [["contact_channel_address": "+1%s", "status": "%s", "context": %s, "date_created": "2023-11-%sT%s:%s:%sZ", ]]
  .. [["date_updated": null, "url": "%s", "links": {"steps": "%s/Steps", "engagement_context": "%s/Context"}}]]

local function record(origin, id, context)
  local url = ("%s/v1/Flows/%s/Engagements/%s"):format(origin, canned.flow, id)
  return record_template:format(id, canned.account, canned.flow, sid "FC", ("%010d"):format(random(2147483647)),
    random(2) == 0 and "active" or "ended", context, ("%02d"):format(1 + random(28)), ("%02d"):format(random(24)),
    ("%02d"):format(random(60)), ("%02d"):format(random(60)), url, url, url)
end

-- A record with names in <> where the server puts its values.
local function template(origin)
  local url = ("%s/v1/Flows/%s/Engagements/<SID>"):format(origin, canned.flow)
  return record_template:format("<SID>", canned.account, canned.flow, "<CONTACT>", "<PHONE>", "active", "{}", "14", "20", "07", "<SECOND>",
    url, url, url)
end

local function write(name, text)
  local file = assert(io.open(name, "wb"))
  file:write(text)
  file:close()
end

--- A page of the list of engagements.
-- @tparam string origin of its URLs
-- @tparam number size
-- @tparam number page counted from 0
-- @treturn string JSON
function canned.page(origin, size, page)
  local last = math.floor(canned.records / size) - 1
  local function url(number)
    if number < 0 or number > last then return "null" end
    return ('"%s/v1/Flows/%s/Engagements?PageSize=%d&Page=%d&PageToken=PT%d"'):format(origin, canned.flow, size, number, number)
  end
  local list = {}
  for index = 1, size do list[index] = record(origin, sid "FN", "null") end
  return ('{"engagements": [%s], "meta": {"key": "engagements", "page": %d, "page_size": %d, "first_page_url": %s, '
    .. '"previous_page_url": %s, "next_page_url": %s, "url": %s}}'):format(
      table.concat(list, ", "), page, size, url(0), url(page - 1), url(page + 1), url(page))
end

local function write_pages(prefix, origin, size)
  for page = 0, math.floor(canned.records / size) - 1 do
    write(("%s/www/page_%d_%d.json"):format(prefix, size, page), canned.page(origin, size, page))
  end
end

-- The engagements that contestants ask for, one after the other, 34 letters each.
local function write_sids(name)
  local list = {}
  for index = 1, canned.records do list[index] = sid "FN" end
  write(name, table.concat(list))
end

local config = [[
${modules}
daemon off;
master_process off;
pid nginx.pid;
error_log error.log error;
events { worker_connections 4096; }
http {
  access_log off;
  server_tokens off;
  client_body_temp_path temp_body;
  proxy_temp_path temp_proxy;
  fastcgi_temp_path temp_fastcgi;
  uwsgi_temp_path temp_uwsgi;
  scgi_temp_path temp_scgi;
  sendfile on;
  open_file_cache max=1000;
  keepalive_requests 1000000000;
  tcp_nodelay on;
  types { application/json json; }
  default_type application/json;
  etag off;
  max_ranges 0;
  ssl_certificate certificate.pem;
  ssl_certificate_key key.pem;
  # With Server, Date, Content-Type, Content-Length and Connection eleven in all, as the service sends.
  add_header Last-Modified "";
  add_header Twilio-Request-Id RQ0123456789abcdef0123456789abcdef;
  add_header Twilio-Concurrent-Requests 1;
  add_header Twilio-Request-Duration 0.052;
  add_header X-Home-Region us1;
  add_header X-API-Domain studio.twilio.com;
  add_header Strict-Transport-Security "max-age=31536000";
  init_by_lua_block {
    local template = [[${template}]].."]]"..[[
    local parts, created = {}, 0
    for text in (template .. "<"):gmatch "([^<>]*)[<>]" do parts[#parts + 1] = text end

    -- Every record is another one, and all are of one length. It is written in parts: one string of it all would differ from the last in
    -- few bytes, which is what LuaJIT's table of strings is slowest with.
    function answer(id)
      local number = tonumber(id:sub(3, 10), 16)
      local values = {
        SID = id, CONTACT = "FC" .. id:sub(3):reverse(), PHONE = ("%010d"):format(number), SECOND = ("%02d"):format(number % 60),
      }
      local list, length = {}, 0
      for index, text in ipairs(parts) do
        list[index] = index % 2 == 0 and values[text] or text
        length = length + #list[index]
      end
      ngx.header["Content-Length"] = length
      ngx.print(list)
    end

    function new_id()
      created = created + 1
      return "FN" .. ngx.md5(created)
    end
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    listen 127.0.0.1:${tls_port} ssl;
    listen 127.0.0.1:${http2_port} ssl http2;
    root www;
    location ~ ^/v1/Flows/[^/]+/Engagements$ {
      set $page $arg_Page;
      if ($page = "") { set $page 0; }
      rewrite ^ /page_${arg_PageSize}_$page.json break;
    }
    location ~ ^/v1/Flows/[^/]+/Engagements/(.+)$ { content_by_lua_block { answer(ngx.var[1]) } }
    ${more}
    location ~ /Executions$ {
      content_by_lua_block {
        ngx.req.read_body()
        ngx.sleep(0.02)
        ngx.status = 201
        answer(new_id())
      }
    }
    # The number of this connection: each has the next.
    location = /connection { content_by_lua_block { ngx.print(ngx.var.connection) } }
  }
}
]]

local function run(command)
  if not os.execute(command) then error("this failed: " .. command, 0) end
end

local function exists(name)
  local file = io.open(name, "rb")
  if file then file:close() end
  return file ~= nil
end

local function modules()
  local lines = {}
  for _, name in ipairs { "ndk_http_module", "ngx_http_lua_module" } do
    local file = ("/usr/lib/nginx/modules/%s.so"):format(name)
    if exists(file) then lines[#lines + 1] = ("load_module %s;"):format(file) end
  end
  return table.concat(lines, "\n")
end

-- Below the ports that the system gives to clients.
local function port_of(attempt)
  return 10000 + (os.time() * 37 + attempt * 1009) % 7000 * 3
end

-- Gives the process id, or nil where it does not start.
local function launch(prefix, values)
  write(prefix .. "/nginx.conf", (config:gsub("%${([%w_]+)}", values)))
  local nginx = os.execute "command -v nginx >/dev/null" and "nginx" or "openresty"
  run(("cd %s && (%s -p %s/ -e error.log -c nginx.conf 2>start.log || touch failed) &"):format(prefix, nginx, prefix))
  run(("cd %s && for i in $(seq 200); do [ -s nginx.pid ] || [ -e failed ] && break; sleep 0.05; done; rm -f failed"):format(prefix))
  local file = io.open(prefix .. "/nginx.pid")
  local pid = file and file:read "n"
  if file then file:close() end
  return pid
end

--- Starts the server in a folder of its own under /tmp.
-- @tparam[opt] {number,...} page_sizes those to write; without, the start is quick
-- @tparam[opt] string more locations, in the words of nginx's configuration
-- @treturn table `origin`, `tls_origin`, `http2_origin`, `ca_file`, `sids` (a file, see `write_sids`), `pid`, `stop()`
function canned.start(page_sizes, more)
  local pipe = io.popen("mktemp -d /tmp/studio-bench.XXXXXX")
  local prefix = pipe:read "l"
  pipe:close()
  run(("mkdir %s/www && chmod -R a+rX %s"):format(prefix, prefix))
  run(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
    .. "-addext subjectAltName=IP:127.0.0.1 -keyout %s/key.pem -out %s/certificate.pem 2>/dev/null"):format(prefix, prefix))
  local pid, port, origin
  for attempt = 1, 5 do
    port = port_of(attempt)
    origin = "http://127.0.0.1:" .. port
    pid = launch(prefix, {
      modules = modules(), port = port, tls_port = port + 1, http2_port = port + 2, template = template(origin),
      arg_PageSize = "${arg_PageSize}", more = more or "",
    })
    if pid then break end
  end
  if not pid then error(("nginx does not start: see %s/start.log"):format(prefix), 0) end
  write_sids(prefix .. "/sids")
  for _, size in ipairs(page_sizes or {}) do write_pages(prefix, origin, size) end
  return {
    origin = origin, tls_origin = "https://127.0.0.1:" .. port + 1, http2_origin = "https://127.0.0.1:" .. port + 2,
    ca_file = prefix .. "/certificate.pem", sids = prefix .. "/sids", pid = pid,
    stop = function() os.execute(("kill %d; rm -rf %s"):format(pid, prefix)) end,
  }
end

return canned
