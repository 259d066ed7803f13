-- Seen with libcurl 7.88 over HTTP/2: pages of records that came after creates, and found the buffer of one, timed out with all of their
-- bytes read. The end of an answer that does not fit its transfer's buffer is seen only when something else comes on the connection.
local support = require "spec.support"

local function range(count)
  local index = 0
  return function()
    index = index + 1
    return index <= count and index or nil
  end
end

describe("Over HTTP/2 an answer that is long on the wire", function()
  local emulator = support.emulator { engagements = 1000 }
  local client, engagements, executions
  local contacts = 0
  before_each(function()
    local service = emulator()
    client = support.client(service, { base_url = service.tls_url, ca_file = service.ca_file, timeout = 20, retry = false })
    engagements = client.v1.flows(service.flows.survey).engagements
    executions = client.v2.flows(service.flows.reminder).executions
  end)
  after_each(function() client:close() end)

  local function create()
    contacts = contacts + 1
    return executions:create { to = ("+1501712%04d"):format(contacts), from = "+15017122661" }
  end

  local function list(page_size) return engagements:list { page_size = page_size, limit = page_size } end

  it("ends by itself, whatever its transfer read before", function()
    local function call(number)
      if number <= 24 then return create() end
      return list(20)
    end
    for _ = 1, 10 do
      for _, value, err in client:map(range(32), call, { concurrency = 8 }) do assert(value, err) end
    end
  end)

  it("ends among others", function()
    local function call(number)
      if number % 3 > 0 then return create() end
      return list(1000)
    end
    for number, value, err in client:map(range(60), call, { concurrency = 20 }) do
      assert(value, err)
      if number % 3 == 0 then assert.are.equal(1000, #value) end
    end
  end)
end)
