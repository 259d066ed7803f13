--- The ways to wait outside of tasks, and which of them a program's is.
--
-- A way is a module `{ available(loop), wait(loop, waiter), runner }`:
--
-- - `available(loop)` says whether the caller can wait this way here and now; false where it blocks instead; false and a message where it
--   must not wait at all.
-- - `wait(loop, waiter)` returns when `waiter.done` is true or the loop is closed.
-- - `runner` runs the tasks of such a program; where it is left out, the loop runs them as coroutines: see `studio.waiting.task`.
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

return { find = find }
