--- Text as a terminal may show it.
local text = {}

--- Replaces what would move the cursor, change colours or end a line: control characters, those of two bytes too, and U+2028, U+2029.
-- @tparam string value
-- @treturn string one line
function text.printable(value)
  if not value:find "[%z\1-\31\127-\255]" then return value end
  return (value:gsub("[%z\1-\31\127]+", " "):gsub("\194[\128-\159]", " "):gsub("\226\128[\168\169]", " "))
end

--- Words of an identifier as an option or a command writes them.
-- @tparam string name such as `friendly_name`
-- @treturn string `friendly-name`
function text.kebab(name)
  return (name:gsub("_", "-"))
end

--- Words of an identifier.
-- @tparam string name such as `flex_flow`
-- @treturn string `flex flow`
function text.words(name)
  return (name:gsub("_", " "))
end

--- The same with an article before them.
-- @tparam string name such as `execution`
-- @treturn string `an execution`
function text.a(name)
  return (name:find "^[aeiou]" and "an " or "a ") .. text.words(name)
end

--- Whether the content of a file looks like UTF-16: it begins with a byte order mark of it, or has zero bytes.
-- @tparam string content
-- @treturn boolean
function text.is_utf16(content)
  return content:find "^\255\254" ~= nil or content:find "^\254\255" ~= nil or content:find "%z" ~= nil
end

return text
