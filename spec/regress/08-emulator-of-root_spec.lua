-- Seen: started as root, the local service gave its folder to nobody before root wrote a script into it and ran that; every service took
-- the same published credentials and drove its faults for any local user; 250 POSTs of 10 MB stayed in its log, 2.5 GB.
local child = require "spec.child"
local emulator = require "studio.emulator"
local studio = require "studio"
local support = require "spec.support"

local quote = child.quote

describe("a local service", function()
  local service, prefix

  setup(function()
    service = assert(emulator.start())
    prefix = service.ca_file:match("^(.*)/")
  end)
  teardown(function() service:stop() end)

  it("lets its user write only what nginx writes, and nobody else look", function()
    if child.shell("id -u") ~= "0\n" then return pending("only root has somebody to hand the service to") end
    local prefix_owner = child.shell("stat -c '%u %a' " .. quote(prefix))
    assert.equal("0 750\n", prefix_owner)
    local given = child.shell("cd " .. quote(prefix) .. " && find . ! -uid 0 -prune | LC_ALL=C sort | tr '\\n' ' '")
    assert.equal("./error.log ./nginx.pid ./ready ./reports ./temp_body ./temp_fastcgi ./temp_proxy ./temp_scgi ./temp_uwsgi ", given)
    assert.equal("", child.shell("cd " .. quote(prefix) .. " && find . -perm /007 ! -type l"))
    local nobody = "setpriv --reuid=$(id -u nobody) --regid=$(id -g nobody) --clear-groups "
    assert.is_truthy(child.shell(nobody .. "sh -c 'echo id >>\"$0/launcher\"' " .. quote(prefix)):find("[Pp]ermission denied"))
    assert.is_truthy(child.shell(nobody .. "ln -s /etc/passwd " .. quote(prefix .. "/failed")):find("[Pp]ermission denied"))
    local stranger = "setpriv --reuid=12345 --regid=12345 --clear-groups "
    assert.is_truthy(child.shell(stranger .. "cat " .. quote(prefix .. "/config.lua")):find("[Pp]ermission denied"))
  end)

  it("has credentials of its own", function()
    local other = assert(emulator.start())
    for _, name in ipairs { "auth_token", "api_secret", "client_secret", "control_token" } do
      assert.is_true(#service[name] >= 32, name)
      assert.are_not.equal(service[name], other[name])
      assert.are_not.equal(rawget(emulator, name), service[name])
    end
    other:stop()
  end)

  it("opens its doors to whoever started it alone", function()
    for _, token in ipairs { emulator.auth_token, service.auth_token, "" .. service.api_secret } do
      local client = support.client(service, { auth_token = token, retry = false })
      local answer, err = client:request("GET", "/_emulator/requests")
      assert.is_nil(answer)
      assert.equal(401, err.status)
      client:close()
    end
    assert.is_table(service:requests())
  end)

  it("takes the credentials that it is given", function()
    local given = assert(emulator.start { auth_token = emulator.auth_token })
    local client = studio.new { base_url = given.base_url, account_sid = emulator.account_sid, auth_token = emulator.auth_token }
    assert.is_table(assert(client.v2.flows:list { limit = 1 }))
    client:close()
    given:stop()
  end)

  it("hands its credentials on where nobody can read them: in no command", function()
    local said = child.shell(([[LUA_PATH='lua/?.lua;;' %s -e '
      local execute = os.execute
      function os.execute(command) print("command: " .. command) io.stdout:flush() return execute(command) end
      arg = { [0] = "lua/studio/emulator/main.lua", "--", "sh", "-c", "echo token $TWILIO_AUTH_TOKEN" }
      dofile(arg[0])']]):format(support.interpreter))
    local token = said:match "token (%x+)\n"
    assert.is_truthy(token, said)
    assert.are.equal(1, select(2, said:gsub(token, "")), said)
    assert.is_truthy(said:find("command: ", 1, true), said)
  end)

  -- What is nginx's is the same for every interpreter: one tries it.
  if rawget(_G, "jit") then return end

  it("takes no body of strangers to disk", function()
    service:clear_log()
    local stranger = support.client(service, { auth_token = ("0"):rep(32), retry = false })
    local _, err = stranger:request("POST", "/v2/Flows", { form = { CommitMessage = ("x"):rep(2 * 1024 * 1024) } })
    assert.are.equal(401, err.status)
    _, err = stranger:request("POST", "/v2/Flows", { form = { CommitMessage = "small" } })
    assert.are.equal(401, err.status)
    local requests = service:requests()
    assert.are.same({ "", "CommitMessage=small" }, { requests[1].body, requests[2].body })
    stranger:close()
  end)

  it("tells of bodies of any bytes", function()
    service:clear_log()
    local file = os.tmpname()
    local every = {}
    for byte = 0, 255 do every[#every + 1] = string.char(byte) end
    local body = table.concat(every):rep(1024)
    local handle = assert(io.open(file, "wb"))
    handle:write(body)
    handle:close()
    for _ = 1, 2 do
      child.shell(("curl -s --noproxy '*' -u %s:%s --data-binary @%s %s/v2/Flows"):format(service.account_sid, service.auth_token, file,
        service.base_url))
    end
    os.remove(file)
    local requests = service:requests()
    assert.are.equal(2, #requests)
    assert.is_true(requests[2].body == body)
  end)

  it("keeps so many bytes of requests", function()
    service:clear_log()
    local client = support.client(service)
    local body = ("x"):rep(4 * 1024 * 1024)
    for _ = 1, 12 do client:request("POST", "/v2/Flows", { form = { CommitMessage = body } }) end
    client:request("GET", "/v2/Flows")
    local requests = service:requests()
    local bytes = 0
    for _, request in ipairs(requests) do bytes = bytes + #request.body end
    assert.is_true(bytes <= 32 * 1024 * 1024, tostring(bytes))
    assert.is_true(#requests > 2)
    assert.equal("GET", requests[#requests].method)
    client:close()
  end)
end)
