--- The ways to wait outside of tasks, and which of them a program's is.
--
-- A way is a module `{ available(loop), wait(loop, waiter), runner }`:
--
-- - `available(loop)` says whether the caller can wait this way here and now; false where it blocks instead; false and a message where it
--   must not wait at all.
-- - `wait(loop, waiter)` returns when `waiter.done` is true or the loop is closed, and looks at both before it first waits.
-- - `runner` runs the tasks of such a program; where it is left out, the loop runs them as coroutines: see `studio.waiting.task`. Where
--   there is one, nothing may block the program: `client:step` does not wait, and a call that cannot wait is refused.
--
-- A way drives the loop: it takes turns (`loop:turn(0)`), and between two it sleeps for `loop:timeout()` seconds at most, or until the
-- descriptor `loop:pollfd()` is readable. It may keep what it likes in the waiter, and sets a field that the loop calls:
-- `waiter.notify`, a function(waiter) that ends such a sleep, when the wait is over, which may come of another's turn.
--
-- Where it sleeps on the descriptor, it says so before and after (`loop:lie_down(waiter, seconds)`, `loop:get_up(waiter)`). Meanwhile the
-- waiter is in the set `loop.sleepers`, and the loop makes the descriptor readable for it when a turn of another's has ended its wait, a
-- timer is due sooner than `waiter.wakes_at`, or the loop is closed.
--
-- `loop.told_descriptor` is the descriptor that cqueues was told of, which it has to forget when the loop is closed.
local loaded = package.loaded
local ngx = rawget(_G, "ngx")
local is_nginx = type(ngx) == "table" and ngx.config ~= nil and ngx.get_phase ~= nil

--- Finds the way of this program. One that it is not of is not loaded.
-- @tparam table loop
-- @treturn table|nil nil where waiting blocks the program
local function find(loop)
  if loop.wait then return require "studio.waiting.ways.program" end -- late:
  if is_nginx then return require "studio.waiting.ways.nginx" end -- late:
  if loaded.cqueues then return require "studio.waiting.ways.cqueues" end -- late:
end

--- Why a variable may be missing that is set: in nginx a worker sees of the environment only what the configuration names.
-- Here, for here alone programs inside nginx are told from others.
-- @tparam string variable
-- @treturn string words to add to a message; empty elsewhere
local function why_unset(variable)
  if not rawget(_G, "ngx") then return "" end
  return ("; nginx's workers see a variable only where nginx.conf has the directive 'env', as in: env %s;"):format(variable)
end

return { find = find, why_unset = why_unset }
