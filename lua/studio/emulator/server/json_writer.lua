--- Writes JSON text piece by piece.
-- JSON that a client sent is kept and given back as text: no decoder at hand here tells `[]` from `{}` or keeps a large integer.
-- @module studio.emulator.server.json_writer

local escapes = {
  ['"'] = '\\"', ["\\"] = "\\\\",
  ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

-- A table and no function: logs have millions of bytes.
local escape = {}
for byte = 0, 255 do
  local char = string.char(byte)
  escape[char] = escapes[char] or string.format("\\u%04x", byte)
end

--- A JSON string; nil is null.
local function text(value)
  if value == nil then
    return "null"
  end
  return '"' .. value:gsub('[%z\1-\31"\\\127]', escape) .. '"'
end

--- A JSON string in which each byte is one character, so that any bytes can be told of.
local function bytes(value)
  return '"' .. value:gsub('[%z\1-\31"\\\127-\255]', escape) .. '"'
end

--- A JSON integer; nil is null.
local function integer(value)
  return value and string.format("%d", value) or "null"
end

--- true, false or, for nil, null.
local function boolean(value)
  if value == nil then
    return "null"
  end
  return value and "true" or "false"
end

--- JSON text as it stands; nil is null.
local function raw(value)
  return value or "null"
end

--- Seconds since 1970 as an ISO 8601 string; nil is null.
local function date(value)
  return value and os.date('!"%Y-%m-%dT%H:%M:%SZ"', value) or "null"
end

--- An array whose items are written by `write`.
local function array(values, write)
  local items = {}
  for i = 1, #values do
    items[i] = write(values[i])
  end
  return "[" .. table.concat(items, ",") .. "]"
end

return {
  text = text, bytes = bytes, integer = integer, boolean = boolean, raw = raw, date = date, array = array,
}
