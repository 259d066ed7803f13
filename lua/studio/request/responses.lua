--- The answers that values came in, for `studio.response_of`: status, headers, time. Each is kept as one string, which is
-- read only when a program asks: other calls pay for the copy of a header block alone.
local core = require "studio.core"

local responses = {}

-- Value → the receipt of its answer, see `transfer:receipt` in C; or a table, where a transport of the program's brought it.
local receipts = setmetatable({}, { __mode = "k" })

--- The receipt of the answer that each value came in, a resource or a page. An answer that was to be empty has none.
responses.receipts = receipts

--- One value is made of another: what is known of the first holds for the second.
-- @tparam table from
-- @tparam table to
function responses.hand_on(from, to)
  receipts[to], receipts[from] = receipts[from], nil
end

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
