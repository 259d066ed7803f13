--- Finalizers of a program's that run in the middle of the library's work: at the n-th place where something is allocated.
local collecting = require "spec.collecting"

local finalizers = {}

local newproxy = rawget(_G, "newproxy") -- Lua 5.1 and LuaJIT finalize userdata only

local function make_garbage(finalize)
  if not newproxy then return setmetatable({}, { __gc = finalize }) and nil end
  getmetatable(newproxy(true)).__gc = finalize
end

--- Runs some work, and an action in a finalizer at the n-th collection meanwhile; collections come with nearly every allocation.
-- @tparam number n
-- @tparam function action
-- @tparam function work
-- @treturn boolean whether the action ran: false when there were fewer collections
-- @return what the work returned
function finalizers.run_at(n, action, work)
  local count, acted, is_over = 0, false, false
  local function finalize()
    if is_over or acted then return end
    count = count + 1
    if count == n then
      acted = true
      collecting.as_usual()
      return action()
    end
    make_garbage(finalize)
  end
  local jit_library = rawget(_G, "jit")
  if jit_library then jit_library.off() end -- no finalizer runs in compiled code
  collecting.often()
  collectgarbage()
  make_garbage(finalize)
  local function finish(ok, ...)
    is_over = true
    collecting.as_usual()
    if jit_library then jit_library.on() end
    if not ok then error((...), 0) end
    return acted, ...
  end
  return finish(pcall(work))
end

return finalizers
