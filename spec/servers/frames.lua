--- The frames of HTTP/2 (RFC 9113 §6), and the header fields that the specs' servers answer with (RFC 7541).
local frames = {
  DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PUSH_PROMISE = 5, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8, CONTINUATION = 9,
  END_STREAM = 1, ACK = 1, END_HEADERS = 4,
  NO_ERROR = 0, PROTOCOL_ERROR = 1, INTERNAL_ERROR = 2, REFUSED_STREAM = 7, CANCEL = 8,
}

--- Four bytes.
function frames.word(number)
  return string.char(0, 0, math.floor(number / 256) % 256, number % 256)
end

local word = frames.word

--- @tparam[opt] number length what the frame says of its length; its own unless given
function frames.frame(kind, flags, stream, payload, length)
  length = length or #payload
  return string.char(math.floor(length / 65536), math.floor(length / 256) % 256, length % 256, kind, flags) .. word(stream) .. payload
end

--- What the nine bytes before a payload say: kind, flags, stream, length.
function frames.read(head)
  local a, b, c, kind, flags, _, _, high, low = head:byte(1, 9)
  return kind, flags, high * 256 + low, a * 65536 + b * 256 + c
end

-- A field whose name is in the static table.
local function literal(index, value)
  return (index < 15 and string.char(index) or string.char(15, index - 15)) .. string.char(#value) .. value
end

local names = { status = 8, encoding = 26, length = 28, type = 31 }

--- The header block of an answer.
-- @tparam table fields `status`, and `type`, `length`, `encoding` where they are wanted
function frames.fields(fields)
  local block = literal(names.status, tostring(fields.status))
  for _, name in ipairs { "type", "length", "encoding" } do
    if fields[name] then block = block .. literal(names[name], tostring(fields[name])) end
  end
  return block
end

return frames
