--- application/x-www-form-urlencoded, read and written.
-- @module studio.emulator.server.form

local function from_hex(hex)
  return string.char(tonumber(hex, 16))
end

local function unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", from_hex))
end

local function to_hex(char)
  return string.format("%%%02X", char:byte())
end

--- Percent-encodes one component.
local function escape(text)
  return (text:gsub("[^%w%-%._~]", to_hex))
end

--- Reads a query string or a body.
-- @treturn table each name with the list of its values, and at the integer keys the pairs in order
local function parse(text)
  local fields = {}
  for pair in (text or ""):gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    name, value = unescape(name), unescape(value)
    fields[#fields + 1] = { name, value }
    local values = fields[name]
    if values then
      values[#values + 1] = value
    else
      fields[name] = { value }
    end
  end
  return fields
end

--- Writes a list of pairs.
local function format(pairs_list)
  local out = {}
  for i, pair in ipairs(pairs_list) do
    out[i] = escape(pair[1]) .. "=" .. escape(pair[2])
  end
  return table.concat(out, "&")
end

return { parse = parse, format = format, escape = escape }
