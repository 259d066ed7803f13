--- "did you mean": the words to add to a message about a name that is not known.
local ascii = require "studio.base.ascii"
local nearest = require "studio.base.nearest"

local normalised = nearest.normalised

-- More names than these that have a word in common are no answer.
local MOST_ALIKE = 3

-- The names that begin or end with what was written, in whole words: `token` for `page_token`.
local function longer_names(wanted, known)
  local found = {}
  for _, candidate in ipairs(known) do
    local name = normalised(candidate)
    if name:sub(1, #wanted + 1) == wanted .. "_" or name:sub(-#wanted - 1) == "_" .. wanted then
      found[#found + 1] = ("'%s'"):format(candidate)
    end
  end
  return #found <= MOST_ALIKE and found or {}
end

--- The words to add to a message about an unknown name.
-- @tparam string name what was written
-- @tparam {string,...} known the names there are
-- @tparam[opt] string what they are, such as `"options"`: all of them are listed when none is near
-- @treturn string `": did you mean 'page_size'?"`, `": the options are …"`, or an empty string
-- @treturn string|nil the one name that a slip of the hand leads from
local function suggest(name, known, what)
  if type(name) == "string" and #name <= nearest.LONGEST then
    local near = nearest.find(name, known)
    if near then return (": did you mean '%s'?"):format(near), near end
    local longer = longer_names(normalised(name), known)
    if longer[1] then return (": did you mean %s?"):format(table.concat(longer, " or ")) end
  end
  if not what then return "" end
  local names = {}
  for index, each in ipairs(known) do names[index] = each end
  if #names == 0 then return (": there are no %s here"):format(what) end
  ascii.sort(names)
  return (": the %s are %s"):format(what, table.concat(names, ", "))
end

return suggest
