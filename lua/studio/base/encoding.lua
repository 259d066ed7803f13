--- How a text begins: with the byte order mark of UTF-8, or as one in another encoding does.
-- @module studio.base.encoding

local encoding = {}

--- Drops the mark.
-- @tparam string text
-- @treturn string
function encoding.unmarked(text)
  return (text:gsub("^\239\187\191", ""))
end

--- The encoding that a text is in by the look of it, where it is not UTF-8: the first bytes tell, with a byte order mark or without, for
-- texts that begin with a character of ASCII and hold no NUL.
-- @tparam string text
-- @treturn ?string `"UTF-16"` or `"UTF-32"`; nil for any other
function encoding.other(text)
  local first, second, third, fourth = text:byte(1, 4)
  local is_wide = fourth and third == 0 and (fourth == 0 or first == 0 and second == 0) or text:find("^%z%z\254\255")
  if is_wide then return "UTF-32" end
  return (first == 0 or second == 0 or text:find("^\255\254") or text:find("^\254\255")) and "UTF-16" or nil
end

return encoding
