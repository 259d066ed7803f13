--- How far a job is: a line that is drawn again on a terminal, a line now and then with `-v` elsewhere.
local core = require "studio.core"
local terminal = require "studio.cli.terminal"
local width = require "studio.cli.width"

-- Seconds between two lines where there is no terminal.
local PAUSE = 10

local progress = {}

-- A whole number with commas between thousands.
local function grouped(number)
  local digits = ("%d"):format(number)
  while true do
    local count
    digits, count = digits:gsub("^(-?%d+)(%d%d%d)", "%1,%2")
    if count == 0 then return digits end
  end
end

progress.grouped = grouped

-- The numbers of %d are whole.
local function rounded(number) return math.floor(number + 0.5) end

-- Seconds as people say them.
local function duration(seconds)
  if seconds < 90 then return ("%d s"):format(rounded(seconds)) end
  if seconds < 5400 then return ("%d min"):format(rounded(seconds / 60)) end
  return ("%d h %d min"):format(math.floor(seconds / 3600), math.floor(seconds % 3600 / 60))
end

local function line_of(what, told)
  local parts = { told.total and ("%s of %s %s"):format(grouped(told.done), grouped(told.total), what)
    or ("%s %s"):format(grouped(told.done), what) }
  local rate = told.rate or 0
  if rate > 0 then parts[#parts + 1] = rate >= 10 and ("%d/s"):format(rounded(rate)) or ("%d/min"):format(rounded(rate * 60)) end
  if told.eta then parts[#parts + 1] = duration(told.eta) .. " left" end
  local names = {}
  for name, count in pairs(told.counts or {}) do
    if count > 0 and name ~= "waiting" and name ~= "total" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do parts[#parts + 1] = ("%s %s"):format(grouped(told.counts[name]), name) end
  return table.concat(parts, ", ")
end

local function columns_of(descriptor)
  local columns = core.terminal(descriptor)
  return columns > 0 and columns or 80
end

--- Makes the function that a job tells its progress to.
-- @tparam string what is counted: `executions`
-- @tparam table arguments `verbose`
-- @treturn function for the option `on_progress`
-- @treturn function() that clears the line, for the end
function progress.new(what, arguments)
  if terminal.can_draw() then
    local drawn = 0 -- columns
    -- A line that the terminal has become too narrow for is in two by now, and stays.
    local function to_begin(columns) return (drawn > columns and "\n" or "") .. "\r\27[K" end
    local function tell(told)
      local columns = columns_of(2)
      local line = width.cut(line_of(what, told), columns - 1, terminal.mark())
      io.stderr:write(to_begin(columns), line)
      drawn = width.of(line)
    end
    local function clear()
      if drawn > 0 then io.stderr:write(to_begin(columns_of(2))) end
    end
    return tell, clear
  end
  local due = core.now() + PAUSE
  local function tell(told)
    if not arguments.verbose or core.now() < due then return end
    due = core.now() + PAUSE
    io.stderr:write(line_of(what, told), "\n")
  end
  return tell, function() end
end

-- Seconds between two looks whether Ctrl-C has come.
local LOOK = 0.1

--- Says, when the first Ctrl-C has come, what a job waits for: a service that is silent may keep it for the time of a call.
-- @tparam table context
-- @tparam table client that the job calls with
-- @treturn table a task, to be cancelled when the job is over
function progress.watch_interrupts(context, client)
  return client:spawn(function()
    while core.interrupts() == 0 do
      if not client:sleep(LOOK) then return end
    end
    if context.clear_progress then context.clear_progress() end
    context:note("stopping: what is in flight ends first, Ctrl-C again ends at once")
  end)
end

return progress
