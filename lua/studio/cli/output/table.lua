--- Records as a table that fits the terminal.
local terminal = require "studio.cli.terminal"
local values = require "studio.cli.output.values"
local width = require "studio.cli.width"

-- Records that the widths of the columns are made from; those behind them keep to these.
local LOOKED_AT = 1000
local GAP = "  "
-- Columns. A column is cut down to this, no further.
local LEAST = 8

local LIVE = 20

-- Whether a column may be cut: a SID or a date that is cut says nothing.
local function may_shrink(name)
  return not (name == "sid" or name:find "_sid$" or name:find "^date_")
end

local function sum_of(widths, count)
  local sum = (count - 1) * #GAP
  for index = 1, count do sum = sum + widths[index] end
  return sum
end

-- Cuts widths down until the table fits; gives how many columns do, for those at the right are left out where cutting is not enough.
local function fit(names, widths, most)
  local least, count = {}, #widths
  for index, name in ipairs(names) do least[index] = may_shrink(name) and math.min(widths[index], LEAST) or widths[index] end
  while count > 1 and sum_of(least, count) > most do count = count - 1 end
  while sum_of(widths, count) > most do
    local widest
    for index = 1, count do
      if widths[index] > least[index] and (not widest or widths[index] > widths[widest]) then widest = index end
    end
    if not widest then
      widths[1] = most -- one column, which is cut all the same
      return 1
    end
    widths[widest] = widths[widest] - 1
  end
  return count
end

local function row_of(cells, widths, count, mark)
  local parts = {}
  for index = 1, count do
    local cell = width.cut(cells[index], widths[index], mark)
    parts[index] = index < count and cell .. (" "):rep(widths[index] - width.of(cell)) or cell
  end
  return (table.concat(parts, GAP):gsub(" +$", ""))
end

local form = {}

--- Writes a list.
-- @tparam function next_record an iterator
-- @tparam table sink `write(text)`, `note(text)`, `begin(lines)`, which is told how many lines are sure to come
-- @tparam table options `paths` of the columns, `no_header`, `colours`, `is_live`
-- @treturn number how many records there were
function form.list(next_record, sink, options)
  local names, widths, rows = {}, {}, {}
  for index, path in ipairs(options.paths) do
    -- What comes later cannot be waited for: names and dates have the room that they most often need.
    names[index], widths[index] = path[#path], math.max(options.is_live and LIVE or 1, options.no_header and 1 or width.of(path.name))
  end
  local function cells_of(record)
    local cells = {}
    for index, path in ipairs(options.paths) do cells[index] = values.shown(values.at(record, path)) end
    return cells
  end
  local total = 0
  for record in next_record do
    total = total + 1
    local cells = cells_of(record)
    rows[total] = cells
    for index = 1, #cells do widths[index] = math.max(widths[index], width.of(cells[index])) end
    if total == LOOKED_AT or options.is_live then break end
  end
  if total == 0 then return 0 end
  local count, mark = fit(names, widths, terminal.size() or math.huge), terminal.mark()
  sink.begin(total + 1)
  if not options.no_header then
    local titles = {}
    for index, path in ipairs(options.paths) do titles[index] = path.name end
    local line = row_of(titles, widths, count, mark)
    sink.write(options.colours and "\27[1m" .. line .. "\27[0m\n" or line .. "\n")
  end
  for index = 1, total do sink.write(row_of(rows[index], widths, count, mark) .. "\n") end
  if total == LOOKED_AT or options.is_live then
    for record in next_record do
      total = total + 1
      sink.write(row_of(cells_of(record), widths, count, mark) .. "\n")
    end
  end
  if count < #widths then
    sink.note(("%d of %d columns do not fit in %d columns of terminal: --fields chooses, -o json has all"):format(#widths - count, #widths,
      (terminal.size())))
  end
  return total
end

--- Writes one record: a line for each field.
-- @tparam table record
-- @tparam table sink
-- @tparam table options `paths`, `colours`
function form.record(record, sink, options)
  local widest = 0
  for _, path in ipairs(options.paths) do widest = math.max(widest, width.of(path.name)) end
  local room, mark = math.max(LEAST, (terminal.size() or math.huge) - widest - #GAP), terminal.mark()
  sink.begin(#options.paths)
  for _, path in ipairs(options.paths) do
    local title = path.name .. (" "):rep(widest - width.of(path.name))
    local value = width.cut(values.shown(values.at(record, path)), room, mark)
    if options.colours then title = "\27[1m" .. title .. "\27[0m" end
    sink.write(((title .. GAP .. value):gsub(" +$", "")) .. "\n")
  end
end

return form
