--- How many descriptors this process has open. Needs nothing but Lua, so that nginx can run it.

-- So many free numbers in a row, and none behind them is in use.
local FREE_IN_A_ROW = 64

--- @treturn number
local function count()
  local found, free, number = 0, 0, 0
  while free < FREE_IN_A_ROW do
    -- Asked of the kernel one by one: a program that lists them would count the ends of its own pipe.
    local file = io.open("/proc/self/fdinfo/" .. number, "r")
    if file then
      file:close()
      found, free = found + 1, 0
    else
      free = free + 1
    end
    number = number + 1
  end
  return found
end

return { count = count }
