--- The log that `STUDIO_LOG` asks for: the events of `on_event`, one line each on stderr. Events hold no credentials, bodies,
-- telephone numbers or contexts, so neither does the log; of an event of kind "task" it leaves out the message, which is the program's.
local ascii = require "studio.base.ascii"

local log = {}

-- Which events each level tells.
local levels = {
  info = { response = true, retry = true, error = true },
  debug = { request = true, response = true, retry = true, error = true },
}

-- The decimal point of %f is the locale's.
local function thousandths(seconds)
  local count = math.floor(seconds * 1000 + 0.5)
  return ("%d.%03d s"):format(math.floor(count / 1000), count % 1000)
end

local function code(value) return "code " .. ascii.text(value) end

-- The fields of an event behind its type, method and path, in the order of a line: name, printf format or function.
local fields = {
  { "status", "status %d" }, { "kind", "%s" }, { "code", code }, { "seconds", thousandths }, { "bytes", "%d bytes" },
  { "attempt", "attempt %d" }, { "request_id", "request %s" },
}

local function write(event)
  local parts = { os.date "!%Y-%m-%dT%H:%M:%SZ", "studio", event.type }
  if event.method then parts[#parts + 1] = event.method end
  if event.path then parts[#parts + 1] = event.path end
  for _, field in ipairs(fields) do
    local value = event[field[1]]
    local form = field[2]
    if value ~= nil then parts[#parts + 1] = type(form) == "function" and form(value) or form:format(value) end
  end
  if event.type == "error" and event.sent == nil and event.method == "POST" then parts[#parts + 1] = "may have been carried out" end
  io.stderr:write(table.concat(parts, " "):gsub("[%z\1-\31\127]", "?") .. "\n")
end

local warned = false

--- The handler of events that the environment and the program ask for.
-- @tparam string|nil level the value of `STUDIO_LOG`: `"info"` or `"debug"`; another one is told once and asks for nothing
-- @tparam function|nil on_event the program's own handler
-- @treturn function|nil
function log.handler(level, on_event)
  if level == nil or level == "" then return on_event end
  local told = levels[level]
  if not told then
    if not warned then
      warned = true
      io.stderr:write(("studio: STUDIO_LOG must be info or debug, not '%s'\n"):format((level:sub(1, 40):gsub("[%z\1-\31\127-\255]", "?"))))
    end
    return on_event
  end
  return function(event)
    if told[event.type] then write(event) end
    if on_event then on_event(event) end
  end
end

return log
