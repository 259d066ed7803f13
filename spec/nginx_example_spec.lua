--- examples/nginx, as it is but for its port and paths, in a real nginx against the local service.
local nginx_server = require "spec.nginx_server"
local studio = require "studio"
local support = require "spec.support"

local FROM = "+15557654321"

-- Changes a text in one place, which must be there.
local function change(text, from, to)
  local first, last = text:find(from, 1, true)
  assert(first, "nginx.conf has no " .. from)
  return text:sub(1, first - 1) .. to .. text:sub(last + 1)
end

local function prepare(found)
  nginx_server.run(("cp examples/nginx/* %s/"):format(found.prefix))
  local text = nginx_server.read_file("examples/nginx/nginx.conf")
  text = text:gsub("load_module [^\n]*\n", "")
  for index = #found.modules, 1, -1 do text = ("load_module %s;\n"):format(found.modules[index]) .. text end
  text = change(text, "error_log stderr notice", "error_log error.log notice")
  text = change(text, "listen 127.0.0.1:8080", "listen 127.0.0.1:" .. found.port)
  text = change(text, "$prefix/../../lua/?.lua;$prefix/../../lua/?/init.lua", "$prefix/lua/?.lua;$prefix/lua/?/init.lua")
  text = change(text, "$prefix/../../build", "$prefix/build")
  text = change(text, 'init_by_lua_block { require "app" }', [[init_by_lua_block { require "app" }
    init_worker_by_lua_block { local file = io.open(ngx.config.prefix() .. "ready", "w") file:write "ready\n" file:close() }]])
  nginx_server.write_file(found.prefix .. "/nginx.conf", text)
  return true
end

describe("The example for nginx", function()
  local service_of = support.emulator()
  local service, server, flow

  setup(function()
    service = service_of()
    flow = studio.new { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token }
      .v2.flows(service.flows.reminder)
    server = assert(nginx_server.start {
      service = service, prepare = prepare,
      environment = ("STUDIO_FLOW_SID=%s STUDIO_FROM=%s"):format(service.flows.reminder, FROM),
    })
  end)

  teardown(function()
    local retired, problem = server:retire()
    server:stop()
    assert(retired, problem)
  end)

  local function post(path, form, headers)
    return server.client:request("POST", path, { form = form, headers = headers })
  end

  it("starts a Flow for a contact, once", function()
    local answer = assert(post("/executions", { to = "+15550001111" }))
    assert.are.equal(201, answer.status)
    local execution = assert(flow.executions(answer.body.sid):fetch())
    assert.are.equal("+15550001111", execution.contact_channel_address)
    local again, err = post("/executions", { to = "+15550001111" })
    assert.is_nil(again)
    assert.are.equal(409, err.status)
    assert.are.equal("this contact has an active Execution", err.message)
  end)

  it("lists executions as JSON", function()
    assert.are.same({}, assert(server:get("/executions?limit=0")).executions)
    local sid = assert(post("/executions", { to = "+15550002222" })).body.sid
    local listed = assert(server:get("/executions?limit=1")).executions
    assert.are.equal(1, #listed)
    assert.are.equal(sid, listed[1].sid)
    assert.are.equal("active", listed[1].status)
  end)

  it("tells the caller what is wrong with a request, and the log what went wrong behind it", function()
    assert.are.equal(400, select(2, post("/executions", {})).status)
    assert.are.equal(400, select(2, server:get("/executions?limit=-1")).status)
    assert.are.equal(405, select(2, server.client:request("DELETE", "/executions")).status)
    service:fault { status = 500, times = 1 }
    local _, err = post("/executions", { to = "+15550003333" })
    assert.are.equal(502, err.status)
    assert.truthy(server:wait_for_log("studio: http 500"))
    assert.is_nil(server:log():find(service.auth_token, 1, true))
    local requests = service:requests()
    assert.are.equal(1, #requests) -- a POST of unknown fate is not sent again
  end)

  it("lets signed webhooks through, and no others", function()
    assert.are.equal(403, select(2, post("/hooks/done", { ExecutionSid = "FN1" })).status)
    local crypto = require "studio.crypto"
    local signature = crypto.signature(service.auth_token, "https://hooks.example.com/hooks/doneExecutionSidFN1")
    local answer = assert(post("/hooks/done", { ExecutionSid = "FN1" }, { ["X-Twilio-Signature"] = signature }))
    assert.are.same({ received = "FN1" }, answer.body)
  end)
end)

-- What docs/openresty.md says that it leaves out, and this machine's paths.
local function complete(snippet, found)
  local text = change(snippet, "http {\n", [[
events {}
env STUDIO_BASE_URL;
pid nginx.pid;
daemon off;
error_log error.log info;
http {
  access_log off;
  client_body_temp_path body.tmp;
  proxy_temp_path proxy.tmp;
  fastcgi_temp_path fastcgi.tmp;
  uwsgi_temp_path uwsgi.tmp;
  scgi_temp_path scgi.tmp;
  lua_package_path "$prefix/lua/?.lua;$prefix/lua/?/init.lua;;";
  lua_package_cpath "$prefix/build/luajit/?.so;;";
  init_worker_by_lua_block { local file = io.open(ngx.config.prefix() .. "ready", "w") file:write "ready\n" file:close() }
]])
  for index = #found.modules, 1, -1 do text = ("load_module %s;\n"):format(found.modules[index]) .. text end
  return change(text, "server {\n", ("server {\n    listen 127.0.0.1:%d;\n"):format(found.port))
end

describe("The lines for nginx in docs/openresty.md", function()
  local service_of = support.emulator()

  it("start a Flow for the number that the curl beside them sends", function()
    local service = service_of()
    local snippet = assert(nginx_server.read_file("docs/openresty.md"):match("\n```nginx\n(.-)\n```"))
    local arguments, number, path = snippet:match("%-%- curl (%-%-data%-urlencode to=(%S+)) http://…(/%S+)\n")
    local server = assert(nginx_server.start {
      service = service,
      prepare = function(found)
        nginx_server.write_file(found.prefix .. "/nginx.conf", complete(snippet, found))
        return true
      end,
    })
    local function curl(what) return nginx_server.run(nginx_server.curl .. " -sS --max-time 20 --noproxy '*' " .. what) end
    local sid = curl(("%s %s%s"):format(arguments, server.base_url, path)):match("^(FN%x+)\n$")
    local refused = assert(curl(("%s%s?to=%s"):format(server.base_url, path, number)))
    local log = server:log()
    server:stop()
    assert.truthy(sid, log)
    local client = studio.new { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token }
    local execution = assert(client.v2.flows("FW00000000000000000000000000000005").executions(sid):fetch())
    assert.are.equal(number, execution.contact_channel_address)
    assert.truthy(refused:find("studio: argument: ", 1, true), refused) -- a GET sends nobody anything
    client:close()
  end)
end)
