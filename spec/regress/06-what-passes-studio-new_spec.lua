-- Seen: `transport = studio.null` and a custom transport's `status = 1e300` or `headers = "x"` raised at lines of the library; a `base_url`
-- with letters beyond ASCII and a `ca_file` that is a folder passed studio.new and failed at the first call.
local studio = require "studio"
local support = require "spec.support"

local FW = "FW" .. ("0"):rep(32)

local function assert_misuse(word, run, ...)
  local ok, message = pcall(run, ...)
  assert.is_false(ok)
  assert.truthy(tostring(message):find("06%-what%-passes%-studio%-new_spec.lua:%d+: "), tostring(message))
  assert.truthy(message:find(word, 1, true), message)
end

describe("studio.new refuses at the program's line", function()
  local function new(options)
    options.account_sid, options.auth_token = "AC1", "0123456789"
    return studio.new(options)
  end

  for name, value in pairs { ["studio.null"] = studio.null, ["a number"] = 1, ["a file"] = io.stdout, ["an empty table"] = {} } do
    it("a transport that is " .. name, function()
      assert_misuse("option 'transport'", function() new { transport = value } end)
    end)
  end

  it("a ca_file that is a folder, empty, or not there", function()
    local empty = os.tmpname()
    for _, path in ipairs { "/", "/does/not/exist.pem", empty } do
      assert_misuse("option 'ca_file' cannot be read", function() new { ca_file = path } end)
    end
    os.remove(empty)
  end)

  it("a base_url with letters beyond ASCII", function()
    assert_misuse("xn--", function() new { base_url = "https://stüdio.example" } end)
  end)
end)

describe("A custom transport's answer", function()
  -- An answer that is none is the program's mistake and is told at the line of the call.
  local function fetch(answer)
    return support.offline(support.transport(function() return answer end)).v2.flows(FW):fetch()
  end

  for _, status in ipairs { 1e300, -1, 99, 1000, 200.5, 0 / 0, 1 / 0, "two hundred", {} } do
    it("with the status " .. tostring(status):gsub("table: .*", "{}") .. " is misuse that names the rule", function()
      assert_misuse("'status'", function() fetch { status = status } end)
    end)
  end

  for _, headers in ipairs { "x", 1, true } do
    it("with headers that are a " .. type(headers) .. " is misuse that names the rule", function()
      assert_misuse("headers", function() fetch { status = 200, headers = headers, body = "{}" } end)
    end)
  end

  for what, headers in pairs {
    ["a value that is a table"] = { ["Content-Type"] = {} }, ["a value that is a function"] = { ["Content-Type"] = print },
    ["an array with a table"] = { ["Content-Type"] = { {} } }, ["a name that is a number"] = { "Content-Type: text/html" },
  } do
    it("with headers that have " .. what .. " is misuse that names the rule", function()
      assert_misuse("header", function() fetch { status = 200, headers = headers, body = "{}" } end)
    end)
  end

  it("takes a header that is repeated as an array", function()
    local record = fetch { status = 200, headers = { ["X-Of"] = { "a", "b" }, ["Content-Type"] = { "application/json" } }, body = "{}" }
    assert.are.equal("a, b", studio.response_of(record).headers["x-of"])
  end)

  it("that is nil and no text is told in words", function()
    for _, message in ipairs { "", {}, print, true } do
      local transport = { send = function() return nil, message end }
      local _, err = support.offline(transport, { retry = false }).v2.flows(FW):fetch()
      assert.truthy(err.message:find("^the transport "), err.message)
    end
  end)

  it("with a body that is no string is misuse", function()
    assert_misuse("body", function() fetch { status = 200, body = {} } end)
  end)

  it("that takes its own 'send' away is misuse at the next attempt", function()
    local transport = {}
    function transport:send()
      self.send = nil
      return { status = 503 }
    end
    assert_misuse("'send'", function() support.offline(transport, { retry = { base = 0.001 } }).v2.flows(FW):fetch() end)
  end)

  it("that is nil and something that cannot be told is a failure of the transport", function()
    local problem = setmetatable({}, { __tostring = function() error("no words") end })
    local transport = { send = function() return nil, problem end }
    local _, err = support.offline(transport, { retry = false }).v2.flows(FW):fetch()
    assert.are.equal("transport", err.kind)
    assert.truthy(err.message:find("__tostring", 1, true), err.message)
  end)

  it("without headers or body is taken", function()
    local _, err = fetch { status = 404 }
    assert.are.equal(404, err.status)
  end)
end)
