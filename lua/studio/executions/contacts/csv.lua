--- CSV as RFC 4180 has it, read as a stream: quotes, line breaks and commas within them, CRLF or LF, a byte order mark.
local encoding = require "studio.base.encoding"

local BLOCK = 65536
local QUOTE = '"'

-- Reads a file by blocks. `text` from `at` on is what was not used yet.
local function reader(file)
  local self = { text = "", at = 1, line = 1, ended = false }

  --- Appends the next block; false at the end.
  function self.more()
    if self.ended then return false end
    local block, message = file:read(BLOCK)
    if message then error({ unreadable = message }, 0) end
    if not block then
      self.ended = true
      return false
    end
    self.text, self.at = self.text:sub(self.at) .. block, 1
    return true
  end

  return self
end

local function fail(line, message)
  error({ line = line, message = message }, 0)
end

local function count_lines(text)
  local _, breaks = text:gsub("\n", "")
  return breaks
end

-- A field in quotes, whose first one is at `at`: its value.
local function quoted_field(input)
  local opened, from = input.line, input.at + 1
  while true do
    local quote = input.text:find(QUOTE, from, true)
    local after = quote and input.text:sub(quote + 1, quote + 1)
    if quote and after == QUOTE then
      from = quote + 2
    elseif quote and (after ~= "" or input.ended) then
      local value = input.text:sub(input.at + 1, quote - 1)
      input.line = input.line + count_lines(value)
      input.at = quote + 1
      return (value:gsub('""', QUOTE))
    else
      local shift = input.at - 1
      from = (quote or #input.text + 1) - shift
      if not input.more() and not quote then fail(opened, "a quote is opened and never closed") end
    end
  end
end

-- A field without quotes: its value.
local function plain_field(input)
  local stop = input.text:find("[,\r\n]", input.at)
  while not stop and input.more() do stop = input.text:find("[,\r\n]", input.at) end
  stop = stop or #input.text + 1
  local value = input.text:sub(input.at, stop - 1)
  if value:find(QUOTE, 1, true) then fail(input.line, "a quote stands in a field that does not begin with one") end
  input.at = stop
  return value
end

-- Makes sure that `count` characters can be looked at, if the file has them.
local function need(input, count)
  while #input.text - input.at + 1 < count and input.more() do end -- luacheck: ignore 542
end

-- What ends a field: `","`, `"line"` or `"file"`.
local function separator(input)
  need(input, 2)
  local two = input.text:sub(input.at, input.at + 1)
  local first = two:sub(1, 1)
  if first == "," then
    input.at = input.at + 1
    return ","
  end
  if first == "" then return "file" end
  if first ~= "\n" and first ~= "\r" then fail(input.line, "something follows the closing quote of a field") end
  if first == "\r" and two ~= "\r\n" and two ~= "\r" then fail(input.line, "a carriage return stands alone") end
  input.at = input.at + (two == "\r\n" and 2 or 1)
  input.line = input.line + 1
  return "line"
end

-- The next record: its fields and the number of its first line; nil at the end. Lines with nothing in them are none.
local function record(input)
  while true do
    need(input, 1)
    if input.at > #input.text then return nil end
    local fields, line = {}, input.line
    local ending
    repeat
      need(input, 1)
      local is_quoted = input.text:sub(input.at, input.at) == QUOTE
      fields[#fields + 1] = (is_quoted and quoted_field or plain_field)(input)
      ending = separator(input)
    until ending ~= ","
    if #fields > 1 or fields[1] ~= "" then return fields, line end
  end
end

-- A spreadsheet may write other separators.
local function hint_of(header)
  local line = table.concat(header, ",")
  if #header == 1 and line:find "[;\t|]" then
    return (": the columns are separated by %s, not by commas"):format(line:find "\t" and "tabs" or ("'%s'"):format(line:match "[;|]"))
  end
  if line:find "%+?%d%d%d%d%d" then return ": the first line must name the columns, such as to,name" end
  local shown = line:gsub("[%z\1-\31\127]", "?")
  return (", but %s"):format(#shown <= 100 and shown or shown:sub(1, 100) .. "...")
end

local function names_of(header)
  local seen = {}
  for index, name in ipairs(header) do
    name = name:match "^%s*(.-)%s*$"
    if name == "To" then name = "to" end
    if name == "" then fail(1, ("column %d of the header has no name"):format(index)) end
    if seen[name] then fail(1, ("the header names the column '%s' twice"):format(name)) end
    seen[name], header[index] = true, name
  end
  if not seen.to then fail(1, "the header has no column 'to'" .. hint_of(header)) end
  return header
end

-- A spreadsheet may write UTF-16, too, whose quotes and commas are none here. Drops the mark of UTF-8.
local function look_at_encoding(input)
  need(input, 4)
  local other = encoding.other(input.text)
  if other then fail(1, "the header has no column 'to': expected UTF-8, this looks like " .. other) end
  if input.text:sub(1, 3) == "\239\187\191" then input.at = 4 end
end

--- Reads rows one by one.
-- @tparam file file opened for reading
-- @treturn function gives a row `{ to = …, NAME = text }` and its line; nil at the end. It raises `{ line, message }` or `{ unreadable }`.
local function rows(file)
  local input = reader(file)
  local names
  return function()
    if not names then
      look_at_encoding(input)
      local header = record(input)
      if not header then fail(1, "the file is empty: its first line must name the columns") end
      names = names_of(header)
    end
    local fields, line = record(input)
    if not fields then return nil end
    if #fields ~= #names then fail(line, ("%d field%s, where the header has %d"):format(#fields, #fields == 1 and "" or "s", #names)) end
    local row = {}
    for index, name in ipairs(names) do row[name] = fields[index] end
    return row, line
  end
end

return { rows = rows }
