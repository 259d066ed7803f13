-- Seen with libcurl 7.88 over HTTP/2: a call whose time was over in the millisecond in which the answer of another came on its connection
-- did not end, but waited on for its own answer, which may never come.
local core = require "studio.core"
local support = require "spec.support"

-- Seconds: when the one answer comes, when the others would, and by how much the time of a call may be exceeded.
local ANSWER, LATE_ANSWER, EXCESS = 0.1, 3, 1

describe("The timeout of a call over HTTP/2", function()
  local emulator = support.emulator()

  it("is kept where the answer of another comes at that moment", function()
    local service = emulator()
    local client = support.client(service, { base_url = service.tls_url, ca_file = service.ca_file, retry = false })
    service:fault { path = "/v1/answered/", delay = ANSWER, times = math.huge }
    service:fault { path = "/v1/silent/", delay = LATE_ANSWER, times = math.huge }
    local longest = 0

    -- A hundredth of a second around that moment, with a call for every half of a millisecond.
    local function wait_in_vain(number)
      local timeout, began = ANSWER - 0.002 + number * 0.0005, core.now()
      local value, err = client:request("GET", "/v1/silent/" .. number, { timeout = timeout })
      assert(value == nil and err.kind == "timeout", err)
      longest = math.max(longest, core.now() - began - timeout)
    end

    client:request("GET", "/v1/first")
    for _ = 1, 5 do
      local tasks = {}
      for number = 1, 20 do tasks[number] = client:spawn(wait_in_vain, number) end
      client:request("GET", "/v1/answered/")
      for _, task in ipairs(tasks) do task:wait() end
    end
    assert.is_true(longest < EXCESS, longest)
    client:close()
  end)
end)
