--- The methods of a client beside its operations: the raw door, many at once, and the life of its connections.
local later = require "studio.later"
local errors = require "studio.base.errors"
local map = later "studio.waiting.map"
local raw_request = later "studio.raw_request"
local task_module = later("studio.waiting.task", "studio.waiting.unheard")

local misuse = errors.misuse

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
  return raw_request(caller_of(self), method, path, options)
end

-- Many at once -----------------------------------------------------------------------------------------------------------------------

--- Starts a task: a function in which every call suspends instead of blocking. It runs while anything of the client waits, and in `step`.
-- @tparam function run
-- @param ... what it is called with
-- @treturn table the task: `wait([seconds])`, `done()`, `cancel()`; or nil and an error, when the client is closed or a phase of
--   nginx can run no task. A failure that nobody waits for is told to `on_event`.
function client_methods:spawn(run, ...)
  local caller = caller_of(self)
  if type(run) ~= "function" then misuse("spawn needs a function, got %s", type(run)) end
  if caller.loop.closed then return nil, errors.new("cancelled", "the client is closed", { sent = false }) end
  local way, message = caller.loop:way_to_wait()
  if not way then return nil, errors.new("context", message, { sent = false }) end
  return task_module.spawn(caller.loop, run, nil, { n = select("#", ...), ... }, { tell = caller.tell_of_task })
end

--- Runs a function over many values, several at a time; see the README.
-- @tparam table|function source an array or an iterator, pulled lazily
-- @tparam function run called in a task with each value
-- @tparam[opt] table options `concurrency` (20), `rate` (starts per second, evenly spaced)
-- @treturn function an iterator, in order of completion: the value, and what the function returned
function client_methods:map(source, run, options)
  return map(caller_of(self).loop, source, run, options)
end

--- How many tasks are not done yet.
-- @treturn number
function client_methods:pending()
  return caller_of(self).loop:count_pending()
end

-- Seconds, for the sockets and once more for the tasks. What many answers at once bring is spread over several steps of no time: a frame
-- of a game has little room.
local STEP_BUDGET = 0.0001

--- Drives what is in flight and gives tasks whose time has come their turn; never blocks for longer than it is told. Told 0 seconds, it
-- leaves what is left after 0.1 ms of sockets, and after 0.1 ms of tasks, to the next step; a page is decoded in one go, which takes
-- 0.15 ms for 50 records.
-- @tparam[opt=0] number seconds how long to wait for something to happen
-- @treturn number how many tasks are not done yet
function client_methods:step(seconds)
  local loop = caller_of(self).loop
  if seconds ~= nil and (type(seconds) ~= "number" or seconds ~= seconds) then misuse("step needs a number of seconds") end
  seconds = seconds or 0
  if seconds > 0 and loop:inside_nginx() then seconds = 0 end -- its worker must not wait here, and needs no step
  loop:turn(seconds, seconds <= 0 and STEP_BUDGET or nil)
  return loop:count_pending()
end

--- One descriptor for everything in flight, readable when `step` has something to do.
-- @treturn number a file descriptor, or nil where the system has none
function client_methods:pollfd()
  return caller_of(self).loop:pollfd()
end

--- What to wait for on the descriptor.
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

return client_methods
