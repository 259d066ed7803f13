--- Addresses of contacts, so that one contact written in two ways is one.
local studio = require "studio"

-- What people put between the digits: blanks, a no-break space, hyphens, dots, slashes and brackets.
local function bare(text)
  return (text:gsub("\194\160", ""):gsub("\226\128[\144-\149]", ""):gsub("[%s%-%./()]", ""))
end

local function number_of(text)
  local digits = bare(text):match "^%+([1-9]%d*)$"
  return digits and #digits >= 7 and #digits <= 15 and "+" .. digits or nil
end

--- The form in which an address is compared and sent: a number in E.164, such as `+15550001111`; behind a channel's name
-- (`whatsapp:+15550001111`) likewise; what else a channel has (`client:alice`) stays as it is.
-- @param value
-- @treturn string; or nil and what is wrong with it
local function normalised(value)
  if type(value) ~= "string" then return nil, ("'to' must be a text, such as \"+15550001111\", got %s"):format(type(value)) end
  if #value >= 8 and #value <= 16 and value:find "^%+[1-9]%d*$" then return value end -- as most are
  local text = value:match "^%s*(.-)%s*$"
  if text == "" then return nil, "'to' is empty" end
  if text:find "[%z\1-\31\127]" then return nil, "'to' must not hold a control character" end
  local channel, rest = text:match "^([A-Za-z][0-9A-Za-z_.-]*:)(.+)$"
  if channel then
    if not studio.encode(rest) then return nil, "'to' is not UTF-8" end
    return channel .. (number_of(rest) or rest)
  end
  local number = number_of(text)
  if number then return number end
  if #text > 40 then text = text:sub(1, 40) .. "..." end
  return nil, ("'to' must be a number with its country, such as +15550001111, got '%s'"):format(text)
end

return { normalised = normalised }
