--- Ends every wait of a loop; transfers in flight end as cancelled. A module of its own, for most programs end without it.
-- @tparam table loop
local function close(loop)
  loop.closed = true
  if loop.multi then
    local descriptor = loop.told_descriptor
    if descriptor and package.loaded.cqueues then package.loaded.cqueues.cancel(descriptor) end
    loop.multi:close()
  end
  for _, waiter in pairs(loop.waiting) do loop:wake(waiter) end
  while loop.timers[1] do loop:wake(loop.timers[1].waiter) end
  for task in pairs(loop.tasks) do task:cancel() end
  for task in pairs(loop.light_tasks) do task:cancel() end
  for task in pairs(loop.weak_tasks) do task:cancel() end
  for outcome, report in pairs(loop.unheard) do report(outcome) end
  loop.unheard = {}
  loop.ready, loop.first_ready, loop.last_ready = {}, 1, 0
end

return close
