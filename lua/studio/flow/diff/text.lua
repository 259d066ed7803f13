--- The text of a comparison, for people. It is the metatable of what `studio.flow.diff` gives.
local shown_as_json = require "studio.flow.shown"

local MOVED = require("studio.flow.diff.values").MOVED
local LONGEST = 120

local ESCAPES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function one_line(text)
  return (text:gsub("[%z\1-\31\127]", function(char) return ESCAPES[char] or " " end))
end

local function shown(value)
  if value == nil then return "nothing" end
  local text = type(value) == "string" and ('"%s"'):format(one_line(value)) or shown_as_json(value)
  return #text > LONGEST and text:sub(1, LONGEST - 3) .. "..." or text
end

-- What a path below a widget is called.
local function place_of(path)
  local inner = path:match "^/states/[^/]*/(.*)$"
  if not inner then return (path:gsub("^/", "")) end
  return inner:gsub("^properties/", ""):gsub("^transitions/match/(%d+)", "match %1"):gsub("^transitions/match$", "matches")
    :gsub("^transitions/", "on "):gsub("/next$", "")
end

local function is_whole_widget(change)
  return change.widget and change.op ~= "change" and change.path:find "^/states/[^/]*$" ~= nil
end

local SIGNS = { add = "+", remove = "-", rename = ">", change = "~" }

local function line_of(change)
  local place = place_of(change.path)
  local is_target = change.path:find "^/states/[^/]*/transitions/.*/next$"
  local from, to = shown(change.from), shown(change.to)
  if is_target then from, to = one_line(shown_as_json(change.from or "end")), one_line(shown_as_json(change.to or "end")) end
  local text
  if change.op == "add" and not is_target then
    text = ("%s %s: %s"):format(SIGNS.add, place, to)
  elseif change.op == "remove" and not is_target then
    text = ("%s %s: %s"):format(SIGNS.remove, place, from)
  elseif change.note == MOVED then
    return ("%s %s: %s"):format(SIGNS.change, place, MOVED)
  else
    text = ("%s %s: %s -> %s"):format(SIGNS.change, place, from, to)
  end
  return change.note and ("%s (%s)"):format(text, change.note) or text
end

local changes_mt = { __name = "studio.changes" }

function changes_mt.__tostring(changes)
  local lines, heading = {}, nil
  for _, change in ipairs(changes) do
    local widget = change.widget and one_line(("%s (%s)"):format(change.widget, change.type or "no type"))
    if is_whole_widget(change) then
      local former = change.op == "rename" and one_line(change.from) .. " -> " or ""
      lines[#lines + 1] = ("%s %s%s"):format(SIGNS[change.op], former, widget)
      heading = change.op == "rename" and change.widget or nil
    else
      if change.widget and heading ~= change.widget then
        lines[#lines + 1] = "~ " .. widget
        heading = change.widget
      end
      lines[#lines + 1] = (change.widget and "    " or "") .. line_of(change)
    end
  end
  return table.concat(lines, "\n")
end

return changes_mt
