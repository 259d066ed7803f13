--- Faults on demand.
-- @module studio.emulator.server.faults

local errors = require "studio.emulator.server.errors"
local form = require "studio.emulator.server.form"

local faults = {}
local waiting

--- Forgets all.
function faults.clear()
  waiting = {}
end

--- Adds a fault behind those that wait; what its fields mean is said at `service:fault`.
function faults.add(fault)
  fault.left = fault.times or 1
  waiting[#waiting + 1] = fault
end

-- A text is a pattern for what was sent, a table the parameters that must be in it.
local function has(wanted, text)
  if not wanted then return true end
  if type(wanted) == "string" then return text:find(wanted) ~= nil end
  local fields = form.parse(text)
  for name, value in pairs(wanted) do
    local found = false
    for _, given in ipairs(fields[name] or {}) do found = found or given == value end
    if not found then return false end
  end
  return true
end

local function fits(fault, request)
  return (not fault.method or fault.method == request.method)
    and (not fault.path or request.path:sub(1, #fault.path) == fault.path)
    and (not fault.pattern or request.path:find(fault.pattern) ~= nil)
    and has(fault.query, request.query_string) and has(fault.request_body, request.body)
end

--- Takes the first fault that fits a request, once.
function faults.take(request)
  for i, fault in ipairs(waiting) do
    if fits(fault, request) then
      -- A negative number of times never comes to its end.
      fault.left = fault.left - 1
      if fault.left == 0 then
        table.remove(waiting, i)
      end
      return fault
    end
  end
end

--- The answer that a fault has instead of the operation's, if it has one.
-- @treturn ?table { status =, body =, headers = }
function faults.answer(fault)
  if not (fault.status or fault.body) then
    return nil
  end
  local status = fault.status or 200
  local body = fault.body
  if not body and status ~= 204 then
    body = errors.body { status = status, code = 20000 + status, message = "Fault on demand" }
  end
  return { status = status, body = body }
end

return faults
