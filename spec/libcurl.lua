--- What libcurl is free to report in more than one way: nothing else of a spec is widened.
local core = require "studio.core"

local libcurl = {}

--- Whether it is of version 8 or newer.
libcurl.is_newer = tonumber(core.curl_version:match("^%d+")) >= 8

--- A row of a table of faults, as it holds for what was reported. A row's third and fourth place are the kind of the error, or "ok", and
-- its status; those in the first and second place of `row.newer`, and what else it has, hold where libcurl 8 or newer reports that kind.
-- @tparam table row
-- @tparam string kind what was reported
-- @treturn table
function libcurl.row(row, kind)
  local newer = libcurl.is_newer and row.newer
  if not newer or newer[1] ~= kind then return row end
  local instead = {}
  for name, value in pairs(row) do instead[name] = value end
  for name, value in pairs(newer) do instead[name] = value end
  instead[1], instead[2], instead[3], instead[4] = row[1], row[2], newer[1], newer[2]
  return instead
end

return libcurl
