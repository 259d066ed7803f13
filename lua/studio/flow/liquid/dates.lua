--- Dates in Pacific time, as the service shows them: UTC-8, and UTC-7 from the second Sunday of March to the first of November.
--
-- That rule holds since 2007; it is used for the years before, too. No time zone database is asked.
-- @module studio.flow.liquid.dates

local ascii = require "studio.base.ascii"
local numbers = require "studio.flow.liquid.numbers"

local floor = math.floor

local dates = {}

local day_names = { [0] = "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" }
local month_names = {
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
}

-- Days since 1970-01-01 of a day of the Gregorian calendar.
local function days_of(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = floor(year / 400)
  local of_era = year - era * 400
  local of_year = floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468
end

local function calendar(days)
  days = days + 719468
  local era = floor(days / 146097)
  local of_era = days - era * 146097
  local year = floor((of_era - floor(of_era / 1460) + floor(of_era / 36524) - floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + floor(year / 4) - floor(year / 100))
  local part = floor((5 * of_year + 2) / 153)
  local month = part < 10 and part + 3 or part - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, of_year - floor((153 * part + 2) / 5) + 1
end

local function weekday(days) return (days + 4) % 7 end

-- The n-th Sunday of a month, in days since 1970.
local function sunday(year, month, n)
  local first = days_of(year, month, 1)
  return first + (7 - weekday(first)) % 7 + 7 * (n - 1)
end

-- Does daylight saving time hold at this moment (UTC)?
local function is_summer(time)
  local year = calendar(floor(time / 86400))
  return time >= sunday(year, 3, 2) * 86400 + 10 * 3600 and time < sunday(year, 11, 1) * 86400 + 9 * 3600
end

--- How far Pacific time is from UTC.
-- @tparam number time seconds since 1970
-- @treturn integer seconds, negative
local function offset(time)
  return is_summer(time) and -25200 or -28800
end
dates.offset = offset

local function from_local(seconds)
  local time = seconds + 28800
  if is_summer(time - 3600) then time = time - 3600 end
  return time
end

local months = {}
for index, name in ipairs(month_names) do
  months[ascii.lower(name)], months[ascii.lower(name:sub(1, 3))] = index, index
end

local function lengths(year, month)
  if month == 2 then return (year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)) and 29 or 28 end
  return (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
end

-- `10:30`, `10:30:05.25`, `10:30 pm`, with or without a zone: seconds of the day, and the offset from UTC where one is given.
local function read_clock(rest)
  if not rest:find("%S") then return 0 end
  local hours, minutes, after = rest:match("^[%sT,]*(%d%d?):(%d%d)(.*)$")
  if not hours then return nil end
  local seconds, more = after:match("^:(%d%d)(.*)$")
  after = more or after
  local fraction, remainder = after:match("^[%.,](%d+)(.*)$")
  after = remainder or after
  hours, minutes, seconds = tonumber(hours), tonumber(minutes), tonumber(seconds or 0)
  local half, ending = after:match("^%s*([AaPp])[Mm](.*)$")
  if half then
    if hours < 1 or hours > 12 then return nil end
    hours, after = hours % 12 + (ascii.lower(half) == "p" and 12 or 0), ending
  end
  if hours > 24 or minutes > 59 or seconds > 60 then return nil end
  local total = hours * 3600 + minutes * 60 + seconds + (fraction and ascii.read("0." .. fraction:sub(1, 9)) or 0)
  local zone = after:match("^%s*(.-)%s*$")
  if zone == "" then return total end
  if zone == "Z" or zone == "UTC" or zone == "GMT" then return total, 0 end
  if zone == "PST" then return total, -28800 end
  if zone == "PDT" then return total, -25200 end
  local sign, h, m = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign then return nil end
  return total, (tonumber(h) * 3600 + tonumber(m) * 60) * (sign == "-" and -1 or 1)
end

local function moment(year, month, day, rest)
  year, day = tonumber(year), tonumber(day)
  if not month or month < 1 or month > 12 or day < 1 or day > lengths(year, month) then return nil end
  local clock, zone = read_clock(rest)
  if not clock then return nil end
  local seconds = days_of(year, month, day) * 86400 + clock
  return zone and seconds - zone or from_local(seconds)
end

local function read_text(value)
  value = value:match("^%s*(.*)$")
  local year, month, day, rest = value:match("^(%d%d%d%d)[-/](%d%d?)[-/](%d%d?)(.*)$")
  if year then return moment(year, tonumber(month), day, rest) end
  value = value:gsub("^[A-Za-z]+,%s*", "")
  day, month, year, rest = value:match("^(%d%d?)[%s-]([A-Za-z]+)[%s-](%d%d%d%d)(.*)$")
  if day then return moment(year, months[ascii.lower(month)], day, rest) end
  month, day, year, rest = value:match("^([A-Za-z]+)%s+(%d%d?),?%s+(%d%d%d%d)(.*)$")
  if month then return moment(year, months[ascii.lower(month)], day, rest) end
  -- Java's and C's own form: `Tue Mar 03 10:00:00 PST 2026`, with or without a zone.
  month, day, rest, year = value:match("^[A-Za-z]+%s+([A-Za-z]+)%s+(%d%d?)%s+(%d%d?:%d%d:%d%d%s*[A-Za-z]*)%s+(%d%d%d%d)%s*$")
  if month then return moment(year, months[ascii.lower(month)], day, rest) end
end

--- The moment that a value names.
-- @param value seconds since 1970, `"now"`, `"today"`, or a date; one without a zone is in Pacific time
-- @tparam number now seconds since 1970
-- @treturn ?number seconds since 1970; nil when it is no date
function dates.read(value, now)
  local number = numbers.plain(value)
  if number then
    number = number
  elseif type(value) ~= "string" or #value > 100 then
    return nil
  elseif value == "now" or value == "today" then
    number = now
  else
    number = numbers.plain(numbers.parse(value)) or read_text(value)
  end
  if not number or number ~= number or number < -62135596800 or number > 253402300799 then return nil end
  return number
end

local function week_of_year(yday, wday, first_day)
  return floor((yday + 6 - (wday - first_day) % 7) / 7)
end

local function iso_week(days, year)
  local thursday = days - (weekday(days) + 6) % 7 + 3
  local week_year = calendar(thursday)
  if week_year ~= year and not week_year then week_year = year end
  return floor((thursday - days_of(week_year, 1, 1)) / 7) + 1, week_year
end

-- Each letter: value, width, and what it is filled with; or text.
local letters
letters = {
  a = function(t) return day_names[t.wday]:sub(1, 3) end,
  A = function(t) return day_names[t.wday] end,
  b = function(t) return month_names[t.month]:sub(1, 3) end,
  B = function(t) return month_names[t.month] end,
  C = function(t) return floor(t.year / 100), 2, "0" end,
  d = function(t) return t.day, 2, "0" end,
  e = function(t) return t.day, 2, " " end,
  G = function(t) return t.iso_year, 4, "0" end,
  g = function(t) return t.iso_year % 100, 2, "0" end,
  H = function(t) return t.hour, 2, "0" end,
  I = function(t) return (t.hour + 11) % 12 + 1, 2, "0" end,
  j = function(t) return t.yday + 1, 3, "0" end,
  k = function(t) return t.hour, 2, " " end,
  l = function(t) return (t.hour + 11) % 12 + 1, 2, " " end,
  L = function(t) return ("%03d"):format(floor(t.fraction * 1000)) end,
  m = function(t) return t.month, 2, "0" end,
  M = function(t) return t.minute, 2, "0" end,
  N = function(t) return ("%09d"):format(floor(t.fraction * 1e9)) end,
  n = function() return "\n" end,
  p = function(t) return t.hour < 12 and "AM" or "PM" end,
  P = function(t) return t.hour < 12 and "am" or "pm" end,
  s = function(t) return ("%d"):format(floor(t.time)) end,
  S = function(t) return t.second, 2, "0" end,
  t = function() return "\t" end,
  u = function(t) return (t.wday + 6) % 7 + 1, 1, "0" end,
  U = function(t) return week_of_year(t.yday, t.wday, 0), 2, "0" end,
  V = function(t) return t.iso_week, 2, "0" end,
  w = function(t) return t.wday, 1, "0" end,
  W = function(t) return week_of_year(t.yday, t.wday, 1), 2, "0" end,
  y = function(t) return t.year % 100, 2, "0" end,
  Y = function(t) return t.year, 4, "0" end,
  z = function(t) return t.summer and "-0700" or "-0800" end,
  Z = function(t) return t.summer and "PDT" or "PST" end,
  ["%"] = function() return "%" end,
}
letters.h = letters.b

local composed = {
  c = "%a %b %e %H:%M:%S %Y", D = "%m/%d/%y", F = "%Y-%m-%d", R = "%H:%M", r = "%I:%M:%S %p", T = "%H:%M:%S",
  v = "%e-%^b-%Y", x = "%m/%d/%y", X = "%H:%M:%S", ["+"] = "%a %b %e %H:%M:%S %Z %Y",
}

local function fields(time)
  local summer = is_summer(time)
  local shown = time + (summer and -25200 or -28800)
  local days = floor(shown / 86400)
  local seconds = floor(shown - days * 86400)
  local year, month, day = calendar(days)
  local week, week_year = iso_week(days, year)
  return {
    time = time, summer = summer, year = year, month = month, day = day, wday = weekday(days),
    yday = days - days_of(year, 1, 1), hour = floor(seconds / 3600), minute = floor(seconds / 60) % 60, second = seconds % 60,
    fraction = shown - floor(shown), iso_week = week, iso_year = week_year,
  }
end

local function flagged(value, flags, width, filler)
  if type(value) == "number" then
    if flags:find("-", 1, true) then return ("%d"):format(value) end
    if flags:find("_", 1, true) then filler = " " elseif flags:find("0", 1, true) then filler = "0" end
    local digits = ("%d"):format(value)
    return filler:rep(width - #digits) .. digits
  end
  if flags:find("^", 1, true) then value = ascii.upper(value) end
  if flags:find("#", 1, true) then value = value == ascii.upper(value) and ascii.lower(value) or ascii.upper(value) end
  return value
end

local function expand(pattern, t, depth)
  return (pattern:gsub("%%([-0_^#:]*)(%d*)([A-Za-z%%+])", function(flags, width, letter)
    width = math.min(tonumber(width) or 0, 64)
    local inner = composed[letter]
    if inner and depth < 2 then return flagged(expand(inner, t, depth + 1), flags) end
    local shown = letters[letter]
    if not shown then return nil end
    if letter == "z" and flags:find(":", 1, true) then return t.summer and "-07:00" or "-08:00" end
    local value, natural, filler = shown(t)
    return flagged(value, flags, math.max(width, natural or 0), filler)
  end))
end

--- A moment in Pacific time, in the letters of strftime.
-- @tparam number time seconds since 1970
-- @string pattern `"%Y-%m-%d %H:%M"`, with flags (`%-d`) as in Ruby; an unknown letter stays as it is
-- @treturn string
function dates.format(time, pattern)
  return expand(pattern, fields(time), 0)
end

--- Day and clock of a moment in Pacific time.
-- @tparam number time seconds since 1970
-- @treturn string `"2026-03-08"`
-- @treturn string `"14:05"`
function dates.day_and_time(time)
  local t = fields(time)
  return ("%04d-%02d-%02d"):format(t.year, t.month, t.day), ("%02d:%02d"):format(t.hour, t.minute)
end

return dates
