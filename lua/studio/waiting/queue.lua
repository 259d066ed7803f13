--- The tasks of a loop that go on at its next turn, in order: the field `ready` of the loop, from `first_ready` to `last_ready`. A task may
-- stand in it twice, and for nothing: it looks whether its wait is over.
local core = require "studio.core"

local now = core.now

local queue = {}

--- Makes the fields, or empties them.
function queue.clear(loop)
  loop.first_ready, loop.last_ready = 1, 0
  loop.ready = {}
end

function queue.add(loop, task)
  local last = loop.last_ready + 1
  loop.ready[last], loop.last_ready = task, last
end

--- Whether a task is ready.
-- @treturn boolean
function queue.has(loop) return loop.first_ready <= loop.last_ready end

--- Runs the tasks that are ready now; those that become ready meanwhile have the next turn, so that one turn always ends. A task may take a
-- turn itself, or close the loop.
-- @tparam table loop
-- @tparam[opt] number budget seconds after which no further one is run
function queue.run(loop, budget)
  local enough = budget and now() + budget
  for _ = loop.first_ready, loop.last_ready do
    local at = loop.first_ready
    if at > loop.last_ready then break end
    local task = loop.ready[at]
    loop.first_ready = at + 1
    loop.ready[at] = nil
    if task then task:resume() end
    if enough and now() >= enough then break end
  end
  if loop.first_ready > loop.last_ready then loop.first_ready, loop.last_ready = 1, 0 end
end

return queue
