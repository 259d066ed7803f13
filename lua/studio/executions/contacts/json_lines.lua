--- JSON Lines: an object a line.
local studio = require "studio"

--- Reads rows one by one.
-- @tparam file file opened for reading
-- @treturn function gives a row `{ to = …, NAME = value }` and its line; nil at the end. It raises `{ line, message }` or `{ unreadable }`.
local function rows(file)
  local number = 0
  return function()
    while true do
      local text, message = file:read "*l"
      if message then error({ unreadable = message }, 0) end
      if not text then return nil end
      number = number + 1
      if number == 1 and text:sub(1, 3) == "\239\187\191" then text = text:sub(4) end
      if text:find "%S" then
        local row, err = studio.decode(text)
        if type(row) ~= "table" or row[1] ~= nil then
          error({ line = number, message = err and err.message or "a line must hold a JSON object" }, 0)
        end
        return row, number
      end
    end
  end
end

return { rows = rows }
