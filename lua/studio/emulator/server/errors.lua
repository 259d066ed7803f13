--- Refusals, worded and shaped as the API does it.
-- @module studio.emulator.server.errors

local json = require "studio.emulator.server.json_writer"

local failure_mt = { __name = "studio.emulator.failure" }

--- Ends the operation: the dispatcher turns what is raised here into the answer.
-- @tparam integer status HTTP status
-- @tparam integer code the API's own error code
-- @tparam string message
-- @tparam[opt] string details JSON text
local function refuse(status, code, message, details)
  error(setmetatable({ status = status, code = code, message = message, details = details }, failure_mt), 0)
end

--- Tells a refusal from a bug of the emulator.
local function is_failure(value)
  return getmetatable(value) == failure_mt
end

--- The JSON body of a refusal.
local function body(failure)
  local fields = {
    '{"code":', json.integer(failure.code),
    ',"message":', json.text(failure.message),
    ',"more_info":', json.text("https://www.twilio.com/docs/errors/" .. failure.code),
    ',"status":', json.integer(failure.status),
  }
  if failure.details then
    fields[#fields + 1] = ',"details":' .. failure.details
  end
  fields[#fields + 1] = "}"
  return table.concat(fields)
end

--- 20404, in the words of the API.
local function not_found(path)
  refuse(404, 20404, "The requested resource " .. path .. " was not found")
end

return { refuse = refuse, not_found = not_found, is_failure = is_failure, body = body }
