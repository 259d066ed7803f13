--- Who works on a campaign: one for each call, in whatever process and on whatever machine.
local core = require "studio.core"

local function first_line(path)
  local file = io.open(path, "r")
  if not file then return nil end
  local line = file:read "*l"
  file:close()
  return line
end

--- Makes a worker.
-- @treturn table `id`, which no other has; `host` and `pid` (nil where the system does not tell), for people who look into the tables
local function new()
  local digits = {}
  for index = 1, 4 do digits[index] = ("%04x"):format(math.floor(core.random() * 65536)) end
  local stat = first_line "/proc/self/stat"
  return {
    id = table.concat(digits),
    host = first_line "/proc/sys/kernel/hostname" or os.getenv "HOSTNAME" or "", pid = stat and tonumber(stat:match "^%d+"),
  }
end

return { new = new }
