--- What arrived, for tests that count at the server.
-- @module studio.emulator.server.request_log

local json = require "studio.emulator.server.json_writer"

local request_log = {}

-- Benchmarks send millions of requests; the newest are kept.
local capacity = 10000
local entries, first, last

--- Forgets all.
function request_log.clear()
  entries, first, last = {}, 1, 0
end

--- Notes a request.
function request_log.add(request)
  last = last + 1
  entries[last] = request
  if last - first >= capacity then
    entries[first] = nil
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
