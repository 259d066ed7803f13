--- Writes the configuration of the service's nginx.
-- @module studio.emulator.nginx_conf

local ascii = require "studio.base.ascii"
-- Every path is relative to the prefix, so that no directory name needs quoting. One process does it all: there is one state, and
-- whoever kills it leaves no other behind.
local template = [[
${modules}
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log error.log ${log_level};
events {
  worker_connections 1024;
}
http {
  access_log off;
  server_tokens off;
  client_body_temp_path temp_body;
  proxy_temp_path temp_proxy;
  fastcgi_temp_path temp_fastcgi;
  uwsgi_temp_path temp_uwsgi;
  scgi_temp_path temp_scgi;
  client_max_body_size 64m;
  client_body_buffer_size 1m;
  client_body_in_single_buffer on;
  large_client_header_buffers 8 64k;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  tcp_nodelay on;
  default_type application/json;
  gzip on;
  gzip_types application/json;
  gzip_min_length 1024;
  gzip_comp_level 1;
  gzip_proxied any;
  reset_timedout_connection off;
  lua_package_path "$prefix/lua/?.lua;$prefix/lua/?/init.lua;;/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua";
  lua_socket_log_errors off;
  init_by_lua_block { require("studio.emulator.server.app").start() }
  init_worker_by_lua_block { require("studio.emulator.server.app").ready() }
  server {
    listen 127.0.0.1:${port};
${tls}
    server_name localhost;
    error_page 400 405 408 411 413 414 416 421 494 495 496 497 500 501 503 505 /_emulator_refusal;
    location / {
      content_by_lua_block { require("studio.emulator.server.app").handle() }
    }
    location = /_emulator_refusal {
      internal;
      content_by_lua_block { require("studio.emulator.server.app").refuse() }
    }
    location @reset {
      reset_timedout_connection on;
      return 444;
    }
  }
}
]]

local tls_template = [[
    listen 127.0.0.1:${tls_port} ssl${http2}
    ssl_certificate ca.pem;
    ssl_certificate_key key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:1m;]]

local function fill(text, values)
  return (text:gsub("%${([%w_]+)}", function(name)
    return ascii.text(values[name])
  end))
end

--- The text of nginx.conf.
-- @tparam table values `port`, `tls_port` (nil: no TLS), `modules` (files to load), `log_level`,
--   `http2_directive` (boolean: whether this nginx knows `http2 on`)
local function render(values)
  local modules = {}
  for i, file in ipairs(values.modules) do
    modules[i] = ('load_module "%s";'):format(file)
  end
  local tls = values.tls_port and {
    tls_port = values.tls_port, http2 = values.http2_directive and ";\n    http2 on;" or " http2;",
  }
  return fill(template, {
    modules = table.concat(modules, "\n"), port = values.port, log_level = values.log_level,
    tls = tls and fill(tls_template, tls) or "",
  })
end

return { render = render }
