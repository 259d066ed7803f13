--- The steps of an Execution as a page shows them: oldest first, each with what it added to the context.
-- @module studio.flow.page.steps

local ascii = require "studio.base.ascii"
local codec = require "studio.flow.codec"
local model_of = require "studio.flow.model"
local values = require "studio.flow.diff.values"

local steps_module = {}

local function text_of(step, name)
  local value = step[name]
  return type(value) == "string" and value or nil
end

-- Adds to `set` what is in `new` and was not so in `old`, and to `gone` the ways to what is no more.
local function compare(old, new, set, gone, way)
  for name, value in pairs(new) do
    local before = old[name]
    if value ~= before then
      if model_of.is_object(value) and model_of.is_object(before) and next(value) ~= nil then
        local part = {}
        compare(before, value, part, gone, way .. ascii.text(name) .. "\0")
        if next(part) ~= nil then set[name] = part end
      elseif not values.same(before, value) then
        set[name] = value
      end
    end
  end
  for name in pairs(old) do
    if new[name] == nil then gone[#gone + 1] = way .. ascii.text(name) end
  end
end

--- What a context has that the one before had not.
-- @tparam table old
-- @tparam table new
-- @treturn table `set`: the new values within the objects that hold them; `gone`: an array of names, joined by a null byte; nil when
-- nothing is gone
function steps_module.added(old, new)
  local set, gone = {}, {}
  compare(old, new, set, gone, "")
  ascii.sort(gone)
  return { set = set, gone = gone[1] and codec.array(gone) or nil }
end

-- Lists of the API begin with the newest.
local function is_newest_first(list)
  local first, last = list[1], list[#list]
  if type(first) ~= "table" or type(last) ~= "table" then return false end
  if text_of(first, "type") == "trigger" then return false end
  if text_of(last, "type") == "trigger" then return true end
  return (text_of(first, "date_created") or "") > (text_of(last, "date_created") or "")
end

--- Writes steps.
-- @tparam {table,...} list Step resources, `run.steps` or answers of the API
-- @tparam[opt=1] integer from the number of the first that is written
-- @treturn table for JSON
function steps_module.write(list, from)
  local written, context = {}, {}
  local count, backwards = #list, is_newest_first(list)
  for number = 1, count do
    local step = list[backwards and count + 1 - number or number]
    if type(step) == "table" then
      local after, added
      if number >= (from or 1) - 1 then
        after = step.context
        if not model_of.is_object(after) then after = {} end
      end
      if number >= (from or 1) then
        added = next(after) ~= nil and steps_module.added(context, after) or nil
        written[#written + 1] = {
          event = text_of(step, "name"), from = text_of(step, "transitioned_from"), to = text_of(step, "transitioned_to"),
          type = text_of(step, "type"), date = text_of(step, "date_created"), parent = text_of(step, "parent_step_sid"), added = added,
        }
      end
      -- A step whose context was not asked for tells nothing of what came and went.
      if after and next(after) ~= nil then context = after end
    end
  end
  return codec.array(written)
end

return steps_module
