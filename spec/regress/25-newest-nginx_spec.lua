-- Seen: from nginx 1.25.1 on `listen … http2` gave a warning, which stood in the place of the true reason when the service did not start.
if rawget(_G, "jit") then return end -- the same for every interpreter: one tries it

local child = require "spec.child"
local emulator = require "studio.emulator"
local nginx_conf = require "studio.emulator.nginx_conf"

describe("The service's nginx", function()
  local directory

  setup(function() directory = child.directory() end)
  teardown(function() child.remove(directory) end)

  -- A program that says it is that nginx, and then does not start.
  local function start(version, lines)
    local path = directory .. "/nginx"
    local file = assert(io.open(path, "w"))
    file:write(([=[#!/bin/sh
      [ "$1" = -V ] && { echo "nginx version: %s"; echo "--add-module=lua-nginx-module"; exit; }
      {
        %s
      } >&2
      exit 1
    ]=]):format(version, lines))
    file:close()
    child.shell("chmod 755 " .. child.quote(directory) .. " " .. child.quote(path))
    local service, problem = emulator.start { nginx = path }
    assert.is_nil(service)
    return problem:match "^the emulator did not start: nginx did not start: (.*)$"
  end

  it("that does not start is told with its reason, not with a warning", function()
    local reason = start("nginx/1.27.0", [[
      echo "nginx: [warn] the \"listen ... http2\" directive is deprecated, use the \"http2\" directive instead in x:46"
      echo "nginx: [emerg] unknown directive \"lua_nothing\" in x:3"]])
    assert.are.equal('unknown directive "lua_nothing" in x:3', reason)
    reason = start("nginx/1.27.0", [[
      echo "nginx: [warn] the first line"
      echo "2026/01/01 00:00:00 [error] 7#7: init_by_lua error: init_by_lua:1: no resty.core"]])
    assert.are.equal("init_by_lua error: init_by_lua:1: no resty.core", reason)
  end)

  it("is asked for HTTP/2 in the words of its version", function()
    local tell = [[echo "[emerg] 1#1: $(grep -c 'ssl http2;' "$2/nginx.conf") $(grep -c '^ *http2 on;' "$2/nginx.conf")"]]
    for version, counts in pairs {
      ["nginx/1.25.0"] = "1 0", ["openresty/1.21.4.2"] = "1 0",
      ["nginx/1.25.1"] = "0 1", ["nginx/1.31.0 (Ubuntu)"] = "0 1", ["openresty/1.27.1.2"] = "0 1",
    } do
      assert.are.equal(counts, start(version, tell), version)
    end
  end)

  it("has TLS or has none", function()
    local values = { port = 1, modules = {}, log_level = "error" }
    assert.is_nil(nginx_conf.render(values):find("ssl", 1, true))
    values.tls_port = 2
    assert.truthy(nginx_conf.render(values):find("listen 127.0.0.1:2 ssl http2;", 1, true))
  end)
end)
