--- Waits until an Execution has ended.
local polling = require "studio.executions.polling"

--- Waits, see `studio.executions`.
local function wait(execution, options)
  local poll = polling.new(execution, options, "executions.wait")
  while true do
    local found, err = poll:fetch()
    if not found then return nil, err end
    if found.status == "ended" then return found end
    local waited, failure = poll:pause()
    if not waited then return nil, failure end
  end
end

return wait
