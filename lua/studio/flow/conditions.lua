--- The conditions of split-based-on: does a text fulfil them?
--
--     conditions.holds({ type = "equal_to", value = "Yes" }, " yes ")                       --> true
--     conditions.holds({ type = "regex", value = "(?=.*a)\\d+a" }, "12a")                  --> true, or nil, problem without lrexlib
--     conditions.check("regex", "(")                                                       --> problem: "… does not compile: …"
--     conditions.operators.contains                                                        --> { needs_value = true }
--
-- White space at both ends of the two texts and the case of letters do not count. `value` comes here rendered.
-- @module studio.flow.conditions

local ascii = require "studio.base.ascii"
local dates = require "studio.flow.liquid.dates"
local numbers = require "studio.flow.liquid.numbers"
local shown = require "studio.flow.shown"
local text = require "studio.flow.liquid.text"

--- CHOICES: what no page of the service says, or what is only inferred, and what is done here.
--
-- * A list (`matches_any_of`) is cut at commas, its elements trimmed; a comma cannot be escaped, an empty element is empty text.
-- * What is no number, time or date neither comes before nor after anything. Equal values are neither less nor greater.
-- * The input of a date operator may be a date in another form, or have a time: its day in Pacific time counts.
-- * Regular expressions are PCRE's, by lrexlib, while the service's are Java's: the differences are in rare constructs.

local conditions = {}

local function compact(value)
  return text.lower(text.trim(value))
end

local function any_of(input, list)
  for element in (list .. ","):gmatch "([^,]*)," do
    if compact(element) == input then return true end
  end
  return false
end

local function number_of(value)
  return #value < 400 and numbers.plain(numbers.parse(value)) or nil
end

local function day_of(value)
  local day = value:match("^%d%d%d%d%-%d%d%-%d%d$")
  if day then return dates.read(value, 0) and day end
  if not value:find("%d%d%d%d") then return nil end
  local time = dates.read(value, 0)
  return time and (dates.day_and_time(time))
end

local function time_of(value)
  local hours, minutes = value:match("^(%d%d):(%d%d)$")
  return hours and tonumber(hours) < 24 and tonumber(minutes) < 60 and value or nil
end

local function ordered(read, is_right)
  return function(input, value)
    local a, b = read(text.trim(input)), read(text.trim(value))
    return a ~= nil and b ~= nil and is_right(a, b)
  end
end

local function before(a, b) return a < b end
local function after(a, b) return a > b end

local engine, engine_name, engine_flags

local function load_engine()
  if engine ~= nil then return engine end
  engine = false
  for _, name in ipairs { "rex_pcre2", "rex_pcre" } do
    local ok, library = pcall(require, name)
    if ok and type(library) == "table" then
      local flags = library.flags()
      engine, engine_name, engine_flags = library, name, flags.CASELESS + (flags.UTF or flags.UTF8)
      break
    end
  end
  return engine
end

local missing = "regular expressions need lrexlib: install Debian's lua-rex-pcre2, or the rock lrexlib-pcre2"

local function problem(message)
  return setmetatable({ code = 81018, message = message }, { __tostring = function(self) return self.message end })
end

local compiled, compiled_count = {}, 0

local function expression(pattern)
  local found = compiled[pattern]
  if found then return found end
  if not load_engine() then return nil, problem(missing) end
  local ok, made = pcall(engine.new, pattern, engine_flags)
  if ok then ok, made = pcall(engine.new, "(?:" .. pattern .. ")\\z", engine_flags) end
  if not ok then return nil, problem(("the regular expression '%s' does not compile: %s"):format(pattern, tostring(made))) end
  if compiled_count >= 256 then compiled, compiled_count = {}, 0 end
  compiled[pattern], compiled_count = made, compiled_count + 1
  return made
end

local function matches(input, pattern)
  local made, failed = expression(pattern)
  if not made then return nil, failed end
  local ok, first = pcall(made.find, made, input)
  if not ok then return nil, problem(("the regular expression '%s' could not be tried: %s"):format(pattern, tostring(first))) end
  return first == 1
end

local positive = {
  equal_to = function(input, value) return input == value end,
  matches_any_of = function(input, value) return any_of(input, value) end,
  is_blank = function(input) return input == "" end,
  contains = function(input, value) return input:find(value, 1, true) ~= nil end,
  starts_with = function(input, value) return input:sub(1, #value) == value end,
}

local negative = {
  not_equal_to = "equal_to", does_not_match_any_of = "matches_any_of", is_not_blank = "is_blank",
  does_not_contain = "contains", does_not_start_with = "starts_with",
}

local evaluate = {
  less_than = ordered(number_of, before),
  greater_than = ordered(number_of, after),
  is_before_time = ordered(time_of, before),
  is_after_time = ordered(time_of, after),
  is_before_date = ordered(day_of, before),
  is_after_date = ordered(day_of, after),
}
for name, test in pairs(positive) do
  evaluate[name] = function(input, value) return test(compact(input), compact(value)) end
end
for name, opposite in pairs(negative) do
  local test = evaluate[opposite]
  evaluate[name] = function(input, value) return not test(input, value) end
end

--- The operators: name → `{ needs_value }`.
conditions.operators = { regex = { needs_value = true } }
for name in pairs(evaluate) do
  conditions.operators[name] = { needs_value = name ~= "is_blank" and name ~= "is_not_blank" }
end

--- Does a text fulfil a condition?
-- @tparam table condition `type`: an operator; `value`: text
-- @string input the rendered text that is tested
-- @string[opt] value the condition's value rendered; left out where it holds no Liquid
-- @treturn[1] boolean
-- @treturn[2] nil
-- @treturn[2] table the problem: an unknown operator, a regular expression that does not compile or that nothing here can try
function conditions.holds(condition, input, value)
  local kind = condition.type
  if value == nil then value = condition.value end
  input, value = ascii.text(input or ""), ascii.text(value or "")
  if kind == "regex" then return matches(text.trim(input), value) end
  local test = evaluate[kind]
  if not test then return nil, problem(("unknown operator '%s'"):format(shown(kind))) end
  return test(input, value)
end

local forms = {
  number = { read = number_of, message = "'%s' is no number: the condition is never true" },
  time = { read = time_of, message = "'%s' is no time: it is written HH:MM, 24 hours, with leading zeros" },
  date = {
    read = function(value) return value:find("^%d%d%d%d%-%d%d%-%d%d$") and dates.read(value, 0) end,
    message = "'%s' is no date: it is written YYYY-MM-DD, with leading zeros",
  },
}

local form_of = {
  less_than = forms.number, greater_than = forms.number, is_before_time = forms.time, is_after_time = forms.time,
  is_before_date = forms.date, is_after_date = forms.date,
}

--- Says what is wrong with the value of an operator, as far as that shows without Liquid's values.
-- @string kind the operator
-- @string value one without Liquid
-- @treturn ?table the problem; nil when there is none, and for a regular expression where lrexlib is missing
function conditions.check(kind, value)
  if kind == "regex" then
    if not load_engine() then return nil end
    local _, failed = expression(value)
    return failed
  end
  local form = form_of[kind]
  local trimmed = text.trim(value)
  if form and not form.read(trimmed) then return problem(form.message:format(trimmed)) end
end

--- Which library tries regular expressions here.
-- @treturn ?string `"rex_pcre2"`, `"rex_pcre"` or nil
function conditions.engine()
  load_engine()
  return engine_name
end

return conditions
