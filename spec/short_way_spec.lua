-- long
-- Most calls take a short way: no options, no on_event, an answer that is plainly what was asked for. Whatever the answer, both ways must
-- come to the same.
local child = require "spec.child"
local core = require "studio.core"
local support = require "spec.support"

local CONTACT = { to = "+18001234567", from = "+18007654321" }
local SID = "FW00000000000000000000000000000001"
local JSON = { ["Content-Type"] = "application/json" }

local calls = {
  fetch = function(client, flow, options) return client.v1.flows(flow):fetch(nil, options) end,
  create = function(client, flow) return client.v1.flows(flow).executions:create(CONTACT) end,
  delete = function(client, flow) return client.v1.flows(flow):delete() end,
}

local function body(text, headers, status) return { status = status, body = text, headers = headers } end

local rows = {
  { "is what was asked for" },
  { "is an object", body('{"sid":"' .. SID .. '","url":null,"count":3,"list":[],"links":{"a":null}}') },
  { "is an object without a type", body('{"sid":"x"}', { ["Content-Type"] = false }) },
  { "is an object of another JSON type", body('{"sid":"x"}', { ["Content-Type"] = "application/problem+json" }) },
  { "is an object of JSON with a parameter", body('{"sid":"x"}', { ["Content-Type"] = "application/json; charset=utf-8" }) },
  { "is an object of type text", body('{"sid":"x"}', { ["Content-Type"] = "text/plain" }) },
  { "is an array", body("[1]", JSON) }, { "is null", body("null", JSON) }, { "is a number", body("3", JSON) },
  { "is true", body("true", JSON) }, { "is false", body("false", JSON) }, { "is empty", body("", JSON) },
  { "is no JSON", body('{"sid":', JSON) }, { "has more behind it", body('{"sid":"x"} x', JSON) }, { "is a page", body("<html>") },
  { "is 201", body('{"sid":"x"}', JSON, 201) }, { "is 204", body("", JSON, 204) }, { "is 204 with a body", body('{"sid":"x"}', JSON, 204) },
  { "is a redirect", body("", { Location = "/v1/Flows" }, 302) }, { "is 400", { status = 400 } },
  { "is 401", { status = 401 } }, { "is 404", { status = 404 } }, { "is 429", { status = 429 } }, { "is 503", { status = 503 } },
  { "is 503 twice", { status = 503, times = 2 } }, { "is 429 with Retry-After", { status = 429, headers = { ["Retry-After"] = "0" } } },
  { "never comes, for the connection drops before", { drop = "before" } },
  { "never comes, for the connection drops after", { drop = "after" } },
  { "never comes, for the connection is reset", { drop = "before", reset = true } },
  { "is cut short", { body = '{"sid":"' .. SID .. '"}', headers = JSON, cut = 5 } },
  { "comes too late", { pattern = SID, delay = 3, status = 503, times = 2 }, { timeout = 0.15 } },
  { "comes after the deadline", { pattern = SID, delay = 3, status = 503, times = 2 }, { deadline = 0.15, retry = false } },
  { "is too long", body('{"sid":"' .. ("x"):rep(2000) .. '"}', JSON), { max_response_bytes = 1000 } },
}

-- All that a program can see of an outcome, but what differs from request to request.
local function seen(value, err)
  if type(value) == "table" then
    local fields = {}
    for name, field in pairs(value) do fields[name] = field end
    fields.date_created, fields.date_updated, fields.sid = nil, nil, type(fields.sid)
    fields.url, fields.links, fields.context = type(fields.url), type(fields.links), type(fields.context)
    return { fields = fields, name = getmetatable(value).__name }
  end
  if not err then return { value = value } end
  local fields = {}
  for name, field in pairs(err) do fields[name] = field end
  fields.request_id = type(fields.request_id)
  fields.message = fields.message:gsub("RQ%x+", "RQ"):gsub("%d+ milliseconds", "some milliseconds"):gsub("%d+ bytes", "some bytes")
    :gsub("%d+ out of %d+", "some of all")
  return { err = fields }
end

local wires = {
  ["HTTP/1.1"] = function() return {} end,
  ["HTTP/2"] = function(service) return { base_url = service.tls_url, ca_file = service.ca_file } end,
}

-- How the program waits: outside of tasks, or in one.
local waits = {
  ["a script"] = function(_, call) return call() end,
  ["a task"] = function(client, call) return client:spawn(call):wait() end,
}

describe("The short way", function()
  local emulator = support.emulator()

  local function outcome(row, wire, wait, call, options)
    local service = emulator()
    service:reset()
    local all = wires[wire](service)
    all.retry = { attempts = 2, base = 0.001, cap = 0.002 }
    for name, value in pairs(row[3] or {}) do all[name] = value end
    for name, value in pairs(options) do all[name] = value end
    local client = support.client(service, all)
    -- What is honest has the time that it takes.
    local patient = (all.timeout or all.deadline) and { timeout = 20, deadline = 20 } or nil
    local first = seen(calls.fetch(client, service.flows.survey, patient))
    if row[2] then service:fault(row[2]) end
    local found = seen(waits[wait](client, function() return calls[call](client, service.flows.survey) end))
    local after = seen(calls.fetch(client, service.flows.reminder, patient))
    client:close()
    return { first, found, after, requests = #service:requests() }
  end

  -- The first step comes back after a second, and at once where the descriptor had to be made readable.
  for _, is_polled in ipairs { false, true } do
    it("waits for as long as it takes" .. (is_polled and ", polled or not" or ""), function()
      local service = emulator()
      local client = support.client(service)
      if is_polled then client:pollfd() end
      for _, delay in ipairs { 0.01, 1.1 } do
        service:fault { delay = delay }
        assert.are.equal(service.flows.survey, assert(calls.fetch(client, service.flows.survey)).sid)
      end
      assert.are.equal(2, #service:requests())
      client:close()
    end)
  end

  it("of a script waits without the turns of a loop, which nothing has brought: for a late answer, a timeout, a close", function()
    local service = emulator()
    service:reset()
    service:fault { delay = 1.1 }
    service:fault { delay = 3, times = 2 }
    local said = child.run([[
      local studio = require "studio"
      local function new(timeout)
        return studio.new { base_url = arg[1], account_sid = arg[2], auth_token = arg[3], timeout = timeout, retry = false }
      end
      local function tell(flow, err) print(flow and flow.sid == arg[4] or err.kind) end
      local client, hurried = new(), new(0.15)
      tell(client.v2.flows(arg[4]):fetch())
      for _, name in ipairs { "waiting.turns", "api.checks", "request.redaction" } do print(name, package.loaded["studio." .. name]) end
      tell(hurried.v2.flows(arg[4]):fetch())
      debug.sethook(function() if debug.getinfo(2, "n").name == "done" then client:close() end end, "c")
      tell(client.v2.flows(arg[4]):fetch())
      debug.sethook()
      tell(hurried:spawn(function() return hurried.v2.flows(arg[4]):fetch() end):wait())
    ]], { arguments = { service.base_url, service.account_sid, service.auth_token, service.flows.survey } })
    assert.are.equal("true\nwaiting.turns\tnil\napi.checks\tnil\nrequest.redaction\tnil\ntimeout\ncancelled\ntrue\nstatus=0\n", said)
  end)

  for wire in pairs(wires) do
    if wire ~= "HTTP/2" or core.has_http2 then
      for wait in pairs(waits) do
        for call in pairs(calls) do
          for _, row in ipairs(rows) do
            it(("of a %s in %s over %s ends as the long one does when the answer %s"):format(call, wait, wire, row[1]), function()
              local told = 0
              local long = outcome(row, wire, wait, call, { on_event = function() told = told + 1 end })
              assert.is_true(told >= 6)
              assert.are.same(long, outcome(row, wire, wait, call, {}))
            end)
          end
        end
      end
    end
  end
end)
