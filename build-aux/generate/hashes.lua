--- The module with the hashes of the console's scripts and styles, by which a browser knows them: SHA-256 in base64, as a
-- Content-Security-Policy takes it.
local crypto = require "studio.crypto"
local files = require "studio.console.files"

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(bytes)
  local out = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local number = a * 65536 + (b or 0) * 256 + (c or 0)
    for place = 1, 4 do
      local digit = math.floor(number / 64 ^ (4 - place)) % 64
      local is_filling = place == 3 and not b or place == 4 and not c
      out[#out + 1] = is_filling and "=" or DIGITS:sub(digit + 1, digit + 1)
    end
  end
  return table.concat(out)
end

local function hash_of(text)
  return base64((crypto.sha256(text):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)))
end

return function()
  local lines = {
    "--- The hashes of the console's styles and scripts, for the policy of pages that have them within; `make generate` writes this file.",
    "-- @module studio.console.hashes", "", "return {",
  }
  for _, name in ipairs(files.names) do
    if name:find "%.css$" or name:find "%.js$" then
      lines[#lines + 1] = ('  ["%s"] = "%s",'):format(name, hash_of(assert(files.read(name))))
    end
  end
  lines[#lines + 1] = "}\n"
  return table.concat(lines, "\n")
end
