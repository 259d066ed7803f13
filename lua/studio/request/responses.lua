--- The answers that values came in, for `studio.response_of`: status, headers, time. Each is kept as one string, which is
-- read only when a program asks: other calls pay for the copy of a header block alone.
local core = require "studio.core"
local receipts = require("studio.request.call").receipts

local responses = {}

--- Tells of the answer that a value came in.
-- @tparam table value a resource that a call of its own brought, or a page
-- @treturn table `status` and `attempts` (integers), `headers` (lower-case name → value), `request_id`, `seconds`; nil for any other value
function responses.of(value)
  local receipt = receipts[value]
  if receipt == nil then return nil end
  local status, attempts, seconds, headers
  if type(receipt) == "string" then
    status, attempts, seconds, headers = core.read_receipt(receipt)
  else
    status, attempts, seconds, headers = receipt.status, receipt.attempts, receipt.seconds, {}
    for name, text in pairs(receipt.headers) do headers[name] = text end
  end
  return {
    status = status, attempts = attempts, seconds = seconds, headers = headers,
    request_id = headers["twilio-request-id"],
  }
end

return responses
