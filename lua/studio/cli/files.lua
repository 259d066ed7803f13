--- Files that are written as a whole or not at all.
local core = require "studio.core"
local failure = require "studio.cli.failure"

local files = {}

--- A word that the shell takes as it is.
-- @tparam string word
-- @treturn string
function files.quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

local function unwritten(path, problem) error(failure.new(1, ("%s cannot be written: %s"):format(path, problem)), 0) end

local function is_regular_or_free(path)
  local quoted = files.quote(path)
  local is_other = os.execute(("[ -e %s ] && [ ! -f %s ]"):format(quoted, quoted)) -- 0 in Lua 5.1, true since
  return is_other ~= 0 and is_other ~= true
end

--- Whether a path leads to a pipe, a device, or what this process has open: no file can stand beside it, or there is no second reading.
-- @tparam string path
-- @treturn boolean
function files.is_pipe(path)
  if path:find "^/dev/std[a-z]+$" or path:find "^/dev/fd/" or path:find "^/proc/[^/]+/fd/" then return true end
  local quoted = files.quote(path)
  local is_other = os.execute(("[ -e %s ] && [ ! -f %s ] && [ ! -d %s ]"):format(quoted, quoted, quoted)) -- 0 in Lua 5.1, true since
  return is_other == 0 or is_other == true
end

--- Raises a failure where a path leads to a device, a pipe or a folder, whose place no file can take. None of them is opened: a pipe
-- waits for its other end, and some devices never come to an end.
-- @tparam string path
function files.check_place(path)
  -- These are links, to a file where the shell was told `> FILE`.
  if path:find "^/dev/std" or not is_regular_or_free(path) then unwritten(path, "it is no regular file") end
end

--- Writes a file: another one beside it takes its place in one step, so that nobody ever sees half of it.
-- Raises a failure where that is not possible; then the file is as it was.
-- @tparam string path `-` is stdout
-- @tparam string text
-- @tparam[opt] function make function(path) that makes the new, empty file, for one that is not everybody's; gives true, or nil and why not
function files.replace(path, text, make)
  if path == "-" then
    local is_written, why = io.stdout:write(text)
    if not is_written then error(failure.unwritten(why), 0) end
    return
  end
  files.check_place(path)
  local beside = ("%s.%d.new"):format(path, math.floor(core.random() * 1e9))
  local is_made, problem = true, nil
  if make then is_made, problem = make(beside) end
  local file
  if is_made then file, problem = io.open(beside, "wb") end
  local is_whole = file
  if file then
    is_whole, problem = file:write(text)
    local is_closed, why = file:close()
    is_whole, problem = is_whole and is_closed, problem or why
  end
  if is_whole then is_whole, problem = os.rename(beside, path) end
  if is_whole then return end
  os.remove(beside)
  unwritten(path, (tostring(problem):gsub("^.*: ", "")))
end

return files
