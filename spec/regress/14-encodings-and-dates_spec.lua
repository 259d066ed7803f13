-- Seen: `Retry-After` as an RFC 850 or asctime date, or with a fraction, counted as none; files that begin with a byte order mark were
-- refused, and UTF-16 files without a word on what they are, transcripts too, whose NULs went to the terminal; so were contacts in UTF-16
-- with quotes, as PowerShell writes them.
local child = require "spec.child"
local contacts = require "studio.executions.contacts"
local flows = require "studio.flow"
local retry = require "studio.request.retry"
local studio = require "studio"
local support = require "spec.support"
local timestamp = require "studio.base.timestamp"

local MARK = "\239\187\191"

-- A text of ASCII in another encoding: `before` and `behind` are the zero bytes about each character.
local function widened(text, before, behind)
  return (text:gsub(".", function(char) return ("\0"):rep(before) .. char .. ("\0"):rep(behind) end))
end

local encodings = {
  ["UTF-16 (little-endian)"] = { "\255\254", 0, 1 }, ["UTF-16 (big-endian)"] = { "\254\255", 1, 0 },
  ["UTF-32 (little-endian)"] = { "\255\254\0\0", 0, 3 }, ["UTF-32 (big-endian)"] = { "\0\0\254\255", 3, 0 },
}

describe("The encoding of JSON", function()
  it("may be marked as UTF-8", function()
    assert.are.same({ a = { 1 } }, studio.decode(MARK .. '{"a":[1]}'))
    assert.are.equal("x", studio.decode(MARK .. ' "x"'))
    for _, text in ipairs { MARK, MARK .. MARK .. "1", " " .. MARK .. "1", "[" .. MARK .. "]" } do
      local value, err = studio.decode(text)
      assert.is_nil(value)
      assert.are.equal("argument", err.kind)
    end
  end)

  for name, encoding in pairs(encodings) do
    it("is told where it is " .. name, function()
      for _, text in ipairs { '{"a":1}', "[]", '"xy"', "12" } do
        local wide = widened(text, encoding[2], encoding[3])
        for _, marked in ipairs { encoding[1] .. wide, wide } do
          local value, err = studio.decode(marked)
          assert.is_nil(value)
          assert.truthy(err.message:find("expected UTF-8, got " .. name, 1, true), err.message)
        end
      end
    end)
  end

  it("of a definition that is sent as text is checked, and no mark is sent", function()
    local transport = support.transport()
    local flow = support.offline(transport).v2.flows("FW" .. ("0"):rep(32))
    assert(flow:update { status = "draft", definition = MARK .. "{}" })
    assert.truthy(transport.requests[1].body:find("Definition=%7B%7D", 1, true))
    local resource, err = flow:update { status = "draft", definition = "\255\254" .. widened("{}", 0, 1) }
    assert.is_nil(resource)
    assert.truthy(err.message:find("got UTF-16", 1, true), err.message)
    assert.are.equal(1, #transport.requests)
  end)
end)

describe("The encoding of a transcript", function()
  local definition = {
    initial_state = "Trigger",
    states = { { name = "Trigger", type = "trigger", properties = {}, transitions = { { event = "incomingMessage" } } } },
  }
  local text = "@ incomingMessage from +15550001111 to +15550002222\n> Hi\n= ended\n"

  it("may be marked as UTF-8", function()
    assert.is_true(flows.replay(definition, text))
    assert.is_true(flows.replay(definition, MARK .. text))
    assert.is_true(flows.replay(definition, MARK .. "# Zo\195\171\r\n" .. text))
    local same, err = flows.replay(definition, MARK .. MARK .. text)
    assert.is_nil(same)
    assert.are.equal(1, err.line)
  end)

  for name, encoding in pairs(encodings) do
    it("is told where it is " .. name, function()
      for _, begun in ipairs { text, "# a comment\n" .. text, "\n" .. text } do
        local wide = widened(begun, encoding[2], encoding[3])
        for _, marked in ipairs { encoding[1] .. wide, wide } do
          local same, err = flows.replay(definition, marked)
          assert.is_nil(same)
          assert.are.equal("argument", err.kind)
          assert.are.equal("the transcript: expected UTF-8, this looks like " .. name:match "^%S+", err.message)
        end
      end
    end)
  end

  it("brings no control character into a message", function()
    local beginning = text:match "^.-\n.-\n"
    for _, bad in ipairs {
      beginning .. "x\0\27[2J", beginning .. "< \0\27\n", beginning .. "! a\0b {\0", beginning .. "~ \0", "@ x\0\27",
      "@ incomingMessage {\0",
    } do
      local same, err = flows.replay(definition, bad)
      assert.is_nil(same)
      assert.is_nil(tostring(err):find "[%z\1-\9\11-\31\127]", tostring(err))
    end
  end)
end)

describe("The encoding of a list of contacts", function()
  local directory

  setup(function() directory = child.directory() end)
  teardown(function() child.remove(directory) end)

  local function read(name, text)
    local path = directory .. "/" .. name
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    local opened = assert(contacts.open(path))
    local contact, err = opened.next()
    opened.close()
    return contact and contact.to, err
  end

  local texts = {
    ["c.csv"] = { "to,name\r\n+15550001111,Ann\r\n", '"to","name"\r\n"+15550001111","Ann"\r\n', "\n\nto\n+15550001111\n" },
    ["c.jsonl"] = { '{"to":"+15550001111"}\n', '{"to":"+15550001111"}' },
  }
  for file, list in pairs(texts) do
    it("may be marked as UTF-8: " .. file, function()
      for _, text in ipairs(list) do
        assert.are.equal("+15550001111", (read(file, text)))
        assert.are.equal("+15550001111", (read(file, MARK .. text)))
      end
    end)

    for name, encoding in pairs(encodings) do
      it(("is told where it is %s: %s"):format(name, file), function()
        for _, text in ipairs(list) do
          local wide = widened(text, encoding[2], encoding[3])
          for _, marked in ipairs { encoding[1] .. wide, wide } do
            local contact, err = read(file, marked)
            assert.is_nil(contact)
            assert.truthy(err.message:find("line 1: ", 1, true), err.message)
            assert.truthy(err.message:find("expected UTF-8, this looks like " .. name:match "^%S+", 1, true), err.message)
          end
        end
      end)
    end
  end
end)

describe("Retry-After", function()
  it("is read from each form of an HTTP date", function()
    for _, text in ipairs { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994" } do
      assert.are.equal(784111777, timestamp.parse_http(text), text)
      assert.are.equal(0, retry.read_after(text))
    end
    local soon = os.time() + 100
    for _, form in ipairs { "!%a, %d %b %Y %H:%M:%S GMT", "!%A, %d-%b-%y %H:%M:%S GMT", "!%a %b %d %H:%M:%S %Y" } do
      local seconds = retry.read_after((os.date(form, soon):gsub("(%a%a%a) 0(%d )", "%1  %2")))
      assert.is_true(seconds ~= nil and seconds > 90 and seconds <= 100, form)
    end
  end)

  it("takes two digits for the nearest year that is at most 50 years ahead", function()
    local year = tonumber(os.date "!%Y")
    for ahead = -49, 49 do
      local text = ("Monday, 01-Mar-%02d 00:00:00 GMT"):format((year + ahead) % 100)
      assert.are.equal(year + ahead, tonumber(os.date("!%Y", timestamp.parse_http(text))))
    end
  end)

  it("may have a fraction", function()
    assert.are.equal(1.5, retry.read_after "1.5")
    assert.are.equal(0.25, retry.read_after "0.250")
    assert.are.equal(2, retry.read_after "2.0")
    assert.are.equal(1e300, retry.read_after(("9"):rep(400)))
  end)

  it("is nothing else", function()
    for _, text in ipairs {
      "1.", ".5", "1,5", "1e3", "-1", "+1", "1.5s",
      "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun Nov 31 08:49:37 1994",
      "Sunday, 06-Foo-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 25:49:37 GMT",
    } do
      assert.is_nil(retry.read_after(text), text)
    end
  end)
end)
