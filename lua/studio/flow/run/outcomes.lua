--- Reads what a program says of the world: outcomes of widgets, answers to requests.
-- @module studio.flow.run.outcomes

local ascii = require "studio.base.ascii"
local contexts = require "studio.flow.run.contexts"
local errors = require "studio.base.errors"
local glob = require "studio.flow.run.glob"
local raw = require "studio.flow.raw"

local outcomes = {}

-- Of several outcomes the first is for the first visit of the widget, and so on; the last is for all that follow.
local function of_visit(value, visit)
  if type(value) == "table" and #value > 0 then return value[math.min(visit, #value)] end
  return value
end

local function outcome_problem(value, name)
  if type(value) == "string" or type(value) == "function" then return nil end
  if type(value) ~= "table" or type(value.event) ~= "string" then
    return ("the outcome of '%s' must be the name of an event, or a table { event = …, data = … }"):format(name)
  elseif value.data ~= nil and type(value.data) ~= "table" then
    return ("the data of the outcome of '%s' must be a table, not a %s"):format(name, type(value.data))
  end
end

--- What is wrong with the option `outcomes`, if something is.
function outcomes.problem(given)
  for name, value in pairs(type(given) == "table" and given or {}) do
    if type(name) ~= "string" then
      return ("the option 'outcomes' has the names of widgets as keys, not a %s"):format(type(name))
    end
    local list = type(value) == "table" and #value > 0 and value or { value }
    for _, one in ipairs(list) do
      local problem = outcome_problem(one, name)
      if problem then return problem end
    end
  end
end

local function read(value, name)
  if value == nil then return nil end
  local problem = outcome_problem(value, name)
  if problem or type(value) == "function" then errors.misuse("%s", problem or "an outcome must be no function of a function") end
  if type(value) == "string" then return { event = value } end
  return value
end

--- A function(state, frame, visit) → `{ event, data }` or nil.
-- @tparam ?table|function given the option `outcomes`
function outcomes.reader(given)
  if given == nil then return nil end
  return function(state, frame, visit)
    local value = given
    if type(given) == "table" then value = of_visit(given[state.name], visit) end
    if type(value) == "function" then value = raw.of(value(state.name, contexts.at(contexts.moment(frame)), state.type)) end
    return read(value, state.name)
  end
end

-- The keys of a table of answers, those with more letters first: they say more.
local function sorted_keys(answers)
  local keys = {}
  for key in pairs(answers) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  local is_before = ascii.order()
  table.sort(keys, function(a, b)
    if #a ~= #b then return #a > #b end
    return is_before(a, b)
  end)
  return keys
end

-- A URL may be asked for without its query.
local function fits(key, request)
  local method, pattern = key:match "^([A-Z]+)%s+(.*)$"
  if method and method ~= request.method then return false end
  pattern = pattern or key
  for _, url in ipairs { request.url, (request.url:match "^[^?#]*") } do
    if glob.matches(pattern, url) then return true end
    local valid, found = pcall(string.find, url, "^" .. pattern:gsub("^%^", ""):gsub("%$$", "") .. "$")
    if valid and found then return true end
  end
  return false
end

local function answer_problem(answer, name)
  if answer ~= nil and type(answer) ~= "table" then
    return ("the answer to %s must be a table { status = …, body = … }, not a %s"):format(name, type(answer))
  end
end

--- What is wrong with the option `http`, if something is.
function outcomes.answer_problem(given)
  for key, answer in pairs(type(given) == "table" and given or {}) do
    if type(key) ~= "string" then
      return ("the option 'http' has keys such as \"GET https://shop.example/*\", not a %s"):format(type(key))
    end
    local problem = type(answer) ~= "function" and answer_problem(answer, key)
    if problem then return problem end
  end
end

--- A function(request) → answer or nil.
-- @tparam ?table|function given the option `http`
function outcomes.answerer(given)
  if given == nil then return nil end
  local keys = type(given) == "table" and sorted_keys(given)
  return function(request)
    local answer
    if not keys then
      answer = raw.of(given(request))
    else
      for _, key in ipairs(keys) do
        if fits(key, request) then
          answer = given[key]
          if type(answer) == "function" then answer = raw.of(answer(request)) end
          break
        end
      end
    end
    local problem = answer_problem(answer, request.method .. " " .. request.url)
    if problem then errors.misuse("%s", problem) end
    return answer
  end
end

return outcomes
