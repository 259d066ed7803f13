--- Whether a regular expression of the Perl kind can be compiled: brackets, groups and repetitions. It is not matched here.

-- Reads `[…]`; gives where the text goes on, or nil and, where it is not the end that is missing, what is wrong.
local function after_class(pattern, at)
  at = at + 1
  if pattern:sub(at, at) == "^" then at = at + 1 end
  -- A bracket that comes first is an element of the class.
  if pattern:sub(at, at) == "]" then at = at + 1 end
  local depth = 1
  while at <= #pattern do
    local char = pattern:sub(at, at)
    local low, high = pattern:match("^([0-9A-Za-z])%-([0-9A-Za-z])", at)
    if low then
      if low > high then return nil, ("[%s-%s] ends before it begins"):format(low, high) end
      at = at + 2
    elseif char == "\\" then
      at = at + 1
    elseif char == "[" then
      -- `[:alpha:]` of POSIX, or a class within a class as Java has it.
      depth = depth + 1
    elseif char == "]" then
      depth = depth - 1
      if depth == 0 then return at + 1 end
    end
    at = at + 1
  end
  return nil
end

-- What may follow the question mark of a group: a name, what looks ahead or behind, flags.
local OPENINGS = { "^%(%?P?<[0-9A-Za-z_]+>", "^%(%?<?[=!]", "^%(%?[JUdimnsux%-]*[:>]", "^%(%?[JUdimnsux%-]+%f[)]" }

local function after_opening(pattern, at)
  for _, opening in ipairs(OPENINGS) do
    local _, last = pattern:find(opening, at)
    if last then return last + 1 end
  end
  return at + 1
end

--- Finds what a compiler would refuse.
-- @tparam string pattern
-- @treturn string|nil what is wrong
local function fault(pattern)
  local at, depth, repeatable = 1, 0, false
  while at <= #pattern do
    local char = pattern:sub(at, at)
    if char == "\\" then
      if at == #pattern then return "it ends in a backslash" end
      -- \Q…\E quotes all between them.
      local closing = pattern:sub(at + 1, at + 1) == "Q" and (pattern:find("\\E", at, true) or #pattern)
      at, repeatable = closing or at + 2, true
      if closing then at = closing + 2 end
    elseif char == "[" then
      local after, wrong = after_class(pattern, at)
      if not after then return wrong or "'[' is not closed" end
      at, repeatable = after, true
    elseif char == "(" then
      depth, repeatable = depth + 1, false
      at = after_opening(pattern, at)
    elseif char == ")" then
      if depth == 0 then return "')' closes nothing" end
      depth, repeatable = depth - 1, true
      at = at + 1
    elseif char == "*" or char == "+" or char == "?" then
      if not repeatable then return ("'%s' has nothing to repeat"):format(char) end
      at = at + 1
      -- `*?` and `*+`: how greedy it is.
      if pattern:find("^[%?%+]", at) then at = at + 1 end
      repeatable = false
    elseif char == "{" and pattern:find("^{%d+,?%d*}", at) then
      if not repeatable then return "'{' has nothing to repeat" end
      local least, most = pattern:match("^{(%d+),(%d+)}", at)
      if least and tonumber(least) > tonumber(most) then return ("{%s,%s} ends before it begins"):format(least, most) end
      at = pattern:find("}", at, true) + 1
      if pattern:find("^[%?%+]", at) then at = at + 1 end
      repeatable = false
    else
      repeatable = char ~= "|" and char ~= "^"
      at = at + 1
    end
  end
  if depth > 0 then return "'(' is not closed" end
  return nil
end

return { fault = fault }
