--- Date-times: ISO 8601 (RFC 3339) text and UTC epoch seconds, and the date of an HTTP header (RFC 9110 §5.6.7).
local ascii = require "studio.base.ascii"

local floor = math.floor

local month_days = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
local month_numbers = {
  Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12,
}

local function is_leap(year)
  return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
end

-- Days since 1970-01-01 in the Gregorian calendar; March is the first month, so that a leap day is a year's last.
local function days_of(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local era_days = 365 * year + floor(year / 4) - floor(year / 100) + floor(year / 400)
  return era_days + floor((153 * (month - 3) + 2) / 5) + day - 719469
end

local function epoch(year, month, day, hour, minute, second)
  if month < 1 or month > 12 or day < 1 then return nil end
  local last = month == 2 and is_leap(year) and 29 or month_days[month]
  -- 60 is a leap second; it is counted as the next minute's first.
  if day > last or hour > 23 or minute > 59 or second > 60 then return nil end
  return days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
end

-- Seconds east of UTC, or nil when it is no zone.
local function zone_offset(zone)
  if zone == "Z" or zone == "z" then return 0 end
  local sign, hours, minutes = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then return nil end
  local offset = tonumber(hours) * 3600 + tonumber(minutes) * 60
  return sign == "-" and -offset or offset
end

--- Reads an ISO 8601 date-time.
-- A date alone is its midnight; without a zone it is UTC.
-- @tparam string text such as `2026-11-20T08:30:00Z` or `2026-11-20T09:30:00.250+01:00`
-- @treturn number UTC epoch seconds; or nil when it is not a date-time
-- @treturn boolean whether the text names a zone
local function parse(text)
  local year, month, day, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
  if not year then return nil end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if rest == "" then return epoch(year, month, day, 0, 0, 0), false end
  local hour, minute, second, fraction, zone = rest:match("^[Tt ](%d%d):(%d%d):(%d%d)(%.?%d*)(.*)$")
  if not hour or fraction == "." or (fraction ~= "" and fraction:sub(1, 1) ~= ".") then return nil end
  local offset = zone == "" and 0 or zone_offset(zone)
  local seconds = epoch(year, month, day, tonumber(hour), tonumber(minute), tonumber(second))
  if not offset or not seconds then return nil end
  seconds = seconds - offset
  if fraction ~= "" then seconds = seconds + ascii.number("0" .. fraction) end
  return seconds, zone ~= ""
end

--- Writes epoch seconds as ISO 8601 in UTC, with the nearest milliseconds where there are any.
-- @tparam number seconds UTC epoch seconds
-- @treturn string `YYYY-MM-DDThh:mm:ssZ`; or nil outside the years 0 to 9999
local function format(seconds)
  -- Rounded, for few thousandths are doubles.
  local rounded = floor(seconds * 1000.0 + 0.5)
  if not (rounded >= -62167219200000 and rounded < 253402300800000) then return nil end
  local whole = floor(rounded / 1000)
  local milliseconds = rounded - whole * 1000
  local days, rest = floor(whole / 86400), whole % 86400
  local z = days + 719468
  local era = floor(z / 146097)
  local day_of_era = z - era * 146097
  local year_of_era = floor((day_of_era - floor(day_of_era / 1460) + floor(day_of_era / 36524) - floor(day_of_era / 146096)) / 365)
  local day_of_year = day_of_era - (365 * year_of_era + floor(year_of_era / 4) - floor(year_of_era / 100))
  local month_from_march = floor((5 * day_of_year + 2) / 153)
  local day = day_of_year - floor((153 * month_from_march + 2) / 5) + 1
  local month = month_from_march < 10 and month_from_march + 3 or month_from_march - 9
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  local text = ("%04d-%02d-%02dT%02d:%02d:%02d"):format(year, month, day, floor(rest / 3600), floor(rest / 60) % 60, rest % 60)
  if milliseconds > 0 then text = text .. (".%03d"):format(milliseconds) end
  return text .. "Z"
end

local YEAR = 365.2425 * 86400

-- RFC 9110 §5.6.7: a date of two digits for its year that seems to be more than 50 years ahead is of the century before.
local function within_50_years(seconds_of, short_year)
  local now = os.time()
  local century = floor((1970 + now / YEAR) / 100) * 100
  for year = century + 100 + short_year, 0, -100 do
    local seconds = seconds_of(year)
    if seconds and seconds <= now + 50 * YEAR then return seconds end
  end
  return nil
end

--- Reads the date of an HTTP header, in each of the three forms that RFC 9110 §5.6.7 has.
-- @tparam string text such as `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`
-- @treturn number UTC epoch seconds, or nil when it is none
local function parse_http(text)
  local hour, minute, second = text:match(" (%d%d):(%d%d):(%d%d)")
  if not hour then return nil end
  local day, month, year = text:match("^[A-Za-z]+, (%d%d) ([A-Za-z]+) (%d%d%d%d) [%d:]+ GMT$")
  if not day then month, day, year = text:match("^[A-Za-z]+ ([A-Za-z]+) ([ %d]%d) [%d:]+ (%d%d%d%d)$") end
  if not day then day, month, year = text:match("^[A-Za-z]+, (%d%d)%-([A-Za-z]+)%-(%d%d) [%d:]+ GMT$") end
  month = month_numbers[month]
  if not month then return nil end
  local function seconds_of(full_year)
    return epoch(full_year, month, tonumber(day), tonumber(hour), tonumber(minute), tonumber(second))
  end
  if #year == 2 then return within_50_years(seconds_of, tonumber(year)) end
  return seconds_of(tonumber(year))
end

return { parse = parse, format = format, parse_http = parse_http }
