--- Patterns in which `*` stands for anything.
-- @module studio.flow.run.glob

local glob = {}

-- The literal texts between the stars.
local function parts_of(pattern)
  local parts, from = {}, 1
  while true do
    local star = pattern:find("*", from, true)
    parts[#parts + 1] = pattern:sub(from, (star or 0) - 1)
    if not star then return parts end
    from = star + 1
  end
end

--- Does the whole text consist of the parts, in order, with anything between them?
-- @tparam table parts literal texts; a single one must be the text itself
-- @tparam string text
function glob.fits(parts, text)
  local count = #parts
  if count == 1 then return text == parts[1] end
  local first, last = parts[1], parts[count]
  if #text < #first + #last or text:sub(1, #first) ~= first then return false end
  local from, till = #first + 1, #text - #last
  if text:sub(till + 1) ~= last then return false end
  for i = 2, count - 1 do
    local start, stop = text:find(parts[i], from, true)
    if not start or stop > till then return false end
    from = stop + 1
  end
  return true
end

--- Does the whole text match the pattern?
function glob.matches(pattern, text)
  return glob.fits(parts_of(pattern), text)
end

return glob
