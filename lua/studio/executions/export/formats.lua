--- What an Execution looks like in an export: `header(parts)` (nil for none) and `write(record, parts)` give lines, the last one not ended,
-- or nil and a message; `sid(line)` gives the SID of the Execution whose line it is, or nil.
local json = require "studio.base.json"

local formats = {}

-- One line for each Execution, JSON with all its fields.
formats.jsonl = {}

function formats.jsonl.write(record)
  return json.encode(record)
end

function formats.jsonl.sid(line)
  local record = json.decode(line)
  return type(record) == "table" and record.sid or nil
end

-- CSV (RFC 4180): a line for each Execution, or one for each of its steps.

local execution_columns = {
  "sid", "status", "contact_channel_address", "contact_sid", "flow_sid", "account_sid", "flow_version", "initiated_by", "date_created",
  "date_updated",
}
-- The name in the header, and the field.
local step_columns = {
  { "step_sid", "sid" }, { "step_name", "name" }, { "step_type", "type" }, { "transitioned_from", "transitioned_from" },
  { "transitioned_to", "transitioned_to" }, { "parent_step_sid", "parent_step_sid" }, { "step_date_created", "date_created" },
}

local function cell(value)
  if value == nil or value == json.null then return "" end
  local text = value
  if type(value) ~= "string" then text = json.encode(value, true) or "" end
  if text:find('[",\r\n]') then return '"' .. text:gsub('"', '""') .. '"' end
  return text
end

formats.csv = {}

--- The names of the columns, as a line.
-- @tparam table parts `steps`, `context`, `step_contexts`: what is asked for
function formats.csv.header(parts)
  local names = {}
  for index, name in ipairs(execution_columns) do names[index] = name end
  if parts.context then names[#names + 1] = "context" end
  if parts.steps then
    for _, column in ipairs(step_columns) do names[#names + 1] = column[1] end
    if parts.step_contexts then names[#names + 1] = "step_context" end
  end
  return table.concat(names, ",")
end

local function write_step(step, parts)
  local cells = {}
  for index, column in ipairs(step_columns) do cells[index] = cell(step[column[2]]) end
  if parts.step_contexts then cells[#cells + 1] = cell(step.context) end
  return "," .. table.concat(cells, ",")
end

local no_steps = { {} }

function formats.csv.write(record, parts)
  local cells = {}
  for index, name in ipairs(execution_columns) do cells[index] = cell(record[name]) end
  if parts.context then cells[#cells + 1] = cell(record.context) end
  local line = table.concat(cells, ",")
  if not parts.steps then return line end
  local steps = record.steps
  if not steps or #steps == 0 then steps = no_steps end
  local lines = {}
  for index, step in ipairs(steps) do lines[index] = line .. write_step(step, parts) end
  return table.concat(lines, "\n")
end

function formats.csv.sid(line)
  return line:match "^([A-Z][A-Z]%x+),"
end

return formats
