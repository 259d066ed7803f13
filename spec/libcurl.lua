--- What libcurl is free to report in more than one way: nothing else of a spec is widened.
local core = require "studio.core"

local libcurl = {}

local major, minor = core.curl_version:match("^(%d+)%.(%d+)")
major, minor = tonumber(major), tonumber(minor)

--- Whether it is of version 8 or newer.
libcurl.is_newer = major >= 8

--- Whether it is one of 8.1 to 8.8. They do not notice that nghttp2 has ended a session whose server breaks the rules, and wait for more;
-- and they leave an unknown transfer coding, or one before `chunked`, as it is.
libcurl.is_deaf = major == 8 and minor >= 1 and minor <= 8

--- A row of a table of faults, as it holds for what was reported. A row's third and fourth place are the kind of the error, or "ok", and
-- its status; those in the first and second place of `row.newer`, and what else it has, hold where libcurl 8 or newer reports that kind,
-- those of `row.deaf` where one that is deaf does.
-- @tparam table row
-- @tparam string kind what was reported
-- @treturn table
function libcurl.row(row, kind)
  for _, other in ipairs { libcurl.is_newer and row.newer or {}, libcurl.is_deaf and row.deaf or {} } do
    if other[1] == kind then
      local instead = {}
      for name, value in pairs(row) do instead[name] = value end
      for name, value in pairs(other) do instead[name] = value end
      instead[1], instead[2], instead[3], instead[4] = row[1], row[2], other[1], other[2]
      return instead
    end
  end
  return row
end

return libcurl
