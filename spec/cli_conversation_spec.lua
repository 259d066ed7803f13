--- `studio flows run` and `studio flows test`: flows that are run here, with nobody asked.
local child = require "spec.child"
local cli = require "spec.cli"

local variables = "--var SHOP_URL=https://shop.example --var WORKFLOW_SID=WW00000000000000000000000000000001 "
  .. "--var TASK_CHANNEL_SID=TC00000000000000000000000000000001"
local bot = "examples/flows/order-bot.json " .. variables
local stub = [[ --http-stub 'GET https://shop.example/* -> 200 {"state":"sent"}']]

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

describe("studio flows run", function()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local whole = [[
@ incomingMessage from +15550001111 to +15550002222
> Hi
< Welcome to the shop! Send the number of your order, or HELP to talk to us.
> 42
? GET https://shop.example/orders/42 -> 200 {"state":"sent"}
< Order 42: sent.
= ended
]]

  it("writes the transcript of what is said on stdin", function()
    local status, out, err = cli.run(folder, "flows run " .. bot .. " --body Hi" .. stub, { input = "42\n" })
    assert.same({ 0, whole, "" }, { status, out, err })
  end)

  it("takes what is said from options, in their order, and keeps a transcript that is a test", function()
    local path = folder.path .. "/kept.transcript"
    local arguments = "flows run %s --body Hi --message 17 --message 42 "
      .. "--http-stub 'GET https://shop.example/orders/17 -> 404'%s --record %s"
    local status, out, err = cli.run(folder, arguments:format(bot, stub, child.quote(path)))
    assert.equal(0, status, err)
    assert.truthy(out:find("> 17\n? GET https://shop.example/orders/17 -> 404\n< There is no order 17.\n", 1, true), out)
    assert.truthy(out:find "Order 42: sent%.\n= ended\n$", out)
    assert.equal(out, read(path))
    status, out, err = cli.run(folder, "flows test " .. child.quote(path) .. " --definition " .. bot)
    assert.same({ 0, "1 passed, 0 failed\n" }, { status, err })
    assert.truthy(out:find "^ok +[^\n]+kept%.transcript\n$", out)
  end)

  it("takes time, events and hang-ups by their marks, and says where nothing waits for them", function()
    local status, out, err = cli.run(folder, "flows run " .. bot, { input = "~ 3600\n" })
    assert.equal(0, status)
    assert.truthy(out:find("~ 3600\n< Write again whenever you like.\n= ended\n", 1, true), out)
    assert.equal("", err)
    status, out, err = cli.run(folder, "flows run " .. bot, { input = "x\n" })
    assert.equal(2, status)
    assert.truthy(err:find("'x': nothing waits for a hang-up", 1, true), err)
    assert.is_nil(out:find "= ended")
  end)

  it("gives the run as JSON", function()
    local status, out = cli.run(folder, "flows run " .. bot .. " --body Hi --message 42 -o json" .. stub)
    assert.equal(0, status)
    local run = require("studio.core").decode(out)
    assert.equal("ended", run.status)
    assert.equal("Order 42: sent.", run.output[#run.output].text)
    assert.equal("+15550001111", run.context.contact.channel.address)
  end)

  it("is a conversation on a terminal, which asks for the answers of the world", function()
    for _, columns in ipairs { 60, 200 } do
      local status, out = cli.type(folder, "flows run " .. bot .. " --body Hi", {
        input = "?\n17\n404\n42\nopen?\n200 {\"state\":\"sent\"}\n", columns = columns,
      })
      assert.equal(0, status, out)
      for _, words in ipairs {
        "? shows what may be typed", "< Welcome to the shop!", "~ SECONDS      lets time pass", "? GET https://shop.example/orders/17 -> ",
        "< There is no order 17.", "a status and a body is due", "< Order 42: sent.", "= ended",
      } do assert.truthy(out:find(words, 1, true), words .. "\n" .. out) end
    end
  end)

  it("refuses what is no stub, no outcome and no parameters", function()
    for words, sentence in pairs {
      ["--http-stub 'https://shop.example 200'"] = "--http-stub takes 'METHOD URL -> STATUS BODY'",
      ["--outcome to_agent"] = "--outcome takes WIDGET=EVENT", ["--flow FW1"] = "--flow takes SID=FILE",
      ["--outcome to_agnet=hangup"] = "no widget is called 'to_agnet': did you mean 'to_agent'?", ["--flow FW1=x"] = "32 hex digits",
      ["--parameters '[' "] = "--parameters must be a JSON object", ["--trigger nothing"] = "must be one of",
      ["--var x"] = "--var takes NAME=VALUE",
    } do
      local status, out, err = cli.run(folder, "flows run " .. bot .. " " .. words)
      assert.same({ 2, "" }, { status, out })
      assert.truthy(err:find(sentence, 1, true), err)
    end
  end)

  it("answers for widgets whose outcome only the world knows", function()
    local status, out = cli.run(folder, "flows run " .. bot .. " --body Hi --message help --outcome to_agent=callComplete")
    assert.equal(0, status)
    assert.truthy(out:find("= ended\n", 1, true), out)
    local _, waiting, err = cli.run(folder, "flows run " .. bot .. " --body Hi --message help")
    assert.truthy(waiting:find("= waiting at to_agent\n", 1, true), waiting)
    assert.truthy(err:find("'to_agent' waits: an outcome: --outcome to_agent=EVENT, or '! EVENT JSON', with one of", 1, true), err)
    status, waiting, err = cli.run(folder, "flows run " .. bot .. " --body Hi --message 42 --http-stub 'POST * -> 200'")
    assert.equal(0, status)
    assert.truthy(waiting:find("= waiting at look_up\n", 1, true), waiting)
    assert.truthy(err:find("orders/42: --http-stub, or '! EVENT JSON', with one of", 1, true), err)
  end)

  it("answers late where a stub says so, as a transcript does", function()
    local status, out = cli.run(folder, "flows run " .. bot .. " --body Hi --message 42 --http-stub 'GET * -> 200 (11 s)'")
    assert.equal(0, status)
    assert.truthy(out:find("orders/42 -> 200 (11 s)\n< There is no order 42", 1, true), out)
  end)
end)

describe("studio flows test", function()
  local folder, copy

  setup(function()
    folder = cli.folder()
    copy = folder.path .. "/flows"
    child.shell("cp -R examples/flows " .. child.quote(copy))
    local path = copy .. "/order-bot/sent.transcript"
    write(path, (read(path):gsub("Order 42", "Order <43>")))
  end)
  teardown(function() folder.remove() end)

  it("plays what is in a folder or beside a definition", function()
    for _, path in ipairs { "examples/flows", "examples/flows/order-bot/", "examples/flows/order-bot.json" } do
      local status, out, err = cli.run(folder, ("flows test %s %s"):format(path, variables))
      assert.same({ 0, "5 passed, 0 failed\n" }, { status, err })
      assert.equal(5, select(2, out:gsub("ok +examples/flows/order%-bot/[%l-]+%.transcript\n", "")))
    end
  end)

  it("says what differs, and ends with 3", function()
    local report = folder.path .. "/report.xml"
    local status, out, err = cli.run(folder, ("flows test %s %s --junit %s"):format(child.quote(copy), variables, child.quote(report)))
    assert.same({ 3, "4 passed, 1 failed\n" }, { status, err })
    assert.truthy(out:find("differs " .. copy .. "/order-bot/sent.transcript\n", 1, true), out)
    assert.truthy(out:find("due:   < Order <43>: sent", 1, true), out)
    assert.truthy(out:find("came:  < Order 42: sent", 1, true), out)
    local xml = read(report)
    assert.truthy(xml:find('^<%?xml version="1%.0" encoding="UTF%-8"%?>\n<testsuites tests="5" failures="1" time="%d+%.%d+">\n'), xml)
    assert.truthy(xml:find('<failure message="line 7 of the transcript differs"', 1, true), xml)
    assert.truthy(xml:find("due:   &lt; Order &lt;43&gt;: sent", 1, true), xml)
    assert.equal(4, select(2, xml:gsub("<testcase [^\n]*/>\n", "")))
  end)

  it("gives the results in every form", function()
    local status, out = cli.run(folder, ("flows test %s %s -o csv --fields passed,line"):format(child.quote(copy), variables))
    assert.equal(3, status)
    assert.equal("passed,line\ntrue,\nfalse,7\ntrue,\ntrue,\ntrue,\n", out)
  end)

  it("says which definition, which path and which line is none", function()
    write(copy .. "/lonely.transcript", "@ incomingMessage\n")
    write(copy .. "/order-bot/broken.transcript", "@ incomingMessage\nnothing\n")
    for words, expected in pairs {
      ["/lonely.transcript"] = { 2, "no definition beside " }, ["/nowhere"] = { 2, "is no transcript, no folder and no definition" },
      ["/order-bot/broken.transcript " .. variables] = { 3, "0 passed, 1 failed" }, ["/../home"] = { 2, "no transcript in " },
    } do
      local status, _, err = cli.run(folder, "flows test " .. copy .. words)
      assert.equal(expected[1], status, words)
      assert.truthy(err:find(expected[2], 1, true), err)
    end
  end)
end)
