--- How long an OAuth token is good for: what the endpoint says beside it, or what the token (a JWT, RFC 7519) says itself.
local core = require "studio.core"

-- Seconds, where neither says.
local DEFAULT = 3600

local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

-- RFC 4648 §5, without padding; nil when it is none.
local function from_base64url(text)
  if text:find("[^%w%-_]") then return nil end
  local bytes, bits, count = {}, 0, 0
  for digit in text:gmatch(".") do
    bits, count = bits * 64 + digits:find(digit, 1, true) - 1, count + 6
    if count >= 8 then
      count = count - 8
      local rest = bits % 2 ^ count
      bytes[#bytes + 1] = string.char(math.floor((bits - rest) / 2 ^ count))
      bits = rest
    end
  end
  return table.concat(bytes)
end

local function finite(value)
  value = tonumber(value)
  return value and value > -math.huge and value < math.huge and value or nil
end

-- From when it was given out to when it expires: of two moments on the service's clock the difference is right, whatever ours says.
local function life_of_jwt(token)
  local payload = type(token) == "string" and token:match("^[^.]+%.([^.]+)%.[^.]*$")
  local text = payload and from_base64url(payload)
  local claims = text and core.decode(text)
  if type(claims) ~= "table" then return nil end
  local expires, issued = finite(claims.exp), finite(claims.iat)
  return expires and expires - (issued or os.time())
end

--- How long it is good for, from the moment it came.
-- @tparam table answer of a token endpoint (RFC 6749 §5.1): `access_token`, `expires_in`
-- @treturn number seconds; 0 or less for one that cannot be used again
return function(answer)
  return finite(answer.expires_in) or life_of_jwt(answer.access_token) or DEFAULT
end
