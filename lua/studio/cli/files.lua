--- Files that are written as a whole or not at all.
local core = require "studio.core"
local failure = require "studio.cli.failure"

local files = {}

--- Writes a file: another one beside it takes its place in one step, so that nobody ever sees half of it.
-- Raises a failure where that is not possible; then the file is as it was.
-- @tparam string path
-- @tparam string text
-- @tparam[opt] function make function(path) that makes the new, empty file, for one that is not everybody's; gives true, or nil and why not
function files.replace(path, text, make)
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
  error(failure.new(1, ("%s cannot be written: %s"):format(path, (tostring(problem):gsub("^.*: ", "")))), 0)
end

return files
