--- The client: its options, its methods, and the tree of operations.
local api = require "studio.api"
local caller_module = require "studio.request.call"
local credentials = require "studio.request.credentials"
local errors = require "studio.base.errors"
local loop_module = require "studio.waiting.loop"
local names = require "studio.base.names"
local options_module = require "studio.base.options"
local origins = require "studio.request.origins"
local resource = require "studio.resource.tree"
local transport = require "studio.transport.curl"

require "studio.base.spare"

local misuse = errors.misuse

-- late: most clients trust the certificates that libcurl does.
local function problem_of_file(path) return require "studio.client.certificates"(path) end

local function check_file(value, name)
  options_module.checks.string(value, name)
  local problem = problem_of_file(value)
  if problem then misuse("option '%s' %s", name, problem) end
  return value
end

local function check_transport(value, name)
  local is_object = type(value) == "table" or type(value) == "userdata" and type(getmetatable(value)) == "table"
  if not is_object or type(value.send) ~= "function" then misuse("option '%s' must be an object with a method 'send'", name) end
  return value
end

local function check_http(value, name)
  if value ~= "auto" and value ~= "1.1" then misuse("option '%s' must be \"auto\" or \"1.1\"", name) end
  return value
end

local known = {
  account_sid = "string", auth_token = "string", api_key = "string", api_secret = "string", oauth = "table",
  region = "string", edge = "string", base_url = "string",
  timeout = "seconds", connect_timeout = "seconds", deadline = "seconds", retry = "any",
  max_response_bytes = "count", ca_file = check_file, proxy = "string", no_proxy = "string", user_agent = "string",
  on_event = "function", wait = "function", http = check_http, transport = check_transport,
}

local from_environment = {
  region = "TWILIO_REGION", edge = "TWILIO_EDGE", base_url = "STUDIO_BASE_URL", ca_file = "STUDIO_CA_FILE",
}

-- Attempts, seconds, seconds, tokens; see `studio.request.retry`.
local default_retry = { attempts = 4, base = 0.25, cap = 8, budget = 500 }

local function complete(options)
  options.variables = {}
  for name, variable in pairs(from_environment) do
    local value = os.getenv(variable)
    if options[name] == nil and value and value ~= "" then options[name], options.variables[name] = value, variable end
  end
  local problem = options.variables.ca_file and problem_of_file(options.ca_file)
  if problem then misuse("%s in the environment %s", options.variables.ca_file, problem) end
  options.timeout = options.timeout or 30
  options.connect_timeout = options.connect_timeout or 10
  options.max_response_bytes = options.max_response_bytes or 64 * 1024 * 1024
  if options.retry == nil then
    options.retry = default_retry
  else
    options.retry = require("studio.request.retry").policy(options.retry, default_retry) -- late:
  end
  return options
end

-- Where libcurl looks for a proxy. Which of these counts, and in which order, `studio.request.proxy` knows.
local proxy_variables = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" }

local function may_have_proxy(options)
  if options.proxy then return true end
  for _, name in ipairs(proxy_variables) do
    if os.getenv(name) then return true end
  end
end

-- The proxy that leads to the origins, and what of it must not be shown.
local function find_proxy(options, resolved, identity)
  if not may_have_proxy(options) then return {} end
  local proxy = require "studio.request.proxy" -- late:
  local found = proxy.find(options, resolved.studio.parts)
  if found.problem and options.proxy then misuse("%s %s", found.source, found.problem) end
  if not options.transport then proxy.assign(resolved, found) end -- the program's own transport takes no proxy of ours
  credentials.hide(identity, found.secrets)
  return found
end

local function make_transport(options, found_proxy)
  local settings = {
    connect_timeout = options.connect_timeout, max_response_bytes = options.max_response_bytes, ca_file = options.ca_file,
    http1 = options.http == "1.1",
    proxy = found_proxy.url or "", no_proxy = found_proxy.no_proxy, user_agent = transport.user_agent(options.user_agent),
  }
  local loop = loop_module.new(settings, options.wait)
  if options.transport then
    return require "studio.transport.custom"(options.transport, loop, settings), loop -- late:
  end
  return transport.curl(loop), loop
end

-- methods --------------------------------------------------------------------------------------------------------------------------

-- The others are in `studio.client.methods` until the first of them is called; `close` must not fail where no file can be opened any more.
local client_methods = {}

--- Closes every connection and cancels every task. Calls in flight end with an error of kind `"cancelled"`, and so does every later
-- call. Safe at any moment, and again.
function client_methods:close()
  local caller = caller_module.of_client(self)
  local fine, problem = pcall(caller.loop.close, caller.loop)
  caller.transport:close()
  if not fine then error(problem, 0) end
end

-- making ---------------------------------------------------------------------------------------------------------------------------

local function describe(caller)
  local state = caller.loop.closed and ", closed" or ""
  local identity, redaction = caller.credentials, require "studio.request.redaction" -- late: few clients are printed
  return ("studio.client %s (%s, %s%s)"):format(redaction.shortened(identity.names[1]), origins.words(caller.origins.studio),
    identity.words(), state)
end

local function event_handler(options)
  local level, handler = os.getenv "STUDIO_LOG", options.on_event
  if level then handler = require("studio.request.log").handler(level, handler) end -- late:
  -- late: who listens hears of every answer, and a first one must not be lost for want of a descriptor to read the module with.
  if handler then require "studio.request.settle" end
  return handler
end

local versions = {}
for name, version in pairs(api.versions) do versions[name] = resource.define(name, version) end

local refuse_call = names.refuse_call
  "the client is not called: its flows are client.v1.flows, client.v2.flows and client.flex.flex_flows"

local function index(_, name)
  if client_methods[name] then return client_methods[name] end
  for other, method in pairs(require "studio.client.methods") do client_methods[other] = method end -- late:
  if client_methods[name] then return client_methods[name] end
  local methods = {}
  for method_name in pairs(client_methods) do methods[#methods + 1] = method_name end
  return require("studio.resource.unknown").in_client(name, methods) -- late:
end

--- Makes a client. No request is made, and no connection.
-- @tparam[opt] table options see docs/options.md; an unknown one, or none that tell who the client is, raises
-- @treturn table `v1.flows`, `v2.flows`, `flex.flex_flows`, and the methods of `studio.client.methods`
-- @function new
local function new(options)
  options = complete(options_module.check(options, known))
  local identity = credentials.resolve(options)
  local resolved = origins.resolve(options, api.services)
  local carrier, loop = make_transport(options, find_proxy(options, resolved, identity))
  local caller = caller_module.new {
    ca_file = options.ca_file and ("%s, from %s"):format(options.ca_file, options_module.place(options, "ca_file")),
    transport = carrier, loop = loop, origins = resolved, credentials = identity,
    timeout = options.timeout, deadline = options.deadline, retry = options.retry, on_event = event_handler(options),
    program_listens = options.on_event ~= nil,
  }
  -- The caller is kept in a closure, not in a field, so that printing a client shows no secret; and not in a weak table of all clients,
  -- which would keep each one whose tasks refer to it where tables are no ephemerons (before 5.2). A client has no __gc: a collection may
  -- outlive the client it came from, and the multi handle closes itself when nothing refers to it any more.
  local client = {}
  caller.client = client -- for programs over the library that are given a collection
  for name, bind in pairs(versions) do client[name] = bind(caller) end
  return setmetatable(client, {
    __name = "studio.client", __index = index, __call = refuse_call,
    __tostring = function() return describe(caller) end, __close = client_methods.close,
    open = function() return caller end,
  })
end

return { new = new }
