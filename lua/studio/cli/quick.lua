--- Reads the arguments of a command that have nothing wrong with them, without argparse: to load that takes as long as to list the flows.
--
-- What is not sure is left to argparse: slips, help, and whatever a command describes that is not known here. Both give the same, which
-- spec/cli_quick_spec.lua holds them to.
local options = require "studio.cli.options"

local quick = {}

-- The names of an option, and where its value goes.
local function names_of(text)
  local names, first = {}, nil
  for name in text:gmatch "%S+" do
    names[#names + 1] = name
    if not first or first:sub(1, 2) ~= "--" and name:sub(1, 2) == "--" then first = name end
  end
  return names, first
end

-- What may be said of an element; of other words argparse knows more.
local setters = {
  argname = "_", description = "_", hidden = "_", target = "_target", choices = "_choices", convert = "_convert", count = "_count",
  args = "_args", action = "_action",
}

local element_mt = {}

function element_mt.__index(_, word)
  local field = setters[word]
  if not field then
    if word:sub(1, 1) == "_" then return nil end -- nobody said anything of it
    error("not known here: " .. word, 0)
  end
  return function(element, value)
    element[field] = value
    return element
  end
end

local target_methods = {}

local function add_option(target, text, has_value)
  local names, first = names_of(text)
  local element = setmetatable({ _target = first:gsub("^%-+", ""):gsub("%-", "_"), _has_value = has_value }, element_mt)
  for _, name in ipairs(names) do target.named[name] = element end
  target.options[#target.options + 1] = element
  return element
end

function target_methods:option(text) return add_option(self, text, true) end
function target_methods:flag(text) return add_option(self, text, false) end

function target_methods:argument(name)
  local element = setmetatable({ _target = name }, element_mt)
  self.arguments[#self.arguments + 1] = element
  return element
end

function target_methods.mutex(_, ...)
  local group = {}
  for _, element in ipairs { ... } do element._mutex = group end
end

-- A value as the element has it; nil where it is refused.
local function converted(element, value)
  local choices, convert = element._choices, element._convert
  if choices then
    local is_one = false
    for _, choice in ipairs(choices) do is_one = is_one or choice == value end
    if not is_one then return nil end
  end
  if convert then
    if type(convert) ~= "function" then return nil end
    value = convert(value)
  end
  return value
end

local function is_list(element)
  local count, args = element._count, element._args
  return count == "*" or args == "*" or args == "+"
end

-- Keeps a value; false where it may not be there.
local function keep(result, element, value)
  local group = element._mutex
  if group then
    if group.used and group.used ~= element then return false end
    group.used = element
  end
  if value == nil then return false end
  if is_list(element) then
    local list = result[element._target]
    list[#list + 1] = value
  else
    result[element._target] = value
  end
  element._is_given = true
  return true
end

-- Whether it can be told here what becomes of an element.
local function is_known(element)
  local count, args, action = element._count, element._args, element._action
  return (count == nil or count == "*" or count == "1") and (args == nil or args == "*" or args == "+" or args == "?")
    and (action == nil or action == "store_false")
end

local function begin(target)
  local result = {}
  for _, elements in ipairs { target.options, target.arguments } do
    for _, element in ipairs(elements) do
      element._is_given = false
      if not is_known(element) then return nil end
      if is_list(element) then result[element._target] = {} end
    end
  end
  return result
end

local function is_whole(target)
  for _, element in ipairs(target.options) do
    if element._count == "1" and not element._is_given then return false end
  end
  for _, element in ipairs(target.arguments) do
    local args = element._args
    if not element._is_given and args ~= "?" and args ~= "*" then return false end
  end
  return true
end

-- One option of the arguments at a place; gives where the next one is, or nil.
local function take_option(target, result, arguments, index)
  local word = arguments[index]
  local name, value = word:match "^(%-%-[^=]+)=(.*)$"
  local element = target.named[name or word]
  if not element then return nil end
  if not element._has_value then
    local is_off = element._action == "store_false"
    if name or not keep(result, element, not is_off) then return nil end
    return index + 1
  end
  if not name then
    index = index + 1
    value = arguments[index]
    if value == nil or value:sub(1, 1) == "-" and value ~= "-" then return nil end
  end
  if not keep(result, element, converted(element, value)) then return nil end
  return index + 1
end

local function parse(target, arguments)
  local result = begin(target)
  local index, place = 1, 1
  while result and index <= #arguments do
    local word = arguments[index]
    if word:sub(1, 1) == "-" and word ~= "-" then
      index = take_option(target, result, arguments, index)
      if not index then return nil end
    else
      local element = target.arguments[place]
      if not element or not keep(result, element, converted(element, word)) then return nil end
      if not is_list(element) then place = place + 1 end
      index = index + 1
    end
  end
  return result and is_whole(target) and result or nil
end

--- Reads arguments.
-- @tparam table module of the command
-- @tparam {string,...} arguments
-- @treturn table|nil what argparse would give; nil where it has to be asked
function quick.read(module, arguments)
  for _, word in ipairs(arguments) do
    if word == "-h" or word == "--help" or word == "--" then return nil end
  end
  local target = setmetatable({ options = {}, arguments = {}, named = {} }, { __index = target_methods })
  local is_described = pcall(options.describe, module, target, function(set) set(target) end)
  return is_described and parse(target, arguments) or nil
end

return quick
