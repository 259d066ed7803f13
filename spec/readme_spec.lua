--- Every Lua block of the README is a program that works, in a process of its own, against the emulator.
local support = require "spec.support"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local readme = read("README.md")

local function blocks(language)
  local found = {}
  for text in readme:gmatch("\n```" .. language .. "\n(.-)\n```") do found[#found + 1] = text end
  return found
end

-- What the first block of the README sets up, for those that go on from there.
local prelude = [[
local studio = require "studio"
local client = studio.new()
local flow = client.v1.flows("FW00000000000000000000000000000001")
]]

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

describe("the README", function()
  local service = support.emulator()

  local function run(text)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(text:find('local studio = require "studio"', 1, true) and "" or prelude, text, "\n")
    file:close()
    local words = { "env", "LUA_PATH=" .. quoted(package.path), "LUA_CPATH=" .. quoted(package.cpath) }
    for name, value in pairs(service():environment()) do
      if value then words[#words + 1] = name .. "=" .. quoted(value) else table.insert(words, 2, "-u " .. name) end
    end
    words[#words + 1] = ("%s %s 2>&1; echo status=$?"):format(support.interpreter, path)
    local pipe = assert(io.popen(table.concat(words, " ")))
    local output = pipe:read("*a")
    pipe:close()
    os.remove(path)
    return output:match("^(.-)status=(%d+)\n$")
  end

  local lua_blocks = blocks("lua")

  -- What a block must print, by words that it alone holds.
  local expected = {
    ["{ limit = 100 }"] = { "FN%x+%s+ended" },
    ["first_name = \"Foo\""] = { "Foo", "greeting%s+", "Web chat%s+FW" },
    ["status = \"ended\", date"] = { "^10\n200%s+RQ%x+%s+FW" },
    ["Good morning!"] = { "2%s+Good morning!", "1%s+First words", "2%s+Politer" },
    ["studio.timestamp("] = { "^1%s+1704067200\nnil\n", "nil%s+studio: argument: parameter 'sid' must be a SID" },
    ["err.request_id"] = { "studio: http 404 %(20404%): ", "http%s+404%s+20404%s+RQ%x+%s+true%s+false" },
    ["page:next()"] = { "0%s+20\n1%s+20\n", "20 records at http", "false%s+argument%s+parameter 'page_size'" },
    ["retry = false"] = { "Customer survey" },
    ["webhook.valid"] = { "^true\nfalse\tthe signature is not of this URL and these fields\n$" },
    ["client:map"] = { "%+15550002001%s+FN%x+", "%+15550002003%s+FN%x+" },
    ["client:spawn(function(sid)"] = { "Customer survey%s+true%s+0" },
    ["cqueues.new"] = { "Customer survey\n", "Appointment reminder\n" },
    ["socket.select"] = { "^10\n$" },
    ["local offline"] = { "GET%s+https?://%S+/v1/Flows/FW0", "FW00000000000000000000000000000001" },
  }

  it("has blocks of Lua", function()
    assert.is_true(#lua_blocks >= 10)
  end)

  for index, text in ipairs(lua_blocks) do
    it(("runs block %d: %s"):format(index, text:match("[^\n]+")), function()
      local output, status = run(text)
      assert.equal("0", status, output)
      for words, patterns in pairs(expected) do
        if text:find(words, 1, true) then
          for _, pattern in ipairs(patterns) do
            assert.truthy(output:find(pattern), ("the output does not fit '%s':\n%s"):format(pattern, output))
          end
        end
      end
    end)
  end

  it("expects output of blocks that are there", function()
    for words in pairs(expected) do
      local found = false
      for _, text in ipairs(lua_blocks) do found = found or text:find(words, 1, true) ~= nil end
      assert.is_true(found, "no block holds " .. words)
    end
  end)

  it("names commands that exist", function()
    local makefile = read("Makefile")
    local seen = 0
    for target in (readme .. table.concat(blocks("sh"), "\n")):gmatch("make (%l+)[ `\n)]") do
      seen = seen + 1
      assert.truthy(makefile:find("\n" .. target .. ":", 1, true), "the Makefile has no target " .. target)
    end
    assert.is_true(seen >= 5)
  end)

  it("lists the options of studio.new, each of them", function()
    local table_text = readme:match("\n## Options\n(.-)\nWhat your program gives")
    local known = read("lua/studio/client.lua"):match("\nlocal known = (%b{})")
    local count = 0
    for name in known:gmatch("([%l_]+) = ") do
      count = count + 1
      assert.truthy(table_text:find("`" .. name, 1, true), "the README does not tell of the option " .. name)
    end
    assert.equal(21, count)
  end)

  it("lists the headers that a call may not write, each of them", function()
    local listed = readme:match("`headers` adds to those that the library writes, and raises for them:(.-)%.\n")
    local names = {}
    for name in listed:gmatch("`([%a-]+)`") do names[name:lower()] = true end
    local reserved = read("lua/studio/resource/call_options.lua"):match("\nlocal reserved = (%b{})")
    for name in reserved:gmatch("([%l-]+)\"?%]? = true") do
      assert.is_true(names[name], "the README does not tell of the header " .. name)
      names[name] = nil
    end
    assert.are.same({}, names)
  end)
end)
