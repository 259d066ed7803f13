--- The ways to wait outside of tasks: how one is chosen, and who runs a program's tasks.
--
-- A way is a module `{ available(loop), wait(loop, waiter), runner }`:
--
-- - `available(loop)` says whether the caller can wait this way here and now; false and a message where it must not wait at all.
-- - `wait(loop, waiter)` returns when `waiter.done` is true or the loop is closed.
-- - `runner` runs the tasks of such a program; where it is left out, the loop runs them as coroutines: see `studio.waiting.task`.
local ngx = rawget(_G, "ngx")
local is_nginx = type(ngx) == "table" and ngx.config ~= nil and ngx.get_phase ~= nil

-- A row gives the module of its way where the program is of that kind, and loads it nowhere else. The first one counts.
local rows = {
  function(loop) return loop.wait and require "studio.waiting.ways.program" end, -- late:
  function() return is_nginx and require "studio.waiting.ways.nginx" end, -- late:
  function() return package.loaded.cqueues and require "studio.waiting.ways.cqueues" end, -- late:
}

local ways = {}

--- Chooses how the caller waits.
-- @tparam table loop
-- @treturn function(loop, waiter); nil where it blocks; nil and a message where it must not wait
function ways.choose(loop)
  for index = 1, #rows do
    local way = rows[index](loop)
    if way then
      local is_available, message = way.available(loop)
      if is_available then return way.wait end
      if message then return nil, message end
    end
  end
  return nil
end

--- The runner of this program's tasks.
-- @tparam table loop
-- @treturn table|nil nil where the loop runs them
function ways.runner(loop)
  for index = 1, #rows do
    local way = rows[index](loop)
    if way then return way.runner end
  end
end

return ways
