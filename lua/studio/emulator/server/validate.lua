--- The rules that parameters must keep to. A rule takes the text that arrived and gives the value, or nil and what it must be.
-- @module studio.emulator.server.validate

local cjson = require "cjson.safe"
local errors = require "studio.emulator.server.errors"

-- An instance of its own: the settings of cjson are shared by all who require it.
local decoder = cjson.new()
decoder.decode_invalid_numbers(false)

local validate = {}

--- Decodes JSON, for looking into it; what is kept is the text.
function validate.decode_json(text)
  return decoder.decode(text)
end

--- Is this UTF-8? Text in Latin-1 would make an answer that is no JSON.
function validate.is_utf8(text)
  if not text:find("[\128-\255]") then
    return true
  end
  local rest = text:gsub("[%z\1-\127]", "")
    :gsub("[\194-\223][\128-\191]", "")
    :gsub("\224[\160-\191][\128-\191]", "")
    :gsub("[\225-\236\238\239][\128-\191][\128-\191]", "")
    :gsub("\237[\128-\159][\128-\191]", "")
    :gsub("\240[\144-\191][\128-\191][\128-\191]", "")
    :gsub("[\241-\243][\128-\191][\128-\191][\128-\191]", "")
    :gsub("\244[\128-\143][\128-\191][\128-\191]", "")
  return rest == ""
end

--- Any text but the empty one.
function validate.text(text)
  if text == "" then
    return nil, "must not be empty"
  end
  return text
end

--- A JSON text, kept as it is.
function validate.json(text)
  if decoder.decode(text) == nil then
    return nil, "must be valid JSON"
  end
  return text
end

--- true or false.
function validate.boolean(text)
  if text == "true" then
    return true
  elseif text == "false" then
    return false
  end
  return nil, "must be true or false"
end

--- An absolute http or https URL.
function validate.url(text)
  if not text:find("^https?://[^/%s]+%S*$") then
    return nil, "must be an absolute URL"
  end
  return text
end

--- A whole number within bounds.
function validate.integer(low, high)
  local must = high and ("must be an integer from %d to %d"):format(low, high)
    or ("must be an integer of at least %d"):format(low)
  return function(text)
    local value = text:find("^%-?%d+$") and tonumber(text)
    if not value or value < low or (high and value > high) then
      return nil, must
    end
    return value
  end
end

--- One of a few words.
function validate.one_of(...)
  local words, list = {}, { ... }
  for _, word in ipairs(list) do
    words[word] = true
  end
  return function(text)
    if not words[text] then
      return nil, "must be one of " .. table.concat(list, ", ")
    end
    return text
  end
end

--- A SID with its prefix.
function validate.sid(prefix)
  local pattern = "^" .. prefix .. ("%x"):rep(32) .. "$"
  return function(text)
    if not text:find(pattern) then
      return nil, "must be a SID that starts with " .. prefix
    end
    return text
  end
end

-- Days since 1970-01-01 of a day in the Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  local century = math.floor(year / 100)
  return 365 * year + math.floor(year / 4) - century + math.floor(century / 4)
    + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- An ISO 8601 date and time with a zone, as seconds since 1970.
function validate.date_time(text)
  local must = "must be an ISO 8601 date and time with a zone"
  local year, month, day, hour, minute, second, zone =
    text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)%.?%d*([Zz%+%-].*)$")
  if not year then
    return nil, must
  end
  local offset = 0
  if zone ~= "Z" and zone ~= "z" then
    local sign, hours, minutes = zone:match("^([%+%-])(%d%d):?(%d%d)$")
    if not sign then
      return nil, must
    end
    offset = (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1)
  end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if month < 1 or month > 12 or day < 1 or day > 31 or hour > 23 or minute > 59 or second > 60 then
    return nil, must
  end
  return days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
end

--- Marks a rule: the parameter must be there.
function validate.required(rule)
  return { rule = rule, required = true }
end

--- Marks a rule: the key may be repeated, and once with nothing stands for an empty list.
function validate.list_of(rule)
  return { rule = rule, required = true, list = true }
end

local function check(rule, name, text)
  if not validate.is_utf8(text) then
    errors.refuse(400, 20001, ("Invalid parameter %s: must be UTF-8"):format(name))
  end
  local value, must = rule(text)
  if value == nil then
    errors.refuse(400, 20001, ("Invalid parameter %s: %s"):format(name, must))
  end
  return value
end

local function check_list(rule, name, texts)
  local values = {}
  for _, text in ipairs(texts) do
    if not (text == "" and #texts == 1) then
      values[#values + 1] = check(rule, name, text)
    end
  end
  return values
end

--- Reads the parameters of an operation, refusing what breaks a rule.
-- @tparam table rules a list of { name, rule }
-- @tparam table fields as form.parse gives them
-- @tparam string place "post body" or "query string", for the message
function validate.parameters(rules, fields, place)
  local values = {}
  for _, row in ipairs(rules) do
    local name, rule = row[1], row[2]
    local marked = type(rule) == "table"
    local texts = fields[name]
    if not texts or (texts[1] == "" and marked and not rule.list) then
      if marked and rule.required then
        errors.refuse(400, 20001, ("Missing required parameter %s in the %s"):format(name, place))
      end
    elseif marked and rule.list then
      values[name] = check_list(rule.rule, name, texts)
    else
      values[name] = check(marked and rule.rule or rule, name, texts[1])
    end
  end
  return values
end

return validate
