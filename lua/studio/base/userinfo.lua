--- The user and password in a URL, `user:password@host`.
local userinfo = {}

--- Undoes percent-encoding.
-- @tparam string text
-- @treturn string
function userinfo.unescape(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

--- What would have libraries read something else than was meant, and tell of it in words that show parts of a password.
-- @tparam string text `user:password`, as it is written in the URL
-- @treturn string|nil a predicate that shows no part of it
function userinfo.problem(text)
  if text:find("[#/?@\\]") then return "must have '#', '/', '?', '@' and '\\' percent-encoded in its user and password" end
  if text:gsub("%%%x%x", ""):find("%", 1, true) then return "must have '%' written as %25 in its user and password" end
  if userinfo.unescape(text):find("[%z\1-\31\127]") then return "must not hold control characters in its user and password" end
end

--- Takes the two apart.
-- @tparam string text `user:password`
-- @treturn string the user, as it is written
-- @treturn string the password, as it is written; empty where there is none
function userinfo.split(text)
  return text:match("^([^:]*):?(.*)$")
end

return userinfo
