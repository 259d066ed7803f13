--- Names of widgets within Liquid: `widgets.ask` and `widgets["ask"]`.
local references = {}

--- Replaces the names of widgets in a text.
-- @tparam string text
-- @tparam function(name) rename gives the new name, or nil to leave it
-- @treturn string
function references.rename(text, rename)
  if not text:find("widgets", 1, true) then return text end
  local function replace(before, name)
    local other = rename(name)
    return other and before .. other or nil
  end
  text = text:gsub("(%f[0-9A-Za-z_]widgets%s*%.%s*)([0-9A-Za-z_-]+)", replace)
  return (text:gsub("(%f[0-9A-Za-z_]widgets%s*%[%s*[\"'])([^\"']+)", replace))
end

return references
