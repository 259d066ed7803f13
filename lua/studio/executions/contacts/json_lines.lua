--- JSON Lines: an object a line.
local encoding = require "studio.base.encoding"
local studio = require "studio"

-- Makes a function that gives the next line, nil at the end. It looks at the first bytes, for a Lua that reads lines with C's functions
-- ends them at a zero byte: of UTF-16 there would be nothing left.
local function reader(file)
  local begun -- those bytes, as far as no line has them yet

  local function checked(text, message)
    if message then error({ unreadable = message }, 0) end
    return text
  end

  return function()
    if not begun then
      begun = checked(file:read(4)) or ""
      local other = encoding.other(begun)
      if other then error({ line = 1, message = "expected UTF-8, this looks like " .. other }, 0) end
      begun = encoding.unmarked(begun)
    end
    local line, rest = begun:match "^([^\n]*)\n(.*)$"
    if line then
      begun = rest
      return line
    end
    local text = checked(file:read "*l")
    if not text and begun == "" then return nil end
    line, begun = begun .. (text or ""), ""
    return line
  end
end

--- Reads rows one by one.
-- @tparam file file opened for reading
-- @treturn function gives a row `{ to = …, NAME = value }` and its line; nil at the end. It raises `{ line, message }` or `{ unreadable }`.
local function rows(file)
  local next_line, number = reader(file), 0
  return function()
    while true do
      local text = next_line()
      if not text then return nil end
      number = number + 1
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
