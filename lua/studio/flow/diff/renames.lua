--- Finds the widgets that have another name and are the same otherwise, all that refers to them included.
local ascii = require "studio.base.ascii"
local model_of = require "studio.flow.model"
local references = require "studio.flow.references"
local values = require "studio.flow.diff.values"

-- What stands for the name of a widget that may have been renamed.
local ANY = "\0any\0"

-- The names that the other definition has not.
local function only_here(order, other)
  local found = {}
  for _, key in ipairs(order) do
    -- The second widget of one name has a key that is no name.
    if not other[key] and not key:find "%z" then found[#found + 1] = key end
  end
  return found
end

-- A text that is the same for states that may be one another under another name; deep values are written in order of their keys.
local function signature(state, gone)
  local parts, is_before = { state.type or "" }, ascii.order()
  local function in_text(name) return gone[name] and ANY or nil end
  local function write(value, depth)
    if type(value) == "string" then
      parts[#parts + 1] = references.rename(value, in_text)
    elseif type(value) == "table" and depth < 32 and not model_of.is_null(value) then
      local keys = {}
      for key in pairs(value) do
        if not (depth == 0 and key == "offset") then keys[#keys + 1] = key end
      end
      table.sort(keys, function(a, b) return is_before(ascii.text(a), ascii.text(b)) end)
      for _, key in ipairs(keys) do
        parts[#parts + 1] = "\1" .. ascii.text(key) .. "\2"
        write(value[key], depth + 1)
      end
    else
      parts[#parts + 1] = ascii.text(value)
    end
  end
  write(state.properties, 0)
  local transitions = {}
  for _, transition in ipairs(state.transitions) do
    local following = transition.next and (gone[transition.next] and ANY or transition.next) or ""
    transitions[#transitions + 1] = ("%s\1%s"):format(transition.event or "", following)
  end
  ascii.sort(transitions)
  return table.concat(parts, "\3") .. "\4" .. table.concat(transitions, "\3")
end

-- The names that the new definition still refers to.
local function still_named(states)
  local named = {}
  local function keep(name)
    named[name] = true
    return nil
  end
  local function look(value, depth)
    if type(value) == "string" then
      references.rename(value, keep)
    elseif type(value) == "table" and depth < 32 then
      for _, inner in pairs(value) do look(inner, depth + 1) end
    end
  end
  for _, state in pairs(states) do
    look(state.properties, 0)
    for _, transition in ipairs(state.transitions) do
      if transition.next then named[transition.next] = true end
      look(transition.raw.conditions, 0)
    end
  end
  return named
end

-- Gives new name → old name, for what has the same signature on both sides; of several with one signature the first goes with the first.
local function candidates(old_states, removed, new_states, added)
  local gone, come = {}, {}
  for _, key in ipairs(removed) do gone[key] = true end
  for _, key in ipairs(added) do come[key] = true end
  local waiting = {}
  for _, key in ipairs(removed) do
    local text = signature(old_states[key], gone)
    waiting[text] = waiting[text] or { at = 1 }
    waiting[text][#waiting[text] + 1] = key
  end
  local before = {}
  for _, key in ipairs(added) do
    local list = waiting[signature(new_states[key], come)]
    if list and list[list.at] then
      before[key] = list[list.at]
      list.at = list.at + 1
    end
  end
  return before
end

-- Names from old to new (`after`) and from new to old (`before`), and a function that renames within Liquid (`in_text`).
local function renamer(before)
  local after = {}
  for new, old in pairs(before) do after[old] = new end
  local function renamed(name) return after[name] end
  return {
    after = after, before = before,
    in_text = function(text) return references.rename(text, renamed) end,
  }
end

local function has_same_properties(old, new, rename)
  local same = true
  values.compare_keys("", old.properties, new.properties, function() same = false end, rename.in_text, { offset = true })
  return same
end

--- Finds renames.
-- @tparam table old_states,new_states key → state
-- @tparam {string,...} old_order,new_order their keys
-- @treturn table|nil `after`: old name → new name; `before`: new name → old name; `in_text`: function(text) → the text with its Liquid
-- renamed. nil when there are none
local function renames_of(old_states, old_order, new_states, new_order)
  local removed, added = only_here(old_order, new_states), only_here(new_order, old_states)
  if not removed[1] or not added[1] then return nil end
  local before = candidates(old_states, removed, new_states, added)
  local named = still_named(new_states)
  for new, old in pairs(before) do
    if named[old] then before[new] = nil end
  end
  local rename = renamer(before)
  for new, old in pairs(before) do
    if not has_same_properties(old_states[old], new_states[new], rename) then before[new] = nil end
  end
  return next(before) ~= nil and renamer(before) or nil
end

return renames_of
