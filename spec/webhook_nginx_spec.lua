--- examples/nginx/webhook.lua in a real nginx: what Twilio signed gets through, what anybody else sends does not.
local crypto = require "studio.crypto"

local TOKEN = "0123456789abcdef0123456789abcdef"
local ORIGIN = "https://hooks.example.com"

local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- nginx cannot be asked for a free port, but a socket in the file system needs none.
local configuration = [[
daemon off;
master_process off;
pid nginx.pid;
error_log error.log warn;
env TWILIO_AUTH_TOKEN;
%s
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  lua_package_path "%s";
  lua_package_cpath "%s";
  server {
    listen unix:nginx.sock;
    location /hooks/ {
      client_body_buffer_size 64k;
      client_max_body_size 200k;
      set $webhook_origin "]] .. ORIGIN .. [[";
      access_by_lua_file "%s";
      content_by_lua_block { ngx.say("reached ", ngx.ctx.fields.Body or "") }
    }
  }
}
]]

describe("The webhook example in nginx", function()
  local folder

  local function request(path, arguments)
    -- Debian's curl hangs under a preloaded AddressSanitizer.
    return run(("env -u LD_PRELOAD curl -s -S --max-time 10 -w ' %%{http_code}' --unix-socket %s/nginx.sock %s %s"):format(
      folder, arguments, quoted("http://other.example" .. path)))
  end

  local function signed(text, token)
    return "-H " .. quoted("X-Twilio-Signature: " .. crypto.signature(token or TOKEN, text))
  end

  setup(function()
    folder = run("mktemp -d /tmp/studio-webhook.XXXXXX"):match("%S+")
    local root = run("pwd"):match("[^\n]+")
    local modules = ""
    for _, name in ipairs { "ndk_http_module", "ngx_http_lua_module" } do
      local path = "/usr/lib/nginx/modules/" .. name .. ".so"
      local file = io.open(path)
      if file then
        file:close()
        modules = modules .. "load_module " .. path .. ";\n"
      end
    end
    local out = os.getenv("STUDIO_OUT") or "build"
    if out:sub(1, 1) ~= "/" then out = root .. "/" .. out end
    local file = assert(io.open(folder .. "/nginx.conf", "w"))
    file:write(configuration:format(modules, root .. "/lua/?.lua;" .. root .. "/lua/?/init.lua;;", out .. "/luajit/?.so;;",
      root .. "/examples/nginx/webhook.lua"))
    file:close()
    -- A run for lua5.4 alone has no module for nginx.
    run(("[ -e %s/luajit/studio/crypto.so ] || make -s OUT=%s LUAS=luajit %s/luajit/studio/crypto.so"):format(out, out, out))
    run(([[cd %s && PATH=$PATH:/usr/sbin:/usr/local/openresty/bin && nginx=$(command -v openresty || command -v nginx) &&
      env -u LUA_PATH -u LUA_CPATH TWILIO_AUTH_TOKEN=%s $nginx -p %s/ -e error.log -c nginx.conf >nginx.log 2>&1 </dev/null &]]):format(
      folder, TOKEN, folder))
    run(("i=0; while [ $i -lt 1000 ] && ! [ -S %s/nginx.sock ]; do sleep 0.01; i=$((i + 1)); done"):format(folder))
  end)

  teardown(function()
    run(("kill -KILL $(cat %s/nginx.pid)"):format(folder))
    run("rm -rf " .. quoted(folder))
  end)

  it("lets through a form that Twilio signed, with its fields", function()
    local answer = request("/hooks/sms?a=b", signed(ORIGIN .. "/hooks/sms?a=bBodyGrüße & so" .. "From+15551234567")
      .. " -d Body=Gr%C3%BC%C3%9Fe+%26+so -d From=%2B15551234567")
    assert.are.equal("reached Grüße & so\n 200", answer)
  end)

  it("lets through JSON and a GET that Twilio signed", function()
    local body = '{"a":1}'
    local path = "/hooks/event?bodySHA256=" .. crypto.sha256(body)
    local answer = request(path, signed(ORIGIN .. path) .. " -H 'Content-Type: application/json' -d " .. quoted(body))
    assert.are.equal("reached \n 200", answer)
    assert.are.equal("reached \n 200", request("/hooks/get?x=1", signed(ORIGIN .. "/hooks/get?x=1")))
  end)

  it("refuses what is forged, with 403, and nothing behind it runs", function()
    local good = signed(ORIGIN .. "/hooks/smsBodyhi")
    local json = "/hooks/event?bodySHA256=" .. crypto.sha256("{}")
    for what, answer in pairs {
      ["no signature"] = request("/hooks/sms", "-d Body=hi"),
      ["an empty signature"] = request("/hooks/sms", "-d Body=hi -H 'X-Twilio-Signature;'"),
      ["another key"] = request("/hooks/sms", "-d Body=hi " .. signed(ORIGIN .. "/hooks/smsBodyhi", "x")),
      ["another body"] = request("/hooks/sms", "-d Body=ho " .. good),
      ["one more field"] = request("/hooks/sms", "-d Body=hi -d X=y " .. good),
      ["another path"] = request("/hooks/call", "-d Body=hi " .. good),
      ["a query"] = request("/hooks/sms?x", "-d Body=hi " .. good),
      ["another type of body"] = request("/hooks/sms", "-H 'Content-Type: text/plain' -d Body=hi " .. good),
      ["another host, which the sender names"] = request("/hooks/sms", "-d Body=hi -H 'Host: evil.example' "
        .. "-H 'X-Forwarded-Host: evil.example' " .. signed("https://evil.example/hooks/smsBodyhi")),
      ["two signatures"] = request("/hooks/sms", "-d Body=ho " .. good .. " " .. good),
      ["another JSON"] = request(json, signed(ORIGIN .. json) .. " -H 'Content-Type: application/json' -d '{ }'"),
      ["JSON called a form"] = request(json, signed(ORIGIN .. json) .. " -d ''"),
    } do
      assert.truthy(answer:find(" 403$"), what .. ": " .. answer)
      assert.is_nil(answer:find("reached", 1, true), what)
    end
    assert.are.equal("reached hi\n 200", request("/hooks/sms", "-d Body=hi " .. good))
  end)

  it("refuses a body that nginx does not keep in memory, instead of taking it for an empty one", function()
    local answer = request("/hooks/sms", signed(ORIGIN .. "/hooks/sms") .. " -d Body=" .. ("x"):rep(100000))
    assert.truthy(answer:find(" 413$"), answer)
  end)

  it("tells why in the log, and neither token nor signature", function()
    request("/hooks/sms", "-d Body=hi -H 'X-Twilio-Signature: nonsense'")
    local file = assert(io.open(folder .. "/error.log"))
    local log = file:read("*a")
    file:close()
    assert.truthy(log:find("webhook refused: the signature is not of this URL and these fields", 1, true), log)
    assert.is_nil(log:find(TOKEN, 1, true))
  end)
end)
