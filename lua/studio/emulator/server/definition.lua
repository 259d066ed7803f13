--- Flow definitions: what makes one.
-- @module studio.emulator.server.definition

local cjson = require "cjson.safe"
local errors = require "studio.emulator.server.errors"
local json = require "studio.emulator.server.json_writer"
local validate = require "studio.emulator.server.validate"

-- Decoded, `{}` and `[]` are the same empty table. So each `{}` outside of strings is given a member first.
local function decode(text)
  local shape = text:gsub("\\.", "  "):gsub('"[^"]*"', function(quoted) return (" "):rep(#quoted) end)
  local parts, from = {}, 1
  for opened, closed in shape:gmatch("(){[ \t\r\n]*()}") do
    parts[#parts + 1] = text:sub(from, opened) .. '"":0'
    from = closed
  end
  return validate.decode_json(table.concat(parts) .. text:sub(from))
end

local function is_object(value)
  return type(value) == "table" and value[1] == nil
end

local function is_array(value)
  return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
end

local function is_name(value)
  return type(value) == "string" and value ~= ""
end

local function check_transitions(transitions, path, names, report)
  if not is_array(transitions) then
    return report(path, "must be an array")
  end
  for i, transition in ipairs(transitions) do
    local at = path .. "/" .. i - 1
    if not is_object(transition) then
      report(at, "must be an object")
    else
      if not is_name(transition.event) then
        report(at .. "/event", "is missing but it is required")
      end
      -- A transition without `next`, or with an empty one, leads out of the flow.
      local target = transition.next
      local leads = target ~= nil and target ~= "" and target ~= cjson.null
      if leads and not (type(target) == "string" and names[target]) then
        report(at .. "/next", "refers to a state that does not exist: " .. tostring(target))
      end
    end
  end
end

local function check_states(states, report)
  local names = {}
  for i, state in ipairs(states) do
    local at = "#/states/" .. i - 1
    if not is_object(state) then
      report(at, "must be an object")
    else
      for _, field in ipairs { "name", "type" } do
        if not is_name(state[field]) then
          report(at .. "/" .. field, "is missing but it is required")
        end
      end
      if is_name(state.name) then
        if names[state.name] then
          report(at .. "/name", "is not unique: " .. state.name)
        end
        names[state.name] = true
      end
    end
  end
  for i, state in ipairs(states) do
    if is_object(state) and state.transitions ~= nil then
      check_transitions(state.transitions, "#/states/" .. (i - 1) .. "/transitions", names, report)
    end
  end
  return names
end

local function problems_of(value)
  local problems = {}
  local function report(path, message)
    problems[#problems + 1] = { message = message, property_path = path }
  end
  if not is_object(value) then
    report("#/", "must be an object")
    return problems
  end
  local names = {}
  if value.states == nil then
    report("#/states", "is missing but it is required")
  elseif not is_array(value.states) then
    report("#/states", "must be an array")
  else
    names = check_states(value.states, report)
  end
  if value.initial_state == nil then
    report("#/initial_state", "is missing but it is required")
  elseif type(value.initial_state) ~= "string" or not names[value.initial_state] then
    report("#/initial_state", "refers to a state that does not exist: " .. tostring(value.initial_state))
  end
  return problems
end

local function write_problem(problem)
  return '{"message":' .. json.text(problem.message) .. ',"property_path":' .. json.text(problem.property_path) .. "}"
end

local most_states = 2000

--- Refuses with 81022 what is no definition, with 81025 one that is too large.
local function check(text)
  local value = decode(text)
  local problems = problems_of(value)
  if #problems > 0 then
    errors.refuse(400, 81022, "Flow definition validation failed", json.array(problems, write_problem))
  elseif #value.states > most_states then
    errors.refuse(400, 81025, ("The Flow has %d widgets, of %d at most"):format(#value.states, most_states))
  end
end

return { check = check }
