--- The ways to wait outside of tasks: how one is chosen, and who runs a program's tasks.
--
-- A way is a module `{ available(loop), wait(loop, waiter), runner }`:
--
-- - `available(loop)` says whether the caller can wait this way here and now; false and a message where it must not wait at all.
-- - `wait(loop, waiter)` returns when `waiter.done` is true or the loop is closed.
-- - `runner` runs the tasks of such a program; where it is left out, the loop runs them as coroutines: see `studio.waiting.task`.
local loaded = package.loaded
local ngx = rawget(_G, "ngx")
local is_nginx = type(ngx) == "table" and ngx.config ~= nil and ngx.get_phase ~= nil

-- The way of this program, or nil. One that it is not of is not loaded.
local function find(loop)
  if loop.wait then return require "studio.waiting.ways.program" end -- late:
  if is_nginx then return require "studio.waiting.ways.nginx" end -- late:
  if loaded.cqueues then return require "studio.waiting.ways.cqueues" end -- late:
end

local ways = {}

--- Chooses how the caller waits.
-- @tparam table loop
-- @treturn function(loop, waiter); nil where it blocks; nil and a message where it must not wait
function ways.choose(loop)
  local way = find(loop)
  if not way then return nil end
  local is_available, message = way.available(loop)
  if is_available then return way.wait end
  return nil, message
end

--- The runner of this program's tasks.
-- @tparam table loop
-- @treturn table|nil nil where the loop runs them
function ways.runner(loop)
  local way = find(loop)
  return way and way.runner
end

return ways
