--- The contacts of a campaign, one by one, whatever they come from.
local arrays = require "studio.base.arrays"
local ascii = require "studio.base.ascii"
local address = require "studio.executions.contacts.address"
local errors = require "studio.base.errors"
local options_module = require "studio.base.options"
local studio = require "studio"

local misuse = errors.misuse

-- What a row has beside `to`, over what the call gives to every contact, as JSON; nil where the row has nothing.
local function parameters_of(row, common)
  local merged, has_own = {}, false
  for name, value in next, common or {} do merged[name] = value end
  for name, value in next, row do
    if type(name) ~= "string" then return nil, "a row must be a table { to = …, NAME = value }" end
    if name ~= "to" then merged[name], has_own = value, true end
  end
  if not has_own then return nil end
  local text, err = studio.encode(merged, { sort = true })
  if not text then return nil, err.message end
  return text
end

-- A number or a row as `{ n, to, parameters }`.
local function contact_of(row, number, common)
  local kind = type(row)
  if kind ~= "table" and kind ~= "string" then
    return nil, ("a contact must be a text, such as \"+15550001111\", or a row { to = … }, got %s"):format(kind)
  end
  local given, parameters = row, nil
  if kind == "table" then given = row.to end
  local to, message = address.normalised(given)
  if to and kind == "table" then parameters, message = parameters_of(row, common) end
  if message then return nil, message end
  return { n = number, to = to, parameters = parameters }
end

-- What a file holds: the end of its name tells, else its first character. `"array"` is none that is read.
local function format_of(path, file)
  local ending = ascii.lower(path):match "%.([0-9A-Za-z]+)$"
  if ending == "csv" then return "csv" end
  if ending == "jsonl" or ending == "ndjson" then return "json_lines" end
  local beginning = file:read(512) or ""
  file:seek "set"
  local first = beginning:gsub("^\239\187\191", ""):match "^%s*(.)"
  return first == "{" and "json_lines" or first == "[" and "array" or "csv"
end

local function open_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, errors.argument("the contacts cannot be read: %s", message) end
  local rows
  local format = format_of(path, file)
  if format == "array" then
    file:close()
    return nil, errors.argument("the contacts cannot be read: %s begins as a JSON array; JSON Lines, an object a line, is due", path)
  elseif format == "csv" then
    rows = require("studio.executions.contacts.csv").rows(file) -- late: by the kind of file
  else
    rows = require("studio.executions.contacts.json_lines").rows(file) -- late: by the kind of file
  end
  return { next = rows, where = "line", name = path .. ", ", close = function() file:close() end }
end

local function open_list(source)
  local index = 0
  if options_module.is_callable(source) then
    return {
      where = "contact", name = "", close = function() end,
      next = function()
        local row = source()
        if row == nil then return nil end
        index = index + 1
        return row, index
      end,
    }
  end
  -- An array is read as the other data of a call: what its metatable would give is no part of it.
  if rawget(source, 1) == nil and (next(source) ~= nil or options_module.is_proxy(source)) then
    misuse("the contacts must be an array, an iterator or a path: this table has no element 1")
  end
  local stray = arrays.stray_key(source, true)
  if stray ~= nil then
    misuse("the contacts must be an array without holes, an iterator or a path: the key %s is none of its elements", ascii.text(stray))
  end
  return {
    where = "contact", name = "", close = function() end,
    next = function()
      index = index + 1
      return rawget(source, index), index
    end,
  }
end

local function failure(source, raised)
  if type(raised) ~= "table" or not (raised.line or raised.unreadable) then error(raised, 0) end
  if raised.unreadable then return errors.argument("the contacts cannot be read: %s%s", source.name, raised.unreadable) end
  return errors.argument("%sline %d: %s", source.name, raised.line, raised.message)
end

--- Opens a source of contacts.
-- @tparam table|function|string contacts an array or iterator of numbers or rows, or the path of a file
-- @tparam ?table common parameters that every contact gets
-- @treturn[1] table `next()`, which gives a contact `{ n, to, parameters }` (`n` is its line in a file, else its place; parameters as
--   JSON, nil where it has none of its own), nil at the end, nil and an error for one that cannot be read; `where`, what `n` counts
--   (`"line"` or `"contact"`); `close()`
-- @treturn[2] nil
-- @treturn[2] table an error of kind `"argument"`
local function open(contacts, common)
  local kind = type(contacts)
  if kind ~= "string" and kind ~= "table" and kind ~= "function" then
    misuse("the contacts must be an array, an iterator or a path, got %s", kind)
  end
  local source, err
  if kind == "string" then source, err = open_file(contacts) else source = open_list(contacts) end
  if not source then return nil, err end
  local pull = source.next
  function source.next()
    local ok, row, number = pcall(pull)
    if not ok then return nil, failure(source, row) end
    if row == nil then return nil end
    local contact, message = contact_of(row, number, common)
    if not contact then return nil, errors.argument("%s%s %d: %s", source.name, source.where, number, message) end
    return contact
  end
  return source
end

return { open = open }
