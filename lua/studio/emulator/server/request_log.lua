--- What arrived, for tests that count at the server.
-- @module studio.emulator.server.request_log

local json = require "studio.emulator.server.json_writer"

local request_log = {}

-- Benchmarks send millions of requests; the newest are kept, of all of which bodies, paths, queries and headers have so many bytes.
local capacity = 10000
local most_bytes = 32 * 1024 * 1024
-- What an entry costs beside its texts.
local overhead = 1024
local entries, sizes, first, last, bytes

--- Forgets all.
function request_log.clear()
  entries, sizes, first, last, bytes = {}, {}, 1, 0, 0
end

local function size_of(request)
  local size = overhead + #request.body + #request.path + #request.query_string
  for name, value in pairs(request.headers) do
    for _, text in ipairs(type(value) == "table" and value or { tostring(value) }) do size = size + #name + #tostring(text) end
  end
  return size
end

--- Notes a request; the newest stays, however large it is.
function request_log.add(request)
  last = last + 1
  entries[last], sizes[last] = request, size_of(request)
  bytes = bytes + sizes[last]
  while last - first >= capacity or bytes > most_bytes and first < last do
    bytes = bytes - sizes[first]
    entries[first], sizes[first] = nil, nil
    first = first + 1
  end
end

-- Of credentials only the scheme is told.
local function write_headers(headers)
  local out = {}
  for name, value in pairs(headers) do
    if type(value) == "table" then
      value = table.concat(value, ", ")
    end
    if name == "authorization" or name == "proxy-authorization" then
      value = tostring(value):match("^%S*")
    end
    out[#out + 1] = json.bytes(name) .. ":" .. json.bytes(tostring(value))
  end
  return "{" .. table.concat(out, ",") .. "}"
end

local function write_entry(request)
  return table.concat {
    '{"method":', json.bytes(request.method),
    ',"path":', json.bytes(request.path),
    ',"query":', json.bytes(request.query_string),
    ',"body":', json.bytes(request.body),
    ',"headers":', write_headers(request.headers),
    ',"connection":', json.integer(request.connection),
    ',"protocol":', json.bytes(request.protocol),
    ',"request_id":', json.bytes(request.id),
    ',"time":', ("%.3f"):format(request.time), "}",
  }
end

--- The log as JSON, oldest first. Bytes are told one by one as characters, for what arrives need not be UTF-8.
function request_log.body()
  local out = {}
  for i = first, last do
    out[#out + 1] = write_entry(entries[i])
  end
  return '{"requests":[' .. table.concat(out, ",") .. "]}"
end

return request_log
