--- Writes the pictures of recordings.lua. `make recordings` runs it.
package.path = "build-aux/?.lua;" .. package.path
local cli = require "spec.cli"
local emulator = require "studio.emulator"
local recordings = require "generate.recordings"

local folder, service = cli.folder(), assert(emulator.start())
for _, recording in ipairs(recordings.list) do
  service:reset()
  local file = assert(io.open(recordings.path(recording), "w"))
  file:write(recordings.record(recording, folder, service))
  file:close()
end
service:stop()
folder.remove()
