--- Which URLs may be followed, of those that answers hold and programs saved.
local core = require "studio.core"
local origins = require "studio.request.origins"

local targets = {}

local function same_origin(a, b)
  return a.scheme == b.scheme and a.host == b.host and a.port == b.port
end

--- Reads a URL that an answer or the program gave: may the configured origin be asked for it, and for what?
-- @tparam table origin an entry of `origins.resolve`'s table
-- @tparam string url
-- @treturn string path and query, to be asked of the configured origin; or nil
-- @treturn string what is wrong: the URL is of another origin, or none
function targets.of_url(origin, url)
  if type(url) ~= "string" then return nil, "it is not a string" end
  local target = core.plain_target(origin.text, url) or core.plain_target(origin.canonical_text, url)
  if target then return target end
  if url:find("[%z\1-\32\127-\255\\]") then return nil, "it holds a character that no URL has" end
  if not url:find("^[A-Za-z][A-Za-z0-9+.-]*://[^/]") then return nil, "it is not an absolute http or https URL" end
  local parts, message = origins.read(url)
  if not parts then return nil, message end
  if not same_origin(parts, origin.parts) and not same_origin(parts, origin.canonical) then
    local own, canonical = origin.text, origins.text_of(origin.canonical)
    local places = own == canonical and "not " .. own or ("neither %s nor %s"):format(own, canonical)
    return nil, ("its origin %s is %s"):format(origins.text_of(parts), places)
  end
  if not parts.path or parts.path:sub(1, 1) ~= "/" then return nil, "it has no path" end
  return parts.query and parts.path .. "?" .. parts.query or parts.path
end

return targets
