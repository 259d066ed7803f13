--- One attempt of one request over an object that the program gave, for tests without a network. Nothing goes on by itself in it, so it
-- cannot `begin` what is waited for later.
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local errors = require "studio.base.errors"

local floor = math.floor

local response_methods = {}
local response_mt = { __name = "studio.response", __index = response_methods }

function response_methods:header(name) return self.fields[ascii.lower(name)] end
function response_methods:headers() return self.fields end
function response_methods:body(most) return most and self.text:sub(1, most) or self.text end
function response_methods:size() return #self.text end
function response_methods:decode(rule) return core.decode(self.text, rule) end
function response_methods.object() return nil end

function response_methods:receipt(attempt)
  return { status = self.status, attempts = attempt, seconds = self.elapsed, headers = self.fields }
end
function response_methods:seconds() return self.elapsed end

local function header_text(name, value)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" then return ascii.text(value) end
  errors.misuse("transport: the header '%s' must be a string, or an array of strings where it is repeated, got %s", name, kind)
end

-- A header that is repeated is one with commas (RFC 9110 §5.3); other libraries give it as an array.
local function lower_names(headers)
  local fields = {}
  for name, value in next, headers or {} do
    if type(name) ~= "string" then errors.misuse("transport: the names of the headers must be strings, got %s", type(name)) end
    if type(value) == "table" and rawget(value, 1) ~= nil then
      local parts, part = {}, rawget(value, 1)
      while part ~= nil do
        parts[#parts + 1] = header_text(name, part)
        part = rawget(value, #parts + 1)
      end
      value = table.concat(parts, ", ")
    end
    fields[ascii.lower(name)] = header_text(name, value)
  end
  return fields
end

-- Why there is no answer, as the program's object says it.
local function failure_text(message)
  local kind, metatable = type(message), getmetatable(message)
  if kind == "string" and message ~= "" or kind == "number" then return ascii.text(message) end
  if not message or message == "" then return "the transport gave no answer" end
  if type(metatable) ~= "table" or metatable.__tostring == nil then return ("the transport failed with a %s"):format(kind) end
  local told, text = pcall(tostring, message)
  return told and text or ("the transport failed with a %s whose __tostring raises"):format(kind)
end

local custom_methods = {}
local custom_mt = { __name = "studio.transport", __index = custom_methods }

--- Makes a transport of the program's object. Its `send(request)` gets `{ method, url, headers, body, timeout }`
-- (`headers` is a table name → value) and returns `{ status, headers, body }`, or nil and a message.
-- @tparam table object
-- @tparam table loop
-- @tparam table options `user_agent`, `max_response_bytes`
-- @treturn table
local function new(object, loop, options)
  return setmetatable({
    object = object, loop = loop, user_agent = options.user_agent, most = options.max_response_bytes,
  }, custom_mt)
end

--- Sends a request, see `studio.transport.curl`; the answer is always looked at.
function custom_methods:exchange(method, origin, target, authorization, extra, body, timeout)
  local way, refusal = self.loop:way_for_call()
  if not way then return nil, nil, refusal end
  local fields = { ["User-Agent"] = self.user_agent, Accept = "application/json", Authorization = authorization }
  for index = 1, extra and #extra or 0, 2 do fields[extra[index]] = extra[index + 1] end
  if body then fields["Content-Type"] = "application/x-www-form-urlencoded" end
  local started = core.now()
  local object = self.object
  local send = object.send
  if type(send) ~= "function" then errors.misuse("transport: its method 'send' is a %s now", type(send)) end
  local answer, message = send(object, { method = method, url = origin .. target, headers = fields, body = body, timeout = timeout })
  local elapsed = core.now() - started
  if not answer then
    return nil, nil, { name = "broken", message = failure_text(message), sent = true }
  end
  local status = type(answer) == "table" and tonumber(answer.status)
  if not status or status % 1 ~= 0 or status < 100 or status > 999 then
    errors.misuse("transport: send must return a table with a 'status' of three digits, or nil and a message")
  end
  if answer.headers ~= nil and type(answer.headers) ~= "table" then
    errors.misuse("transport: the headers must be a table, got %s", type(answer.headers))
  end
  if answer.body ~= nil and type(answer.body) ~= "string" then
    errors.misuse("transport: the body must be a string, got %s", type(answer.body))
  end
  local text = answer.body or ""
  if #text > self.most then
    local too_long = "the body is longer than max_response_bytes"
    return nil, nil, { name = "body_limit", message = too_long, sent = true, status = status }
  end
  status = floor(status)
  local response = { status = status, fields = lower_names(answer.headers), text = text, elapsed = elapsed }
  return nil, setmetatable(response, response_mt), status
end

function custom_methods.release() end

function custom_methods.close() end

return new
