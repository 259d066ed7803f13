--- What a turn of a loop leaves undone that ends with an error: a hook of the program's may raise wherever Lua runs (Ctrl-C does), and on
-- LuaJIT the error of a finalizer comes out wherever something is allocated.
local queue = require "studio.waiting.queue"

--- Lets everybody look whether the wait is over: what is told of once may have been lost between two lines.
-- @tparam table loop
local function recover(loop)
  for _, waiter in pairs(loop.waiting) do
    if waiter.transfer and waiter.transfer:done() then loop:wake(waiter) end
  end
  for task in pairs(loop.tasks) do
    -- One without a coroutine was about to end.
    if task.thread then queue.add(loop, task) else task:cancel() end
  end
  for task in pairs(loop.weak_tasks) do
    if task.thread then queue.add(loop, task) end
  end
end

return recover
