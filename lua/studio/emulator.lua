--- A local Studio service, for tests and first steps without an account.
--
-- It is Lua code in a real nginx, with its state in memory, on free ports of 127.0.0.1; it ends with the program that started it.
--
--     local emulator = require "studio.emulator"
--     local service = assert(emulator.start())
--     local client = studio.new {
--       base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token,
--     }
--     service:fault { method = "GET", status = 503, times = 2 }
--     …
--     service:stop()
--
-- @module studio.emulator

local ascii = require "studio.base.ascii"
local driving = require "studio.emulator.driving"
local errors = require "studio.base.errors"
local known = require "studio.emulator.known"
local names = require "studio.base.names"
local options_module = require "studio.base.options"
local process = require "studio.emulator.process"
local suggest = require "studio.base.suggest"

local function copy(from)
  local to = {}
  for key, value in pairs(from) do
    to[key] = value
  end
  return to
end

--- The module also tells what a service has unless told otherwise: the credentials by the names of the options, `flows` and
-- `flex_flow`.
local emulator = copy(known)

local service_methods = {}
local service_mt = { __name = "studio.emulator.service", __index = service_methods }

--- The options of `start`, with the defaults.
local defaults = {
  account_sid = known.account_sid,
  auth_token = known.auth_token,
  api_key = known.api_key,
  api_secret = known.api_secret,
  client_id = known.client_id,
  client_secret = known.client_secret,
  control_token = "",
  token_lifetime = 3600,
  page_size = 50,
  engagements = 120,
  port = false,
  nginx = false,
  now = false,
  starts_per_second = false,
  http = false,
  outcomes = false,
}

-- What lets somebody in is made anew for each service: other users of this machine reach its port, too.
local secrets = { "auth_token", "api_secret", "client_secret", "control_token" }

-- Options without a default.
local optional = { port = "number", nginx = "string", now = "number", starts_per_second = "number", http = "table", outcomes = "table" }

-- Fields of two types are named with both.
local fault_fields = {
  method = "string", path = "string", pattern = "string", query = "string or table", request_body = "string or table", times = "number",
  status = "number", headers = "table", body = "string", delay = "number", drop = "string", reset = "boolean", cut = "number",
}

local function unknown(kind, name, fields)
  return ("unknown %s '%s'%s"):format(kind, tostring(name), suggest(name, names.sorted(fields), kind .. "s"))
end

-- Numbers that are whole: the least and the most that each may be.
local ranges = {
  port = { 0, 65535 }, page_size = { 1, 1000 }, engagements = { 0, 100000 }, token_lifetime = { 0, 2 ^ 31 },
}

local function check_range(name, value)
  local range = ranges[name]
  if range and not (value >= range[1] and value <= range[2] and value % 1 == 0) then
    error(("option '%s' must be a whole number from %d to %d, got %s"):format(name, range[1], range[2], ascii.text(value)), 4)
  end
end

local function read_options(given)
  local options = {}
  if given ~= nil and type(given) ~= "table" then error(("options must be a table, not a %s"):format(type(given)), 3) end
  for name, value in next, options_module.fields(given or {}, defaults) do
    if defaults[name] == nil then
      error(unknown("option", name, defaults), 3)
    end
    local due = optional[name] or type(defaults[name])
    if type(value) ~= due then
      error(("option '%s' must be a %s, not a %s"):format(name, due, type(value)), 3)
    elseif due == "string" and value:find "[%z\1-\31\127]" then
      error(("option '%s' must not hold a control character"):format(name), 3)
    end
    check_range(name, value)
    options[name] = value
  end
  for _, name in ipairs(secrets) do
    if options[name] == nil then options[name] = process.secret() end
  end
  for name, value in pairs(defaults) do
    if options[name] == nil and not optional[name] then
      options[name] = value
    end
  end
  -- 8080.0 is a good port, but not for nginx.
  options.port = options.port and options.port ~= 0 and math.floor(options.port) or nil
  if options.now and not (options.now >= 0 and options.now < 253402300800) then
    error(("option 'now' must be seconds since 1970, before the year 10000, got %s"):format(ascii.text(options.now)), 3)
  elseif options.starts_per_second and not (options.starts_per_second >= 1 and options.starts_per_second < math.huge) then
    error(("option 'starts_per_second' must be 1 or more, got %s"):format(ascii.text(options.starts_per_second)), 3)
  end
  return options
end

--- Starts a service and returns when it answers.
-- @tparam[opt] table options
-- @tparam[opt] string options.account_sid and `auth_token`, `api_key`, `api_secret`, `client_id`, `client_secret`: the credentials
--   that are accepted; SIDs and keys are the module's unless given, tokens and secrets are random for each service unless given
-- @tparam[opt] string options.control_token what the service's own operations (faults, the log of requests, runs) ask for beside the
--   account SID; random unless given
-- @tparam[opt] number options.port of plain HTTP; a free one by default, and for 0
-- @tparam[opt=50] number options.page_size of lists that are asked for without one
-- @tparam[opt=120] number options.engagements how many ended ones the seeded survey has
-- @tparam[opt=3600] number options.token_lifetime seconds that an OAuth token is good for
-- @tparam[opt] string options.nginx the program to run; openresty or nginx, wherever they are, by default
-- @tparam[opt] number options.now epoch seconds at which its clock starts; the seeded executions are then of the hours before, not of 2024
-- @tparam[opt] number options.starts_per_second more new executions than this in a second are answered 429; no limit by default
-- @tparam[opt] table options.http what the flows' requests and functions are answered, by `"METHOD URL"`, as `flow.simulate` takes it
-- @tparam[opt] table options.outcomes of widgets by name, as `flow.simulate` takes them; neither may have functions in it
-- @treturn ?table the service, with `base_url`, `tls_url` (HTTP/2), `ca_file` (verifies `tls_url`), `console_url` (the page for a browser,
--   with the token that opens it: whoever has it drives the service), the credentials by the names of
--   the options, `flows` (SIDs of the seeded flows by position and as `survey`, `reminder`, `support`, `orders`, `values`) and
--   `flex_flow` (SID of the seeded Flex Flow)
-- @treturn string why it did not start, and what to install if that is the reason
-- @function start
local function start(options)
  errors.refuse_colon(options, emulator, "emulator.start")
  options = read_options(options)
  local config = copy(options)
  config.port, config.nginx = nil, nil
  local written = driving.write_options(options, 3)
  config.http, config.outcomes = written.http, written.outcomes
  config.salt = ("%d-%d-%d"):format(os.time(), process.random(2 ^ 24), process.random(2 ^ 24))
  local running, message = process.start(options, config)
  if not running then
    return nil, "the emulator did not start: " .. message
  end
  local service = copy(options)
  service.process = running
  service.port = running.port
  service.base_url = ("http://127.0.0.1:%d"):format(running.port)
  -- What is behind the # goes to no server; the page takes its token from there.
  service.console_url = ("%s/console#token=%s"):format(service.base_url, service.control_token)
  service.tls_url = ("https://127.0.0.1:%d"):format(running.tls_port)
  service.ca_file = running.prefix .. "/ca.pem"
  service.flows = copy(known.flows)
  service.flex_flow = known.flex_flow
  return setmetatable(service, service_mt)
end

-- With a dot for the colon the first argument is the program's, or nothing.
local function check_self(service, name)
  if getmetatable(service) ~= service_mt then
    errors.misuse("call '%s' with a colon, not with a dot", name)
  end
end

-- A log that is full, with every byte of it written as six characters.
local LARGEST_LOG = 256 * 1024 * 1024

-- Control calls are made with the library itself. It is required late: whoever only starts the service needs no C module.
local function open_client(service, level)
  if not service.process then
    error("the emulator is stopped", level)
  end
  service.client = service.client or require("studio").new {
    base_url = service.base_url, account_sid = service.account_sid, auth_token = service.control_token,
    retry = false, timeout = 30, no_proxy = "*", max_response_bytes = LARGEST_LOG,
  }
  return service.client
end

local function control(service, method, path, params)
  local client = open_client(service, 4)
  local response, err = client:request(method, "/_emulator/" .. path, params)
  if not response then
    error("the emulator does not answer: " .. tostring(err), 3)
  end
  return response.body
end

--- Ends the service: no process and no file of it is left. Doing it again is fine.
-- @treturn boolean true
function service_methods:stop()
  check_self(self, "stop")
  local running = self.process
  if not running then
    return true
  end
  self.process = nil
  if self.client then
    self.client:close()
    self.client = nil
  end
  running.handle:close()
  return true
end

service_mt.__gc = service_methods.stop
service_mt.__close = service_methods.stop

local function check_fault(fault)
  if type(fault) ~= "table" then
    error("a fault must be a table, not a " .. type(fault), 3)
  end
  fault = options_module.fields(fault, fault_fields)
  for name, value in next, fault do
    local due = fault_fields[name]
    if not due then
      error(unknown("field", name, fault_fields), 3)
    elseif not (" " .. due .. " "):find(" " .. type(value) .. " ", 1, true) then
      error(("field '%s' of a fault must be a %s, not a %s"):format(name, due, type(value)), 3)
    end
  end
  if next(fault) == nil then
    error("a fault must say what is to happen, such as { status = 503 }, or how often: { times = 1 } lets one request through", 3)
  end
  if fault.path and fault.path:sub(1, 1) ~= "/" then
    error("field 'path' of a fault must begin with '/'", 3)
  end
  if fault.drop and fault.drop ~= "before" and fault.drop ~= "after" then
    error("field 'drop' of a fault must be 'before' or 'after'", 3)
  end
  if fault.reset and not fault.drop then
    error("field 'reset' of a fault goes with 'drop'", 3)
  end
  return fault
end

--- Makes requests fail, or gives them a canned answer.
--
-- Faults wait in the order in which they were added. A request takes the first that fits it, and that one alone; a fault is gone
-- when it was taken `times` times. One without any effect lets requests through: `{ times = 2 }` before another lets two pass.
-- @tparam table fault
-- @tparam[opt] string fault.method only requests with this method
-- @tparam[opt] string fault.path only paths that start with this; it begins with a slash
-- @tparam[opt] string fault.pattern only paths in which this Lua pattern (5.1) is found
-- @tparam[opt] string|table fault.query only requests in whose query string this Lua pattern is found, or which have these parameters in
--   it: `{ PageSize = "50" }`
-- @tparam[opt] string|table fault.request_body the same for the body of the request: `{ To = "+15550001111" }`
-- @tparam[opt=1] number fault.times how often; math.huge for always
-- @tparam[opt] number fault.status answer with this status, carrying nothing out; without `body` in the shape of an API error
-- @tparam[opt] string fault.body answer with this body, carrying nothing out; status 200 unless given
-- @tparam[opt] table fault.headers headers of the answer, over those it has; `false` takes one away
-- @tparam[opt] number fault.delay seconds to wait first
-- @tparam[opt] string fault.drop close the connection without an answer: "before" or "after" the operation is carried out
--   (over HTTP/2 the stream is reset and the connection stays)
-- @tparam[opt] boolean fault.reset with `drop`: by a TCP reset
-- @tparam[opt] number fault.cut announce the whole body, send this many bytes of it, and close
-- @treturn table the service
-- @raise when a field is unknown or wrong; as all methods but `stop`, when the service was stopped or does not answer
function service_methods:fault(fault)
  check_self(self, "fault")
  local wire = check_fault(fault)
  if wire.times and wire.times >= 2 ^ 31 then
    wire.times = -1
  end
  require "studio" -- it says so where its module in C is for another Lua, or missing
  local text, problem = require("studio.base.json").encode(wire)
  if not text then errors.misuse("a fault goes to another process as JSON, and cannot: %s", problem) end
  control(self, "POST", "faults", { form = { fault = text } })
  return self
end

--- Forgets the faults that were not taken.
-- @treturn table the service
function service_methods:clear_faults()
  check_self(self, "clear_faults")
  control(self, "DELETE", "faults")
  return self
end

-- The log tells bytes as characters U+0000 to U+00FF: those beyond ASCII, in UTF-8, and the bytes.
local byte_of = {}
for byte = 128, 255 do byte_of[string.char(192 + math.floor(byte / 64), 128 + byte % 64)] = string.char(byte) end

local function bytes(text)
  return (text:gsub("[\194\195][\128-\191]", byte_of))
end

--- What arrived since the start, the last reset or the last `clear_log`, oldest first; the newest 10,000.
-- @treturn table a list of { method, path, query, body, headers (names in lower case; of Authorization only the scheme),
--   connection (a number), protocol ("HTTP/1.1", "HTTP/2.0"), request_id, time (seconds since 1970) }
function service_methods:requests()
  check_self(self, "requests")
  local requests = control(self, "GET", "requests").requests
  for _, request in ipairs(requests) do
    for _, field in ipairs { "path", "query", "body" } do
      request[field] = bytes(request[field])
    end
    for name, value in pairs(request.headers) do
      request.headers[name] = bytes(value)
    end
  end
  return requests
end

--- Empties the log of requests.
-- @treturn table the service
function service_methods:clear_log()
  check_self(self, "clear_log")
  control(self, "DELETE", "requests")
  return self
end

--- Puts everything back: the seeds, no faults, an empty log, no OAuth tokens.
-- @treturn table the service
function service_methods:reset()
  check_self(self, "reset")
  control(self, "POST", "reset")
  return self
end

driving.install(service_methods, { check_self = check_self, open_client = open_client, unknown = unknown })

--- What a program needs in its environment to use this service.
-- @treturn table name to value; `false` for what must not be set
function service_methods:environment()
  check_self(self, "environment")
  return {
    STUDIO_BASE_URL = self.base_url,
    TWILIO_ACCOUNT_SID = self.account_sid,
    TWILIO_AUTH_TOKEN = self.auth_token,
    TWILIO_API_KEY = false,
    TWILIO_API_SECRET = false,
    TWILIO_REGION = false,
    TWILIO_EDGE = false,
  }
end

function service_mt:__tostring()
  return "studio.emulator.service: " .. (self.process and self.base_url or "stopped")
end

emulator.start = start

names.guard(service_methods, "the service", { hidden = { "process", "client" }, near = true })

return names.guard(emulator, "the module 'studio.emulator'", {
  call = "the module is not called: emulator.start { ... } starts a service",
})
