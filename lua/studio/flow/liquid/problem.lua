--- What is wrong with a template, or with its rendering: a table whose tostring is one line.
-- @module studio.flow.liquid.problem

local problem_mt = {
  __name = "studio.flow.liquid.problem",
  __tostring = function(problem)
    if not problem.line then return problem.message end
    return ("line %d, column %d: %s"):format(problem.line, problem.column, problem.message)
  end,
}

local problem = {}

--- Ends the compiling or rendering in progress; who began it catches the problem.
-- @string message what is wrong
-- @tparam[opt] integer position the byte of the template, counted from 1
-- @string[opt] kind what is at fault, see `studio.flow.liquid`
function problem.raise(message, position, kind)
  error(setmetatable({ code = 81018, message = message, position = position, kind = kind }, problem_mt), 0)
end

--- Says in which line and column of the template it is.
-- @tparam table found a problem with a position
-- @string template
-- @treturn table the same problem
function problem.locate(found, template)
  if not found.position or found.line then return found end
  local line, start = 1, 1
  while true do
    local newline = template:find("\n", start, true)
    if not newline or newline >= found.position then break end
    line, start = line + 1, newline + 1
  end
  found.line, found.column = line, found.position - start + 1
  return found
end

--- Is this a problem, and not an error of the program?
-- @param value what pcall caught
-- @treturn boolean
function problem.is(value)
  return getmetatable(value) == problem_mt
end

return problem
