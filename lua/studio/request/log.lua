--- What `STUDIO_LOG` in the environment asks for: the events of `on_event`, one line each on stderr. Events hold no credentials, bodies,
-- telephone numbers or contexts, so neither does the log.
local log = {}

-- Which events each level tells.
local levels = {
  info = { response = true, retry = true, error = true },
  debug = { request = true, response = true, retry = true, error = true },
}

-- The fields of an event behind its type, method and path, in the order of a line: name, printf format.
local fields = {
  { "status", "status %d" }, { "kind", "%s" }, { "code", "code %d" }, { "seconds", "%.3f s" }, { "bytes", "%d bytes" },
  { "attempt", "attempt %d" }, { "request_id", "request %s" },
}

local function write(event)
  local parts = { os.date "!%Y-%m-%dT%H:%M:%SZ", "studio", event.type }
  if event.method then parts[#parts + 1] = event.method end
  if event.path then parts[#parts + 1] = event.path end
  for _, field in ipairs(fields) do
    local value = event[field[1]]
    if value ~= nil then parts[#parts + 1] = field[2]:format(value) end
  end
  if event.type == "error" and event.sent == nil and event.method == "POST" then parts[#parts + 1] = "may have been carried out" end
  io.stderr:write((table.concat(parts, " "):gsub("%c", "?")), "\n")
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
      io.stderr:write(("studio: STUDIO_LOG must be info or debug, not '%s'\n"):format((level:sub(1, 40):gsub("[%c\128-\255]", "?"))))
    end
    return on_event
  end
  return function(event)
    if told[event.type] then write(event) end
    if on_event then on_event(event) end
  end
end

return log
