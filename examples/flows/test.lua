-- Checks the order bot and plays its transcripts: no account, no network, a few milliseconds. Run it from the folder above `examples`:
--
--     lua5.4 examples/flows/test.lua
local flow = require "studio.flow"

local folder = "examples/flows/"
local definition = assert(flow.read(folder .. "order-bot.json", { variables = dofile(folder .. "settings.lua") }))
local failures = 0

for _, finding in ipairs(flow.check(definition)) do
  print(finding)
  if finding.level ~= "note" then failures = failures + 1 end
end

for _, name in ipairs { "sent", "unknown-orders", "shop-is-down", "silence", "help" } do
  local file = assert(io.open(folder .. "order-bot/" .. name .. ".transcript"))
  local text = file:read "*a"
  file:close()
  local same, err = flow.replay(definition, text)
  print(("%-16s %s"):format(name, same and "as written" or tostring(err)))
  if not same then failures = failures + 1 end
end

os.exit(failures == 0)
