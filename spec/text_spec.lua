--- Percent-encoding, forms, base64, and URLs as libcurl reads them.
local child = require "spec.child"
local core = require "studio.core"
local parameters = require "studio.resource.parameters"

local every_byte = {}
for byte = 0, 255 do every_byte[byte + 1] = string.char(byte) end
every_byte = table.concat(every_byte)

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

describe("escape", function()
  it("leaves what RFC 3986 calls unreserved, and writes every other byte as two capital hex digits", function()
    for byte = 0, 255 do
      local character = string.char(byte)
      local expected = character:find("^[A-Za-z0-9%-._~]$") and byte < 128 and character or ("%%%02X"):format(byte)
      assert.are.equal(expected, core.escape(character))
    end
  end)

  it("can be undone, for any string of any length", function()
    assert.are.equal("", core.escape "")
    assert.are.equal("%C3%A9%00%20a%2Bb", core.escape "é\0 a+b")
    for _, length in ipairs { 1, 255, 256, 1023, 1024, 1025, 70000 } do
      local text = every_byte:rep(math.ceil(length / 256)):sub(1, length)
      assert.are.equal(text, unescape(core.escape(text)))
      local plain = ("a"):rep(length)
      assert.are.equal(plain, core.escape(plain))
    end
  end)

  it("refuses what is no string", function()
    for _, wrong in ipairs { {}, true, print } do assert.has_error(function() core.escape(wrong) end) end
    assert.has_error(function() core.escape() end)
  end)
end)

describe("form", function()
  it("joins names and values in their order", function()
    assert.are.equal("", core.form {})
    assert.are.equal("a=", core.form { "a", "" })
    assert.are.equal("=", core.form { "", "" })
    assert.are.equal("To=%2B18001234567&To=b&%00=%26%3D", core.form { "To", "+18001234567", "To", "b", "\0", "&=" })
  end)

  it("takes long parts and many of them", function()
    local parts, expected = {}, {}
    for index = 1, 2000 do
      parts[2 * index - 1], parts[2 * index] = "n" .. index, every_byte:rep(index % 40)
      expected[index] = "n" .. index .. "=" .. core.escape(parts[2 * index])
    end
    assert.are.equal(table.concat(expected, "&"), core.form(parts))
    assert.are.equal("n=" .. ("x"):rep(1e6) .. "&m=y", core.form { "n", ("x"):rep(1e6), "m", "y" })
  end)

  it("refuses half a pair, and what is no string", function()
    for _, wrong in ipairs { { "a" }, { "a", "b", "c" }, { "a", 1 }, { 1, "a" }, { "a", true }, { {}, "b" } } do
      assert.has_error(function() core.form(wrong) end)
    end
    assert.has_error(function() core.form "a=b" end)
  end)
end)

-- The short way and the careful one have to agree, whatever the program gives.
describe("form_of", function()
  local all_rows = {}
  local function add_rows(declaration)
    if type(declaration) ~= "table" then return end
    local first = declaration[1]
    if type(first) == "table" and type(first[1]) == "string" and type(first[2]) == "string" then all_rows[#all_rows + 1] = declaration end
    for key, value in pairs(declaration) do
      if type(key) == "string" then add_rows(value) end
    end
  end
  for _, name in ipairs { "v1", "v2", "flex" } do add_rows(require("studio.api." .. name)) end

  local sid = "0123456789abcdef0123456789ABCDEF"
  local candidates = {
    "", "a", "+15558675310", "a&b=c%\0\255", ("long "):rep(500), "{}", "{", "draft", "published", "active", "ended", "web",
    "FW" .. sid, "IS" .. sid, "US" .. sid, "IS" .. sid:sub(2), "2026-11-20", "2026-11-20T08:30:00Z",
    0, 1, 1.5, -1, 1e300, 0 / 0, true, false, {}, { "a", "b" }, { a = 1 }, { channel = "x" }, print,
  }
  local function pick(list) return list[1 + math.floor(core.random() * #list)] end

  local function message_of(problem) return (problem:gsub("^[^:]*:%d+: ", "")) end

  local function carefully(rows, given)
    local list, err = parameters.collect(rows, given)
    return list and core.form(list), err
  end

  it("gives what the careful way gives, or leaves it to that", function()
    assert.is_true(#all_rows > 10)
    local short = 0
    for _ = 1, 20000 do
      local rows, given = pick(all_rows), {}
      for _, row in ipairs(rows) do
        if core.random() < 0.8 then given[row[1]] = pick(candidates) end
      end
      if core.random() < 0.05 then given[pick { "unknown", 1, true }] = "x" end
      if core.random() < 0.02 then given = setmetatable({}, { __index = given }) end
      local fine, expected = pcall(carefully, rows, given)
      local short_fine, text = pcall(core.form_of, parameters.flat(rows), given)
      if not fine then
        assert.is_true(not short_fine or text == nil)
        if not short_fine then assert.are.equal(message_of(expected), message_of(text)) end
      else
        assert.is_true(short_fine, text)
        if text ~= nil then
          short = short + 1
          assert.are.equal(expected, text)
        end
      end
    end
    assert.is_true(short > 200, short .. " of 20,000 went the short way")
  end)

  it("is the way of the parameters that most calls have", function()
    local rows = parameters.flat(require("studio.api.executions").start)
    assert.are.equal("To=%2B15558675310&From=b", core.form_of(rows, { from = "b", to = "+15558675310" }))
    assert.are.equal("To=a&From=b&Parameters=%7B%22x%22%3Atrue%7D", core.form_of(rows, { to = "a", from = "b", parameters = { x = true } }))
    assert.are.equal("", core.form_of({}, {}))
    for _, given in ipairs { { to = "a" }, { to = "a", from = "" }, { to = "a", from = "b", more = "c" }, { to = "a", from = 1 }, "to" } do
      assert.is_nil(core.form_of(rows, given))
    end
    assert.is_nil(core.form_of(rows))
    assert.has_error(function() core.form_of(nil, {}) end)
  end)
end)

describe("base64", function()
  it("gives the test vectors of RFC 4648", function()
    local vectors = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy" }
    for text, encoded in pairs(vectors) do assert.are.equal(encoded, core.base64(text)) end
    assert.are.equal("AAAA////AP8=", core.base64 "\0\0\0\255\255\255\0\255")
  end)

  it("agrees with openssl on every byte and on long strings", function()
    local directory = child.directory()
    for _, text in ipairs { every_byte, every_byte:rep(300) .. "x", every_byte:rep(300) .. "xy", every_byte:reverse() } do
      local file = assert(io.open(directory .. "/bytes", "wb"))
      file:write(text)
      file:close()
      assert.are.equal((child.shell("openssl base64 -A -in " .. child.quote(directory .. "/bytes")):gsub("%s", "")), core.base64(text))
    end
    child.remove(directory)
  end)
end)

describe("url", function()
  it("takes a URL apart", function()
    assert.are.same({
      scheme = "https", host = "studio.twilio.com", port = "443", path = "/v1/Flows", query = "PageSize=50&Page=0",
    }, core.url "https://studio.twilio.com/v1/Flows?PageSize=50&Page=0")
    assert.are.same({
      scheme = "http", user = "me", password = "p:w", host = "[::1]", port = "8080", path = "/a", query = "b", fragment = "c",
    }, core.url "HTTP://me:p:w@[::1]:8080/a?b#c")
    assert.are.same({ scheme = "http", host = "h", port = "80", path = "/", query = "\255a" }, core.url "http://h/?\255a")
  end)

  it("reads numbers for hosts as addresses, as libcurl would connect to them", function()
    assert.are.equal("0.0.0.0", core.url("http://0/").host)
    for _, host in ipairs { "2130706433", "0x7f.1", "017700000001", "127.1" } do
      assert.are.equal("127.0.0.1", core.url("http://" .. host .. "/").host)
    end
  end)

  it("says why a text is none", function()
    for _, text in ipairs { "", "/path", "http://", "http://a b/", "http://a:x/", "http://[::1/", "http://a/\r\nb" } do
      assert.are.same({ nil, "libcurl cannot read it as a URL" }, { core.url(text) })
    end
    assert.are.same({ nil, "it holds a NUL byte" }, { core.url "http://a/\0b" })
    assert.are.same({ nil, "it is too long for a URL" }, { core.url("http://a/" .. ("b"):rep(70000)) })
    assert.has_error(function() core.url {} end)
  end)

  -- Each connects to the server of this machine, or to nobody, whatever another reading of it might say.
  it("agrees with where libcurl connects", function()
    local server = child.server "if connection:request() then connection:answer() connection:close() end"
    local multi = core.multi { connect_timeout = 2, max_response_bytes = 1000, no_proxy = "*" }
    local headers = core.headers {}
    local connected = 0
    for _, form in ipairs {
      "http://127.0.0.1:%d", "http://127.0.0.1:%d\\@127.0.0.2", "http://127.0.0.2\\@127.0.0.1:%d", "http://127.0.0.2#@127.0.0.1:%d",
      "http://127.0.0.2?@127.0.0.1:%d", "http://127.0.0.2/@127.0.0.1:%d", "http://127.0.0.1:%d@127.0.0.2", "http:/127.0.0.1:%d",
      "http:///127.0.0.1:%d", "http:127.0.0.1:%d", "http://127.0.0.1:%d/@127.0.0.2", "http://127.0.0.1%%2f@127.0.0.2:%d",
      "http://127.1:%d", "http://0x7f000001:%d", "http://[::ffff:127.0.0.1]:%d", "http://127.0.0.1.:%d",
      "http://127.0.0.1%%00.127.0.0.2:%d", "http://localhost:%d", "http://LOCALHOST:%d", "http://127.0.0.1\t:%d",
      "http://127。0。0。1:%d", "http://127.0.0.1:%d:80", "http://127.0.0.1:+%d",
    } do
      local origin = form:format(server.port)
      local parts = core.url(origin .. "/x")
      local before = server:count "^request"
      local transfer = multi:transfer()
      if transfer:start("GET", origin, "/x", headers, nil, 2) then
        repeat multi:step(2) until transfer:done()
        if transfer:outcome() then
          connected = connected + 1
          assert.is_truthy(parts, origin)
          assert.are.equal(tostring(server.port), parts.port, origin)
          local host = parts.host:lower()
          assert.is_truthy(host == "[::ffff:127.0.0.1]" or host:find("^127%.0%.0%.1%.?$") or host == "localhost", origin)
        end
      else
        assert.is_true(parts == nil or parts.user ~= nil, origin)
      end
      if parts and not parts.user and parts.host == "127.0.0.2" then assert.are.equal(before, server:count "^request", origin) end
    end
    assert.is_true(connected >= 5)
    multi:close()
    server:stop()
  end)

  it("survives any bytes", function()
    local seed = 12345
    local function random(limit)
      seed = (seed * 16807) % 2147483647
      return seed % limit
    end
    local pieces = {
      "http", "https", ":", "/", "//", "@", "?", "#", "\\", "[", "]", "%", "%2f", "%00", "a", "1", "0x", ".", "..", "é", " ", "\t", "\255",
      "::", "&", ";", "=",
    }
    for _ = 1, 20000 do
      local text = random(2) == 0 and { "http://" } or {}
      for _ = 1, random(12) do text[#text + 1] = pieces[random(#pieces) + 1] end
      text = table.concat(text)
      local parts = core.url(text)
      if parts then
        assert.is_string(parts.scheme)
        for _, part in pairs(parts) do assert.is_string(part) end
      end
    end
  end)

  it("is read the short way, where that is possible, as libcurl reads it", function()
    local seed = 54321
    local function random(limit)
      seed = (seed * 16807) % 2147483647
      return seed % limit
    end
    local pieces = { "/", "a", "Z9", "?", "&", "=", "%2F", "%", ":", ",", "+", ".", "..", "#", "@", "\\", " ", "\0", "\127", "é", "~", "-" }
    local origins = { "https://studio.twilio.com", "http://127.0.0.1:8080" }
    local short = 0
    for _ = 1, 20000 do
      local origin = origins[random(2) + 1]
      local text = { origin, random(8) > 0 and "/" or "" }
      for _ = 1, random(8) do text[#text + 1] = pieces[random(#pieces) + 1] end
      text = table.concat(text)
      local target = core.plain_target(origin, text)
      if target then
        short = short + 1
        local parts = core.url(text)
        assert.are.equal(origin, parts.scheme .. "://" .. parts.host .. (parts.port == "8080" and ":8080" or ""), text)
        -- What libcurl gives for an empty query differs with its version.
        if not parts.query or parts.query == "" then
          assert.are.equal((target:gsub("%?$", "")), parts.path, text)
        else
          assert.are.equal(target, parts.path .. "?" .. parts.query, text)
        end
      end
      assert.is_nil(core.plain_target(origin .. "x", text))
      assert.is_nil(core.plain_target("https://studio.twilio.co", text))
    end
    assert.is_true(short > 1000)
  end)
end)
