-- Seen: a signal at the question of `profiles add` for a secret left the terminal without echo, on LuaJIT Ctrl-C, too; and what no client
-- takes for a secret became a profile; doctor told of an option that whoever ran it had not given.
local child = require "spec.child"
local cli = require "spec.cli"

local SID = "AC" .. ("0"):rep(32)
-- bsdutils of Debian has it; other systems have another program of that name.
local has_script = child.shell "script --version":find("util-linux", 1, true) ~= nil

describe("studio profiles add", function()
  local folder, environment

  setup(function()
    folder = cli.folder()
    environment = { STUDIO_PROFILES = folder.path .. "/profiles" }
  end)
  teardown(function() folder.remove() end)

  for _, signal in ipairs { "INT", "TERM", "QUIT", "HUP" } do
    it("leaves the terminal as it was when a signal ends the question for a secret: " .. signal, function()
      if not has_script then return pending "script of util-linux is not there" end
      local line = cli.line(folder, "profiles add live --account-sid " .. SID, { environment = environment })
      local _, text = cli.on_terminal(folder, ([[
        stty echo
        trap : INT TERM QUIT HUP
        (trap "" INT TERM QUIT HUP
          until stty -a </dev/tty | grep -q -- "-echo "; do sleep 0.05; done
          kill -%s 0) &
        %s
        wait
        for look in 1 2 3 4 5 6 7 8 9; do
          stty -a | grep -q -- "-echo " || break
          sleep 0.2 # the command may be gone before the terminal is right again
        done
        stty -a | grep -o -- "-*echo "]]):format(signal, line), { input = false })
      assert.truthy(text:find("\necho *\n$"), text)
    end)
  end

  it("is what doctor tells of: where the credentials came from", function()
    local status, _, err = cli.run(folder, ("profiles add told --account-sid %s --auth-token-file -"):format(SID), {
      environment = { STUDIO_PROFILES = folder.path .. "/told" }, input = ("f"):rep(32) .. "\n",
    })
    assert.equal(0, status, err)
    local _, out = cli.run(folder, "doctor --offline --profile told", { environment = { STUDIO_PROFILES = folder.path .. "/told" } })
    assert.truthy(out:find("auth token from 'auth_token' of the profile 'told')", 1, true), out)
  end)

  it("writes no profile that no client could use, and shows nothing of the secret", function()
    for words, secret in pairs { ["in quotes"] = '"s3cr3t"', ["not an account SID"] = SID, ["API key"] = "SK" .. ("1"):rep(32) } do
      local arguments = ("profiles add live --account-sid %s --auth-token-file -"):format(SID)
      local status, _, err = cli.run(folder, arguments, { environment = environment, input = secret .. "\n" })
      assert.equal(2, status, err)
      assert.truthy(err:find(words, 1, true), err)
      assert.truthy(err:find("'auth_token' of the profile 'live'", 1, true), err)
      assert.is_nil(err:find("s3cr3t", 1, true), err)
      assert.is_nil(io.open(environment.STUDIO_PROFILES))
    end
  end)
end)
