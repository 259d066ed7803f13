--- What a turn of a loop leaves undone that ends with an error: a hook of the program's may raise wherever Lua runs (Ctrl-C does), and on
-- LuaJIT the error of a finalizer comes out wherever something is allocated.
local each = require "studio.waiting.each"

--- Lets everybody look whether the wait is over: what is told of once may have been lost between two lines.
-- @tparam table loop
local function recover(loop)
  each(loop.waiting, function(_, waiter)
    if waiter.transfer and waiter.transfer:done() then loop:wake(waiter) end
  end)
  each(loop.tasks, function(task)
    -- One without a coroutine was about to end.
    if task.thread and not task.ended then loop:make_ready(task) else task:cancel() end
  end)
  each(loop.weak_tasks, function(task)
    if task.thread then loop:make_ready(task) end
  end)
end

return recover
