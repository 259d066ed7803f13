--- ping.lua URL FILE: asks for the URL every 5 ms until the file is gone, then prints how many seconds each time took.
local core = require "studio.core"
local studio = require "studio"

local base_url, path = arg[1]:match("^(https?://[^/]+)(.*)$")
local client = studio.new { base_url = base_url, account_sid = "AC" .. ("0"):rep(32), auth_token = ("f"):rep(32), retry = false }

local function exists(name)
  local file = io.open(name)
  if file then file:close() end
  return file ~= nil
end

local times = {}
while exists(arg[2]) do
  local started = core.now()
  assert(client:request("GET", path))
  times[#times + 1] = core.now() - started
  client:step(0.005)
end
print(table.concat(times, "\n"))
