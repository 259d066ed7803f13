--- The pictures of docs/command.md show what the command prints. `make recordings` draws them again.
package.path = "build-aux/?.lua;" .. package.path
local child = require "spec.child"
local cli = require "spec.cli"
local recordings = require "generate.recordings"
local support = require "spec.support"

-- What is on a terminal is the same under every Lua: one tries it.
if rawget(_G, "jit") then return end

-- bsdutils of Debian has it; other systems have another program of that name.
local on_terminal = child.shell "script --version":find("util-linux", 1, true) and it or pending

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

describe("The picture", function()
  local service = support.emulator()
  local folder

  setup(function() folder = cli.folder() end)
  teardown(function() folder.remove() end)

  local page = read "docs/command.md"
  for _, recording in ipairs(recordings.list) do
    local path = recordings.path(recording)

    on_terminal(path .. " shows what is printed, and is in the guide", function()
      assert.equal(recordings.record(recording, folder, service()), read(path))
      assert.truthy(page:find(("![%s](%s)"):format(recording.title, path:gsub("^docs/", "")), 1, true))
    end)
  end
end)
