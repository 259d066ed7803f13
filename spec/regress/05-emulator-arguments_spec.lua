-- Seen: what cannot be written as JSON, given to the methods that drive a local service, raised at a line of the library and named no
-- method; a NUL in `nginx` reached a shell, and credentials with line breaks started a service that nobody could ask.
local emulator = require "studio.emulator"

local HERE = "^[^:]*05%-emulator%-arguments_spec%.lua:%d+: "

local function refused(words, call)
  local ok, message = pcall(call)
  assert.is_false(ok)
  assert.truthy(message:find(HERE), message)
  assert.truthy(message:find(words, 1, true), message)
  assert.is_nil(message:find "[%z\1-\31]", message)
end

describe("The local service", function()
  local service
  setup(function() service = assert(emulator.start()) end)
  teardown(function() service:stop() end)

  it("is driven by what JSON has: anything else raises at the caller's line, with the name of the method", function()
    local sid, bad = "FN" .. ("0"):rep(32), "\255"
    local calls = {
      message = function() service:message { from = "+1", to = "+2", body = bad } end,
      call = function() service:call { from = bad, to = "+2", flow = "FW" } end,
      digits = function() service:digits(sid, bad) end,
      speech = function() service:speech(sid, bad) end,
      hangup = function() service:hangup(bad) end,
      run = function() service:run(bad) end,
      event = function() service:event(sid, bad) end,
    }
    for method, call in pairs(calls) do refused(("what '%s' takes"):format(method), call) end
    for _, data in ipairs { { a = print }, { a = 0 / 0 }, { a = bad }, { [bad] = 1 }, { 1, x = 2 } } do
      refused("what 'event' takes", function() service:event(sid, "x", data) end)
      refused("what 'message' takes", function() service:message { from = "+1", to = "+2", data = data } end)
    end
    refused("a fault", function() service:fault { body = bad } end)
    refused("a fault", function() service:fault { headers = { a = print } } end)
  end)

  it("is not started with control characters in an option", function()
    local names = {
      "account_sid", "auth_token", "api_key", "api_secret", "client_id", "client_secret", "control_token", "nginx",
    }
    for _, name in ipairs(names) do
      for _, value in ipairs { "a\0b", "a\nb", "a\r\nb", "\127", "\tx" } do
        refused(("option '%s' must not hold a control character"):format(name), function() emulator.start { [name] = value } end)
      end
    end
  end)
end)
