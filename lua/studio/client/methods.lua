--- The methods of a client, but for `close`: a program that fetches, creates and deletes calls none of these.
local caller_module = require "studio.request.call"
local core = require "studio.core"
local errors = require "studio.base.errors"
local events = require "studio.request.events"

local caller_of, misuse, now = caller_module.of_client, errors.misuse, core.now
local max, min = math.max, math.min

local client_methods = {}

-- Raw requests -----------------------------------------------------------------------------------------------------------------------

--- Sends any request, for what the library does not know yet.
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
  local caller, tasks = caller_of(self), require "studio.waiting.task" -- late:
  tasks.refuse_old_lua "spawn"
  if type(run) ~= "function" then misuse("spawn needs a function, got %s", type(run)) end
  if caller.loop.closed then return nil, errors.new("cancelled", "the client is closed", { sent = false }) end
  local wait, message = caller.loop:choose_wait()
  if not wait then return nil, errors.new("context", message, { sent = false }) end
  return tasks.spawn(caller.loop, run, nil, { n = select("#", ...), ... }, { tell = events.teller_of_tasks(caller) })
end

--- Runs a function over many values, several at a time.
-- @tparam table|function source an array or an iterator, pulled lazily
-- @tparam function run called in a task with each value
-- @tparam[opt] table options `concurrency` (20; more than 64 begin little by little), `rate` (starts per second, evenly spaced)
-- @treturn function an iterator, in order of completion: the value, and what the function returned; for one that raised, nil and what it
--   raised. It raises what the source raised, once all that was begun has been given; leaving the loop early cancels what is left.
-- @raise on PUC Lua 5.1, which cannot run tasks; where no task can run, an error of kind `"context"`
function client_methods:map(source, run, options)
  local caller = caller_of(self)
  return require "studio.waiting.map"(caller.loop, source, run, options, events.teller_of_tasks(caller)) -- late:
end

--- Waits, while everything in flight goes on; inside a task this suspends it.
-- @tparam number seconds 0 or more
-- @treturn boolean true; or nil and an error: of kind `"cancelled"` when the client is closed meanwhile, `"context"` where nothing may wait
function client_methods:sleep(seconds)
  local loop = caller_of(self).loop
  if check_seconds(seconds, "sleep") < 0 or seconds == math.huge then misuse("sleep needs 0 seconds or more, and an end") end
  local slept, failure = loop:sleep(seconds, true)
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

-- Seconds that the program is not in Lua at most: a signal that comes just before the wait does not end it, and what the interpreter does
-- about one (Ctrl-C) it does in Lua.
local LONGEST_WAIT = 1

--- Drives what is in flight and gives tasks whose time has come their turn; never blocks for longer than it is told. Told 0 seconds, it
-- leaves what is left after 0.1 ms of sockets, and after 0.1 ms of tasks, to the next step; a page is decoded in one go, which takes
-- 0.15 ms for 50 records.
-- @tparam[opt=0] number seconds how long to wait for something to happen
-- @treturn number how many tasks are not done yet
function client_methods:step(seconds)
  local loop = caller_of(self).loop
  seconds = seconds ~= nil and check_seconds(seconds, "step") or 0
  if seconds > 0 and loop:runner() then seconds = 0 end -- where the loop does not run the tasks, no step is needed, and none may block
  if seconds <= 0 then
    loop:turn(0, STEP_BUDGET)
  else
    local deadline = now() + seconds
    repeat
      local left = deadline - now()
      local has_moved = loop:turn(max(0, min(left, LONGEST_WAIT)))
    until has_moved or left <= LONGEST_WAIT or loop.closed
  end
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

return client_methods
