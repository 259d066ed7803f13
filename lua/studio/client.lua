--- The client: its options, its methods, and the tree of operations.
local api = require "studio.api"
local caller_module = require "studio.request.call"
local credentials = require "studio.request.credentials"
local errors = require "studio.base.errors"
local loop_module = require "studio.waiting.loop"
local names = require "studio.base.names"
local options_module = require "studio.base.options"
local origins = require "studio.request.origins"
local proxy = require "studio.request.proxy"
local redaction = require "studio.request.redaction"
local resource = require "studio.resource.tree"
local retry = require "studio.request.retry"
local transport = require "studio.transport.curl"

local misuse = errors.misuse

-- Says why a file of certificates cannot be read; nil when it can. It is read, not only opened: a folder can be opened, too.
local function problem_of_file(path)
  local file, problem = io.open(path, "rb")
  if not file then return problem end
  local text
  text, problem = file:read(1)
  file:close()
  if not text then return problem and ("%s: %s"):format(path, problem) or path .. ": the file is empty" end
end

local function check_file(value, name)
  options_module.checks.string(value, name)
  local problem = problem_of_file(value)
  if problem then misuse("option '%s' cannot be read: %s", name, problem) end
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

local function keep(value) return value end

local known = {
  account_sid = "string", auth_token = "string", api_key = "string", api_secret = "string", oauth = "table",
  region = "string", edge = "string", base_url = "string",
  timeout = "seconds", connect_timeout = "seconds", deadline = "seconds", retry = keep,
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
  if problem then misuse("%s in the environment cannot be read: %s", options.variables.ca_file, problem) end
  options.timeout = options.timeout or 30
  options.connect_timeout = options.connect_timeout or 10
  options.max_response_bytes = options.max_response_bytes or 64 * 1024 * 1024
  options.retry = options.retry == nil and default_retry or retry.policy(options.retry, default_retry)
  return options
end

-- The proxy that leads to the origins, and what of it must not be shown.
local function find_proxy(options, resolved, identity)
  local found = proxy.find(options, resolved.studio.parts.scheme)
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

local client_methods = {}

local function caller_of(client)
  local metatable = type(client) == "table" and getmetatable(client)
  if not metatable or metatable.__name ~= "studio.client" or not metatable.open then
    misuse("this is no client: call its methods with a colon")
  end
  return metatable.open()
end

-- The raw door -----------------------------------------------------------------------------------------------------------------------

--- Sends any request: the door to what the library does not know yet.
-- @tparam string method such as `"GET"`
-- @tparam string path such as `"/v2/Flows"`, percent-encoded
-- @tparam[opt] table options `query` and `form` (wire name → string, number, boolean or array of them), `service` (`"studio"` or `"flex"`),
--   and the call options. A form is for methods that have a body.
-- @treturn table `status` (integer), `headers` (lower-case name → value), `body` (decoded, null as `studio.null`; nil when there is none);
--   or nil and an error object, also for a status outside 200 to 299
function client_methods:request(method, path, options)
  return require "studio.resource.raw_request"(caller_of(self), method, path, options) -- late:
end

-- Many at once -----------------------------------------------------------------------------------------------------------------------

-- A call in a task suspends its function wherever it stands: inside a pcall, or in an iterator.
local CAN_RUN_TASKS = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil

local function refuse_tasks(name)
  if CAN_RUN_TASKS then return end
  misuse("%s needs a Lua that can yield across pcall and iterators: LuaJIT, or Lua 5.2 or newer, not this Lua 5.1", name)
end

local function check_seconds(seconds, name)
  if type(seconds) ~= "number" or seconds ~= seconds then misuse("%s needs a number of seconds", name) end
  return seconds
end

--- Starts a task: a function in which every call suspends instead of blocking. It runs while anything of the client waits, and in `step`.
-- Raises on PUC Lua 5.1, which cannot run tasks.
-- @tparam function run
-- @param ... what it is called with
-- @treturn table the task: `wait([seconds])`, `done()`, `cancel()`; or nil and an error, of kind `"cancelled"` when the client is closed,
--   `"context"` where no task can run. A failure that nobody waits for is told to `on_event`, or on stderr; so is it when the task never
--   ran, for nobody waited and nothing called `step` or `drain` before the client was closed or collected.
function client_methods:spawn(run, ...)
  local caller = caller_of(self)
  refuse_tasks "spawn"
  if type(run) ~= "function" then misuse("spawn needs a function, got %s", type(run)) end
  if caller.loop.closed then return nil, errors.new("cancelled", "the client is closed", { sent = false }) end
  local wait, message = caller.loop:choose_wait()
  if not wait then return nil, errors.new("context", message, { sent = false }) end
  local tasks = require "studio.waiting.task" -- late:
  return tasks.spawn(caller.loop, run, nil, { n = select("#", ...), ... }, { tell = caller.tell_of_task })
end

--- Runs a function over many values, several at a time.
-- @tparam table|function source an array or an iterator, pulled lazily
-- @tparam function run called in a task with each value
-- @tparam[opt] table options `concurrency` (20), `rate` (starts per second, evenly spaced)
-- @treturn function an iterator, in order of completion: the value, and what the function returned
function client_methods:map(source, run, options)
  local caller = caller_of(self)
  refuse_tasks "map"
  return require "studio.waiting.map"(caller.loop, source, run, options, caller.tell_of_task) -- late:
end

--- Waits, while everything in flight goes on; inside a task this suspends it.
-- @tparam number seconds 0 or more
-- @treturn boolean true; or nil and an error: of kind `"cancelled"` when the client is closed meanwhile, `"context"` where nothing may wait
function client_methods:sleep(seconds)
  local loop = caller_of(self).loop
  if check_seconds(seconds, "sleep") < 0 or seconds == math.huge then misuse("sleep needs 0 seconds or more, and an end") end
  local slept, failure = loop:sleep(seconds)
  if slept then return true end
  return nil, errors.new(failure.name, failure.message, { sent = false })
end

--- Waits until no task is pending; inside a task: none but those that drain, too. Failures of tasks are told as ever.
-- @tparam[opt] number seconds at most
-- @treturn boolean whether no task is pending, false when the time is over; or nil and an error of kind `"context"`, where nothing may wait
function client_methods:drain(seconds)
  local loop = caller_of(self).loop
  if seconds ~= nil then check_seconds(seconds, "drain") end
  return require "studio.waiting.task".drain(loop, seconds) -- late:
end

--- How many tasks are not done yet.
-- @treturn number
function client_methods:pending()
  return caller_of(self).loop:count_pending()
end

-- Seconds that `step(0)` gives to the sockets, and once more to the tasks. The work of many answers that come at once is spread over
-- several steps, for a frame of a game has little room.
local STEP_BUDGET = 0.0001

--- Drives what is in flight and gives tasks whose time has come their turn; never blocks for longer than it is told. Told 0 seconds, it
-- leaves what is left after 0.1 ms of sockets, and after 0.1 ms of tasks, to the next step; a page is decoded in one go, which takes
-- 0.15 ms for 50 records.
-- @tparam[opt=0] number seconds how long to wait for something to happen
-- @treturn number how many tasks are not done yet
function client_methods:step(seconds)
  local loop = caller_of(self).loop
  seconds = seconds ~= nil and check_seconds(seconds, "step") or 0
  if seconds > 0 and loop:runner() then seconds = 0 end -- where the loop does not run the tasks, no step is needed, and none may block
  loop:turn(seconds, seconds <= 0 and STEP_BUDGET or nil)
  return loop:count_pending()
end

--- One descriptor for everything in flight, readable when `step` has something to do.
-- @treturn number a file descriptor, or nil where the system has none
function client_methods:pollfd()
  return caller_of(self).loop:pollfd()
end

--- The condition to wait for on the descriptor.
-- @treturn string `"r"`
function client_methods:events()
  return caller_of(self).loop:events()
end

--- How long to wait at most before `step` is called, whatever the descriptor says.
-- @treturn number seconds, or nil for as long as you like
function client_methods:timeout()
  return caller_of(self).loop:timeout()
end

--- Closes every connection and cancels every task. Calls in flight end with an error of kind `"cancelled"`, and so does every later
-- call. Safe at any moment, and again.
function client_methods:close()
  local caller = caller_of(self)
  caller.loop:close()
  caller.transport:close()
end

-- making ---------------------------------------------------------------------------------------------------------------------------

local function describe(caller)
  local state = caller.loop.closed and ", closed" or ""
  local identity = caller.credentials
  return ("studio.client %s (%s, %s%s)"):format(redaction.shortened(identity.names[1]), origins.words(caller.origins.studio),
    identity.words, state)
end

local function event_handler(options)
  local level = os.getenv "STUDIO_LOG"
  if not level then return options.on_event end
  return require("studio.request.log").handler(level, options.on_event) -- late:
end

local versions = {}
for name, version in pairs(api.versions) do versions[name] = resource.define(name, version) end

local refuse_call = names.refuse_call
  "the client is not called: its flows are client.v1.flows, client.v2.flows and client.flex.flex_flows"

local function index(_, name)
  local method = client_methods[name]
  if method then return method end
  return require("studio.resource.unknown").in_client(name, names.sorted(client_methods)) -- late:
end

--- Makes a client. No request is made, and no connection.
-- @tparam[opt] table options see docs/options.md; an unknown one, or none that tell who the client is, raises
-- @treturn table `v1.flows`, `v2.flows`, `flex.flex_flows`, and the methods below
local function new(options)
  options = complete(options_module.check(options, known))
  local identity = credentials.resolve(options)
  local resolved = origins.resolve(options, api.services)
  local carrier, loop = make_transport(options, find_proxy(options, resolved, identity))
  local caller = caller_module.new {
    transport = carrier, loop = loop, origins = resolved, credentials = identity,
    timeout = options.timeout, deadline = options.deadline, retry = options.retry, on_event = event_handler(options),
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
