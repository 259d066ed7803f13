--- The emulator's own operations, under /_emulator/.
-- @module studio.emulator.server.control

local console = require "studio.emulator.server.console"
local driving = require "studio.emulator.server.driving"
local errors = require "studio.emulator.server.errors"
local faults = require "studio.emulator.server.faults"
local form = require "studio.emulator.server.form"
local request_log = require "studio.emulator.server.request_log"
local validate = require "studio.emulator.server.validate"

local control = {}

local done = '{"done":true}'
local operations = {
  ["POST /_emulator/faults"] = function(request)
    local texts = form.parse(request.body).fault
    local fault = texts and validate.decode_json(texts[1])
    if type(fault) ~= "table" then
      errors.refuse(400, 20001, "Invalid parameter fault: must be a JSON object")
    end
    for _, name in ipairs { "pattern", "query", "request_body" } do
      if type(fault[name]) == "string" and not pcall(string.find, "", fault[name]) then
        errors.refuse(400, 20001, "Invalid parameter fault: " .. name .. " must be a Lua pattern")
      end
    end
    faults.add(fault)
    return done
  end,
  ["DELETE /_emulator/faults"] = function()
    faults.clear()
    return done
  end,
  ["GET /_emulator/requests"] = function()
    return request_log.body()
  end,
  ["DELETE /_emulator/requests"] = function()
    request_log.clear()
    return done
  end,
  ["POST /_emulator/reset"] = function()
    control.reset()
    return done
  end,
}

--- Says how everything is put back to where it started.
function control.configure(reset)
  control.reset = reset
end

--- Does what a request under /_emulator/ asks.
-- @treturn string body
function control.respond(request)
  local name = request.method .. " " .. request.path
  local operation = operations[name] or driving.operations[name] or console.operations[name]
  if not operation then
    errors.not_found(request.path)
  end
  return operation(request)
end

return control
