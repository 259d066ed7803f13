-- Which failures are repeated, for which methods: what the client says, and how many requests the server saw.
local child = require "spec.child"
local core = require "studio.core"
local retry = require "studio.request.retry"
local support = require "spec.support"

local huge = math.huge
local CONTACT = { to = "+18001234567", from = "+18007654321" }
local JSON_TEXT = '{"sid":"FW00000000000000000000000000000001","padding":"0123456789"}'

-- What each method does in these specs, and whether it may be repeated when its fate is unknown.
local methods = {
  GET = function(client, flow, options) return client.v1.flows(flow):fetch(nil, options) end,
  DELETE = function(client, flow, options) return client.v1.flows(flow):delete(nil, options) end,
  POST = function(client, flow, options) return client.v1.flows(flow).executions:create(CONTACT, options) end,
  ["bodyless POST"] = function(client, flow, options)
    return client:request("POST", "/v1/Flows/" .. flow .. "/Executions", options)
  end,
}

local ATTEMPTS = 2

-- fault; what every method sees (`kind`, `status`, `sent`); whether it is repeated: where that is safe, and for a POST. `only` one
-- protocol: over HTTP/2 the service's nginx drops the head of an answer together with its body. `methods`: these, for waiting takes time.
local rows = {
  { "500", { status = 500 }, kind = "http", status = 500, sent = true, repeated = true, post = false },
  { "502", { status = 502 }, kind = "http", status = 502, sent = true, repeated = true, post = false },
  { "503", { status = 503 }, kind = "http", status = 503, sent = true, repeated = true, post = false },
  { "504 without a body", { status = 504, body = "" }, kind = "http", status = 504, sent = true, repeated = true, post = false },
  { "429", { status = 429 }, kind = "http", status = 429, sent = true, repeated = true, post = true },
  { "a drop before the operation", { drop = "before" }, kind = "transport", repeated = true, post = false },
  { "a drop after the operation", { drop = "after" }, kind = "transport", repeated = true, post = false },
  { "a reset before the operation", { drop = "before", reset = true }, kind = "transport", repeated = true, post = false },
  { "a reset after the operation", { drop = "after", reset = true }, kind = "transport", repeated = true, post = false },
  { "a body cut short", { body = JSON_TEXT, cut = 7 }, kind = "transport", status = 200, sent = true, repeated = true, post = false },
  { "a body that never begins", { body = JSON_TEXT, cut = 0 }, kind = "transport", status = 200, sent = true, repeated = true, post = false,
    only = "HTTP/1.1" },
  { "silence", { delay = 2 }, kind = "timeout", timeout = 0.3, repeated = true, post = false, methods = { GET = true, POST = true } },
  { "501", { status = 501 }, kind = "http", status = 501, sent = true, repeated = false, post = false },
  { "400", { status = 400 }, kind = "http", status = 400, sent = true, repeated = false, post = false },
  { "401", { status = 401 }, kind = "http", status = 401, sent = true, repeated = false, post = false },
  { "403", { status = 403 }, kind = "http", status = 403, sent = true, repeated = false, post = false },
  { "404", { status = 404 }, kind = "http", status = 404, sent = true, repeated = false, post = false },
  { "409", { status = 409 }, kind = "http", status = 409, sent = true, repeated = false, post = false },
  { "a redirect", { status = 302, headers = { Location = "/v1/Flows" } }, kind = "http", status = 302, sent = true, repeated = false,
    post = false },
}

-- The connections that it takes to see each fault on a fresh one and on one that was kept.
local wires = {
  { "HTTP/1.1", function() return {} end },
  { "HTTP/2.0", function(service) return { base_url = service.tls_url, ca_file = service.ca_file } end },
}

describe("A failure", function()
  local emulator = support.emulator()

  local function check(row, name, wire, kept)
    local service = emulator()
    local options = wire[2](service)
    options.retry = { attempts = ATTEMPTS, base = 0.001, cap = 0.002 }
    local client = support.client(service, options)
    if kept then assert(client.v1.flows(service.flows.orders):fetch()) end
    local fault = { times = huge }
    for key, value in pairs(row[2]) do fault[key] = value end
    service:fault(fault)

    local value, err = methods[name](client, service.flows.survey, row.timeout and { timeout = row.timeout })

    local seen = service:requests()
    local before = kept and 1 or 0
    local is_post = name:find("POST", 1, true) ~= nil
    local repeated
    if is_post then repeated = row.post else repeated = row.repeated end
    assert.is_nil(value)
    assert.are.equal(row.kind, err.kind, tostring(err))
    assert.are.equal(row.status, err.status)
    assert.are.equal(row.sent, err.sent)
    assert.are.equal(repeated, err.retryable)
    assert.are.equal(repeated and ATTEMPTS or 1, err.attempts)
    assert.are.equal(before + err.attempts, #seen)
    for index = 1, #seen do assert.are.equal(wire[1], seen[index].protocol) end
    if kept then assert.are.equal(seen[1].connection, seen[2].connection, "the fault was to meet a kept connection") end

    service:clear_faults()
    assert(client.v1.flows(service.flows.orders):fetch())
    client:close()
  end

  for _, row in ipairs(rows) do
    for name in pairs(row.methods or methods) do
      for _, wire in ipairs(wires) do
        for _, kept in ipairs(row.only and row.only ~= wire[1] and {} or { false, true }) do
          local title = ("(%s) of a %s over %s on a %s connection is repeated as the table says, counted at the server")
            :format(row[1], name, wire[1], kept and "kept" or "fresh")
          it(title, function() check(row, name, wire, kept) end)
        end
      end
    end
  end
end)

describe("A POST whose fate is unknown", function()
  local emulator = support.emulator()

  it("is carried out once although its answer was lost, and not tried again", function()
    local service = emulator()
    local client = support.client(service)
    local flow = client.v2.flows(service.flows.survey)
    service:fault { method = "POST", drop = "after" }
    local execution, err = flow.executions:create(CONTACT)
    assert.is_nil(execution)
    assert.is_nil(err.sent)
    assert.are.equal(1, #service:requests())
    -- It was carried out: a second one is a conflict.
    local _, conflict = flow.executions:create(CONTACT)
    assert.is_true(conflict:is_conflict())
  end)

  it("is not sent twice when many kept connections have gone stale", function()
    local service = emulator()
    local client = support.client(service)
    for _ = 1, 5 do
      assert(client.v1.flows(service.flows.orders):fetch())
      service:fault { method = "POST", drop = "before" }
      local _, err = client.v1.flows(service.flows.survey).executions:create(CONTACT)
      assert.are.equal("transport", err.kind)
    end
    local posts = 0
    for _, request in ipairs(service:requests()) do
      if request.method == "POST" then posts = posts + 1 end
    end
    assert.are.equal(5, posts)
  end)
end)

describe("A kept connection that the server has closed", function()
  local start = require("studio.emulator").start
  local TOKEN = ("a"):rep(32)
  local port

  before_each(function() port = child.free_port() end)

  it("carries no request any more: a POST goes out once, on a new one", function()
    local service = assert(start { port = port, auth_token = TOKEN })
    local client = support.client(service)
    assert(client.v1.flows(service.flows.survey):fetch())
    service:stop()
    service = assert(start { port = port, auth_token = TOKEN })
    assert(client.v2.flows(service.flows.survey).executions:create(CONTACT, { retry = false }))
    local requests = service:requests()
    assert.are.equal(1, #requests)
    assert.are.equal("POST", requests[1].method)
    service:stop()
  end)

  it("and a server that is gone leave a POST surely not sent", function()
    local service = assert(start { port = port, auth_token = TOKEN })
    local client = support.client(service)
    assert(client.v1.flows(service.flows.survey):fetch())
    service:stop()
    local _, err = client.v2.flows(service.flows.survey).executions:create(CONTACT)
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    assert.is_true(err.retryable)
    assert.are.equal(4, err.attempts)
  end)
end)

describe("A repeated request", function()
  local emulator = support.emulator()

  it("survives two 503s and a dropped connection", function()
    local service = emulator()
    local client = support.client(service)
    service:fault { status = 503, times = 2 }
    service:fault { drop = "before" }
    local flow = assert(client.v1.flows(service.flows.survey):fetch())
    assert.are.equal(service.flows.survey, flow.sid)
    assert.are.equal(4, #service:requests())
  end)

  it("is given up after four attempts unless told otherwise", function()
    local service = emulator()
    local client = support.client(service)
    service:fault { status = 503, times = huge }
    local _, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal(4, err.attempts)
    assert.are.equal(4, #service:requests())
  end)

  it("of a POST goes on after 429, and creates once", function()
    local service = emulator()
    local client = support.client(service)
    service:fault { method = "POST", status = 429, times = 2 }
    local execution = assert(client.v1.flows(service.flows.survey).executions:create(CONTACT))
    assert.are.equal("active", execution.status)
    local requests = service:requests()
    assert.are.equal(3, #requests)
    assert.are.equal(requests[1].body, requests[3].body)
  end)

  it("of a DELETE that was carried out finds 404 and has succeeded", function()
    local service = emulator()
    local client = support.client(service)
    service:fault { method = "DELETE", drop = "after" }
    assert.is_true((client.v1.flows(service.flows.survey):delete()))
    assert.are.equal(2, #service:requests())
  end)

  it("of a DELETE by client:request gives the 404 that it found as its answer", function()
    local service = emulator()
    local client = support.client(service)
    service:fault { method = "DELETE", drop = "after" }
    local response = assert(client:request("DELETE", "/v1/Flows/" .. service.flows.survey))
    assert.are.equal(404, response.status)
    assert.are.equal(20404, response.body.code)
    assert.is_string(response.headers["twilio-request-id"])
  end)

  it("does not make a success of a 404 that a first DELETE finds", function()
    local service = emulator()
    local client = support.client(service)
    local _, err = client.v1.flows("FW" .. ("9"):rep(32)):delete()
    assert.is_true(err:is_not_found())
    assert.are.equal(1, #service:requests())
  end)

  it("does not happen with retry = false, for the client and for a call", function()
    local service = emulator()
    service:fault { status = 503, times = huge }
    local _, err = support.client(service, { retry = false }).v1.flows(service.flows.survey):fetch()
    assert.are.equal(1, err.attempts)
    assert.is_true(err.retryable, "what failed may be repeated, whatever the option says")
    _, err = support.client(service).v1.flows(service.flows.survey):fetch(nil, { retry = false })
    assert.are.equal(1, err.attempts)
    assert.are.equal(2, #service:requests())
  end)

  it("follows the policy of its call, which the client's policy completes", function()
    local service = emulator()
    service:fault { status = 503, times = huge }
    local client = support.client(service, { retry = { attempts = 2, base = 0.001, cap = 0.002 } })
    local _, err = client.v1.flows(service.flows.survey):fetch(nil, { retry = { attempts = 5 } })
    assert.are.equal(5, err.attempts)
    _, err = client.v1.flows(service.flows.survey):fetch()
    assert.are.equal(2, err.attempts)
    assert.are.equal(7, #service:requests())
    -- A client without retries is told so for one call only.
    local quiet = support.client(service, { retry = false })
    _, err = quiet.v1.flows(service.flows.survey):fetch(nil, { retry = { attempts = 3, base = 0.001 } })
    assert.are.equal(3, err.attempts)
  end)
end)

describe("The budget of a client", function()
  local emulator = support.emulator()

  local function client_with(budget)
    return support.client(emulator(), { retry = { attempts = 4, base = 0.001, cap = 0.002, budget = budget } })
  end

  local function attempts_of_failure(client, options)
    local service = emulator()
    service:fault { status = 503, times = huge }
    local _, err = client.v1.flows(service.flows.survey):fetch(nil, options)
    service:clear_faults()
    return err.attempts
  end

  it("pays five tokens for each retry, and without them there is none", function()
    local client = client_with(14)
    assert.are.equal(3, attempts_of_failure(client))
    assert.are.equal(1, attempts_of_failure(client))
    assert.are.equal(4, #emulator():requests())
  end)

  it("gets a token back for each success, but never more than it began with", function()
    local client = client_with(5)
    local flow = client.v1.flows(emulator().flows.survey)
    for _ = 1, 3 do assert(flow:fetch()) end
    assert.are.equal(2, attempts_of_failure(client))
    for _ = 1, 4 do assert(flow:fetch()) end
    assert.are.equal(1, attempts_of_failure(client))
    assert(flow:fetch())
    assert.are.equal(2, attempts_of_failure(client))
  end)

  it("pays ten tokens for a retry after a timeout", function()
    local service = emulator()
    service:fault { delay = 0.3, times = huge }
    local _, err = client_with(9).v1.flows(service.flows.survey):fetch(nil, { timeout = 0.05 })
    assert.are.equal("timeout", err.kind)
    assert.are.equal(1, err.attempts)
    _, err = client_with(10).v1.flows(service.flows.survey):fetch(nil, { timeout = 0.05 })
    assert.are.equal(2, err.attempts)
  end)

  it("is each client's own", function()
    assert.are.equal(2, attempts_of_failure(client_with(5)))
    assert.are.equal(2, attempts_of_failure(client_with(5)))
    assert.are.equal(1, attempts_of_failure(client_with(0)))
  end)
end)

describe("The wait before a retry", function()
  local policy = { attempts = 10, base = 0.25, cap = 8, budget = 500 }

  local function delays(attempt, err, left)
    local all, lowest, highest = {}, huge, -huge
    for index = 1, 400 do
      local delay = retry.delay(policy, { tokens = 10, budget = 10 }, err, attempt, left)
      all[index] = delay
      if delay then lowest, highest = math.min(lowest, delay), math.max(highest, delay) end
    end
    return lowest, highest, #all
  end

  it("is anywhere between nothing and a bound that doubles up to the cap", function()
    for attempt, bound in ipairs { 0.25, 0.5, 1, 2, 4, 8, 8, 8 } do
      local lowest, highest, count = delays(attempt, { kind = "http", status = 503, retryable = true })
      assert.are.equal(400, count)
      assert.is_true(lowest >= 0 and highest <= bound, ("attempt %d: %g to %g"):format(attempt, lowest, highest))
      assert.is_true(lowest < bound / 4 and highest > bound * 3 / 4, ("attempt %d: %g to %g"):format(attempt, lowest, highest))
    end
  end)

  it("is at least what Retry-After says", function()
    local lowest = delays(1, { kind = "http", status = 429, retryable = true, retry_after = 3 })
    assert.are.equal(3, lowest)
    local _, highest = delays(6, { kind = "http", status = 429, retryable = true, retry_after = 1 })
    assert.is_true(highest > 2, "jitter above the floor stays")
  end)

  it("ends the call instead when it would pass the deadline", function()
    local bucket = { tokens = 10, budget = 10 }
    local err = { kind = "http", status = 429, retryable = true, retry_after = 3 }
    assert.is_nil(retry.delay(policy, bucket, err, 1, 2.9))
    assert.are.equal(10, bucket.tokens, "what is not done is not paid for")
    assert.are.equal(3, retry.delay(policy, bucket, err, 1, 3.1))
  end)

  it("is read from seconds and from an HTTP date, and from nothing else", function()
    assert.are.equal(0, retry.read_after("0"))
    assert.are.equal(1.5, retry.read_after("1.5"))
    assert.are.equal(120, retry.read_after("120"))
    assert.are.equal(0, retry.read_after("Sun, 06 Nov 1994 08:49:37 GMT"))
    local soon = retry.read_after(os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 100))
    assert.is_true(soon > 90 and soon <= 100, tostring(soon))
    for _, text in ipairs { "", "-1", "1.", ".5", "1,5", "soon", "1e3", "0x10", "nan", "inf", "5 seconds", "Sun, 99 Nov 1994 08:49:37 GMT",
      "Sun, 06 Foo 1994 08:49:37 GMT", "1994-11-06T08:49:37Z" } do
      assert.is_nil(retry.read_after(text), text)
    end
  end)
end)

describe("Retry-After of a 429", function()
  local emulator = support.emulator()

  local function two_requests(headers)
    local service = emulator()
    local client = support.client(service)
    service:fault { method = "POST", status = 429, headers = headers }
    local started = core.now()
    assert(client.v1.flows(service.flows.survey).executions:create(CONTACT))
    local requests = service:requests()
    assert.are.equal(2, #requests)
    return core.now() - started, requests[2].time - requests[1].time
  end

  it("in seconds is waited for", function()
    local elapsed, between = two_requests { ["Retry-After"] = "1" }
    assert.is_true(elapsed >= 1, tostring(elapsed))
    assert.is_true(between >= 0.99, tostring(between))
  end)

  it("as a date is waited for", function()
    local elapsed = two_requests { ["Retry-After"] = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 3) }
    -- The date has whole seconds, and a noisy machine may have used some of them before the answer came.
    assert.is_true(elapsed >= 1, tostring(elapsed))
  end)

  it("is ignored when it is garbage or negative", function()
    for _, value in ipairs { "-5", "soon", "1.5e9", "" } do
      emulator():reset()
      assert.is_true(two_requests { ["Retry-After"] = value } < 30)
    end
  end)

  it("is not waited for when it is a year, or passes the deadline: the caller gets it", function()
    local service = emulator()
    local client = support.client(service)
    for _, case in ipairs { { "31536000" }, { "61" }, { "9" .. ("9"):rep(30) }, { "20", { deadline = 5 } } } do
      service:reset()
      service:fault { status = 429, headers = { ["Retry-After"] = case[1] }, times = huge }
      local _, err = client.v1.flows(service.flows.survey):fetch(nil, case[2])
      assert.are.equal("http", err.kind)
      assert.are.equal(tonumber(case[1]), err.retry_after)
      assert.is_true(err:is_rate_limited())
      assert.is_true(err.retryable)
      assert.are.equal(1, err.attempts)
      assert.are.equal(1, #service:requests())
    end
  end)
end)

describe("A request that nobody received", function()
  local emulator = support.emulator()

  it("is repeated, a POST too, when the connection is refused", function()
    local service = emulator()
    for _, name in ipairs { "GET", "DELETE", "POST", "bodyless POST" } do
      -- Nothing listens on port 1.
      local client = support.client(service, { base_url = "http://127.0.0.1:1" })
      local value, err = methods[name](client, service.flows.survey)
      assert.is_nil(value)
      assert.are.equal("transport", err.kind)
      assert.is_false(err.sent)
      assert.is_true(err.retryable)
      assert.are.equal(4, err.attempts)
      assert.is_nil(err.status)
    end
  end)

  it("is repeated, a POST too, when the name does not resolve", function()
    local service = emulator()
    local client = support.client(service, { base_url = "http://studio.invalid", retry = { attempts = 2, base = 0.001 } })
    local _, err = methods.POST(client, service.flows.survey)
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    assert.is_true(err.retryable)
    assert.are.equal(2, err.attempts)
  end)

  it("is repeated, a POST too, when TLS is not spoken", function()
    local service = emulator()
    local client = support.client(service, { base_url = (service.base_url:gsub("^http:", "https:")) })
    local _, err = methods.POST(client, service.flows.survey)
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    assert.is_true(err.retryable)
    assert.are.equal(4, err.attempts)
    assert.are.same({}, service:requests())
  end)

  it("is not repeated when the certificate is refused, and carries nothing", function()
    local service = emulator()
    for _, name in ipairs { "GET", "DELETE", "POST" } do
      local client = support.client(service, { base_url = service.tls_url })
      local _, err = methods[name](client, service.flows.survey)
      assert.are.equal("transport", err.kind)
      assert.is_false(err.sent)
      assert.is_false(err.retryable)
      assert.are.equal(1, err.attempts)
    end
    assert.are.same({}, service:requests())
  end)

  it("is not repeated when the certificate is of another name", function()
    local service = emulator()
    local client = support.client(service, { base_url = (service.tls_url:gsub("127%.0%.0%.1", "127.0.0.2")), ca_file = service.ca_file })
    local _, err = methods.POST(client, service.flows.survey)
    assert.are.equal("transport", err.kind)
    assert.is_false(err.sent)
    assert.are.same({}, service:requests())
  end)
end)
