--- README.md and the pages of docs/: every Lua block is a program that works, in a process of its own, against the emulator; every link
-- leads somewhere, every command exists.
local child = require "spec.child"
local emulator = require "studio.emulator"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- The pages that people write; those of docs/reference are made by `make generate`.
local pages, texts = { "README.md", "CONTRIBUTING.md", "SECURITY.md" }, {}
for path in child.shell("ls docs/*.md | LC_ALL=C sort"):gmatch "[^\n]+" do pages[#pages + 1] = path end
for _, page in ipairs(pages) do texts[page] = read(page) end

-- Each block of a language: visit(text, whether it goes on from the block before it).
local function each_block(page, language, visit)
  local text = "\n" .. texts[page]
  local from = 1
  while true do
    local first, last, block = text:find("\n```" .. language .. "\n(.-)\n```", from)
    if not first then return end
    visit(block, text:sub(1, first):find("<!%-%- goes on %-%->\n$") ~= nil)
    from = last
  end
end

-- What the first block of the README sets up, for those that go on from there.
local prelude = [[
local studio = require "studio"
local client = studio.new()
local flow = client.v1.flows("FW00000000000000000000000000000001")
]]

-- What a block must print, by page and by words that it alone holds there.
local expected = {
  ["README.md"] = {
    ["{ limit = 100 }"] = { "FN%x+%s+ended", "\n1\n$" },
  },
  ["docs/calls.md"] = {
    ["first_name = \"Foo\""] = {
      "^studio%.flow%.handle /v1/Flows/FW0+1\n", "studio%.engagement FN%x+ %(active%)", "\nFoo\n", "greeting%s+", "Web chat%s+FW",
    },
    ["flow.excutions"] = {
      "did you mean 'executions'%?\n", "did you mean client%.v%d%.flows or client%.v%d%.flows%?", "did you mean 'page_size'%?",
      "write flows%(\"FW0000%.%.%.\"%)",
    },
    ["status = \"ended\", date"] = { "^10\n$" },
    ["client:request"] = { "^200%s+RQ%x+%s+FW" },
    ["studio.response_of"] = { "^200%s+1%s+RQ%x+\nnil\n$" },
  },
  ["docs/values.md"] = {
    ["Good morning!"] = { "2%s+Good morning!", "1%s+First words", "2%s+Politer" },
    ["studio.timestamp("] = { "^1%s+1704067200\nnil\n", "nil%s+studio: argument: parameter 'sid' must be a SID" },
    ["{ sort = true }"] = { '^{"count":3,"tags":%[%],"to":"%+15550001111"}\n', "%+15550001111%s+nil%s+studio: argument: " },
    ["flow_as_code"] = { "^%d%s+From the file\n$" },
  },
  ["docs/errors-and-retries.md"] = {
    ["err.request_id"] = { "studio: http 404 %(20404%): ", "http%s+404%s+20404%s+RQ%x+%s+true%s+false" },
    ["tostring(err)"] = { "Customer survey" },
    ["retry = false"] = { "Customer survey" },
  },
  ["docs/paging.md"] = {
    ["page:next()"] = { "0%s+20\n1%s+20\n", "20 records at http", "false%s+argument%s+parameter 'page_size'" },
  },
  ["docs/webhooks.md"] = {
    ["webhook.valid(\"12345\", \"RSO"] = { "^true\nfalse\tthe signature is not of this URL and these fields\n$" },
    ["webhook.sign"] = { "^https://example%.com/hook%?bodySHA256=%x+\ntrue\n$" },
  },
  ["docs/many-at-once.md"] = {
    ["client:map"] = { "%+15550004001%s+FN%x+", "%+15550004003%s+FN%x+" },
    ["client:spawn(function(sid)"] = { "Customer survey%s+true%s+0" },
    ["client:drain"] = { "^true%s+0\n$" },
    ["cqueues.new"] = { "Customer survey\n", "Appointment reminder\n" },
    ["client:step(0) > 0"] = { "^10\n$" },
    ["wait = function"] = { "^Customer survey\n$" },
  },
  ["docs/flows.md"] = {
    ["os.tmpname()"] = { "^0%s+Three questions by SMS\n$" },
    ["the variables lack"] = { "^nil%s+%S+: the variables lack TASK_CHANNEL_SID, WORKFLOW_SID\nhttps://shop%.example/orders/{{" },
    ["{{widgets.asked"] = { "did you mean 'next'%?", "too_late: no path", "wants_human: the condition tests", "no widget is called so" },
    ["offset.x = 500"] = { '~ timeout: "3600" %-> "1800"\n', "change%s+ask%s+/states/ask/properties/timeout%s+3600%s+1800\n" },
    ["chart:match"] = { "^digraph flow {%s+flowchart TD\n$" },
    ["#run.problems"] = { "^waiting%s+ask%s+3600\nended%s+Order 42: sent%.\nTrigger%s+incomingMessage%s+ask\n", "\nsent%s+0\n$" },
    ["run.waiting.needs"] = { "an outcome: outcomes%[\"to_agent\"%]" },
    ["flow.replay"] = { "^nil%s+line 6 of the transcript differs\n  due:   < Order 42 is sent%.\n  came:  < Order 42: sent%.\n" },
    ["liquid.render"] = { '^3 3\n{id=42, state=sent} {"id":42,"state":"sent"}\n16:00 PST\n', "did you mean 'upcase'%?" },
    ["emulator.start"] = { "^ended%s+Order 42: on its way%.\nsent%s+send%-message\n" },
    ["flow.rollback"] = { "^created%s+1%s+nil\nunchanged\n~ ask", "\nupdated%s+2%s+1\n" },
  },
  ["docs/campaigns.md"] = {
    ["campaign = \"spring\""] = { "3%s+3%s+0%s+0%s+0%s+0\n4%s+%+15550002002%s+is contact 2\n$" },
    ["executions.report"] = { "^%+15550002011%s+created%s+FN%x+%s+1\n%+15550002012%s+created%s+FN%x+%s+1\n2%s+0\n$" },
  },
  ["docs/exports.md"] = {
    ["progress.done"] = { "\n48%s+240\nFN%x+%s+2024%-01%-02T23:00:00Z%s+thanks%s+Ended\n$" },
    ["executions.stop"] = { "^true\n120%s+nil\n$" },
    ["executions.end_active"] = { "^0\n$" },
    ["executions.follow"] = { "^Trigger%s+%->%s+greeting\n.*thanks%s+%->%s+Ended\nended\n$" },
  },
  ["docs/game-loops.md"] = {
    ["love.update"] = { "^Customer survey\n$" },
  },
  ["docs/testing-your-program.md"] = {
    ["local offline"] = { "GET%s+https?://%S+/v1/Flows/FW0", "FW00000000000000000000000000000001" },
  },
}

describe("A Lua block of", function()
  -- One service for all, as a reader has it: what a page does is still there on the next.
  local service
  setup(function() service = assert(emulator.start()) end)
  teardown(function() service:stop() end)

  local function run(text)
    local environment = { "env" }
    for name, value in pairs(service:environment()) do
      if value then
        environment[#environment + 1] = name .. "=" .. child.quote(value)
      else
        table.insert(environment, 2, "-u " .. name)
      end
    end
    local has_studio = text:find('local studio = require "studio"', 1, true)
    return child.run((has_studio and "" or prelude) .. text, { before = table.concat(environment, " ") }):match("^(.-)status=(%d+)\n$")
  end

  for _, page in ipairs(pages) do
    local before, number = "", 0
    each_block(page, "lua", function(text, goes_on)
      number = number + 1
      local program = goes_on and before .. "\n" .. text or text
      before = program
      it(("%s works, %d: %s"):format(page, number, text:match("[^\n]+")), function()
        local module = program:match 'require "(cqueues)"'
        if module and not pcall(require, module) then return pending(module .. " is not here for this Lua") end
        local output, status = run(program)
        assert.equal("0", status, output)
        for words, patterns in pairs(expected[page] or {}) do
          if text:find(words, 1, true) then
            for _, pattern in ipairs(patterns) do
              assert.truthy(output:find(pattern), ("the output does not fit '%s':\n%s"):format(pattern, output))
            end
          end
        end
      end)
    end)
  end
end)

describe("The pages", function()
  it("have blocks of Lua where they did", function()
    local count = 0
    for _, page in ipairs(pages) do each_block(page, "lua", function() count = count + 1 end) end
    assert.is_true(count >= 20)
    for page, words in pairs(expected) do
      for word in pairs(words) do
        local found = 0
        each_block(page, "lua", function(text) found = found + (text:find(word, 1, true) and 1 or 0) end)
        assert.equal(1, found, ("blocks of %s that hold %s"):format(page, word))
      end
    end
  end)

  it("are in the site", function()
    local config = read "docs/config.ld"
    for path in child.shell("ls docs/*.md docs/reference/*.md *.md"):gmatch "[^\n]+" do
      local name = path:match "^docs/(.*)$" or "../" .. path
      assert.truthy(config:find(('"%s"'):format(name), 1, true), "docs/config.ld does not name " .. name)
    end
  end)

  it("have lines of at most 120 columns", function()
    for _, page in ipairs(pages) do
      local number, is_printed = 0, false
      for line in (texts[page] .. "\n"):gmatch("(.-)\n") do
        number = number + 1
        -- What a command prints is as wide as it is.
        if line:find "^```" then is_printed = line == "```console" end
        local columns = #line:gsub("[\128-\191]", "")
        assert.is_true(is_printed or columns <= 120, ("%s:%d has %d columns"):format(page, number, columns))
      end
    end
  end)

  it("name commands that exist", function()
    local makefile = read("Makefile")
    local seen = 0
    for _, page in ipairs(pages) do
      local commands = {}
      for text in texts[page]:gmatch("`([^`\n]+)`") do commands[#commands + 1] = text end
      each_block(page, "sh", function(text) commands[#commands + 1] = text end)
      for target in ("\n" .. table.concat(commands, "\n") .. "\n"):gmatch("[\n(]make ([%l-]+)%f[ \n)]") do
        seen = seen + 1
        local is_there = makefile:find("\n" .. target:gsub("%-", "%%-") .. "[%l -]*:")
        assert.truthy(is_there, ("%s: the Makefile has no target %s"):format(page, target))
      end
    end
    assert.is_true(seen >= 10)
  end)

  it("name files that exist", function()
    local seen = 0
    for _, page in ipairs(pages) do
      for path in texts[page]:gmatch("`(%l[%w_-]*/[%w_./-]+%.%l+)`") do
        if not (path:find("NAME", 1, true) or path:find("VERSION", 1, true) or path:find("NN-", 1, true)) then
          seen = seen + 1
          assert.is_true(exists(path) or exists("lua/studio/" .. path), ("%s: there is no file %s"):format(page, path))
        end
      end
    end
    assert.is_true(seen >= 5)
  end)
end)

-- The anchor that GitHub and ldoc's Markdown make of a heading.
local function anchor(heading)
  return (heading:lower():gsub("[^%w%s_-]", ""):gsub(" ", "-"))
end

local function anchors_of(path)
  local found, text = {}, read(path):gsub("\n```.-\n```", "")
  for heading in ("\n" .. text):gmatch("\n#+ ([^\n]+)") do found[anchor(heading)] = true end
  return found
end

describe("A link of", function()
  for _, page in ipairs(pages) do
    it(page .. " leads somewhere", function()
      local folder = page:match("^(.*/)") or ""
      local text = texts[page]:gsub("\n```.-\n```", "")
      for target in text:gmatch("%]%(([^)%s]+)%)") do
        if not target:find("^https?://") then
          local path, fragment = target:match("^([^#]*)#?(.*)$")
          path = path == "" and page or (folder .. path):gsub("[^/]+/%.%./", "")
          assert.is_true(exists(path), "there is no " .. path)
          assert.is_true(fragment == "" or anchors_of(path)[fragment] == true, ("%s has no heading for #%s"):format(path, fragment))
        end
      end
    end)
  end

  it("the README leads to every page", function()
    for _, page in ipairs(pages) do
      assert.truthy(page == "README.md" or texts["README.md"]:find("](" .. page, 1, true), page)
    end
  end)
end)

describe("docs/", function()
  it("lists the options of studio.new, each of them", function()
    local listed = texts["docs/options.md"]:match("\n| option | default |\n(.-)\n\n")
    local known = read("lua/studio/client.lua"):match("\nlocal known = (%b{})")
    local count = 0
    for name in known:gmatch("([%l_0-9]+) = ") do
      count = count + 1
      assert.truthy(listed:find("`" .. name, 1, true), "docs/options.md does not tell of the option " .. name)
    end
    assert.equal(21, count)
  end)

  it("lists the headers that a call may not write, each of them", function()
    local listed = texts["docs/calls.md"]:match("`headers` adds to those that the library writes, and raises for them:(.-)%.\n")
    local names = {}
    for name in listed:gmatch("`([%a-]+)`") do names[name:lower()] = true end
    local reserved = read("lua/studio/resource/call_options.lua"):match("\nlocal reserved = (%b{})")
    for name in reserved:gmatch("([%l-]+)\"?%]? = true") do
      assert.is_true(names[name], "docs/calls.md does not tell of the header " .. name)
      names[name] = nil
    end
    assert.are.same({}, names)
  end)
end)
