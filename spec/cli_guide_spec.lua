--- The examples of docs/command.md: those with an answer are run, and the answer compared; of the others every word is one that the command
-- knows. `RECORD=1` writes the answers anew.
local child = require "spec.child"
local cli = require "spec.cli"
local commands = require "studio.cli.commands"
local parser = require "studio.cli.parser"
local support = require "spec.support"

local PATH = "docs/command.md"
local has_sqlite = pcall(require, "luasql.sqlite3")
local environment = {
  SHOP_URL = "https://shop.example", WORKFLOW_SID = "WW" .. ("0"):rep(32), TASK_CHANNEL_SID = "TC" .. ("0"):rep(32),
  STUDIO_FORCE_TTY = "100", NO_COLOR = "1", LC_ALL = "C.UTF-8",
}

local function read(path)
  local file = assert(io.open(path or PATH))
  local text = file:read "*a"
  file:close()
  return text
end

-- What is another one each time.
local function plain(text)
  return (text:gsub("F([NT])%x+", "F%1*"):gsub("127%.0%.0%.1:%d+", "127.0.0.1:PORT"):gsub("RQ%x+", "RQ*"))
end

-- Words as a shell splits them.
local function words_of(line)
  local words, word, quote = {}, nil, nil
  for character in (line .. " "):gmatch "." do
    if quote then
      if character == quote then quote = nil else word = word .. character end
    elseif character == "'" or character == '"' and word == nil then
      word, quote = word or "", character
    elseif character == " " then
      if word then words[#words + 1] = word end
      word = nil
    else
      word = (word or "") .. character
    end
  end
  return words
end

describe("docs/command.md", function()
  local service = support.emulator()

  it("shows what its examples print", function()
    local count, is_recording, text = 0, os.getenv "RECORD" == "1", read()
    local written = text:gsub("(```console\n)(%$ studio ([^\n]+)\n)(.-)(```\n)", function(begins, line, arguments, answer, ends)
      count = count + 1
      local _, out, err = cli.call(words_of(arguments), { service = service(), environment = environment })
      local printed = out .. err
      if not is_recording then assert.equal(plain(answer), plain(printed), line) end
      return begins .. line .. printed .. ends
    end)
    assert.is_true(count > 20)
    if is_recording then
      local file = assert(io.open(PATH, "w"))
      file:write((written:gsub("127%.0%.0%.1:%d+", "127.0.0.1:8080")))
      file:close()
    end
  end)

  it("names no command and no option that there is not", function()
    local count = 0
    for block in read():gmatch "```sh\n(.-)```" do
      for line in block:gmatch "[^\n]+" do
        local arguments = line:match "^studio ([^|>]+)"
        if arguments then
          count = count + 1
          local words = words_of(arguments)
          local group = commands.group(words[1])
          local name = table.concat(words, " ", 1, group and 2 or 1)
          local found
          for _, command in ipairs(commands.of(group)) do
            if command.name == words[group and 2 or 1] then found = command end
          end
          assert.truthy(found, line)
          for _ = 1, group and 2 or 1 do table.remove(words, 1) end
          local made = parser.build(found, "studio " .. name)
          assert.truthy(parser.read(made, name, words), line)
        end
      end
    end
    assert.is_true(count > 15)
  end)

  it("tells every exit code as the help does", function()
    local text = read()
    for _, code in ipairs(require("studio.cli.failure").codes) do
      assert.truthy(text:lower():find(("| %d | %s |"):format(code[1], code[2]):lower(), 1, true), code[2])
    end
  end)
end)

describe("The first ten commands of the README", function()
  local service = support.emulator()

  it("do what they say", function()
    -- What a shell does is the same under every Lua: one tries it.
    if rawget(_G, "jit") then return end
    if not has_sqlite then return pending "luasql.sqlite3 is not here for this Lua" end
    local folder = cli.folder()
    local block = read("README.md"):match "```sh\n(studio flows list\n.-)```"
    local prepared = ("ln -s \"$PWD\"/* %s/ && cd %s && studio() { %s \"$@\"; } && set -ex\n"):format(child.quote(folder.path),
      child.quote(folder.path), cli.line(folder, "", { service = service() }))
    local script = folder.write("script", prepared .. block .. "\necho all is done\n")
    local told = child.shell("sh " .. child.quote(script) .. " </dev/null 2>&1")
    assert.truthy(told:find "all is done\n$", told)
    for _, words in ipairs { "nothing found\n", "\nupdated FW0+1 revision 2\n", '"created": 3,', "\n123 executions, 0 steps" } do
      assert.truthy(told:find(words), words .. " is not in\n" .. told)
    end
    folder.remove()
  end)
end)
