--- The client: its options, and the tree of operations. Its methods are in `studio.client_methods`.
local later = require "studio.later"
local caller_module = require "studio.request.call"
local client_methods = later("studio.client_methods", "studio.waiting.map", "studio.raw_request", "studio.waiting.task", "studio.waiting.unheard")
local credentials = require "studio.request.credentials"
local custom_transport = later "studio.transport.custom"
local errors = require "studio.base.errors"
local loop_module = require "studio.waiting.loop"
local options_module = require "studio.base.options"
local origins = require "studio.request.origins"
local redaction = later "studio.request.redaction"
local resource = require "studio.resource.tree"
local retry = later "studio.request.retry"
local transport = require "studio.transport.curl"

local misuse = errors.misuse

-- What is at the top of each version: the rest of its declarations is compiled when it is first asked for something.
local v1 = later("studio.api.v1", "studio.api.executions", "studio.api.types", "studio.api.conversions")
local v2, flex = later "studio.api.v2", later "studio.api.flex"
local bind_v1 = resource.define("studio", "/v1", { flows = { name = "flow", path = "Flows" } }, v1)
local bind_v2 = resource.define("studio", "/v2", { flows = { name = "flow", path = "Flows" } }, v2)
local bind_flex = resource.define("flex", "/v1", { flex_flows = { name = "flex_flow", path = "FlexFlows" } }, flex)

local function check_file(value, name)
  options_module.checks.string(value, name)
  local file, problem = io.open(value, "rb")
  if not file then misuse("option '%s' cannot be read: %s", name, problem) end
  file:close()
  return value
end

local function check_transport(value, name)
  local send = (type(value) == "table" or type(value) == "userdata") and value.send
  if type(send) ~= "function" then misuse("option '%s' must be an object with a method 'send'", name) end
  return value
end

local function keep(value) return value end

local known = {
  account_sid = "string", auth_token = "string", api_key = "string", api_secret = "string", oauth = "table",
  region = "string", edge = "string", base_url = "string",
  timeout = "seconds", connect_timeout = "seconds", deadline = "seconds", retry = keep,
  max_response_bytes = "count", ca_file = check_file, proxy = "string", no_proxy = "string", user_agent = "string",
  on_event = "function", wait = "function", transport = check_transport,
}

local from_environment = { region = "TWILIO_REGION", edge = "TWILIO_EDGE", base_url = "STUDIO_BASE_URL" }

-- Attempts, seconds, seconds, tokens; see `studio.request.retry`.
local default_retry = { attempts = 4, base = 0.25, cap = 8, budget = 500 }

local function complete(options)
  options.variables = {}
  for name, variable in pairs(from_environment) do
    local value = os.getenv(variable)
    if options[name] == nil and value and value ~= "" then options[name], options.variables[name] = value, variable end
  end
  options.timeout = options.timeout or 30
  options.connect_timeout = options.connect_timeout or 10
  options.max_response_bytes = options.max_response_bytes or 64 * 1024 * 1024
  options.retry = options.retry == nil and default_retry or retry.policy(options.retry, default_retry)
  return options
end

local function make_transport(options)
  local settings = {
    connect_timeout = options.connect_timeout, max_response_bytes = options.max_response_bytes, ca_file = options.ca_file,
    proxy = options.proxy, no_proxy = options.no_proxy, user_agent = transport.user_agent(options.user_agent),
  }
  local loop = loop_module.new(settings, options.wait)
  if options.transport then return custom_transport(options.transport, loop, settings), loop end
  return transport.curl(loop), loop
end

local function describe(caller)
  local state = caller.loop.closed and ", closed" or ""
  return ("studio.client %s (%s%s)"):format(redaction.shortened(caller.credentials.names[1]), caller.origins.studio.text, state)
end

local function close(client) client_methods.close(client) end

--- Makes a client. No request is made, and no connection.
-- @tparam[opt] table options see the README; an unknown one, or none that tell who the client is, raises
-- @treturn table `v1.flows`, `v2.flows`, `flex.flex_flows`, and the methods of `studio.client_methods`
local function new(options)
  options = complete(options_module.check(options, known))
  local identity = credentials.resolve(options)
  local carrier, loop = make_transport(options)
  local caller = caller_module.new {
    transport = carrier, loop = loop, origins = origins.resolve(options), credentials = identity,
    timeout = options.timeout, deadline = options.deadline, retry = options.retry, on_event = options.on_event,
  }
  local client = { v1 = bind_v1(caller), v2 = bind_v2(caller), flex = bind_flex(caller) }
  -- What a client is made of is kept in a closure, so that printing it shows no secret. A table of all clients would keep every one whose
  -- tasks refer to it, where tables are no ephemerons (before 5.2). No __gc: a collection may outlive the client it came from, and the
  -- multi handle closes itself when nothing refers to it any more.
  return setmetatable(client, {
    __name = "studio.client", __index = client_methods, __tostring = function() return describe(caller) end, __close = close,
    open = function() return caller end,
  })
end

return { new = new }
