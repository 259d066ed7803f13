--- The terminal that the command writes to, and what may be done on it.
local ascii = require "studio.base.ascii"
local core = require "studio.core"

local terminal = {}

local function environment(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- STUDIO_FORCE_TTY: the columns of a terminal that is not there, for programs that look at what people see.
local function forced() return tonumber(environment "STUDIO_FORCE_TTY" or "") end

--- Whether stdout is a terminal, and its size.
-- @treturn number|nil columns; nil when it is none
-- @treturn number|nil rows; nil where they are not known
function terminal.size()
  local columns, rows = core.terminal(1)
  if not columns then return forced() end
  if columns == 0 then columns = tonumber(environment "COLUMNS" or "") or 80 end
  return forced() or columns, rows > 0 and rows or nil
end

--- Whether somebody can be asked: stdin and stderr are a terminal.
-- @treturn boolean
function terminal.can_ask() return core.terminal(0) ~= nil and core.terminal(2) ~= nil end

--- Whether progress may be drawn on stderr.
-- @treturn boolean
function terminal.can_draw() return core.terminal(2) ~= nil and os.getenv "TERM" ~= "dumb" end

--- Whether to write colours.
-- @tparam string|nil when `"auto"`, `"always"` or `"never"`: the option --color
-- @tparam number descriptor 1 or 2
-- @treturn boolean
function terminal.has_colours(when, descriptor)
  if when == "always" then return true end
  if when == "never" then return false end
  local force = environment "CLICOLOR_FORCE"
  if force and force ~= "0" then return true end
  local is_terminal = core.terminal(descriptor) ~= nil or descriptor == 1 and forced() ~= nil
  return is_terminal and not environment "NO_COLOR" and os.getenv "TERM" ~= "dumb" and os.getenv "CLICOLOR" ~= "0"
end

--- The mark for what is cut off.
-- @treturn string `…` where the terminal knows it, else `...`
function terminal.mark()
  local locale = environment "LC_ALL" or environment "LC_CTYPE" or environment "LANG" or ""
  return ascii.upper(locale):find "UTF%-?8" and "…" or "..."
end

--- The command that shows long text page by page; nil where none is wanted.
-- @treturn string|nil
function terminal.pager()
  local wanted = os.getenv "STUDIO_PAGER" or environment "PAGER"
  if wanted == "" or wanted == "cat" then return nil end
  -- What less does unless told otherwise is what git has it do: no pager for what fits, colours, the text stays.
  local flags = os.getenv "LESS" and "" or "LESS=FRX "
  if wanted then return ("%s%s || cat"):format(flags, wanted) end
  return ("if command -v less >/dev/null; then %sless; else cat; fi"):format(flags)
end

return terminal
