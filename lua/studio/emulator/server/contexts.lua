--- Contexts of runs as JSON.
-- @module studio.emulator.server.contexts

local hosting = require "studio.flow.hosting"
local json = require "studio.emulator.server.json_writer"

local contexts = {}
local mark, quoted

-- Contexts share what is alike in them and are never written to, so a part of one is written once.
local written = setmetatable({}, { __mode = "k" })

--- To be called once, with a text that nobody else knows.
function contexts.configure(salt)
  mark = "parameters:" .. ngx.md5(salt)
  quoted = '"' .. mark .. '"'
end

-- A copy with one other field.
local function with(part, name, value)
  local copy = {}
  for key, old in pairs(part) do copy[key] = old end
  copy[name] = value
  return copy
end

local function write(part)
  local text = written[part]
  if not text then
    text = assert(hosting.codec.encode(part))
    written[part] = text
  end
  return text
end

-- A part in which the parameters are written as they came, for no decoder here keeps every number.
local function write_with(part, marked, raw)
  local text = written[part]
  if not text then
    text = assert(hosting.codec.encode(marked)):gsub(quoted, function() return raw end)
    written[part] = text
  end
  return text
end

local function write_flow(flow, decoded, raw)
  if not raw or flow.data ~= decoded then return write(flow) end
  return write_with(flow, with(flow, "data", mark), raw)
end

local function write_trigger(trigger, decoded, raw)
  local request = trigger.request
  if not raw or not request or request.parameters ~= decoded then return write(trigger) end
  return write_with(trigger, with(trigger, "request", with(request, "parameters", mark)), raw)
end

local function write_widgets(widgets)
  local parts = {}
  for name, left in pairs(widgets) do parts[#parts + 1] = json.text(name) .. ":" .. write(left) end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

--- A context as JSON.
-- @tparam table context
-- @tparam table decoded the parameters of the start as the run has them
-- @tparam ?string raw the JSON they came in
function contexts.write(context, decoded, raw)
  return ('{"contact":%s,"flow":%s,"trigger":%s,"widgets":%s}'):format(write(context.contact), write_flow(context.flow, decoded, raw),
    write_trigger(context.trigger, decoded, raw), write_widgets(context.widgets))
end

return contexts
