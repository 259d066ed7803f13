--- Seen: a finalizer that closed the client while an answer was read freed the answer (a crash, or a 200 told as an empty body); a
-- transfer of a multi that was just closed failed for "want of memory"; a close inside spawn left a task pending for ever; and a wake-up
-- was lost when a finalizer took a turn before the waiter was known.
--
-- Every moment is tried where STUDIO_EVERY_MOMENT is set.
local child = require "spec.child"
local support = require "spec.support"

describe("A finalizer that uses the client at any moment", function()
  local emulator = support.emulator()

  it("leaves an operation its value, or ends it as cancelled where it closes the client", function()
    local service = emulator()
    -- Lua 5.4 warns on stderr of what a finalizer raised.
    local command = "%s spec/finalizers/run.lua %s %s %s %s %s 2>/dev/null; echo status=$?"
    local output = child.shell(command:format(support.interpreter, service.base_url, service.account_sid, service.auth_token,
      service.flows.survey, os.getenv "STUDIO_EVERY_MOMENT" and "all" or "6"))
    assert.is_truthy(output:find("^%d%d+ moments, 0 failures\nstatus=0\n$"), output)
  end)
end)
