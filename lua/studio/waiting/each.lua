--- The way through a set for what a finalizer may run.

--- Visits all of a set, whatever a visit raises: what does is the program's, on LuaJIT a finalizer. On LuaJIT of before the end of 2023 a
-- `pairs` loop that was compiled may never end in a finalizer, and there a program may close its client.
-- @tparam table set it may lose what is in it meanwhile, and gets nothing
-- @tparam function visit of key and value
local function each(set, visit)
  local key, value = next(set)
  while key ~= nil do
    pcall(visit, key, value)
    key, value = next(set, key)
  end
end

return each
