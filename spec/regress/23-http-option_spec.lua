-- Seen: a proxy or a service that breaks HTTP/2 could not be used, for HTTP/2 was spoken wherever it was offered.
local child = require "spec.child"
local support = require "spec.support"

local FLOW = "FW" .. ("1"):rep(32)

describe("The option http", function()
  local directory, certificate

  setup(function()
    directory = child.directory()
    certificate = child.certificate(directory, "own", "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2")
  end)
  teardown(function() child.remove(directory) end)

  local function spoken(http)
    local server = child.tls_server { certificate = certificate.certificate, key = certificate.key, http2 = true,
      more = "default_type application/json;" }
    local client = support.offline(nil, { base_url = server.origin, ca_file = certificate.certificate, no_proxy = "*", http = http })
    local function fetch() return client.v2.flows(FLOW):fetch() end
    assert(fetch())
    local calls = {}
    for index = 1, 5 do calls[index] = index end
    for _, flow, err in client:map(calls, fetch, { concurrency = 5 }) do assert(flow, err) end
    client:close()
    local seen = { ["HTTP/1.1"] = 0, ["HTTP/2.0"] = 0 }
    for _, line in ipairs(server:log()) do
      local version = line:match "HTTP/%d.%d$"
      seen[version] = seen[version] + 1
    end
    server:stop()
    return seen
  end

  it("is auto by default: HTTP/2 where it is offered", function()
    for _, http in ipairs { "auto", false } do
      assert.are.same({ ["HTTP/1.1"] = 0, ["HTTP/2.0"] = 6 }, spoken(http or nil))
    end
  end)

  it("1.1 offers nothing else", function()
    assert.are.same({ ["HTTP/1.1"] = 6, ["HTTP/2.0"] = 0 }, spoken "1.1")
  end)

  it("takes nothing else", function()
    for _, value in ipairs { "2", 1.1, "http/1.1", "", true } do
      local fine, message = pcall(support.offline, nil, { http = value })
      assert.is_false(fine)
      assert.matches([[option 'http' must be "auto" or "1.1"]], tostring(message), 1, true)
    end
  end)
end)
