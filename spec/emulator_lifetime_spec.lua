-- The local service starts anywhere, and nothing of it stays behind, however its program ends.

local emulator = require "studio.emulator"

local jit = rawget(_G, "jit")
local interpreter = jit and "luajit" or "lua" .. _VERSION:match("%d%.%d")

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function shell(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1", "r"))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

local function absolute(paths)
  local here = shell("pwd"):match("[^\n]+")
  return (paths:gsub("[^;]+", function(path)
    return path:find("^/") and path or here .. "/" .. path
  end))
end

local lua_command = ("LUA_PATH=%s LUA_CPATH=%s %s"):format(quote(absolute(package.path)), quote(absolute(package.cpath)), interpreter)
local main = absolute("lua/studio/emulator/main.lua")

-- Runs a program of this interpreter, with this library.
local function run(program)
  return shell(lua_command .. " -e " .. quote(program))
end

-- The process of a service, which has written its number down.
local function nginx_of(prefix)
  return assert(shell("cat " .. quote(prefix .. "/nginx.pid")):match("%d+"))
end

-- Waits for a process and a directory to be gone, five seconds at most, and says what is left. A process that has ended and that
-- nobody has asked after (in a container whose first process does not) is gone, too.
local function left(prefix, pid)
  return shell(([[
    lives() { kill -0 %s 2>/dev/null && ! grep -q '^State:.*Z' /proc/%s/status 2>/dev/null; }
    i=0
    while { lives || [ -e %s ]; } && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
    lives && echo "process %s"
    [ -e %s ] && echo %s]]):format(pid, pid, quote(prefix), pid, quote(prefix), quote(prefix)))
end

local function parent_of(pid)
  return assert(shell("cat /proc/" .. pid .. "/stat"):match("^%d+ %b() %a (%d+)"))
end

-- Prints where a service is and who it is.
local say = [[
  local prefix = service.ca_file:match("^(.*)/")
  print(prefix, io.open(prefix .. "/nginx.pid"):read("*l"))
  io.stdout:flush()
]]
local start = [[local service = assert(require("studio.emulator").start())]] .. say

describe("emulator", function()
  it("starts several times at once, each by itself", function()
    local services = {}
    for i = 1, 3 do
      services[i] = assert(emulator.start())
    end
    local urls, prefixes = {}, {}
    for _, service in ipairs(services) do
      urls[service.base_url], urls[service.tls_url] = true, true
      prefixes[#prefixes + 1] = { service.ca_file:match("^(.*)/"), nil }
      prefixes[#prefixes][2] = nginx_of(prefixes[#prefixes][1])
    end
    local count = 0
    for _ in pairs(urls) do
      count = count + 1
    end
    assert.are.equal(6, count)
    for _, service in ipairs(services) do
      assert.is_true(service:stop())
      assert.is_true(service:stop())
      assert.are.equal("studio.emulator.service: stopped", tostring(service))
    end
    for _, place in ipairs(prefixes) do
      assert.are.equal("", left(place[1], place[2]))
    end
  end)

  it("does not run as root", function()
    local service = assert(emulator.start())
    local pid = nginx_of(service.ca_file:match("^(.*)/"))
    local status = io.open("/proc/" .. pid .. "/status")
    if status then
      assert.are_not.equal("0", status:read("*a"):match("Uid:%s+%d+%s+(%d+)"))
      status:close()
    end
    service:stop()
  end)

  it("takes credentials, a port and the size of its seeds", function()
    local free = assert(emulator.start())
    local port = free.port
    free:stop()
    local service = assert(emulator.start { port = port, auth_token = "another", engagements = 7, page_size = 5 })
    assert.are.equal(("http://127.0.0.1:%d"):format(port), service.base_url)
    local client = require("studio").new {
      base_url = service.base_url, account_sid = service.account_sid, auth_token = "another", retry = false,
    }
    local path = "/v1/Flows/" .. service.flows.survey .. "/Engagements"
    local page = assert(client:request("GET", path)).body
    assert.are.equal(5, #page.engagements)
    assert.are.equal(7, #assert(client:request("GET", path, { query = { PageSize = "50" } })).body.engagements)
    client:close()

    local second, message = emulator.start { port = port }
    assert.is_nil(second)
    assert.is_truthy(message:find("port " .. port .. " is in use", 1, true), message)
    service:stop()
  end)

  it("raises for unknown options and says what is missing", function()
    local function raises(message, options)
      local ok, raised = pcall(emulator.start, options)
      assert.is_false(ok)
      assert.is_truthy(raised:find(message, 1, true), raised)
    end
    raises("unknown option 'prot'", { prot = 1 })
    raises("option 'port' must be a number", { port = "80" })
    local service, message = emulator.start { nginx = "no-such-nginx" }
    assert.is_nil(service)
    assert.is_truthy(message:find("libnginx-mod-http-lua", 1, true), message)
  end)

  it("ends with its program, however that ends", function()
    local ends = {
      returns = "",
      raises = "error('on purpose')",
      exits = "os.exit(3)",
      killed = "os.execute('kill -KILL $PPID')",
      ["leaves a child behind"] = "os.execute('sleep 3 >/dev/null 2>&1 &') os.exit(0)",
      ["forgets the service"] = "service = nil collectgarbage() collectgarbage()"
        .. " os.execute('[ ! -e ' .. prefix .. ' ] || echo still there')",
    }
    for name, program in pairs(ends) do
      local output = run(start .. program)
      local prefix, pid = output:match("^(%S+)\t(%d+)\n")
      assert(prefix, output)
      assert.are.equal("", left(prefix, pid), name)
      assert.is_nil(output:find("still there", 1, true), name)
    end
  end)

  it("outlives neither its launcher nor a failed start", function()
    local service = assert(emulator.start())
    local prefix = service.ca_file:match("^(.*)/")
    local pid = nginx_of(prefix)
    shell("kill -KILL " .. parent_of(pid))
    assert.are.equal("", left(prefix, pid))
    service:stop()

    local output = shell("TMPDIR=$(mktemp -d) && export TMPDIR && chmod 711 $TMPDIR; " .. lua_command
      .. [[ -e 'print(require("studio.emulator").start { nginx = "true" })'; ls -A $TMPDIR; rmdir $TMPDIR && echo empty]])
    assert.is_truthy(output:find("^nil\t.-nginx did not start.-\nempty\n$"), output)
  end)

  it("runs around a program, which finds it in its environment", function()
    local script = [[
      echo "$STUDIO_BASE_URL $TWILIO_ACCOUNT_SID $TWILIO_AUTH_TOKEN ${TWILIO_API_KEY-none}"
      exit 7]]
    local output = shell("TWILIO_API_KEY=SK " .. lua_command .. " " .. quote(main) .. " -- sh -c " .. quote(script)
      .. "; echo status $?")
    assert.is_truthy(output:find("http://127%.0%.0%.1:%d+ " .. emulator.account_sid .. " %S+ none\n"), output)
    assert.is_truthy(output:find("status 7\n", 1, true), output)
    assert.is_truthy(shell(lua_command .. " " .. quote(main) .. " --nonsense; echo status $?"):find("status [1-9]"))
  end)

  it("tells in the foreground how to use it, until it is interrupted", function()
    -- A background job ignores interrupts unless told otherwise, and has the group that a terminal would interrupt.
    local output = shell(([[
      log=$(mktemp)
      setsid env --default-signal=INT %s %s --engagements 3 >"$log" 2>&1 &
      pid=$!
      i=0
      until grep -q ca.pem "$log" || [ $i -eq 100 ]; do sleep 0.05; i=$((i + 1)); done
      cat "$(sed -n 's,ca.pem$,nginx.pid,; s/.*ca_file: *//p' "$log")"
      ( export TWILIO_API_KEY=SK1 TWILIO_API_SECRET=another TWILIO_REGION=ie1
        eval "$(grep '^  ' "$log")"
        echo "flows listed: $(%s -e 'print(#assert(require("studio").new().v1.flows:list { limit = 2 }))')" )
      kill -INT -$pid
      timeout 5 tail --pid=$pid -f /dev/null || kill -KILL -$pid
      wait $pid
      echo "status $?"
      cat "$log"
      rm "$log"]]):format(lua_command, quote(main), lua_command))
    assert.is_truthy(output:find("flows listed: 2\n", 1, true), output)
    assert.is_truthy(output:find("export STUDIO_BASE_URL=http://127.0.0.1:", 1, true), output)
    assert.is_truthy(output:find("export TWILIO_ACCOUNT_SID=" .. emulator.account_sid, 1, true), output)
    assert.is_truthy(output:find("status 0\n", 1, true), output)
    assert.are.equal("", left(output:match("ca_file:%s+(%S+)/ca.pem"), output:match("^%d+")))
  end)
end)
