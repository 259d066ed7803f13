--- The steps of an Execution as they happen.
local polling = require "studio.executions.polling"

local PAGE_SIZE = 50

-- Adds the steps of a page that were not given yet, newest first; tells whether all of them were new.
local function add_new(page, seen, found)
  local all_new = true
  for _, step in ipairs(page.items) do
    local id = step.sid or step
    if seen[id] then
      all_new = false
    else
      seen[id] = true
      found[#found + 1] = step
    end
  end
  return all_new
end

-- The steps that were not given yet, newest first, as the list has them. It is read as far as it is all new.
local function new_steps(poll, seen)
  local found = {}
  local steps = poll.execution.steps
  local page, err = poll:within(function(options) return steps:page({ page_size = PAGE_SIZE }, options) end)
  while page do
    if not add_new(page, seen, found) then break end
    local present = page
    page, err = poll:within(function(options) return present:next(options) end)
  end
  if err then return nil, err end
  return found
end

local function checked(value, err)
  if value == nil then error(err, 0) end
  return value
end

--- Follows, see `studio.executions`.
local function follow(execution, options)
  local poll = polling.new(execution, options, "executions.follow")
  local seen, waiting, has_ended, has_begun = {}, {}, false, false
  local function ask()
    if has_begun then checked(poll:pause()) end
    has_begun = true
    -- The state comes first: the steps of what has ended are all there.
    local found = checked(poll:fetch())
    waiting = checked(new_steps(poll, seen))
    has_ended = found.status == "ended"
    if #waiting > 0 then poll:hasten() end
  end
  return function()
    while #waiting == 0 and not has_ended do ask() end
    return table.remove(waiting)
  end
end

return follow
