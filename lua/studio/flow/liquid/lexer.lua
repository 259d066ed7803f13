--- Cuts what stands within `{{ … }}` and `{% … %}` into tokens.
-- @module studio.flow.liquid.lexer

local problem = require "studio.flow.liquid.problem"

local find, sub = string.find, string.sub

local lexer = {}

local signs = {
  ["=="] = "==", ["!="] = "!=", ["<>"] = "!=", ["<="] = "<=", [">="] = ">=", [".."] = "..",
  ["="] = "=", ["<"] = "<", [">"] = ">", ["|"] = "|", [":"] = ":", [","] = ",", ["."] = ".",
  ["["] = "[", ["]"] = "]", ["("] = "(", [")"] = ")", ["?"] = "?",
}

local operators = { ["+"] = "plus", ["-"] = "minus", ["*"] = "times", ["/"] = "divided_by" }

local function refuse(template, position, opened)
  local one = sub(template, position, position)
  if operators[one] then
    problem.raise(("'%s' is no operator: use the filter '%s'"):format(one, operators[one]), position, "operator")
  elseif find(one, "[\128-\255]") then
    local whole = template:match("^[\192-\255][\128-\191]*", position) or "?"
    local quote = whole == "\226\128\156" or whole == "\226\128\157" or whole == "\226\128\152" or whole == "\226\128\153"
    problem.raise(quote and "a typographic quote mark: text stands within \" or '"
      or ("'%s' outside of quotes: names hold only letters a to z, digits, _ and -"):format(whole), position, "name")
  elseif one == "}" or one == "%" then
    problem.raise(("'%s' is not closed"):format(opened), position)
  end
  problem.raise(("unexpected '%s'"):format(find(one, "[%z\1-\31\127]") and "control character" or one), position)
end

--- Reads tokens up to the end of the tag.
-- @string template
-- @tparam integer position where to begin, after the opening braces
-- @string opened `"{{"` or `"{%"`
-- @treturn table array of kinds: a sign, `"name"`, `"text"`, `"number"`, and last `"end"`
-- @treturn table array of values
-- @treturn table array of positions
-- @treturn integer where the text after the tag begins
-- @treturn boolean is white space after the tag to be left out
function lexer.tokens(template, position, opened)
  local start = position
  local closer = opened == "{{" and "^(%-?)}}" or "^(%-?)%%}"
  local kinds, values, positions, n = {}, {}, {}, 0
  while true do
    position = find(template, "%S", position)
    if not position then problem.raise(("'%s' is not closed"):format(opened), start - 2) end
    n = n + 1
    positions[n] = position
    local _, last, trims = find(template, closer, position)
    if last then
      kinds[n] = "end"
      return kinds, values, positions, last + 1, trims ~= ""
    end
    local previous = kinds[n - 1]
    local word
    _, last = find(template, previous == "." and "^[0-9A-Za-z_%-]+" or "^[A-Za-z_][0-9A-Za-z_%-]*", position)
    if last then
      if sub(template, last, last) == "-" and find(template, "^[%%}]}", last + 1) then last = last - 1 end
      word = sub(template, position, last)
      kinds[n], values[n] = "name", word
    else
      _, last = find(template, "^%-?%d+%.%d+", position)
      if not last then _, last = find(template, "^%-?%d+", position) end
      if last and find(template, "^[A-Za-z_]", last + 1) and sub(template, position, position) ~= "-" then
        _, last = find(template, "^[0-9A-Za-z_%-]+", position)
        kinds[n], values[n] = "name", sub(template, position, last)
      elseif last then
        kinds[n], values[n] = "number", sub(template, position, last)
      else
        local one = sub(template, position, position)
        if one == '"' or one == "'" then
          last = find(template, one, position + 1, true)
          if not last then problem.raise(("the text that begins with %s is not closed"):format(one), position) end
          kinds[n], values[n] = "text", sub(template, position + 1, last - 1)
        else
          local two = signs[sub(template, position, position + 1)]
          last = two and position + 1 or position
          kinds[n] = two or signs[one] or refuse(template, position, opened)
        end
      end
    end
    position = last + 1
  end
end

return lexer
